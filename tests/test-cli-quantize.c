/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* latent quantize: models of pictures, sound and vectors. */
#include <gst/check/gstcheck.h>
#include <string.h>

#include "cli-run.h"

static const char clip[] = "'gst:videotestsrc num-buffers=12 pattern=smpte ! "
                           "video/x-raw,width=64,height=48,framerate=30/1'";
static const char sound[] =
    "'gst:audiotestsrc wave=white-noise num-buffers=30 samplesperbuffer=1000 ! "
    "audio/x-raw,rate=4000'";

static void
open_folder (void)
{
  make_folder ();
  write_pictures ();
}

static const char *
get_string (JsonArray *layers, guint i, const char *key)
{
  return json_object_get_string_member (json_array_get_object_element (layers, i), key);
}

static JsonObject *
quantize (const char *input, const char *options)
{
  g_autofree char *line = g_strdup_printf ("quantize net.onnx %s -o int8.onnx %s", input, options);

  return run_json (line);
}

static char *
get_id (const char *model, guint *parameters)
{
  g_autofree char *line = g_strdup_printf ("info %s", model);
  g_autoptr (JsonObject) info = run_json (line);

  *parameters = (guint)get_number (info, "parameters");
  return g_strdup (json_object_get_string_member (info, "id"));
}

/* The limits are wide: both layers are in integers. */
static void
check_wide (const char *pca, const char *input)
{
  g_autofree char *line = g_strdup_printf ("pca %s %s -o net.onnx", input, pca);
  fail_unless_equals_int (run (line), 0);
  g_autoptr (JsonObject) result = quantize (input, "--max-loss 60 --max-shift 60");
  JsonArray *layers = json_object_get_array_member (result, "layers");
  guint n[2];
  g_autofree char *before = get_id ("net.onnx", &n[0]), *after = get_id ("int8.onnx", &n[1]);

  fail_unless_equals_int (json_array_get_length (layers), 2);
  fail_unless_equals_string (get_string (layers, 0, "precision"), "int8");
  fail_unless_equals_string (get_string (layers, 1, "precision"), "int8");
  fail_unless_equals_string (before, after);
  fail_unless (n[1] >= n[0], "%u parameters, before %u", n[1], n[0]); /* biases may be new */
  fail_unless (get_number (result, "psnr_int8") > 5);
  fail_unless (get_number (result, "shift") > 0);
  fail_unless (run ("quantize int8.onnx pictures.npy -o again.onnx") == 1);
  fail_unless (strstr (err, "int8.onnx: it is quantised already") != NULL, "%s", err);
}

GST_START_TEST (of_pictures)
{
  check_wide ("-k 12 --tile 8x8", clip);
  /* the other's streams */
  g_autofree char *line = g_strdup_printf ("encode %s -m int8.onnx -o a.lat", clip);
  fail_unless_equals_int (run (line), 0);
  fail_unless_equals_int (run ("decode a.lat -m net.onnx -o a.mkv"), 0);
}
GST_END_TEST

GST_START_TEST (of_sound)
{
  check_wide ("-k 8 --window 32 --format audio", sound);
}
GST_END_TEST

GST_START_TEST (of_vectors)
{
  check_wide ("-k 2", "pictures.npy");
}
GST_END_TEST

/* Pictures are exact, so that the first layer loses nothing but by its weights. */
GST_START_TEST (what_costs_stays)
{
  g_autofree char *line = g_strdup_printf ("pca %s -k 12 --tile 8x8 -o net.onnx", clip);
  fail_unless_equals_int (run (line), 0);
  g_autoptr (JsonObject) left = quantize (clip, "--leave encode --max-loss 60 --max-shift 60");
  JsonArray *layers = json_object_get_array_member (left, "layers");
  fail_unless_equals_string (get_string (layers, 0, "precision"), "f32");
  fail_unless_equals_string (get_string (layers, 1, "precision"), "int8");
  fail_unless_equals_float (get_number (left, "shift"), 0);
  g_autofree char *strict = g_strdup_printf (
      "quantize net.onnx %s -o int8.onnx --max-loss 0 --max-shift 0", clip);
  fail_unless_equals_int (run (strict), 1);
  fail_unless (strstr (err, "no layer is left") != NULL, "%s", err);
}
GST_END_TEST

static Suite *
cli_quantize_suite (void)
{
  Suite *suite = suite_create ("cli-quantize");
  TCase *tcase = tcase_create ("general");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, open_folder, remove_folder);
  tcase_add_test (tcase, of_pictures);
  tcase_add_test (tcase, of_sound);
  tcase_add_test (tcase, of_vectors);
  tcase_add_test (tcase, what_costs_stays);
  return suite;
}

GST_CHECK_MAIN (cli_quantize)
