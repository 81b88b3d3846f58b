/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/calibration-range.h"

#include <gst/check/gstcheck.h>

/* n numbers from `least` to `most`, evenly, and one outlier. */
static LatentQdqStep
choose (gsize n, float least, float most, float outlier, LatentRangeMethod method)
{
  g_autofree LatentRange *range = g_new0 (LatentRange, 1);
  g_autofree float *values = g_new (float, n + 1);

  for (gsize i = 0; i < n; i++)
    values[i] = least + (most - least) * (float)i / (float)(n - 1);
  values[n] = outlier;
  latent_range_see_ends (range, values, n + 1);
  latent_range_see_counts (range, values, n + 1);
  return latent_range_choose (range, method);
}

static const struct {
  float least, most, outlier;
  LatentRangeMethod method;
  LatentDataType type;
  float scale[2]; /* from, to */
  gint32 zero_point;
} ranges[] = {
    {0,  1, 2, LATENT_RANGE_MINMAX,     LATENT_DATA_TYPE_UINT8, {.00784f, .00785f}, 0 },
    {0,  1, 2, LATENT_RANGE_PERCENTILE, LATENT_DATA_TYPE_UINT8, {.00391f, .00394f}, 0 },
    {0,  1, 2, LATENT_RANGE_MSE,        LATENT_DATA_TYPE_UINT8, {.0070f, .0077f},   0 },
    {-1, 1, 1, LATENT_RANGE_MINMAX,     LATENT_DATA_TYPE_INT8,  {.00787f, .00788f}, 0 },
    {-1, 3, 3, LATENT_RANGE_MINMAX,     LATENT_DATA_TYPE_UINT8, {.01568f, .01569f}, 64},
    {-1, 3, 3, LATENT_RANGE_MSE,        LATENT_DATA_TYPE_UINT8, {.015f, .01569f},   64},
    {0,  0, 0, LATENT_RANGE_MSE,        LATENT_DATA_TYPE_UINT8, {1, 1},             0 },
};

GST_START_TEST (test_range)
{
  LatentQdqStep step = choose (
      50000, ranges[__i__].least, ranges[__i__].most, ranges[__i__].outlier, ranges[__i__].method);

  fail_unless_equals_int (step.type, ranges[__i__].type);
  fail_unless (step.scale >= ranges[__i__].scale[0] && step.scale <= ranges[__i__].scale[1],
      "scale %g", (double)step.scale);
  fail_unless (ABS (step.zero_point - ranges[__i__].zero_point) <= 1);
}
GST_END_TEST

/* Ties to even, saturation at both ends. */
GST_START_TEST (test_step)
{
  const LatentQdqStep u8 = {LATENT_DATA_TYPE_UINT8, .5f, 10}, s8 = {LATENT_DATA_TYPE_INT8, 2, 0};

  fail_unless_equals_int (latent_qdq_round (&u8, 1.25f), 12);
  fail_unless_equals_int (latent_qdq_round (&u8, -100), 0);
  fail_unless_equals_int (latent_qdq_round (&u8, 1000), 255);
  fail_unless_equals_int (latent_qdq_round (&s8, -1000), -128);
  fail_unless_equals_float (latent_qdq_apply (&u8, -100), -5);
  fail_unless_equals_float (latent_qdq_apply (&s8, 3.1f), 4);
}
GST_END_TEST

static Suite *
calibration_range_suite (void)
{
  Suite *suite = suite_create ("calibration-range");
  TCase *tcase = tcase_create ("general");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_range, 0, G_N_ELEMENTS (ranges));
  tcase_add_test (tcase, test_step);
  return suite;
}

GST_CHECK_MAIN (calibration_range)
