/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "tests/element.h"
#include "tests/file-case.h"
#include "tests/lat-case.h"

/* latentmux: what it writes, read back. */

typedef struct {
  GstElement *mux;
  GstBus *bus;
  GstHarness *out;
  GstHarness *in[2]; /* video, audio */
  GByteArray *file;  /* what came out so far */
} Bench;

static const LatentMediaKind kinds[] = {LATENT_MEDIA_VIDEO, LATENT_MEDIA_AUDIO};

static void
bench_init (Bench *self, guint n_pads)
{
  static const char *const pads[] = {"video_%u", "audio_%u"};

  *self = (Bench){.mux = gst_element_factory_make ("latentmux", NULL),
      .bus = gst_bus_new (),
      .file = g_byte_array_new ()};
  gst_element_set_bus (self->mux, self->bus);
  self->out = gst_harness_new_with_element (self->mux, NULL, "src");
  for (guint i = 0; i < n_pads; i++) {
    self->in[i] = gst_harness_new_with_element (self->mux, pads[i], NULL);
    gst_harness_set_src_caps (self->in[i], lat_case_new_caps (kinds[i]));
  }
}

static void
bench_clear (Bench *self)
{
  for (guint i = 0; i < 2; i++)
    g_clear_pointer (&self->in[i], gst_harness_teardown);
  gst_element_set_bus (self->mux, NULL);
  gst_harness_teardown (self->out);
  gst_object_unref (self->bus);
  gst_object_unref (self->mux);
  g_byte_array_unref (self->file);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Bench, bench_clear)

static void
push (Bench *self, guint stream, guint first, guint last)
{
  for (guint i = first; i <= last; i++)
    ck_assert_int_eq (
        gst_harness_push (self->in[stream], lat_case_new_buffer (kinds[stream], i)), GST_FLOW_OK);
}

/* In turn: a pad takes one buffer, as long as the other has none. */
static void
push_both (Bench *self, guint first, guint last)
{
  for (guint i = first; i <= last; i++) {
    push (self, 0, i, i);
    push (self, 1, i, i);
  }
}

static void
end (Bench *self, guint n_pads)
{
  for (guint i = 0; i < n_pads; i++)
    gst_harness_push_event (self->in[i], gst_event_new_eos ());
  while (TRUE) {
    g_autoptr (GstEvent) event = gst_harness_pull_event (self->out);
    ck_assert (event != NULL);
    if (GST_EVENT_TYPE (event) == GST_EVENT_EOS)
      return;
  }
}

/* Takes what came out so far. */
static void
collect (Bench *self)
{
  GstBuffer *buffer;

  while ((buffer = gst_harness_try_pull (self->out)) != NULL) {
    GstMapInfo map;
    gst_buffer_map (buffer, &map, GST_MAP_READ);
    g_byte_array_append (self->file, map.data, (guint)map.size);
    gst_buffer_unmap (buffer, &map);
    gst_buffer_unref (buffer);
  }
}

static void
read_back (Bench *self, FileCaseRun *run)
{
  collect (self);
  file_case_run_init (run, FILE_CASE_SEEKED, self->file->data, self->file->len);
  file_case_run (run);
  ck_assert_msg (!run->error, "%s", run->error ? run->error->message : "");
  ck_assert_uint_eq (run->n_damages, 0);
}

static void
check_packet (const FileCasePacket *found, guint stream, guint frame)
{
  ck_assert_uint_eq (found->packet.stream, stream);
  ck_assert_uint_eq (found->packet.pts, frame * LAT_CASE_STEP);
  ck_assert_uint_eq (found->packet.duration, LAT_CASE_STEP);
  ck_assert_int_eq (found->packet.key, frame % LAT_CASE_KEYS == 0);
  ck_assert (g_bytes_equal (found->bytes, lat_case_get_packet (kinds[stream], frame)));
}

