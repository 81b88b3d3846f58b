/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/element.h"

/* Pictures through every mode. The models give back what they take, so that pixels can be compared.
 */

enum { RECONSTRUCT, ENCODE, DECODE, EMBED };

static const struct {
  TestModel model;
  const char *format;
} formats[] = {
    {TEST_MODEL_RGB,  "RGB"  },
    {TEST_MODEL_RGB,  "BGR"  },
    {TEST_MODEL_RGB,  "RGBx" },
    {TEST_MODEL_RGB,  "BGRx" },
    {TEST_MODEL_RGB,  "RGBA" },
    {TEST_MODEL_RGB,  "BGRA" },
    {TEST_MODEL_GRAY, "GRAY8"},
    {TEST_MODEL_I420, "I420" },
    {TEST_MODEL_I420, "NV12" },
};

static const struct {
  gint width;
  gint height;
} sizes[] = {
    {1,    1   },
    {17,   13  },
    {96,   64  },
    {1919, 1079},
};

static char *
make_caps (const char *format, guint size)
{
  return g_strdup_printf ("video/x-raw,format=%s,width=%d,height=%d,framerate=25/1", format,
      sizes[size].width, sizes[size].height);
}

GST_START_TEST (test_reconstruct)
{
  guint format = (guint)__i__ / G_N_ELEMENTS (sizes);
  g_autofree char *caps = make_caps (formats[format].format, (guint)__i__ % G_N_ELEMENTS (sizes));
  GstVideoInfo info = test_video_info (caps);
  g_auto (TestBench) bench = test_bench_new (formats[format].model, caps, NULL);
  g_autoptr (GstBuffer) frame = test_frame_new (&info, 3, 0);
  g_autoptr (GstBuffer) result = gst_harness_push_and_pull (bench.harness, gst_buffer_ref (frame));

  ck_assert (result != NULL);
  test_frames_assert_equal (&info, frame, result);
}
GST_END_TEST;

GST_START_TEST (test_padded_strides)
{
  g_autofree char *caps = make_caps (formats[__i__].format, 1);
  GstVideoInfo info = test_video_info (caps);
  g_auto (TestBench) bench = test_bench_new (formats[__i__].model, caps, NULL);
  g_autoptr (GstBuffer) frame = test_frame_new (&info, 3, 37);
  g_autoptr (GstBuffer) result = gst_harness_push_and_pull (bench.harness, gst_buffer_ref (frame));

  ck_assert (result != NULL);
  test_frames_assert_equal (&info, frame, result);
}
GST_END_TEST;

static GstPadProbeReturn
propose_pool (GstPad *pad, GstPadProbeInfo *info, gpointer pool)
{
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY (info);

  if (GST_QUERY_TYPE (query) != GST_QUERY_ALLOCATION)
    return GST_PAD_PROBE_OK;
  gst_query_add_allocation_pool (query, pool, 0, 0, 0);
  gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  return GST_PAD_PROBE_HANDLED;
}

