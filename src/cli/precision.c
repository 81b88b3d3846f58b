/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/precision.h"

static LatentPrecision current = LATENT_PRECISION_AUTO;

void
latent_precision_set (LatentPrecision precision)
{
  current = precision;
}

LatentPrecision
latent_precision_get (void)
{
  return current;
}
