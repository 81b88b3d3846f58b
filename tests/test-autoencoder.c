/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib/gstdio.h>

#include "tests/element.h"

/* Properties, states, errors, statistics. */

static GstElement *
new_pipeline (const char *text, GstBus **bus)
{
  GError *error = NULL;
  GstElement *pipeline = gst_parse_launch (text, &error);

  ck_assert_msg (pipeline != NULL && !error, "%s", error ? error->message : "");
  *bus = gst_element_get_bus (pipeline);
  return pipeline;
}

static void
clear_pipeline (GstElement *pipeline, GstBus *bus)
{
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (pipeline);
}

static const struct {
  const char *name;
  GType type;
  const char *value; /* the default */
} defaults[] = {
    {"mode",               0,           "reconstruct"},
    {"precision",          0,           "auto"       },
    {"threads",            G_TYPE_UINT, "0"          },
    {"batch-size",         G_TYPE_UINT, "1"          },
    {"inference-interval", G_TYPE_UINT, "1"          },
};

GST_START_TEST (test_default)
{
  g_autoptr (GstElement)
      element = gst_object_ref_sink (gst_element_factory_make ("autoencoder", NULL));
  GParamSpec *spec = g_object_class_find_property (
      G_OBJECT_GET_CLASS (element), defaults[__i__].name);
  const GValue *value = g_param_spec_get_default_value (spec);
  g_autofree char *text = gst_value_serialize (value);

  ck_assert_str_eq (text, defaults[__i__].value);
  ck_assert (spec->flags & GST_PARAM_MUTABLE_READY);
  if (defaults[__i__].type)
    ck_assert (spec->value_type == defaults[__i__].type);
}
GST_END_TEST;

static const struct {
  const char *element;
  const char *property;
  guint usual;
} refused[] = {
    {"autoencoder",    "batch-size",         1 },
    {"autoencoder",    "inference-interval", 1 },
    {"latentvideoenc", "batch-size",         1 },
    {"latentaudioenc", "batch-size",         1 },
    {"latenttestsrc",  "period",             30},
};

static void
count_message (const char *domain, GLogLevelFlags level, const char *message, gpointer data)
{
  *(guint *)data += 1;
}

/* gst-launch-1.0 makes elements with their properties; GObject then leaves out both what is out of
 * range and the default. What it says of it is a warning in GLib 2.74, and critical in 2.84. */
GST_START_TEST (test_made_with_what_is_refused)
{
  GstElement *element;
  guint value, said = 0;
  guint id = g_log_set_handler (
      "GLib-GObject", G_LOG_LEVEL_WARNING | G_LOG_LEVEL_CRITICAL, count_message, &said);
  GLogLevelFlags fatal = g_log_set_always_fatal (G_LOG_LEVEL_ERROR);

  element = gst_element_factory_make_full (
      refused[__i__].element, refused[__i__].property, 0u, NULL);
  g_log_set_always_fatal (fatal);
  g_log_remove_handler ("GLib-GObject", id);
  ck_assert_uint_eq (said, 1);
  gst_object_ref_sink (element);
  g_object_get (element, refused[__i__].property, &value, NULL);
  ck_assert_uint_eq (value, refused[__i__].usual);
  gst_object_unref (element);
}
GST_END_TEST;

GST_START_TEST (test_nicks)
{
  g_autoptr (GstElement)
      element = gst_object_ref_sink (gst_element_factory_make ("autoencoder", NULL));
  static const char *const modes[] = {"reconstruct", "encode", "decode", "embed"};
  static const char *const precisions[] = {"auto", "f32", "bf16", "int8"};
  gint value;

  for (gint i = 0; i < 4; i++) {
    gst_util_set_object_arg (G_OBJECT (element), "mode", modes[i]);
    g_object_get (element, "mode", &value, NULL);
    ck_assert_int_eq (value, i);
    gst_util_set_object_arg (G_OBJECT (element), "precision", precisions[i]);
    g_object_get (element, "precision", &value, NULL);
    ck_assert_int_eq (value, i);
  }
}
GST_END_TEST;

