/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/program.h>

#include "src/graph/graph.h"

/* A ConvTranspose of two dimensions, alike in both, whose output is `block` times its input: as a
 * Conv that makes block x block pixels at each place, from so many neighbours. */
typedef struct {
  gint64 block;
  gint64 kernel; /* of the ConvTranspose */
  gint64 pad;    /* before, likewise */
  gint64 before; /* neighbours of a place that the Conv reads: so many before it, */
  gint64 after;  /* and behind it */
} LatentSpread;

/* FALSE for a ConvTranspose that is no such, or faster as it is. */
gboolean latent_spread_find (LatentSpread *self, const LatentNode *node, LatentPrecision precision);
/* Its weights, I O K K, as the Conv's, which makes block block O channels. */
LatentTensor *latent_spread_weights (
    const LatentSpread *self, const LatentTensor *old, GError **error);
