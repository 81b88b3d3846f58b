/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Tells learning from its end. A loss diverges where it is not finite, or where each of 100 steps
 * in a row has one above both ten times the best so far and what learning started with. The best is
 * the lowest that the mean over the last 50 steps (of exponentially falling weight) was; the start
 * is the mean of the first ten, as far as they are below the bound. So neither a batch that is
 * hard, nor a term whose weight rises, ends it. Plain data: a checkpoint has it. */
typedef struct {
  guint64 n; /* losses seen */
  double start;
  double smooth;
  double best;
  guint64 above; /* steps in a row */
} LatentGuard;

typedef enum {
  LATENT_GUARD_GOOD, /* the weights that made this loss are worth keeping */
  LATENT_GUARD_HIGH, /* it is above the bound, so far not for long */
  LATENT_GUARD_DIVERGED,
} LatentGuardState;

LatentGuardState latent_guard_add (LatentGuard *self, double loss);
/* What a loss must not stay above; infinity before the first one. */
double latent_guard_get_bound (const LatentGuard *self);
