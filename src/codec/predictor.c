/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/predictor-private.h"

#include <latent/codec.h>
#include <math.h>
#include <string.h>

#include "src/base/clones.h"
#include "src/codec/quantiser.h"
#include "src/codec/sequence.h"

void
latent_predictor_get_units (const LatentStep *steps, guint channels, float *dst)
{
  for (guint c = 0; c < channels; c++)
    dst[c] = (float)exp2 ((double)steps[c].step / LATENT_STEP_ONE - LATENT_HELD_BITS);
}

gint32
latent_predictor_get_step (guint quality)
{
  const guint lost = LATENT_QUALITY_MAX - quality;

  return (gint32)(((latent_eighths[lost % 8] << lost / 8) + 128) >> (16 - LATENT_HELD_BITS));
}

gboolean
latent_predictor_init (LatentPredictor *self, const LatentGrid *grid, const LatentStep *steps,
    LatentMotionBasis *basis, guint threads)
{
  const gsize n = latent_grid_count (grid), places = (gsize)grid->height * grid->width;
  LatentForetold *foretold = &self->foretold;

  *self = (LatentPredictor){
      .grid = grid, .steps = steps, .threads = threads, .places = places, .basis = basis};
  self->held = g_try_new0 (gint32, n);
  self->memory = g_try_new0 (gint32, n);
  self->base = g_try_new0 (gint32, n);
  self->means = g_new0 (gint32, grid->channels);
  self->smooth = g_new0 (guint8, grid->channels);
  self->ages = g_try_new0 (guint8, places);
  self->rows = g_new0 (guint8, grid->height);
  *foretold = (LatentForetold){.height = grid->height,
      .width = grid->width,
      .has_motion = basis != NULL,
      .modes = g_try_new0 (guint8, places),
      .ages = self->ages,
      .vectors = g_try_new0 (LatentVector, places * LATENT_PLACE_VECTORS),
      .before = g_try_new0 (LatentVector, places * LATENT_PLACE_VECTORS),
      .expected = g_try_new0 (gint16, n)};
  latent_predictor_start_motion (self);
  if (self->held != NULL && self->memory != NULL && self->base != NULL && self->ages != NULL &&
      foretold->modes != NULL && foretold->vectors != NULL && foretold->before != NULL &&
      foretold->expected != NULL)
    return TRUE;
  latent_predictor_clear (self);
  return FALSE;
}

void
latent_predictor_clear (LatentPredictor *self)
{
  g_free (self->held);
  g_free (self->memory);
  g_free (self->base);
  g_free (self->means);
  g_free (self->smooth);
  g_free (self->ages);
  g_free (self->rows);
  g_free (self->foretold.modes);
  g_free (self->foretold.vectors);
  g_free (self->foretold.before);
  g_free (self->foretold.expected);
  g_free (self->scales);
  g_clear_pointer (&self->motion, latent_motion_free);
  g_clear_pointer (&self->basis, latent_motion_basis_free);
  *self = (LatentPredictor){0};
}

/* Of each channel: its mean, and whether neighbours in a row differ less than latents are large. */
static void
look_at_channels (LatentPredictor *self)
{
  const guint channels = self->grid->channels;
  g_autofree gint64 *sums = g_new0 (gint64, 3 * (gsize)channels);
  gint64 *large = sums + channels, *different = large + channels;

  for (gsize i = 0; i < self->places * channels; i += channels)
    for (guint c = 0; c < channels; c++)
      sums[c] += self->held[i + c];
  for (guint c = 0; c < channels; c++)
    self->means[c] = (gint32)(sums[c] / (gint64)self->places);
  for (gsize place = 0; place < self->places; place++) {
    const gint32 *held = self->held + place * channels;
    for (guint c = 0; c < channels; c++)
      large[c] += ABS ((gint64)held[c] - self->means[c]);
    for (guint c = 0; c < channels && place % self->grid->width > 0; c++)
      different[c] += ABS ((gint64)held[c] - held[(gssize)c - (gssize)channels]);
  }
  for (guint c = 0; c < channels; c++)
    self->smooth[c] = 2 * different[c] < large[c];
}

