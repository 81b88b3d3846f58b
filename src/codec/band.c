/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/band.h"

#include <string.h>

#include "src/base/clones.h"
#include "src/codec/value.h"

/* A row of a channel before its active places are decoded. */
static void
fill_symbols (const LatentBand *self, guint channel, gint16 *q, const gint16 *p, gsize n)
{
  if (p != NULL) {
    memcpy (q, p, n * sizeof *q);
    return;
  }
  for (gsize i = 0; i < n; i++)
    q[i] = self->state->channels[channel].offset;
}

/* q and p: the channel's first row in the band. */
LATENT_INLINE void
code_row (const LatentChannelCoder *coder, const LatentDirection direction, const gboolean delta,
    guint channel, gint16 *q, const gint16 *p, guint y)
{
  LatentBand *band = coder->band;
  const LatentChannelState *state = &band->state->channels[channel];
  const LatentSymbolMode mode = state->modes[delta];
  const gint offset = state->offset;

  const gssize first = y * band->stride;

  q += (gsize)y * band->width;
  p = delta ? p + (gsize)y * band->width : NULL;
  for (guint k = band->first_visit[y]; k < band->first_visit[y + 1]; k++) {
    const guint x = band->visits[k];
    gint foretold = offset, before = 0, value = 0, change = 0;
    if (mode != LATENT_MODE_PLAIN)
      foretold = latent_band_predict (band, channel, mode, q, p, y, x);
    if (delta)
      before = (gint16)(p[x] - foretold);
    if (direction != LATENT_DECODE)
      value = (gint16)(q[x] - foretold);
    value = latent_code_value (coder, direction, delta, first + x, before, value);
    if (direction == LATENT_DECODE)
      q[x] = (gint16)(foretold + value);
    if (delta)
      change = ABS (q[x] - p[x]);
    if (value != 0 || (delta && change != 0))
      latent_place_put (coder, first + x, value, change);
  }
}

LATENT_INLINE void
code_channels (LatentBand *self, LatentBitCoder *bits, const LatentDirection direction,
    const gboolean delta, gint16 *q, const gint16 *p)
{
  for (guint c = 0; c < self->channels; c++) {
    const gsize begin = latent_band_get_begin (self, c);
    const gint16 *before = delta ? p + begin : NULL;
    LatentChannelCoder coder = {.band = self,
        .bits = bits,
        .classes = latent_classes_get (),
        .own = self->state->channels[c].slots,
        .shared = self->state->shared};
    if (direction == LATENT_DECODE)
      fill_symbols (self, c, q + begin, before, (gsize)self->rows * self->width);
    if (self->still[c])
      continue;
    latent_band_start_channel (self);
    coder.activity_scale = self->activity_scale;
    coder.no_activity = self->activity_scale == 0 ? 16 << 12 : 0;
    for (guint y = 0; y < self->rows; y++)
      code_row (&coder, direction, delta, c, q + begin, before, y);
    latent_band_end_channel (self, q + begin, before);
  }
}

#define CODER(name, direction, delta)                                                              \
  LATENT_FOR_EACH_CPU static void name (                                                           \
      LatentBand *self, LatentBitCoder *bits, gint16 *q, const gint16 *p)                          \
  {                                                                                                \
    code_channels (self, bits, direction, delta, q, p);                                            \
  }
CODER (encode_key, LATENT_ENCODE, FALSE)
CODER (encode_delta, LATENT_ENCODE, TRUE)
CODER (decode_key, LATENT_DECODE, FALSE)
CODER (decode_delta, LATENT_DECODE, TRUE)
CODER (observe_key, LATENT_OBSERVE, FALSE)
CODER (observe_delta, LATENT_OBSERVE, TRUE)

static void (*const coders[3][2]) (LatentBand *, LatentBitCoder *, gint16 *, const gint16 *) = {
    {encode_key,  encode_delta },
    {decode_key,  decode_delta },
    {observe_key, observe_delta}
};

void
latent_band_code (
    LatentBand *self, LatentBitCoder *bits, LatentDirection direction, gint16 *q, const gint16 *p)
{
  latent_band_code_headers (self, bits, direction, q, p);
  latent_band_code_places (self, bits, direction, q, p);
  latent_band_start (self);
  coders[direction][p != NULL](self, bits, q, p);
}
