/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/codec/motion-private.h"

/* Pictures of latents that stand channel by channel; mask: a byte a tile, NULL: all. */
static inline void
case_synthesise (LatentMotion *motion, const gint32 *latents, const guint8 *mask)
{
  const guint width = motion->grid_width, places = width * motion->grid_height;
  gint32 levels[LATENT_MOTION_PIXELS];

  for (guint i = 0; i < places; i++) {
    const guint column = i % width;
    for (guint c = 0; c < motion->basis->k; c++)
      levels[c] = latents[c * places + i];
    if (mask == NULL || mask[i])
      latent_motion_synthesise (motion, i / width, &column, 1, levels);
  }
}

static inline void
case_remember (LatentMotion *motion)
{
  for (guint y = 0; y < motion->grid_height; y++)
    for (guint x = 0; x < motion->grid_width; x++)
      latent_motion_remember (motion, x, y);
}

static inline void
case_predict (
    const LatentMotion *motion, guint x, guint y, const LatentVector *vectors, gint32 *prediction)
{
  gint16 pixels[LATENT_MOTION_PIXELS];

  latent_motion_move (motion, x, y, vectors, pixels);
  latent_motion_project (motion, pixels, 0, motion->basis->k, prediction);
}

/* The whole, and pieces where that is not good enough; the cost of the better, four vectors costing
 * lambda more. */
static inline guint
case_search (const LatentMotion *motion, guint x, guint y, const LatentVector *candidates, guint n,
    guint lambda, gboolean has_memory, LatentVector *whole, LatentVector *pieces)
{
  const guint cost = latent_motion_search (motion, x, y, candidates, n, lambda, whole);
  guint split;

  for (guint i = 0; i < LATENT_MOTION_PIECES; i++)
    pieces[i] = *whole;
  if (cost < LATENT_MOTION_WELL * lambda)
    return cost;
  split = latent_motion_search_pieces (motion, x, y, n > 0 ? candidates[0] : (LatentVector){0, 0},
      lambda, has_memory, *whole, pieces);
  return MIN (cost, split + lambda);
}
