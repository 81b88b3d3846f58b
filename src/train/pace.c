/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/pace.h"

#include <math.h>

/* Shares of the steps after which the rate of schedule `step` falls tenfold. */
static const double falls[] = {.6, .85};

/* How much of the way from the whole rate to lr-end is left, at x in [0, 1] of the steps; step goes
 * to nothing at all. */
static double
fall_step (double x)
{
  double rest = 1;

  for (guint i = 0; i < G_N_ELEMENTS (falls); i++)
    if (x >= falls[i])
      rest /= 10;
  return rest;
}

static double
fall_linear (double x)
{
  return 1 - x;
}

static double
fall_cosine (double x)
{
  return (1 + cos (G_PI * x)) / 2;
}

static const struct {
  const char *name;
  double (*fall) (double x);
  gboolean has_end; /* goes to lr-end, which the last step has */
} schedules[] = {
    {"linear", fall_linear, TRUE },
    {"cosine", fall_cosine, TRUE },
    {"step",   fall_step,   FALSE},
};

double
latent_pace_get_rate (const LatentRecipe *recipe, guint64 step, guint64 steps)
{
  guint64 warmup = (guint64)latent_recipe_get_int (recipe, "warmup");
  double rate = latent_recipe_get_double (recipe, "lr");

  if (step < warmup)
    return rate * (double)(step + 1) / (double)warmup;
  for (guint i = 0; i < G_N_ELEMENTS (schedules) && steps > warmup; i++) {
    guint64 last = steps - warmup - (schedules[i].has_end ? 1 : 0);
    double x = last > 0 ? (double)(step - warmup) / (double)last : 0;
    double end = schedules[i].has_end ? latent_recipe_get_double (recipe, "lr-end") : 0;
    if (latent_recipe_is (recipe, "schedule", schedules[i].name))
      return end + (rate - end) * schedules[i].fall (MIN (x, 1));
  }
  return rate;
}

double
latent_pace_get_kl (const LatentRecipe *recipe, guint64 step)
{
  gint64 warmup = latent_recipe_get_int (recipe, "kl-warmup");

  return warmup > 0 ? MIN ((double)step / (double)warmup, 1) : 1;
}

gboolean
latent_pace_rounds (const LatentRecipe *recipe, guint64 step, guint64 steps)
{
  double share = latent_recipe_get_double (recipe, "straight-through");

  if (steps == 0)
    return share >= 1;
  return share > 0 && (double)step >= (1 - share) * (double)steps;
}

double
latent_pace_get_step (const LatentRecipe *recipe, guint64 place)
{
  /* the golden ratio's multiples, whose fractions are never far from even */
  guint64 fraction = place * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15) +
                     G_GUINT64_CONSTANT (0x8000000000000000);
  double least = latent_recipe_get_double (recipe, "quantise");
  double most = latent_recipe_get_double (recipe, "quantise-max");

  least = least > 0 ? least : 1;
  if (most <= least)
    return 1;
  return least * pow (most / least, ldexp ((double)(fraction >> 11), -53));
}
