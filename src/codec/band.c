/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/band.h"

#include <string.h>

#include "src/base/clones.h"
#include "src/codec/band-predict.h"
#include "src/codec/value.h"

/* A row of a channel before its active places are decoded. */
static void
fill_symbols (const LatentBand *self, guint channel, gint16 *q, const gint16 *p, gsize n)
{
  if (p != NULL) {
    memcpy (q, p, n * sizeof *q);
    return;
  }
  if (self->foretold != NULL) {
    memset (q, 0, n * sizeof *q);
    return;
  }
  for (gsize i = 0; i < n; i++)
    q[i] = self->state->channels[channel].offset;
}

/* By the mode alone, whose branches it takes once. */
static gint
predict (const LatentBand *self, guint channel, LatentSymbolMode mode, const gint16 *q,
    const gint16 *p, guint y, guint x)
{
  return mode == LATENT_MODE_SPATIAL
             ? latent_band_predict (self, channel, LATENT_MODE_SPATIAL, q, p, y, x)
             : latent_band_predict (self, channel, LATENT_MODE_TEMPORAL, q, p, y, x);
}

/* q and p: the channel's first row in the band. */
LATENT_INLINE void
code_row (const LatentBand *band, LatentChannelCoder *coder, const LatentDirection direction,
    const LatentFrameKind kind, guint channel, gint16 *q, const gint16 *p, guint y)
{
  const gboolean delta = kind == LATENT_FRAME_DELTA;
  const LatentChannelState *state = &band->state->channels[channel];
  const LatentSymbolMode mode = state->modes[delta];
  const gint offset = state->offset;
  const guint *end = band->visits + band->first_visit[y + 1];
  const gssize first = y * coder->stride;

  q += (gsize)y * band->width;
  p = delta ? p + (gsize)y * band->width : NULL;
  if (direction != LATENT_DECODE && mode != LATENT_MODE_PLAIN)
    latent_band_predict_row (band, channel, mode, q, p, y);
  for (const guint *visit = band->visits + band->first_visit[y]; visit < end; visit++) {
    const guint x = *visit;
    gint foretold = offset, before = 0, value = 0, change = 0;
    if (mode != LATENT_MODE_PLAIN)
      foretold = direction != LATENT_DECODE ? band->foretold_row[x]
                                            : predict (band, channel, mode, q, p, y, x);
    if (delta)
      before = (gint16)(p[x] - foretold);
    if (direction != LATENT_DECODE)
      value = (gint16)(q[x] - foretold);
    value = latent_code_value (coder, direction, kind, first + x, before, value);
    if (direction == LATENT_DECODE)
      q[x] = (gint16)(foretold + value);
    if (delta)
      change = ABS (q[x] - p[x]);
    if (value != 0 || (delta && change != 0))
      latent_place_put (coder, first + x, value, change);
  }
}

/* expected: the channel's first row in the band. */
LATENT_INLINE void
code_foretold_row (const LatentBand *band, LatentChannelCoder *coder,
    const LatentDirection direction, gint16 *q, const gint16 *expected, guint y)
{
  const guint *end = band->visits + band->first_visit[y + 1];
  const gssize first = y * coder->stride;
  const guint8 *modes = band->foretold->modes + (gsize)(band->begin + y) * band->width;

  q += (gsize)y * band->width;
  expected += (gsize)y * band->width;
  for (const guint *visit = band->visits + band->first_visit[y]; visit < end; visit++) {
    const guint x = *visit;
    gint value = q[x];
    if (modes[x] == LATENT_PLACE_NEW)
      value = latent_code_value (coder, direction, LATENT_FRAME_KEY, first + x, 0, value);
    else
      value = latent_code_value (
          coder, direction, LATENT_FRAME_FORETOLD, first + x, expected[x], value);
    if (direction == LATENT_DECODE)
      q[x] = (gint16)value;
    if (value != 0)
      latent_place_put (coder, first + x, value, 0);
  }
}

