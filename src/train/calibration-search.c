/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "src/train/calibration-private.h"

#define BEST_PSNR 60. /* dB; above, nobody sees a loss */

typedef struct {
  LatentCalibration *calibration;
  const LatentQualityLimits *limits;
  LatentLayerChoice *choices;
  guint n;
  LatentQualityFunc func;
  gpointer data;
  LatentQuality before;
} Search;

static double
get_loss (const Search *self, const LatentQuality *quality)
{
  if (isnan (self->before.psnr))
    return 0;
  return fmin (self->before.psnr, BEST_PSNR) - fmin (quality->psnr, BEST_PSNR);
}

/* Infinite or NaN of a model in integers: a loss beyond any limit. */
static gboolean
measure (const Search *self, LatentModel *model, LatentQuality *quality, GError **error)
{
  if (!self->func (model, quality, self->data, error))
    return FALSE;
  if (isnan (quality->psnr) && !isnan (self->before.psnr))
    quality->psnr = -INFINITY;
  return TRUE;
}

static LatentModel *
make (const Search *self, GError **error)
{
  g_autofree gboolean *integer = g_new (gboolean, self->n);

  for (guint i = 0; i < self->n; i++)
    integer[i] = self->choices[i].integer;
  return latent_calibration_make_model (self->calibration, integer, error);
}

static void
choose (const Search *self, gboolean all, guint only)
{
  for (guint i = 0; i < self->n; i++)
    self->choices[i].integer = !self->choices[i].excluded && (all || i == only);
}

static gboolean
try_layers (const Search *self, GError **error)
{
  for (guint i = 0; i < self->n; i++) {
    LatentQuality *cost = &self->choices[i].cost;
    g_autoptr (LatentModel) model = NULL;
    *cost = (LatentQuality){NAN, NAN};
    if (self->choices[i].excluded)
      continue;
    choose (self, FALSE, i);
    model = make (self, error);
    if (model == NULL || !measure (self, model, cost, error))
      return FALSE;
    cost->psnr = isnan (self->before.psnr) ? NAN : get_loss (self, cost);
  }
  return TRUE;
}

/* The layer in integers that costs most, n where there is none. */
static guint
find_worst (const Search *self, gboolean by_shift)
{
  guint worst = self->n;
  double most = -INFINITY;

  for (guint i = 0; i < self->n; i++) {
    const LatentLayerChoice *choice = &self->choices[i];
    double cost = by_shift ? choice->cost.shift : choice->cost.psnr;
    gboolean counts = !by_shift || latent_calibration_get_layer (self->calibration, i)->in_encoder;
    if (choice->integer && counts && (cost > most || worst == self->n)) {
      worst = i;
      most = cost;
    }
  }
  return worst;
}

static LatentModel *
fail (const Search *self, GError **error)
{
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_FAILED,
      "no layer is left: any in integers takes more than %g dB, or moves latents by more than %g "
      "steps",
      self->limits->max_loss, self->limits->max_shift);
  return NULL;
}

/* Puts the worst layer back to f32 until the limits are met. */
static LatentModel *
descend (const Search *self, LatentQuality *quality, GError **error)
{
  choose (self, TRUE, 0);
  while (TRUE) {
    g_autoptr (LatentModel) model = NULL;
    gboolean moves;
    guint worst;
    if (find_worst (self, FALSE) == self->n)
      return fail (self, error);
    model = make (self, error);
    if (model == NULL || !measure (self, model, quality, error))
      return NULL;
    moves = quality->shift > self->limits->max_shift;
    if (!moves && get_loss (self, quality) <= self->limits->max_loss)
      return g_steal_pointer (&model);
    worst = find_worst (self, moves);
    self->choices[worst < self->n ? worst : find_worst (self, FALSE)].integer = FALSE;
  }
}

LatentModel *
latent_calibration_search (LatentCalibration *self, const LatentQualityLimits *limits,
    LatentLayerChoice *choices, LatentQuality quality[2], LatentQualityFunc func, gpointer data,
    GError **error)
{
  Search search = {
      self, limits, choices, self->layers->len, func, data, {NAN, NAN}
  };

  if (!func (self->model, &quality[0], data, error))
    return NULL;
  search.before = quality[0];
  return try_layers (&search, error) ? descend (&search, &quality[1], error) : NULL;
}
