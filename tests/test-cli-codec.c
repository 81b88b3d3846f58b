/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The command on .lat files. */
#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>
#include <string.h>

#include "cli-run.h"

static const char clip[] = "'gst:videotestsrc num-buffers=12 pattern=ball ! "
                           "video/x-raw,width=50,height=34,framerate=30/1'";
static const char sound[] =
    "'gst:audiotestsrc num-buffers=5 samplesperbuffer=1001 ! audio/x-raw,rate=8000'";

static void
open_folder (void)
{
  make_folder ();
  g_autofree char *line = g_strdup_printf ("pca %s -k 6 --tile 8x8 -o clip.onnx", clip);
  fail_unless_equals_int (run (line), 0);
}

/* Encodes the clip to a.lat with further options. */
static JsonObject *
encode (const char *options)
{
  g_autofree char *line = g_strdup_printf ("encode %s -m clip.onnx -o a.lat %s", clip, options);

  return run_json (line);
}

static gsize
get_size (const char *name)
{
  gsize size;

  g_free (read_file (name, &size));
  return size;
}

GST_START_TEST (pictures_there_and_back)
{
  g_autoptr (JsonObject) encoded = encode ("--psnr -q 63");
  g_autofree char *line = g_strdup_printf ("eval clip.onnx %s", clip);
  g_autoptr (JsonObject) evaluated = run_json (line);
  g_autoptr (JsonObject) decoded = run_json ("decode a.lat -m clip.onnx -o a.mkv");

  fail_unless_equals_int ((int)get_number (encoded, "frames"), 12);
  fail_unless_equals_int ((int)get_number (encoded, "keys"), 1);
  fail_unless_equals_int ((gsize)get_number (encoded, "bytes"), get_size ("a.lat"));
  fail_unless_equals_int ((int)get_number (decoded, "frames"), 12);
  fail_unless_equals_int ((gsize)get_number (decoded, "bytes"), get_size ("a.mkv"));
  /* what the finest steps take away is nothing beside what the components do */
  fail_unless (ABS (get_number (encoded, "psnr") - get_number (evaluated, "psnr")) < .1, "%f, %f",
      get_number (encoded, "psnr"), get_number (evaluated, "psnr"));
}
GST_END_TEST

#define LOOK "colorimetry=bt709,chroma-site=cosited,pixel-aspect-ratio=4/3"

/* Other caps would be refused at the end. */
GST_START_TEST (pictures_look_as_they_did)
{
  static const char source[] = "'gst:videotestsrc num-buffers=4 ! "
                               "video/x-raw,format=I420,width=64,height=48,framerate=30/1," LOOK
                               "'";
  g_autofree char *learn = g_strdup_printf (
      "pca %s -k 20 --tile 16x16 --format I420 -o yuv.onnx", source);
  g_autofree char *code = g_strdup_printf ("encode %s -m yuv.onnx -o a.lat", source);

  fail_unless_equals_int (run (learn), 0);
  fail_unless_equals_int (run (code), 0);
  fail_unless_equals_int (
      run ("decode a.lat -m yuv.onnx -o 'gst:video/x-raw," LOOK " ! fakesink'"), 0);
  fail_unless (run ("decode a.lat -m yuv.onnx -o 'gst:video/x-raw,colorimetry=bt601 ! fakesink'"));
}
GST_END_TEST

GST_START_TEST (quality_and_bitrate_cost_bytes)
{
  g_autoptr (JsonObject) low = encode ("-q 0 --psnr");
  g_autoptr (JsonObject) high = encode ("-q 50 --psnr");
  g_autoptr (JsonObject) held = encode ("-q 50 -b 5");

  fail_unless (get_number (low, "bytes") < get_number (high, "bytes") * .7);
  fail_unless (get_number (low, "psnr") < get_number (high, "psnr") - 3);
  fail_unless (get_number (held, "bytes") < get_number (high, "bytes") * .8);
}
GST_END_TEST

GST_START_TEST (key_frames)
{
  g_autoptr (JsonObject) every_fifth = encode ("-k 5");
  g_autoptr (JsonObject) once = encode ("-k 0");

  fail_unless_equals_int ((int)get_number (every_fifth, "keys"), 3);
  fail_unless_equals_int ((int)get_number (once, "keys"), 1);
}
GST_END_TEST

GST_START_TEST (models_in_files)
{
  json_object_unref (encode ("--embed-model --max-frames 2"));
  g_autoptr (JsonObject) decoded = run_json ("decode a.lat -o a.mkv");
  fail_unless_equals_int ((int)get_number (decoded, "frames"), 2);

  json_object_unref (encode ("--max-frames 2"));
  fail_unless_equals_int (run ("decode a.lat -o a.mkv"), 1);
  fail_unless (strstr (err, "no model of latent id ") != NULL, "%s", err);
}
GST_END_TEST

