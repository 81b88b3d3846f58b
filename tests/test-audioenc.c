/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/audio-codec.h"

static TestBench
new_bench (const char *first, guint value)
{
  return test_bench_new_of ("latentaudioenc", TEST_MODEL_AUDIO, S16, first, value, NULL);
}

GST_START_TEST (test_caps)
{
  g_auto (TestBench) bench = new_bench (NULL, 0);
  g_autoptr (GstCaps) caps = NULL;
  const GstStructure *structure;
  const GValue *codec_data;
  gint value;

  push_samples (&bench, 0, HOP);
  caps = gst_pad_get_current_caps (bench.harness->sinkpad);
  structure = gst_caps_get_structure (caps, 0);
  ck_assert_str_eq (gst_structure_get_name (structure), "audio/x-latent");
  ck_assert (gst_structure_get_int (structure, "version", &value) && value == 1);
  ck_assert (gst_structure_get_int (structure, "rate", &value) && value == 16000);
  ck_assert (gst_structure_get_int (structure, "channels", &value) && value == 1);
  ck_assert_str_eq (gst_structure_get_string (structure, "latent-model"), "0123456789abcdef");
  codec_data = gst_structure_get_value (structure, "codec_data");
  ck_assert (codec_data && gst_buffer_get_size (gst_value_get_buffer (codec_data)) <= 4096);
}
GST_END_TEST;

/* A packet a hop, whatever the buffers; the last one tells how much is true. */
GST_START_TEST (test_packets)
{
  g_auto (TestBench) bench = new_bench (NULL, 0);

  push_samples (&bench, 0, 100);
  assert_no_packet (&bench);
  push_samples (&bench, 100, 400);
  for (guint i = 0; i < 3; i++)
    assert_packet (&bench, i * HOP, HOP, i == 0);
  gst_harness_push_event (bench.harness, gst_event_new_eos ());
  assert_packet (&bench, 3 * HOP, 20, FALSE);
  assert_no_packet (&bench);
}
GST_END_TEST;

GST_START_TEST (test_batch)
{
  g_auto (TestBench) bench = new_bench ("batch-size", 3);

  push_samples (&bench, 0, 2 * HOP);
  assert_no_packet (&bench);
  push_samples (&bench, 2 * HOP, 2 * HOP);
  for (guint i = 0; i < 3; i++)
    assert_packet (&bench, i * HOP, HOP, i == 0);
  assert_no_packet (&bench);
  gst_harness_push_event (bench.harness, gst_event_new_eos ());
  assert_packet (&bench, 3 * HOP, HOP, FALSE);
}
GST_END_TEST;

/* 10 ms a hop. */
GST_START_TEST (test_latency)
{
  g_auto (TestBench) bench = new_bench ("batch-size", 3);

  push_samples (&bench, 0, HOP);
  ck_assert_uint_eq (gst_harness_query_latency (bench.harness), 30 * GST_MSECOND);
}
GST_END_TEST;

GST_START_TEST (test_key_interval)
{
  g_auto (TestBench) bench = new_bench ("key-int-max", 3);

  push_samples (&bench, 0, 7 * HOP);
  for (guint i = 0; i < 7; i++)
    assert_packet (&bench, i * HOP, HOP, i % 3 == 0);
}
GST_END_TEST;

GST_START_TEST (test_key_request)
{
  g_auto (TestBench) bench = new_bench (NULL, 0);

  push_samples (&bench, 0, 2 * HOP);
  gst_harness_push_upstream_event (
      bench.harness, gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE, TRUE, 0));
  push_samples (&bench, 2 * HOP, 2 * HOP);
  assert_packet (&bench, 0, HOP, TRUE);
  assert_packet (&bench, HOP, HOP, FALSE);
  gst_buffer_unref (gst_harness_pull (bench.harness)); /* the header */
  assert_packet (&bench, 2 * HOP, HOP, TRUE);
  assert_packet (&bench, 3 * HOP, HOP, FALSE);
}
GST_END_TEST;

GST_START_TEST (test_resilient)
{
  g_auto (TestBench) bench = new_bench ("error-resilient", TRUE);

  push_samples (&bench, 0, 3 * HOP);
  for (guint i = 0; i < 3; i++)
    assert_packet (&bench, i * HOP, HOP, TRUE);
}
GST_END_TEST;

