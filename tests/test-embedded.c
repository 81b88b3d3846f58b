/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/video-codec.h"

/* Models that travel in the stream. */

enum { NO, ONCE, KEYFRAMES };

static TestBench
new_player (void)
{
  return test_bench_new_of ("latentvideodec", TEST_N_MODELS, NULL, "model-path", "/nowhere", NULL);
}

/* Hands on everything that the encoder makes of frames [first, first + n). */
static void
play (TestBench *encoder, TestBench *decoder, const char *caps, guint first, guint n)
{
  GstVideoInfo info = test_video_info (caps);

  for (guint i = first; i < first + n; i++) {
    GstBuffer *buffer;

    ck_assert (gst_harness_push (encoder->harness, test_frame_new (&info, i, 0)) == GST_FLOW_OK);
    if (decoder && !gst_pad_has_current_caps (decoder->harness->srcpad))
      gst_harness_set_src_caps (
          decoder->harness, gst_pad_get_current_caps (encoder->harness->sinkpad));
    while ((buffer = gst_harness_try_pull (encoder->harness))) {
      if (decoder)
        ck_assert (gst_harness_push (decoder->harness, buffer) == GST_FLOW_OK);
      else
        gst_buffer_unref (buffer);
    }
  }
}

#define SIZE_8x8 TEST_RGB (8, 8)

static const struct {
  TestModel model;
  const char *caps;
} models[] = {
    {TEST_MODEL_RGB,   CAPS    },
    {TEST_MODEL_OTHER, CAPS    },
    {TEST_MODEL_TILED, CAPS    },
    {TEST_MODEL_STATE, SIZE_8x8},
};

GST_START_TEST (test_once)
{
  const char *caps = models[__i__].caps;
  g_auto (TestBench) encoder = new_encoder (models[__i__].model, caps, "embed-model", ONCE);
  g_auto (TestBench) decoder = new_player ();

  play (&encoder, &decoder, caps, 0, 3);
  for (guint i = 0; i < 3; i++)
    assert_frame (&decoder, caps, i);
  test_bus_assert_no_error (decoder.bus);
}
GST_END_TEST;

/* Who comes later waits for the next key frame, and for no error. */
GST_START_TEST (test_keyframes)
{
  g_auto (TestBench) encoder = test_bench_new_of ("latentvideoenc", TEST_MODEL_RGB, CAPS, "quality",
      63, "embed-model", KEYFRAMES, "key-int-max", 4, "error-resilient", (gboolean)__i__, NULL);
  g_auto (TestBench) decoder = new_player ();

  play (&encoder, NULL, CAPS, 0, 2);
  play (&encoder, &decoder, CAPS, 2, 4);
  assert_frame (&decoder, CAPS, 4);
  assert_frame (&decoder, CAPS, 5);
  test_bus_assert_no_error (decoder.bus);
}
GST_END_TEST;

/* Never in the caps; those say that it comes. */
GST_START_TEST (test_caps)
{
  g_auto (TestBench) encoder = new_encoder (TEST_MODEL_RGB, CAPS, "embed-model", ONCE);
  g_autoptr (GstCaps) caps = NULL;
  const GstStructure *structure;
  gboolean embeds = FALSE;

  play (&encoder, NULL, CAPS, 0, 1);
  caps = gst_pad_get_current_caps (encoder.harness->sinkpad);
  structure = gst_caps_get_structure (caps, 0);
  ck_assert (gst_structure_get_boolean (structure, "latent-embedded", &embeds) && embeds);
  ck_assert_uint_le (gst_buffer_get_size (
                         gst_value_get_buffer (gst_structure_get_value (structure, "codec_data"))),
      4096);
}
GST_END_TEST;

