/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib/gstdio.h>
#include <latent/model.h>

#include "tests/element.h"

/* The element latenttrain: what it writes, says, and hands on. */

#define TINY "arch=conv conv-channels=4 latent=4 batch=4 threads=1 shuffle=200"
#define SOURCE                                                                                     \
  "videotestsrc pattern=ball num-buffers=60 ! video/x-raw,format=RGB,width=16,height=16"

/* Where a test's model goes; unlike any other's. */
static char *
make_path (const char *name)
{
  char *path = g_build_filename (test_models_get_folder (), name, NULL);
  g_unlink (path);
  return path;
}

static gboolean
is_written (const char *path)
{
  g_autoptr (LatentModel) model = latent_model_load (path, NULL);
  return model != NULL;
}

static GstElement *
new_pipeline (GstBus **bus, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  g_autoptr (GError) error = NULL;
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

/* The next message of these types; there must be one. */
static GstMessage *
await (GstBus *bus, GstMessageType types)
{
  GstMessage *message = gst_bus_timed_pop_filtered (
      bus, 60 * GST_SECOND, types | GST_MESSAGE_ERROR);
  ck_assert (message != NULL);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR && !(types & GST_MESSAGE_ERROR)) {
    g_autoptr (GError) error = NULL;
    gst_message_parse_error (message, &error, NULL);
    ck_abort_msg ("%s", error->message);
  }
  return message;
}

static void
run_to_end (GstElement *pipeline, GstBus *bus)
{
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  gst_message_unref (await (bus, GST_MESSAGE_EOS));
}

/* latenttrain between two pads. */
static GstHarness *
new_harness (const char *path, const char *settings, const char *caps, GstBus **bus)
{
  g_autoptr (GstElement)
      element = gst_object_ref_sink (gst_element_factory_make ("latenttrain", NULL));
  ck_assert (element != NULL);
  *bus = gst_bus_new ();
  gst_element_set_bus (element, *bus);
  g_object_set (element, "model", path, "settings", settings, NULL);
  GstHarness *harness = gst_harness_new_with_element (element, "sink", "src");
  gst_harness_set_src_caps_str (harness, caps);
  return harness;
}

static void
clear_harness (GstHarness *harness, GstBus *bus)
{
  gst_harness_teardown (harness);
  gst_bus_set_flushing (bus, TRUE);
  gst_object_unref (bus);
}

static guint64
get_stat (GstElement *element, const char *name)
{
  g_autoptr (GstStructure) stats = NULL;
  guint64 value = G_MAXUINT64;
  g_object_get (element, "stats", &stats, NULL);
  gst_structure_get_uint64 (stats, name, &value);
  return value;
}

GST_START_TEST (test_learns)
{
  g_autofree char *path = make_path ("learns.onnx");
  GstBus *bus;
  GstElement *pipeline = new_pipeline (
      &bus, SOURCE " ! latenttrain model=%s settings=\"" TINY " steps=20\"", path);
  run_to_end (pipeline, bus);
  clear_pipeline (pipeline, bus);
  pipeline = new_pipeline (&bus, SOURCE " ! autoencoder model=%s ! fakesink", path);
  run_to_end (pipeline, bus);
  clear_pipeline (pipeline, bus);
}
GST_END_TEST;

GST_START_TEST (test_messages)
{
  g_autofree char *path = make_path ("messages.onnx");
  GstBus *bus;
  GstElement *pipeline = new_pipeline (
      &bus, SOURCE " ! latenttrain model=%s settings=\"" TINY " steps=20 lr=0.002\"", path);
  guint64 step = 0;
  double loss = -1, rate = -1;
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (step < 20) {
    g_autoptr (GstMessage) message = await (bus, GST_MESSAGE_ELEMENT | GST_MESSAGE_EOS);
    const GstStructure *structure = gst_message_get_structure (message);
    ck_assert (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT);
    ck_assert (gst_structure_has_name (structure, "latent-training"));
    ck_assert (gst_structure_get_uint64 (structure, "step", &step));
    ck_assert (gst_structure_get_double (structure, "loss", &loss));
    ck_assert (gst_structure_get_double (structure, "rate", &rate));
  }
  ck_assert_uint_eq (step, 20);
  ck_assert (loss > 0 && loss < 1);
  TEST_ASSERT_NEAR (rate, .002, 1e-9);
  gst_message_unref (await (bus, GST_MESSAGE_EOS));
  clear_pipeline (pipeline, bus);
}
GST_END_TEST;

