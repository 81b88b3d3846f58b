/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/video/gstvideometa.h>
#include <latent/codec.h>
#include <string.h>

#include "tests/element.h"

#define CAPS  TEST_RGB (17, 13)
#define LARGE TEST_RGB (64, 48)

static TestBench
new_bench (const char *caps, const char *first, guint value)
{
  return test_bench_new_of ("latentvideoenc", TEST_MODEL_RGB, caps, first, value, NULL);
}

static GstFlowReturn
push (TestBench *bench, const char *caps, guint index)
{
  GstVideoInfo info = test_video_info (caps);

  return gst_harness_push (bench->harness, test_frame_new (&info, index, 0));
}

static gboolean
is_key (GstBuffer *packet)
{
  return !GST_BUFFER_FLAG_IS_SET (packet, GST_BUFFER_FLAG_DELTA_UNIT);
}

/* The next n buffers: K a key packet, D another, H a header. */
static void
assert_kinds (TestBench *bench, const char *kinds)
{
  for (guint i = 0; kinds[i]; i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_try_pull (bench->harness);
    char kind;

    ck_assert_msg (buffer != NULL, "no buffer %u", i);
    kind = GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_HEADER) ? 'H'
           : is_key (buffer)                                       ? 'K'
                                                                   : 'D';
    ck_assert_msg (kind == kinds[i], "buffer %u is %c, not %c of %s", i, kind, kinds[i], kinds);
  }
  ck_assert_uint_eq (gst_harness_buffers_in_queue (bench->harness), 0);
}

GST_START_TEST (test_caps)
{
  g_auto (TestBench) bench = new_bench (
      TEST_RGB (17, 13) ",pixel-aspect-ratio=16/11,colorimetry=sRGB,interlace-mode=interleaved,"
                        "field-order=bottom-field-first",
      NULL, 0);
  g_autoptr (GstCaps) caps = NULL;
  const GstStructure *structure;
  const GValue *codec_data;
  gint value, d;

  ck_assert (push (&bench, CAPS ",interlace-mode=interleaved", 0) == GST_FLOW_OK);
  caps = gst_pad_get_current_caps (bench.harness->sinkpad);
  structure = gst_caps_get_structure (caps, 0);
  ck_assert_str_eq (gst_structure_get_name (structure), "video/x-latent");
  ck_assert (gst_structure_get_int (structure, "version", &value) && value == 1);
  ck_assert (gst_structure_get_int (structure, "width", &value) && value == 17);
  ck_assert (gst_structure_get_int (structure, "height", &value) && value == 13);
  ck_assert (gst_structure_get_fraction (structure, "framerate", &value, &d));
  ck_assert (value == 25 && d == 1);
  ck_assert (gst_structure_get_fraction (structure, "pixel-aspect-ratio", &value, &d));
  ck_assert (value == 16 && d == 11);
  ck_assert_str_eq (gst_structure_get_string (structure, "alignment"), "frame");
  ck_assert_str_eq (gst_structure_get_string (structure, "interlace-mode"), "interleaved");
  ck_assert_str_eq (gst_structure_get_string (structure, "latent-model"), "0123456789abcdef");
  codec_data = gst_structure_get_value (structure, "codec_data");
  ck_assert (codec_data && gst_buffer_get_size (gst_value_get_buffer (codec_data)) <= 4096);
  ck_assert (!gst_structure_has_field (structure, "latent-embedded"));
}
GST_END_TEST;

/* One buffer a frame, with its times. */
GST_START_TEST (test_packets)
{
  g_auto (TestBench) bench = new_bench (CAPS, NULL, 0);

  for (guint i = 0; i < 5; i++) {
    g_autoptr (GstBuffer) packet = NULL;

    ck_assert (push (&bench, CAPS, i) == GST_FLOW_OK);
    packet = gst_harness_try_pull (bench.harness);
    ck_assert (packet != NULL);
    ck_assert_uint_eq (GST_BUFFER_PTS (packet), i * TEST_FRAME_TIME);
    ck_assert_uint_eq (GST_BUFFER_DURATION (packet), TEST_FRAME_TIME);
    ck_assert (is_key (packet) == (i == 0));
  }
}
GST_END_TEST;

