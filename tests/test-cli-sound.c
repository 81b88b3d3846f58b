/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The command on .lat files of nets that carry state, and frames of packets of sound: as the
 * elements have them. */
#include <gst/check/gstcheck.h>
#include <math.h>
#include <string.h>

#include "cli-run.h"
#include "tests/models.h"

#define N     (41 * 300) /* samples: 38 hops and a part */
#define CLIP  "audiotestsrc num-buffers=41 samplesperbuffer=300 volume=0.3 ! " F32
#define F32   "audio/x-raw,format=F32LE,layout=interleaved,rate=16000,channels=1"
#define MODEL "speech.onnx"

static char *
get_model (const char *name)
{
  return g_build_filename (g_getenv ("LATENT_SRCDIR"), "models", name, NULL);
}

/* Runs a pipeline in `folder` to its end, after a seek where one is asked for. */
static void
play (const char *text, GstClockTime seek)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_object_ref_sink (gst_parse_launch (text, &error));
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;

  fail_unless (error == NULL, "%s", error ? error->message : "");
  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  if (GST_CLOCK_TIME_IS_VALID (seek)) {
    fail_unless_equals_int (
        gst_element_get_state (pipeline, NULL, NULL, 20 * GST_SECOND), GST_STATE_CHANGE_SUCCESS);
    fail_unless (gst_element_seek_simple (
        pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE, seek));
  }
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS, "%s", text);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

static void
assert_same (const char *name, const char *wanted, gsize size)
{
  gsize got;
  g_autofree char *bytes = read_file (name, &got);

  fail_unless_equals_int (got, size);
  fail_unless (memcmp (bytes, wanted, size) == 0);
}

/* The clip as `name` with further options. */
static JsonObject *
encode (const char *name, const char *options)
{
  g_autofree char *model = get_model (MODEL);
  g_autofree char *line = g_strdup_printf (
      "encode 'gst:" CLIP "' -m %s -o %s -q 56 --threads 1 %s", model, name, options);

  return run_json (line);
}

/* What `name` decodes to by the command. */
static float *
decode (const char *name, gsize *size)
{
  g_autofree char *model = get_model (MODEL);
  g_autofree char *raw = in_folder ("command.raw");
  g_autofree char *line = g_strdup_printf (
      "decode %s -m %s --threads 1 -o 'gst:" F32 " ! filesink location=%s'", name, model, raw);

  fail_unless_equals_int (run (line), 0);
  return (float *)(gpointer)read_file ("command.raw", size);
}

/* By the element, from a time on. */
static float *
decode_by_element (const char *name, GstClockTime from, gsize *size)
{
  g_autofree char *model = get_model (MODEL);
  g_autofree char *file = in_folder (name);
  g_autofree char *raw = in_folder ("element.raw");
  g_autofree char *text = g_strdup_printf ("filesrc location=%s ! latentdemux ! latentaudiodec "
                                           "model=%s threads=1 ! " F32 " ! filesink location=%s",
      file, model, raw);

  play (text, from);
  return (float *)(gpointer)read_file ("element.raw", size);
}

/* Frames of a packet, frames from a key packet to the next, key packets. */
static const struct {
  int frames, interval, keys;
} packets[] = {
    {1, 6, 7 },
    {2, 6, 7 },
    {4, 6, 5 }, /* packets are not cut in two */
    {6, 0, 1 },
    {1, 1, 39},
};

static JsonObject *
encode_row (int row, const char *name)
{
  g_autofree char *options = g_strdup_printf (
      "-k %d --frames-per-packet %d --psnr", packets[row].interval, packets[row].frames);

  return encode (name, options);
}

