/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "src/codec/predictor-private.h"
#include "src/codec/sequence.h"

/* 2^(n / 256) in Q30, n from 0 to 255, by integers: roots of 2, each the square root of the one
 * before. */
static guint64
find_power (guint n)
{
  static const guint32 roots[8] = {1518500250, 1276901417, 1170923762, 1121280436, 1097253708,
      1085434106, 1079572136, 1076653033};
  guint64 power = 1u << 30;

  for (guint i = 0; i < 8; i++)
    if (n & (128u >> i))
      power = (power * roots[i] + (1u << 29)) >> 30;
  return power;
}

/* Held latents to levels of LATENT_MOTION_FRACTION bits; the basis knows what a latent of 1 is. */
static void
make_scales (LatentPredictor *self)
{
  const guint64 unit = (guint64)MAX (self->basis->unit, 0);

  for (guint c = 0; c < self->grid->channels; c++) {
    const gint octaves = (gint)floor ((double)self->steps[c].step / LATENT_STEP_ONE);
    const guint64 step = find_power ((guint)(self->steps[c].step - octaves * LATENT_STEP_ONE));
    const gint down = 30 + 16 + LATENT_HELD_BITS - LATENT_MOTION_FRACTION - LATENT_SCALE_BITS -
                      octaves;
    guint64 scale = down >= 0 ? step * unit >> MIN (down, 63) : G_MAXINT32;
    self->scales[c] = (guint32)CLAMP (scale, 1, G_MAXINT32);
  }
}

gboolean
latent_predictor_make_motion (LatentPredictor *self)
{
  const LatentGrid *grid = self->grid;

  if (self->basis == NULL)
    return TRUE;
  self->levels = g_try_new0 (gint32, self->places * grid->channels);
  self->scales = g_new0 (guint32, grid->channels);
  make_scales (self);
  self->motion = latent_motion_new (self->basis, grid->width, grid->height);
  return self->levels != NULL;
}

void
latent_predictor_update_motion (LatentPredictor *self, const guint8 *mask, const guint8 *remembered)
{
  const gint64 half = 1 << (LATENT_SCALE_BITS - 1);

  if (self->motion == NULL)
    return;
  for (guint c = 0; c < self->grid->channels; c++) {
    const gint32 *held = self->held + c * self->places;
    gint32 *levels = self->levels + c * self->places;
    const gint64 scale = self->scales[c];
    for (gsize i = 0; i < self->places; i++) {
      gint64 level = (held[i] * scale + half) >> LATENT_SCALE_BITS;
      levels[i] = (gint32)CLAMP (level, -G_MAXINT32, G_MAXINT32);
    }
  }
  latent_motion_synthesise (self->motion, self->levels, mask);
  latent_motion_remember (self->motion, remembered);
}

void
latent_predictor_foretell_moved (
    const LatentPredictor *self, gsize place, const LatentVector *vectors, gint32 *dst)
{
  const guint width = self->grid->width;

  latent_motion_predict (
      self->motion, (guint)(place % width), (guint)(place / width), vectors, dst);
  for (guint c = 0; c < self->grid->channels; c++) {
    gint64 latent = (gint64)dst[c] * (1 << LATENT_SCALE_BITS) / self->scales[c];
    dst[c] = (gint32)CLAMP (latent, -G_MAXINT32, G_MAXINT32);
  }
}