GST_START_TEST (test_save)
{
  g_autofree char *path = make_path ("save.onnx");
  GstBus *bus;
  GstElement *pipeline = new_pipeline (&bus,
      "videotestsrc is-live=true pattern=ball ! video/x-raw,format=RGB,width=16,height=16 "
      "! latenttrain name=t model=%s settings=\"" TINY "\"",
      path);
  g_autoptr (GstElement) element = gst_bin_get_by_name (GST_BIN (pipeline), "t");
  gboolean saved = FALSE;
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (get_stat (element, "samples") < 4)
    g_usleep (1000);
  g_signal_emit_by_name (element, "save", &saved);
  ck_assert (saved);
  ck_assert (is_written (path));
  clear_pipeline (pipeline, bus);
}
GST_END_TEST;

GST_START_TEST (test_save_before_samples)
{
  g_autofree char *path = make_path ("early.onnx");
  GstBus *bus;
  GstHarness *harness = new_harness (path, TINY, TEST_RGB (16, 16), &bus);
  gboolean saved = TRUE;
  g_signal_emit_by_name (harness->element, "save", &saved);
  ck_assert (!saved);
  clear_harness (harness, bus);
}
GST_END_TEST;

/* What stops without an end, as by Ctrl-C, keeps what was learned. */
GST_START_TEST (test_interrupted)
{
  g_autofree char *path = make_path ("interrupted.onnx");
  GstBus *bus;
  GstElement *pipeline = new_pipeline (&bus,
      "videotestsrc is-live=true ! video/x-raw,format=RGB,width=16,height=16 "
      "! latenttrain name=t model=%s settings=\"" TINY "\"",
      path);
  g_autoptr (GstElement) element = gst_bin_get_by_name (GST_BIN (pipeline), "t");
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (get_stat (element, "step") < 1)
    g_usleep (1000);
  clear_pipeline (pipeline, bus);
  ck_assert (is_written (path));
}
GST_END_TEST;

/* Every buffer goes on at once and as it is, though a step takes longer than the stream. */
GST_START_TEST (test_passes)
{
  g_autofree char *path = make_path ("passes.onnx");
  GstBus *bus;
  GstHarness *harness = new_harness (path,
      "arch=conv conv-channels=16,16 latent=4 batch=32 threads=1 shuffle=100", TEST_RGB (64, 64),
      &bus);
  GstVideoInfo info = test_video_info (TEST_RGB (64, 64));
  for (guint i = 0; i < 200; i++) {
    GstBuffer *buffer = test_frame_new (&info, i % 10, 0);
    ck_assert (gst_harness_push (harness, buffer) == GST_FLOW_OK);
    g_autoptr (GstBuffer) out = gst_harness_try_pull (harness);
    ck_assert (out == buffer);
  }
  ck_assert_uint_eq (get_stat (harness->element, "samples"), 200);
  ck_assert_uint_lt (get_stat (harness->element, "step"), 200);
  ck_assert_uint_le (get_stat (harness->element, "buffered"), 100);
  clear_harness (harness, bus);
}
GST_END_TEST;

GST_START_TEST (test_passes_end)
{
  g_autofree char *path = make_path ("end.onnx");
  GstBus *bus;
  GstElement *pipeline = new_pipeline (
      &bus, SOURCE " ! latenttrain model=%s settings=\"" TINY "\" ! fakesink", path);
  run_to_end (pipeline, bus);
  ck_assert (is_written (path));
  clear_pipeline (pipeline, bus);
}
GST_END_TEST;

