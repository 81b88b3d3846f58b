/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/audio/audio.h>

#include "tests/element.h"

/* What a codec element holds back, counted, and what it says that it holds back. */

#define FRAME_TIME (40 * GST_MSECOND)
#define N_FRAMES   7
#define RATE       16000
#define N_SAMPLES  3200

typedef struct {
  GstHarness *harness;
} Chain;

/* A coder and a decoder of the same model. */
static void
chain_init (Chain *self, const char *kind, const char *model, guint batch)
{
  g_autofree char *text = g_strdup_printf (
      "latent%senc model=%s threads=1 batch-size=%u ! latent%sdec model=%s threads=1", kind, model,
      batch, kind, model);

  self->harness = gst_harness_new_parse (text);
  ck_assert (self->harness != NULL);
}

static void
chain_clear (Chain *self)
{
  gst_harness_teardown (self->harness);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Chain, chain_clear)

/* Models that are installed, or one of the tests' own. */
static char *
get_path (const char *name)
{
  return name ? g_build_filename (g_getenv ("LATENT_SRCDIR"), "models", name, NULL)
              : g_strdup (test_models_get_path (TEST_MODEL_I420));
}

/* How many came, once no more come without more that goes in: what runs meanwhile gets its time. */
static guint
count (GstHarness *harness, guint wanted)
{
  for (guint i = 0; i < 300 && gst_harness_buffers_received (harness) < wanted; i++)
    g_usleep (1000);
  return gst_harness_buffers_received (harness);
}

static const struct {
  const char *model;
  guint batch;
  guint most; /* frames that may be held back */
} videos[] = {
    {NULL,              1, 2},
    {NULL,              3, 3},
    {"video.onnx",      1, 2},
    {"video-int8.onnx", 1, 2},
};

/* At most two frames one way; a batch holds back its own besides. */
GST_START_TEST (video_waits_for_two_frames_at_most)
{
  g_autofree char *path = get_path (videos[__i__].model);
  g_auto (Chain) chain;
  GstVideoInfo info = test_video_info ("video/x-raw,format=I420,width=48,height=32,framerate=25/1");
  GstClockTime told;
  guint held = 0;

  chain_init (&chain, "video", path, videos[__i__].batch);
  gst_harness_set_src_caps (chain.harness, gst_video_info_to_caps (&info));
  for (guint frame = 0; frame < N_FRAMES; frame++) {
    ck_assert_int_eq (
        gst_harness_push (chain.harness, test_frame_new (&info, frame, 0)), GST_FLOW_OK);
    held = MAX (held, frame + 1 - count (chain.harness, frame + 1));
  }
  told = gst_harness_query_latency (chain.harness);
  ck_assert_msg (held <= videos[__i__].most && told >= held * FRAME_TIME &&
                     told <= videos[__i__].most * FRAME_TIME,
      "%u frames are held back, %" GST_TIME_FORMAT " is told", held, GST_TIME_ARGS (told));
}
GST_END_TEST;

static guint
take_samples (GstHarness *harness)
{
  guint n = 0;
  GstBuffer *buffer;

  while ((buffer = gst_harness_try_pull (harness)) != NULL) {
    n += (guint)gst_buffer_get_size (buffer) / sizeof (float);
    gst_buffer_unref (buffer);
  }
  return n;
}

/* 40 ms at most, in samples that are in but not out. */
GST_START_TEST (sound_waits_for_40_ms_at_most)
{
  g_autofree char *path = __i__ ? get_path ("speech.onnx")
                                : g_strdup (test_models_get_path (TEST_MODEL_AUDIO));
  g_auto (Chain) chain;
  GstClockTime told;
  guint in = 0, out = 0, held = 0;

  chain_init (&chain, "audio", path, 1);
  gst_harness_set_src_caps_str (
      chain.harness, "audio/x-raw,format=F32LE,layout=interleaved,rate=16000,channels=1");
  while (in < N_SAMPLES) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 16 * sizeof (float), NULL);

    gst_buffer_memset (buffer, 0, 0, 16 * sizeof (float));
    GST_BUFFER_PTS (buffer) = gst_util_uint64_scale (in, GST_SECOND, RATE);
    GST_BUFFER_DURATION (buffer) = GST_MSECOND;
    ck_assert_int_eq (gst_harness_push (chain.harness, buffer), GST_FLOW_OK);
    in += 16;
    out += take_samples (chain.harness);
    held = MAX (held, in - out);
  }
  told = gst_harness_query_latency (chain.harness);
  ck_assert_msg (held <= 640 && told <= 40 * GST_MSECOND &&
                     gst_util_uint64_scale (held, GST_SECOND, RATE) <= told + GST_MSECOND,
      "%u samples are held back, %" GST_TIME_FORMAT " is told", held, GST_TIME_ARGS (told));
}
GST_END_TEST;

static Suite *
latency_suite (void)
{
  Suite *suite = suite_create ("latency");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_unchecked_fixture (tcase, test_models_init, test_models_clear);
  tcase_add_loop_test (tcase, video_waits_for_two_frames_at_most, 0, G_N_ELEMENTS (videos));
  tcase_add_loop_test (tcase, sound_waits_for_40_ms_at_most, 0, 2);
  return suite;
}

GST_CHECK_MAIN (latency);
