/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/base/random.h"

#include <gst/check/gstcheck.h>
#include <math.h>
#include <string.h>

#define SEED 7
#define MANY 1000000

/* The known answers of Random123's own tests (kat_vectors, philox4x32 10): counter, stream and key
 * make the four words of one block. */
static const struct {
  LatentRandom at;
  guint32 words[4];
} known[] = {
    {{0, 0, 0},                                                {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{G_MAXUINT64, G_MAXUINT64, G_MAXUINT64},                  {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{.counter = G_GUINT64_CONSTANT (0x85a308d3243f6a88),
         .stream = G_GUINT64_CONSTANT (0x0370734413198a2e),
         .key = G_GUINT64_CONSTANT (0x299f31d0a4093822)},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}                                                          },
};

GST_START_TEST (a_draw_is_half_of_a_known_block)
{
  LatentRandom random = known[__i__].at;
  guint64 want = (guint64)known[__i__].words[1] << 32 | known[__i__].words[0];

  fail_unless_equals_uint64_hex (latent_random_next (&random), want);
  fail_unless_equals_uint64 (random.counter, known[__i__].at.counter + 1);
}
GST_END_TEST

/* A fill takes 16 blocks side by side: word w of the first block is number 16 w. */
GST_START_TEST (a_fill_is_made_of_known_blocks)
{
  LatentRandom random = known[__i__].at;
  float values[64];

  latent_random_fill_uniform (&random, values, 64, 0, 1);
  for (guint w = 0; w < 4; w++)
    fail_unless (values[16 * w] == (float)(known[__i__].words[w] >> 8) / 16777216.f);
}
GST_END_TEST

GST_START_TEST (a_shorter_fill_is_the_beginning_of_a_longer_one)
{
  LatentRandom a, b;
  float longer[200], shorter[100] = {0};

  latent_random_init (&a, SEED, LATENT_RANDOM_NOISE, 3);
  b = a;
  latent_random_fill_normal (&a, longer, 200, 1);
  latent_random_fill_normal (&b, shorter, 99, 1);
  fail_unless (memcmp (longer, shorter, 99 * sizeof (float)) == 0);
  fail_unless (shorter[99] == 0);
}
GST_END_TEST

GST_START_TEST (purposes_and_steps_and_seeds_never_meet)
{
  LatentRandom random[4];
  guint64 first[4];

  latent_random_init (&random[0], SEED, LATENT_RANDOM_NOISE, 3);
  latent_random_init (&random[1], SEED, LATENT_RANDOM_NOISE, 4);
  latent_random_init (&random[2], SEED, LATENT_RANDOM_EPSILON, 3);
  latent_random_init (&random[3], SEED + 1, LATENT_RANDOM_NOISE, 3);
  for (guint i = 0; i < 4; i++)
    first[i] = latent_random_next (&random[i]);
  for (guint i = 0; i < 4; i++)
    for (guint j = 0; j < i; j++)
      fail_if (first[i] == first[j]);
}
GST_END_TEST

GST_START_TEST (below_is_even)
{
  LatentRandom random;
  guint counts[10] = {0};

  latent_random_init (&random, SEED, LATENT_RANDOM_SHUFFLE, 0);
  for (guint i = 0; i < 100000; i++)
    counts[latent_random_below (&random, 10)]++;
  for (guint i = 0; i < 10; i++) /* the deviation is 95 */
    fail_unless (ABS ((gint)counts[i] - 10000) < 500, "seed %d: %u of %u", SEED, counts[i], i);
}
GST_END_TEST

GST_START_TEST (below_one_is_zero)
{
  LatentRandom random;

  latent_random_init (&random, SEED, LATENT_RANDOM_SHUFFLE, 0);
  fail_unless_equals_uint64 (latent_random_below (&random, 1), 0);
}
GST_END_TEST

GST_START_TEST (uniform_is_within_its_bounds)
{
  LatentRandom random;
  g_autofree float *values = g_new (float, MANY);
  double sum = 0, squares = 0;
  guint outside = 0;

  latent_random_init (&random, SEED, LATENT_RANDOM_NOISE, 0);
  latent_random_fill_uniform (&random, values, MANY, -.5f, .5f);
  for (guint i = 0; i < MANY; i++) {
    outside += values[i] < -.5f || values[i] >= .5f;
    sum += values[i];
    squares += (double)values[i] * values[i];
  }
  fail_unless_equals_int (outside, 0);
  fail_unless (fabs (sum / MANY) < .002);
  fail_unless (fabs (squares / MANY - 1. / 12) < .001);
}
GST_END_TEST

/* Between 100 and the next float there is no room: the sum would round up to the bound. */
GST_START_TEST (uniform_never_rounds_up_to_the_bound)
{
  LatentRandom random;
  float values[1000], high = nextafterf (100.f, 200.f);

  latent_random_init (&random, SEED, LATENT_RANDOM_NOISE, 0);
  latent_random_fill_uniform (&random, values, 1000, 100.f, high);
  for (guint i = 0; i < 1000; i++)
    fail_unless (values[i] == 100.f);
}
GST_END_TEST

GST_START_TEST (normal_has_the_moments_of_one)
{
  LatentRandom random;
  g_autofree float *values = g_new (float, MANY);
  double moments[5] = {0};
  guint beyond = 0;

  latent_random_init (&random, SEED, LATENT_RANDOM_EPSILON, 0);
  latent_random_fill_normal (&random, values, MANY, 2.f);
  for (guint i = 0; i < MANY; i++) {
    double z = values[i] / 2, power = 1;
    for (guint m = 1; m < 5; m++)
      moments[m] += (power *= z) / MANY;
    beyond += fabs (z) > 1.959964;
  }
  fail_unless (fabs (moments[1]) < .005, "seed %d: %g", SEED, moments[1]);
  fail_unless (fabs (moments[2] - 1) < .01, "seed %d: %g", SEED, moments[2]);
  fail_unless (fabs (moments[3]) < .02, "seed %d: %g", SEED, moments[3]);
  fail_unless (fabs (moments[4] - 3) < .05, "seed %d: %g", SEED, moments[4]);
  fail_unless (ABS ((gint)beyond - MANY / 20) < 1500, "seed %d: %u", SEED, beyond);
}
GST_END_TEST

/* Box and Muller from the same words, by the C library in double precision. */
GST_START_TEST (normal_is_box_and_muller)
{
  LatentRandom uniform, normal;
  float u[640], z[640];

  latent_random_init (&uniform, SEED, LATENT_RANDOM_EPSILON, 5);
  normal = uniform;
  latent_random_fill_uniform (&uniform, u, 640, 0, 1);
  latent_random_fill_normal (&normal, z, 640, 1);
  for (guint i = 0; i < 640; i++) {
    guint pair = i & ~16u; /* words 0 and 1, or 2 and 3, of the same block */
    double radius = sqrt (-2 * log (1 - (double)u[pair]));
    double angle = 2 * G_PI * (double)u[pair + 16];
    double want = radius * (i & 16 ? sin (angle) : cos (angle));
    fail_unless (fabs (z[i] - want) < 3e-6, "seed %d, %u: %g, wanted %g", SEED, i, z[i], want);
  }
}
GST_END_TEST

static Suite *
random_suite (void)
{
  Suite *suite = suite_create ("random");
  TCase *tcase = tcase_create ("random");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, a_draw_is_half_of_a_known_block, 0, G_N_ELEMENTS (known));
  tcase_add_loop_test (tcase, a_fill_is_made_of_known_blocks, 0, G_N_ELEMENTS (known));
  tcase_add_test (tcase, a_shorter_fill_is_the_beginning_of_a_longer_one);
  tcase_add_test (tcase, purposes_and_steps_and_seeds_never_meet);
  tcase_add_test (tcase, below_is_even);
  tcase_add_test (tcase, below_one_is_zero);
  tcase_add_test (tcase, uniform_is_within_its_bounds);
  tcase_add_test (tcase, uniform_never_rounds_up_to_the_bound);
  tcase_add_test (tcase, normal_has_the_moments_of_one);
  tcase_add_test (tcase, normal_is_box_and_muller);
  return suite;
}

GST_CHECK_MAIN (random)
