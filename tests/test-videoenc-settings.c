/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/element.h"

/* Properties of latentvideoenc, and models that it takes or does not. */

#define CAPS TEST_RGB (17, 13)

static const struct {
  const char *property;
  const char *text; /* as gst_preset_ and gst-launch write it */
} properties[] = {
    {"quality",         "63"       },
    {"bitrate",         "400"      },
    {"key-int-max",     "25"       },
    {"key-gain",        "8"        },
    {"error-resilient", "true"     },
    {"precision",       "f32"      },
    {"threads",         "1"        },
    {"batch-size",      "3"        },
    {"embed-model",     "keyframes"},
};

GST_START_TEST (test_properties)
{
  g_autoptr (GstElement)
      element = gst_object_ref_sink (gst_element_factory_make ("latentvideoenc", NULL));
  GParamSpec *spec = g_object_class_find_property (
      G_OBJECT_GET_CLASS (element), properties[__i__].property);
  g_auto (GValue) value = G_VALUE_INIT;
  g_autofree char *text = NULL;

  gst_util_set_object_arg (G_OBJECT (element), properties[__i__].property, properties[__i__].text);
  g_value_init (&value, spec->value_type);
  g_object_get_property (G_OBJECT (element), spec->name, &value);
  text = G_IS_PARAM_SPEC_ENUM (spec)
             ? g_strdup (g_enum_get_value (
                   G_PARAM_SPEC_ENUM (spec)->enum_class, g_value_get_enum (&value))
                             ->value_nick)
             : gst_value_serialize (&value);
  ck_assert_str_eq (text, properties[__i__].text);
}
GST_END_TEST;

GST_START_TEST (test_defaults)
{
  g_autoptr (GstElement)
      element = gst_object_ref_sink (gst_element_factory_make ("latentvideoenc", NULL));
  gint quality;
  guint bitrate, interval, threads, batch_size;
  gboolean resilient;

  g_object_get (element, "quality", &quality, "bitrate", &bitrate, "key-int-max", &interval,
      "threads", &threads, "batch-size", &batch_size, "error-resilient", &resilient, NULL);
  ck_assert_int_eq (quality, 40);
  ck_assert_uint_eq (bitrate, 0);
  ck_assert_uint_eq (interval, 250);
  ck_assert_uint_eq (threads, 0);
  ck_assert_uint_eq (batch_size, 1);
  ck_assert (!resilient);
  ck_assert (GST_IS_PRESET (element));
}
GST_END_TEST;

/* What the model cannot take is not offered. */
GST_START_TEST (test_offered_caps)
{
  g_auto (TestBench) bench = test_bench_new_of ("latentvideoenc", TEST_MODEL_I420, NULL, NULL);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (bench.element, "sink");
  g_autoptr (GstCaps) caps = gst_pad_query_caps (pad, NULL);
  g_autoptr (GstCaps) rgb = gst_caps_from_string (CAPS);
  g_autoptr (GstCaps) nv12 = gst_caps_from_string ("video/x-raw,format=NV12");

  ck_assert (!gst_caps_can_intersect (caps, rgb));
  ck_assert (gst_caps_can_intersect (caps, nv12));
}
GST_END_TEST;

GST_START_TEST (test_nan)
{
  GstVideoInfo info = test_video_info (CAPS);
  g_auto (TestBench) bench = test_bench_new_of ("latentvideoenc", TEST_MODEL_NAN, CAPS, NULL);

  ck_assert (gst_harness_push (bench.harness, test_frame_new (&info, 0, 0)) == GST_FLOW_ERROR);
  test_bus_assert_error (
      bench.bus, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE, "nan.onnx", NULL);
}
GST_END_TEST;

static const struct {
  TestModel model;
  gint code;
  const char *text;
} refusals[] = {
    {TEST_N_MODELS,     -1,                          "property model must be set"},
    {TEST_MODEL_AUDIO,  GST_STREAM_ERROR_WRONG_TYPE, "audio"                     },
    {TEST_MODEL_VECTOR, GST_STREAM_ERROR_WRONG_TYPE, "vectors"                   },
};