GST_START_TEST (test_key_interval)
{
  g_auto (TestBench) bench = new_bench (CAPS, "key-int-max", 3);

  for (guint i = 0; i < 8; i++)
    push (&bench, CAPS, i);
  assert_kinds (&bench, "KDDKDDKD");
}
GST_END_TEST;

/* Headers come again with a key frame, not more than once a second. */
GST_START_TEST (test_repeated_headers)
{
  g_auto (TestBench) bench = new_bench (CAPS, "key-int-max", 20);

  for (guint i = 0; i < 62; i++)
    push (&bench, CAPS, i);
  assert_kinds (&bench, "KDDDDDDDDDDDDDDDDDDDKDDDDDDDDDDDDDDDDDDDHKDDDDDDDDDDDDDDDDDDDKD");
}
GST_END_TEST;

GST_START_TEST (test_key_request)
{
  g_auto (TestBench) bench = new_bench (CAPS, NULL, 0);

  for (guint i = 0; i < 6; i++) {
    if (i == 2 || i == 4)
      gst_harness_push_upstream_event (bench.harness,
          gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE, i == 4, 0));
    push (&bench, CAPS, i);
  }
  assert_kinds (&bench, "KDKDHKD");
}
GST_END_TEST;

GST_START_TEST (test_key_request_downstream)
{
  g_auto (TestBench) bench = new_bench (CAPS, NULL, 0);

  for (guint i = 0; i < 4; i++) {
    if (i == 2)
      gst_harness_push_event (
          bench.harness, gst_video_event_new_downstream_force_key_unit (GST_CLOCK_TIME_NONE,
                             GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, TRUE, 7));
    push (&bench, CAPS, i);
  }
  assert_kinds (&bench, "KDHKD");
}
GST_END_TEST;

GST_START_TEST (test_discont)
{
  GstVideoInfo info = test_video_info (CAPS);
  g_auto (TestBench) bench = new_bench (CAPS, "batch-size", 2);

  for (guint i = 0; i < 4; i++) {
    GstBuffer *frame = test_frame_new (&info, i, 0);

    if (i == 2)
      GST_BUFFER_FLAG_SET (frame, GST_BUFFER_FLAG_DISCONT);
    gst_harness_push (bench.harness, frame);
  }
  assert_kinds (&bench, "KDKD");
}
GST_END_TEST;

GST_START_TEST (test_resilient)
{
  g_auto (TestBench) bench = new_bench (CAPS, "error-resilient", TRUE);

  for (guint i = 0; i < 4; i++)
    push (&bench, CAPS, i);
  assert_kinds (&bench, "KKKK");
}
GST_END_TEST;

/* Bytes of a frame of a soft picture. */
static gsize
measure (TestBench *bench, guint index)
{
  GstVideoInfo info = test_video_info (LARGE);
  GstBuffer *frame = test_frame_new (&info, index, 0);
  g_autoptr (GstBuffer) packet = NULL;
  GstMapInfo map;

  gst_buffer_map (frame, &map, GST_MAP_WRITE);
  for (gsize i = 0; i < map.size; i++)
    map.data[i] = (guint8)(16 + i / 200 % 64 + map.data[i] / 16);
  gst_buffer_unmap (frame, &map);
  ck_assert (gst_harness_push (bench->harness, frame) == GST_FLOW_OK);
  packet = gst_harness_try_pull (bench->harness);
  ck_assert (packet != NULL);
  return gst_buffer_get_size (packet);
}

/* While frames flow. */
GST_START_TEST (test_quality)
{
  g_auto (TestBench) bench = new_bench (LARGE, "quality", 63);
  gsize best = measure (&bench, 0), least;

  g_object_set (bench.element, "quality", 0, NULL);
  least = measure (&bench, 1);
  ck_assert_msg (least * 3 < best * 2, "%" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT, least, best);
}
GST_END_TEST;