LATENT_INLINE void
begin_channel (LatentChannelCoder *coder, LatentBand *band, guint channel)
{
  latent_band_start_channel (band);
  coder->own = band->state->channels[channel].slots;
  coder->activity_scale = band->activity_scale;
  coder->no_activity = band->activity_scale == 0 ? 16 << 12 : 0;
  coder->changed_scale = band->changed_scale;
  for (guint i = 0; i < 3; i++) {
    coder->values[i] = band->values[i];
    coder->digits[i] = band->digits[i];
  }
  coder->found = band->found;
}

LATENT_INLINE void
code_channels (LatentBand *self, LatentBitCoder *bits, const LatentDirection direction,
    const LatentFrameKind kind, gint16 *q, const gint16 *p)
{
  LatentBitCoder mine = *bits;
  LatentChannelCoder coder = {.bits = &mine,
      .classes = latent_classes_get (),
      .shared = self->state->shared,
      .mixers = self->state->mixers,
      .stride = self->stride,
      .near = self->near,
      .activity = self->activity,
      .changed = self->changed,
      .kinds = self->kinds};

  for (guint c = 0; c < self->channels; c++) {
    const gsize begin = latent_band_get_begin (self, c);
    const gint16 *before = kind == LATENT_FRAME_DELTA ? p + begin : NULL;
    if (direction == LATENT_DECODE)
      fill_symbols (self, c, q + begin, before, (gsize)self->rows * self->width);
    if (self->still[c])
      continue;
    begin_channel (&coder, self, c);
    for (guint y = 0; y < self->rows; y++)
      if (kind == LATENT_FRAME_FORETOLD)
        code_foretold_row (self, &coder, direction, q + begin, self->foretold->expected + begin, y);
      else
        code_row (self, &coder, direction, kind, c, q + begin, before, y);
    self->n_found = (guint)(coder.found - self->found);
    latent_band_end_channel (self, q + begin, before);
  }
  *bits = mine;
}

#define CODER(name, direction, kind)                                                               \
  LATENT_FOR_EACH_CPU static void name (                                                           \
      LatentBand *self, LatentBitCoder *bits, gint16 *q, const gint16 *p)                          \
  {                                                                                                \
    code_channels (self, bits, direction, kind, q, p);                                             \
  }
CODER (encode_key, LATENT_ENCODE, LATENT_FRAME_KEY)
CODER (encode_delta, LATENT_ENCODE, LATENT_FRAME_DELTA)
CODER (encode_foretold, LATENT_ENCODE, LATENT_FRAME_FORETOLD)
CODER (decode_key, LATENT_DECODE, LATENT_FRAME_KEY)
CODER (decode_delta, LATENT_DECODE, LATENT_FRAME_DELTA)
CODER (decode_foretold, LATENT_DECODE, LATENT_FRAME_FORETOLD)
CODER (observe_key, LATENT_OBSERVE, LATENT_FRAME_KEY)
CODER (observe_delta, LATENT_OBSERVE, LATENT_FRAME_DELTA)
CODER (observe_foretold, LATENT_OBSERVE, LATENT_FRAME_FORETOLD)

static void (*const coders[3][3]) (LatentBand *, LatentBitCoder *, gint16 *, const gint16 *) = {
    {encode_key,  encode_delta,  encode_foretold },
    {decode_key,  decode_delta,  decode_foretold },
    {observe_key, observe_delta, observe_foretold}
};

void
latent_band_code (
    LatentBand *self, LatentBitCoder *bits, LatentDirection direction, gint16 *q, const gint16 *p)
{
  LatentForetold *foretold = self->foretold;
  const LatentFrameKind kind = foretold != NULL ? LATENT_FRAME_FORETOLD
                               : p != NULL      ? LATENT_FRAME_DELTA
                                                : LATENT_FRAME_KEY;

  if (foretold == NULL)
    latent_band_code_headers (self, bits, direction, q, p);
  latent_band_code_places (self, bits, direction, q, p);
  if (foretold != NULL)
    latent_band_code_headers (self, bits, direction, q, p);
  if (foretold != NULL && foretold->fill != NULL)
    foretold->fill (foretold, self->begin, self->begin + self->rows, foretold->data);
  latent_band_start (self);
  coders[direction][kind](self, bits, q, p);
}
