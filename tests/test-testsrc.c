/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/element.h"

/* latenttestsrc: caps, timestamps, what a decoder makes of it, wrong settings. */

static GstHarness *
new_harness (TestModel model, const char *properties)
{
  g_autofree char *text = g_strdup_printf (
      "latenttestsrc model=%s %s", test_models_get_path (model), properties);
  GstHarness *harness = gst_harness_new_parse (text);

  gst_harness_play (harness);
  return harness;
}

GST_START_TEST (caps_are_the_latents)
{
  GstHarness *harness = new_harness (TEST_MODEL_VECTOR, "num-buffers=1");
  g_autoptr (GstBuffer) buffer = gst_harness_pull (harness);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (harness->sinkpad);
  const GstStructure *structure = gst_caps_get_structure (caps, 0);

  ck_assert_str_eq (gst_structure_get_name (structure), "other/tensors");
  ck_assert_str_eq (gst_structure_get_string (structure, "dimensions"), "4:1:1:1");
  ck_assert_str_eq (gst_structure_get_string (structure, "latent-model"), "0123456789abcdef");
  ck_assert_uint_eq (gst_buffer_get_size (buffer), 16);
  gst_harness_teardown (harness);
}
GST_END_TEST;

GST_START_TEST (frames_follow_each_other)
{
  GstHarness *harness = new_harness (TEST_MODEL_VECTOR, "num-buffers=2");
  g_autoptr (GstBuffer) first = gst_harness_pull (harness);
  g_autoptr (GstBuffer) second = gst_harness_pull (harness);

  ck_assert_uint_eq (GST_BUFFER_PTS (first), 0);
  ck_assert_uint_eq (GST_BUFFER_DURATION (first), 200 * GST_MSECOND);
  ck_assert_uint_eq (GST_BUFFER_PTS (second), 200 * GST_MSECOND);
  ck_assert (test_floats_get (first, 0) != test_floats_get (second, 0));
  gst_harness_teardown (harness);
}
GST_END_TEST;

GST_START_TEST (size_of_pictures_is_wanted_and_travels)
{
  GstHarness *harness = new_harness (TEST_MODEL_RGB, "num-buffers=1 width=30 height=20");
  g_autoptr (GstBuffer) buffer = gst_harness_pull (harness);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (harness->sinkpad);
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  gint width = 0, height = 0;

  ck_assert_str_eq (gst_structure_get_string (structure, "dimensions"), "8:5:48:1");
  ck_assert (gst_structure_get_int (structure, "media-width", &width));
  ck_assert (gst_structure_get_int (structure, "media-height", &height));
  ck_assert_int_eq (width, 30);
  ck_assert_int_eq (height, 20);
  gst_harness_teardown (harness);
}
GST_END_TEST;

/* Runs a pipeline to its end, or to an error, which is returned. */
static GError *run (const char *format, ...) G_GNUC_PRINTF (1, 2);

static GError *
run (const char *format, ...)
{
  va_list arguments;
  g_autofree char *text = NULL;
  GstElement *pipeline;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;
  GError *error = NULL;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  pipeline = gst_parse_launch (text, &error);
  ck_assert_msg (pipeline && !error, "%s", error ? error->message : "");
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  ck_assert (message != NULL);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, NULL);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  return error;
}

GST_START_TEST (a_decoder_takes_it)
{
  const char *model = test_models_get_path (TEST_MODEL_RGB);
  g_autoptr (GError) error = run (
      "latenttestsrc model=%s width=32 height=16 num-buffers=3 ! autoencoder model=%s mode=decode "
      "! video/x-raw,width=32,height=16 ! fakesink",
      model, model);

  ck_assert_msg (!error, "%s", error ? error->message : "");
}
GST_END_TEST;

static const struct {
  const char *properties;
  TestModel model; /* TEST_N_MODELS: none */
  const char *text;
} refusals[] = {
    {"",                                TEST_N_MODELS,     "property model must be set"   },
    {"",                                TEST_MODEL_RGB,    "width and height"             },
    {"pattern=replay",                  TEST_MODEL_VECTOR, "location"                     },
    {"pattern=traverse dimension=4",    TEST_MODEL_VECTOR, "dimension 4: the latent has 4"},
    {"pattern=replay location=/no.npy", TEST_MODEL_VECTOR, "/no.npy"                      },
};

GST_START_TEST (wrong_settings_are_element_errors)
{
  gboolean has_model = refusals[__i__].model < TEST_N_MODELS;
  g_autoptr (GError) error = run ("latenttestsrc %s%s %s ! fakesink", has_model ? "model=" : "",
      has_model ? test_models_get_path (refusals[__i__].model) : "", refusals[__i__].properties);

  ck_assert (error != NULL);
  ck_assert_msg (strstr (error->message, refusals[__i__].text) != NULL, "%s", error->message);
}
GST_END_TEST;

static Suite *
testsrc_suite (void)
{
  Suite *suite = suite_create ("latenttestsrc");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_unchecked_fixture (tcase, test_models_init, test_models_clear);
  tcase_add_test (tcase, caps_are_the_latents);
  tcase_add_test (tcase, frames_follow_each_other);
  tcase_add_test (tcase, size_of_pictures_is_wanted_and_travels);
  tcase_add_test (tcase, a_decoder_takes_it);
  tcase_add_loop_test (tcase, wrong_settings_are_element_errors, 0, G_N_ELEMENTS (refusals));
  return suite;
}

GST_CHECK_MAIN (testsrc);