GST_START_TEST (test_refused_models)
{
  g_autoptr (GstElement)
      element = gst_object_ref_sink (gst_element_factory_make ("latentvideoenc", NULL));
  g_autoptr (GstBus) bus = gst_bus_new ();
  gint code = refusals[__i__].code;

  if (refusals[__i__].model < TEST_N_MODELS)
    g_object_set (element, "model", test_models_get_path (refusals[__i__].model), NULL);
  gst_element_set_bus (element, bus);
  ck_assert (gst_element_set_state (element, GST_STATE_PAUSED) == GST_STATE_CHANGE_FAILURE);
  test_bus_assert_error (bus, code < 0 ? GST_LIBRARY_ERROR : GST_STREAM_ERROR,
      code < 0 ? GST_LIBRARY_ERROR_SETTINGS : code, refusals[__i__].text, NULL);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
}
GST_END_TEST;

GST_START_TEST (test_resilient_state)
{
  g_autoptr (GstElement)
      element = gst_object_ref_sink (gst_element_factory_make ("latentvideoenc", NULL));
  g_autoptr (GstBus) bus = gst_bus_new ();

  g_object_set (
      element, "model", test_models_get_path (TEST_MODEL_STATE), "error-resilient", TRUE, NULL);
  gst_element_set_bus (element, bus);
  ck_assert (gst_element_set_state (element, GST_STATE_PAUSED) == GST_STATE_CHANGE_FAILURE);
  test_bus_assert_error (
      bus, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, "error-resilient", NULL);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
}
GST_END_TEST;

/* A setting that is kept and comes back. */
GST_START_TEST (test_preset)
{
  g_autoptr (GstElement)
      element = gst_object_ref_sink (gst_element_factory_make ("latentvideoenc", NULL));
  g_auto (GStrv) names = gst_preset_get_property_names (GST_PRESET (element));

  ck_assert (g_strv_contains ((const char *const *)names, "quality"));
  ck_assert (g_strv_contains ((const char *const *)names, "key-int-max"));
  ck_assert (!g_strv_contains ((const char *const *)names, "stats"));
}
GST_END_TEST;

GST_START_TEST (test_states)
{
  g_autoptr (GstElement)
      element = gst_object_ref_sink (gst_element_factory_make ("latentvideoenc", NULL));

  g_object_set (element, "model", test_models_get_path (TEST_MODEL_RGB), NULL);
  for (guint i = 0; i < 3; i++) {
    ck_assert (gst_element_set_state (element, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE);
    ck_assert (gst_element_set_state (element, GST_STATE_READY) != GST_STATE_CHANGE_FAILURE);
    ck_assert (gst_element_set_state (element, GST_STATE_PAUSED) != GST_STATE_CHANGE_FAILURE);
    ck_assert (gst_element_set_state (element, GST_STATE_NULL) != GST_STATE_CHANGE_FAILURE);
  }
}
GST_END_TEST;

static const char *const factories[] = {
    "latentvideoenc", "latentaudioenc", "latentvideodec", "latentaudiodec", "latenttestsrc"};

/* The base classes' own would follow: an error without a reason. */
GST_START_TEST (test_one_error_is_posted)
{
  g_autoptr (GstElement)
      element = gst_object_ref_sink (gst_element_factory_make (factories[__i__], NULL));
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) second = NULL;

  gst_element_set_bus (element, bus);
  g_object_set (element, "model", "/no/such.onnx", NULL);
  ck_assert_int_eq (gst_element_set_state (element, GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
  test_bus_assert_error (
      bus, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND, "/no/such.onnx", NULL);
  second = test_bus_pop (bus, GST_MESSAGE_ERROR);
  ck_assert (second == NULL);
  gst_element_set_bus (element, NULL);
  gst_element_set_state (element, GST_STATE_NULL);
}
GST_END_TEST;

static Suite *
videoenc_settings_suite (void)
{
  Suite *suite = suite_create ("videoenc-settings");
  TCase *tests = tcase_create ("all");

  suite_add_tcase (suite, tests);
  tcase_add_unchecked_fixture (tests, test_models_init, test_models_clear);
  tcase_add_loop_test (tests, test_properties, 0, G_N_ELEMENTS (properties));
  tcase_add_test (tests, test_defaults);
  tcase_add_test (tests, test_offered_caps);
  tcase_add_test (tests, test_nan);
  tcase_add_loop_test (tests, test_refused_models, 0, G_N_ELEMENTS (refusals));
  tcase_add_test (tests, test_resilient_state);
  tcase_add_test (tests, test_preset);
  tcase_add_test (tests, test_states);
  tcase_add_loop_test (tests, test_one_error_is_posted, 0, G_N_ELEMENTS (factories));
  return suite;
}

GST_CHECK_MAIN (videoenc_settings)
