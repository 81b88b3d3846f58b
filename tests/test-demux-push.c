/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/app/gstappsink.h>
#include <gst/check/gstcheck.h>

#include "tests/element.h"
#include "tests/lat-case.h"
#include "tests/push-case.h"

/* latentdemux before which something pushes, as from a web server: that can go to any byte or not,
 * in its thread or behind a queue. */

static const struct {
  const char *between;
  gboolean is_seekable;
} feeds[] = {
    {"",                                     TRUE },
    {"queue name=in ! ",                     TRUE },
    {"queue2 name=in use-buffering=true ! ", TRUE },
    {"",                                     FALSE},
};
#define N_SEEKABLE 3
#define BUFFERS    2
#define DEAF       3

static const guint blocks[] = {7, 100, 4096};

typedef struct {
  GstElement *pipeline;
  GstElement *source;
  GstElement *demux;
  GstElement *sinks[2]; /* video, audio */
  GstBus *bus;
  gint n_eos[2]; /* atomic: ends that pads gave since they last gave a packet */
} Bench;

static GstPadProbeReturn
count_ends (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  gint *n = data;

  if (GST_IS_BUFFER (info->data))
    g_atomic_int_set (n, 0);
  else if (GST_EVENT_TYPE (info->data) == GST_EVENT_EOS)
    g_atomic_int_inc (n);
  return GST_PAD_PROBE_OK;
}

static void
watch_pad (GstElement *demux, GstPad *pad, gpointer data)
{
  Bench *self = data;

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      count_ends, &self->n_eos[g_str_has_prefix (GST_OBJECT_NAME (pad), "audio")], NULL);
}

static void
bench_init (Bench *self, const GByteArray *file, guint feed, guint block)
{
  g_autofree char *text = g_strconcat (feeds[feed].between,
      "latentdemux name=d d.video_0 ! queue ! appsink name=video sync=false"
      " d.audio_0 ! queue ! appsink name=audio sync=false",
      NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) first = NULL;

  *self = (Bench){.pipeline = gst_parse_launch (text, &error)};
  ck_assert_msg (self->pipeline && !error, "%s", error ? error->message : "");
  self->demux = gst_bin_get_by_name (GST_BIN (self->pipeline), "d");
  first = gst_bin_get_by_name (GST_BIN (self->pipeline), *feeds[feed].between ? "in" : "d");
  self->sinks[0] = gst_bin_get_by_name (GST_BIN (self->pipeline), "video");
  self->sinks[1] = gst_bin_get_by_name (GST_BIN (self->pipeline), "audio");
  self->bus = gst_element_get_bus (self->pipeline);
  self->source = push_case_new (file, block, feeds[feed].is_seekable);
  ck_assert (gst_bin_add (GST_BIN (self->pipeline), self->source));
  ck_assert (gst_element_link (self->source, first));
  g_signal_connect (self->demux, "pad-added", G_CALLBACK (watch_pad), self);
}

static void
bench_clear (Bench *self)
{
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_object_unref (self->demux);
  gst_object_unref (self->sinks[0]);
  gst_object_unref (self->sinks[1]);
  gst_object_unref (self->bus);
  gst_object_unref (self->pipeline);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Bench, bench_clear)

static void
set_state (Bench *self, GstState state)
{
  gst_element_set_state (self->pipeline, state);
  ck_assert_int_eq (gst_element_get_state (self->pipeline, NULL, NULL, 20 * GST_SECOND),
      GST_STATE_CHANGE_SUCCESS);
}

/* The number of the packet that comes next, or -1 at the end. */
static int
pull (Bench *self, guint stream)
{
  GstAppSink *sink = GST_APP_SINK (self->sinks[stream]);
  g_autoptr (GstSample) sample = gst_app_sink_try_pull_sample (sink, 20 * GST_SECOND);
  GstBuffer *buffer;
  GBytes *wanted;
  guint frame;

  if (!sample) {
    ck_assert_msg (gst_app_sink_is_eos (sink), "neither a packet nor the end came");
    return -1;
  }
  buffer = gst_sample_get_buffer (sample);
  frame = (guint)(GST_BUFFER_PTS (buffer) / LAT_CASE_STEP);
  ck_assert_uint_lt (frame, LAT_CASE_FRAMES);
  wanted = lat_case_get_packet (stream ? LATENT_MEDIA_AUDIO : LATENT_MEDIA_VIDEO, frame);
  ck_assert_int_eq (
      gst_buffer_memcmp (buffer, 0, g_bytes_get_data (wanted, NULL), g_bytes_get_size (wanted)), 0);
  ck_assert_int_eq ((int)gst_sample_get_segment (sample)->format, GST_FORMAT_TIME);
  return (int)frame;
}

