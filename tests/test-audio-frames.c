/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib/gstdio.h>
#include <math.h>

#include "tests/audio-codec.h"

/* frames-per-packet: several hops of sound in a packet, from the encoder through files, parsers and
 * RTP to the decoder. */

#define TOLERANCE 1e-4f /* steps as fine as 16 bits */

static TestBench
new_encoder (guint frames, const char *name, guint value)
{
  return test_bench_new_of ("latentaudioenc", TEST_MODEL_AUDIO, S16, "quality", 63,
      "frames-per-packet", frames, name, value, NULL);
}

GST_START_TEST (test_packets)
{
  g_auto (TestBench) bench = new_encoder (3, NULL, 0);

  push_samples (&bench, 0, 3 * HOP - 1);
  assert_no_packet (&bench);
  push_samples (&bench, 3 * HOP - 1, 4 * HOP + 21);
  assert_packet (&bench, 0, 3 * HOP, TRUE);
  assert_packet (&bench, 3 * HOP, 3 * HOP, FALSE);
  assert_no_packet (&bench);
  gst_harness_push_event (bench.harness, gst_event_new_eos ());
  assert_packet (&bench, 6 * HOP, HOP + 20, FALSE);
  assert_no_packet (&bench);
}
GST_END_TEST;

/* Hops of 10 ms until a packet's first sample goes out. */
static const struct {
  guint frames, batch;
  GstClockTime encoder, decoder;
} latencies[] = {
    {1, 1, 10 * GST_MSECOND, 10 * GST_MSECOND},
    {2, 1, 20 * GST_MSECOND, 10 * GST_MSECOND},
    {6, 1, 60 * GST_MSECOND, 10 * GST_MSECOND},
    {2, 3, 40 * GST_MSECOND, 30 * GST_MSECOND},
    {4, 2, 40 * GST_MSECOND, 20 * GST_MSECOND},
};

GST_START_TEST (test_latency)
{
  guint batch = latencies[__i__].batch;
  g_auto (TestBench) encoder = new_encoder (latencies[__i__].frames, "batch-size", batch);
  g_auto (TestBench) decoder = test_bench_new_of (
      "latentaudiodec", TEST_MODEL_AUDIO, NULL, "batch-size", batch, NULL);

  push_samples (&encoder, 0, 12 * HOP);
  ck_assert_uint_eq (gst_harness_query_latency (encoder.harness), latencies[__i__].encoder);
  gst_harness_set_src_caps (decoder.harness, gst_pad_get_current_caps (encoder.harness->sinkpad));
  gst_harness_push (decoder.harness, gst_harness_pull (encoder.harness));
  ck_assert_uint_eq (gst_harness_query_latency (decoder.harness), latencies[__i__].decoder);
}
GST_END_TEST;

/* Counted in frames. */
GST_START_TEST (test_key_interval)
{
  g_auto (TestBench) bench = new_encoder (2, "key-int-max", 6);

  push_samples (&bench, 0, 14 * HOP);
  for (guint i = 0; i < 7; i++)
    assert_packet (&bench, 2 * i * HOP, 2 * HOP, i % 3 == 0);
}
GST_END_TEST;

/* What is asked for in the midst of a packet is done by the next. */
GST_START_TEST (test_key_request)
{
  g_auto (TestBench) bench = new_encoder (2, NULL, 0);

  push_samples (&bench, 0, 3 * HOP);
  gst_harness_push_upstream_event (
      bench.harness, gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE, TRUE, 0));
  push_samples (&bench, 3 * HOP, 5 * HOP);
  assert_packet (&bench, 0, 2 * HOP, TRUE);
  assert_packet (&bench, 2 * HOP, 2 * HOP, FALSE);
  gst_buffer_unref (gst_harness_pull (bench.harness)); /* the header */
  assert_packet (&bench, 4 * HOP, 2 * HOP, TRUE);
  assert_packet (&bench, 6 * HOP, 2 * HOP, FALSE);
}
GST_END_TEST;

/* Before a discontinuity, and before silence that is not sent, a packet ends. */
GST_START_TEST (test_discont)
{
  g_auto (TestBench) bench = new_encoder (4, NULL, 0);
  GstBuffer *buffer = new_samples (16000, 4 * HOP, FALSE);

  push_samples (&bench, 0, 5 * HOP + 5);
  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  gst_harness_push (bench.harness, buffer);
  assert_packet (&bench, 0, 4 * HOP, TRUE);
  assert_packet (&bench, 4 * HOP, HOP + 5, FALSE);
  assert_packet (&bench, 16000, 4 * HOP, TRUE);
}
GST_END_TEST;

