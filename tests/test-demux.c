/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/app/gstappsink.h>
#include <gst/check/gstcheck.h>
#include <string.h>
#include <unistd.h>

#include "tests/element.h"
#include "tests/lat-case.h"

/* latentdemux: what comes out of its pads when it pulls, when bytes come in order, and when they
 * come in order from something that can seek. */

static const char *const feeds[] = {
    "filesrc location=%s ! latentdemux name=d", "filesrc location=%s ! queue ! latentdemux name=d",
    "filesrc location=%s ! queue ! latentdemux name=d", /* made deaf for seeks */
};
#define PULL      0
#define PUSH      1
#define PUSH_DEAF 2

typedef struct {
  char *path;
  GstElement *pipeline;
  GstElement *sinks[2]; /* video, audio */
  GstBus *bus;
  GstClockTime first; /* of video that came, before the sink left out what is outside the segment */
} Bench;

/* The oldest sample of a pad, or NULL at its end. */
static GstSample *
pull (Bench *self, guint stream)
{
  return gst_app_sink_pull_sample (GST_APP_SINK (self->sinks[stream]));
}

static GstPadProbeReturn
refuse_seeks (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  if (GST_IS_QUERY (info->data) && GST_QUERY_TYPE (info->data) == GST_QUERY_SEEKING)
    return GST_PAD_PROBE_DROP;
  return GST_PAD_PROBE_OK;
}

static void
make_deaf (Bench *self)
{
  g_autoptr (GstElement) demux = gst_bin_get_by_name (GST_BIN (self->pipeline), "d");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (demux, "sink");
  g_autoptr (GstPad) peer = gst_pad_get_peer (pad);

  gst_pad_add_probe (peer, GST_PAD_PROBE_TYPE_QUERY_BOTH, refuse_seeks, NULL, NULL);
}

static GstPadProbeReturn
note_first (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Bench *self = data;

  if (GST_IS_BUFFER (info->data) && !GST_CLOCK_TIME_IS_VALID (self->first))
    self->first = GST_BUFFER_PTS (info->data);
  else if (GST_IS_EVENT (info->data) && GST_EVENT_TYPE (info->data) == GST_EVENT_FLUSH_STOP)
    self->first = GST_CLOCK_TIME_NONE;
  return GST_PAD_PROBE_OK;
}

/* To the queue of the same name; a parsed pipeline would do so but once. */
static void
link_pad (GstElement *demux, GstPad *pad, gpointer data)
{
  Bench *self = data;
  g_autoptr (GstElement)
      queue = gst_bin_get_by_name (GST_BIN (self->pipeline), GST_OBJECT_NAME (pad));
  g_autoptr (GstPad) sink = gst_element_get_static_pad (queue, "sink");

  ck_assert_int_eq (gst_pad_link (pad, sink), GST_PAD_LINK_OK);
}

static void
connect (Bench *self)
{
  g_autoptr (GstElement) demux = gst_bin_get_by_name (GST_BIN (self->pipeline), "d");
  g_autoptr (GstElement) queue = gst_bin_get_by_name (GST_BIN (self->pipeline), "video_0");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (queue, "sink");

  g_signal_connect (demux, "pad-added", G_CALLBACK (link_pad), self);
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM |
          GST_PAD_PROBE_TYPE_EVENT_FLUSH,
      note_first, self, NULL);
}

static void
bench_init (Bench *self, guint feed, const GByteArray *file, GstState state)
{
  g_autofree char *text = NULL;
  g_autofree char *start = NULL;
  g_autoptr (GError) error = NULL;

  self->path = lat_case_save (file);
  self->first = GST_CLOCK_TIME_NONE;
  start = g_strdup_printf (feeds[feed], self->path);
  text = g_strconcat (start,
      " queue name=video_0 max-size-time=0 ! appsink name=video sync=false"
      " queue name=audio_0 max-size-time=0 ! appsink name=audio sync=false",
      NULL);
  self->pipeline = gst_parse_launch (text, &error);
  ck_assert_msg (self->pipeline && !error, "%s", error ? error->message : "");
  self->sinks[0] = gst_bin_get_by_name (GST_BIN (self->pipeline), "video");
  self->sinks[1] = gst_bin_get_by_name (GST_BIN (self->pipeline), "audio");
  self->bus = gst_element_get_bus (self->pipeline);
  connect (self);
  if (feed == PUSH_DEAF)
    make_deaf (self);
  gst_element_set_state (self->pipeline, state);
  if (state == GST_STATE_PAUSED)
    ck_assert_int_eq (gst_element_get_state (self->pipeline, NULL, NULL, 20 * GST_SECOND),
        GST_STATE_CHANGE_SUCCESS);
}