/* A damaged one is refused; the next is taken. */
GST_START_TEST (test_damaged)
{
  GstVideoInfo info = test_video_info (CAPS);
  g_auto (TestBench) encoder = test_bench_new_of ("latentvideoenc", TEST_MODEL_RGB, CAPS, "quality",
      63, "embed-model", KEYFRAMES, "key-int-max", 2, NULL);
  g_auto (TestBench) decoder = new_player ();
  g_autoptr (GstMessage) warning = NULL;
  GstBuffer *buffer;

  gst_harness_push (encoder.harness, test_frame_new (&info, 0, 0));
  gst_harness_set_src_caps (decoder.harness, gst_pad_get_current_caps (encoder.harness->sinkpad));
  while ((buffer = gst_harness_try_pull (encoder.harness))) {
    if (gst_buffer_memcmp (buffer, 0, "LATm", 4) == 0) {
      buffer = gst_buffer_make_writable (buffer);
      gst_buffer_memset (buffer, 100, 0xa5, 3);
    }
    ck_assert (gst_harness_push (decoder.harness, buffer) == GST_FLOW_OK);
  }
  warning = test_bus_pop (decoder.bus, GST_MESSAGE_WARNING);
  ck_assert (warning != NULL);
  ck_assert_uint_eq (gst_harness_buffers_in_queue (decoder.harness), 0);
  play (&encoder, &decoder, CAPS, 1, 2);
  assert_frame (&decoder, CAPS, 2);
}
GST_END_TEST;

GST_START_TEST (test_no_decoder)
{
  g_autoptr (GstElement)
      element = gst_object_ref_sink (gst_element_factory_make ("latentvideoenc", NULL));
  g_autoptr (GstBus) bus = gst_bus_new ();

  g_object_set (
      element, "model", test_models_get_path (TEST_MODEL_ENCODER), "embed-model", ONCE, NULL);
  gst_element_set_bus (element, bus);
  ck_assert (gst_element_set_state (element, GST_STATE_PAUSED) == GST_STATE_CHANGE_FAILURE);
  test_bus_assert_error (
      bus, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, "encoder.onnx", "no decoder", NULL);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
}
GST_END_TEST;

GST_START_TEST (test_audio)
{
  g_auto (TestBench) encoder = test_bench_new_of ("latentaudioenc", TEST_MODEL_AUDIO,
      "audio/x-raw,format=S16LE,layout=interleaved,rate=16000,channels=1", "embed-model", ONCE,
      NULL);
  g_auto (TestBench) decoder = test_bench_new_of (
      "latentaudiodec", TEST_N_MODELS, NULL, "model-path", "/nowhere", NULL);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 1600, NULL);
  gsize n = 0;

  gst_buffer_memset (buffer, 0, 1, 1600);
  GST_BUFFER_PTS (buffer) = 0;
  gst_harness_push (encoder.harness, buffer);
  gst_harness_set_src_caps (decoder.harness, gst_pad_get_current_caps (encoder.harness->sinkpad));
  while ((buffer = gst_harness_try_pull (encoder.harness)))
    ck_assert (gst_harness_push (decoder.harness, buffer) == GST_FLOW_OK);
  gst_harness_push_event (decoder.harness, gst_event_new_eos ());
  while ((buffer = gst_harness_try_pull (decoder.harness))) {
    n += gst_buffer_get_size (buffer) / sizeof (float);
    gst_buffer_unref (buffer);
  }
  ck_assert_uint_eq (n, 800);
}
GST_END_TEST;

static Suite *
embedded_suite (void)
{
  Suite *suite = suite_create ("embedded");
  TCase *tests = tcase_create ("all");

  suite_add_tcase (suite, tests);
  tcase_add_unchecked_fixture (tests, test_models_init, test_models_clear);
  tcase_add_loop_test (tests, test_once, 0, G_N_ELEMENTS (models));
  tcase_add_loop_test (tests, test_keyframes, 0, 2);
  tcase_add_test (tests, test_audio);
  tcase_add_test (tests, test_caps);
  tcase_add_test (tests, test_damaged);
  tcase_add_test (tests, test_no_decoder);
  return suite;
}

GST_CHECK_MAIN (embedded)
