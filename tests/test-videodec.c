/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/video-codec.h"

#define SIZE_1x1   TEST_RGB (1, 1)
#define SIZE_64x48 TEST_RGB (64, 48)
#define SIZE_37x21 TEST_RGB (37, 21)
#define SIZE_8x8   TEST_RGB (8, 8)

static const struct {
  TestModel model;
  const char *caps;
} sizes[] = {
    {TEST_MODEL_RGB,   CAPS                                                        },
    {TEST_MODEL_RGB,   SIZE_1x1                                                    },
    {TEST_MODEL_RGB,   SIZE_64x48                                                  },
    {TEST_MODEL_I420,  "video/x-raw,format=I420,width=35,height=27,framerate=25/1" },
    {TEST_MODEL_GRAY,  "video/x-raw,format=GRAY8,width=21,height=19,framerate=25/1"},
    {TEST_MODEL_RGB,   "video/x-raw,format=RGB,width=16,height=16,framerate=0/1"   },
    {TEST_MODEL_TILED, SIZE_37x21                                                  },
    {TEST_MODEL_STATE, SIZE_8x8                                                    },
};

GST_START_TEST (test_sizes)
{
  const char *caps = sizes[__i__].caps;
  g_auto (TestBench) encoder = new_encoder (sizes[__i__].model, caps, "key-int-max", 3);
  g_auto (TestBench) decoder = new_decoder (sizes[__i__].model, NULL, 0);

  for (guint i = 0; i < 5; i++) {
    gst_harness_push (decoder.harness, encode (&encoder, &decoder, caps, i));
    assert_frame (&decoder, caps, i);
  }
}
GST_END_TEST;

/* What was told of the pictures comes back. */
GST_START_TEST (test_caps)
{
  const char *caps = "video/x-raw,format=I420,width=35,height=27,framerate=30000/1001,"
                     "pixel-aspect-ratio=16/11,colorimetry=bt709,chroma-site=mpeg2,"
                     "interlace-mode=interleaved,"
                     "field-order=bottom-field-first";
  g_auto (TestBench) encoder = new_encoder (TEST_MODEL_I420, caps, NULL, 0);
  g_auto (TestBench) decoder = new_decoder (TEST_MODEL_I420, NULL, 0);
  g_autoptr (GstCaps) wanted = gst_caps_from_string (caps);
  g_autoptr (GstCaps) given = NULL;

  gst_harness_push (decoder.harness, encode (&encoder, &decoder, caps, 0));
  given = gst_pad_get_current_caps (decoder.harness->sinkpad);
  ck_assert_msg (gst_caps_is_subset (given, wanted), "%s", gst_caps_to_string (given));
}
GST_END_TEST;

GST_START_TEST (test_output_format)
{
  const char *caps = "video/x-raw,format=I420,width=16,height=16,framerate=25/1";
  g_auto (TestBench) encoder = new_encoder (TEST_MODEL_I420, caps, NULL, 0);
  g_auto (TestBench) decoder = new_decoder (TEST_MODEL_I420, NULL, 0);
  g_autoptr (GstBuffer) result = NULL;

  gst_harness_set_sink_caps_str (
      decoder.harness, "video/x-raw,format=NV12,width=16,height=16,framerate=25/1");
  gst_harness_push (decoder.harness, encode (&encoder, &decoder, caps, 0));
  result = gst_harness_try_pull (decoder.harness);
  ck_assert (result != NULL);
  ck_assert_uint_eq (gst_buffer_get_size (result), 384);
}
GST_END_TEST;

GST_START_TEST (test_refused_output)
{
  g_auto (TestBench) encoder = new_encoder (TEST_MODEL_RGB, CAPS, NULL, 0);
  g_auto (TestBench) decoder = new_decoder (TEST_MODEL_RGB, NULL, 0);

  gst_harness_set_sink_caps_str (decoder.harness, "video/x-raw,format=NV12");
  ck_assert (
      gst_harness_push (decoder.harness, encode (&encoder, &decoder, CAPS, 0)) != GST_FLOW_OK);
  test_bus_assert_error (
      decoder.bus, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE, "RGB", "NV12", NULL);
}
GST_END_TEST;

GST_START_TEST (test_renegotiation)
{
  static const char *const caps[] = {CAPS, TEST_RGB (40, 24), TEST_RGB (17, 16)};
  g_auto (TestBench) encoder = new_encoder (TEST_MODEL_RGB, NULL, NULL, 0);
  g_auto (TestBench) decoder = new_decoder (TEST_MODEL_RGB, "batch-size", 2);

  for (guint i = 0; i < 3; i++) {
    gst_harness_set_src_caps_str (encoder.harness, caps[i]);
    for (guint k = 0; k < 3; k++) {
      GstBuffer *packet = encode (&encoder, NULL, caps[i], k);

      if (k == 0)
        gst_harness_set_src_caps (
            decoder.harness, gst_pad_get_current_caps (encoder.harness->sinkpad));
      if (k == 0 && i > 0)
        assert_frame (&decoder, caps[i - 1], 2); /* what was held */
      gst_harness_push (decoder.harness, packet);
    }
    assert_frame (&decoder, caps[i], 0);
    assert_frame (&decoder, caps[i], 1);
  }
}
GST_END_TEST;