GST_START_TEST (models_in_folders)
{
  json_object_unref (encode ("--max-frames 2"));
  g_setenv ("LATENT_MODELS", folder, TRUE);
  g_autoptr (JsonObject) decoded = run_json ("decode a.lat -o a.mkv");
  g_unsetenv ("LATENT_MODELS");
  fail_unless_equals_int ((int)get_number (decoded, "frames"), 2);
}
GST_END_TEST

GST_START_TEST (files_that_are_cut_off)
{
  gsize size;
  g_autofree char *path = in_folder ("a.lat");

  json_object_unref (encode ("-k 4"));
  g_autofree char *bytes = read_file ("a.lat", &size);
  fail_unless (g_file_set_contents (path, bytes, (gssize)size - 200, NULL));
  g_autoptr (JsonObject) decoded = run_json ("decode a.lat -m clip.onnx -o a.mkv");
  fail_unless (get_number (decoded, "frames") >= 4);
  fail_unless (strstr (err, "a.lat: the file was not finished") != NULL, "%s", err);
}
GST_END_TEST

GST_START_TEST (files_that_are_none)
{
  g_autofree char *path = in_folder ("a.lat");

  fail_unless (g_file_set_contents (path, "hello", -1, NULL));
  fail_unless_equals_int (run ("decode a.lat -m clip.onnx -o a.mkv"), 1);
  fail_unless (strstr (err, "a.lat: ") != NULL, "%s", err);
  json_object_unref (encode ("--max-frames 2"));
  fail_unless_equals_int (run ("decode a.lat -m clip.onnx -o a.wav"), 1);
  fail_unless (strstr (err, "a.lat: no stream of it is what 'a.wav'") != NULL, "%s", err);
  fail_unless_equals_int (run ("decode a.lat -m clip.onnx -o a.y4m"), 2);
  fail_unless (strstr (err, "'a.y4m' ends in nothing that can be written: pictures .npy, .mkv"));
}
GST_END_TEST

GST_START_TEST (pictures_of_two_sizes)
{
  g_autofree char *line = g_strdup_printf (
      "encode %s 'gst:videotestsrc num-buffers=1 ! video/x-raw,width=32,height=32' -m clip.onnx "
      "-o a.lat",
      clip);

  fail_unless_equals_int (run (line), 1);
  fail_unless (strstr (err, "a picture of 32x32 after some of 50x34") != NULL, "%s", err);
}
GST_END_TEST

GST_START_TEST (sound_there_and_back)
{
  g_autofree char *learn = g_strdup_printf ("pca %s -k 20 --format audio -o sound.onnx", sound);
  g_autofree char *line = g_strdup_printf ("encode %s -m sound.onnx -o s.lat --psnr -q 63", sound);
  fail_unless_equals_int (run (learn), 0);
  g_autofree char *evaluate = g_strdup_printf ("eval sound.onnx %s", sound);
  g_autoptr (JsonObject) encoded = run_json (line);
  g_autoptr (JsonObject) evaluated = run_json (evaluate);
  g_autoptr (JsonObject) decoded = run_json ("decode s.lat -m sound.onnx -o s.wav");

  fail_unless_equals_int ((int)get_number (encoded, "frames"), 32); /* windows of 20 ms */
  fail_unless (ABS (get_number (encoded, "psnr") - get_number (evaluated, "psnr")) < .1);
  fail_unless_equals_int ((int)get_number (decoded, "frames"), 32);
  fail_unless_equals_int (get_size ("s.wav"), 44 + 2 * 5005);
}
GST_END_TEST

/* Bytes of the clip as JPEG, by a pipeline of its own. */
static gsize
count_jpeg_bytes (int quality)
{
  g_autofree char *path = in_folder ("a.jpg");
  g_autofree char *text = g_strdup_printf (
      "videotestsrc num-buffers=12 pattern=ball ! "
      "video/x-raw,format=I420,width=64,height=48,framerate=30/1 ! jpegenc quality=%d ! "
      "filesink location=%s",
      quality, path);
  GstElement *pipeline = gst_parse_launch (text, NULL);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  gst_message_unref (gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS));
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  return get_size ("a.jpg");
}