GST_START_TEST (test_states)
{
  GstElement *element = gst_object_ref_sink (test_element_new (TEST_MODEL_RGB, NULL));

  for (guint i = 0; i < 3; i++) {
    ck_assert (gst_element_set_state (element, GST_STATE_PLAYING) == GST_STATE_CHANGE_SUCCESS);
    ck_assert (gst_element_set_state (element, GST_STATE_READY) == GST_STATE_CHANGE_SUCCESS);
    ck_assert (gst_element_set_state (element, GST_STATE_PAUSED) == GST_STATE_CHANGE_SUCCESS);
    ck_assert (gst_element_set_state (element, GST_STATE_NULL) == GST_STATE_CHANGE_SUCCESS);
  }
  gst_object_unref (element);
}
GST_END_TEST;

GST_START_TEST (test_ready_without_model)
{
  GstElement *element = gst_object_ref_sink (gst_element_factory_make ("autoencoder", NULL));

  ck_assert (gst_element_set_state (element, GST_STATE_READY) == GST_STATE_CHANGE_SUCCESS);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_object_unref (element);
}
GST_END_TEST;

/* Starts an element and expects it to refuse. */
static void
assert_refused (
    GstElement *element, GstState state, GQuark domain, gint code, const char *a, const char *b)
{
  GstBus *bus = gst_bus_new ();

  gst_object_ref_sink (element);
  gst_element_set_bus (element, bus);
  ck_assert (gst_element_set_state (element, state) == GST_STATE_CHANGE_FAILURE);
  test_bus_assert_error (bus, domain, code, a, b, NULL);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
  gst_object_unref (bus);
  gst_object_unref (element);
}

GST_START_TEST (test_model_unset)
{
  assert_refused (gst_element_factory_make ("autoencoder", NULL), GST_STATE_PAUSED,
      GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, "model", "must be set");
}
GST_END_TEST;

GST_START_TEST (test_model_absent)
{
  GstElement *element = gst_element_factory_make ("autoencoder", NULL);

  g_object_set (element, "model", "/nowhere/absent.onnx", NULL);
  assert_refused (element, GST_STATE_READY, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
      "/nowhere/absent.onnx", NULL);
}
GST_END_TEST;

GST_START_TEST (test_model_folder)
{
  GstElement *element = gst_element_factory_make ("autoencoder", NULL);

  g_object_set (element, "model", test_models_get_folder (), NULL);
  assert_refused (element, GST_STATE_READY, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ,
      test_models_get_folder (), NULL);
}
GST_END_TEST;

GST_START_TEST (test_model_nonsense)
{
  g_autofree char *path = g_build_filename (test_models_get_folder (), "text.onnx", NULL);
  GstElement *element = gst_element_factory_make ("autoencoder", NULL);

  ck_assert (g_file_set_contents (path, "nonsense\n", -1, NULL));
  g_object_set (element, "model", path, NULL);
  assert_refused (
      element, GST_STATE_READY, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "text.onnx", NULL);
  g_unlink (path);
}
GST_END_TEST;

GST_START_TEST (test_part_missing)
{
  static const char *const modes[] = {"reconstruct", "decode"};
  GstElement *element = test_element_new (TEST_MODEL_ENCODER, NULL);

  gst_util_set_object_arg (G_OBJECT (element), "mode", modes[__i__]);
  assert_refused (element, GST_STATE_READY, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
      "encoder.onnx", modes[__i__]);
}
GST_END_TEST;

/* After an error the element can be put right and started. */
GST_START_TEST (test_recovers)
{
  GstElement *element = gst_object_ref_sink (gst_element_factory_make ("autoencoder", NULL));

  g_object_set (element, "model", "/nowhere/absent.onnx", NULL);
  ck_assert (gst_element_set_state (element, GST_STATE_PAUSED) == GST_STATE_CHANGE_FAILURE);
  g_object_set (element, "model", test_models_get_path (TEST_MODEL_RGB), NULL);
  ck_assert (gst_element_set_state (element, GST_STATE_PAUSED) == GST_STATE_CHANGE_SUCCESS);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_object_unref (element);
}
GST_END_TEST;

