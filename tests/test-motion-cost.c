/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/motion-cost.h"

#include <gst/check/gstcheck.h>
#include <stdlib.h>

#include "src/base/random.h"

#define SIDE   32
#define STRIDE 37
#define SEED   21

/* Extremes alone at every second time. */
static void
fill (guint8 *pixels, guint64 stream)
{
  LatentRandom random;

  latent_random_init (&random, SEED, LATENT_RANDOM_SAMPLE, stream);
  for (guint i = 0; i < SIDE * STRIDE; i++)
    pixels[i] = (guint8)(stream % 4 < 2 ? latent_random_below (&random, 256)
                                        : 255 * latent_random_below (&random, 2));
}

static guint
count_plainly (const guint8 *a, gsize a_stride, const guint8 *b, gsize b_stride, guint w, guint h)
{
  guint sum = 0;

  for (guint y = 0; y < h; y++)
    for (guint x = 0; x < w; x++)
      sum += (guint)abs (a[y * a_stride + x] - b[y * b_stride + x]);
  return sum;
}

static const struct {
  guint w, h;
} sizes[] = {
    {4,  4 },
    {8,  8 },
    {16, 8 },
    {8,  16},
    {12, 12},
    {16, 16},
    {24, 8 },
    {32, 32},
};

GST_START_TEST (differences_are_those_of_plain_loops)
{
  const guint w = sizes[__i__].w, h = sizes[__i__].h;
  guint8 a[SIDE * STRIDE], b[SIDE * STRIDE];

  for (guint i = 0; i < 40; i++) {
    fill (a, 2 * i);
    fill (b, 2 * i + 1);
    fail_unless_equals_int (latent_cost_differences (a, STRIDE, b + 1, STRIDE, w, h),
        count_plainly (a, STRIDE, b + 1, STRIDE, w, h));
    fail_unless_equals_int (latent_cost_transformed (a, STRIDE, b + 1, STRIDE, w, h),
        latent_cost_transformed_plain (a, STRIDE, b + 1, STRIDE, w, h));
  }
}
GST_END_TEST

/* A difference everywhere is one number of 64 times as much; one pixel is in all 64 of them. Each
 * block counts an eighth. */
GST_START_TEST (transforms_are_of_eighths)
{
  guint8 a[SIDE * STRIDE] = {0}, b[SIDE * STRIDE] = {0};

  fail_unless_equals_int (latent_cost_transformed (a, STRIDE, b, STRIDE, 16, 16), 0);
  a[3 * STRIDE + 5] = 10;
  fail_unless_equals_int (latent_cost_transformed (a, STRIDE, b, STRIDE, 16, 16), 80);
  for (guint i = 0; i < SIDE * STRIDE; i++) {
    a[i] = 0;
    b[i] = 255;
  }
  fail_unless_equals_int (latent_cost_transformed (a, STRIDE, b, STRIDE, 8, 8), 255 * 8);
  fail_unless_equals_int (latent_cost_transformed (a, STRIDE, b, STRIDE, 24, 8), 3 * 255 * 8);
  /* no blocks of 8: plain differences */
  fail_unless_equals_int (latent_cost_transformed (a, STRIDE, b, STRIDE, 4, 4), 255 * 16);
}
GST_END_TEST

static Suite *
motion_cost_suite (void)
{
  Suite *suite = suite_create ("motion-cost");
  TCase *tc = tcase_create ("all");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, differences_are_those_of_plain_loops, 0, G_N_ELEMENTS (sizes));
  tcase_add_test (tc, transforms_are_of_eighths);
  return suite;
}

GST_CHECK_MAIN (motion_cost)
