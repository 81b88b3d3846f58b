/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "tests/element.h"
#include "tests/lat-case.h"

/* latentparse: caps, flags and times of streams that come without them. */

static GstHarness *
new_harness (const char *caps)
{
  GstHarness *harness = gst_harness_new ("latentparse");

  gst_harness_set_src_caps_str (harness, caps);
  return harness;
}

/* As a payload gives it: without flags; without a time where asked for. */
static GstBuffer *
new_bare (LatentMediaKind kind, guint frame, gboolean has_time)
{
  GstBuffer *buffer = lat_case_new_buffer (kind, frame);

  GST_BUFFER_FLAG_UNSET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  if (!has_time)
    GST_BUFFER_PTS (buffer) = GST_BUFFER_DURATION (buffer) = GST_CLOCK_TIME_NONE;
  return buffer;
}

static const struct {
  const char *caps;
  LatentMediaKind kind;
} streams[] = {
    {"video/x-latent", LATENT_MEDIA_VIDEO},
    {"audio/x-latent", LATENT_MEDIA_AUDIO},
};

GST_START_TEST (a_header_in_the_stream_completes_the_caps)
{
  const LatentMediaKind kind = streams[__i__].kind;
  GstHarness *harness = new_harness (streams[__i__].caps);
  g_autoptr (GstCaps) wanted = lat_case_new_caps (kind);
  g_autoptr (GstCaps) caps = NULL;

  gst_harness_push (harness, new_bare (kind, 3, TRUE)); /* before it: dropped */
  gst_harness_push (harness, gst_buffer_new_wrapped_bytes (lat_case_get_header (kind)));
  for (guint i = 5; i < 12; i++)
    gst_harness_push (harness, new_bare (kind, i, TRUE));
  ck_assert_uint_eq (gst_harness_buffers_in_queue (harness), 8);
  for (guint i = 4; i < 12; i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (harness);
    ck_assert_int_eq (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_HEADER), i == 4);
    if (i == 4)
      continue;
    ck_assert_uint_eq (GST_BUFFER_PTS (buffer), i * LAT_CASE_STEP);
    ck_assert_uint_eq (GST_BUFFER_DURATION (buffer), LAT_CASE_STEP);
    ck_assert_int_eq (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT), i % 5 != 0);
    ck_assert_int_eq (GST_BUFFER_IS_DISCONT (buffer), i == 5);
  }
  caps = gst_pad_get_current_caps (harness->sinkpad);
  ck_assert (gst_caps_is_equal (caps, wanted));
  gst_harness_teardown (harness);
}
GST_END_TEST;

GST_START_TEST (times_follow_from_the_rate)
{
  const LatentMediaKind kind = streams[__i__].kind;
  GstHarness *harness = gst_harness_new ("latentparse");

  gst_harness_set_src_caps (harness, lat_case_new_caps (kind));
  for (guint i = 0; i < 10; i++)
    gst_harness_push (harness, new_bare (kind, i, i == 0));
  for (guint i = 0; i < 10; i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (harness);
    ck_assert_uint_eq (GST_BUFFER_PTS (buffer), i * LAT_CASE_STEP);
    ck_assert_uint_eq (GST_BUFFER_DURATION (buffer), LAT_CASE_STEP);
  }
  gst_harness_teardown (harness);
}
GST_END_TEST;

GST_START_TEST (damaged_packets_are_dropped)
{
  GstHarness *harness = gst_harness_new ("latentparse");
  g_autoptr (GstBuffer) whole = lat_case_new_buffer (LATENT_MEDIA_VIDEO, 1);
  GstBuffer *damaged = gst_buffer_copy_deep (whole);

  gst_harness_set_src_caps (harness, lat_case_new_caps (LATENT_MEDIA_VIDEO));
  gst_buffer_memset (damaged, gst_buffer_get_size (damaged) - 1, 0x5a, 1);
  gst_harness_push (harness, new_bare (LATENT_MEDIA_VIDEO, 0, TRUE));
  gst_harness_push (harness, damaged);
  gst_harness_push (harness, new_bare (LATENT_MEDIA_VIDEO, 2, TRUE));
  ck_assert_uint_eq (gst_harness_buffers_in_queue (harness), 2);
  gst_buffer_unref (gst_harness_pull (harness));
  damaged = gst_harness_pull (harness);
  ck_assert_uint_eq (GST_BUFFER_PTS (damaged), 2 * LAT_CASE_STEP);
  ck_assert (GST_BUFFER_IS_DISCONT (damaged));
  gst_buffer_unref (damaged);
  gst_harness_teardown (harness);
}
GST_END_TEST;

GST_START_TEST (wrong_caps_are_an_error)
{
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstHarness *harness = gst_harness_new ("latentparse");
  g_autoptr (GstBuffer) header = gst_buffer_new_wrapped (g_strdup ("LATs\2xxxxxxx"), 12);
  GstCaps *caps = gst_caps_new_simple (
      "video/x-latent", "codec_data", GST_TYPE_BUFFER, header, NULL);

  gst_element_set_bus (harness->element, bus);
  gst_harness_set_src_caps (harness, caps);
  gst_harness_push (harness, new_bare (LATENT_MEDIA_VIDEO, 0, TRUE));
  test_bus_assert_error (bus, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "version 2", NULL);
  gst_element_set_bus (harness->element, NULL);
  gst_harness_teardown (harness);
}
GST_END_TEST;

static Suite *
parse_suite (void)
{
  Suite *suite = suite_create ("latentparse");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_unchecked_fixture (tcase, test_models_init, test_models_clear);
  tcase_add_unchecked_fixture (tcase, lat_case_init, lat_case_clear);
  tcase_add_loop_test (tcase, a_header_in_the_stream_completes_the_caps, 0, 2);
  tcase_add_loop_test (tcase, times_follow_from_the_rate, 0, 2);
  tcase_add_test (tcase, damaged_packets_are_dropped);
  tcase_add_test (tcase, wrong_caps_are_an_error);
  return suite;
}

GST_CHECK_MAIN (parse);