/* A pool that pads rows on its own account. */
static GstBufferPool *
new_padding_pool (const char *text)
{
  GstBufferPool *pool = gst_video_buffer_pool_new ();
  GstStructure *config = gst_buffer_pool_get_config (pool);
  g_autoptr (GstCaps) caps = gst_caps_from_string (text);
  GstVideoAlignment align;

  gst_video_alignment_reset (&align);
  align.padding_right = 30;
  align.padding_top = 5;
  gst_buffer_pool_config_set_params (config, caps, 4096, 0, 0);
  gst_buffer_pool_config_add_option (config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  gst_buffer_pool_config_add_option (config, GST_BUFFER_POOL_OPTION_VIDEO_ALIGNMENT);
  gst_buffer_pool_config_set_video_alignment (config, &align);
  ck_assert (gst_buffer_pool_set_config (pool, config));
  return pool;
}

GST_START_TEST (test_pool_of_downstream)
{
  GstVideoInfo info = test_video_info (TEST_RGB (17, 13));
  g_auto (TestBench) bench = test_bench_new (TEST_MODEL_RGB, NULL, NULL);
  g_autoptr (GstBufferPool) pool = new_padding_pool (TEST_RGB (17, 13));
  g_autoptr (GstBuffer) frame = test_frame_new (&info, 3, 0);
  g_autoptr (GstBuffer) result = NULL;

  gst_pad_add_probe (
      bench.harness->sinkpad, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM, propose_pool, pool, NULL);
  gst_harness_set_src_caps_str (bench.harness, TEST_RGB (17, 13));
  result = gst_harness_push_and_pull (bench.harness, gst_buffer_ref (frame));
  ck_assert (result->pool == pool);
  ck_assert (gst_buffer_get_video_meta (result)->stride[0] > 17 * 3 + 1);
  test_frames_assert_equal (&info, frame, result);
}
GST_END_TEST;

GST_START_TEST (test_encode)
{
  GstVideoInfo info = test_video_info (TEST_RGB (5, 4));
  g_auto (TestBench) bench = test_bench_new (TEST_MODEL_RGB, TEST_RGB (5, 4), "mode", ENCODE, NULL);
  g_autoptr (GstBuffer) frame = test_frame_new (&info, 3, 0);
  g_autoptr (GstBuffer) latents = gst_harness_push_and_pull (bench.harness, gst_buffer_ref (frame));
  GstMapInfo map;

  /* 48 channels of 1 row and 2 columns; the three last columns repeat the fifth */
  ck_assert_uint_eq (gst_buffer_get_size (latents), 48 * 2 * 4);
  gst_buffer_map (frame, &map, GST_MAP_READ);
  for (guint row = 0; row < 4; row++) {
    for (guint x = 0; x < 8; x++) {
      for (guint c = 0; c < 3; c++) {
        guint channel = (row * 4 + x % 4) * 3 + c;
        guint pixel = row * (guint)GST_VIDEO_INFO_PLANE_STRIDE (&info, 0) + MIN (x, 4) * 3 + c;

        TEST_ASSERT_NEAR (
            test_floats_get (latents, channel * 2 + x / 4), (float)map.data[pixel] / 255, 1e-6f);
      }
    }
  }
  gst_buffer_unmap (frame, &map);
}
GST_END_TEST;

/* Encoder and decoder apart, in all formats and sizes. */
GST_START_TEST (test_decode)
{
  guint format = (guint)__i__ / G_N_ELEMENTS (sizes);
  g_autofree char *caps = make_caps (formats[format].format, (guint)__i__ % G_N_ELEMENTS (sizes));
  GstVideoInfo info = test_video_info (caps);
  g_auto (TestBench) encoder = test_bench_new (formats[format].model, caps, "mode", ENCODE, NULL);
  g_auto (TestBench) decoder = test_bench_new (formats[format].model, NULL, "mode", DECODE, NULL);
  g_autoptr (GstBuffer) frame = test_frame_new (&info, 3, 0);
  GstBuffer *latents = gst_harness_push_and_pull (encoder.harness, gst_buffer_ref (frame));
  g_autoptr (GstBuffer) result = NULL;
  g_autoptr (GstCaps) latent_caps = gst_pad_get_current_caps (encoder.harness->sinkpad);

  gst_harness_set_sink_caps_str (decoder.harness, caps);
  gst_harness_set_src_caps (decoder.harness, g_steal_pointer (&latent_caps));
  result = gst_harness_push_and_pull (decoder.harness, latents);
  test_bus_assert_no_error (decoder.bus);
  ck_assert (result != NULL);
  test_frames_assert_equal (&info, frame, result);
}
GST_END_TEST;

GST_START_TEST (test_embed)
{
  GstVideoInfo info = test_video_info (TEST_RGB (17, 13));
  g_auto (TestBench)
      bench = test_bench_new (TEST_MODEL_RGB, TEST_RGB (17, 13), "mode", EMBED, NULL);
  GstBuffer *frame = test_frame_new (&info, 3, 0);
  GstMemory *memory = gst_buffer_peek_memory (frame, 0);
  g_autoptr (GstBuffer) result = gst_harness_push_and_pull (bench.harness, frame);
  GstCustomMeta *meta = gst_buffer_get_custom_meta (result, "latent");
  const GstStructure *structure;
  g_autoptr (GBytes) data = NULL;

  ck_assert (gst_buffer_peek_memory (result, 0) == memory);
  ck_assert (meta != NULL);
  structure = gst_custom_meta_get_structure (meta);
  ck_assert_str_eq (gst_structure_get_string (structure, "id"), TEST_ID);
  ck_assert_str_eq (gst_structure_get_string (structure, "model"), "rgb.onnx");
  ck_assert_str_eq (gst_structure_get_string (structure, "dims"), "1,48,4,5");
  ck_assert (gst_structure_get (structure, "data", G_TYPE_BYTES, &data, NULL));
  ck_assert_uint_eq (g_bytes_get_size (data), 48 * 4 * 5 * 4);
}
GST_END_TEST;

GST_START_TEST (test_inference_interval)
{
  GstVideoInfo info = test_video_info (TEST_RGB (8, 8));
  g_auto (TestBench) bench = test_bench_new (
      TEST_MODEL_RGB, TEST_RGB (8, 8), "mode", EMBED, "inference-interval", 3, NULL);

  for (guint i = 0; i < 7; i++) {
    g_autoptr (GstBuffer)
        result = gst_harness_push_and_pull (bench.harness, test_frame_new (&info, i, 0));

    ck_assert_uint_eq (GST_BUFFER_PTS (result), i * TEST_FRAME_TIME);
    ck_assert ((gst_buffer_get_custom_meta (result, "latent") != NULL) == (i % 3 == 0));
  }
}
GST_END_TEST;

/* Luma of other formats is what a GRAY8 model takes. */
GST_START_TEST (test_gray_of_planes)
{
  static const char *const names[] = {"I420", "NV12"};
  g_autofree char *caps = make_caps (names[__i__], 1);
  GstVideoInfo info = test_video_info (caps);
  g_auto (TestBench) bench = test_bench_new (TEST_MODEL_GRAY, caps, "mode", ENCODE, NULL);
  g_autoptr (GstBuffer) frame = test_frame_new (&info, 3, 0);
  g_autoptr (GstBuffer) latents = gst_harness_push_and_pull (bench.harness, gst_buffer_ref (frame));
  guint8 first = 0;

  gst_buffer_extract (frame, 0, &first, 1);
  TEST_ASSERT_NEAR (test_floats_get (latents, 0), (float)first / 255, 1e-6f);
}
GST_END_TEST;

GST_START_TEST (test_caps_change)
{
  static const char *const caps[] = {TEST_RGB (17, 13), TEST_RGB (96, 64),
      "video/x-raw,format=BGRx,width=5,height=9,framerate=25/1", TEST_RGB (17, 13)};
  g_auto (TestBench) bench = test_bench_new (TEST_MODEL_RGB, NULL, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (caps); i++) {
    GstVideoInfo info = test_video_info (caps[i]);
    g_autoptr (GstBuffer) frame = test_frame_new (&info, i, 0);
    g_autoptr (GstBuffer) result = NULL;
    g_autoptr (GstCaps) current = NULL;
    g_autoptr (GstCaps) wanted = gst_caps_from_string (caps[i]);

    gst_harness_set_src_caps_str (bench.harness, caps[i]);
    result = gst_harness_push_and_pull (bench.harness, gst_buffer_ref (frame));
    test_frames_assert_equal (&info, frame, result);
    current = gst_pad_get_current_caps (bench.harness->sinkpad);
    ck_assert (gst_caps_is_subset (current, wanted));
  }
}
GST_END_TEST;

/* Two elements at work on one model do not disturb each other. */
GST_START_TEST (test_shared_model)
{
  GstVideoInfo info = test_video_info (TEST_RGB (17, 13));
  g_auto (TestBench) a = test_bench_new (TEST_MODEL_RGB, TEST_RGB (17, 13), NULL);
  g_auto (TestBench) b = test_bench_new (TEST_MODEL_RGB, TEST_RGB (17, 13), NULL);

  for (guint i = 0; i < 4; i++) {
    g_autoptr (GstBuffer) x = test_frame_new (&info, i, 0);
    g_autoptr (GstBuffer) y = test_frame_new (&info, i + 100, 0);
    g_autoptr (GstBuffer) of_x = gst_harness_push_and_pull (a.harness, gst_buffer_ref (x));
    g_autoptr (GstBuffer) of_y = gst_harness_push_and_pull (b.harness, gst_buffer_ref (y));

    test_frames_assert_equal (&info, x, of_x);
    test_frames_assert_equal (&info, y, of_y);
  }
}
GST_END_TEST;

GST_START_TEST (test_short_buffer)
{
  g_auto (TestBench) bench = test_bench_new (TEST_MODEL_RGB, TEST_RGB (17, 13), NULL);
  GstBuffer *frame = gst_buffer_new_allocate (NULL, 100, NULL);

  ck_assert (gst_harness_push (bench.harness, frame) == GST_FLOW_ERROR);
  test_bus_assert_error (bench.bus, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "picture", NULL);
}
GST_END_TEST;

GST_START_TEST (test_short_latents)
{
  g_auto (TestBench) bench = test_bench_new (TEST_MODEL_RGB,
      "other/tensors,format=static,num_tensors=1,types=float32,dimensions=(string)2:1:48,"
      "framerate=25/1",
      "mode", DECODE, NULL);

  ck_assert (gst_harness_push (bench.harness, gst_buffer_new_allocate (NULL, 100, NULL)) ==
             GST_FLOW_ERROR);
  test_bus_assert_error (bench.bus, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "100", "384", NULL);
}
GST_END_TEST;

static Suite *
autoencoder_video_suite (void)
{
  Suite *suite = suite_create ("autoencoder-video");
  TCase *tests = tcase_create ("all");

  suite_add_tcase (suite, tests);
  tcase_add_unchecked_fixture (tests, test_models_init, test_models_clear);
  tcase_add_loop_test (tests, test_reconstruct, 0, G_N_ELEMENTS (formats) * G_N_ELEMENTS (sizes));
  tcase_add_loop_test (tests, test_padded_strides, 0, G_N_ELEMENTS (formats));
  tcase_add_test (tests, test_pool_of_downstream);
  tcase_add_test (tests, test_encode);
  tcase_add_loop_test (tests, test_decode, 0, G_N_ELEMENTS (formats) * G_N_ELEMENTS (sizes));
  tcase_add_test (tests, test_embed);
  tcase_add_test (tests, test_inference_interval);
  tcase_add_loop_test (tests, test_gray_of_planes, 0, 2);
  tcase_add_test (tests, test_caps_change);
  tcase_add_test (tests, test_shared_model);
  tcase_add_test (tests, test_short_buffer);
  tcase_add_test (tests, test_short_latents);
  return suite;
}

GST_CHECK_MAIN (autoencoder_video)