GST_START_TEST (test_late_properties)
{
  g_auto (TestBench) bench = test_bench_new (TEST_MODEL_RGB, TEST_RGB (8, 8), NULL);
  guint batch_size;

  g_object_set (bench.element, "batch-size", 7, NULL);
  g_object_get (bench.element, "batch-size", &batch_size, NULL);
  ck_assert_uint_eq (batch_size, 1);
}
GST_END_TEST;

GST_START_TEST (test_int8_refused)
{
  g_auto (TestBench) bench = test_bench_new (TEST_MODEL_RGB, TEST_RGB (8, 8), "precision", 3, NULL);

  test_bus_assert_error (
      bench.bus, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, "int8", "rgb.onnx", NULL);
}
GST_END_TEST;

static guint64
get_count (const GstStructure *stats, const char *field)
{
  guint64 value = G_MAXUINT64;

  ck_assert_msg (gst_structure_get_uint64 (stats, field, &value), "no %s", field);
  return value;
}

GST_START_TEST (test_stats)
{
  g_auto (TestBench) bench = test_bench_new (TEST_MODEL_RGB, TEST_RGB (8, 12), NULL);
  GstVideoInfo info = test_video_info (TEST_RGB (8, 12));
  g_autoptr (GstStructure) stats = NULL;

  for (guint i = 0; i < 3; i++)
    gst_buffer_unref (gst_harness_push_and_pull (bench.harness, test_frame_new (&info, i, 0)));
  g_object_get (bench.element, "stats", &stats, NULL);
  ck_assert_str_eq (gst_structure_get_name (stats), "latent-stats");
  ck_assert_uint_eq (get_count (stats, "frames"), 3);
  ck_assert_uint_eq (get_count (stats, "dropped"), 0);
  ck_assert_uint_eq (get_count (stats, "nonfinite"), 0);
  ck_assert_uint_eq (get_count (stats, "d"), 288);
  ck_assert_uint_eq (get_count (stats, "k"), 288);
  ck_assert_uint_eq (get_count (stats, "macs"), 0);
  ck_assert (get_count (stats, "time-min") <= get_count (stats, "time-mean"));
  ck_assert (get_count (stats, "time-mean") <= get_count (stats, "time-max"));
  ck_assert (get_count (stats, "time-p95") <= get_count (stats, "time-max"));
  ck_assert_str_eq (gst_structure_get_string (stats, "latent-id"), TEST_ID);
  ck_assert (gst_structure_get_string (stats, "kernels")[0] != '\0');
}
GST_END_TEST;

GST_START_TEST (test_stats_message)
{
  g_auto (TestBench) bench = test_bench_new (TEST_MODEL_RGB, TEST_RGB (8, 8), NULL);
  GstVideoInfo info = test_video_info (TEST_RGB (8, 8));
  g_autoptr (GstMessage) message = NULL;

  gst_buffer_unref (gst_harness_push_and_pull (bench.harness, test_frame_new (&info, 0, 0)));
  ck_assert (gst_harness_push_event (bench.harness, gst_event_new_eos ()));
  message = test_bus_pop (bench.bus, GST_MESSAGE_ELEMENT);
  ck_assert (message != NULL);
  ck_assert (gst_message_has_name (message, "latent-stats"));
  ck_assert_uint_eq (get_count (gst_message_get_structure (message), "frames"), 1);
}
GST_END_TEST;

