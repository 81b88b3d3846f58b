/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/codec/band.h"

/* Which places are coded: where a channel that is not still differs from its offset, or from the
 * frame before; in foretold frames, all but those that stay as they were. */

#define HISTORY_LIMIT 15
#define HISTORY_STEP  4

/* A place may be coded that no symbol is left at: what it is foretold by moves it. */
static void
find_foretold (LatentBand *self)
{
  const guint8 *modes = self->foretold->modes + (gsize)self->begin * self->width;

  for (guint y = 0; y < self->rows; y++, modes += self->width)
    for (guint x = 0; x < self->width; x++)
      self->active[y * self->stride + x] = modes[x] != LATENT_PLACE_HELD;
}

static void
find_active (LatentBand *self, const gint16 *q, const gint16 *p)
{
  for (guint y = 0; y < self->rows; y++)
    memset (self->active + y * self->stride, 0, self->width * sizeof *self->active);
  for (guint c = 0; c < self->channels; c++) {
    const gint16 *a = q + latent_band_get_begin (self, c);
    const gint16 *b = p != NULL ? p + latent_band_get_begin (self, c) : NULL;
    const gint16 offset = self->state->channels[c].offset;
    if (self->still[c])
      continue;
    for (guint y = 0; y < self->rows; y++, a += self->width) {
      guint8 *active = self->active + y * self->stride;
      if (b == NULL) {
        for (guint x = 0; x < self->width; x++)
          active[x] |= a[x] != offset;
        continue;
      }
      for (guint x = 0; x < self->width; x++)
        active[x] |= a[x] != b[x];
      b += self->width;
    }
  }
}

static inline __attribute__ ((always_inline)) void
code_place (LatentBand *self, LatentBitCoder *bits, const LatentDirection direction, guint y,
    guint x, gboolean delta)
{
  const gssize stride = self->stride, i = y * stride + x;
  guint8 *a = self->active + i;
  const guint8 *b = self->active_before + i;
  LatentSlot *shared = self->state->shared;
  guint w = a[-1], n = a[-stride], nw = a[-stride - 1], ne = a[-stride + 1], near = w + n;
  guint count = near + nw + ne + a[-2] + a[-2 * stride];
  guint around = (guint)b[-1] + b[0] + b[1] + b[-stride - 1] + b[-stride] + b[-stride + 1] +
                 b[stride - 1] + b[stride] + b[stride + 1];
  guint cross = (guint)b[-1] * 16 + b[1] * 8 + b[-stride] * 4 + b[stride] * 2 + b[0];
  LatentSlot *const slots[8] = {
      shared + P0 + delta * 16 + w * 8 + n * 4 + nw * 2 + ne,
      shared + P1 + delta * 14 + count * 2 + b[0],
      shared + P2 + delta * 30 + around * 3 + near,
      shared + P3 + delta * 32 + cross,
      shared + P4 + delta * 24 + y * 8 / self->rows * 3 + near,
      shared + P5 + delta * 24 + x * 8 / self->width * 3 + near,
      shared + P6 + delta * 48 + self->history[i] * 3u + near,
      shared + P7 + delta,
  };

  *a = (guint8)latent_bit_coder_mix (
      bits, direction, slots, 8, self->state->mixers + WP + delta, TRUE, *a);
}

static inline __attribute__ ((always_inline)) void
code_all (LatentBand *self, LatentBitCoder *bits, const LatentDirection direction, gboolean delta)
{
  for (guint y = 0; y < self->rows; y++) {
    if (direction == LATENT_DECODE)
      memset (self->active + y * self->stride, 0, self->width * sizeof *self->active);
    for (guint x = 0; x < self->width; x++) {
      code_place (self, bits, direction, y, x, delta);
      if (self->foretold != NULL)
        latent_band_code_kind (self, bits, direction, y, x);
    }
  }
}

static void
remember (LatentBand *self, gboolean delta)
{
  for (guint y = 0; y < self->rows; y++)
    for (guint x = 0; x < self->width; x++) {
      const gssize i = y * self->stride + x;
      guint history = self->history[i];
      if (!delta)
        history = 0;
      else if (self->active[i])
        history = MIN (history + HISTORY_STEP, HISTORY_LIMIT);
      else if (history > 0)
        history--;
      self->history[i] = (guint8)history;
      self->active_before[i] = delta && self->active[i];
    }
}

void
latent_band_code_places (LatentBand *self, LatentBitCoder *bits, LatentDirection direction,
    const gint16 *q, const gint16 *p)
{
  const gboolean delta = p != NULL || self->foretold != NULL;

  if (direction != LATENT_DECODE && self->foretold != NULL)
    find_foretold (self);
  else if (direction != LATENT_DECODE)
    find_active (self, q, p);
  if (direction == LATENT_ENCODE)
    code_all (self, bits, LATENT_ENCODE, delta);
  else if (direction == LATENT_DECODE)
    code_all (self, bits, LATENT_DECODE, delta);
  else
    code_all (self, bits, LATENT_OBSERVE, delta);
  remember (self, delta);
}