/* In a bin of its own, whose pads are those of the element. */
GST_START_TEST (test_in_bin)
{
  g_autofree char *path = make_path ("bin.onnx");
  static const char *const sinks[] = {"", "! fakesink"};
  GstBus *bus;
  GstElement *pipeline = new_pipeline (
      &bus, SOURCE " ! bin.( latenttrain model=%s settings=\"" TINY "\" ) %s", path, sinks[__i__]);
  run_to_end (pipeline, bus);
  ck_assert (is_written (path));
  clear_pipeline (pipeline, bus);
}
GST_END_TEST;

GST_START_TEST (test_states)
{
  g_autofree char *path = make_path ("states.onnx");
  GstElement *element = gst_object_ref_sink (gst_element_factory_make ("latenttrain", NULL));
  g_object_set (element, "model", path, NULL);
  /* a sink that has seen no buffer is on its way still */
  for (guint i = 0; i < 3; i++) {
    ck_assert (gst_element_set_state (element, GST_STATE_PLAYING) == GST_STATE_CHANGE_ASYNC);
    ck_assert (gst_element_set_state (element, GST_STATE_READY) == GST_STATE_CHANGE_SUCCESS);
    ck_assert (gst_element_set_state (element, GST_STATE_PAUSED) == GST_STATE_CHANGE_ASYNC);
    ck_assert (gst_element_set_state (element, GST_STATE_NULL) == GST_STATE_CHANGE_SUCCESS);
  }
  ck_assert (!is_written (path));
  gst_object_unref (element);
}
GST_END_TEST;

/* PAUSED is reached with the first buffer, and the stream does not stop there: its end, which came
 * before, is told once the pipeline plays. */
GST_START_TEST (test_end_in_paused)
{
  g_autofree char *path = make_path ("paused.onnx");
  GstBus *bus;
  GstElement *pipeline = new_pipeline (
      &bus, SOURCE " ! latenttrain model=%s settings=\"" TINY " steps=3\"", path);
  ck_assert (gst_element_set_state (pipeline, GST_STATE_PAUSED) == GST_STATE_CHANGE_ASYNC);
  ck_assert (
      gst_element_get_state (pipeline, NULL, NULL, 20 * GST_SECOND) == GST_STATE_CHANGE_SUCCESS);
  while (!is_written (path))
    g_usleep (1000);
  run_to_end (pipeline, bus);
  clear_pipeline (pipeline, bus);
}
GST_END_TEST;

GST_START_TEST (test_again)
{
  g_autofree char *path = make_path ("again.onnx");
  GstBus *bus;
  GstElement *pipeline = new_pipeline (
      &bus, SOURCE " ! latenttrain model=%s settings=\"" TINY " steps=3\"", path);
  for (guint i = 0; i < 2; i++) {
    g_unlink (path);
    run_to_end (pipeline, bus);
    ck_assert (is_written (path));
    gst_element_set_state (pipeline, GST_STATE_READY);
  }
  clear_pipeline (pipeline, bus);
}
GST_END_TEST;

static const struct {
  const char *property, *value;
  const char *a, *b; /* of the message */
} wrongs[] = {
    {"settings", "foo=1",              "settings", "foo"      },
    {"settings", "arch",               "settings", "KEY=VALUE"},
    {"settings", "batch=many",         "settings", "batch"    },
    {"settings", "arch='conv",         "settings", "quot"     },
    {"settings", "task=classify",      "task",     "labels"   },
    {"settings", "init=pca",           "init",     "file"     },
    {"settings", "pairs=true batch=3", "batch",    "multiple" },
    {"settings", "resume=true",        "resume",   "init"     },
    {"model",    NULL,                 "model",    "must be"  },
};

