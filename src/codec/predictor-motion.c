/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/predictor-private.h"

#include <math.h>

#include "src/base/clones.h"
#include "src/codec/quantiser.h"
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

void
latent_predictor_start_motion (LatentPredictor *self)
{
  const LatentGrid *grid = self->grid;

  if (self->basis == NULL)
    return;
  self->scales = g_new0 (guint32, grid->channels);
  make_scales (self);
  self->motion = latent_motion_new (self->basis, grid->width, grid->height);
}

/* held * scale / 2^24, rounded, within 16 bits. What lies beyond is as good as what is held to 40
 * bits; below that double precision is exact, and so is 2^16 more, which makes it positive. */
LATENT_FOR_EACH_CPU static void
scale_to_levels (
    const gint32 *restrict held, const guint32 *restrict scales, guint n, gint32 *restrict levels)
{
  const double most = 32767. * (1 << LATENT_SCALE_BITS);

  for (guint i = 0; i < n; i++) {
    double product = (double)held[i] * (double)(gint32)scales[i];
    product = product > most ? most : product;
    product = product < -most ? -most : product;
    levels[i] = (gint32)(product * (1. / (1 << LATENT_SCALE_BITS)) + 65536.5) - 65536;
  }
}

void
latent_predictor_show (LatentPredictor *self, guint row, const guint *columns, guint n)
{
  const guint channels = self->grid->channels;
  const gsize first = (gsize)row * self->grid->width;
  g_autofree gint32 *levels = NULL;

  if (self->motion == NULL)
    return;
  levels = g_new (gint32, (gsize)n * channels);
  for (guint i = 0; i < n; i++)
    scale_to_levels (self->held + (first + columns[i]) * channels, self->scales, channels,
        levels + (gsize)i * channels);
  latent_motion_synthesise (self->motion, row, columns, n, levels);
}

void
latent_predictor_remember_shown (LatentPredictor *self, gsize place)
{
  const guint width = self->grid->width;

  if (self->motion != NULL)
    latent_motion_remember (self->motion, (guint)(place % width), (guint)(place / width));
}

/* level * 2^24 / scale, rounded towards 0. Levels have 21 bits and scales 31, so that the quotient
 * in double precision is nearer to the true one than that is to an integer that it is not. */
LATENT_FOR_EACH_CPU static void
scale_from_levels (gint32 *restrict levels, const guint32 *restrict scales, double limit, guint n)
{
  for (guint i = 0; i < n; i++) {
    double latent = (double)levels[i] * (1 << LATENT_SCALE_BITS) / (double)(gint32)scales[i];
    latent = latent > limit ? limit : latent;
    latent = latent < -limit ? -limit : latent;
    levels[i] = (gint32)latent;
  }
}

void
latent_predictor_foretell_moved (
    const LatentPredictor *self, const gint16 *pixels, guint begin, guint end, gint32 *dst)
{
  const gint32 limit = LATENT_SYMBOL_MAX * self->step;

  latent_motion_project (self->motion, pixels, begin, end, dst);
  scale_from_levels (dst, self->scales + begin, limit, end - begin);
}