GST_START_TEST (packets_and_samples_as_of_the_elements)
{
  g_autofree char *model = get_model (MODEL);
  g_autofree char *file = in_folder ("element.lat");
  g_autofree char *text = g_strdup_printf (CLIP
      " ! latentaudioenc model=%s quality=56 threads=1 key-int-max=%d frames-per-packet=%d "
      "! latentmux ! filesink location=%s",
      model, packets[__i__].interval, packets[__i__].frames, file);
  g_autoptr (JsonObject) encoded = encode_row (__i__, "command.lat");
  gsize sizes[3];

  fail_unless_equals_int ((int)get_number (encoded, "frames"), 39);
  fail_unless_equals_int ((int)get_number (encoded, "keys"), packets[__i__].keys);
  play (text, GST_CLOCK_TIME_NONE);
  g_autofree float *wanted = decode_by_element ("element.lat", GST_CLOCK_TIME_NONE, &sizes[0]);
  g_autofree float *mixed = decode_by_element ("command.lat", GST_CLOCK_TIME_NONE, &sizes[1]);
  g_autofree float *command = decode ("command.lat", &sizes[2]);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    fail_unless_equals_int (sizes[i], N * sizeof (float));
  fail_unless (memcmp (mixed, wanted, sizes[0]) == 0);
  fail_unless (memcmp (command, wanted, sizes[0]) == 0);
}
GST_END_TEST

/* From 0.5 s on, where the last key packet before is one at 0.48 s. */
GST_START_TEST (seeks)
{
  const guint from = 8000;
  gsize all, rest;

  json_object_unref (encode_row (__i__, "command.lat"));
  g_autofree float *samples = decode ("command.lat", &all);
  g_autofree float *sought = decode_by_element ("command.lat", 500 * GST_MSECOND, &rest);

  fail_unless_equals_int (all, N * sizeof *samples);
  fail_unless_equals_int (rest, (N - from) * sizeof *sought);
  fail_unless (memcmp (samples + from, sought, rest) == 0);
}
GST_END_TEST

GST_START_TEST (more_frames_take_fewer_bytes)
{
  g_autoptr (JsonObject) one = encode_row (0, "one.lat");
  g_autoptr (JsonObject) two = encode_row (1, "two.lat");

  fail_unless (get_number (two, "bytes") < get_number (one, "bytes") - 19);
  fail_unless (get_number (one, "psnr") > 25, "%f", get_number (one, "psnr"));
  fail_unless (get_number (two, "psnr") == get_number (one, "psnr"));
}
GST_END_TEST

/* --psnr decodes as `latent decode` does. */
GST_START_TEST (psnr_is_of_what_is_decoded)
{
  g_autofree char *path = in_folder ("clip.raw");
  g_autofree char *text = g_strdup_printf (CLIP " ! filesink location=%s", path);
  g_autoptr (JsonObject) encoded = encode_row (1, "a.lat");
  gsize before, after;
  double mse = 0;

  play (text, GST_CLOCK_TIME_NONE);
  g_autofree float *clip = (float *)(gpointer)read_file ("clip.raw", &before);
  g_autofree float *decoded = decode ("a.lat", &after);
  fail_unless_equals_int (before, N * sizeof *clip);
  fail_unless_equals_int (after, N * sizeof *decoded);
  for (guint i = 0; i < N; i++)
    mse += (double)(clip[i] - decoded[i]) * (clip[i] - decoded[i]) / N;
  fail_unless (ABS (get_number (encoded, "psnr") + 10 * log10 (mse)) < 0.001, "%f, %f",
      get_number (encoded, "psnr"), -10 * log10 (mse));
}
GST_END_TEST

/* 5.02 s, one key packet in 5. */
GST_START_TEST (key_packets_without_being_asked)
{
  g_autofree char *model = get_model (MODEL);
  g_autofree char *line = g_strdup_printf (
      "encode 'gst:audiotestsrc num-buffers=251 samplesperbuffer=320 ! " F32 "' -m %s -o a.lat",
      model);
  g_autoptr (JsonObject) encoded = run_json (line);

  fail_unless_equals_int ((int)get_number (encoded, "frames"), 251);
  fail_unless_equals_int ((int)get_number (encoded, "keys"), 2);
}
GST_END_TEST

