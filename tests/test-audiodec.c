/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/audio-codec.h"

/* Steps that are as fine as 16 bits: what comes back differs by rounding alone. */
#define TOLERANCE 1e-4f

static TestBench
new_encoder (TestModel model, const char *first, guint value)
{
  return test_bench_new_of ("latentaudioenc", model, NULL, "quality", 63, first, value, NULL);
}

static TestBench
new_decoder (const char *first, guint value)
{
  return test_bench_new_of ("latentaudiodec", TEST_MODEL_AUDIO, NULL, first, value, NULL);
}

/* Hands on what the encoder gave, but for the packets whose bit is set in `lost`. */
static guint
hand_on (TestBench *encoder, TestBench *decoder, guint32 lost)
{
  GstBuffer *packet;
  guint i = 0;

  while ((packet = gst_harness_try_pull (encoder->harness))) {
    if (!gst_pad_has_current_caps (decoder->harness->srcpad))
      gst_harness_set_src_caps (
          decoder->harness, gst_pad_get_current_caps (encoder->harness->sinkpad));
    if (i < 32 && lost >> i & 1)
      gst_buffer_unref (packet);
    else
      ck_assert (gst_harness_push (decoder->harness, packet) == GST_FLOW_OK);
    i++;
  }
  return i;
}

/* The next samples that come out are [first, first + n), in buffers that follow each other. */
static void
assert_samples (TestBench *bench, guint64 first, guint64 n)
{
  guint64 index = first;
  GstBuffer *buffer;

  while (index < first + n && (buffer = gst_harness_try_pull (bench->harness))) {
    guint length = (guint)(gst_buffer_get_size (buffer) / sizeof (float));

    ck_assert_uint_eq (GST_BUFFER_PTS (buffer), get_time (index));
    ck_assert (!GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_CORRUPTED));
    for (guint i = 0; i < length; i++)
      TEST_ASSERT_NEAR (
          test_floats_get (buffer, i), (float)get_sample (index + i) / 32768, TOLERANCE);
    index += length;
    gst_buffer_unref (buffer);
  }
  ck_assert_uint_eq (index, first + n);
}

static const struct {
  guint buffers;
  guint size;
  guint encoder_batch;
  guint decoder_batch;
} streams[] = {
    {10, 777, 1, 1},
    {1,  777, 1, 1},
    {1,  1,   1, 1},
    {1,  160, 1, 1},
    {1,  320, 1, 4},
    {7,  161, 3, 1},
    {20, 159, 4, 3},
};

/* As many samples as went in, each where it was. */
GST_START_TEST (test_streams)
{
  g_auto (TestBench)
      encoder = new_encoder (TEST_MODEL_AUDIO, "batch-size", streams[__i__].encoder_batch);
  g_auto (TestBench) decoder = new_decoder ("batch-size", streams[__i__].decoder_batch);
  guint size = streams[__i__].size;

  gst_harness_set_src_caps_str (encoder.harness, S16);
  for (guint i = 0; i < streams[__i__].buffers; i++) {
    push_samples (&encoder, (guint64)i * size, size);
    hand_on (&encoder, &decoder, 0);
  }
  gst_harness_push_event (encoder.harness, gst_event_new_eos ());
  hand_on (&encoder, &decoder, 0);
  gst_harness_push_event (decoder.harness, gst_event_new_eos ());
  assert_samples (&decoder, 0, (guint64)size * streams[__i__].buffers);
  ck_assert_uint_eq (gst_harness_buffers_in_queue (decoder.harness), 0);
}
GST_END_TEST;

/* A window less its hop, and what a batch holds. */
GST_START_TEST (test_latency)
{
  g_auto (TestBench) encoder = new_encoder (TEST_MODEL_AUDIO, NULL, 0);
  g_auto (TestBench) decoder = new_decoder ("batch-size", 3);

  gst_harness_set_src_caps_str (encoder.harness, S16);
  push_samples (&encoder, 0, HOP);
  hand_on (&encoder, &decoder, 0);
  ck_assert_uint_eq (gst_harness_query_latency (decoder.harness), 30 * GST_MSECOND);
}
GST_END_TEST;

static void
encode (TestBench *encoder, guint hops)
{
  gst_harness_set_src_caps_str (encoder->harness, S16);
  push_samples (encoder, 0, hops * HOP);
  gst_harness_push_event (encoder->harness, gst_event_new_eos ());
}

