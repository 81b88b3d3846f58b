/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* `latent plot` as users meet it. */
#include <gst/check/gstcheck.h>
#include <math.h>
#include <string.h>

#include "cli-run.h"

/* classes.npy: of pictures.npy, in turn 0, 1, 2. few.npy: of half of them. pca.onnx: 3 latents.
 * vae.onnx: a variational net of 2. */
static void
open_folder (void)
{
  guint8 classes[40];
  make_folder ();
  write_pictures ();
  for (guint i = 0; i < 40; i++)
    classes[i] = i % 3;
  write_npy ("classes.npy", "|u1", "40", classes, sizeof classes);
  write_npy ("few.npy", "|u1", "20", classes, 20);
  fail_unless_equals_int (run ("pca pictures.npy -k 3 -o pca.onnx"), 0);
  fail_unless_equals_int (run ("train pictures.npy --arch vae --hidden 8 --latent 2 --batch 8 "
                               "--steps 2 --threads 1 -o vae.onnx"),
      0);
}

static guint
read_uint32 (const char *data)
{
  const guint8 *p = (const guint8 *)data;
  return (guint)p[0] << 24 | (guint)p[1] << 16 | (guint)p[2] << 8 | p[3];
}

static void
expect_png (const char *name, guint width, guint height)
{
  gsize size;
  g_autofree char *data = read_file (name, &size);
  fail_unless (size > 100 && memcmp (data, "\x89PNG\r\n\x1a\n", 8) == 0);
  fail_unless_equals_int (read_uint32 (data + 16), width);
  fail_unless_equals_int (read_uint32 (data + 20), height);
}

/* A line of what an SVG document says in words. */
static void
expect_word (const char *svg, const char *word)
{
  const char *begin = strstr (svg, "<desc>"), *end = strstr (svg, "</desc>");
  g_autofree char *line = g_strdup_printf ("\n%s\n", word);
  fail_unless (g_str_has_prefix (svg, "<?xml") && begin != NULL && end != NULL);
  g_autofree char *words = g_strdup_printf ("\n%.*s", (int)(end - begin - 6), begin + 6);
  fail_unless (strstr (words, line) != NULL, "no '%s' in%s", word, words);
}

static void
draw (const char *line)
{
  int status = run (line);
  fail_unless (status == 0, "latent %s: %d, %s", line, status, err);
  fail_unless_equals_string (out, "");
  fail_unless_equals_string (err, "");
}

#define SCATTER "plot pca.onnx pictures.npy --kind scatter "

static const struct {
  const char *line;
  int status;
  const char *said;
} lines[] = {
    {"plot",                                                            2, "arguments expected"                        },
    {"plot pca.onnx -o a.png",                                          2, "--kind is missing"                         },
    {"plot pca.onnx --kind basis",                                      2, "-o FILE is missing"                        },
    {"plot pca.onnx --kind pie -o a.png",                               2, "--kind: 'pie' is none of scatter, traverse"},
    {"plot pca.onnx --kind basis -o a.jpg",                             2, "-o: 'a.jpg': a picture's name"             },
    {"plot pca.onnx --kind scatter -o a.png",                           2, "needs INPUT after MODEL"                   },
    {"plot pca.onnx --kind samples -o a.png",                           2, "is not variational"                        },
    {"plot pca.onnx --kind basis --labels few.npy -o a.png",            2,
     "--labels means nothing with --kind basis"                                                                        },
    {"plot vae.onnx --kind samples --count 0 -o a.png",                 2, "--count: 0 is not between 1"               },
    {SCATTER "--dimensions 0 -o a.png",                                 2, "--dimensions: '0' is not two"              },
    {SCATTER "--dimensions 0,3 -o a.png",                               2, "--dimensions: there is no latent 3 among 3"},
    {"plot pca.onnx pictures.npy --kind traverse --sample 40 -o a.png", 2,
     "--sample: there is no sample 40 among 40"                                                                        },
    {SCATTER "--labels few.npy -o a.png",                               1, "few.npy: 20 labels for 40 samples"         },
    {SCATTER "--labels absent.npy -o a.png",                            1, "absent.npy"                                },
    {SCATTER "-o /nowhere/a.png",                                       1, "/nowhere/a.png"                            },
    {"plot absent.onnx --kind basis -o a.png",                          1, "absent.onnx"                               },
    {"plot pictures.npy --kind curve -o a.png",                         1, "pictures.npy: line 1 is not"               },
};