/* What does not continue begins anew. */
GST_START_TEST (test_discont)
{
  g_auto (TestBench) bench = new_bench (NULL, 0);
  GstBuffer *buffer = new_samples (16000, 2 * HOP, FALSE);

  push_samples (&bench, 0, 2 * HOP + 5);
  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  gst_harness_push (bench.harness, buffer);
  assert_packet (&bench, 0, HOP, TRUE);
  assert_packet (&bench, HOP, HOP, FALSE);
  assert_packet (&bench, 2 * HOP, 5, FALSE);
  assert_packet (&bench, 16000, HOP, TRUE);
  assert_packet (&bench, 16000 + HOP, HOP, FALSE);
}
GST_END_TEST;

GST_START_TEST (test_flush)
{
  g_auto (TestBench) bench = new_bench (NULL, 0);
  GstSegment segment;

  push_samples (&bench, 0, HOP + 50);
  assert_packet (&bench, 0, HOP, TRUE);
  gst_harness_push_event (bench.harness, gst_event_new_flush_start ());
  gst_harness_push_event (bench.harness, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (bench.harness, gst_event_new_segment (&segment));
  push_samples (&bench, 8000, HOP);
  assert_packet (&bench, 8000, HOP, TRUE);
}
GST_END_TEST;

/* The next gap event begins at that sample. */
static void
assert_gap (TestBench *bench, guint64 first)
{
  GstEvent *event;
  GstClockTime begin, duration;

  while ((event = gst_harness_try_pull_event (bench->harness)) &&
         GST_EVENT_TYPE (event) != GST_EVENT_GAP)
    gst_event_unref (event);
  ck_assert (event != NULL);
  gst_event_parse_gap (event, &begin, &duration);
  ck_assert_uint_eq (begin, get_time (first));
  ck_assert_uint_eq (duration, get_time (HOP));
  gst_event_unref (event);
}

/* Nothing is sent once a whole window is silent. */
GST_START_TEST (test_dtx)
{
  g_auto (TestBench) bench = new_bench ("dtx", TRUE);

  push_samples (&bench, 0, HOP);
  for (guint i = 1; i < 6; i++)
    gst_harness_push (bench.harness, new_samples (i * HOP, HOP, TRUE));
  push_samples (&bench, 6 * HOP, HOP);
  assert_packet (&bench, 0, HOP, TRUE);
  assert_packet (&bench, HOP, HOP, FALSE);
  assert_packet (&bench, 6 * HOP, HOP, FALSE);
  assert_no_packet (&bench);
  for (guint i = 2; i < 6; i++)
    assert_gap (&bench, i * HOP);
}
GST_END_TEST;

/* Other samples, in the midst of a hop: what is there goes out before. */
GST_START_TEST (test_renegotiation)
{
  g_auto (TestBench) bench = new_bench (NULL, 0);
  float values[HOP] = {0};
  GstBuffer *buffer = test_floats_new (HOP, values);

  push_samples (&bench, 0, HOP + 20);
  gst_harness_set_src_caps_str (bench.harness, F32);
  GST_BUFFER_PTS (buffer) = get_time (HOP + 20);
  ck_assert (gst_harness_push (bench.harness, buffer) == GST_FLOW_OK);
  assert_packet (&bench, 0, HOP, TRUE);
  assert_packet (&bench, HOP, 20, FALSE);
  assert_packet (&bench, HOP + 20, HOP, TRUE);
  assert_no_packet (&bench);
}
GST_END_TEST;

GST_START_TEST (test_offered_caps)
{
  g_auto (TestBench) bench = test_bench_new_of ("latentaudioenc", TEST_MODEL_STEREO, NULL, NULL);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (bench.element, "sink");
  g_autoptr (GstCaps) caps = gst_pad_query_caps (pad, NULL);
  g_autoptr (GstCaps) mono = gst_caps_from_string (S16);
  g_autoptr (GstCaps) stereo = gst_caps_from_string ("audio/x-raw,rate=16000,channels=2");

  ck_assert (!gst_caps_can_intersect (caps, mono));
  ck_assert (gst_caps_can_intersect (caps, stereo));
}
GST_END_TEST;

/* Who leaves out audioresample is told what is wanted. */
GST_START_TEST (test_refused_caps)
{
  g_auto (TestBench) bench = new_bench (NULL, 0);
  g_autoptr (GstCaps) caps = gst_caps_from_string (
      "audio/x-raw,format=S16LE,layout=interleaved,rate=48000,channels=2,"
      "channel-mask=(bitmask)3");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (bench.element, "sink");

  ck_assert (!gst_pad_send_event (pad, gst_event_new_caps (caps)));
  test_bus_assert_error (bench.bus, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE,
      test_models_get_path (TEST_MODEL_AUDIO), "rate=(int)16000, channels=(int)1",
      "rate=(int)48000, channels=(int)2", "audioresample", NULL);
}
GST_END_TEST;

GST_START_TEST (test_stats)
{
  g_auto (TestBench) bench = new_bench (NULL, 0);
  g_autoptr (GstMessage) message = NULL;
  const GstStructure *stats;
  guint64 frames, keys;

  push_samples (&bench, 0, 3 * HOP + 10);
  gst_harness_push_event (bench.harness, gst_event_new_eos ());
  message = test_bus_pop (bench.bus, GST_MESSAGE_ELEMENT);
  ck_assert (message != NULL);
  stats = gst_message_get_structure (message);
  ck_assert_str_eq (gst_structure_get_name (stats), "latent-stats");
  ck_assert (gst_structure_get_uint64 (stats, "frames", &frames) && frames == 4);
  ck_assert (gst_structure_get_uint64 (stats, "keys", &keys) && keys == 1);
}
GST_END_TEST;

GST_START_TEST (test_refused_model)
{
  g_autoptr (GstElement)
      element = gst_object_ref_sink (gst_element_factory_make ("latentaudioenc", NULL));
  g_autoptr (GstBus) bus = gst_bus_new ();

  g_object_set (element, "model", test_models_get_path (TEST_MODEL_RGB), NULL);
  gst_element_set_bus (element, bus);
  ck_assert (gst_element_set_state (element, GST_STATE_READY) == GST_STATE_CHANGE_FAILURE);
  test_bus_assert_error (bus, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE, "video", NULL);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
}
GST_END_TEST;

GST_START_TEST (test_states)
{
  g_autoptr (GstElement) element = gst_object_ref_sink (
      gst_element_factory_make (__i__ ? "latentaudioenc" : "latentaudiodec", NULL));

  g_object_set (element, "model", test_models_get_path (TEST_MODEL_AUDIO), NULL);
  for (guint i = 0; i < 3; i++) {
    ck_assert (gst_element_set_state (element, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE);
    ck_assert (gst_element_set_state (element, GST_STATE_READY) != GST_STATE_CHANGE_FAILURE);
    ck_assert (gst_element_set_state (element, GST_STATE_NULL) != GST_STATE_CHANGE_FAILURE);
  }
}
GST_END_TEST;

static Suite *
audioenc_suite (void)
{
  Suite *suite = suite_create ("audioenc");
  TCase *tests = tcase_create ("all");

  suite_add_tcase (suite, tests);
  tcase_add_unchecked_fixture (tests, test_models_init, test_models_clear);
  tcase_add_test (tests, test_caps);
  tcase_add_test (tests, test_packets);
  tcase_add_test (tests, test_batch);
  tcase_add_test (tests, test_latency);
  tcase_add_test (tests, test_key_interval);
  tcase_add_test (tests, test_key_request);
  tcase_add_test (tests, test_resilient);
  tcase_add_test (tests, test_discont);
  tcase_add_test (tests, test_flush);
  tcase_add_test (tests, test_dtx);
  tcase_add_test (tests, test_renegotiation);
  tcase_add_test (tests, test_offered_caps);
  tcase_add_test (tests, test_refused_caps);
  tcase_add_test (tests, test_stats);
  tcase_add_test (tests, test_refused_model);
  tcase_add_loop_test (tests, test_states, 0, 2);
  return suite;
}

GST_CHECK_MAIN (audioenc)