GST_START_TEST (test_batch)
{
  g_auto (TestBench) encoder = new_encoder (TEST_MODEL_RGB, CAPS, NULL, 0);
  g_auto (TestBench) decoder = new_decoder (TEST_MODEL_RGB, "batch-size", 4);

  for (guint i = 0; i < 6; i++)
    gst_harness_push (decoder.harness, encode (&encoder, &decoder, CAPS, i));
  ck_assert_uint_eq (gst_harness_buffers_in_queue (decoder.harness), 4);
  ck_assert_uint_eq (gst_harness_query_latency (decoder.harness), 120 * GST_MSECOND);
  gst_harness_push_event (decoder.harness, gst_event_new_eos ());
  for (guint i = 0; i < 6; i++)
    assert_frame (&decoder, CAPS, i);
}
GST_END_TEST;

/* Frames that come after a flush need a key frame. */
GST_START_TEST (test_flush)
{
  g_auto (TestBench) encoder = new_encoder (TEST_MODEL_RGB, CAPS, "key-int-max", 4);
  g_auto (TestBench) decoder = new_decoder (TEST_MODEL_RGB, "batch-size", 2);
  GstSegment segment;

  for (guint i = 0; i < 3; i++)
    gst_harness_push (decoder.harness, encode (&encoder, &decoder, CAPS, i));
  assert_frame (&decoder, CAPS, 0);
  assert_frame (&decoder, CAPS, 1);
  gst_harness_push_event (decoder.harness, gst_event_new_flush_start ());
  gst_harness_push_event (decoder.harness, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (decoder.harness, gst_event_new_segment (&segment));
  for (guint i = 3; i < 6; i++)
    gst_harness_push (decoder.harness, encode (&encoder, &decoder, CAPS, i));
  assert_frame (&decoder, CAPS, 4);
  assert_frame (&decoder, CAPS, 5);
}
GST_END_TEST;

/* A receiver that comes later gets the caps, then packets from the middle. */
GST_START_TEST (test_late_joiner)
{
  g_auto (TestBench) encoder = new_encoder (TEST_MODEL_RGB, CAPS, "key-int-max", 5);
  g_auto (TestBench) decoder = new_decoder (TEST_MODEL_RGB, NULL, 0);

  for (guint i = 0; i < 7; i++) {
    GstBuffer *packet = encode (&encoder, i < 3 ? NULL : &decoder, CAPS, i);

    if (i < 3)
      gst_buffer_unref (packet);
    else
      gst_harness_push (decoder.harness, packet);
  }
  assert_frame (&decoder, CAPS, 5);
  assert_frame (&decoder, CAPS, 6);
  ck_assert_uint_eq (count_key_requests (&decoder), 1);
}
GST_END_TEST;

/* Caps without a header: it comes in the stream. */
GST_START_TEST (test_header_in_stream)
{
  GstVideoInfo info = test_video_info (CAPS);
  g_auto (TestBench) encoder = new_encoder (TEST_MODEL_RGB, CAPS, NULL, 0);
  g_auto (TestBench) decoder = new_decoder (TEST_MODEL_RGB, NULL, 0);
  GstBuffer *buffer;

  gst_harness_set_src_caps_str (decoder.harness, "video/x-latent,version=1,alignment=frame");
  gst_harness_push_upstream_event (
      encoder.harness, gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE, TRUE, 0));
  gst_harness_push (encoder.harness, test_frame_new (&info, 0, 0));
  while ((buffer = gst_harness_try_pull (encoder.harness)))
    gst_harness_push (decoder.harness, buffer);
  gst_harness_push (decoder.harness, encode (&encoder, NULL, CAPS, 1));
  assert_frame (&decoder, CAPS, 0);
  assert_frame (&decoder, CAPS, 1);
}
GST_END_TEST;

GST_START_TEST (test_model_path)
{
  g_auto (TestBench) encoder = new_encoder (TEST_MODEL_OTHER, CAPS, NULL, 0);
  g_auto (TestBench) decoder = test_bench_new_of (
      "latentvideodec", TEST_N_MODELS, NULL, "model-path", test_models_get_folder (), NULL);

  gst_harness_push (decoder.harness, encode (&encoder, &decoder, CAPS, 0));
  assert_frame (&decoder, CAPS, 0);
}
GST_END_TEST;

