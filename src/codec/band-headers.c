/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/codec/band.h"

/* Channels' headers: still or not, offset, mode. */

#define FEW   8 /* places */
#define LARGE 4 /* a channel whose greatest value is below it is coded as it is */

/* q: row y, there being no row above the first. */
static inline gint
get_symbol (const LatentBand *self, const gint16 *q, guint y, gint dy, gint x, gint outside)
{
  if (x < 0 || x >= (gint)self->width || (dy < 0 && y == 0))
    return outside;
  return q[dy * (gssize)self->width + x];
}

gint
latent_band_predict (const LatentBand *self, guint channel, LatentSymbolMode mode, const gint16 *q,
    const gint16 *p, guint y, guint x)
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
    gint there = get_symbol (self, q, y, at[k][0], (gint)x + at[k][1], offset);
    if (mode == LATENT_MODE_SPATIAL)
      sum += weights->spatial[k] * (there - offset);
    else
      sum += weights->temporal[k] *
             (there - get_symbol (self, p, y, at[k][0], (gint)x + at[k][1], offset));
  }
  if (mode == LATENT_MODE_TEMPORAL)
    sum += weights->temporal[4] * (p[x] - offset);
  sum = offset + (sum >> 4);
  return CLAMP (sum, G_MININT16, G_MAXINT16);
}

/* The most frequent symbol, where it is clearly more frequent than the offset before. */
static gint
find_offset (const LatentBand *self, guint32 *counts, const gint16 *q, gint offset)
{
  const guint n = self->rows * self->width;
  guint most = 0, same = 0;
  gint found = offset;

  for (guint i = 0; i < n; i++)
    same += q[i] == (gint16)offset;
  if (n - same <= same + n / 16)
    return offset; /* no other can be */
  for (guint i = 0; i < n; i++) {
    guint count = ++counts[(guint16)q[i]];
    if (count > most) {
      most = count;
      found = q[i];
    }
  }
  if (most <= counts[(guint16)offset] + n / 16)
    found = offset;
  for (guint i = 0; i < n; i++)
    counts[(guint16)q[i]] = 0;
  return found;
}

/* The mode of least cost, a value taken as so many bits as it is long. */
static LatentSymbolMode
find_mode (const LatentBand *self, guint channel, const gint16 *q, const gint16 *p)
{
  const gint offset = self->state->channels[channel].offset;
  const guint modes = p != NULL ? 3 : 2;
  guint64 costs[3] = {0};
  gint16 least = (gint16)offset, most = (gint16)offset;
  guint best = LATENT_MODE_PLAIN;

  for (gsize i = 0; i < (gsize)self->rows * self->width; i++)
    least = MIN (least, q[i]), most = MAX (most, q[i]);
  if (most - offset < LARGE && offset - least < LARGE)
    return best;
  for (guint mode = 0; mode < modes; mode++) {
    for (guint y = 0; y < self->rows; y++) {
      const gsize row = (gsize)y * self->width;
      for (guint x = 0; x < self->width; x++) {
        gint foretold = latent_band_predict (
            self, channel, mode, q + row, p != NULL ? p + row : NULL, y, x);
        gint value = (gint16)(q[row + x] - foretold);
        costs[mode] += 2 * g_bit_storage ((gulong)ABS (value));
      }
    }
    if (costs[mode] < costs[best])
      best = mode;
  }
  return best;
}

static gboolean
is_still (const LatentBand *self, const gint16 *q, const gint16 *p, gint offset)
{
  const gsize n = (gsize)self->rows * self->width;

  if (p != NULL)
    return memcmp (q, p, n * sizeof *q) == 0;
  for (gsize i = 0; i < n; i++)
    if (q[i] != offset)
      return FALSE;
  return TRUE;
}

static void
code_offset (LatentBand *self, LatentBitCoder *bits, LatentDirection direction,
    LatentChannelState *state, gint offset)
{
  LatentSlot *slots = self->state->shared + OFFSET;
  gint difference = (gint16)(offset - state->offset);
  gboolean negative;

  if (!latent_bit_coder_code (bits, direction, &state->slots[NEW_OFFSET], difference != 0))
    return;
  negative = latent_bit_coder_code (bits, direction, &slots[32], difference < 0);
  difference = (gint)latent_bit_coder_code_golomb (
                   bits, direction, slots, (guint)ABS (difference) - 1) +
               1;
  state->offset = (gint16)(state->offset + (negative ? -difference : difference));
}

static void
code_mode (LatentBand *self, LatentBitCoder *bits, LatentDirection direction,
    LatentChannelState *state, guint mode, gboolean delta)
{
  guint8 *last = &state->modes[delta];
  const guint modes = delta ? 3 : 2;
  guint further = (mode + modes - *last) % modes;

  if (!latent_bit_coder_code (bits, direction, &state->slots[NEW_MODE + delta], further > 0))
    return;
  if (delta)
    further = 1 + (guint)latent_bit_coder_code (
                      bits, direction, self->state->shared + MODE + *last, further > 1);
  else
    further = 1;
  *last = (guint8)((*last + further) % modes);
}

static guint
count_active (const LatentBand *self)
{
  guint n = 0;

  for (guint y = 0; y < self->rows; y++)
    for (guint x = 0; x < self->width; x++)
      n += self->active[y * self->stride + x];
  return n;
}

/* What is foretold has neither offset nor mode. Where few places are coded it is not worth saying
 * which channels are still. */
static void
code_foretold (LatentBand *self, LatentBitCoder *bits, LatentDirection direction, const gint16 *q)
{
  const guint n = count_active (self);

  if (n < FEW) {
    memset (self->still, n == 0, self->channels);
    return;
  }
  for (guint c = 0; c < self->channels; c++)
    self->resting[c] = self->still[c] = (guint8)latent_bit_coder_code (bits, direction,
        &self->state->channels[c].slots[IS_STILL + self->resting[c]],
        direction != LATENT_DECODE &&
            is_still (self, q + latent_band_get_begin (self, c), NULL, 0));
}

void
latent_band_code_headers (LatentBand *self, LatentBitCoder *bits, LatentDirection direction,
    const gint16 *q, const gint16 *p)
{
  const gboolean decoding = direction == LATENT_DECODE, delta = p != NULL;
  g_autofree guint32 *counts = NULL;

  if (self->foretold != NULL) {
    code_foretold (self, bits, direction, q);
    return;
  }
  if (!decoding && !delta)
    counts = g_new0 (guint32, 65536);

  for (guint c = 0; c < self->channels; c++) {
    const gsize begin = latent_band_get_begin (self, c);
    const gint16 *p_c = delta ? p + begin : NULL;
    LatentChannelState *state = &self->state->channels[c];
    if (!delta)
      code_offset (self, bits, direction, state,
          decoding ? 0 : find_offset (self, counts, q + begin, state->offset));
    self->still[c] = (guint8)latent_bit_coder_code (bits, direction,
        &state->slots[IS_STILL + delta],
        !decoding && is_still (self, q + begin, p_c, state->offset));
    if (!self->still[c])
      code_mode (
          self, bits, direction, state, decoding ? 0 : find_mode (self, c, q + begin, p_c), delta);
  }
}
