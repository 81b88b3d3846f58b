/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/codec/band.h"
#include "src/codec/classes.h"

/* One value: not zero, negative, magnitude. The contexts of each of the three. */

typedef struct {
  LatentBitCoder *bits; /* a copy of the band's: nothing else may point to it */
  const LatentClasses *classes;
  LatentSlot *own;    /* the channel's */
  LatentSlot *shared; /* all channels' */
  LatentMixer *mixers;
  guint32 activity_scale;
  guint32 no_activity; /* what stands for it then: 1, in 1/16, times 4096 */
  guint32 changed_scale;

  /* the band's planes */
  gssize stride;
  guint32 *near;
  const guint32 *activity;
  const guint32 *changed;
  const guint8 *kinds;
  gint16 *values[3];
  guint8 *digits[3];
  guint *found;
} LatentChannelCoder;

/* A place of a channel, and classes that several contexts are made of. */
typedef struct {
  gssize i; /* in planes */
  guint32 near;
  gint before;   /* what the value would be if nothing had changed */
  guint sum;     /* of neighbours' magnitudes, LATENT_CLASSES_A */
  guint ratio;   /* activity of the channels before around here to its mean, LATENT_CLASSES_A */
  guint earlier; /* magnitude of `before`, LATENT_CLASSES_T */
  guint drift;   /* changes of neighbours, or the kind of place, LATENT_CLASSES_D */
  guint shift;   /* changes in channels before around here, LATENT_CLASSES_C */
} LatentPlace;

LATENT_INLINE guint
latent_get_sign (gint value)
{
  return (guint)(value != 0) + ((guint)value >> 31);
}

LATENT_INLINE guint
latent_compare (guint magnitude, guint k)
{
  return (magnitude >= k) + (magnitude > k);
}

/* What a frame's values are: symbols; symbols beside those of the frame before; differences from
 * what they are foretold to be. */
typedef enum { LATENT_FRAME_KEY, LATENT_FRAME_DELTA, LATENT_FRAME_FORETOLD } LatentFrameKind;

LATENT_INLINE void
latent_place_init (LatentPlace *self, const LatentChannelCoder *coder, const LatentFrameKind kind,
    gssize i, gint before)
{
  const LatentClasses *classes = coder->classes;
  const guint32 near = coder->near[i];
  guint64 ratio = (guint64)coder->activity[i] * coder->activity_scale + coder->no_activity;

  *self = (LatentPlace){.i = i,
      .near = near,
      .before = before,
      .sum = classes->sums[LATENT_NEAR_SUM (near)],
      .ratio = classes->ratios[MIN (ratio >> 12, 255)]};
  if (kind != LATENT_FRAME_KEY) {
    const guint32 changed = coder->changed[i];
    ratio = (guint64)changed * coder->changed_scale;
    self->earlier = 1 + MIN ((guint)ABS (before), 3);
    self->drift = kind == LATENT_FRAME_DELTA ? classes->drifts[LATENT_NEAR_DRIFT (near)]
                                             : coder->kinds[i];
    self->shift = changed == 0 ? 0 : classes->shifts[MIN (ratio >> 12, 255)];
  }
}

/* Writes the value at a place, change being |symbol - frame before|. */
LATENT_INLINE void
latent_place_put (LatentChannelCoder *coder, gssize i, gint value, gint change)
{
  const gssize stride = coder->stride;
  const guint32 m = (guint32)MIN (ABS (value), 255), two = MIN (m, 2), one = m > 0;
  const guint32 d = (guint32)MIN (change, 2) << 12;
  guint32 *near = coder->near + i;

  coder->values[0][i] = (gint16)value;
  coder->digits[0][i] = (guint8)two;
  *coder->found++ = (guint)i;
  near[1] += 2 * m + 2 * d + (two * 24 << 16);
  near[2] += m + (two * 12 << 24);
  near[stride - 1] += m + d + (one * 4 << 16) + (one << 24);
  near[stride] += 2 * m + 2 * d + (two * 8 << 16);
  near[stride + 1] += m + d + (one * 2 << 24);
  near[2 * stride] += m + (two * 4 << 24);
}

LATENT_INLINE gboolean
latent_code_zero (const LatentChannelCoder *coder, const LatentDirection direction,
    const gboolean delta, const LatentPlace *place, gboolean bit)
{
  LatentSlot *own = coder->own, *shared = coder->shared;
  guint t = MIN (place->earlier, 3);
  guint one = coder->digits[1][place->i], two = coder->digits[2][place->i];
  guint change = (place->earlier * LATENT_CLASSES_D + place->drift) * LATENT_CLASSES_C +
                 place->shift;
  LatentSlot *const slots[8] = {
      own + Z2 + LATENT_NEAR_NEAR (place->near) + t,
      shared + Z3 + place->sum * LATENT_CLASSES_A + place->ratio,
      own + Z4 + place->ratio * 4 + t,
      shared + Z5 + (delta ? change : LATENT_NEAR_FAR (place->near)),
      own + Z6 + one * 6 + two * 2 + (delta ? 1 : 0),
      own + Z7 + place->drift * 4 + t,
  };

  return latent_bit_coder_mix (coder->bits, direction, slots, 6,
      coder->mixers + WZ + place->earlier * LATENT_CLASSES_A + place->sum, TRUE, bit);
}