GST_START_TEST (test_nonfinite)
{
  g_auto (TestBench) bench = test_bench_new (TEST_MODEL_NAN, TEST_RGB (8, 8), "mode", 1, NULL);
  GstVideoInfo info = test_video_info (TEST_RGB (8, 8));
  g_autoptr (GstStructure) stats = NULL;
  g_autoptr (GstMessage) first = NULL, second = NULL;

  for (guint i = 0; i < 2; i++)
    gst_buffer_unref (gst_harness_push_and_pull (bench.harness, test_frame_new (&info, i, 0)));
  g_object_get (bench.element, "stats", &stats, NULL);
  ck_assert_uint_eq (get_count (stats, "nonfinite"), 2 * 192);
  first = test_bus_pop (bench.bus, GST_MESSAGE_WARNING);
  second = test_bus_pop (bench.bus, GST_MESSAGE_WARNING);
  ck_assert (first != NULL && second == NULL);
}
GST_END_TEST;

/* What a user of gst-launch-1.0 is told. */
GST_START_TEST (test_wanted_and_offered)
{
  g_autofree char *text = g_strdup_printf (
      "videotestsrc num-buffers=1 ! video/x-raw,format=GRAY8,width=97,height=64 ! "
      "autoencoder model=%s ! fakesink",
      test_models_get_path (TEST_MODEL_FIXED));
  GstBus *bus;
  GstElement *pipeline = new_pipeline (text, &bus);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  test_bus_assert_error (bus, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE, "fixed.onnx", "RGB",
      "96", "GRAY8", "97", NULL);
  clear_pipeline (pipeline, bus);
}
GST_END_TEST;

GST_START_TEST (test_other_model)
{
  g_autofree char *text = g_strdup_printf (
      "videotestsrc num-buffers=1 ! video/x-raw,format=RGB,width=8,height=8 ! "
      "autoencoder mode=encode model=%s ! autoencoder mode=decode model=%s ! fakesink",
      test_models_get_path (TEST_MODEL_RGB), test_models_get_path (TEST_MODEL_OTHER));
  GstBus *bus;
  GstElement *pipeline = new_pipeline (text, &bus);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  test_bus_assert_error (bus, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE, "other.onnx",
      "fedcba9876543210", "0123456789abcdef", NULL);
  clear_pipeline (pipeline, bus);
}
GST_END_TEST;

GST_START_TEST (test_downstream_refuses)
{
  g_autofree char *text = g_strdup_printf (
      "videotestsrc num-buffers=1 ! video/x-raw,format=RGB,width=8,height=8 ! "
      "autoencoder model=%s ! video/x-raw,width=16 ! fakesink",
      test_models_get_path (TEST_MODEL_RGB));
  GstBus *bus;
  GstElement *pipeline = new_pipeline (text, &bus);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  test_bus_assert_error (bus, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE, "gives",
      "width=(int)8", "downstream wants", "width=(int)16", NULL);
  clear_pipeline (pipeline, bus);
}
GST_END_TEST;

static Suite *
autoencoder_suite (void)
{
  Suite *suite = suite_create ("autoencoder");
  TCase *tests = tcase_create ("all");

  suite_add_tcase (suite, tests);
  tcase_add_unchecked_fixture (tests, test_models_init, test_models_clear);
  tcase_add_loop_test (tests, test_default, 0, G_N_ELEMENTS (defaults));
  tcase_add_loop_test (tests, test_made_with_what_is_refused, 0, G_N_ELEMENTS (refused));
  tcase_add_test (tests, test_nicks);
  tcase_add_test (tests, test_states);
  tcase_add_test (tests, test_ready_without_model);
  tcase_add_test (tests, test_model_unset);
  tcase_add_test (tests, test_model_absent);
  tcase_add_test (tests, test_model_folder);
  tcase_add_test (tests, test_model_nonsense);
  tcase_add_loop_test (tests, test_part_missing, 0, 2);
  tcase_add_test (tests, test_recovers);
  tcase_add_test (tests, test_late_properties);
  tcase_add_test (tests, test_int8_refused);
  tcase_add_test (tests, test_stats);
  tcase_add_test (tests, test_stats_message);
  tcase_add_test (tests, test_nonfinite);
  tcase_add_test (tests, test_wanted_and_offered);
  tcase_add_test (tests, test_other_model);
  tcase_add_test (tests, test_downstream_refuses);
  return suite;
}

GST_CHECK_MAIN (autoencoder)