/* Of what is not right all is flagged. Returns hops that are right. */
static guint
count_good (TestBench *decoder, guint *n_flagged)
{
  GstBuffer *buffer;
  guint n_good = 0;

  *n_flagged = 0;
  while ((buffer = gst_harness_try_pull (decoder->harness))) {
    guint64 first = gst_util_uint64_scale_round (GST_BUFFER_PTS (buffer), RATE, GST_SECOND);

    ck_assert_uint_eq (gst_buffer_get_size (buffer), HOP * sizeof (float));
    if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_CORRUPTED)) {
      ++*n_flagged;
    } else {
      for (guint i = 0; i < HOP; i++)
        TEST_ASSERT_NEAR (
            test_floats_get (buffer, i), (float)get_sample (first + i) / 32768, TOLERANCE);
      n_good++;
    }
    gst_buffer_unref (buffer);
  }
  return n_good;
}

static gboolean
has_key_request (TestBench *decoder)
{
  GstEvent *event;
  gboolean found = FALSE;

  while ((event = gst_harness_try_pull_upstream_event (decoder->harness))) {
    found |= gst_video_event_is_force_key_unit (event);
    gst_event_unref (event);
  }
  return found;
}

/* Packet 3 of 10 is lost; those up to the next key packet, 6, cannot be decoded. */
GST_START_TEST (test_loss)
{
  g_auto (TestBench) encoder = new_encoder (TEST_MODEL_AUDIO, "key-int-max", 6);
  g_auto (TestBench) decoder = new_decoder ("conceal", (guint)__i__);
  g_autoptr (GstStructure) stats = NULL;
  guint64 lost = 0;
  guint n_flagged;

  encode (&encoder, 10);
  hand_on (&encoder, &decoder, 1 << 3);
  gst_harness_push_event (decoder.harness, gst_event_new_eos ());
  ck_assert_uint_eq (count_good (&decoder, &n_flagged), 7);
  ck_assert_uint_eq (n_flagged, 2); /* of packet 3 there is nothing */
  g_object_get (decoder.element, "stats", &stats, NULL);
  ck_assert (gst_structure_get_uint64 (stats, "lost", &lost) && lost == 2);
  ck_assert (has_key_request (&decoder));
}
GST_END_TEST;

/* What is damaged does not mix with what stands beside it. */
GST_START_TEST (test_damaged)
{
  g_auto (TestBench) encoder = new_encoder (TEST_MODEL_AUDIO, "error-resilient", TRUE);
  g_auto (TestBench) decoder = new_decoder (NULL, 0);
  GstBuffer *packet;
  guint n_flagged;

  encode (&encoder, 10);
  for (guint i = 0; (packet = gst_harness_try_pull (encoder.harness)); i++) {
    if (i == 0)
      gst_harness_set_src_caps (
          decoder.harness, gst_pad_get_current_caps (encoder.harness->sinkpad));
    if (i == 4)
      gst_buffer_memset (packet, 9, 0x5a, 1);
    ck_assert (gst_harness_push (decoder.harness, packet) == GST_FLOW_OK);
  }
  gst_harness_push_event (decoder.harness, gst_event_new_eos ());
  ck_assert_uint_eq (count_good (&decoder, &n_flagged), 9);
  ck_assert_uint_eq (n_flagged, 1);
}
GST_END_TEST;

GST_START_TEST (test_loss_resilient)
{
  g_auto (TestBench) encoder = new_encoder (TEST_MODEL_AUDIO, "error-resilient", TRUE);
  g_auto (TestBench) decoder = new_decoder (NULL, 0);
  guint n_flagged;

  encode (&encoder, 20);
  hand_on (&encoder, &decoder, 0x4210);
  gst_harness_push_event (decoder.harness, gst_event_new_eos ());
  ck_assert_uint_eq (count_good (&decoder, &n_flagged), 17);
  ck_assert_uint_eq (n_flagged, 0);
}
GST_END_TEST;

/* Silence that was not sent leaves what stands around it where it was. */
GST_START_TEST (test_dtx)
{
  g_auto (TestBench) encoder = new_encoder (TEST_MODEL_AUDIO, "dtx", TRUE);
  g_auto (TestBench) decoder = new_decoder (NULL, 0);

  gst_harness_set_src_caps_str (encoder.harness, S16);
  push_samples (&encoder, 0, 2 * HOP);
  for (guint i = 2; i < 8; i++)
    gst_harness_push (encoder.harness, new_samples (i * HOP, HOP, TRUE));
  push_samples (&encoder, 8 * HOP, 3 * HOP);
  gst_harness_push_event (encoder.harness, gst_event_new_eos ());
  ck_assert_uint_eq (hand_on (&encoder, &decoder, 0), 6);
  gst_harness_push_event (decoder.harness, gst_event_new_eos ());
  assert_samples (&decoder, 0, 2 * HOP);
  gst_buffer_unref (gst_harness_pull (decoder.harness)); /* of the first silent hop */
  assert_samples (&decoder, 8 * HOP, 3 * HOP);
}
GST_END_TEST;

