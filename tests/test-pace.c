/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/pace.h"

#include <gst/check/gstcheck.h>
#include <math.h>

#include "learning.h"

static const struct {
  const char *settings;
  guint64 step, steps;
  double rate;
} rates[] = {
    {"lr=2",                            0,   100, 2       },
    {"lr=2",                            99,  100, 2       },
    {"lr=2 warmup=4",                   0,   100, .5      },
    {"lr=2 warmup=4",                   3,   100, 2       },
    {"lr=2 warmup=4",                   4,   0,   2       },
    {"lr=1 schedule=linear",            0,   101, 1       },
    {"lr=1 schedule=linear",            50,  101, .5      },
    {"lr=1 schedule=linear",            100, 101, 0       },
    {"lr=1 schedule=linear lr-end=0.5", 50,  101, .75     },
    {"lr=1 schedule=linear lr-end=0.5", 500, 101, .5      }, /* beyond the end */
    {"lr=1 schedule=linear",            50,  0,   1       }, /* not known how many */
    {"lr=1 schedule=linear",            0,   1,   1       },
    {"lr=1 schedule=linear warmup=10",  9,   21,  1       },
    {"lr=1 schedule=linear warmup=10",  15,  21,  .5      },
    {"lr=1 schedule=cosine",            0,   101, 1       },
    {"lr=1 schedule=cosine",            25,  101, .8535534},
    {"lr=1 schedule=cosine",            50,  101, .5      },
    {"lr=1 schedule=cosine lr-end=0.1", 100, 101, .1      },
    {"lr=1 schedule=step",              59,  100, 1       },
    {"lr=1 schedule=step",              60,  100, .1      },
    {"lr=1 schedule=step",              84,  100, .1      },
    {"lr=1 schedule=step",              85,  100, .01     },
    {"lr=1 schedule=step lr-end=5",     99,  100, .01     },
};

GST_START_TEST (rates_of_schedules)
{
  g_autoptr (LatentRecipe) recipe = learning_recipe (rates[__i__].settings);
  double rate = latent_pace_get_rate (recipe, rates[__i__].step, rates[__i__].steps);

  fail_unless (fabs (rate - rates[__i__].rate) < 1e-6, "%s at %u of %u: %g, wanted %g",
      rates[__i__].settings, (guint)rates[__i__].step, (guint)rates[__i__].steps, rate,
      rates[__i__].rate);
}
GST_END_TEST

static const struct {
  const char *settings;
  guint64 step;
  double factor;
} kls[] = {
    {"kl-warmup=0",   0,   1  },
    {"kl-warmup=100", 0,   0  },
    {"kl-warmup=100", 25,  .25},
    {"kl-warmup=100", 100, 1  },
    {"kl-warmup=100", 900, 1  },
};

GST_START_TEST (kl_rises)
{
  g_autoptr (LatentRecipe) recipe = learning_recipe (kls[__i__].settings);

  fail_unless (fabs (latent_pace_get_kl (recipe, kls[__i__].step) - kls[__i__].factor) < 1e-12);
}
GST_END_TEST

static const struct {
  const char *settings;
  guint64 step, steps;
  gboolean rounds;
} roundings[] = {
    {"straight-through=0.5",  49,  100, FALSE},
    {"straight-through=0.5",  50,  100, TRUE },
    {"straight-through=0.25", 74,  100, FALSE},
    {"straight-through=0.25", 75,  100, TRUE },
    {"straight-through=0",    100, 100, FALSE},
    {"straight-through=1",    0,   100, TRUE },
    {"straight-through=0.5",  50,  0,   FALSE},
    {"straight-through=1",    0,   0,   TRUE },
};

GST_START_TEST (latents_are_rounded_at_last)
{
  g_autoptr (LatentRecipe) recipe = learning_recipe (roundings[__i__].settings);

  fail_unless_equals_int (
      latent_pace_rounds (recipe, roundings[__i__].step, roundings[__i__].steps),
      roundings[__i__].rounds);
}
GST_END_TEST

/* The golden ratio's multiples, plus a half: .5, .118, .736, .354. */
static const struct {
  const char *settings;
  guint64 place;
  double step;
} steps[] = {
    {"quantise=3",                   5, 1       }, /* one step: weights do not go by it */
    {"quantise=1 quantise-max=16",   0, 4       },
    {"quantise=1 quantise-max=16",   1, 1.387162},
    {"quantise=1 quantise-max=16",   2, 7.696870},
    {"rate=1 quantise-max=16",       3, 2.669201},
    {"quantise=0.5 quantise-max=32", 0, 4       },
    {"quantise=2 quantise-max=2",    7, 1       },
};

GST_START_TEST (steps_of_the_quantiser)
{
  g_autoptr (LatentRecipe) recipe = learning_recipe (steps[__i__].settings);
  double step = latent_pace_get_step (recipe, steps[__i__].place);

  fail_unless (fabs (step - steps[__i__].step) < 1e-5, "%s at %u: %.7g, wanted %g",
      steps[__i__].settings, (guint)steps[__i__].place, step, steps[__i__].step);
}
GST_END_TEST

static Suite *
pace_suite (void)
{
  Suite *suite = suite_create ("pace");
  TCase *tcase = tcase_create ("pace");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, rates_of_schedules, 0, G_N_ELEMENTS (rates));
  tcase_add_loop_test (tcase, steps_of_the_quantiser, 0, G_N_ELEMENTS (steps));
  tcase_add_loop_test (tcase, kl_rises, 0, G_N_ELEMENTS (kls));
  tcase_add_loop_test (tcase, latents_are_rounded_at_last, 0, G_N_ELEMENTS (roundings));
  return suite;
}

GST_CHECK_MAIN (pace)
