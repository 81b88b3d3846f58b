/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/video/gstvideometa.h>

#include <sys/wait.h>

#include "tests/element.h"

/* Batches, events, timestamps, metas, latency, quality of service. */

enum { RECONSTRUCT, ENCODE, DECODE, EMBED };

#define CAPS TEST_RGB (17, 13)

static TestBench
new_bench (gint mode, guint batch_size)
{
  return test_bench_new (TEST_MODEL_RGB, CAPS, "mode", mode, "batch-size", batch_size, NULL);
}

static void
push (TestBench *bench, guint first, guint n)
{
  GstVideoInfo info = test_video_info (CAPS);

  for (guint i = first; i < first + n; i++)
    ck_assert (gst_harness_push (bench->harness, test_frame_new (&info, i, 0)) == GST_FLOW_OK);
}

/* The next n buffers are the frames from `first` on. */
static void
assert_frames (TestBench *bench, guint first, guint n)
{
  GstVideoInfo info = test_video_info (CAPS);

  for (guint i = first; i < first + n; i++) {
    g_autoptr (GstBuffer) frame = test_frame_new (&info, i, 0);
    g_autoptr (GstBuffer) result = gst_harness_try_pull (bench->harness);

    ck_assert_msg (result != NULL, "no frame %u", i);
    ck_assert_uint_eq (GST_BUFFER_PTS (result), i * TEST_FRAME_TIME);
    ck_assert_uint_eq (GST_BUFFER_DURATION (result), TEST_FRAME_TIME);
    test_frames_assert_equal (&info, frame, result);
  }
  ck_assert_uint_eq (gst_harness_buffers_in_queue (bench->harness), 0);
}

GST_START_TEST (test_batch)
{
  g_auto (TestBench) bench = new_bench (RECONSTRUCT, 4);

  push (&bench, 0, 3);
  ck_assert_uint_eq (gst_harness_buffers_in_queue (bench.harness), 0);
  push (&bench, 3, 1);
  assert_frames (&bench, 0, 4);
}
GST_END_TEST;

GST_START_TEST (test_eos_drains)
{
  g_auto (TestBench) bench = new_bench (RECONSTRUCT, 4);

  push (&bench, 0, 10);
  ck_assert_uint_eq (gst_harness_buffers_in_queue (bench.harness), 8);
  gst_harness_push_event (bench.harness, gst_event_new_eos ());
  assert_frames (&bench, 0, 10);
}
GST_END_TEST;

GST_START_TEST (test_embed_batch)
{
  g_auto (TestBench) bench = test_bench_new (
      TEST_MODEL_RGB, CAPS, "mode", EMBED, "batch-size", 4, "inference-interval", 2, NULL);

  push (&bench, 0, 13);
  gst_harness_push_event (bench.harness, gst_event_new_eos ());
  for (guint i = 0; i < 13; i++) {
    g_autoptr (GstBuffer) result = gst_harness_try_pull (bench.harness);

    ck_assert (result != NULL);
    ck_assert_uint_eq (GST_BUFFER_PTS (result), i * TEST_FRAME_TIME);
    ck_assert ((gst_buffer_get_custom_meta (result, "latent") != NULL) == (i % 2 == 0));
  }
}
GST_END_TEST;

/* A batch gives what single frames give, for every mode that ends in latents. */
GST_START_TEST (test_batch_latents)
{
  g_auto (TestBench) single = new_bench (ENCODE, 1);
  g_auto (TestBench) batch = new_bench (ENCODE, 4);

  push (&single, 0, 6);
  push (&batch, 0, 6);
  gst_harness_push_event (batch.harness, gst_event_new_eos ());
  for (guint i = 0; i < 6; i++) {
    g_autoptr (GstBuffer) a = gst_harness_try_pull (single.harness);
    g_autoptr (GstBuffer) b = gst_harness_try_pull (batch.harness);

    ck_assert (a && b);
    ck_assert_uint_eq (GST_BUFFER_PTS (a), GST_BUFFER_PTS (b));
    ck_assert_uint_eq (gst_buffer_get_size (a), gst_buffer_get_size (b));
    for (guint k = 0; k < gst_buffer_get_size (a) / 4; k++)
      TEST_ASSERT_NEAR (test_floats_get (a, k), test_floats_get (b, k), 0);
  }
}
GST_END_TEST;

GST_START_TEST (test_caps_drain)
{
  g_auto (TestBench) bench = new_bench (RECONSTRUCT, 4);

  push (&bench, 0, 2);
  gst_harness_set_src_caps_str (bench.harness, TEST_RGB (40, 40));
  assert_frames (&bench, 0, 2);
}
GST_END_TEST;