GST_START_TEST (streams_are_interleaved_by_time)
{
  g_auto (Bench) bench;
  g_auto (FileCaseRun) run;

  bench_init (&bench, 2);
  push_both (&bench, 0, 19);
  end (&bench, 2);
  read_back (&bench, &run);
  ck_assert (run.is_whole);
  ck_assert_uint_eq (run.packets->len, 40);
  for (guint i = 0; i < 40; i++)
    check_packet (file_case_get (&run, i), i % 2, i / 2);
  ck_assert_uint_eq (latent_file_parser_get_duration (run.parser), 2 * GST_SECOND);
  for (guint i = 0; i < 2; i++) {
    ck_assert_int_eq (latent_file_parser_get_kind (run.parser, i), kinds[i]);
    ck_assert (g_bytes_equal (
        latent_file_parser_get_header (run.parser, i), lat_case_get_header (kinds[i])));
  }
}
GST_END_TEST;

GST_START_TEST (what_is_there_at_any_time_can_be_played)
{
  g_auto (Bench) bench;
  g_auto (FileCaseRun) run;

  bench_init (&bench, 1);
  push (&bench, 0, 0, 17);
  g_usleep (100000);
  read_back (&bench, &run);
  ck_assert (!run.is_whole);
  ck_assert_uint_ge (run.packets->len, 10);
  for (guint i = 0; i < run.packets->len; i++)
    check_packet (file_case_get (&run, i), 0, i);
}
GST_END_TEST;

GST_START_TEST (buffers_say_where_a_late_reader_can_begin)
{
  g_auto (Bench) bench;
  g_autoptr (GstCaps) caps = NULL;
  const GValue *headers;
  GstBuffer *buffer;
  guint n_headers = 0, n_keys = 0;

  bench_init (&bench, 1);
  g_object_set (bench.mux, "block-duration", G_GUINT64_CONSTANT (0), NULL);
  gst_element_set_state (bench.mux, GST_STATE_READY);
  gst_element_set_state (bench.mux, GST_STATE_PLAYING);
  gst_harness_set_src_caps (bench.in[0], lat_case_new_caps (LATENT_MEDIA_VIDEO));
  push (&bench, 0, 0, 11);
  end (&bench, 1);
  caps = gst_pad_get_current_caps (bench.out->sinkpad);
  ck_assert (gst_structure_has_name (gst_caps_get_structure (caps, 0), "application/x-latent"));
  headers = gst_structure_get_value (gst_caps_get_structure (caps, 0), "streamheader");
  while ((buffer = gst_harness_try_pull (bench.out)) != NULL) {
    if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_HEADER)) {
      GstBuffer *header = gst_value_get_buffer (gst_value_array_get_value (headers, n_headers++));
      ck_assert_uint_eq (gst_buffer_get_size (header), gst_buffer_get_size (buffer));
    } else if (!GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT)) {
      ck_assert_uint_eq (GST_BUFFER_PTS (buffer), n_keys++ * LAT_CASE_KEYS * LAT_CASE_STEP);
      ck_assert_uint_eq (GST_BUFFER_DURATION (buffer), LAT_CASE_STEP);
    }
    gst_buffer_unref (buffer);
  }
  ck_assert_uint_eq (n_headers, 2);
  ck_assert_uint_eq (gst_value_array_get_size (headers), 2);
  ck_assert_uint_eq (n_keys, 3);
}
GST_END_TEST;

static GstBuffer *
new_header (GBytes *bytes)
{
  GstBuffer *buffer = gst_buffer_new_wrapped_bytes (bytes);

  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_HEADER);
  return buffer;
}

GST_START_TEST (headers_in_the_stream_are_no_packets)
{
  g_autoptr (GBytes) model = g_bytes_new_static ("a decoder", 9);
  GBytes *header = lat_case_get_header (LATENT_MEDIA_VIDEO);
  g_auto (Bench) bench;
  g_auto (FileCaseRun) run;

  bench_init (&bench, 1);
  for (guint i = 0; i < 10; i++) {
    if (i % LAT_CASE_KEYS == 0) {
      gst_harness_push (bench.in[0], new_header (header));
      gst_harness_push (bench.in[0], new_header (model));
    }
    push (&bench, 0, i, i);
  }
  end (&bench, 1);
  read_back (&bench, &run);
  ck_assert_uint_eq (run.packets->len, 10);
  ck_assert_uint_eq (run.n_models, 1);
}
GST_END_TEST;

