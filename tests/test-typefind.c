/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <unistd.h>

#include "tests/lat-case.h"
#include "tests/models.h"

GST_START_TEST (files_are_found_by_their_first_bytes)
{
  g_autoptr (GByteArray) file = lat_case_write (TRUE, NULL);
  g_autofree char *path = lat_case_save (file);
  g_autofree char *text = g_strdup_printf (
      "filesrc location=%s ! decodebin caps=\"video/x-latent;audio/x-latent\" name=d"
      " d. ! fakesink d. ! fakesink",
      path);
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (text, &error);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  ck_assert (message != NULL);
  ck_assert_int_eq (GST_MESSAGE_TYPE (message), GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  unlink (path);
}
GST_END_TEST;

static Suite *
typefind_suite (void)
{
  Suite *suite = suite_create ("typefind");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_unchecked_fixture (tcase, test_models_init, test_models_clear);
  tcase_add_unchecked_fixture (tcase, lat_case_init, lat_case_clear);
  tcase_add_test (tcase, files_are_found_by_their_first_bytes);
  return suite;
}

GST_CHECK_MAIN (typefind);