GST_START_TEST (test_segment_drains)
{
  g_auto (TestBench) bench = new_bench (RECONSTRUCT, 4);
  GstSegment segment;

  push (&bench, 0, 2);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = GST_SECOND;
  ck_assert (gst_harness_push_event (bench.harness, gst_event_new_segment (&segment)));
  assert_frames (&bench, 0, 2);
}
GST_END_TEST;

GST_START_TEST (test_gap)
{
  g_auto (TestBench) bench = new_bench (RECONSTRUCT, 4);
  gboolean found = FALSE;
  GstEvent *event;

  push (&bench, 0, 2);
  ck_assert (gst_harness_push_event (
      bench.harness, gst_event_new_gap (2 * TEST_FRAME_TIME, TEST_FRAME_TIME)));
  assert_frames (&bench, 0, 2);
  while ((event = gst_harness_try_pull_event (bench.harness))) {
    found |= GST_EVENT_TYPE (event) == GST_EVENT_GAP;
    gst_event_unref (event);
  }
  ck_assert (found);
}
GST_END_TEST;

GST_START_TEST (test_flush_forgets)
{
  g_auto (TestBench) bench = new_bench (RECONSTRUCT, 4);
  GstSegment segment;

  push (&bench, 0, 2);
  gst_harness_push_event (bench.harness, gst_event_new_flush_start ());
  gst_harness_push_event (bench.harness, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (bench.harness, gst_event_new_segment (&segment));
  push (&bench, 10, 4);
  assert_frames (&bench, 10, 4);
}
GST_END_TEST;

/* Downstream asks for another size than the latents' own while they flow. */
GST_START_TEST (test_reconfigure)
{
  g_auto (TestBench)
      encoder = test_bench_new (TEST_MODEL_RGB, TEST_RGB (20, 16), "mode", ENCODE, NULL);
  g_auto (TestBench) decoder = test_bench_new (TEST_MODEL_RGB,
      "other/tensors,format=static,num_tensors=1,types=float32,dimensions=(string)5:4:48:1,"
      "framerate=25/1",
      "mode", DECODE, NULL);
  static const char *const wishes[] = {TEST_RGB (20, 16), TEST_RGB (18, 13),
      "video/x-raw,format=BGRx,width=20,height=16,framerate=25/1"};
  GstVideoInfo info = test_video_info (TEST_RGB (20, 16));

  for (guint i = 0; i < G_N_ELEMENTS (wishes); i++) {
    GstVideoInfo wish = test_video_info (wishes[i]);
    g_autoptr (GstBuffer) result = NULL;

    gst_harness_set_sink_caps_str (decoder.harness, wishes[i]);
    result = gst_harness_push_and_pull (
        decoder.harness, gst_harness_push_and_pull (encoder.harness, test_frame_new (&info, i, 0)));
    test_bus_assert_no_error (decoder.bus);
    ck_assert (result != NULL);
    ck_assert_uint_eq (gst_buffer_get_size (result), wish.size);
  }
}
GST_END_TEST;

GST_START_TEST (test_metadata_kept)
{
  GstVideoInfo info = test_video_info (CAPS);
  g_auto (TestBench) encoder = new_bench (ENCODE, 1);
  g_auto (TestBench) decoder = test_bench_new (TEST_MODEL_RGB, NULL, "mode", DECODE, NULL);
  g_autoptr (GstBuffer) result = NULL;
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (encoder.harness->sinkpad);
  GstBuffer *frame = test_frame_new (&info, 7, 5);
  GstCaps *reference = gst_caps_from_string ("timestamp/x-test");

  GST_BUFFER_DTS (frame) = 42;
  GST_BUFFER_OFFSET (frame) = 7;
  GST_BUFFER_OFFSET_END (frame) = 8;
  GST_BUFFER_FLAG_SET (frame, GST_BUFFER_FLAG_MARKER | GST_BUFFER_FLAG_DROPPABLE);
  gst_buffer_add_video_region_of_interest_meta (frame, "face", 1, 2, 3, 4);
  gst_buffer_add_reference_timestamp_meta (frame, reference, 99, GST_CLOCK_TIME_NONE);
  gst_caps_unref (reference);
  gst_harness_set_src_caps (decoder.harness, g_steal_pointer (&caps));
  result = gst_harness_push_and_pull (
      decoder.harness, gst_harness_push_and_pull (encoder.harness, frame));
  ck_assert_uint_eq (GST_BUFFER_PTS (result), 7 * TEST_FRAME_TIME);
  ck_assert_uint_eq (GST_BUFFER_DTS (result), 42);
  ck_assert_uint_eq (GST_BUFFER_OFFSET (result), 7);
  ck_assert_uint_eq (GST_BUFFER_OFFSET_END (result), 8);
  ck_assert (GST_BUFFER_FLAG_IS_SET (result, GST_BUFFER_FLAG_MARKER));
  ck_assert (GST_BUFFER_FLAG_IS_SET (result, GST_BUFFER_FLAG_DROPPABLE));
  ck_assert (gst_buffer_get_reference_timestamp_meta (result, NULL) != NULL);
  ck_assert (gst_buffer_get_meta (result, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE) != NULL);
}
GST_END_TEST;

static const struct {
  const char *caps;
  gint mode;
  guint batch_size;
  guint interval;
  GstClockTime latency;
} latencies[] = {
    {TEST_RGB (8,        8), RECONSTRUCT, 1,                                          1,                                                                 0},
    {TEST_RGB (8,                  8),          ENCODE,  4,                             1,                                                                                            120 * GST_MSECOND},
    {TEST_RGB (8, 8),   EMBED,    4,                                            3,           360 * GST_MSECOND},
    {"video/x-raw,format=RGB,width=8,height=8,framerate=0/1",                 ENCODE,  4,             1,0},
};

GST_START_TEST (test_latency)
{
  g_auto (TestBench)
      bench = test_bench_new (TEST_MODEL_RGB, NULL, "mode", latencies[__i__].mode, "batch-size",
          latencies[__i__].batch_size, "inference-interval", latencies[__i__].interval, NULL);
  g_autoptr (GstMessage) message = NULL;

  gst_harness_set_upstream_latency (bench.harness, 5 * GST_MSECOND);
  gst_harness_set_src_caps_str (bench.harness, latencies[__i__].caps);
  ck_assert_uint_eq (
      gst_harness_query_latency (bench.harness), latencies[__i__].latency + 5 * GST_MSECOND);
  message = test_bus_pop (bench.bus, GST_MESSAGE_LATENCY);
  ck_assert ((message != NULL) == (latencies[__i__].latency > 0));
}
GST_END_TEST;

/* Frames that are late are dropped, counted, and told of. */
GST_START_TEST (test_qos)
{
  g_auto (TestBench) bench = new_bench (RECONSTRUCT, 1);
  g_autoptr (GstStructure) stats = NULL;
  g_autoptr (GstMessage) message = NULL;
  guint64 dropped = 0;

  push (&bench, 0, 1);
  gst_harness_push_upstream_event (
      bench.harness, gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 2.0, 2 * TEST_FRAME_TIME, 0));
  push (&bench, 1, 1);
  push (&bench, 10, 1);
  ck_assert_uint_eq (gst_harness_buffers_in_queue (bench.harness), 2);
  g_object_get (bench.element, "stats", &stats, NULL);
  ck_assert (gst_structure_get_uint64 (stats, "dropped", &dropped));
  ck_assert_uint_eq (dropped, 1);
  message = test_bus_pop (bench.bus, GST_MESSAGE_QOS);
  ck_assert (message != NULL);
}
GST_END_TEST;

