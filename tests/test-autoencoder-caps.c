/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/element.h"

/* What is offered, and what is agreed on. */

enum { RECONSTRUCT, ENCODE, DECODE, EMBED };

#define TENSORS      "other/tensors,format=static,num_tensors=1,types=float32"
#define ANY_RATE     ",framerate=[0/1,2147483647/1]"
#define ANY_SIZE     ",width=[1,2147483647],height=[1,2147483647]" ANY_RATE
#define VIDEO_RGB    "video/x-raw,format={RGB,BGR,RGBx,BGRx,RGBA,BGRA}"
#define LATENT_MODEL ",latent-model=(string)\"0123456789abcdef\""
#define AUDIO        "audio/x-raw,format={F32LE,S16LE},layout=interleaved,rate=16000,channels=1"

/* clang-format 14 makes lines of hundreds of columns of it. */
/* clang-format off */
static const struct {
  TestModel model;
  gint mode;
  const char *sink;
  const char *src;
} offers[] = {
    {TEST_MODEL_RGB, RECONSTRUCT, VIDEO_RGB ANY_SIZE, VIDEO_RGB ANY_SIZE},
    {TEST_MODEL_RGB, EMBED, VIDEO_RGB ANY_SIZE, VIDEO_RGB ANY_SIZE},
    {TEST_MODEL_RGB, ENCODE, VIDEO_RGB ANY_SIZE, TENSORS ANY_RATE LATENT_MODEL},
    {TEST_MODEL_RGB, DECODE, TENSORS ANY_RATE, VIDEO_RGB ANY_SIZE},
    {TEST_MODEL_FIXED, RECONSTRUCT, VIDEO_RGB ",width=96,height=64" ANY_RATE,
     VIDEO_RGB ",width=96,height=64" ANY_RATE},
    {TEST_MODEL_GRAY, RECONSTRUCT, "video/x-raw,format={GRAY8,I420,NV12}" ANY_SIZE,
     "video/x-raw,format={GRAY8,I420,NV12}" ANY_SIZE},
    {TEST_MODEL_I420, RECONSTRUCT, "video/x-raw,format={I420,NV12}" ANY_SIZE,
     "video/x-raw,format={I420,NV12}" ANY_SIZE},
    {TEST_MODEL_AUDIO, RECONSTRUCT, AUDIO, AUDIO},
    {TEST_MODEL_AUDIO, ENCODE, AUDIO, TENSORS ANY_RATE LATENT_MODEL},
    {TEST_MODEL_AUDIO, DECODE, TENSORS ANY_RATE, AUDIO},
    {TEST_MODEL_VECTOR, RECONSTRUCT, TENSORS ANY_RATE, TENSORS ANY_RATE},
    {TEST_MODEL_VECTOR, ENCODE, TENSORS ANY_RATE, TENSORS ANY_RATE LATENT_MODEL},
};
/* clang-format on */

static void
assert_caps (GstCaps *caps, const char *wanted_text)
{
  g_autoptr (GstCaps) wanted = gst_caps_from_string (wanted_text);
  g_autofree char *text = gst_caps_to_string (caps);

  ck_assert_msg (gst_caps_is_equal (caps, wanted), "%s is not %s", text, wanted_text);
}

static void
assert_pad_caps (GstElement *element, const char *name, const char *wanted)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, name);
  g_autoptr (GstCaps) caps = gst_pad_query_caps (pad, NULL);

  assert_caps (caps, wanted);
}

GST_START_TEST (test_offer)
{
  GstElement *element = gst_object_ref_sink (
      test_element_new (offers[__i__].model, "mode", offers[__i__].mode, NULL));

  gst_element_set_state (element, GST_STATE_READY);
  assert_pad_caps (element, "sink", offers[__i__].sink);
  assert_pad_caps (element, "src", offers[__i__].src);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_object_unref (element);
}
GST_END_TEST;

/* One structure of each kind, before a model is known. */
GST_START_TEST (test_offer_without_model)
{
  GstElement *element = gst_object_ref_sink (gst_element_factory_make ("autoencoder", NULL));
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, "sink");
  g_autoptr (GstCaps) caps = gst_pad_query_caps (pad, NULL);

  ck_assert_uint_eq (gst_caps_get_size (caps), 3);
  gst_object_unref (element);
}
GST_END_TEST;

/* Downstream's wishes reach upstream where the mode lets them through. */
GST_START_TEST (test_offer_of_downstream)
{
  g_auto (TestBench) bench = test_bench_new (TEST_MODEL_RGB, NULL, NULL);
  g_autoptr (GstCaps) caps = NULL;

  gst_harness_set_sink_caps_str (bench.harness, "video/x-raw,format={GRAY8,BGRx},framerate=10/1");
  caps = gst_pad_peer_query_caps (bench.harness->srcpad, NULL);
  assert_caps (
      caps, "video/x-raw,format=BGRx,width=[1,2147483647],height=[1,2147483647],framerate=10/1");
}
GST_END_TEST;

