/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* latent bench: what it says, and what does not go together. */
#include <gst/check/gstcheck.h>
#include <string.h>

#include "cli-run.h"

static const char clip[] =
    "'gst:videotestsrc num-buffers=6 pattern=ball ! video/x-raw,width=50,height=34'";

static const struct {
  const char *line;
  int status;
  const char *said;
} lines[] = {
    {"bench a.onnx --element --batch 1025",                                                    2,
     "--batch: 1025 with --element, whose batches are of 1024"                                                                              },
    {"bench a.onnx --element --runs 100000",                                                   2,
     "--runs: 100000 pictures of 1280x720 with --element"                                                                                   },
    {"bench a.onnx --element --mode all",                                                      2, "--mode: 'all' is none of reconstruct"    },
    {"bench a.onnx --element --size 64",                                                       2, "--size: '64' is not a size"              },
    {"bench a.onnx --element --precision fp16",                                                2, "--precision: 'fp16' is none of auto, f32"},
    {"bench a.onnx --element --threads 5000",                                                  2, "--threads: 5000 is not between"          },
    {"bench a.onnx --size 64x32 --element --layers --precision INT8",                          1,
     "int8 wants a quantised model"                                                                                                         },
    {"bench a.onnx --size 64x32 --element --precision F32 --batch 2 --runs 4 --layers --json", 0,
     "ms_min"                                                                                                                               },
};

GST_START_TEST (what_does_not_go_together)
{
  g_autofree char *learn = g_strdup_printf ("pca %s -k 3 -o a.onnx", clip);

  fail_unless_equals_int (run (learn), 0);
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    fail_unless_equals_int (run (lines[i].line), lines[i].status);
    fail_unless (strstr (lines[i].status == 0 ? out : err, lines[i].said) != NULL, "%s: %s",
        lines[i].line, err);
  }
}
GST_END_TEST

GST_START_TEST (bench_of_a_small_net)
{
  static const char *const keys[] = {"fps", "ms_min", "ms_median", "macs", "gflops", "roof_gflops",
      "roof_fraction", "arena_bytes"};
  g_autofree char *learn = g_strdup_printf ("pca %s -k 3 -o a.onnx", clip);
  g_autoptr (JsonObject) pca = run_json (learn);
  g_autoptr (JsonObject) bench = run_json (
      "bench a.onnx --size 64x32 --threads 1 --runs 3 --layers --element --mode encode");
  JsonArray *elements = json_object_get_array_member (bench, "elements");
  JsonArray *steps = json_object_get_array_member (bench, "layers");

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    fail_unless (get_number (bench, keys[i]) >= 0);
  /* 4x2 tiles of 384 numbers to 3 latents. */
  fail_unless_equals_int ((int)get_number (bench, "macs"), 8 * 384 * 3);
  fail_unless (json_array_get_length (steps) > 0);
  fail_unless_equals_string (
      json_object_get_string_member (json_array_get_object_element (steps, 0), "precision"), "f32");
  /* encode, decode, both; encoder, decoder, both */
  fail_unless_equals_int (json_array_get_length (elements), 6);
  for (guint i = 0; i < 6; i++) {
    JsonObject *row = json_array_get_object_element (elements, i);
    fail_unless_equals_int ((int)get_number (row, "frames"), 3);
    fail_unless (get_number (row, "fps") > 0 && get_number (row, "start_ms") > 0);
  }
}
GST_END_TEST

static Suite *
cli_bench_suite (void)
{
  Suite *suite = suite_create ("cli-bench");
  TCase *tcase = tcase_create ("general");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, make_folder, remove_folder);
  tcase_add_test (tcase, what_does_not_go_together);
  tcase_add_test (tcase, bench_of_a_small_net);
  return suite;
}

GST_CHECK_MAIN (cli_bench)
