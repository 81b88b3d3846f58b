/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/audio/audio.h>

#include "tests/element.h"

/* Sound through every mode: 16000 Hz, windows of 320 samples, one every 160. */

enum { RECONSTRUCT, ENCODE, DECODE, EMBED };

#define RATE   16000
#define HOP    160
#define WINDOW 320
#define F32    "audio/x-raw,format=F32LE,layout=interleaved,rate=16000,channels=1"
#define S16    "audio/x-raw,format=S16LE,layout=interleaved,rate=16000,channels=1"

static GstClockTime
get_time (guint64 samples)
{
  return gst_util_uint64_scale (samples, GST_SECOND, RATE);
}

/* A sawtooth that tells each sample from its neighbours. */
static float
get_sample (guint64 index)
{
  return (float)(index % 1000) / 1000.0f - 0.5f;
}

static GstBuffer *
new_samples (guint64 first, guint n)
{
  g_autofree float *values = g_new (float, n);
  GstBuffer *buffer;

  for (guint i = 0; i < n; i++)
    values[i] = get_sample (first + i);
  buffer = test_floats_new (n, values);
  GST_BUFFER_PTS (buffer) = get_time (first);
  GST_BUFFER_DURATION (buffer) = get_time (first + n) - get_time (first);
  GST_BUFFER_OFFSET (buffer) = first;
  return buffer;
}

/* Pushes n buffers of `size` samples, and the end. */
static void
play (TestBench *bench, guint n, guint size)
{
  for (guint i = 0; i < n; i++)
    ck_assert (
        gst_harness_push (bench->harness, new_samples ((guint64)i * size, size)) == GST_FLOW_OK);
  gst_harness_push_event (bench->harness, gst_event_new_eos ());
}

/* Everything that came out is what samples [first, first + n) were; buffers follow each other. */
static void
assert_samples (TestBench *bench, guint64 first, guint64 n)
{
  guint64 index = first;
  GstBuffer *buffer;

  while (index < first + n && (buffer = gst_harness_try_pull (bench->harness))) {
    guint length = (guint)(gst_buffer_get_size (buffer) / sizeof (float));

    ck_assert_uint_eq (GST_BUFFER_PTS (buffer), get_time (first) + get_time (index - first));
    ck_assert_uint_eq (GST_BUFFER_OFFSET (buffer), index);
    for (guint i = 0; i < length; i++)
      TEST_ASSERT_NEAR (test_floats_get (buffer, i), get_sample (index + i), 1e-5f);
    index += length;
    gst_buffer_unref (buffer);
  }
  ck_assert_uint_eq (index, first + n);
}

static const struct {
  guint buffers;
  guint size;
} streams[] = {
    {10, 777   },
    {1,  777   },
    {1,  1     },
    {1,  HOP   },
    {1,  WINDOW},
    {3,  159   },
    {50, 7     },
    {2,  5000  },
};

GST_START_TEST (test_reconstruct)
{
  guint i = (guint)__i__ % G_N_ELEMENTS (streams);
  guint batch_size = (guint)__i__ / G_N_ELEMENTS (streams) ? 4 : 1;
  g_auto (TestBench) bench = test_bench_new (TEST_MODEL_AUDIO, F32, "batch-size", batch_size, NULL);

  play (&bench, streams[i].buffers, streams[i].size);
  assert_samples (&bench, 0, streams[i].buffers * streams[i].size);
  ck_assert_uint_eq (gst_harness_buffers_in_queue (bench.harness), 0);
}
GST_END_TEST;

GST_START_TEST (test_encode)
{
  guint i = (guint)__i__ % G_N_ELEMENTS (streams);
  guint batch_size = (guint)__i__ / G_N_ELEMENTS (streams) ? 4 : 1;
  guint n = streams[i].buffers * streams[i].size;
  guint n_hops = (n + HOP - 1) / HOP;
  g_auto (TestBench) bench = test_bench_new (
      TEST_MODEL_AUDIO, F32, "mode", ENCODE, "batch-size", batch_size, NULL);

  play (&bench, streams[i].buffers, streams[i].size);
  ck_assert_uint_eq (gst_harness_buffers_in_queue (bench.harness), n_hops);
  for (guint hop = 0; hop < n_hops; hop++) {
    g_autoptr (GstBuffer) latents = gst_harness_pull (bench.harness);
    guint end = MIN ((hop + 1) * HOP, n);

    ck_assert_uint_eq (gst_buffer_get_size (latents), WINDOW * sizeof (float));
    ck_assert_uint_eq (GST_BUFFER_PTS (latents), get_time (hop * HOP));
    ck_assert_uint_eq (GST_BUFFER_DURATION (latents), get_time (end) - get_time (hop * HOP));
    /* the window ends with the hop's new samples */
    TEST_ASSERT_NEAR (test_floats_get (latents, WINDOW - HOP), get_sample (hop * HOP), 1e-5f);
  }
}
GST_END_TEST;