static void
bench_clear (Bench *self)
{
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_object_unref (self->sinks[0]);
  gst_object_unref (self->sinks[1]);
  gst_object_unref (self->bus);
  gst_object_unref (self->pipeline);
  unlink (self->path);
  g_free (self->path);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Bench, bench_clear)

static LatentMediaKind
get_kind (guint stream)
{
  return stream ? LATENT_MEDIA_AUDIO : LATENT_MEDIA_VIDEO;
}

/* Asserts that a buffer is a packet of a stream, unchanged; returns which. */
static guint
check_packet (GstBuffer *buffer, guint stream)
{
  guint frame = (guint)(GST_BUFFER_PTS (buffer) / LAT_CASE_STEP);
  GBytes *wanted = lat_case_get_packet (get_kind (stream), frame);

  ck_assert_uint_eq (GST_BUFFER_PTS (buffer), frame * LAT_CASE_STEP);
  ck_assert_uint_eq (GST_BUFFER_DURATION (buffer), LAT_CASE_STEP);
  ck_assert_int_eq (
      GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT), frame % LAT_CASE_KEYS != 0);
  ck_assert_uint_eq (gst_buffer_get_size (buffer), g_bytes_get_size (wanted));
  ck_assert_int_eq (
      gst_buffer_memcmp (buffer, 0, g_bytes_get_data (wanted, NULL), g_bytes_get_size (wanted)), 0);
  return frame;
}

/* Asserts that packets first to last of a stream follow, then its end. */
static void
check_rest (Bench *self, guint stream, guint first, guint last)
{
  for (guint frame = first; frame <= last; frame++) {
    GstSample *sample = pull (self, stream);
    ck_assert_msg (sample != NULL, "no packet %u of stream %u", frame, stream);
    ck_assert_uint_eq (check_packet (gst_sample_get_buffer (sample), stream), frame);
    ck_assert (frame == first || !GST_BUFFER_IS_DISCONT (gst_sample_get_buffer (sample)));
    gst_sample_unref (sample);
  }
  ck_assert (pull (self, stream) == NULL);
}