GST_START_TEST (test_bitrate)
{
  g_auto (TestBench) bench = new_bench (LARGE, "quality", 63);
  gsize free_size, bound = 0;

  for (guint i = 0; i < 10; i++)
    free_size = measure (&bench, i);
  g_object_set (bench.element, "bitrate", 1600, NULL); /* 8000 bytes a frame */
  for (guint i = 10; i < 110; i++)
    bound += measure (&bench, i);
  bound /= 100;
  ck_assert_msg (
      bound <= 8400 && bound * 5 < free_size * 4, "%" G_GSIZE_FORMAT " bytes a frame", bound);
}
GST_END_TEST;

/* Of the twentieth frame, coded with a rate that is never reached. */
static guint
find_best_quality (TestBench *bench)
{
  GstMapInfo map;
  LatentPacketInfo info = {0};

  for (guint i = 0; i < 20; i++) {
    g_autoptr (GstBuffer) packet = NULL;
    ck_assert (push (bench, CAPS, i) == GST_FLOW_OK);
    packet = gst_harness_try_pull (bench->harness);
    gst_buffer_map (packet, &map, GST_MAP_READ);
    ck_assert (latent_packet_info_parse (&info, map.data, map.size, NULL));
    gst_buffer_unmap (packet, &map);
  }
  return info.quality;
}

/* A rate alone is met by whatever quality does so; quality set beside it is a bound. */
GST_START_TEST (test_bitrate_and_quality)
{
  g_auto (TestBench) by_rate = new_bench (CAPS, "bitrate", 1000000);
  g_auto (TestBench) bounded = new_bench (CAPS, "bitrate", 1000000);

  ck_assert_uint_eq (find_best_quality (&by_rate), 63);
  g_object_set (bounded.element, "quality", 40, NULL);
  ck_assert_uint_eq (find_best_quality (&bounded), 40);
}
GST_END_TEST;

GST_START_TEST (test_batch_drains)
{
  g_auto (TestBench) bench = new_bench (CAPS, "batch-size", 4);
  GstSegment segment;

  for (guint i = 0; i < 3; i++)
    push (&bench, CAPS, i);
  ck_assert_uint_eq (gst_harness_buffers_in_queue (bench.harness), 0);
  gst_harness_push_event (bench.harness, gst_event_new_gap (3 * TEST_FRAME_TIME, TEST_FRAME_TIME));
  assert_kinds (&bench, "KDD");
  push (&bench, CAPS, 4);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (bench.harness, gst_event_new_segment (&segment));
  assert_kinds (&bench, "D");
  push (&bench, CAPS, 5);
  gst_harness_set_src_caps_str (bench.harness, TEST_RGB (40, 40));
  assert_kinds (&bench, "D");
  push (&bench, TEST_RGB (40, 40), 6);
  gst_harness_push_event (bench.harness, gst_event_new_eos ());
  assert_kinds (&bench, "K");
}
GST_END_TEST;