/* Asserts that packets first to last of both streams follow, then their ends. */
static void
check_rest (Bench *self, int first, int last)
{
  for (guint stream = 0; stream < 2; stream++) {
    for (int frame = first; frame <= last; frame++)
      ck_assert_int_eq (pull (self, stream), frame);
    ck_assert_int_eq (pull (self, stream), -1);
    ck_assert_int_eq (g_atomic_int_get (&self->n_eos[stream]), 1);
  }
}

static gboolean
seek (Bench *self, guint frame)
{
  return gst_element_seek_simple (self->pipeline, GST_FORMAT_TIME,
      GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT, (gint64)(frame * LAT_CASE_STEP));
}

GST_START_TEST (a_file_plays)
{
  g_autoptr (GByteArray) file = lat_case_write (TRUE, NULL);
  g_auto (Bench) bench;
  g_autoptr (GstMessage) message = NULL;

  bench_init (&bench, file, (guint)__i__ / 3, blocks[__i__ % 3]);
  set_state (&bench, GST_STATE_PLAYING);
  check_rest (&bench, 0, 29);
  message = gst_bus_timed_pop_filtered (
      bench.bus, 20 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  ck_assert_int_eq (GST_MESSAGE_TYPE (message), GST_MESSAGE_EOS);
  ck_assert_uint_eq (push_case_get_n_seeks (bench.source), 1); /* to where it begins */
}
GST_END_TEST;

GST_START_TEST (it_seeks_while_it_is_paused)
{
  g_autoptr (GByteArray) file = lat_case_write (__i__ % 2, NULL);
  g_auto (Bench) bench;

  bench_init (&bench, file, (guint)__i__ / 6, blocks[__i__ / 2 % 3]);
  set_state (&bench, GST_STATE_PAUSED);
  ck_assert (seek (&bench, 22));
  set_state (&bench, GST_STATE_PAUSED);
  ck_assert (seek (&bench, 3));
  set_state (&bench, GST_STATE_PAUSED);
  ck_assert (seek (&bench, 12));
  set_state (&bench, GST_STATE_PLAYING);
  check_rest (&bench, 10, 29);
}
GST_END_TEST;

GST_START_TEST (it_seeks_while_it_plays_and_at_the_end)
{
  g_autoptr (GByteArray) file = lat_case_write (__i__ % 2, NULL);
  g_auto (Bench) bench;

  bench_init (&bench, file, (guint)__i__ / 6, blocks[__i__ / 2 % 3]);
  set_state (&bench, GST_STATE_PLAYING);
  for (int frame = 0; frame < 4; frame++)
    ck_assert_int_eq (pull (&bench, 0), frame);
  ck_assert (seek (&bench, 21));
  for (int frame = 20; frame < 23; frame++)
    ck_assert_int_eq (pull (&bench, 0), frame);
  ck_assert (seek (&bench, 9));
  check_rest (&bench, 5, 29);
  ck_assert (seek (&bench, 16));
  check_rest (&bench, 15, 29);
}
GST_END_TEST;

GST_START_TEST (the_last_of_many_seeks_counts)
{
  g_autoptr (GByteArray) file = lat_case_write (TRUE, NULL);
  g_auto (Bench) bench;

  bench_init (&bench, file, (guint)__i__ / 6, blocks[__i__ / 2 % 3]);
  set_state (&bench, __i__ % 2 ? GST_STATE_PLAYING : GST_STATE_PAUSED);
  for (guint i = 0; i < 60; i++) {
    ck_assert (seek (&bench, i * 11 % LAT_CASE_FRAMES));
    g_usleep (i % 7 * 50);
  }
  ck_assert (seek (&bench, 18));
  set_state (&bench, GST_STATE_PLAYING);
  check_rest (&bench, 15, 29);
}
GST_END_TEST;

static void
seek_at_once (GstElement *demux, gpointer data)
{
  ck_assert (seek (data, 22));
}

GST_START_TEST (it_seeks_before_a_sink_has_anything)
{
  g_autoptr (GByteArray) file = lat_case_write (TRUE, NULL);
  g_auto (Bench) bench;

  bench_init (&bench, file, (guint)__i__ / 2, 100);
  if (__i__ % 2)
    g_signal_connect (bench.demux, "no-more-pads", G_CALLBACK (seek_at_once), &bench);
  gst_element_set_state (bench.pipeline, GST_STATE_PAUSED);
  for (guint i = 0; __i__ % 2 == 0 && !seek (&bench, 22); i++) {
    ck_assert_uint_lt (i, 100000);
    g_usleep (100);
  }
  set_state (&bench, GST_STATE_PLAYING);
  check_rest (&bench, 20, 29);
}
GST_END_TEST;

GST_START_TEST (what_cannot_be_done_is_refused)
{
  g_autoptr (GByteArray) file = lat_case_write (TRUE, NULL);
  g_auto (Bench) bench;
  g_autoptr (GstQuery) query = gst_query_new_seeking (GST_FORMAT_TIME);
  gboolean is_seekable;

  bench_init (&bench, file, (guint)__i__, 100);
  set_state (&bench, GST_STATE_PAUSED);
  ck_assert (gst_element_query (bench.pipeline, query));
  gst_query_parse_seeking (query, NULL, &is_seekable, NULL, NULL);
  ck_assert_int_eq (is_seekable, __i__ != DEAF);
  ck_assert (!gst_element_seek (bench.pipeline, -1.0, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
      GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_SET, 20 * (gint64)LAT_CASE_STEP));
  if (__i__ == DEAF)
    ck_assert (!seek (&bench, 12));
  set_state (&bench, GST_STATE_PLAYING);
  check_rest (&bench, 0, 29);
}
GST_END_TEST;

GST_START_TEST (a_segment_ends_once)
{
  g_autoptr (GByteArray) file = lat_case_write (TRUE, NULL);
  g_auto (Bench) bench;
  g_autoptr (GstMessage) message = NULL;
  gint64 position;

  bench_init (&bench, file, (guint)__i__, 100);
  set_state (&bench, GST_STATE_PAUSED);
  ck_assert (gst_element_seek (bench.pipeline, 1.0, GST_FORMAT_TIME,
      GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT | GST_SEEK_FLAG_SEGMENT, GST_SEEK_TYPE_SET,
      10 * (gint64)LAT_CASE_STEP, GST_SEEK_TYPE_SET, 20 * (gint64)LAT_CASE_STEP));
  set_state (&bench, GST_STATE_PLAYING);
  for (int frame = 10; frame < 20; frame++)
    ck_assert_int_eq (pull (&bench, 0), frame);
  message = gst_bus_timed_pop_filtered (
      bench.bus, 20 * GST_SECOND, GST_MESSAGE_SEGMENT_DONE | GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  ck_assert_int_eq (GST_MESSAGE_TYPE (message), GST_MESSAGE_SEGMENT_DONE);
  gst_message_parse_segment_done (message, NULL, &position);
  ck_assert_int_eq (position, 2000 * (gint64)GST_MSECOND);
  gst_message_unref (message);
  message = gst_bus_timed_pop_filtered (
      bench.bus, 100 * GST_MSECOND, GST_MESSAGE_SEGMENT_DONE | GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  ck_assert (message == NULL);
  ck_assert (seek (&bench, 22));
  check_rest (&bench, 20, 29);
}
GST_END_TEST;

GST_START_TEST (a_file_that_was_cut_plays_and_seeks)
{
  g_autoptr (GByteArray) file = lat_case_write (TRUE, NULL);
  g_auto (Bench) bench;
  int last = -1, frame;

  g_byte_array_set_size (file, file->len * 2 / 3);
  bench_init (&bench, file, (guint)__i__ / 3, blocks[__i__ % 3]);
  set_state (&bench, GST_STATE_PLAYING);
  while ((frame = pull (&bench, 0)) >= 0) {
    ck_assert_int_eq (frame, last + 1);
    last = frame;
  }
  ck_assert_int_ge (last, 12);
  ck_assert_int_lt (last, 29);
  if (__i__ / 3 == DEAF)
    return;
  ck_assert (seek (&bench, 7));
  for (frame = 5; frame <= last; frame++)
    ck_assert_int_eq (pull (&bench, 0), frame);
  ck_assert_int_eq (pull (&bench, 0), -1);
}
GST_END_TEST;

GST_START_TEST (the_duration_is_known_after_a_seek)
{
  g_autoptr (GByteArray) file = lat_case_write (TRUE, NULL);
  g_auto (Bench) bench;
  gint64 duration = -1;

  bench_init (&bench, file, (guint)__i__, 100);
  set_state (&bench, GST_STATE_PAUSED);
  ck_assert (!gst_element_query_duration (bench.pipeline, GST_FORMAT_TIME, &duration));
  ck_assert (seek (&bench, 12));
  set_state (&bench, GST_STATE_PAUSED);
  ck_assert (gst_element_query_duration (bench.pipeline, GST_FORMAT_TIME, &duration));
  ck_assert_int_eq (duration, 3000 * (gint64)GST_MSECOND);
}
GST_END_TEST;

GST_START_TEST (how_full_a_buffer_is_can_be_asked)
{
  g_autoptr (GByteArray) file = lat_case_write (TRUE, NULL);
  g_auto (Bench) bench;
  g_autoptr (GstQuery) query = gst_query_new_buffering (GST_FORMAT_PERCENT);
  gint percent = -1;

  bench_init (&bench, file, BUFFERS, 100);
  set_state (&bench, GST_STATE_PAUSED);
  ck_assert (gst_element_query (bench.pipeline, query));
  gst_query_parse_buffering_percent (query, NULL, &percent);
  ck_assert_int_ge (percent, 0);
  ck_assert_int_le (percent, 100);
}
GST_END_TEST;

/* A pipeline sends its seek to both sinks. */
GST_START_TEST (a_seek_goes_up_once)
{
  g_autoptr (GByteArray) file = lat_case_write (TRUE, NULL);
  g_auto (Bench) bench;
  guint before;

  bench_init (&bench, file, (guint)__i__, 100);
  set_state (&bench, GST_STATE_PAUSED);
  ck_assert (seek (&bench, 12)); /* reads the index */
  set_state (&bench, GST_STATE_PAUSED);
  before = push_case_get_n_seeks (bench.source);
  ck_assert (seek (&bench, 3));
  set_state (&bench, GST_STATE_PAUSED);
  ck_assert_uint_eq (push_case_get_n_seeks (bench.source), before + 1);
}
GST_END_TEST;

/* Somebody else has the source go elsewhere, before its end or after: what was on its way is lost,
 * the rest comes. */
GST_START_TEST (a_flush_from_before_is_passed_on)
{
  g_autoptr (GByteArray) file = lat_case_write (TRUE, NULL);
  g_auto (Bench) bench;
  int last, frame;

  bench_init (&bench, file, (guint)__i__, 7);
  set_state (&bench, GST_STATE_PLAYING);
  last = pull (&bench, 0);
  ck_assert_int_eq (last, 0);
  ck_assert (gst_element_seek (bench.source, 1.0, GST_FORMAT_BYTES, GST_SEEK_FLAG_FLUSH,
      GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_NONE, -1));
  while ((frame = pull (&bench, 0)) >= 0) {
    ck_assert_int_gt (frame, last);
    last = frame;
  }
  ck_assert_int_eq (g_atomic_int_get (&bench.n_eos[0]), 1);
}
GST_END_TEST;

GST_START_TEST (a_flush_from_before_forgets_the_end)
{
  g_autoptr (GByteArray) file = lat_case_write (TRUE, NULL);
  g_auto (Bench) bench;

  bench_init (&bench, file, (guint)__i__, 100);
  set_state (&bench, GST_STATE_PLAYING);
  check_rest (&bench, 0, 29);
  g_atomic_int_set (&bench.n_eos[0], 0);
  ck_assert (gst_element_seek (bench.source, 1.0, GST_FORMAT_BYTES, GST_SEEK_FLAG_FLUSH,
      GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_NONE, -1));
  for (guint stream = 0; stream < 2; stream++)
    ck_assert_int_eq (pull (&bench, stream), -1);
  ck_assert (seek (&bench, 12));
  check_rest (&bench, 10, 29);
}
GST_END_TEST;

static Suite *
demux_push_suite (void)
{
  Suite *suite = suite_create ("demux-push");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_unchecked_fixture (tcase, test_models_init, test_models_clear);
  tcase_add_unchecked_fixture (tcase, lat_case_init, lat_case_clear);
  tcase_add_loop_test (tcase, a_file_plays, 0, 3 * G_N_ELEMENTS (feeds));
  tcase_add_loop_test (tcase, it_seeks_while_it_is_paused, 0, 6 * N_SEEKABLE);
  tcase_add_loop_test (tcase, it_seeks_while_it_plays_and_at_the_end, 0, 6 * N_SEEKABLE);
  tcase_add_loop_test (tcase, the_last_of_many_seeks_counts, 0, 6 * N_SEEKABLE);
  tcase_add_loop_test (tcase, it_seeks_before_a_sink_has_anything, 0, 2 * N_SEEKABLE);
  tcase_add_loop_test (tcase, what_cannot_be_done_is_refused, 0, G_N_ELEMENTS (feeds));
  tcase_add_loop_test (tcase, a_segment_ends_once, 0, N_SEEKABLE);
  tcase_add_loop_test (tcase, a_file_that_was_cut_plays_and_seeks, 0, 3 * G_N_ELEMENTS (feeds));
  tcase_add_loop_test (tcase, the_duration_is_known_after_a_seek, 0, N_SEEKABLE);
  tcase_add_test (tcase, how_full_a_buffer_is_can_be_asked);
  tcase_add_loop_test (tcase, a_seek_goes_up_once, 0, N_SEEKABLE);
  tcase_add_loop_test (tcase, a_flush_from_before_is_passed_on, 0, N_SEEKABLE);
  tcase_add_loop_test (tcase, a_flush_from_before_forgets_the_end, 0, N_SEEKABLE);
  return suite;
}

GST_CHECK_MAIN (demux_push);