/* clang-format 14 makes lines of hundreds of columns of it. */
/* clang-format off */
static const struct {
  TestModel model;
  gint mode;
  const char *sink;   /* caps that come */
  const char *wish;   /* what downstream takes, or NULL */
  const char *result; /* of the source pad */
} agreements[] = {
    {TEST_MODEL_RGB, ENCODE, TEST_RGB (96,64) ",pixel-aspect-ratio=4/3,colorimetry=sRGB", NULL,
     TENSORS ",dimensions=(string)24:16:48:1,framerate=25/1,media-width=96,media-height=64," "pixel-aspect-ratio=4/3,colorimetry=sRGB" LATENT_MODEL},
    {TEST_MODEL_RGB, ENCODE, TEST_RGB (17,13) ",colorimetry=sRGB", NULL,
     TENSORS ",dimensions=(string)5:4:48:1,framerate=25/1,media-width=17,media-height=13," "pixel-aspect-ratio=1/1,colorimetry=sRGB" LATENT_MODEL},
    {TEST_MODEL_RGB, ENCODE, TEST_RGB (96,64) ",colorimetry=sRGB",
     "other/tensors,dimensions=(string)24:16:48",
     TENSORS ",dimensions=(string)24:16:48,framerate=25/1,media-width=96,media-height=64," "pixel-aspect-ratio=1/1,colorimetry=sRGB" LATENT_MODEL},
    {TEST_MODEL_RGB, ENCODE,
     "video/x-raw,format=RGB,width=4,height=4,framerate=0/1,colorimetry=sRGB",NULL,
     TENSORS ",dimensions=(string)1:1:48:1,framerate=0/1,media-width=4,media-height=4," "pixel-aspect-ratio=1/1,colorimetry=sRGB" LATENT_MODEL},
    {TEST_MODEL_RGB, DECODE,
     TENSORS ",dimensions=(string)5:4:48:1,framerate=25/1,media-width=17,media-height=13," "pixel-aspect-ratio=4/3,colorimetry=sRGB" LATENT_MODEL, NULL, TEST_RGB (17, 13) ",pixel-aspect-ratio=4/3,colorimetry=sRGB"},
    {TEST_MODEL_RGB, DECODE, TENSORS ",dimensions=(string)5:4:48,framerate=25/1",NULL,
     TEST_RGB (20, 16)},
    {TEST_MODEL_RGB, DECODE,TENSORS ",dimensions=(string)5:4:48,framerate=25/1",
     "video/x-raw,format=BGRA,width=18",
     "video/x-raw,format=BGRA,width=18,height=16,framerate=25/1"},
    {TEST_MODEL_RGB, DECODE, TENSORS ",dimensions=(string)5:4:48,framerate=0/1",NULL,
     "video/x-raw,format=RGB,width=20,height=16,framerate=0/1"},
    {TEST_MODEL_AUDIO, ENCODE,"audio/x-raw,format=S16LE,layout=interleaved,rate=16000,channels=1",
     NULL, TENSORS ",dimensions=(string)320:1:1:1,framerate=100/1" LATENT_MODEL},
    {TEST_MODEL_AUDIO, DECODE, TENSORS ",dimensions=(string)320:1:1:1,framerate=100/1",NULL,
     "audio/x-raw,format=F32LE,layout=interleaved,rate=16000,channels=1"},
    {TEST_MODEL_VECTOR, ENCODE,TENSORS ",dimensions=(string)4:1,framerate=10/1",NULL,
     TENSORS ",dimensions=(string)4:1:1:1,framerate=10/1" LATENT_MODEL},
    {TEST_MODEL_VECTOR, DECODE, TENSORS ",dimensions=(string)4,framerate=10/1" LATENT_MODEL, NULL,
     TENSORS ",dimensions=(string)4:1:1:1,framerate=10/1"},
};
/* clang-format on */

GST_START_TEST (test_agreement)
{
  g_auto (TestBench)
      bench = test_bench_new (agreements[__i__].model, NULL, "mode", agreements[__i__].mode, NULL);
  g_autoptr (GstCaps) caps = NULL;

  if (agreements[__i__].wish)
    gst_harness_set_sink_caps_str (bench.harness, agreements[__i__].wish);
  gst_harness_set_src_caps_str (bench.harness, agreements[__i__].sink);
  test_bus_assert_no_error (bench.bus);
  caps = gst_pad_get_current_caps (bench.harness->sinkpad);
  ck_assert (caps != NULL);
  assert_caps (caps, agreements[__i__].result);
}
GST_END_TEST;