GST_START_TEST (arguments)
{
  int status = run (lines[__i__].line);
  g_autofree char *path = in_folder ("a.png");
  fail_unless (status == lines[__i__].status, "latent %s: %d, %s", lines[__i__].line, status, err);
  fail_unless (strstr (err, lines[__i__].said) != NULL, "latent %s: %s", lines[__i__].line, err);
  fail_if (g_file_test (path, G_FILE_TEST_EXISTS));
}
GST_END_TEST

GST_START_TEST (scripts_are_told_the_file)
{
  g_autoptr (JsonObject) said = run_json ("plot pca.onnx --kind basis -o a.png");
  fail_unless_equals_string (json_object_get_string_member (said, "output"), "a.png");
}
GST_END_TEST

/* The deviations are the singular values of the samples less their mean over the root of 40. */
GST_START_TEST (a_scatter_says_what_it_shows)
{
  static const char *const words[] = {"pca.onnx: k = 3 of d = 16, 40 samples", "class", "0", "1",
      "2", "-0.1", "0.02", "latent 0 (deviation 0.0909, one of the two greatest)",
      "latent 1 (deviation 0.0152, one of the two greatest)"};
  draw (SCATTER "--labels classes.npy -o a.svg");
  g_autofree char *svg = read_file ("a.svg", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    expect_word (svg, words[i]);
}
GST_END_TEST

GST_START_TEST (a_scatter_of_dimensions_that_are_asked_for)
{
  draw (SCATTER "--dimensions 2,1 -o a.svg");
  g_autofree char *svg = read_file ("a.svg", NULL);
  const char *x = strstr (svg, "\nlatent 2 (deviation ");
  const char *y = strstr (svg, "\nlatent 1 (deviation ");
  fail_unless (x != NULL && y != NULL && x < y);
  fail_if (strstr (svg, "greatest") != NULL);
  fail_if (strstr (svg, "class") != NULL);
}
GST_END_TEST

static const struct {
  const char *line;
  guint width, height;
} pictures[] = {
    {SCATTER "-o a.png",                                       748,  750},
    {SCATTER "--labels classes.npy -o a.png",                  840,  750},
    {SCATTER "--labels classes.npy --pictures -o a.png",       840,  750},
    {"plot pca.onnx --kind basis -o a.png",                    1180, 0  },
    {"plot pca.onnx pictures.npy --kind reconstruct -o a.png", 1180, 0  },
};

GST_START_TEST (sizes_of_pictures)
{
  gsize size;
  draw (pictures[__i__].line);
  g_autofree char *data = read_file ("a.png", &size);
  guint height = pictures[__i__].height ? pictures[__i__].height : read_uint32 (data + 20);
  expect_png ("a.png", pictures[__i__].width, height);
}
GST_END_TEST

GST_START_TEST (a_traverse_has_a_row_for_each_latent)
{
  static const char *const words[] = {"pca.onnx: one latent moved at a time", "-3 sd", "-2 sd",
      "-1 sd", "base", "+1 sd", "+2 sd", "+3 sd", "latent 0", "latent 1", "latent 2"};
  draw ("plot pca.onnx pictures.npy --kind traverse -o a.svg");
  g_autofree char *svg = read_file ("a.svg", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    expect_word (svg, words[i]);
  fail_unless (strstr (svg, "base: the mean of all samples") != NULL);
}
GST_END_TEST

GST_START_TEST (a_traverse_from_one_sample)
{
  draw ("plot pca.onnx pictures.npy --kind traverse --sample 39 --dimensions 1 -o a.svg");
  g_autofree char *svg = read_file ("a.svg", NULL);
  expect_word (svg, "latent 1");
  fail_if (strstr (svg, "latent 0") != NULL);
  fail_unless (strstr (svg, "base: the latents of the chosen sample") != NULL);
}
GST_END_TEST

GST_START_TEST (samples_of_a_prior_need_no_input)
{
  gsize sizes[3];
  char *data[3] = {NULL};
  static const char *const seeds[] = {"7", "7", "8"};
  for (guint i = 0; i < 3; i++) {
    g_autofree char *line = g_strdup_printf (
        "plot vae.onnx --kind samples --count 9 --seed %s -o a.png", seeds[i]);
    draw (line);
    data[i] = read_file ("a.png", &sizes[i]);
  }
  fail_unless (sizes[0] == sizes[1] && memcmp (data[0], data[1], sizes[0]) == 0);
  fail_if (sizes[0] == sizes[2] && memcmp (data[0], data[2], sizes[0]) == 0);
  for (guint i = 0; i < 3; i++)
    g_free (data[i]);
}
GST_END_TEST

GST_START_TEST (samples_say_where_they_come_from)
{
  draw ("plot vae.onnx pictures.npy --kind samples -o a.svg");
  draw ("plot pca.onnx pictures.npy --kind samples --seed 3 -o b.svg");
  g_autofree char *prior = read_file ("a.svg", NULL);
  g_autofree char *fitted = read_file ("b.svg", NULL);
  expect_word (prior, "vae.onnx: decoded from the prior, normal (0, 1); seed 1");
  fail_unless (strstr (fitted, "a normal distribution fitted to the samples") != NULL);
  fail_unless (strstr (fitted, "seed 3") != NULL);
}
GST_END_TEST

GST_START_TEST (latents_that_are_not_finite)
{
  float values[3 * 16] = {0};
  values[0] = 1;
  values[17] = NAN;
  write_npy ("nan.npy", "<f4", "3, 16", values, sizeof values);
  write_npy ("nans.npy", "<f4", "1, 16", values + 16, 16 * sizeof (float));
  fail_unless_equals_int (run ("plot pca.onnx nan.npy --kind scatter -o a.svg"), 0);
  fail_unless (strstr (err, "latents of 1 samples are not finite") != NULL, "%s", err);
  g_autofree char *svg = read_file ("a.svg", NULL);
  expect_word (svg, "pca.onnx: k = 3 of d = 16, 2 samples");
  fail_unless_equals_int (run ("plot pca.onnx nans.npy --kind scatter -o b.svg"), 1);
  fail_unless (strstr (err, "the latents of all samples are NaN or infinite") != NULL);
  fail_unless_equals_int (run ("eval pca.onnx nans.npy --report b.html"), 0);
}
GST_END_TEST

/* Losses over many decades, and some that are as good as one. */
GST_START_TEST (curves_of_any_range)
{
  static const char *const losses[] = {"1e300 1e-300", "0.3 0.300000000001", "0 0", "5e-324 1"};
  g_auto (GStrv) pair = g_strsplit (losses[__i__], " ", 2);
  g_autofree char *text = g_strdup_printf (
      "set,step,loss\ntrain,1,%s\ntrain,2,%s\n", pair[0], pair[1]);
  g_autofree char *path = in_folder ("range.csv");
  fail_unless (g_file_set_contents (path, text, -1, NULL));
  draw ("plot range.csv --kind curve -o a.svg");
  g_autofree char *svg = read_file ("a.svg", NULL);
  fail_unless (strlen (svg) > 1000 && strstr (svg, "nan") == NULL);
}
GST_END_TEST

/* Every kind draws what models of sound and of frames of any size make. */
static const struct {
  const char *model, *input, *kind;
} media[] = {
    {"sound.onnx", "sound.npy",    "scatter"    },
    {"sound.onnx", "sound.npy",    "traverse"   },
    {"sound.onnx", "sound.npy",    "reconstruct"},
    {"sound.onnx", "sound.npy",    "samples"    },
    {"sound.onnx", "",             "basis"      },
    {"video.onnx", "pictures.npy", "scatter"    },
    {"video.onnx", "pictures.npy", "traverse"   },
    {"video.onnx", "pictures.npy", "reconstruct"},
    {"video.onnx", "pictures.npy", "samples"    },
    {"video.onnx", "",             "basis"      },
};

GST_START_TEST (kinds_of_media)
{
  g_autofree char *line = g_strdup_printf (
      "plot %s %s --kind %s -o a.png", media[__i__].model, media[__i__].input, media[__i__].kind);
  gint16 sound[4000];
  for (gint i = 0; i < 4000; i++)
    sound[i] = (gint16)(i * i % 20011 - 10000);
  write_npy ("sound.npy", "<i2", "4000", sound, sizeof sound);
  fail_unless_equals_int (run ("pca sound.npy --format audio --rate 8000 --channels 1 --window 40 "
                               "-k 4 -o sound.onnx"),
      0);
  fail_unless_equals_int (run ("pca pictures.npy --format GRAY8 --tile 2x2 -k 2 -o video.onnx"), 0);
  draw (line);
}
GST_END_TEST

GST_START_TEST (d_and_k_of_frames)
{
  fail_unless_equals_int (run ("pca pictures.npy --format GRAY8 --tile 2x2 -k 2 -o video.onnx"), 0);
  draw ("plot video.onnx pictures.npy --kind scatter -o a.svg");
  g_autofree char *svg = read_file ("a.svg", NULL);
  expect_word (svg, "video.onnx: k = 8 of d = 16, 40 samples");
  fail_unless (strstr (svg, "\nmean of latent 1 (deviation ") != NULL);
}
GST_END_TEST

GST_START_TEST (a_curve_of_a_table)
{
  g_autofree char *path = in_folder ("loss.csv");
  fail_unless (g_file_set_contents (
      path, "set,step,loss\ntrain,1,100\ntrain,10,1\ntrain,100,0.01\ntest,100,0.1\n", -1, NULL));
  draw ("plot loss.csv --kind curve -o a.png");
  draw ("plot loss.csv --kind curve -o a.svg");
  expect_png ("a.png", 800, 480);
  g_autofree char *svg = read_file ("a.svg", NULL);
  static const char *const words[] = {
      "loss.csv", "step", "loss", "train", "test", "0.01", "0.1", "1", "10", "100"};
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    expect_word (svg, words[i]);
}
GST_END_TEST

GST_START_TEST (a_broken_table_is_refused)
{
  static const char *const tables[] = {"set,step,loss\ntrain,1\n", "set,step,loss\ntrain,x,1\n",
      "set,step,loss\nother,1,1\n", "set,step,loss\ntrain,1,y\n"};
  g_autofree char *path = in_folder ("broken.csv");
  fail_unless (g_file_set_contents (path, tables[__i__], -1, NULL));
  fail_unless_equals_int (run ("plot broken.csv --kind curve -o b.png"), 1);
  fail_unless (strstr (err, "broken.csv: line 2 is not") != NULL, "%s", err);
}
GST_END_TEST

GST_START_TEST (eval_draws_svg_too)
{
  fail_unless_equals_int (run ("eval pca.onnx pictures.npy --picture a.svg"), 0);
  g_autofree char *svg = read_file ("a.svg", NULL);
  expect_word (svg, "original");
  expect_word (svg, "reconstruction");
  fail_unless_equals_int (run ("eval pca.onnx pictures.npy --picture a.gif"), 2);
  fail_unless (strstr (err, "--picture: 'a.gif'") != NULL);
}
GST_END_TEST

/* A page that stands by itself. */
static void
expect_page (const char *page)
{
  static const char *const forbidden[] = {"<script", "http:", "https:", "<link", "NaN", "(null)"};
  fail_unless (g_str_has_prefix (page, "<!DOCTYPE html>") && g_str_has_suffix (page, "</html>\n"));
  for (guint i = 0; i < G_N_ELEMENTS (forbidden); i++)
    fail_if (strstr (page, forbidden[i]) != NULL, "%s", forbidden[i]);
}

static guint
count_words (const char *text, const char *word)
{
  guint n = 0;
  for (; (text = strstr (text, word)) != NULL; text++)
    n++;
  return n;
}

GST_START_TEST (a_report_has_numbers_and_pictures)
{
  static const char *const parts[] = {"<tr><th scope=\"row\">samples</th><td>40</td></tr>",
      "<td>1 x 16</td>", "d / k</th><td>5.33333</td>", "median</th><td>",
      "A bottleneck: of 16 numbers 3 are kept.", "The samples of the greatest errors",
      "How the errors of single samples are spread", "How much each latent varies",
      "one latent at a time"};
  g_autoptr (JsonObject) eval = run_json ("eval pca.onnx pictures.npy --report r.html");
  g_autofree char *page = read_file ("r.html", NULL);
  fail_unless_equals_int ((int)get_number (eval, "samples"), 40);
  expect_page (page);
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    fail_unless (strstr (page, parts[i]) != NULL, "no %s", parts[i]);
  fail_unless_equals_int (count_words (page, "<img "), 5);
  fail_if (strstr (page, "coloured by class") != NULL);
}
GST_END_TEST

GST_START_TEST (a_report_with_labels_has_a_scatter)
{
  fail_unless_equals_int (
      run ("eval pca.onnx pictures.npy --labels classes.npy --report r.html"), 0);
  g_autofree char *page = read_file ("r.html", NULL);
  expect_page (page);
  fail_unless_equals_int (count_words (page, "<img "), 6);
  fail_unless (strstr (page, "coloured by class") != NULL);
  fail_unless_equals_int (run ("eval pca.onnx pictures.npy --labels few.npy --report s.html"), 1);
  fail_unless (strstr (err, "few.npy: 20 labels for 40 samples") != NULL, "%s", err);
}
GST_END_TEST

GST_START_TEST (a_report_of_a_classifier)
{
  fail_unless_equals_int (
      run ("train pictures.npy --labels classes.npy --task classify --hidden 8 --latent 2 --loss "
           "categorical --batch 8 --steps 2 --threads 1 -o head.onnx"),
      0);
  fail_unless_equals_int (
      run ("eval head.onnx pictures.npy --labels classes.npy --report r.html"), 0);
  g_autofree char *page = read_file ("r.html", NULL);
  expect_page (page);
  fail_unless (strstr (page, "accuracy</th><td>0.") != NULL);
  fail_unless (strstr (page, "coloured by class") != NULL);
  fail_if (strstr (page, "Reconstructions") != NULL);
}
GST_END_TEST

GST_START_TEST (names_are_escaped_in_reports)
{
  fail_unless_equals_int (run ("pca pictures.npy -k 2 -o '<b>&.onnx'"), 0);
  fail_unless_equals_int (run ("eval '<b>&.onnx' pictures.npy --report r.html"), 0);
  g_autofree char *page = read_file ("r.html", NULL);
  fail_unless (strstr (page, "<h1>&lt;b&gt;&amp;.onnx</h1>") != NULL);
  fail_if (strstr (page, "<b>") != NULL);
}
GST_END_TEST

static Suite *
plot_suite (void)
{
  Suite *suite = suite_create ("cli-plot");
  TCase *tests = tcase_create ("plot");
  tcase_set_timeout (tests, 120);
  suite_add_tcase (suite, tests);
  tcase_add_unchecked_fixture (tests, open_folder, remove_folder);
  tcase_add_loop_test (tests, arguments, 0, G_N_ELEMENTS (lines));
  tcase_add_test (tests, a_scatter_says_what_it_shows);
  tcase_add_test (tests, a_scatter_of_dimensions_that_are_asked_for);
  tcase_add_loop_test (tests, sizes_of_pictures, 0, G_N_ELEMENTS (pictures));
  tcase_add_test (tests, scripts_are_told_the_file);
  tcase_add_test (tests, a_traverse_has_a_row_for_each_latent);
  tcase_add_test (tests, a_traverse_from_one_sample);
  tcase_add_test (tests, samples_of_a_prior_need_no_input);
  tcase_add_test (tests, samples_say_where_they_come_from);
  tcase_add_test (tests, latents_that_are_not_finite);
  tcase_add_loop_test (tests, curves_of_any_range, 0, 4);
  tcase_add_loop_test (tests, kinds_of_media, 0, G_N_ELEMENTS (media));
  tcase_add_test (tests, d_and_k_of_frames);
  tcase_add_test (tests, a_curve_of_a_table);
  tcase_add_loop_test (tests, a_broken_table_is_refused, 0, 4);
  tcase_add_test (tests, eval_draws_svg_too);
  tcase_add_test (tests, a_report_has_numbers_and_pictures);
  tcase_add_test (tests, a_report_with_labels_has_a_scatter);
  tcase_add_test (tests, a_report_of_a_classifier);
  tcase_add_test (tests, names_are_escaped_in_reports);
  return suite;
}

GST_CHECK_MAIN (plot);
