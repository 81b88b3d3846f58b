/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/element.h"

/* A model that sees tiles of 16x8 pixels, in blocks of 4x4, and pictures that are no multiple. */

enum { RECONSTRUCT, ENCODE, DECODE, EMBED };

static const struct {
  const char *caps;
  guint tiles;
} pictures[] = {
    {TEST_RGB (1,  1),  1},
    {TEST_RGB (16,            8),    1},
    {TEST_RGB (17,           13),           4},
    {TEST_RGB (50,7),4},
    {TEST_RGB (33, 21),    9},
    {"video/x-raw,format=BGRx,width=31,height=9,framerate=25/1",            4   },
};

static const guint batch_sizes[] = {1, 3};

/* Frames 0 to 3, and the end. */
static void
play (TestBench *bench, const GstVideoInfo *info)
{
  for (guint i = 0; i < 4; i++)
    ck_assert (gst_harness_push (bench->harness, test_frame_new (info, i, 0)) == GST_FLOW_OK);
  gst_harness_push_event (bench->harness, gst_event_new_eos ());
}

static void
assert_frames (TestBench *bench, const GstVideoInfo *info)
{
  for (guint i = 0; i < 4; i++) {
    g_autoptr (GstBuffer) frame = test_frame_new (info, i, 0);
    g_autoptr (GstBuffer) result = gst_harness_try_pull (bench->harness);

    ck_assert_msg (result != NULL, "no frame %u", i);
    ck_assert_uint_eq (GST_BUFFER_PTS (result), i * TEST_FRAME_TIME);
    test_frames_assert_equal (info, frame, result);
  }
  test_bus_assert_no_error (bench->bus);
}

GST_START_TEST (test_reconstruct)
{
  const char *caps = pictures[__i__ % G_N_ELEMENTS (pictures)].caps;
  guint batch_size = batch_sizes[__i__ / G_N_ELEMENTS (pictures)];
  GstVideoInfo info = test_video_info (caps);
  g_auto (TestBench)
      bench = test_bench_new (TEST_MODEL_TILED, caps, "batch-size", batch_size, NULL);

  play (&bench, &info);
  assert_frames (&bench, &info);
}
GST_END_TEST;

GST_START_TEST (test_encode_and_decode)
{
  const char *caps = pictures[__i__ % G_N_ELEMENTS (pictures)].caps;
  guint batch_size = batch_sizes[__i__ / G_N_ELEMENTS (pictures)];
  GstVideoInfo info = test_video_info (caps);
  g_auto (TestBench) encoder = test_bench_new (
      TEST_MODEL_TILED, caps, "mode", ENCODE, "batch-size", batch_size, NULL);
  g_auto (TestBench) decoder = test_bench_new (
      TEST_MODEL_TILED, NULL, "mode", DECODE, "batch-size", batch_size, NULL);
  g_autoptr (GstCaps) latents = gst_pad_get_current_caps (encoder.harness->sinkpad);
  GstBuffer *buffer;

  ck_assert (latents != NULL);
  gst_harness_set_sink_caps_str (decoder.harness, caps);
  gst_harness_set_src_caps (decoder.harness, g_steal_pointer (&latents));
  play (&encoder, &info);
  while ((buffer = gst_harness_try_pull (encoder.harness)))
    ck_assert (gst_harness_push (decoder.harness, buffer) == GST_FLOW_OK);
  gst_harness_push_event (decoder.harness, gst_event_new_eos ());
  assert_frames (&decoder, &info);
}
GST_END_TEST;

/* One buffer of latents for a frame: its tiles, row by row. */
GST_START_TEST (test_latents)
{
  GstVideoInfo info = test_video_info (pictures[__i__].caps);
  g_auto (TestBench)
      bench = test_bench_new (TEST_MODEL_TILED, pictures[__i__].caps, "mode", ENCODE, NULL);
  g_autofree char *wanted = g_strdup_printf ("4:2:48:%u", pictures[__i__].tiles);
  g_autoptr (GstBuffer) frame = test_frame_new (&info, 0, 0);
  g_autoptr (GstBuffer) latents = gst_harness_push_and_pull (bench.harness, gst_buffer_ref (frame));
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (bench.harness->sinkpad);
  const char *dims = gst_structure_get_string (gst_caps_get_structure (caps, 0), "dimensions");
  guint red = (guint)GST_VIDEO_INFO_COMP_OFFSET (&info, 0);
  guint8 pixel;

  ck_assert_str_eq (dims, wanted);
  ck_assert_uint_eq (gst_buffer_get_size (latents), pictures[__i__].tiles * 384 * sizeof (float));
  gst_buffer_extract (frame, red, &pixel, 1);
  TEST_ASSERT_NEAR (test_floats_get (latents, 0), pixel / 255.0f, 1e-6f);
  if (GST_VIDEO_INFO_WIDTH (&info) <= 16)
    return;
  gst_buffer_extract (frame, red + 16 * GST_VIDEO_INFO_COMP_PSTRIDE (&info, 0), &pixel, 1);
  TEST_ASSERT_NEAR (test_floats_get (latents, 384), pixel / 255.0f, 1e-6f);
}
GST_END_TEST;

GST_START_TEST (test_embed)
{
  GstVideoInfo info = test_video_info (pictures[__i__].caps);
  g_auto (TestBench)
      bench = test_bench_new (TEST_MODEL_TILED, pictures[__i__].caps, "mode", EMBED, NULL);
  g_autofree char *wanted = g_strdup_printf ("%u,48,2,4", pictures[__i__].tiles);
  g_autoptr (GstBuffer)
      result = gst_harness_push_and_pull (bench.harness, test_frame_new (&info, 0, 0));
  GstCustomMeta *meta = gst_buffer_get_custom_meta (result, "latent");

  ck_assert (meta != NULL);
  ck_assert_str_eq (
      gst_structure_get_string (gst_custom_meta_get_structure (meta), "dims"), wanted);
}
GST_END_TEST;

static Suite *
autoencoder_tiles_suite (void)
{
  Suite *suite = suite_create ("autoencoder-tiles");
  TCase *tests = tcase_create ("all");
  gint n = G_N_ELEMENTS (pictures);

  suite_add_tcase (suite, tests);
  tcase_add_unchecked_fixture (tests, test_models_init, test_models_clear);
  tcase_add_loop_test (tests, test_reconstruct, 0, 2 * n);
  tcase_add_loop_test (tests, test_encode_and_decode, 0, 2 * n);
  tcase_add_loop_test (tests, test_latents, 0, n);
  tcase_add_loop_test (tests, test_embed, 0, n);
  return suite;
}

GST_CHECK_MAIN (autoencoder_tiles)
