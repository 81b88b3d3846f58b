/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/band-predict.h"

#include <string.h>

#include "src/base/clones.h"

/* a less b, n symbols; b is `offset` where it is NULL. dst has a 0 before and behind. */
static void
subtract (gint32 *dst, const gint16 *a, const gint16 *b, gint offset, guint n)
{
  for (guint x = 0; x < n; x++)
    dst[x + 1] = a[x] - (b != NULL ? b[x] : offset);
}

LATENT_FOR_EACH_CPU static void
sum_row (gint32 *const rows[3], const gint weights[5], gint offset, guint n, gint16 *dst)
{
  const gint32 *here = rows[0], *above = rows[1], *before = rows[2] + 1;

  for (guint x = 0; x < n; x++) {
    gint sum = 8 + weights[0] * here[x] + weights[1] * above[x + 1] + weights[2] * above[x] +
               weights[3] * above[x + 2] + weights[4] * before[x];
    sum = offset + (sum >> 4);
    dst[x] = (gint16)CLAMP (sum, G_MININT16, G_MAXINT16);
  }
}

void
latent_band_predict_row (const LatentBand *self, guint channel, const LatentSymbolMode mode,
    const gint16 *q, const gint16 *p, guint y)
{
  const gint offset = self->state->channels[channel].offset;
  const LatentChannelWeights *own = &self->weights[channel];
  const gint8 *from = mode == LATENT_MODE_SPATIAL ? own->spatial : own->temporal;
  const gint16 *b = mode == LATENT_MODE_TEMPORAL ? p : NULL;
  const gint weights[5] = {from[0], from[1], from[2], from[3], b != NULL ? from[4] : 0};
  const guint n = self->width;

  if (mode == LATENT_MODE_PLAIN) {
    for (guint x = 0; x < n; x++)
      self->foretold_row[x] = (gint16)offset;
    return;
  }
  subtract (self->around[0], q, b, offset, n);
  if (y > 0)
    subtract (self->around[1], q - n, b != NULL ? b - n : NULL, offset, n);
  else
    memset (self->around[1], 0, (n + 2) * sizeof *self->around[1]);
  if (b != NULL)
    subtract (self->around[2], b, NULL, offset, n);
  sum_row (self->around, weights, offset, n, self->foretold_row);
}
