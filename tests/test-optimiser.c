/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/optimiser.h"

#include <gst/check/gstcheck.h>
#include <math.h>
#include <string.h>

#include "learning.h"
#include "src/base/random.h"

#define SEED  11
#define RATE  .1
#define STEPS 3

/* What three steps with these gradients make of a weight that is 1: worked out in double precision
 * from the rules as PyTorch's documentation has them. */
static const float gradients[STEPS] = {2, -1, .5};

static const struct {
  const char *settings;
  double values[STEPS];
} cases[] = {
    {"sgd",                       {.8, .9, .85}                    },
    {"sgd weight-decay=0.1",      {.79, .8821, .823279}            },
    {"sgd clip=1",                {.90000005, .99999995, .94999995}},
    {"momentum",                  {.8, .72, .598}                  },
    {"momentum weight-decay=0.1", {.79, .6931, .548959}            },
    {"momentum clip=1",           {.90000005, .91, .86899995}      },
    {"adam",                      {.9, .8733663, .83932338}        },
    {"adam weight-decay=0.1",     {.9, .86812319, .82837626}       },
    {"adam clip=1",               {.9, .90526313, .88779055}       },
    {"adamw",                     {.9, .8733663, .83932338}        },
    {"adamw weight-decay=0.1",    {.89, .8544663, .81187872}       },
    {"adamw clip=1",              {.9, .90526313, .88779055}       },
};

/* Settings as of "optimiser=RULE key=value ...". */
static LatentOptimiserSettings
parse (const char *text)
{
  g_autofree char *all = g_strconcat ("optimiser=", text, NULL);
  g_autoptr (LatentRecipe) recipe = learning_recipe (all);
  LatentOptimiserSettings settings;

  latent_optimiser_settings_init (&settings, recipe);
  return settings;
}

/* An optimiser of one part. */
static LatentOptimiser *
make (
    const char *text, float *values, const float *gradient, gsize n, gboolean decays, guint threads)
{
  LatentOptimiserSettings settings = parse (text);
  LatentOptimiserPart part = {values, gradient, n, decays};
  LatentOptimiser *optimiser = latent_optimiser_new (&settings, &part, 1, threads, NULL);

  fail_unless (optimiser != NULL);
  return optimiser;
}

static void
step (LatentOptimiser *optimiser, double rate)
{
  latent_optimiser_step (optimiser, rate, latent_optimiser_measure (optimiser));
}

GST_START_TEST (three_steps_by_hand)
{
  float value = 1, gradient;
  g_autoptr (LatentOptimiser)
      optimiser = make (cases[__i__].settings, &value, &gradient, 1, TRUE, 1);

  for (guint i = 0; i < STEPS; i++) {
    gradient = gradients[i];
    step (optimiser, RATE);
    fail_unless (fabs (value - cases[__i__].values[i]) < 1e-6, "%s, step %u: %.9g, wanted %.9g",
        cases[__i__].settings, i, value, cases[__i__].values[i]);
  }
  fail_unless_equals_uint64 (latent_optimiser_get_steps (optimiser), 3);
}
GST_END_TEST

static const char *const decaying[] = {"sgd", "momentum", "adam", "adamw"};

GST_START_TEST (biases_do_not_decay)
{
  g_autofree char *text = g_strdup_printf ("%s weight-decay=0.5", decaying[__i__]);
  float with = 3, without = 3, gradient = 1;
  g_autoptr (LatentOptimiser) a = make (text, &with, &gradient, 1, FALSE, 1);
  g_autoptr (LatentOptimiser) b = make (decaying[__i__], &without, &gradient, 1, TRUE, 1);

  step (a, RATE);
  step (b, RATE);
  fail_unless (with == without, "%s: %g, wanted %g", text, with, without);
}
GST_END_TEST

static const struct {
  const char *settings;
  double averages[STEPS];
} averages[] = {
    {"sgd ema=0.9", {.83636364, .88409091, .86048951}}, /* not warm yet: (1 + t) / (10 + t) */
    {"sgd ema=0.2", {.83636364, .88727273, .85745455}}, /* warm from the third on */
};

GST_START_TEST (the_average_follows)
{
  float value = 1, gradient;
  g_autoptr (LatentOptimiser)
      optimiser = make (averages[__i__].settings, &value, &gradient, 1, TRUE, 1);

  for (guint i = 0; i < STEPS; i++) {
    gradient = gradients[i];
    step (optimiser, RATE);
    double average = latent_optimiser_get_average (optimiser, 0)[0];
    fail_unless (fabs (average - averages[__i__].averages[i]) < 1e-6, "%s, step %u: %.9g",
        averages[__i__].settings, i, average);
  }
}
GST_END_TEST

GST_START_TEST (without_ema_there_is_no_average)
{
  float value = 1, gradient = 1;
  g_autoptr (LatentOptimiser) optimiser = make ("adam", &value, &gradient, 1, TRUE, 1);

  fail_unless (latent_optimiser_get_average (optimiser, 0) == NULL);
  fail_unless_equals_int (latent_optimiser_get_n_states (optimiser), 2);
}
GST_END_TEST

GST_START_TEST (the_norm_is_of_all_parts)
{
  float values[3] = {0}, three[1] = {3}, two[2] = {4, 12};
  LatentOptimiserSettings settings = parse ("sgd");
  LatentOptimiserPart parts[] = {
      {values,     three, 1, TRUE},
      {values + 1, two,   2, TRUE}
  };
  g_autoptr (LatentOptimiser) optimiser = latent_optimiser_new (&settings, parts, 2, 1, NULL);

  fail_unless (fabs (latent_optimiser_measure (optimiser) - 13) < 1e-6);
}
GST_END_TEST