GST_START_TEST (curves_next_to_others)
{
  static const int qualities[] = {5, 15, 30, 50, 75, 90};
  g_autoptr (JsonObject) result = run_json (
      "eval clip.onnx 'gst:videotestsrc num-buffers=12 pattern=ball ! "
      "video/x-raw,width=64,height=48,framerate=30/1' --against x264,jpeg --picture r.svg "
      "--report r.html");
  JsonArray *points = json_object_get_array_member (result, "points");
  JsonArray *rates = json_object_get_array_member (result, "bd_rate");
  g_autofree char *picture = read_file ("r.svg", NULL);
  g_autofree char *page = read_file ("r.html", NULL);

  fail_unless_equals_int ((int)json_array_get_length (points), 7 + 6 + 6);
  for (guint i = 0; i < 6; i++) {
    JsonObject *point = json_array_get_object_element (points, 7 + 6 + i);
    gsize bytes = count_jpeg_bytes (qualities[i]);
    fail_unless_equals_string (json_object_get_string_member (point, "codec"), "jpeg");
    fail_unless_equals_int ((int)get_number (point, "quality"), qualities[i]);
    fail_unless_equals_int ((gsize)get_number (point, "bytes"), bytes);
    fail_unless (
        ABS (get_number (point, "bits_per_pixel") - (double)bytes * 8 / (12 * 64 * 48)) < 1e-9);
    if (i == 5) /* were ranges of luma converted there would be 30 dB at most */
      fail_unless (get_number (point, "psnr_luma") > 36, "%f", get_number (point, "psnr_luma"));
  }
  fail_unless_equals_int ((int)json_array_get_length (rates), 2);
  fail_unless_equals_string (
      json_object_get_string_member (json_array_get_object_element (rates, 0), "against"), "x264");
  fail_unless (strstr (picture, "MS-SSIM") != NULL);
  fail_unless (strstr (page, "against jpeg, by MS-SSIM") != NULL);
}
GST_END_TEST

/* WebP is in no package that the tests need. */
GST_START_TEST (a_curve_of_webp)
{
  g_autofree char *line = g_strdup_printf ("eval clip.onnx %s --against webp", clip);
  g_autoptr (GstElementFactory) factory = gst_element_factory_find ("webpenc");

  if (!factory) {
    fail_unless_equals_int (run (line), 1);
    fail_unless (strstr (err, "no element webpenc") && strstr (err, "gstreamer1.0-plugins-bad"));
    return;
  }
  g_autoptr (JsonObject) result = run_json (line);
  JsonObject *best = json_array_get_object_element (
      json_object_get_array_member (result, "points"), 7 + 5);
  fail_unless (get_number (best, "psnr_luma") > 36, "%f", get_number (best, "psnr_luma"));
}
GST_END_TEST

/* A peer without losses worth the name comes back as it went in, however late it was. */
GST_START_TEST (curves_of_sound)
{
  g_autofree char *learn = g_strdup_printf ("pca %s -k 20 --format audio -o sound.onnx", sound);
  g_autofree char *line = g_strdup_printf ("eval sound.onnx %s --against opus,speex", sound);
  fail_unless_equals_int (run (learn), 0);
  g_autoptr (JsonObject) result = run_json (line);
  JsonArray *points = json_object_get_array_member (result, "points");
  JsonObject *best = json_array_get_object_element (points, 7 + 5);

  fail_unless_equals_int ((int)json_array_get_length (points), 7 + 6 + 6);
  fail_unless_equals_string (json_object_get_string_member (best, "codec"), "opus");
  fail_unless (get_number (best, "si_sdr") > 15, "%f", get_number (best, "si_sdr"));
  fail_unless (ABS (get_number (best, "kbits_per_second") - 48) < 12, "%f",
      get_number (best, "kbits_per_second"));
}
GST_END_TEST

GST_START_TEST (peers_that_are_none)
{
  g_autofree char *line = g_strdup_printf ("eval clip.onnx %s --against jpeg,opus", clip);

  fail_unless_equals_int (run (line), 2);
  fail_unless (strstr (err, "'opus' is none of those for pictures: x264, jpeg, webp") != NULL);
}
GST_END_TEST

static Suite *
cli_codec_suite (void)
{
  Suite *suite = suite_create ("cli codec");
  TCase *tc = tcase_create ("codec");

  tcase_set_timeout (tc, 300);
  tcase_add_checked_fixture (tc, open_folder, remove_folder);
  tcase_add_test (tc, pictures_there_and_back);
  tcase_add_test (tc, pictures_look_as_they_did);
  tcase_add_test (tc, quality_and_bitrate_cost_bytes);
  tcase_add_test (tc, key_frames);
  tcase_add_test (tc, models_in_files);
  tcase_add_test (tc, models_in_folders);
  tcase_add_test (tc, files_that_are_cut_off);
  tcase_add_test (tc, files_that_are_none);
  tcase_add_test (tc, pictures_of_two_sizes);
  tcase_add_test (tc, sound_there_and_back);
  tcase_add_test (tc, curves_next_to_others);
  tcase_add_test (tc, a_curve_of_webp);
  tcase_add_test (tc, curves_of_sound);
  tcase_add_test (tc, peers_that_are_none);
  suite_add_tcase (suite, tc);
  return suite;
}

GST_CHECK_MAIN (cli_codec);