GST_START_TEST (test_qos_off)
{
  g_auto (TestBench) bench = test_bench_new (TEST_MODEL_RGB, CAPS, "qos", FALSE, NULL);

  push (&bench, 0, 1);
  gst_harness_push_upstream_event (
      bench.harness, gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 2.0, 2 * TEST_FRAME_TIME, 0));
  push (&bench, 1, 1);
  ck_assert_uint_eq (gst_harness_buffers_in_queue (bench.harness), 2);
}
GST_END_TEST;

/* Frames held for a batch do not keep upstream's buffers. */
GST_START_TEST (test_batch_holds_no_memory)
{
  GstVideoInfo info = test_video_info (CAPS);
  g_auto (TestBench) bench = new_bench (ENCODE, 4);
  GstBuffer *frame = test_frame_new (&info, 0, 0);

  ck_assert (gst_harness_push (bench.harness, gst_buffer_ref (frame)) == GST_FLOW_OK);
  ASSERT_MINI_OBJECT_REFCOUNT (frame, "frame", 1);
  gst_buffer_unref (frame);
}
GST_END_TEST;

GST_START_TEST (test_vector)
{
  static const float values[] = {1, -2.5f, 3e5f, 0};
  const char *caps = "other/tensors,format=static,num_tensors=1,types=float32,"
                     "dimensions=(string)4:1:1:1,framerate=10/1";
  g_auto (TestBench) encoder = test_bench_new (TEST_MODEL_VECTOR, caps, "mode", ENCODE, NULL);
  g_auto (TestBench) decoder = test_bench_new (TEST_MODEL_VECTOR, NULL, "mode", DECODE, NULL);
  g_autoptr (GstCaps) between = gst_pad_get_current_caps (encoder.harness->sinkpad);
  g_autoptr (GstBuffer) result = NULL;

  gst_harness_set_src_caps (decoder.harness, g_steal_pointer (&between));
  result = gst_harness_push_and_pull (
      decoder.harness, gst_harness_push_and_pull (encoder.harness, test_floats_new (4, values)));
  ck_assert_uint_eq (gst_buffer_get_size (result), 16);
  for (guint i = 0; i < 4; i++)
    TEST_ASSERT_NEAR (test_floats_get (result, i), values[i], 0);
}
GST_END_TEST;