GST_START_TEST (test_dtx)
{
  g_auto (TestBench) bench = new_encoder (4, "dtx", TRUE);

  push_samples (&bench, 0, HOP);
  for (guint i = 1; i < 6; i++)
    gst_harness_push (bench.harness, new_samples (i * HOP, HOP, TRUE));
  push_samples (&bench, 6 * HOP, 4 * HOP);
  assert_packet (&bench, 0, 2 * HOP, TRUE);
  assert_packet (&bench, 6 * HOP, 4 * HOP, FALSE);
  assert_no_packet (&bench);
}
GST_END_TEST;

GST_START_TEST (test_flush)
{
  g_auto (TestBench) bench = new_encoder (2, NULL, 0);
  GstSegment segment;

  push_samples (&bench, 0, 3 * HOP);
  assert_packet (&bench, 0, 2 * HOP, TRUE);
  gst_harness_push_event (bench.harness, gst_event_new_flush_start ());
  gst_harness_push_event (bench.harness, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (bench.harness, gst_event_new_segment (&segment));
  push_samples (&bench, 8000, 2 * HOP);
  assert_packet (&bench, 8000, 2 * HOP, TRUE);
}
GST_END_TEST;

/* Packets that were encoded before; those whose bit is set in `lost` are left out, of the others
 * the durations where `is_bare`. */
static void
decode (TestBench *encoder, TestBench *decoder, guint32 lost, gboolean is_bare)
{
  GstBuffer *packet;

  gst_harness_set_src_caps (decoder->harness, gst_pad_get_current_caps (encoder->harness->sinkpad));
  for (guint i = 0; (packet = gst_harness_try_pull (encoder->harness)); i++) {
    if (is_bare)
      GST_BUFFER_DURATION (packet) = GST_CLOCK_TIME_NONE;
    if (lost >> i & 1)
      gst_buffer_unref (packet);
    else
      ck_assert (gst_harness_push (decoder->harness, packet) == GST_FLOW_OK);
  }
  gst_harness_push_event (decoder->harness, gst_event_new_eos ());
}

/* Samples that are as they were, in buffers that are not flagged; of those that are, in flagged. */
static guint
count_good (TestBench *decoder, guint *flagged)
{
  GstBuffer *buffer;
  guint good = 0;

  *flagged = 0;
  while ((buffer = gst_harness_try_pull (decoder->harness))) {
    guint64 first = gst_util_uint64_scale_round (GST_BUFFER_PTS (buffer), RATE, GST_SECOND);
    guint n = (guint)(gst_buffer_get_size (buffer) / sizeof (float));

    if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_CORRUPTED)) {
      *flagged += n;
    } else {
      for (guint i = 0; i < n; i++)
        TEST_ASSERT_NEAR (
            test_floats_get (buffer, i), (float)get_sample (first + i) / 32768, TOLERANCE);
      good += n;
    }
    gst_buffer_unref (buffer);
  }
  return good;
}

/* As many samples as went in, whatever the packets and batches. */
GST_START_TEST (test_streams)
{
  const guint frames = (guint)__i__ % 6 + 1, batch = (guint)__i__ / 6 * 2 + 1;
  g_auto (TestBench) encoder = new_encoder (frames, "batch-size", batch);
  g_auto (TestBench) decoder = test_bench_new_of (
      "latentaudiodec", TEST_MODEL_AUDIO, NULL, "batch-size", batch, NULL);
  guint flagged;

  for (guint i = 0; i < 9; i++)
    push_samples (&encoder, i * 333, 333);
  gst_harness_push_event (encoder.harness, gst_event_new_eos ());
  decode (&encoder, &decoder, 0, FALSE);
  ck_assert_uint_eq (count_good (&decoder, &flagged), 9 * 333);
  ck_assert_uint_eq (flagged, 0);
}
GST_END_TEST;

/* Who is not told how long the last packet is finds out how many hops it has. */
GST_START_TEST (test_bare)
{
  g_auto (TestBench) encoder = new_encoder (4, NULL, 0);
  g_auto (TestBench) decoder = test_bench_new_of ("latentaudiodec", TEST_MODEL_AUDIO, NULL, NULL);
  guint flagged;

  push_samples (&encoder, 0, 10 * HOP);
  gst_harness_push_event (encoder.harness, gst_event_new_eos ());
  decode (&encoder, &decoder, 0, TRUE);
  ck_assert_uint_eq (count_good (&decoder, &flagged), 10 * HOP);
}
GST_END_TEST;