GST_START_TEST (test_decode)
{
  guint i = (guint)__i__ % G_N_ELEMENTS (streams);
  g_auto (TestBench) encoder = test_bench_new (TEST_MODEL_AUDIO, F32, "mode", ENCODE, NULL);
  g_auto (TestBench) decoder = test_bench_new (TEST_MODEL_AUDIO, NULL, "mode", DECODE, NULL);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (encoder.harness->sinkpad);
  guint64 n = 0, wanted = streams[i].buffers * streams[i].size;
  GstBuffer *buffer;

  gst_harness_set_src_caps (decoder.harness, g_steal_pointer (&caps));
  play (&encoder, streams[i].buffers, streams[i].size);
  while ((buffer = gst_harness_try_pull (encoder.harness)))
    ck_assert (gst_harness_push (decoder.harness, buffer) == GST_FLOW_OK);
  gst_harness_push_event (decoder.harness, gst_event_new_eos ());
  while ((buffer = gst_harness_try_pull (decoder.harness))) {
    ck_assert_uint_eq (GST_BUFFER_PTS (buffer), get_time (n));
    TEST_ASSERT_NEAR (test_floats_get (buffer, 0), get_sample (n), 1e-5f);
    n += gst_buffer_get_size (buffer) / sizeof (float);
    gst_buffer_unref (buffer);
  }
  ck_assert_uint_eq (n, wanted);
}
GST_END_TEST;

/* Buffers pass as they are; each carries the latents of the windows that it completed. */
GST_START_TEST (test_embed)
{
  static const char *const dims[] = {"4,1,320", "5,1,320", "5,1,320", NULL};
  static const guint sizes[] = {777, 777, 777, 10};
  g_auto (TestBench)
      bench = test_bench_new (TEST_MODEL_AUDIO, F32, "mode", EMBED, "batch-size", 3, NULL);
  guint64 first = 0;

  for (guint i = 0; i < G_N_ELEMENTS (dims); i++) {
    g_autoptr (GstBuffer)
        result = gst_harness_push_and_pull (bench.harness, new_samples (first, sizes[i]));
    GstCustomMeta *meta = gst_buffer_get_custom_meta (result, "latent");

    ck_assert_uint_eq (gst_buffer_get_size (result), sizes[i] * 4);
    ck_assert_uint_eq (GST_BUFFER_PTS (result), get_time (first));
    ck_assert ((meta != NULL) == (dims[i] != NULL));
    if (meta)
      ck_assert_str_eq (
          gst_structure_get_string (gst_custom_meta_get_structure (meta), "dims"), dims[i]);
    first += sizes[i];
  }
}
GST_END_TEST;

GST_START_TEST (test_s16)
{
  g_auto (TestBench) bench = test_bench_new (TEST_MODEL_AUDIO, S16, NULL);
  gint16 samples[1000], result[1000];
  gsize n = 0;
  GstBuffer *buffer;

  for (gint i = 0; i < 1000; i++)
    samples[i] = (gint16)(i * 65 - 32768);
  gst_harness_push (bench.harness, gst_buffer_new_memdup (samples, sizeof samples));
  gst_harness_push_event (bench.harness, gst_event_new_eos ());
  while ((buffer = gst_harness_try_pull (bench.harness))) {
    n += gst_buffer_extract (buffer, 0, (guint8 *)result + n, sizeof result - n);
    gst_buffer_unref (buffer);
  }
  ck_assert_uint_eq (n, sizeof samples);
  for (gint i = 0; i < 1000; i++)
    ck_assert_int_eq (result[i], samples[i]);
}
GST_END_TEST;