GST_START_TEST (tags_are_written)
{
  g_auto (Bench) bench;
  g_auto (FileCaseRun) run;
  GstTagList *global = gst_tag_list_new (GST_TAG_TITLE, "T", NULL);
  guint n;
  const LatentFileTag *tags;

  bench_init (&bench, 1);
  gst_tag_list_set_scope (global, GST_TAG_SCOPE_GLOBAL);
  gst_tag_setter_add_tags (
      GST_TAG_SETTER (bench.mux), GST_TAG_MERGE_REPLACE, GST_TAG_ARTIST, "A", NULL);
  gst_harness_push_event (bench.in[0], gst_event_new_tag (global));
  gst_harness_push_event (bench.in[0], gst_event_new_tag (gst_tag_list_new (GST_TAG_ENCODER, "E",
                                           GST_TAG_CONTAINER_FORMAT, "left out", NULL)));
  push (&bench, 0, 0, 9);
  gst_harness_push_event (
      bench.in[0], gst_event_new_tag (gst_tag_list_new (GST_TAG_BITRATE, 5000, NULL)));
  push (&bench, 0, 10, 19);
  end (&bench, 1);
  read_back (&bench, &run);
  ck_assert_uint_eq (run.packets->len, 20);
  tags = latent_file_parser_get_tags (run.parser, &n);
  ck_assert_uint_eq (n, 4);
  ck_assert_str_eq (tags[0].key, "artist");
  ck_assert_uint_eq (tags[0].stream, LATENT_FILE_WHOLE);
  ck_assert_str_eq (tags[1].key, "title");
  ck_assert_str_eq (tags[2].key, "encoder");
  ck_assert_uint_eq (tags[2].stream, 0);
  ck_assert_str_eq (tags[3].key, "bitrate");
  ck_assert_str_eq (tags[3].value, "5000");
}
GST_END_TEST;

GST_START_TEST (gaps_and_ends_hold_nothing_up)
{
  g_auto (Bench) bench;
  g_auto (FileCaseRun) run;

  bench_init (&bench, 2);
  push_both (&bench, 0, 1);
  if (__i__ == 0)
    gst_harness_push_event (bench.in[1], gst_event_new_gap (2 * LAT_CASE_STEP, 28 * LAT_CASE_STEP));
  else
    gst_harness_push_event (bench.in[1], gst_event_new_eos ());
  push (&bench, 0, 2, 19);
  for (guint i = 0; i < 100 && bench.file->len < 500; i++) {
    g_usleep (10000);
    collect (&bench);
  }
  ck_assert_uint_ge (bench.file->len, 500);
  end (&bench, 2);
  read_back (&bench, &run);
  ck_assert_uint_eq (run.packets->len, 22);
}
GST_END_TEST;

GST_START_TEST (late_pads_are_refused)
{
  g_auto (Bench) bench;
  g_autoptr (GstBuffer) first = NULL;
  g_autoptr (GstMessage) message = NULL;
  GstPad *pad;

  bench_init (&bench, 1);
  push (&bench, 0, 0, 9);
  first = gst_harness_pull (bench.out);
  pad = gst_element_request_pad_simple (bench.mux, "audio_%u");
  ck_assert (pad == NULL);
  message = test_bus_pop (bench.bus, GST_MESSAGE_WARNING);
  ck_assert (message != NULL);
}
GST_END_TEST;