/* Packet 2 of 10 is lost; those up to the next key packet, 4, cannot be decoded. */
GST_START_TEST (test_loss)
{
  g_auto (TestBench) encoder = new_encoder (2, "key-int-max", 8);
  g_auto (TestBench) decoder = test_bench_new_of ("latentaudiodec", TEST_MODEL_AUDIO, NULL, NULL);
  g_autoptr (GstStructure) stats = NULL;
  guint64 concealed;
  guint flagged;

  push_samples (&encoder, 0, 20 * HOP);
  decode (&encoder, &decoder, 1 << 2, FALSE);
  ck_assert_uint_eq (count_good (&decoder, &flagged), 16 * HOP);
  ck_assert_uint_eq (flagged, 2 * HOP); /* of packet 2 there is nothing */
  g_object_get (decoder.element, "stats", &stats, NULL);
  ck_assert (gst_structure_get_uint64 (stats, "concealed", &concealed) && concealed == 2);
}
GST_END_TEST;

GST_START_TEST (test_loss_resilient)
{
  g_auto (TestBench) encoder = new_encoder (3, "error-resilient", TRUE);
  g_auto (TestBench) decoder = test_bench_new_of ("latentaudiodec", TEST_MODEL_AUDIO, NULL, NULL);
  guint flagged;

  push_samples (&encoder, 0, 30 * HOP);
  decode (&encoder, &decoder, 0x12, FALSE);
  ck_assert_uint_eq (count_good (&decoder, &flagged), 24 * HOP);
  ck_assert_uint_eq (flagged, 0);
}
GST_END_TEST;