GST_START_TEST (what_is_not_finite_shows_in_the_norm)
{
  float values[40] = {0}, gradient[40] = {0};
  g_autoptr (LatentOptimiser) optimiser = make ("sgd", values, gradient, 40, TRUE, 1);

  fail_unless (latent_optimiser_measure (optimiser) == 0);
  gradient[__i__] = NAN;
  fail_if (isfinite (latent_optimiser_measure (optimiser)));
  gradient[__i__] = -INFINITY;
  fail_if (isfinite (latent_optimiser_measure (optimiser)));
}
GST_END_TEST

GST_START_TEST (a_part_without_gradient_stays)
{
  float value = 5;
  g_autoptr (LatentOptimiser) optimiser = make ("adamw weight-decay=1", &value, NULL, 1, TRUE, 1);

  step (optimiser, RATE);
  fail_unless (value == 5);
}
GST_END_TEST

/* More than a tile, and no whole number of vectors. */
#define N 300001

/* Values after ten steps with gradients of chance, and the norm of the last. */
static float *
train (const char *settings, guint threads, double *norm)
{
  float *values = g_new (float, N);
  g_autofree float *gradient = g_new (float, N);
  g_autoptr (LatentOptimiser) optimiser = NULL;
  LatentRandom random;

  latent_random_init (&random, SEED, LATENT_RANDOM_WEIGHTS, 0);
  latent_random_fill_normal (&random, values, N, 1);
  optimiser = make (settings, values, gradient, N, TRUE, threads);
  for (guint i = 0; i < 10; i++) {
    latent_random_fill_normal (&random, gradient, N, .1f);
    *norm = latent_optimiser_measure (optimiser);
    latent_optimiser_step (optimiser, .01, *norm);
  }
  return values;
}

GST_START_TEST (threads_do_not_change_a_bit)
{
  double norms[2];
  g_autofree float *one = train ("adam clip=1 ema=0.99", 1, &norms[0]);
  g_autofree float *three = train ("adam clip=1 ema=0.99", 3, &norms[1]);

  fail_unless (norms[0] == norms[1]);
  fail_unless (memcmp (one, three, N * sizeof (float)) == 0, "seed %d", SEED);
}
GST_END_TEST

/* A moment without gradients fades to nothing, and is not stuck at the least number there is. */
GST_START_TEST (moments_fade_to_nothing)
{
  float value = 1, gradient = 1;
  gsize n;
  g_autoptr (LatentOptimiser) optimiser = make ("momentum", &value, &gradient, 1, TRUE, 1);

  step (optimiser, RATE);
  gradient = 0;
  for (guint i = 0; i < 1000; i++)
    step (optimiser, RATE);
  fail_unless (latent_optimiser_get_state (optimiser, 0, &n)[0] == 0);
}
GST_END_TEST

/* Every element of a long part against one that is alone. */
GST_START_TEST (all_elements_are_treated_alike)
{
  g_autofree float *values = g_new0 (float, 5000);
  g_autofree float *gradient = g_new (float, 5000);
  g_autoptr (LatentOptimiser) optimiser = NULL;

  for (guint i = 0; i < 5000; i++) {
    values[i] = 1;
    gradient[i] = 2;
  }
  optimiser = make ("momentum", values, gradient, 5000, TRUE, 2);
  step (optimiser, RATE);
  for (guint i = 0; i < 5000; i++)
    fail_unless (fabsf (values[i] - .8f) < 1e-6f, "%u: %g", i, values[i]);
}
GST_END_TEST

/* Three steps are two, what get_state() and get_steps() say carried over, and one. */
GST_START_TEST (states_carry_on)
{
  float value = 1, gradient, other;
  g_autoptr (LatentOptimiser) a = make ("adam ema=0.9", &value, &gradient, 1, TRUE, 1);
  g_autoptr (LatentOptimiser) b = make ("adam ema=0.9", &other, &gradient, 1, TRUE, 1);

  for (guint i = 0; i < 2; i++) {
    gradient = gradients[i];
    step (a, RATE);
  }
  other = value;
  latent_optimiser_set_steps (b, latent_optimiser_get_steps (a));
  for (guint i = 0; i < latent_optimiser_get_n_states (a); i++) {
    gsize n;
    const float *src = latent_optimiser_get_state (a, i, &n);
    memcpy (latent_optimiser_get_state (b, i, &n), src, n * sizeof (float));
  }
  gradient = gradients[2];
  step (a, RATE);
  step (b, RATE);
  fail_unless (value == other);
  fail_unless (latent_optimiser_get_average (a, 0)[0] == latent_optimiser_get_average (b, 0)[0]);
}
GST_END_TEST

static Suite *
optimiser_suite (void)
{
  Suite *suite = suite_create ("optimiser");
  TCase *tcase = tcase_create ("optimiser");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, three_steps_by_hand, 0, G_N_ELEMENTS (cases));
  tcase_add_loop_test (tcase, biases_do_not_decay, 0, G_N_ELEMENTS (decaying));
  tcase_add_loop_test (tcase, the_average_follows, 0, G_N_ELEMENTS (averages));
  tcase_add_test (tcase, without_ema_there_is_no_average);
  tcase_add_test (tcase, the_norm_is_of_all_parts);
  tcase_add_loop_test (tcase, what_is_not_finite_shows_in_the_norm, 0, 40);
  tcase_add_test (tcase, a_part_without_gradient_stays);
  tcase_add_test (tcase, threads_do_not_change_a_bit);
  tcase_add_test (tcase, moments_fade_to_nothing);
  tcase_add_test (tcase, all_elements_are_treated_alike);
  tcase_add_test (tcase, states_carry_on);
  return suite;
}

GST_CHECK_MAIN (optimiser)