GST_START_TEST (test_wrong)
{
  GstElement *element = gst_object_ref_sink (gst_element_factory_make ("latenttrain", NULL));
  GstBus *bus = gst_bus_new ();
  gst_element_set_bus (element, bus);
  g_object_set (element, "model", "/nowhere/x.onnx", NULL);
  g_object_set (element, wrongs[__i__].property, wrongs[__i__].value, NULL);
  ck_assert (gst_element_set_state (element, GST_STATE_PAUSED) == GST_STATE_CHANGE_FAILURE);
  test_bus_assert_error (
      bus, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, wrongs[__i__].a, wrongs[__i__].b, NULL);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
  gst_object_unref (bus);
  gst_object_unref (element);
}
GST_END_TEST;

/* What the net says no to is found out when its first sample is there. */
GST_START_TEST (test_wrong_net)
{
  g_autofree char *path = make_path ("net.onnx");
  GstBus *bus;
  GstElement *pipeline = new_pipeline (
      &bus, SOURCE " ! latenttrain model=%s settings=\"" TINY " kernel=4\"", path);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  test_bus_assert_error (bus, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, "kernel", "odd", NULL);
  clear_pipeline (pipeline, bus);
  ck_assert (!is_written (path));
}
GST_END_TEST;

GST_START_TEST (test_no_sample)
{
  g_autofree char *path = make_path ("none.onnx");
  GstBus *bus;
  GstElement *pipeline = new_pipeline (
      &bus, "videotestsrc num-buffers=0 ! latenttrain model=%s", path);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  test_bus_assert_error (
      bus, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED, "no sample", "none.onnx", NULL);
  clear_pipeline (pipeline, bus);
}
GST_END_TEST;

GST_START_TEST (test_not_writable)
{
  GstBus *bus;
  GstElement *pipeline = new_pipeline (
      &bus, SOURCE " ! latenttrain model=/nowhere/x.onnx settings=\"" TINY " steps=2\"");
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  test_bus_assert_error (
      bus, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE, "/nowhere/x.onnx", NULL);
  clear_pipeline (pipeline, bus);
}
GST_END_TEST;

GST_START_TEST (test_another_size)
{
  g_autofree char *path = make_path ("size.onnx");
  GstBus *bus;
  GstHarness *harness = new_harness (path, TINY, TEST_RGB (16, 16), &bus);
  GstVideoInfo first = test_video_info (TEST_RGB (16, 16));
  GstVideoInfo second = test_video_info (TEST_RGB (24, 20));
  ck_assert (gst_harness_push (harness, test_frame_new (&first, 0, 0)) == GST_FLOW_OK);
  gst_harness_set_src_caps_str (harness, TEST_RGB (24, 20));
  ck_assert (gst_harness_push (harness, test_frame_new (&second, 1, 0)) == GST_FLOW_ERROR);
  test_bus_assert_error (
      bus, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE, "24x20", "16x16", "crop", NULL);
  clear_harness (harness, bus);
}
GST_END_TEST;

#define DIVERGING TINY " optimiser=sgd lr=1000 steps=100"

GST_START_TEST (test_diverges)
{
  g_autofree char *path = make_path ("diverges.onnx");
  GstBus *bus;
  GstElement *pipeline = new_pipeline (
      &bus, SOURCE " ! latenttrain model=%s settings=\"" DIVERGING "\"", path);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  test_bus_assert_error (
      bus, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED, "diverges.onnx", "loss", NULL);
  clear_pipeline (pipeline, bus);
  ck_assert (is_written (path));
}
GST_END_TEST;

/* A stream that others see flows on. */
GST_START_TEST (test_diverges_passing)
{
  g_autofree char *path = make_path ("passing.onnx");
  GstBus *bus;
  GstElement *pipeline = new_pipeline (
      &bus, SOURCE " ! latenttrain model=%s settings=\"" DIVERGING "\" ! fakesink", path);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  gst_message_unref (await (bus, GST_MESSAGE_WARNING));
  gst_message_unref (await (bus, GST_MESSAGE_EOS));
  clear_pipeline (pipeline, bus);
}
GST_END_TEST;