/* Runs a pipeline to its end, after a seek where one is asked for. */
static void
run (const char *text, GstClockTime seek)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_object_ref_sink (gst_parse_launch (text, &error));
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;

  ck_assert_msg (error == NULL, "%s", error ? error->message : "");
  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  if (GST_CLOCK_TIME_IS_VALID (seek)) {
    ck_assert (
        gst_element_get_state (pipeline, NULL, NULL, 20 * GST_SECOND) == GST_STATE_CHANGE_SUCCESS);
    ck_assert (gst_element_seek_simple (
        pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE, seek));
  }
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 30 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  ck_assert (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

static const struct {
  const char *between; /* coder and decoder; the file is FILE */
  const char *behind;  /* where there are two pipelines */
  GstClockTime seek;
  guint first, end; /* samples that come out: whole hops where durations do not travel */
} ways[] = {
    {"latentmux ! filesink location=FILE",                  "filesrc location=FILE ! latentdemux",
     GST_CLOCK_TIME_NONE,                                                                                               0, 7000},
    {"latentmux ! filesink location=FILE",                  "filesrc location=FILE ! latentdemux", 300 * GST_MSECOND,
     4800,                                                                                                                 7000},
    {"filesink location=FILE",                              "filesrc location=FILE ! latentparse", GST_CLOCK_TIME_NONE, 0, 7040},
    {"latentparse ! rtpgstpay ! rtpgstdepay ! latentparse", NULL,                                  GST_CLOCK_TIME_NONE, 0, 7040},
};

/* The second pipeline's decoder, the sound in FILE.raw. */
GST_START_TEST (test_ways)
{
  const guint n = 10 * 700;
  const char *model = test_models_get_path (TEST_MODEL_AUDIO);
  g_autofree char *folder = g_dir_make_tmp ("audio-frames-XXXXXX", NULL);
  g_autofree char *file = g_build_filename (folder, "sound.lat", NULL);
  g_autofree char *raw = g_build_filename (folder, "sound.raw", NULL);
  g_autofree char *wanted = g_build_filename (folder, "wanted.raw", NULL);
  g_autofree char *source = g_strdup_printf (
      "audiotestsrc num-buffers=10 samplesperbuffer=700 ! %s", S16);
  g_autofree char *sink = g_strdup_printf (
      "latentaudiodec model=%s ! filesink location=%s", model, raw);
  g_autofree char *first = g_strdup_printf (
      "%s ! tee name=t ! queue ! filesink location=%s "
      "t. ! queue ! latentaudioenc model=%s quality=63 frames-per-packet=4 key-int-max=8 "
      "embed-model=once ! %s%s%s",
      source, wanted, model, ways[__i__].between, ways[__i__].behind ? "" : " ! ",
      ways[__i__].behind ? "" : sink);
  g_auto (GStrv) parts = g_strsplit (first, "FILE", 2);
  g_autofree char *text = g_strjoinv (file, parts);
  g_autofree float *samples = NULL;
  g_autofree gint16 *levels = NULL;
  gsize size;

  run (text, GST_CLOCK_TIME_NONE);
  if (ways[__i__].behind) {
    g_autofree char *second = g_strdup_printf ("%s ! %s", ways[__i__].behind, sink);
    g_auto (GStrv) halves = g_strsplit (second, "FILE", 2);
    g_autofree char *launch = g_strjoinv (file, halves);
    run (launch, ways[__i__].seek);
  }
  ck_assert (g_file_get_contents (wanted, (char **)&levels, &size, NULL));
  ck_assert_uint_eq (size, n * sizeof *levels);
  ck_assert (g_file_get_contents (raw, (char **)&samples, &size, NULL));
  ck_assert_uint_eq (size, (ways[__i__].end - ways[__i__].first) * sizeof *samples);
  for (guint i = ways[__i__].first; i < n; i++)
    TEST_ASSERT_NEAR (
        samples[i - ways[__i__].first], (float)GINT16_FROM_LE (levels[i]) / 32768, TOLERANCE);
  g_unlink (file);
  g_unlink (raw);
  g_unlink (wanted);
  g_rmdir (folder);
}
GST_END_TEST;

/* A net with state, whose windows are of use together alone: at a key packet it begins anew, and
 * the sound goes on. */
GST_START_TEST (test_no_seam)
{
  const guint hop = 320, n = 40 * hop;
  g_autofree char *model = g_build_filename (
      g_getenv ("LATENT_SRCDIR"), "models", "speech.onnx", NULL);
  g_autofree char *folder = g_dir_make_tmp ("audio-frames-XXXXXX", NULL);
  g_autofree char *raw = g_build_filename (folder, "sound.raw", NULL);
  g_autofree char *wanted = g_build_filename (folder, "wanted.raw", NULL);
  g_autofree char *text = g_strdup_printf (
      "audiotestsrc num-buffers=40 samplesperbuffer=320 volume=0.3 ! %s ! tee name=t ! queue "
      "! filesink location=%s t. ! queue ! latentaudioenc model=%s quality=56 key-int-max=%d "
      "frames-per-packet=%d ! latentaudiodec model=%s ! filesink location=%s",
      F32, wanted, model, __i__ == 0 ? 0 : 6, __i__ == 2 ? 2 : 1, model, raw);
  g_autofree float *before = NULL;
  g_autofree float *after = NULL;
  gsize size;

  run (text, GST_CLOCK_TIME_NONE);
  ck_assert (g_file_get_contents (wanted, (char **)&before, &size, NULL));
  ck_assert_uint_eq (size, n * sizeof *before);
  ck_assert (g_file_get_contents (raw, (char **)&after, &size, NULL));
  ck_assert_uint_eq (size, n * sizeof *after);
  for (guint i = hop; i + hop < n; i += hop) { /* the last hop is in one window alone */
    double power = 0, error = 0;
    for (guint k = i; k < i + hop; k++) {
      power += before[k] * before[k];
      error += (before[k] - after[k]) * (before[k] - after[k]);
    }
    ck_assert_msg (error < power / 30, "hop %u: %g of %g", i / hop, error, power);
  }
  for (guint i = n - 8; i < n; i++) /* which fades, instead of what half of a lapped transform is */
    TEST_ASSERT_NEAR (after[i], 0, 0.003);
  g_unlink (raw);
  g_unlink (wanted);
  g_rmdir (folder);
}
GST_END_TEST;

static Suite *
audio_frames_suite (void)
{
  Suite *suite = suite_create ("audio-frames");
  TCase *tests = tcase_create ("all");

  suite_add_tcase (suite, tests);
  tcase_add_unchecked_fixture (tests, test_models_init, test_models_clear);
  tcase_add_test (tests, test_packets);
  tcase_add_loop_test (tests, test_latency, 0, G_N_ELEMENTS (latencies));
  tcase_add_test (tests, test_key_interval);
  tcase_add_test (tests, test_key_request);
  tcase_add_test (tests, test_discont);
  tcase_add_test (tests, test_dtx);
  tcase_add_test (tests, test_flush);
  tcase_add_loop_test (tests, test_streams, 0, 12);
  tcase_add_test (tests, test_bare);
  tcase_add_test (tests, test_loss);
  tcase_add_test (tests, test_loss_resilient);
  tcase_add_loop_test (tests, test_ways, 0, G_N_ELEMENTS (ways));
  tcase_add_loop_test (tests, test_no_seam, 0, 3);
  return suite;
}

GST_CHECK_MAIN (audio_frames)
