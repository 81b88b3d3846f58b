/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/media/pattern.h"

#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>

#include "src/media/npy.h"

#define N 3

static char *folder;
static char *rows; /* 0 1 2, 10 11 12 */

static void
set_up (void)
{
  static const float values[2][N] = {
      {0,  1,  2 },
      {10, 11, 12},
  };
  LatentShape shape = {.n = 1, .dims = {N}};
  g_autoptr (LatentNpyWriter) writer = NULL;
  guint64 size = 0;

  folder = g_dir_make_tmp ("latent-pattern-XXXXXX", NULL);
  rows = g_build_filename (folder, "rows.npy", NULL);
  writer = latent_npy_writer_new (rows, &shape, NULL);
  fail_unless (latent_npy_writer_put (writer, values[0], NULL));
  fail_unless (latent_npy_writer_put (writer, values[1], NULL));
  fail_unless (latent_npy_writer_finish (writer, &size, NULL));
}

static void
tear_down (void)
{
  g_unlink (rows);
  g_rmdir (folder);
  g_clear_pointer (&rows, g_free);
  g_clear_pointer (&folder, g_free);
}

static LatentPattern *
new_pattern (LatentPatternSettings settings)
{
  g_autoptr (GError) error = NULL;
  LatentPattern *pattern = latent_pattern_new (&settings, &error);

  fail_unless (pattern != NULL, "%s", error != NULL ? error->message : "");
  return pattern;
}

static void
assert_next (LatentPattern *pattern, float a, float b, float c)
{
  float dst[N];

  fail_unless_equals_int (latent_pattern_next (pattern, dst, NULL), LATENT_PATTERN_SAMPLE);
  fail_unless (ABS (dst[0] - a) < 1e-5f && ABS (dst[1] - b) < 1e-5f && ABS (dst[2] - c) < 1e-5f,
      "%g %g %g", dst[0], dst[1], dst[2]);
}

static void
assert_end (LatentPattern *pattern)
{
  float dst[N];

  fail_unless_equals_int (latent_pattern_next (pattern, dst, NULL), LATENT_PATTERN_END);
}

static void
assert_refused (LatentPatternSettings settings, const char *text)
{
  g_autoptr (GError) error = NULL;

  fail_unless (latent_pattern_new (&settings, &error) == NULL);
  fail_unless (strstr (error->message, text) != NULL, "%s", error->message);
}

GST_START_TEST (samples_are_normal)
{
  g_autoptr (LatentPattern) pattern = new_pattern (
      (LatentPatternSettings){.kind = LATENT_PATTERN_SAMPLES, .n = N, .seed = 7, .period = 1});
  double sum = 0, squares = 0;

  for (guint i = 0; i < 3000; i++) {
    float dst[N];
    latent_pattern_next (pattern, dst, NULL);
    for (guint j = 0; j < N; j++) {
      sum += dst[j];
      squares += (double)dst[j] * dst[j];
    }
  }
  fail_unless (ABS (sum / 9000) < .05, "mean %g", sum / 9000);
  fail_unless (ABS (squares / 9000 - 1) < .06, "variance %g", squares / 9000);
}
GST_END_TEST

GST_START_TEST (a_seed_says_the_samples)
{
  LatentPatternSettings settings = {.kind = LATENT_PATTERN_SAMPLES, .n = N, .seed = 7, .period = 1};
  g_autoptr (LatentPattern) a = new_pattern (settings);
  g_autoptr (LatentPattern) b = new_pattern (settings);
  g_autoptr (LatentPattern) c = NULL;
  float x[N], y[N], z[N];

  settings.seed = 8;
  c = new_pattern (settings);
  latent_pattern_next (a, x, NULL);
  latent_pattern_next (b, y, NULL);
  latent_pattern_next (c, z, NULL);
  fail_unless (x[0] == y[0] && x[1] == y[1] && x[2] == y[2]);
  fail_if (x[0] == z[0]);
}
GST_END_TEST

GST_START_TEST (traverse_swings_one_number)
{
  g_autoptr (LatentPattern) pattern = new_pattern ((LatentPatternSettings){
      .kind = LATENT_PATTERN_TRAVERSE, .n = N, .dimension = 1, .range = 3, .period = 4});

  assert_next (pattern, 0, 0, 0);
  assert_next (pattern, 0, 3, 0);
  assert_next (pattern, 0, 0, 0);
  assert_next (pattern, 0, -3, 0);
  assert_next (pattern, 0, 0, 0);
}
GST_END_TEST

GST_START_TEST (traverse_rests_where_the_file_says)
{
  g_autoptr (LatentPattern)
      pattern = new_pattern ((LatentPatternSettings){.kind = LATENT_PATTERN_TRAVERSE,
          .n = N,
          .dimension = 2,
          .range = 5,
          .period = 4,
          .path = rows});

  assert_next (pattern, 0, 1, 2);
  assert_next (pattern, 0, 1, 7);
}
GST_END_TEST

GST_START_TEST (interpolation_goes_straight_and_ends)
{
  g_autoptr (LatentPattern) pattern = new_pattern ((LatentPatternSettings){
      .kind = LATENT_PATTERN_INTERPOLATE, .n = N, .period = 2, .path = rows});

  assert_next (pattern, 0, 1, 2);
  assert_next (pattern, 5, 6, 7);
  assert_end (pattern);
}
GST_END_TEST

GST_START_TEST (replay_gives_the_rows)
{
  g_autoptr (LatentPattern) pattern = new_pattern (
      (LatentPatternSettings){.kind = LATENT_PATTERN_REPLAY, .n = N, .period = 1, .path = rows});

  assert_next (pattern, 0, 1, 2);
  assert_next (pattern, 10, 11, 12);
  assert_end (pattern);
}
GST_END_TEST

GST_START_TEST (a_loop_begins_again)
{
  g_autoptr (LatentPattern) pattern = new_pattern ((LatentPatternSettings){
      .kind = LATENT_PATTERN_REPLAY, .n = N, .period = 1, .path = rows, .loop = TRUE});

  assert_next (pattern, 0, 1, 2);
  assert_next (pattern, 10, 11, 12);
  assert_next (pattern, 0, 1, 2);
}
GST_END_TEST

GST_START_TEST (wrong_settings_are_named)
{
  assert_refused ((LatentPatternSettings){.kind = LATENT_PATTERN_REPLAY, .n = N, .period = 1},
      "replay wants a location");
  assert_refused ((LatentPatternSettings){.n = N}, "period");
  assert_refused (
      (LatentPatternSettings){.kind = LATENT_PATTERN_TRAVERSE, .n = N, .dimension = 3, .period = 1},
      "dimension 3: the latent has 3");
  assert_refused (
      (LatentPatternSettings){.kind = LATENT_PATTERN_REPLAY, .n = 4, .period = 1, .path = rows},
      "wanted rows of 4 float32, offered were rows of 3 float32");
}
GST_END_TEST

static Suite *
pattern_suite (void)
{
  Suite *suite = suite_create ("pattern");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, set_up, tear_down);
  tcase_add_test (tcase, samples_are_normal);
  tcase_add_test (tcase, a_seed_says_the_samples);
  tcase_add_test (tcase, traverse_swings_one_number);
  tcase_add_test (tcase, traverse_rests_where_the_file_says);
  tcase_add_test (tcase, interpolation_goes_straight_and_ends);
  tcase_add_test (tcase, replay_gives_the_rows);
  tcase_add_test (tcase, a_loop_begins_again);
  tcase_add_test (tcase, wrong_settings_are_named);
  return suite;
}

GST_CHECK_MAIN (pattern);
