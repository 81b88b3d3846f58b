/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/codec/band.h"

/* What neighbours (and the frame before) foretell of symbols. */

/* Of a row whose symbols are all known: to self->foretold_row. q and p: the channel's row y in the
 * band; p is of LATENT_MODE_TEMPORAL alone. */
void latent_band_predict_row (const LatentBand *self, guint channel, LatentSymbolMode mode,
    const gint16 *q, const gint16 *p, guint y);

/* q: row y, there being no row above the first. */
LATENT_INLINE gint
latent_band_get_symbol (
    const LatentBand *self, const gint16 *q, guint y, gint dy, gint x, gint outside)
{
  if (x < 0 || x >= (gint)self->width || (dy < 0 && y == 0))
    return outside;
  return q[dy * (gssize)self->width + x];
}

/* Of the symbol at (y, x), those before it being known. */
LATENT_INLINE gint
latent_band_predict (const LatentBand *self, guint channel, const LatentSymbolMode mode,
    const gint16 *q, const gint16 *p, guint y, guint x)
{
  static const gint8 at[4][2] = {
      {0,  -1},
      {-1, 0 },
      {-1, -1},
      {-1, 1 }
  };
  const LatentChannelWeights *weights = &self->weights[channel];
  const gint offset = self->state->channels[channel].offset;
  gint sum = 8;

  if (mode == LATENT_MODE_PLAIN)
    return offset;
  for (guint k = 0; k < 4; k++) {
    const gint dy = at[k][0], there_x = (gint)x + at[k][1];
    const gint there = latent_band_get_symbol (self, q, y, dy, there_x, offset);
    if (mode == LATENT_MODE_SPATIAL)
      sum += weights->spatial[k] * (there - offset);
    else
      sum += weights->temporal[k] *
             (there - latent_band_get_symbol (self, p, y, dy, there_x, offset));
  }
  if (mode == LATENT_MODE_TEMPORAL)
    sum += weights->temporal[4] * (p[x] - offset);
  sum = offset + (sum >> 4);
  return CLAMP (sum, G_MININT16, G_MAXINT16);
}