GST_START_TEST (test_missing_model)
{
  g_auto (TestBench) encoder = new_encoder (TEST_MODEL_OTHER, CAPS, NULL, 0);
  g_auto (TestBench) decoder = test_bench_new_of (
      "latentvideodec", TEST_N_MODELS, NULL, "model-path", "/nowhere:/else", NULL);

  ck_assert (
      gst_harness_push (decoder.harness, encode (&encoder, &decoder, CAPS, 0)) == GST_FLOW_ERROR);
  test_bus_assert_error (decoder.bus, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
      TEST_OTHER_ID, "/nowhere", "/else", NULL);
}
GST_END_TEST;

GST_START_TEST (test_wrong_model)
{
  g_auto (TestBench) encoder = new_encoder (TEST_MODEL_OTHER, CAPS, NULL, 0);
  g_auto (TestBench) decoder = new_decoder (TEST_MODEL_RGB, NULL, 0);

  ck_assert (
      gst_harness_push (decoder.harness, encode (&encoder, &decoder, CAPS, 0)) != GST_FLOW_OK);
  test_bus_assert_error (
      decoder.bus, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE, TEST_OTHER_ID, TEST_ID, NULL);
}
GST_END_TEST;

GST_START_TEST (test_version)
{
  g_auto (TestBench) decoder = new_decoder (TEST_MODEL_RGB, NULL, 0);
  g_autoptr (GstCaps) caps = gst_caps_from_string ("video/x-latent,version=1,alignment=frame,"
                                                   "codec_data=(buffer)4c4154730301000140");

  gst_harness_set_src_caps (decoder.harness, g_steal_pointer (&caps));
  gst_harness_push (decoder.harness, gst_buffer_new_allocate (NULL, 20, NULL));
  test_bus_assert_error (decoder.bus, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "version 3", NULL);
}
GST_END_TEST;

/* Late frames are decoded, so that those after them are right, but not shown. */
GST_START_TEST (test_qos)
{
  g_auto (TestBench) encoder = new_encoder (TEST_MODEL_RGB, CAPS, NULL, 0);
  g_auto (TestBench) decoder = new_decoder (TEST_MODEL_RGB, NULL, 0);
  g_autoptr (GstStructure) stats = NULL;
  guint64 frames = 0, dropped = 0;

  for (guint i = 0; i < 20; i++) {
    if (i == 2)
      gst_harness_push_upstream_event (
          decoder.harness, gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 2.0, 2 * TEST_FRAME_TIME, 0));
    gst_harness_push (decoder.harness, encode (&encoder, &decoder, CAPS, i));
  }
  g_object_get (decoder.element, "stats", &stats, NULL);
  ck_assert (gst_structure_get_uint64 (stats, "frames", &frames));
  ck_assert (gst_structure_get_uint64 (stats, "dropped", &dropped));
  ck_assert (dropped > 0);
  ck_assert_uint_eq (frames + dropped, 20);
  assert_frame (&decoder, CAPS, 0);
  assert_frame (&decoder, CAPS, 1);
  for (guint i = 2 + (guint)dropped; i < 20; i++)
    assert_frame (&decoder, CAPS, i);
}
GST_END_TEST;

GST_START_TEST (test_states)
{
  g_autoptr (GstElement)
      element = gst_object_ref_sink (gst_element_factory_make ("latentvideodec", NULL));

  for (guint i = 0; i < 3; i++) {
    ck_assert (gst_element_set_state (element, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE);
    ck_assert (gst_element_set_state (element, GST_STATE_READY) != GST_STATE_CHANGE_FAILURE);
    ck_assert (gst_element_set_state (element, GST_STATE_PAUSED) != GST_STATE_CHANGE_FAILURE);
    ck_assert (gst_element_set_state (element, GST_STATE_NULL) != GST_STATE_CHANGE_FAILURE);
  }
}
GST_END_TEST;

static Suite *
videodec_suite (void)
{
  Suite *suite = suite_create ("videodec");
  TCase *tests = tcase_create ("all");

  suite_add_tcase (suite, tests);
  tcase_add_unchecked_fixture (tests, test_models_init, test_models_clear);
  tcase_add_loop_test (tests, test_sizes, 0, G_N_ELEMENTS (sizes));
  tcase_add_test (tests, test_caps);
  tcase_add_test (tests, test_output_format);
  tcase_add_test (tests, test_refused_output);
  tcase_add_test (tests, test_renegotiation);
  tcase_add_test (tests, test_batch);
  tcase_add_test (tests, test_flush);
  tcase_add_test (tests, test_late_joiner);
  tcase_add_test (tests, test_header_in_stream);
  tcase_add_test (tests, test_model_path);
  tcase_add_test (tests, test_missing_model);
  tcase_add_test (tests, test_wrong_model);
  tcase_add_test (tests, test_version);
  tcase_add_test (tests, test_qos);
  tcase_add_test (tests, test_states);
  return suite;
}

GST_CHECK_MAIN (videodec)
