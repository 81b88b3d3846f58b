/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/program.h>

#include "src/graph/graph.h"

/* A ConvTranspose of one dimension, or of two that are alike, whose output is `block` times its
 * input: as a Conv that makes block, or block x block, numbers of each channel at each place, from
 * so many neighbours. */
typedef struct {
  guint n; /* dimensions */
  gint64 block;
  gint64 kernel; /* of the ConvTranspose */
  gint64 pad;    /* before, likewise */
  gint64 before; /* neighbours of a place that the Conv reads: so many before it, */
  gint64 after;  /* and behind it */
} LatentSpread;

/* FALSE for a ConvTranspose that is no such, or faster as it is. */
gboolean latent_spread_find (LatentSpread *self, const LatentNode *node, LatentPrecision precision);
/* Numbers of a channel that the Conv makes at a place. */
gint64 latent_spread_get_area (const LatentSpread *self);
/* Its weights, I O K (K), as the Conv's, which makes block (block) O channels. */
LatentTensor *latent_spread_weights (
    const LatentSpread *self, const LatentTensor *old, GError **error);