/* A jump in time ends one stretch, to the sample, and begins another. */
GST_START_TEST (test_discontinuity)
{
  g_auto (TestBench) bench = test_bench_new (TEST_MODEL_AUDIO, F32, NULL);
  GstBuffer *late = new_samples (32000, 500);

  gst_harness_push (bench.harness, new_samples (0, 777));
  GST_BUFFER_FLAG_SET (late, GST_BUFFER_FLAG_DISCONT);
  gst_harness_push (bench.harness, late);
  gst_harness_push_event (bench.harness, gst_event_new_eos ());
  assert_samples (&bench, 0, 777);
  assert_samples (&bench, 32000, 500);
}
GST_END_TEST;

GST_START_TEST (test_gap_drains)
{
  g_auto (TestBench) bench = test_bench_new (TEST_MODEL_AUDIO, F32, NULL);

  gst_harness_push (bench.harness, new_samples (0, 777));
  gst_harness_push_event (
      bench.harness, gst_event_new_gap (get_time (777), get_time (32000) - get_time (777)));
  assert_samples (&bench, 0, 777);
  gst_harness_push (bench.harness, new_samples (32000, 500));
  gst_harness_push_event (bench.harness, gst_event_new_eos ());
  assert_samples (&bench, 32000, 500);
}
GST_END_TEST;

GST_START_TEST (test_flush)
{
  g_auto (TestBench) bench = test_bench_new (TEST_MODEL_AUDIO, F32, NULL);
  GstSegment segment;

  gst_harness_push (bench.harness, new_samples (0, 100));
  gst_harness_push_event (bench.harness, gst_event_new_flush_start ());
  gst_harness_push_event (bench.harness, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (bench.harness, gst_event_new_segment (&segment));
  gst_harness_push (bench.harness, new_samples (5000, 500));
  gst_harness_push_event (bench.harness, gst_event_new_eos ());
  assert_samples (&bench, 5000, 500);
}
GST_END_TEST;

static const struct {
  gint mode;
  guint batch_size;
  guint samples;
} latencies[] = {
    {RECONSTRUCT, 1, WINDOW          },
    {RECONSTRUCT, 4, WINDOW + 3 * HOP},
    {ENCODE,      1, HOP             },
    {ENCODE,      4, 4 * HOP         },
    {EMBED,       4, 0               },
};

GST_START_TEST (test_latency)
{
  g_auto (TestBench) bench = test_bench_new (TEST_MODEL_AUDIO, F32, "mode", latencies[__i__].mode,
      "batch-size", latencies[__i__].batch_size, NULL);

  ck_assert_uint_eq (
      gst_harness_query_latency (bench.harness), get_time (latencies[__i__].samples));
}
GST_END_TEST;

GST_START_TEST (test_partial_sample)
{
  g_auto (TestBench) bench = test_bench_new (TEST_MODEL_AUDIO, F32, NULL);

  /* what is not a whole sample does not count */
  ck_assert (gst_harness_push (bench.harness, gst_buffer_new_memdup ("abc", 3)) != GST_FLOW_ERROR);
  gst_harness_push_event (bench.harness, gst_event_new_eos ());
  ck_assert_uint_eq (gst_harness_buffers_in_queue (bench.harness), 0);
}
GST_END_TEST;

static Suite *
autoencoder_audio_suite (void)
{
  Suite *suite = suite_create ("autoencoder-audio");
  TCase *tests = tcase_create ("all");

  suite_add_tcase (suite, tests);
  tcase_add_unchecked_fixture (tests, test_models_init, test_models_clear);
  tcase_add_loop_test (tests, test_reconstruct, 0, 2 * G_N_ELEMENTS (streams));
  tcase_add_loop_test (tests, test_encode, 0, 2 * G_N_ELEMENTS (streams));
  tcase_add_loop_test (tests, test_decode, 0, G_N_ELEMENTS (streams));
  tcase_add_test (tests, test_embed);
  tcase_add_test (tests, test_s16);
  tcase_add_test (tests, test_discontinuity);
  tcase_add_test (tests, test_gap_drains);
  tcase_add_test (tests, test_flush);
  tcase_add_loop_test (tests, test_latency, 0, G_N_ELEMENTS (latencies));
  tcase_add_test (tests, test_partial_sample);
  return suite;
}

GST_CHECK_MAIN (autoencoder_audio)
