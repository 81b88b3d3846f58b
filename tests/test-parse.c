/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <unistd.h>

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
  g_autoptr (GstBuffer) header = gst_buffer_new_wrapped (g_strdup ("LATs\3xxxxxxx"), 12);
  GstCaps *caps = gst_caps_new_simple (
      "video/x-latent", "codec_data", GST_TYPE_BUFFER, header, NULL);

  gst_element_set_bus (harness->element, bus);
  gst_harness_set_src_caps (harness, caps);
  gst_harness_push (harness, new_bare (LATENT_MEDIA_VIDEO, 0, TRUE));
  test_bus_assert_error (bus, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "version 3", NULL);
  gst_element_set_bus (harness->element, NULL);
  gst_harness_teardown (harness);
}
GST_END_TEST;

static void
append (GByteArray *bytes, GBytes *unit)
{
  g_byte_array_append (bytes, g_bytes_get_data (unit, NULL), (guint)g_bytes_get_size (unit));
}

/* A file of bytes through the element to a sink; reads of `step` bytes, 0: in pull mode. */
static GstElement *
play_bytes (const GByteArray *bytes, guint step, GstBus **bus)
{
  g_autofree char *path = lat_case_save (bytes);
  g_autofree char *text = g_strdup_printf ("filesrc name=file location=%s %s ! latentparse ! "
                                           "appsink name=sink sync=false",
      path, step ? "! queue" : "");
  GstElement *pipeline = gst_parse_launch (text, NULL);
  g_autoptr (GstElement) file = gst_bin_get_by_name (GST_BIN (pipeline), "file");

  if (step)
    g_object_set (file, "blocksize", step, NULL);
  *bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  gst_element_get_state (pipeline, NULL, NULL, 20 * GST_SECOND);
  unlink (path);
  return pipeline;
}

static void
stop_bytes (GstElement *pipeline, GstBus *bus)
{
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (pipeline);
}

static GstBuffer *
pull_frame (GstElement *pipeline)
{
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  GstBuffer *buffer = NULL;

  while (!buffer || GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_HEADER)) {
    g_autoptr (GstSample) sample = NULL;
    gst_clear_buffer (&buffer);
    g_signal_emit_by_name (sink, "pull-sample", &sample);
    if (!sample)
      return NULL;
    buffer = gst_buffer_ref (gst_sample_get_buffer (sample));
  }
  return buffer;
}

static void
check_frame (GstElement *pipeline, LatentMediaKind kind, guint frame, gboolean is_discont)
{
  g_autoptr (GstBuffer) buffer = pull_frame (pipeline);
  GBytes *wanted = lat_case_get_packet (kind, frame);

  ck_assert (buffer != NULL);
  ck_assert_uint_eq (gst_buffer_get_size (buffer), g_bytes_get_size (wanted));
  ck_assert_int_eq (
      gst_buffer_memcmp (buffer, 0, g_bytes_get_data (wanted, NULL), g_bytes_get_size (wanted)), 0);
  ck_assert_uint_eq (GST_BUFFER_PTS (buffer), frame * LAT_CASE_STEP);
  ck_assert_uint_eq (GST_BUFFER_DURATION (buffer), LAT_CASE_STEP);
  ck_assert_int_eq (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT), frame % 5 != 0);
  ck_assert_int_eq (GST_BUFFER_IS_DISCONT (buffer), is_discont);
}

static const guint steps[] = {0, 1, 13, 4096};

GST_START_TEST (bytes_are_cut_into_packets)
{
  const LatentMediaKind kind = streams[__i__ % 2].kind;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GstBuffer) end = NULL;
  GstElement *pipeline;
  GstBus *bus;

  append (bytes, lat_case_get_header (kind));
  for (guint i = 0; i < LAT_CASE_FRAMES; i++) {
    if (i == 10)
      append (bytes, lat_case_get_header (kind));
    append (bytes, lat_case_get_packet (kind, i));
  }
  pipeline = play_bytes (bytes, steps[__i__ / 2], &bus);
  for (guint i = 0; i < LAT_CASE_FRAMES; i++)
    check_frame (pipeline, kind, i, FALSE);
  end = pull_frame (pipeline);
  ck_assert (end == NULL);
  test_bus_assert_no_error (bus);
  stop_bytes (pipeline, bus);
}
GST_END_TEST;

GST_START_TEST (garbage_is_told_with_its_place)
{
  const LatentMediaKind kind = LATENT_MEDIA_VIDEO;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *wanted = NULL;
  GstElement *pipeline;
  GstBus *bus;
  guint at;

  append (bytes, lat_case_get_header (kind));
  for (guint i = 0; i < 6; i++)
    append (bytes, lat_case_get_packet (kind, i));
  at = bytes->len;
  append (bytes, lat_case_get_packet (kind, 6));
  bytes->data[at + 6] ^= 4;
  wanted = g_strdup_printf ("byte %u of the stream: %u bytes", at, bytes->len - at);
  for (guint i = 7; i < LAT_CASE_FRAMES; i++)
    append (bytes, lat_case_get_packet (kind, i));
  pipeline = play_bytes (bytes, steps[__i__], &bus);
  for (guint i = 0; i < LAT_CASE_FRAMES; i++) {
    if (i != 6)
      check_frame (pipeline, kind, i, i == 7);
  }
  message = test_bus_pop (bus, GST_MESSAGE_WARNING);
  ck_assert (message != NULL);
  gst_message_parse_warning (message, &error, NULL);
  ck_assert_msg (strstr (error->message, wanted) != NULL, "%s, not %s", error->message, wanted);
  stop_bytes (pipeline, bus);
}
GST_END_TEST;

GST_START_TEST (bytes_that_are_no_stream_are_an_error)
{
  g_autoptr (GByteArray) file = lat_case_write (TRUE, NULL);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  const gboolean is_file = __i__ == 0;
  GstElement *pipeline;
  GstBus *bus;

  append (bytes, lat_case_get_packet (LATENT_MEDIA_VIDEO, 0));
  pipeline = play_bytes (is_file ? file : bytes, steps[__i__], &bus);
  if (is_file)
    test_bus_assert_error (
        bus, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE, "byte 0", "latentdemux", NULL);
  else
    test_bus_assert_error (
        bus, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "no sequence header", NULL);
  stop_bytes (pipeline, bus);
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
  tcase_add_loop_test (tcase, bytes_are_cut_into_packets, 0, 2 * G_N_ELEMENTS (steps));
  tcase_add_loop_test (tcase, garbage_is_told_with_its_place, 0, G_N_ELEMENTS (steps));
  tcase_add_loop_test (tcase, bytes_that_are_no_stream_are_an_error, 0, G_N_ELEMENTS (steps));
  return suite;
}

GST_CHECK_MAIN (parse);
