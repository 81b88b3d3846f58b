/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/base/clones.h"
#include "src/codec/band-predict.h"

/* Channels' headers: still or not, offset, mode. */

#define FEW   8          /* places */
#define EVEN  (1u << 31) /* a slot of a bit that is as likely as not */
#define LARGE 4          /* a channel whose greatest value is below it is coded as it is */

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

/* Bits of a row's values, each taken as long as it is, 0 too as one: the exponent of the value as a
 * number of floating point, which all of 16 bits are exactly. */
LATENT_FOR_EACH_CPU static guint
add_bits (const gint16 *q, const gint16 *foretold, guint n)
{
  guint sum = 0;

  for (guint x = 0; x < n; x++) {
    const union {
      float number;
      gint32 bits;
    } value = {.number = (gint16)(q[x] - foretold[x])};
    const gint length = (value.bits >> 23 & 255) - 126;
    sum += (guint)MAX (length, 1);
  }
  return sum;
}

/* The mode of least cost. */
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
      latent_band_predict_row (self, channel, mode, q + row, p != NULL ? p + row : NULL, y);
      costs[mode] += add_bits (q + row, self->foretold_row, self->width);
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
  /* each is as the one before it */
  return q[0] == offset && memcmp (q, q + 1, (n - 1) * sizeof *q) == 0;
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
 * which channels are still; nor is it of a channel that seldom is, whose zeros cost less. */
static void
code_foretold (LatentBand *self, LatentBitCoder *bits, LatentDirection direction, const gint16 *q)
{
  const guint n = count_active (self);

  if (n < FEW) {
    memset (self->still, n == 0, self->channels);
    return;
  }
  for (guint c = 0; c < self->channels; c++) {
    LatentSlot *slot = &self->state->channels[c].slots[IS_STILL + self->resting[c]];
    gboolean still = direction != LATENT_DECODE && *slot >= EVEN &&
                     is_still (self, q + latent_band_get_begin (self, c), NULL, 0);
    self->still[c] = (guint8)latent_bit_coder_code (bits, direction, slot, still);
    self->resting[c] = self->still[c];
  }
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
