/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/element.h"

/* What latenttrain says to caps that any recipe takes, but not its own. */

static void
check_refused (const char *behind)
{
  g_autofree char *text = g_strdup_printf (
      "videotestsrc num-buffers=8 ! video/x-raw,format=RGB,width=16,height=16 "
      "! latenttrain model=/nowhere/x.onnx settings=format=I420 %s",
      behind);
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (text, &error);
  ck_assert_msg (pipeline != NULL && !error, "%s", error ? error->message : "");
  GstBus *bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  test_bus_assert_error (bus, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE, "wants video/x-raw",
      "I420", "offered video/x-raw", "RGB", NULL);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (pipeline);
}

GST_START_TEST (test_refused_by_a_sink)
{
  check_refused ("");
}
GST_END_TEST;

GST_START_TEST (test_refused_by_a_filter)
{
  check_refused ("! fakesink");
}
GST_END_TEST;

static Suite *
train_element_caps_suite (void)
{
  Suite *suite = suite_create ("train-element-caps");
  TCase *tests = tcase_create ("caps");
  suite_add_tcase (suite, tests);
  tcase_add_test (tests, test_refused_by_a_sink);
  tcase_add_test (tests, test_refused_by_a_filter);
  return suite;
}

GST_CHECK_MAIN (train_element_caps)