/* The latent stays with its frame through elements that make new buffers of it. */
GST_START_TEST (test_meta_survives)
{
  g_autofree char *text = g_strdup_printf (
      "videotestsrc num-buffers=3 ! video/x-raw,format=RGB,width=64,height=48,framerate=25/1 ! "
      "autoencoder mode=embed model=%s ! videoconvert ! videoscale ! "
      "video/x-raw,format=I420,width=32,height=32 ! %s fakesink name=sink enable-last-sample=true",
      test_models_get_path (TEST_MODEL_RGB), __i__ ? "x264enc tune=zerolatency !" : "");
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElementFactory) x264 = gst_element_factory_find ("x264enc");
  g_autoptr (GstElement) pipeline = NULL, sink = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GstSample) sample = NULL;

  if (__i__ && !x264)
    return;
  pipeline = gst_parse_launch (text, &error);
  ck_assert (!error);
  bus = gst_element_get_bus (pipeline);
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  ck_assert (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS);
  g_object_get (sink, "last-sample", &sample, NULL);
  ck_assert (gst_buffer_get_custom_meta (gst_sample_get_buffer (sample), "latent") != NULL);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}
GST_END_TEST;

#ifndef LATENT_SANITIZED /* a foreign program cannot open a plugin built so */
/* An application that knows GStreamer alone; 77: there is no Python, or no gi. */
GST_START_TEST (test_python)
{
  const char *srcdir = g_getenv ("LATENT_SRCDIR");
  g_autofree char *script = g_build_filename (srcdir ? srcdir : ".", "tests", "read-meta.py", NULL);
  const char *argv[] = {"/usr/bin/python3", script, test_models_get_path (TEST_MODEL_RGB), NULL};
  g_autofree char *out = NULL, *err = NULL;
  gint status = 0;

  if (!g_spawn_sync (
          NULL, (char **)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &out, &err, &status, NULL) ||
      (WIFEXITED (status) && WEXITSTATUS (status) == 77))
    return;
  ck_assert_msg (status == 0, "status %d: %s%s", status, out, err);
  ck_assert_str_eq (out, "rgb.onnx 1,48,4,5 float32 960 values\n");
}
GST_END_TEST;
#endif

static Suite *
autoencoder_flow_suite (void)
{
  Suite *suite = suite_create ("autoencoder-flow");
  TCase *tests = tcase_create ("all");

  suite_add_tcase (suite, tests);
  tcase_add_unchecked_fixture (tests, test_models_init, test_models_clear);
  tcase_add_test (tests, test_batch);
  tcase_add_test (tests, test_eos_drains);
  tcase_add_test (tests, test_embed_batch);
  tcase_add_test (tests, test_batch_latents);
  tcase_add_test (tests, test_caps_drain);
  tcase_add_test (tests, test_segment_drains);
  tcase_add_test (tests, test_gap);
  tcase_add_test (tests, test_flush_forgets);
  tcase_add_test (tests, test_reconfigure);
  tcase_add_test (tests, test_metadata_kept);
  tcase_add_loop_test (tests, test_latency, 0, G_N_ELEMENTS (latencies));
  tcase_add_test (tests, test_qos);
  tcase_add_test (tests, test_qos_off);
  tcase_add_test (tests, test_batch_holds_no_memory);
  tcase_add_test (tests, test_vector);
  tcase_add_loop_test (tests, test_meta_survives, 0, 2);
#ifndef LATENT_SANITIZED
  tcase_add_test (tests, test_python);
#endif
  return suite;
}

GST_CHECK_MAIN (autoencoder_flow)