GST_START_TEST (test_flush)
{
  g_auto (TestBench) encoder = new_encoder (TEST_MODEL_AUDIO, "error-resilient", TRUE);
  g_auto (TestBench) decoder = new_decoder (NULL, 0);
  GstSegment segment;

  gst_harness_set_src_caps_str (encoder.harness, S16);
  push_samples (&encoder, 0, 3 * HOP);
  hand_on (&encoder, &decoder, 0);
  assert_samples (&decoder, 0, 2 * HOP);
  gst_harness_push_event (decoder.harness, gst_event_new_flush_start ());
  gst_harness_push_event (decoder.harness, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (decoder.harness, gst_event_new_segment (&segment));
  push_samples (&encoder, 3 * HOP, 3 * HOP);
  hand_on (&encoder, &decoder, 0);
  gst_harness_push_event (decoder.harness, gst_event_new_eos ());
  ck_assert_uint_eq (gst_harness_buffers_in_queue (decoder.harness), 3);
}
GST_END_TEST;

GST_START_TEST (test_missing_model)
{
  g_auto (TestBench) encoder = new_encoder (TEST_MODEL_AUDIO, NULL, 0);
  g_auto (TestBench) decoder = test_bench_new_of (
      "latentaudiodec", TEST_N_MODELS, NULL, "model-path", "/nowhere", NULL);
  GstBuffer *packet;

  gst_harness_set_src_caps_str (encoder.harness, S16);
  push_samples (&encoder, 0, HOP);
  packet = gst_harness_pull (encoder.harness);
  gst_harness_set_src_caps (decoder.harness, gst_pad_get_current_caps (encoder.harness->sinkpad));
  ck_assert (gst_harness_push (decoder.harness, packet) == GST_FLOW_ERROR);
  test_bus_assert_error (
      decoder.bus, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND, TEST_ID, "/nowhere", NULL);
}
GST_END_TEST;

GST_START_TEST (test_stereo)
{
  g_auto (TestBench) encoder = new_encoder (TEST_MODEL_STEREO, NULL, 0);
  g_auto (TestBench) decoder = test_bench_new_of ("latentaudiodec", TEST_MODEL_STEREO, NULL, NULL);
  gsize n_bytes = 0;
  GstBuffer *buffer;

  gst_harness_set_src_caps_str (encoder.harness,
      "audio/x-raw,format=S16LE,layout=interleaved,rate=16000,channels=2,"
      "channel-mask=(bitmask)3");
  push_samples (&encoder, 0, 2000); /* 1000 of each channel */
  gst_harness_push_event (encoder.harness, gst_event_new_eos ());
  hand_on (&encoder, &decoder, 0);
  gst_harness_push_event (decoder.harness, gst_event_new_eos ());
  while ((buffer = gst_harness_try_pull (decoder.harness))) {
    for (guint i = 0; i < gst_buffer_get_size (buffer) / sizeof (float); i++)
      TEST_ASSERT_NEAR (test_floats_get (buffer, i),
          (float)get_sample (n_bytes / sizeof (float) + i) / 32768, TOLERANCE);
    n_bytes += gst_buffer_get_size (buffer);
    gst_buffer_unref (buffer);
  }
  ck_assert_uint_eq (n_bytes, 2000 * sizeof (float));
}
GST_END_TEST;

static Suite *
audiodec_suite (void)
{
  Suite *suite = suite_create ("audiodec");
  TCase *tests = tcase_create ("all");

  suite_add_tcase (suite, tests);
  tcase_add_unchecked_fixture (tests, test_models_init, test_models_clear);
  tcase_add_loop_test (tests, test_streams, 0, G_N_ELEMENTS (streams));
  tcase_add_test (tests, test_latency);
  tcase_add_loop_test (tests, test_loss, 0, 3);
  tcase_add_test (tests, test_damaged);
  tcase_add_test (tests, test_loss_resilient);
  tcase_add_test (tests, test_dtx);
  tcase_add_test (tests, test_flush);
  tcase_add_test (tests, test_missing_model);
  tcase_add_test (tests, test_stereo);
  return suite;
}

GST_CHECK_MAIN (audiodec)
