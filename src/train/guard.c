/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/guard.h"

#include <math.h>

#define FIRST    10  /* steps that are the start */
#define MEMORY   50  /* steps that the smooth loss remembers */
#define PATIENCE 100 /* steps above the bound */
#define FACTOR   10  /* of the best */

double
latent_guard_get_bound (const LatentGuard *self)
{
  if (self->n == 0)
    return INFINITY;
  /* a loss may be negative: so much above the best */
  return MAX (self->best + (FACTOR - 1) * fabs (self->best), self->start);
}

static void
learn (LatentGuard *self, double loss)
{
  self->n++;
  self->smooth += (loss - self->smooth) / (double)MIN (self->n, MEMORY);
  if (self->n <= FIRST)
    self->best = self->start = self->smooth;
  else
    self->best = MIN (self->best, self->smooth);
}

LatentGuardState
latent_guard_add (LatentGuard *self, double loss)
{
  if (!isfinite (loss))
    return LATENT_GUARD_DIVERGED;
  if (loss <= latent_guard_get_bound (self)) {
    self->above = 0;
    learn (self, loss);
    return LATENT_GUARD_GOOD;
  }
  return ++self->above < PATIENCE ? LATENT_GUARD_HIGH : LATENT_GUARD_DIVERGED;
}