/* clang-format 14 makes lines of hundreds of columns of it. */
/* clang-format off */
static const struct {
  TestModel model;
  gint mode;
  const char *sink;
  const char *wish;
  const char *texts[4]; /* of the error */
} refusals[] = {
    {TEST_MODEL_FIXED, RECONSTRUCT, "video/x-raw,format=GRAY8,width=97,height=64,framerate=25/1",
     NULL, {"RGB", "width=(int)96", "GRAY8", "width=(int)97"}},
    {TEST_MODEL_AUDIO, RECONSTRUCT, TEST_RGB (8, 8), NULL, {"audio.onnx", "audio/x-raw",
     "rate=(int)16000", "video/x-raw"}},
    {TEST_MODEL_RGB, ENCODE, "audio/x-raw,format=F32LE,layout=interleaved,rate=16000,channels=1",
     NULL, {"rgb.onnx", "video/x-raw", "audio/x-raw", "16000"}},
    {TEST_MODEL_RGB, DECODE,
     TENSORS ",dimensions=(string)5:4:48,framerate=25/1,latent-model=(string)\"fedcba9876543210\"",
     NULL, {"rgb.onnx", "fedcba9876543210", "0123456789abcdef", ""}},
    {TEST_MODEL_RGB, DECODE, TENSORS ",dimensions=(string)5:4:47,framerate=25/1", NULL, {"48",
     "47", "", ""}},
    {TEST_MODEL_RGB, DECODE, TENSORS ",framerate=25/1", NULL, {"dimensions", "none", "", ""}},
    {TEST_MODEL_RGB, DECODE, TENSORS ",dimensions=(string)nonsense,framerate=25/1", NULL,
     {"dimensions", "nonsense", "", ""}},
    {TEST_MODEL_RGB, DECODE,
     TENSORS ",dimensions=(string)5:4:48,framerate=25/1,media-width=40,media-height=13", NULL,
     {"40", "20", "", ""}},
    {TEST_MODEL_RGB, DECODE, TENSORS ",dimensions=(string)5:4:48,framerate=25/1",
     "video/x-raw,width=16", {"downstream wants", "[ 17, 20 ]", "(int)16", ""}},
    {TEST_MODEL_RGB, RECONSTRUCT, TEST_RGB (8, 8), "video/x-raw,width=16", {"gives", "(int)8",
     "downstream wants", "(int)16"}},
    {TEST_MODEL_VECTOR, ENCODE, TENSORS ",dimensions=(string)5,framerate=10/1", NULL, {"4:1:1:1",
     "5", "vector.onnx", ""}},
};
/* clang-format on */

GST_START_TEST (test_refusal)
{
  g_auto (TestBench)
      bench = test_bench_new (refusals[__i__].model, NULL, "mode", refusals[__i__].mode, NULL);
  const char *const *texts = refusals[__i__].texts;
  g_autoptr (GstMessage) second = NULL;

  if (refusals[__i__].wish)
    gst_harness_set_sink_caps_str (bench.harness, refusals[__i__].wish);
  gst_harness_set_src_caps_str (bench.harness, refusals[__i__].sink);
  test_bus_assert_error (bench.bus, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE, texts[0],
      texts[1], texts[2], texts[3], NULL);
  second = test_bus_pop (bench.bus, GST_MESSAGE_ERROR);
  ck_assert (!second);
}
GST_END_TEST;

/* clang-format 14 makes lines of hundreds of columns of it. */
/* clang-format off */
static const struct {
  const char *before;
  const char *model_caps;
} converters[] = {
    {"videotestsrc num-buffers=2 ! video/x-raw,format=YUY2,width=50,height=30 ! videoconvert",
     "rgb"},
    {"videotestsrc num-buffers=2 ! video/x-raw,format=YUY2,width=50,height=30 ! videoconvert ! " "videoscale", "fixed"},
    {"videotestsrc num-buffers=2 ! video/x-raw,format=RGB16,width=50,height=30 ! videoconvert",
     "i420"},
    {"audiotestsrc num-buffers=2 ! audio/x-raw,format=S32LE,rate=44100,channels=2 ! audioconvert ! " "audioresample", "audio"},
    {"videotestsrc num-buffers=2", "gray"},
};
/* clang-format on */

/* Converters before the element settle what the model wants. */
GST_START_TEST (test_converters)
{
  g_autofree char *text = g_strdup_printf ("%s ! autoencoder model=%s/%s.onnx ! fakesink",
      converters[__i__].before, test_models_get_folder (), converters[__i__].model_caps);
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (text, &error);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;

  ck_assert (!error);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  ck_assert (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}
GST_END_TEST;

static Suite *
autoencoder_caps_suite (void)
{
  Suite *suite = suite_create ("autoencoder-caps");
  TCase *tests = tcase_create ("all");

  suite_add_tcase (suite, tests);
  tcase_add_unchecked_fixture (tests, test_models_init, test_models_clear);
  tcase_add_loop_test (tests, test_offer, 0, G_N_ELEMENTS (offers));
  tcase_add_test (tests, test_offer_without_model);
  tcase_add_test (tests, test_offer_of_downstream);
  tcase_add_loop_test (tests, test_agreement, 0, G_N_ELEMENTS (agreements));
  tcase_add_loop_test (tests, test_refusal, 0, G_N_ELEMENTS (refusals));
  tcase_add_loop_test (tests, test_converters, 0, G_N_ELEMENTS (converters));
  return suite;
}

GST_CHECK_MAIN (autoencoder_caps)