void
latent_predictor_set (LatentPredictor *self, const gint16 *symbols, guint quality)
{
  LatentForetold *foretold = &self->foretold;

  self->step = latent_predictor_get_step (quality);
  memset (self->ages, LATENT_PLACE_LONG_AGE, self->places);
  memset (foretold->vectors, 0, self->places * LATENT_PLACE_VECTORS * sizeof *foretold->vectors);
  latent_predictor_set_rows (self, symbols);
  look_at_channels (self);
}

static void
fill (LatentForetold *foretold, guint begin, guint end, gpointer data)
{
  LatentPredictor *self = data;

  for (guint row = begin; row < end; row++) {
    for (gsize i = (gsize)row * foretold->width; i < (gsize)(row + 1) * foretold->width; i++)
      if (foretold->modes[i] != LATENT_PLACE_HELD)
        latent_predictor_foretell (self, i, foretold->modes[i],
            foretold->vectors + i * LATENT_PLACE_VECTORS, self->base + i * self->grid->channels);
    latent_predictor_expect (self, row);
  }
}

void
latent_predictor_begin (LatentPredictor *self, guint quality, gboolean is_decoding)
{
  LatentForetold *foretold = &self->foretold;
  LatentVector *before = foretold->before;

  foretold->before = foretold->vectors;
  foretold->vectors = before;
  foretold->fill = is_decoding ? fill : NULL;
  foretold->data = self;
  self->step = latent_predictor_get_step (quality);
  memset (foretold->modes, LATENT_PLACE_HELD, self->places);
  memset (before, 0, self->places * LATENT_PLACE_VECTORS * sizeof *before);
}

LATENT_FOR_EACH_CPU static void
limit_latents (const gint32 *restrict src, gint32 limit, guint n, gint32 *restrict dst)
{
  for (guint i = 0; i < n; i++)
    dst[i] = CLAMP (src[i], -limit, limit);
}

LATENT_FOR_EACH_CPU static void
renew_latents (const gint32 *restrict held, const gint32 *restrict means,
    const guint8 *restrict smooth, gint32 limit, guint n, gint32 *restrict dst)
{
  for (guint i = 0; i < n; i++) {
    const gint32 latent = held[i], mean = means[i];
    const gint32 foretold = smooth[i] ? latent : mean;
    dst[i] = CLAMP (foretold, -limit, limit);
  }
}

void
latent_predictor_foretell_part (const LatentPredictor *self, gsize place, LatentPlaceMode mode,
    const gint16 *pixels, guint begin, guint end, gint32 *dst)
{
  const gboolean stood = self->ages[place] >= LATENT_PLACE_LONG_AGE;
  const gint32 *src = mode == LATENT_PLACE_LONG && !stood ? self->memory : self->held;
  const gint32 limit = LATENT_SYMBOL_MAX * self->step;

  src += place * self->grid->channels + begin;
  if (mode >= LATENT_PLACE_MOVED)
    latent_predictor_foretell_moved (self, pixels, begin, end, dst);
  else if (mode == LATENT_PLACE_NEW)
    renew_latents (src, self->means + begin, self->smooth + begin, limit, end - begin, dst);
  else
    limit_latents (src, limit, end - begin, dst);
}

void
latent_predictor_foretell (const LatentPredictor *self, gsize place, LatentPlaceMode mode,
    const LatentVector *vectors, gint32 *dst)
{
  const guint width = self->grid->width;
  gint16 pixels[LATENT_MOTION_PIXELS];

  if (mode < LATENT_PLACE_MOVED) {
    latent_predictor_foretell_part (self, place, mode, NULL, 0, self->grid->channels, dst);
    return;
  }
  latent_motion_move (
      self->motion, (guint)(place % width), (guint)(place / width), vectors, pixels);
  latent_predictor_foretell_part (self, place, mode, pixels, 0, self->grid->channels, dst);
}

gint32
latent_predictor_get_place_step (const LatentPredictor *self, gsize place, LatentPlaceMode mode)
{
  const gboolean stood = self->ages[place] >= LATENT_PLACE_LONG_AGE;

  return mode == LATENT_PLACE_LONG && stood ? (self->step + 1) / 2 : self->step;
}

void
latent_predictor_put (LatentPredictor *self, gsize place, const gint32 *foretold)
{
  const guint channels = self->grid->channels;

  memcpy (self->base + place * channels, foretold, channels * sizeof *foretold);
}