GST_START_TEST (pads_are_numbered)
{
  GstElement *mux = gst_element_factory_make ("latentmux", NULL);
  static const char *const names[][2] = {
      {"video_%u", "video_0"},
      {"video_3",  "video_3"},
      {"video_%u", "video_4"},
      {"audio_%u", "audio_0"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    GstPad *pad = gst_element_request_pad_simple (mux, names[i][0]);
    ck_assert_str_eq (GST_OBJECT_NAME (pad), names[i][1]);
    gst_element_release_request_pad (mux, pad);
    gst_object_unref (pad);
  }
  gst_object_unref (mux);
}
GST_END_TEST;

GST_START_TEST (streams_do_not_change)
{
  g_auto (Bench) bench;
  g_autoptr (GstCaps) caps = lat_case_new_caps (LATENT_MEDIA_VIDEO);
  g_autoptr (GstBuffer) first = NULL;
  g_autoptr (GstBuffer)
      other = gst_buffer_new_wrapped_bytes (lat_case_get_header (LATENT_MEDIA_AUDIO));

  bench_init (&bench, 1);
  push (&bench, 0, 0, 9);
  first = gst_harness_pull (bench.out);
  caps = gst_caps_make_writable (caps);
  gst_caps_set_simple (caps, "codec_data", GST_TYPE_BUFFER, other, NULL);
  gst_harness_push_event (bench.in[0], gst_event_new_caps (caps));
  gst_harness_push (bench.in[0], lat_case_new_buffer (LATENT_MEDIA_VIDEO, 10));
  test_bus_assert_error (
      bench.bus, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE, "pad video_0", "changes", NULL);
}
GST_END_TEST;

GST_START_TEST (caps_need_a_sequence_header)
{
  g_auto (Bench) bench;
  g_autoptr (GstCaps) caps = gst_caps_from_string ("video/x-latent,version=1,alignment=frame");

  bench_init (&bench, 1);
  gst_harness_push_event (bench.in[0], gst_event_new_caps (caps));
  gst_harness_push (bench.in[0], lat_case_new_buffer (LATENT_MEDIA_VIDEO, 0));
  test_bus_assert_error (bench.bus, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "codec_data", NULL);
}
GST_END_TEST;

GST_START_TEST (after_a_flush_time_goes_on)
{
  g_auto (Bench) bench;
  g_auto (FileCaseRun) run;
  GstSegment segment;

  bench_init (&bench, 1);
  push (&bench, 0, 0, 9);
  g_usleep (100000);
  gst_harness_push_event (bench.in[0], gst_event_new_flush_start ());
  gst_harness_push_event (bench.in[0], gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (bench.in[0], gst_event_new_segment (&segment));
  push (&bench, 0, 0, 9);
  end (&bench, 1);
  read_back (&bench, &run);
  ck_assert_uint_ge (run.packets->len, 11);
  for (guint i = 1; i < run.packets->len; i++)
    ck_assert_uint_ge (
        file_case_get (&run, i)->packet.pts, file_case_get (&run, i - 1)->packet.pts);
}
GST_END_TEST;

static Suite *
mux_suite (void)
{
  Suite *suite = suite_create ("latentmux");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_unchecked_fixture (tcase, test_models_init, test_models_clear);
  tcase_add_unchecked_fixture (tcase, lat_case_init, lat_case_clear);
  tcase_add_test (tcase, streams_are_interleaved_by_time);
  tcase_add_test (tcase, what_is_there_at_any_time_can_be_played);
  tcase_add_test (tcase, buffers_say_where_a_late_reader_can_begin);
  tcase_add_test (tcase, headers_in_the_stream_are_no_packets);
  tcase_add_test (tcase, tags_are_written);
  tcase_add_loop_test (tcase, gaps_and_ends_hold_nothing_up, 0, 2);
  tcase_add_test (tcase, late_pads_are_refused);
  tcase_add_test (tcase, pads_are_numbered);
  tcase_add_test (tcase, streams_do_not_change);
  tcase_add_test (tcase, caps_need_a_sequence_header);
  tcase_add_test (tcase, after_a_flush_time_goes_on);
  return suite;
}

GST_CHECK_MAIN (mux);
