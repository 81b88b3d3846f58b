/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/exec/qdq.h"

/* Ranges of reals that 8 bits shall stand for, chosen by how often which reals were seen. */

typedef enum {
  LATENT_RANGE_MINMAX,     /* all that was seen */
  LATENT_RANGE_PERCENTILE, /* all but one in 10,000 at either end */
  LATENT_RANGE_MSE,        /* least squared error, of rounding and of what is cut off */
} LatentRangeMethod;

#define LATENT_RANGE_BINS 2048

/* First the ends, then, these being known, the counts. */
typedef struct {
  double least; /* 0 or below: a step always has 0 as an integer; -INFINITY after NaN */
  double most;  /* 0 or above */
  double counts[LATENT_RANGE_BINS]; /* between the ends; zeros, which are never wrong, left out */
} LatentRange;

void latent_range_see_ends (LatentRange *self, const float *values, gsize n);
void latent_range_see_counts (LatentRange *self, const float *values, gsize n);

/* uint8 with zero point 0 where nothing is negative; else int8 with zero point 0, or, where that is
 * clearly worse, uint8 with another one. */
LatentQdqStep latent_range_choose (const LatentRange *self, LatentRangeMethod method);
