/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "tests/element.h"

/* Sound of two channels, interleaved, in both formats: every sample comes back, in its channel. */

enum { RECONSTRUCT, ENCODE, DECODE, EMBED };

#define CHANNELS 2
#define HOP      160
#define WINDOW   320

static const struct {
  const char *name;
  gsize size;
} formats[] = {
    {"F32LE", sizeof (float) },
    {"S16LE", sizeof (gint16)},
};

static const struct {
  guint buffers;
  guint size; /* samples of each channel */
} streams[] = {
    {1,  1     },
    {10, 777   },
    {3,  HOP   },
    {1,  WINDOW},
    {50, 7     },
};

static char *
get_caps (guint format)
{
  return g_strdup_printf (
      "audio/x-raw,format=%s,layout=interleaved,rate=16000,channels=2,channel-mask=(bitmask)0x3",
      formats[format].name);
}

/* A level of 16 bits that tells each sample from its neighbours and from the other channel. */
static gint16
get_level (guint64 index, guint channel)
{
  return (gint16)((gint64)(index * 61 % 30000) * (channel ? -1 : 1) + (channel ? -7 : 7));
}

/* Interleaved samples [first, first + n). */
static guint8 *
new_samples (guint format, guint64 first, guint n)
{
  guint8 *data = g_malloc (n * CHANNELS * formats[format].size);

  for (guint i = 0; i < n * CHANNELS; i++) {
    gint16 level = get_level (first + i / CHANNELS, i % CHANNELS);
    float value = level / 32768.0f;

    memcpy (data + i * formats[format].size, formats[format].size == 2 ? (gpointer)&level : &value,
        formats[format].size);
  }
  return data;
}

static void
play (TestBench *bench, guint format, guint n, guint size)
{
  for (guint i = 0; i < n; i++) {
    GstBuffer *buffer = gst_buffer_new_wrapped (
        new_samples (format, (guint64)i * size, size), size * CHANNELS * formats[format].size);

    GST_BUFFER_PTS (buffer) = gst_util_uint64_scale ((guint64)i * size, GST_SECOND, 16000);
    ck_assert (gst_harness_push (bench->harness, buffer) == GST_FLOW_OK);
  }
  gst_harness_push_event (bench->harness, gst_event_new_eos ());
}

/* All that came out is samples [0, n). */
static void
assert_samples (TestBench *bench, guint format, guint n)
{
  gsize size = n * CHANNELS * formats[format].size, at = 0;
  g_autofree guint8 *wanted = new_samples (format, 0, n);
  g_autofree guint8 *given = g_malloc0 (size);
  GstBuffer *buffer;

  while ((buffer = gst_harness_try_pull (bench->harness))) {
    ck_assert_uint_le (at + gst_buffer_get_size (buffer), size);
    at += gst_buffer_extract (buffer, 0, given + at, size - at);
    gst_buffer_unref (buffer);
  }
  ck_assert_uint_eq (at, size);
  if (formats[format].size == sizeof (gint16))
    ck_assert (memcmp (given, wanted, size) == 0);
  for (guint i = 0; i < n * CHANNELS && formats[format].size == sizeof (float); i++)
    TEST_ASSERT_NEAR (((float *)(gpointer)given)[i], ((float *)(gpointer)wanted)[i], 1e-6);
}

GST_START_TEST (test_reconstruct)
{
  guint format = (guint)__i__ % G_N_ELEMENTS (formats);
  guint i = (guint)__i__ / G_N_ELEMENTS (formats) % G_N_ELEMENTS (streams);
  guint batch_size = (guint)__i__ / G_N_ELEMENTS (formats) / G_N_ELEMENTS (streams) ? 4 : 1;
  g_autofree char *caps = get_caps (format);
  g_auto (TestBench)
      bench = test_bench_new (TEST_MODEL_STEREO, caps, "batch-size", batch_size, NULL);

  play (&bench, format, streams[i].buffers, streams[i].size);
  assert_samples (&bench, format, streams[i].buffers * streams[i].size);
}
GST_END_TEST;

GST_START_TEST (test_encode_and_decode)
{
  guint format = (guint)__i__ % G_N_ELEMENTS (formats);
  guint i = (guint)__i__ / G_N_ELEMENTS (formats);
  guint n = streams[i].buffers * streams[i].size;
  g_autofree char *caps = get_caps (format);
  g_auto (TestBench) encoder = test_bench_new (TEST_MODEL_STEREO, caps, "mode", ENCODE, NULL);
  g_auto (TestBench) decoder = test_bench_new (TEST_MODEL_STEREO, NULL, "mode", DECODE, NULL);
  g_autoptr (GstCaps) latents = gst_pad_get_current_caps (encoder.harness->sinkpad);
  GstBuffer *buffer;

  gst_harness_set_sink_caps_str (decoder.harness, caps);
  gst_harness_set_src_caps (decoder.harness, g_steal_pointer (&latents));
  play (&encoder, format, streams[i].buffers, streams[i].size);
  ck_assert_uint_eq (gst_harness_buffers_in_queue (encoder.harness), (n + HOP - 1) / HOP);
  while ((buffer = gst_harness_try_pull (encoder.harness)))
    ck_assert (gst_harness_push (decoder.harness, buffer) == GST_FLOW_OK);
  gst_harness_push_event (decoder.harness, gst_event_new_eos ());
  assert_samples (&decoder, format, n);
}
GST_END_TEST;

/* A window is planar: the left channel, then the right; the hop's new samples end it. */
GST_START_TEST (test_latents)
{
  g_autofree char *caps = get_caps ((guint)__i__);
  g_auto (TestBench) bench = test_bench_new (TEST_MODEL_STEREO, caps, "mode", ENCODE, NULL);
  g_autoptr (GstBuffer) latents = NULL;

  play (&bench, (guint)__i__, 1, HOP);
  latents = gst_harness_pull (bench.harness);
  ck_assert_uint_eq (gst_buffer_get_size (latents), CHANNELS * WINDOW * sizeof (float));
  for (guint channel = 0; channel < CHANNELS; channel++) {
    for (guint i = 0; i < HOP; i++)
      TEST_ASSERT_NEAR (test_floats_get (latents, channel * WINDOW + WINDOW - HOP + i),
          get_level (i, channel) / 32768.0f, 1e-6);
  }
}
GST_END_TEST;

static Suite *
autoencoder_stereo_suite (void)
{
  Suite *suite = suite_create ("autoencoder-stereo");
  TCase *tests = tcase_create ("all");
  gint n = G_N_ELEMENTS (formats) * G_N_ELEMENTS (streams);

  suite_add_tcase (suite, tests);
  tcase_add_unchecked_fixture (tests, test_models_init, test_models_clear);
  tcase_add_loop_test (tests, test_reconstruct, 0, 2 * n);
  tcase_add_loop_test (tests, test_encode_and_decode, 0, n);
  tcase_add_loop_test (tests, test_latents, 0, G_N_ELEMENTS (formats));
  return suite;
}

GST_CHECK_MAIN (autoencoder_stereo)