/* Encoder and decoder each remember a picture: what only one of them forgot at a key packet would
 * be seen. */
GST_START_TEST (pictures_of_nets_with_state)
{
  static const char clip[] = "videotestsrc num-buffers=8 pattern=gradient ! videobalance hue=0.3 ! "
                             "video/x-raw,format=RGB,width=8,height=8,framerate=25/1";
  const gsize size = 8 * 8 * 8 * 3;
  g_autofree char *file = in_folder ("state.lat");
  g_autofree char *before = in_folder ("before.raw");
  g_autofree char *after = in_folder ("after.raw");
  test_models_init ();
  const char *model = test_models_get_path (TEST_MODEL_STATE);
  g_autofree char *original = g_strdup_printf ("%s ! filesink location=%s", clip, before);
  g_autofree char *line = g_strdup_printf (
      "encode 'gst:%s' -m %s -o state.lat -q 63 -k 3 --psnr", clip, model);
  g_autofree char *decoding = g_strdup_printf ("decode state.lat -m %s -o 'gst:video/x-raw,"
                                               "format=RGB ! filesink location=%s'",
      model, after);
  g_autofree char *text = g_strdup_printf (
      "filesrc location=%s ! latentdemux ! latentvideodec model=%s ! filesink location=%s", file,
      model, after);

  play (original, GST_CLOCK_TIME_NONE);
  g_autofree char *wanted = read_file ("before.raw", NULL);
  g_autoptr (JsonObject) encoded = run_json (line);
  fail_unless_equals_int ((int)get_number (encoded, "keys"), 3);
  fail_unless (json_object_get_null_member (encoded, "psnr")); /* infinite */
  fail_unless_equals_int (run (decoding), 0);
  assert_same ("after.raw", wanted, size);
  play (text, GST_CLOCK_TIME_NONE);
  assert_same ("after.raw", wanted, size);
  test_models_clear ();
}
GST_END_TEST

static const struct {
  const char *model, *options, *message;
} refusals[] = {
    {MODEL,        "-o a.lat --frames-per-packet 0", "--frames-per-packet: 0 is not between 1 and 6"},
    {MODEL,        "-o a.lat --frames-per-packet 7", "--frames-per-packet: 7 is not between 1 and 6"},
    {MODEL,        "-o a.npy --frames-per-packet 2", "--frames-per-packet: 'a.npy' does not end in" },
    {"video.onnx", "-o a.lat --frames-per-packet 2",
     "--frames-per-packet: packets of sound hold "
        "several frames, and '"                                                                     },
};

GST_START_TEST (what_is_refused)
{
  g_autofree char *model = get_model (refusals[__i__].model);
  g_autofree char *line = g_strdup_printf (
      "encode 'gst:" CLIP "' -m %s %s", model, refusals[__i__].options);

  fail_unless_equals_int (run (line), 2);
  fail_unless (strstr (err, refusals[__i__].message) != NULL, "%s", err);
}
GST_END_TEST

static Suite *
cli_sound_suite (void)
{
  Suite *suite = suite_create ("cli sound");
  TCase *tc = tcase_create ("sound");

  tcase_set_timeout (tc, 120);
  tcase_add_checked_fixture (tc, make_folder, remove_folder);
  tcase_add_loop_test (tc, packets_and_samples_as_of_the_elements, 0, G_N_ELEMENTS (packets));
  tcase_add_loop_test (tc, seeks, 0, 3);
  tcase_add_test (tc, more_frames_take_fewer_bytes);
  tcase_add_test (tc, psnr_is_of_what_is_decoded);
  tcase_add_test (tc, pictures_of_nets_with_state);
  tcase_add_test (tc, key_packets_without_being_asked);
  tcase_add_loop_test (tc, what_is_refused, 0, G_N_ELEMENTS (refusals));
  suite_add_tcase (suite, tc);
  return suite;
}

GST_CHECK_MAIN (cli_sound);