GST_START_TEST (test_flush)
{
  g_auto (TestBench) bench = new_bench (CAPS, "batch-size", 2);
  GstSegment segment;

  for (guint i = 0; i < 3; i++)
    push (&bench, CAPS, i);
  gst_harness_push_event (bench.harness, gst_event_new_flush_start ());
  gst_harness_push_event (bench.harness, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (bench.harness, gst_event_new_segment (&segment));
  while (gst_harness_buffers_in_queue (bench.harness) > 0)
    gst_buffer_unref (gst_harness_pull (bench.harness));
  for (guint i = 10; i < 12; i++)
    push (&bench, CAPS, i);
  assert_kinds (&bench, "KD");
}
GST_END_TEST;

GST_START_TEST (test_latency)
{
  g_auto (TestBench) bench = new_bench (CAPS, "batch-size", 4);

  push (&bench, CAPS, 0);
  gst_harness_set_upstream_latency (bench.harness, 5 * GST_MSECOND);
  ck_assert_uint_eq (gst_harness_query_latency (bench.harness), 125 * GST_MSECOND);
}
GST_END_TEST;

/* A batch does not keep upstream's buffers. */
GST_START_TEST (test_batch_holds_no_memory)
{
  GstVideoInfo info = test_video_info (CAPS);
  g_auto (TestBench) bench = new_bench (CAPS, "batch-size", 2);
  GstBuffer *frame = test_frame_new (&info, 0, 0);

  ck_assert (gst_harness_push (bench.harness, gst_buffer_ref (frame)) == GST_FLOW_OK);
  ASSERT_MINI_OBJECT_REFCOUNT (frame, "frame", 1);
  gst_buffer_unref (frame);
}
GST_END_TEST;

GST_START_TEST (test_stats_and_tags)
{
  g_auto (TestBench) bench = new_bench (CAPS, "bitrate", 100);
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GstEvent) event = NULL;
  const GstStructure *stats;
  guint64 frames, keys, bytes;
  const guint rates[] = {100000, 250000}; /* the second was set in time for frame 2 */
  guint nominal, n = 0;

  for (guint i = 0; i < 3; i++) {
    if (i == 2)
      g_object_set (bench.element, "bitrate", 250, NULL);
    push (&bench, CAPS, i);
  }
  gst_harness_push_event (bench.harness, gst_event_new_eos ());
  message = test_bus_pop (bench.bus, GST_MESSAGE_ELEMENT);
  ck_assert (message != NULL);
  stats = gst_message_get_structure (message);
  ck_assert_str_eq (gst_structure_get_name (stats), "latent-stats");
  ck_assert (gst_structure_get_uint64 (stats, "frames", &frames) && frames == 3);
  ck_assert (gst_structure_get_uint64 (stats, "keys", &keys) && keys == 1);
  ck_assert (gst_structure_get_uint64 (stats, "bytes", &bytes) && bytes > 20);
  while ((event = gst_harness_try_pull_event (bench.harness))) {
    if (GST_EVENT_TYPE (event) == GST_EVENT_TAG) {
      GstTagList *tags;

      gst_event_parse_tag (event, &tags);
      ck_assert (n < 2 && gst_tag_list_get_uint (tags, GST_TAG_NOMINAL_BITRATE, &nominal));
      ck_assert_uint_eq (nominal, rates[n++]);
    }
    gst_clear_event (&event);
  }
  ck_assert_uint_eq (n, 2);
}
GST_END_TEST;

/* Late frames are left out where the application asks for it. */
GST_START_TEST (test_qos)
{
  g_auto (TestBench) bench = new_bench (CAPS, "qos", TRUE);
  g_autoptr (GstStructure) stats = NULL;
  guint64 dropped = 0;

  push (&bench, CAPS, 0);
  gst_harness_push_upstream_event (
      bench.harness, gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 2.0, 2 * TEST_FRAME_TIME, 0));
  for (guint i = 1; i < 20; i++)
    push (&bench, CAPS, i);
  g_object_get (bench.element, "stats", &stats, NULL);
  ck_assert (gst_structure_get_uint64 (stats, "dropped", &dropped) && dropped > 0);
  ck_assert_uint_eq (gst_harness_buffers_in_queue (bench.harness), 20 - dropped);
}
GST_END_TEST;

static Suite *
videoenc_suite (void)
{
  Suite *suite = suite_create ("videoenc");
  TCase *tests = tcase_create ("all");

  suite_add_tcase (suite, tests);
  tcase_add_unchecked_fixture (tests, test_models_init, test_models_clear);
  tcase_add_test (tests, test_caps);
  tcase_add_test (tests, test_packets);
  tcase_add_test (tests, test_key_interval);
  tcase_add_test (tests, test_repeated_headers);
  tcase_add_test (tests, test_key_request);
  tcase_add_test (tests, test_key_request_downstream);
  tcase_add_test (tests, test_discont);
  tcase_add_test (tests, test_resilient);
  tcase_add_test (tests, test_quality);
  tcase_add_test (tests, test_bitrate);
  tcase_add_test (tests, test_bitrate_and_quality);
  tcase_add_test (tests, test_batch_drains);
  tcase_add_test (tests, test_flush);
  tcase_add_test (tests, test_latency);
  tcase_add_test (tests, test_batch_holds_no_memory);
  tcase_add_test (tests, test_stats_and_tags);
  tcase_add_test (tests, test_qos);
  return suite;
}

GST_CHECK_MAIN (videoenc)