GST_START_TEST (test_goes_on)
{
  g_autofree char *path = make_path ("first.onnx");
  g_autofree char *next = make_path ("next.onnx");
  GstBus *bus;
  GstElement *pipeline = new_pipeline (
      &bus, SOURCE " ! latenttrain model=%s settings=\"" TINY " steps=2\"", path);
  run_to_end (pipeline, bus);
  clear_pipeline (pipeline, bus);
  pipeline = new_pipeline (&bus,
      SOURCE " ! latenttrain init=%s model=%s settings=\"batch=4 steps=2 shuffle=99\"", path, next);
  run_to_end (pipeline, bus);
  clear_pipeline (pipeline, bus);
  ck_assert (is_written (next));
}
GST_END_TEST;

/* Sound in both formats. */
GST_START_TEST (test_sound)
{
  g_autofree char *path = make_path ("sound.onnx");
  static const char *const names[] = {"F32LE", "S16LE"};
  GstBus *bus;
  GstElement *pipeline = new_pipeline (&bus,
      "audiotestsrc num-buffers=20 ! audio/x-raw,format=%s,rate=8000,channels=1 "
      "! latenttrain model=%s settings=\"arch=dense latent=2 window=64 batch=4 steps=5 "
      "shuffle=99\"",
      names[__i__], path);
  run_to_end (pipeline, bus);
  clear_pipeline (pipeline, bus);
  g_autoptr (LatentModel) model = latent_model_load (path, NULL);
  ck_assert_uint_eq (latent_model_get_media_info (model)->rate, 8000);
  ck_assert_uint_eq (latent_model_get_media_info (model)->window, 64);
}
GST_END_TEST;

GST_START_TEST (test_vectors)
{
  g_autofree char *path = make_path ("vectors.onnx");
  GstBus *bus;
  GstHarness *harness = new_harness (path, "arch=linear latent=2 batch=4 steps=5 shuffle=99",
      "other/tensors,format=static,num_tensors=1,types=float32,dimensions=\"4:1:1:1\","
      "framerate=0/1",
      &bus);
  for (guint i = 0; i < 8; i++) {
    float values[4] = {i % 2, 1, i % 3, 0};
    ck_assert (gst_harness_push (harness, test_floats_new (4, values)) == GST_FLOW_OK);
  }
  ck_assert (gst_harness_push_event (harness, gst_event_new_eos ()));
  clear_harness (harness, bus);
  g_autoptr (LatentModel) model = latent_model_load (path, NULL);
  ck_assert (latent_model_get_media_info (model)->kind == LATENT_MEDIA_VECTOR);
}
GST_END_TEST;

static Suite *
train_element_suite (void)
{
  Suite *suite = suite_create ("train-element");
  TCase *tests = tcase_create ("all");

  suite_add_tcase (suite, tests);
  tcase_add_unchecked_fixture (tests, test_models_init, test_models_clear);
  tcase_add_test (tests, test_learns);
  tcase_add_test (tests, test_messages);
  tcase_add_test (tests, test_save);
  tcase_add_test (tests, test_save_before_samples);
  tcase_add_test (tests, test_interrupted);
  tcase_add_test (tests, test_passes);
  tcase_add_test (tests, test_passes_end);
  tcase_add_loop_test (tests, test_in_bin, 0, 2);
  tcase_add_test (tests, test_states);
  tcase_add_test (tests, test_end_in_paused);
  tcase_add_test (tests, test_again);
  tcase_add_loop_test (tests, test_wrong, 0, G_N_ELEMENTS (wrongs));
  tcase_add_test (tests, test_wrong_net);
  tcase_add_test (tests, test_no_sample);
  tcase_add_test (tests, test_not_writable);
  tcase_add_test (tests, test_another_size);
  tcase_add_test (tests, test_diverges);
  tcase_add_test (tests, test_diverges_passing);
  tcase_add_test (tests, test_goes_on);
  tcase_add_loop_test (tests, test_sound, 0, 2);
  tcase_add_test (tests, test_vectors);
  return suite;
}

GST_CHECK_MAIN (train_element)