LATENT_INLINE gboolean
latent_code_sign (const LatentChannelCoder *coder, const LatentDirection direction,
    const gboolean delta, const LatentPlace *place, gboolean bit)
{
  LatentSlot *own = coder->own, *shared = coder->shared;
  const gssize i = place->i;
  const gint16 *here = coder->values[0] + i, *up = here - coder->stride;
  gint w = here[-1], n = up[0], nw = up[-1], ne = up[1];
  guint t = delta ? (guint)CLAMP (place->before, -2, 2) + 2 : 5;
  guint pair = latent_get_sign (w) * 3 + latent_get_sign (n);
  gint sum = 2 * CLAMP (w, -2, 2) + 2 * CLAMP (n, -2, 2) + CLAMP (nw, -2, 2) + CLAMP (ne, -2, 2);
  LatentSlot *const slots[8] = {
      own + S0,
      own + S1 + t * 3 + MIN (place->drift, 2),
      shared + S2 + pair * 6 + t,
      own + S3 + pair,
      shared + S4 + (guint)(CLAMP (sum, -7, 7) + 7) * 6 + t,
      own + S5 + latent_get_sign (coder->values[1][i]) * 3 + latent_get_sign (coder->values[2][i]),
      shared + S6 + t * LATENT_CLASSES_D + place->drift,
      own + S7 + latent_get_sign (ne) * 3 + latent_get_sign (nw),
  };

  return latent_bit_coder_mix (
      coder->bits, direction, slots, 8, coder->mixers + WS + t, FALSE, bit);
}

/* Is the magnitude, at least k, greater? same: the magnitude of `before` if its sign is the same.
 */
LATENT_INLINE gboolean
latent_code_more (const LatentChannelCoder *coder, const LatentDirection direction,
    const gboolean delta, const LatentPlace *place, guint same, guint k, gboolean bit)
{
  LatentSlot *own = coder->own, *shared = coder->shared;
  guint at = k - 1, t = delta ? 1 + latent_compare (same, k) : 0;
  const gint16 *here = coder->values[0] + place->i, *up = here - coder->stride;
  guint w = latent_compare ((guint)ABS (here[-1]), k), n = latent_compare ((guint)ABS (up[0]), k);
  guint nw = latent_compare ((guint)ABS (up[-1]), k), ne = latent_compare ((guint)ABS (up[1]), k);
  guint one = latent_compare ((guint)ABS (coder->values[1][place->i]), k);
  LatentSlot *const slots[8] = {
      own + M0 + at * LATENT_CLASSES_A + place->sum,
      shared + M2 + ((at * 3 + w) * 3 + n) * 4 + t,
      shared + M3 + (at * LATENT_CLASSES_A + place->sum) * LATENT_CLASSES_A + place->ratio,
      own + M4 + (at * 4 + t) * 2 + (place->shift > 0),
      shared + M5 + ((at * 4 + t) * LATENT_CLASSES_D + place->drift) * LATENT_CLASSES_C +
          place->shift,
      own + M6 + at,
      shared + M7 + ((at * 3 + ne) * 3 + nw) * 3 + one,
  };

  return latent_bit_coder_mix (
      coder->bits, direction, slots, 7, coder->mixers + WM + at * 4 + t, TRUE, bit);
}

LATENT_INLINE gint
latent_code_value (const LatentChannelCoder *coder, const LatentDirection direction,
    const LatentFrameKind kind, gssize i, gint before, gint value)
{
  const gboolean delta = kind != LATENT_FRAME_KEY;
  guint magnitude = (guint)ABS (value), same, k = 1;
  gboolean negative;
  LatentPlace place;

  latent_place_init (&place, coder, kind, i, before);
  if (!latent_code_zero (coder, direction, delta, &place, value != 0))
    return 0;
  negative = latent_code_sign (coder, direction, delta, &place, value < 0);
  same = (before < 0) == negative ? (guint)ABS (before) : 0;
  while (k <= LATENT_UNARY &&
         latent_code_more (coder, direction, delta, &place, same, k, magnitude > k))
    k++;
  if (k > LATENT_UNARY) {
    LatentBitCoder bits = *coder->bits;
    k += latent_bit_coder_code_golomb (&bits, direction,
        coder->shared + ESCAPE + (place.sum + 1 == LATENT_CLASSES_A ? 32 : 0), magnitude - k);
    *coder->bits = bits;
  }
  return negative ? -(gint)k : (gint)k;
}