GST_START_TEST (packets_come_out_as_they_were_put_in)
{
  g_autoptr (GByteArray) file = lat_case_write (TRUE, NULL);
  g_auto (Bench) bench;
  g_autoptr (GstMessage) message = NULL;

  bench_init (&bench, __i__, file, GST_STATE_PLAYING);
  for (guint stream = 0; stream < 2; stream++) {
    g_autoptr (GstPad) pad = gst_element_get_static_pad (bench.sinks[stream], "sink");
    g_autoptr (GstCaps) wanted = lat_case_new_caps (get_kind (stream));
    g_autoptr (GstCaps) caps = NULL;
    check_rest (&bench, stream, 0, LAT_CASE_FRAMES - 1);
    caps = gst_pad_get_current_caps (pad);
    ck_assert (gst_caps_is_equal (caps, wanted));
  }
  message = gst_bus_timed_pop_filtered (
      bench.bus, 20 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  ck_assert_int_eq (GST_MESSAGE_TYPE (message), GST_MESSAGE_EOS);
}
GST_END_TEST;

GST_START_TEST (it_plays_again)
{
  g_autoptr (GByteArray) file = lat_case_write (TRUE, NULL);
  g_auto (Bench) bench;

  bench_init (&bench, PULL, file, GST_STATE_PLAYING);
  check_rest (&bench, 0, 0, LAT_CASE_FRAMES - 1);
  gst_element_set_state (bench.pipeline, GST_STATE_NULL);
  gst_element_set_state (bench.pipeline, GST_STATE_PLAYING);
  check_rest (&bench, 0, 0, LAT_CASE_FRAMES - 1);
  check_rest (&bench, 1, 0, LAT_CASE_FRAMES - 1);
}
GST_END_TEST;

GST_START_TEST (queries_are_answered)
{
  g_autoptr (GByteArray) file = lat_case_write (__i__ < 2, NULL);
  g_auto (Bench) bench;
  g_autoptr (GstQuery) query = gst_query_new_seeking (GST_FORMAT_TIME);
  gboolean is_seekable;
  gint64 duration = -1;

  bench_init (&bench, __i__ % 2 ? PUSH : PULL, file, GST_STATE_PAUSED);
  ck_assert_int_eq (
      gst_element_query_duration (bench.pipeline, GST_FORMAT_TIME, &duration), __i__ % 2 == 0);
  ck_assert_int_eq (duration, __i__ % 2 == 0 ? 3000 * (gint64)GST_MSECOND : -1);
  ck_assert (gst_element_query (bench.pipeline, query));
  gst_query_parse_seeking (query, NULL, &is_seekable, NULL, NULL);
  ck_assert (is_seekable);
}
GST_END_TEST;

static const struct {
  guint feed;
  gboolean is_whole;
  GstSeekFlags flags;
  guint start;   /* frames */
  guint stop;    /* frames, 0: none */
  guint first;   /* of video that comes */
  guint segment; /* where it begins */
} seeks[] = {
    {PULL, TRUE,  GST_SEEK_FLAG_KEY_UNIT,                              12, 0,  10, 10},
    {PULL, TRUE,  GST_SEEK_FLAG_KEY_UNIT | GST_SEEK_FLAG_SNAP_AFTER,   12, 0,  15, 15},
    {PULL, TRUE,  GST_SEEK_FLAG_KEY_UNIT | GST_SEEK_FLAG_SNAP_NEAREST, 13, 0,  15, 15},
    {PULL, TRUE,  GST_SEEK_FLAG_ACCURATE,                              12, 0,  10, 12},
    {PULL, TRUE,  GST_SEEK_FLAG_ACCURATE,                              12, 17, 10, 12},
    {PULL, TRUE,  0,                                                   0,  0,  0,  0 },
    {PULL, FALSE, GST_SEEK_FLAG_KEY_UNIT,                              12, 0,  10, 10},
    {PUSH, TRUE,  GST_SEEK_FLAG_KEY_UNIT,                              12, 0,  10, 10},
    {PUSH, TRUE,  GST_SEEK_FLAG_ACCURATE,                              29, 0,  25, 29},
    {PUSH, FALSE, GST_SEEK_FLAG_KEY_UNIT,                              22, 0,  20, 20},
    {PUSH, TRUE,  GST_SEEK_FLAG_ACCURATE,                              3,  9,  0,  3 },
};

static void
seek (Bench *self, guint row)
{
  ck_assert (gst_element_seek (self->pipeline, 1.0, GST_FORMAT_TIME,
      GST_SEEK_FLAG_FLUSH | seeks[row].flags, GST_SEEK_TYPE_SET,
      (gint64)(seeks[row].start * LAT_CASE_STEP),
      seeks[row].stop ? GST_SEEK_TYPE_SET : GST_SEEK_TYPE_NONE,
      (gint64)(seeks[row].stop * LAT_CASE_STEP)));
}

static void
check_seek (Bench *self, guint row)
{
  const guint last = seeks[row].stop ? seeks[row].stop - 1 : LAT_CASE_FRAMES - 1;
  GstSample *sample = gst_app_sink_pull_preroll (GST_APP_SINK (self->sinks[0]));

  ck_assert (sample != NULL);
  ck_assert_uint_eq (gst_sample_get_segment (sample)->start, seeks[row].segment * LAT_CASE_STEP);
  gst_sample_unref (sample);
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  check_rest (self, 0, seeks[row].segment, last);
  ck_assert_uint_eq (self->first, seeks[row].first * LAT_CASE_STEP);
  sample = pull (self, 1);
  ck_assert_uint_le (check_packet (gst_sample_get_buffer (sample), 1), seeks[row].segment);
  gst_sample_unref (sample);
}

GST_START_TEST (seeks_go_to_key_packets)
{
  g_autoptr (GByteArray) file = lat_case_write (seeks[__i__].is_whole, NULL);
  g_auto (Bench) bench;

  bench_init (&bench, seeks[__i__].feed, file, GST_STATE_PAUSED);
  seek (&bench, __i__);
  check_seek (&bench, __i__);
}
GST_END_TEST;

GST_START_TEST (seeks_follow_on_seeks)
{
  g_autoptr (GByteArray) file = lat_case_write (TRUE, NULL);
  g_auto (Bench) bench;

  bench_init (&bench, __i__, file, GST_STATE_PAUSED);
  for (guint i = 0; i < 40; i++)
    ck_assert (gst_element_seek_simple (bench.pipeline, GST_FORMAT_TIME,
        GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT,
        (gint64)(i * 11 % LAT_CASE_FRAMES * LAT_CASE_STEP)));
  seek (&bench, 0);
  check_seek (&bench, 0);
}
GST_END_TEST;

GST_START_TEST (what_cannot_be_done_is_refused)
{
  g_autoptr (GByteArray) file = lat_case_write (TRUE, NULL);
  g_auto (Bench) bench;

  bench_init (&bench, __i__ ? PUSH_DEAF : PUSH, file, GST_STATE_PAUSED);
  ck_assert (!gst_element_seek (bench.pipeline, __i__ ? 1.0 : -1.0, GST_FORMAT_TIME,
      GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_SET, GST_SECOND));
  gst_element_set_state (bench.pipeline, GST_STATE_PLAYING);
  check_rest (&bench, 0, 0, LAT_CASE_FRAMES - 1);
}
GST_END_TEST;

static char *
pop_text (Bench *self, GstMessageType type)
{
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (self->bus, 20 * GST_SECOND, type);
  g_autoptr (GError) error = NULL;

  ck_assert (message != NULL);
  if (type == GST_MESSAGE_WARNING)
    gst_message_parse_warning (message, &error, NULL);
  else
    gst_message_parse_info (message, &error, NULL);
  ck_assert (g_error_matches (error, GST_STREAM_ERROR, GST_STREAM_ERROR_DEMUX));
  return g_strdup (error->message);
}

/* Where the n-th chunk of a file begins. */
static guint
find_chunk (const GByteArray *file, guint n)
{
  const guint8 *at = file->data;

  for (guint i = 0; i <= n; i++)
    at = memmem (at + 1, file->len - (gsize)(at + 1 - file->data), "\xb7lat", 4);
  return (guint)(at - file->data);
}

GST_START_TEST (damage_is_left_out_and_told)
{
  g_autoptr (GByteArray) file = lat_case_write (TRUE, NULL);
  const guint at = find_chunk (file, 3);
  g_autofree char *wanted = g_strdup_printf ("byte %u of", at);
  g_autofree char *text = NULL;
  g_auto (Bench) bench;
  guint n = 0, discont = 0;
  GstSample *sample;

  file->data[at + 9] ^= 1; /* its size */
  bench_init (&bench, __i__, file, GST_STATE_PLAYING);
  while ((sample = pull (&bench, 0)) != NULL) {
    GstBuffer *buffer = gst_sample_get_buffer (sample);
    guint frame = check_packet (buffer, 0);
    n++;
    if (frame > 0 && GST_BUFFER_IS_DISCONT (buffer))
      discont = frame;
    gst_sample_unref (sample);
  }
  ck_assert_uint_eq (n, LAT_CASE_FRAMES - 5);
  ck_assert_uint_eq (discont, 10);
  text = pop_text (&bench, GST_MESSAGE_WARNING);
  ck_assert_msg (strstr (text, wanted) != NULL, "%s", text);
}
GST_END_TEST;

GST_START_TEST (a_file_that_ends_early_plays_to_there)
{
  g_autoptr (GByteArray) file = lat_case_write (FALSE, NULL);
  g_auto (Bench) bench;
  g_autofree char *text = NULL;

  g_byte_array_set_size (file, find_chunk (file, 4));
  bench_init (&bench, __i__, file, GST_STATE_PLAYING);
  check_rest (&bench, 0, 0, 9);
  check_rest (&bench, 1, 0, 9);
  text = pop_text (&bench, GST_MESSAGE_INFO);
  ck_assert_msg (strstr (text, "not finished") != NULL, "%s", text);
}
GST_END_TEST;

static const struct {
  guint size; /* bytes that are left of the file */
  guint at;
  const char *bytes;
  guint n;
  const char *text;
} refusals[] = {
    {9999, 8,  "\2\0\0\0\7\0\0\0\xd1\xd4\xd0\x18", 12, "version 2"       },
    {9999, 0,  "RIFF",                             4,  "not a .lat file" },
    {30,   0,  "\x89",                             1,  "no sound headers"},
    {9999, 50, "x",                                1,  "no sound headers"},
};

GST_START_TEST (what_is_no_file_is_an_error)
{
  g_autoptr (GByteArray) file = lat_case_write (TRUE, NULL);
  const guint row = (guint)__i__ / 2;
  g_auto (Bench) bench;

  memcpy (file->data + refusals[row].at, refusals[row].bytes, refusals[row].n);
  g_byte_array_set_size (file, MIN (file->len, refusals[row].size));
  bench_init (&bench, __i__ % 2 ? PUSH : PULL, file, GST_STATE_PLAYING);
  test_bus_assert_error (
      bench.bus, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, refusals[row].text, NULL);
}
GST_END_TEST;

GST_START_TEST (a_model_comes_before_its_stream)
{
  g_autoptr (GBytes) model = g_bytes_new_static ("decoder", 7);
  g_autoptr (GByteArray) file = lat_case_write (TRUE, model);
  g_auto (Bench) bench;
  g_autoptr (GstSample) sample = NULL;
  gboolean embeds = FALSE;

  bench_init (&bench, __i__, file, GST_STATE_PLAYING);
  sample = pull (&bench, 0);
  ck_assert (GST_BUFFER_FLAG_IS_SET (gst_sample_get_buffer (sample), GST_BUFFER_FLAG_HEADER));
  ck_assert_int_eq (gst_buffer_memcmp (gst_sample_get_buffer (sample), 0, "decoder", 7), 0);
  ck_assert (gst_structure_get_boolean (
      gst_caps_get_structure (gst_sample_get_caps (sample), 0), "latent-embedded", &embeds));
  ck_assert (embeds);
  check_rest (&bench, 0, 0, LAT_CASE_FRAMES - 1);
}
GST_END_TEST;

GST_START_TEST (tags_come_out)
{
  g_autoptr (GByteArray) file = lat_case_write (TRUE, NULL);
  g_autoptr (GstTagList) all = gst_tag_list_new_empty ();
  g_autofree char *title = NULL;
  g_autofree char *comment = NULL;
  guint number = 0;
  g_auto (Bench) bench;
  GstMessage *message;

  bench_init (&bench, PULL, file, GST_STATE_PAUSED);
  while ((message = gst_bus_pop_filtered (bench.bus, GST_MESSAGE_TAG)) != NULL) {
    g_autoptr (GstTagList) tags = NULL;
    gst_message_parse_tag (message, &tags);
    gst_tag_list_insert (all, tags, GST_TAG_MERGE_REPLACE);
    gst_message_unref (message);
  }
  ck_assert (gst_tag_list_get_string (all, GST_TAG_TITLE, &title));
  ck_assert_str_eq (title, "A title");
  ck_assert (gst_tag_list_get_uint (all, GST_TAG_TRACK_NUMBER, &number));
  ck_assert_uint_eq (number, 7);
  ck_assert (gst_tag_list_get_string (all, GST_TAG_EXTENDED_COMMENT, &comment));
  ck_assert_str_eq (comment, "no-such-tag=x");
}
GST_END_TEST;

GST_START_TEST (a_bitrate_is_told)
{
  g_autoptr (GByteArray) file = lat_case_write (TRUE, NULL);
  guint64 bytes = 0;
  guint bitrate = 0;
  g_auto (Bench) bench;
  GstMessage *message;

  for (guint i = 0; i < 10; i++) /* the first second */
    bytes += g_bytes_get_size (lat_case_get_packet (LATENT_MEDIA_VIDEO, i));
  bench_init (&bench, PULL, file, GST_STATE_PLAYING);
  check_rest (&bench, 0, 0, LAT_CASE_FRAMES - 1);
  while (bitrate == 0 && (message = gst_bus_pop_filtered (bench.bus, GST_MESSAGE_TAG)) != NULL) {
    g_autoptr (GstTagList) tags = NULL;
    gst_message_parse_tag (message, &tags);
    if (GST_MESSAGE_SRC (message) == GST_OBJECT (bench.sinks[0]))
      gst_tag_list_get_uint (tags, GST_TAG_BITRATE, &bitrate);
    gst_message_unref (message);
  }
  ck_assert_uint_eq (bitrate, bytes * 8);
}
GST_END_TEST;

static Suite *
demux_suite (void)
{
  Suite *suite = suite_create ("latentdemux");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_unchecked_fixture (tcase, test_models_init, test_models_clear);
  tcase_add_unchecked_fixture (tcase, lat_case_init, lat_case_clear);
  tcase_add_loop_test (tcase, packets_come_out_as_they_were_put_in, 0, 3);
  tcase_add_test (tcase, it_plays_again);
  tcase_add_loop_test (tcase, queries_are_answered, 0, 4);
  tcase_add_loop_test (tcase, seeks_go_to_key_packets, 0, G_N_ELEMENTS (seeks));
  tcase_add_loop_test (tcase, seeks_follow_on_seeks, 0, 2);
  tcase_add_loop_test (tcase, what_cannot_be_done_is_refused, 0, 2);
  tcase_add_loop_test (tcase, damage_is_left_out_and_told, 0, 2);
  tcase_add_loop_test (tcase, a_file_that_ends_early_plays_to_there, 0, 2);
  tcase_add_loop_test (tcase, what_is_no_file_is_an_error, 0, 2 * G_N_ELEMENTS (refusals));
  tcase_add_loop_test (tcase, a_model_comes_before_its_stream, 0, 2);
  tcase_add_test (tcase, tags_come_out);
  tcase_add_test (tcase, a_bitrate_is_told);
  return suite;
}

GST_CHECK_MAIN (demux);
