/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/predictor-private.h"

#include <latent/codec.h>
#include <math.h>
#include <string.h>

#include "src/base/clones.h"
#include "src/base/parallel.h"
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
    LatentMotionBasis *basis)
{
  const gsize n = latent_grid_count (grid), places = (gsize)grid->height * grid->width;
  LatentForetold *foretold = &self->foretold;

  *self = (LatentPredictor){.grid = grid, .steps = steps, .places = places, .basis = basis};
  self->held = g_try_new0 (gint32, n);
  self->memory = g_try_new0 (gint32, n);
  self->base = g_try_new0 (gint32, n);
  self->means = g_new0 (gint32, grid->channels);
  self->smooth = g_new0 (guint8, grid->channels);
  self->ages = g_try_new0 (guint8, places);
  self->remembered = g_try_new0 (guint8, places);
  *foretold = (LatentForetold){.height = grid->height,
      .width = grid->width,
      .has_motion = basis != NULL,
      .modes = g_try_new0 (guint8, places),
      .ages = self->ages,
      .vectors = g_try_new0 (LatentVector, places * LATENT_PLACE_VECTORS),
      .before = g_try_new0 (LatentVector, places * LATENT_PLACE_VECTORS),
      .expected = g_try_new0 (gint16, n)};
  if (self->held != NULL && self->memory != NULL && self->base != NULL && self->ages != NULL &&
      self->remembered != NULL && foretold->modes != NULL && foretold->vectors != NULL &&
      foretold->before != NULL && foretold->expected != NULL && latent_predictor_make_motion (self))
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
  g_free (self->remembered);
  g_free (self->foretold.modes);
  g_free (self->foretold.vectors);
  g_free (self->foretold.before);
  g_free (self->foretold.expected);
  g_free (self->levels);
  g_free (self->scales);
  g_clear_pointer (&self->motion, latent_motion_free);
  g_clear_pointer (&self->basis, latent_motion_basis_free);
  *self = (LatentPredictor){0};
}

/* Of a channel: its mean, and whether neighbours in a row differ less than latents are large. */
static void
look_at_channel (LatentPredictor *self, guint channel)
{
  const gint32 *held = self->held + channel * self->places;
  const gsize width = self->grid->width;
  gint64 sum = 0, large = 0, different = 0;

  for (gsize i = 0; i < self->places; i++)
    sum += held[i];
  self->means[channel] = (gint32)(sum / (gint64)self->places);
  for (gsize i = 0; i < self->places; i++) {
    large += ABS ((gint64)held[i] - self->means[channel]);
    if (i % width > 0)
      different += ABS ((gint64)held[i] - held[i - 1]);
  }
  self->smooth[channel] = 2 * different < large;
}

void
latent_predictor_set (LatentPredictor *self, const gint16 *symbols, guint quality)
{
  const gsize n = latent_grid_count (self->grid);
  const gint32 step = latent_predictor_get_step (quality);
  LatentForetold *foretold = &self->foretold;

  for (gsize i = 0; i < n; i++)
    self->held[i] = symbols[i] * step;
  memcpy (self->memory, self->held, n * sizeof *self->held);
  memset (self->ages, LATENT_PLACE_LONG_AGE, self->places);
  memset (foretold->vectors, 0, self->places * LATENT_PLACE_VECTORS * sizeof *foretold->vectors);
  for (guint c = 0; c < self->grid->channels; c++)
    look_at_channel (self, c);
  latent_predictor_update_motion (self, NULL, NULL);
}

static void
fill (LatentForetold *foretold, guint begin, guint end, gpointer data)
{
  LatentPredictor *self = data;
  g_autofree gint32 *latents = g_new (gint32, self->grid->channels);

  for (gsize i = (gsize)begin * foretold->width; i < (gsize)end * foretold->width; i++) {
    if (foretold->modes[i] == LATENT_PLACE_HELD)
      continue;
    latent_predictor_foretell (
        self, i, foretold->modes[i], foretold->vectors + i * LATENT_PLACE_VECTORS, latents);
    latent_predictor_put (self, i, latents);
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

void
latent_predictor_foretell (const LatentPredictor *self, gsize place, LatentPlaceMode mode,
    const LatentVector *vectors, gint32 *dst)
{
  const gboolean stood = self->ages[place] >= LATENT_PLACE_LONG_AGE;
  const gint32 *src = mode == LATENT_PLACE_LONG && !stood ? self->memory : self->held;
  const gint32 limit = LATENT_SYMBOL_MAX * self->step;

  if (mode >= LATENT_PLACE_MOVED) {
    latent_predictor_foretell_moved (self, place, vectors, dst);
  } else {
    src += place;
    for (guint c = 0; c < self->grid->channels; c++)
      dst[c] = mode == LATENT_PLACE_NEW && !self->smooth[c] ? self->means[c]
                                                            : src[c * self->places];
  }
  for (guint c = 0; c < self->grid->channels; c++)
    dst[c] = CLAMP (dst[c], -limit, limit);
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
  const guint64 inverse = ((guint64)1 << 32) / (guint64)self->step;

  for (guint c = 0; c < self->grid->channels; c++) {
    const gsize i = c * self->places + place;
    guint64 steps = (ABS ((gint64)foretold[c]) * inverse + ((guint64)1 << 31)) >> 32;
    gint expected = (gint)MIN (steps, 255);
    self->base[i] = foretold[c];
    self->foretold.expected[i] = (gint16)(foretold[c] < 0 ? -expected : expected);
  }
}

/* A place that was coded. Differences are modulo 2^16 steps. */
static void
reconstruct (LatentPredictor *self, gsize place, const gint16 *symbols)
{
  const gint64 range = (gint64)self->step << 16;
  const gint64 step = latent_predictor_get_place_step (self, place, self->foretold.modes[place]);

  for (gsize i = place; i < self->places * self->grid->channels; i += self->places) {
    gint64 latent = self->base[i] + symbols[i] * step;
    if (latent > range / 2 || latent < -range / 2)
      latent += latent < 0 ? range : -range;
    self->held[i] = (gint32)CLAMP (latent, -G_MAXINT32, G_MAXINT32);
  }
}

/* What stands long is remembered; finer detail of it, too. */
static void
remember (LatentPredictor *self, gsize place)
{
  for (gsize i = place; i < self->places * self->grid->channels; i += self->places)
    self->memory[i] = self->held[i];
}

void
latent_predictor_end (LatentPredictor *self, const gint16 *symbols)
{
  const guint8 *modes = self->foretold.modes;

  for (gsize i = 0; i < self->places; i++) {
    guint8 *age = &self->ages[i];
    const gboolean stood = *age >= LATENT_PLACE_LONG_AGE;
    const gboolean stays = modes[i] == LATENT_PLACE_HELD ||
                           (modes[i] == LATENT_PLACE_LONG && stood);
    if (modes[i] != LATENT_PLACE_HELD)
      reconstruct (self, i, symbols);
    if (!stays)
      *age = modes[i] == LATENT_PLACE_LONG ? LATENT_PLACE_LONG_AGE - 1 : 0;
    else if (!stood)
      *age += 1;
    self->remembered[i] = *age >= LATENT_PLACE_LONG_AGE &&
                          (!stood || modes[i] == LATENT_PLACE_LONG);
    if (self->remembered[i])
      remember (self, i);
  }
  latent_predictor_update_motion (self, modes, self->remembered);
}

typedef struct {
  const LatentPredictor *self;
  const float *units;
  float *planes;
} Job;

LATENT_FOR_EACH_CPU static void
scale_channel (const gint32 *src, float unit, gsize n, float *dst)
{
  for (gsize i = 0; i < n; i++)
    dst[i] = (float)src[i] * unit;
}

static void
get_channels (gsize begin, gsize end, gpointer data)
{
  const Job *job = data;
  const gsize places = job->self->places;

  for (gsize c = begin; c < end; c++)
    scale_channel (job->self->held + c * places, job->units[c], places, job->planes + c * places);
}

void
latent_predictor_get (const LatentPredictor *self, guint threads, float *planes)
{
  g_autofree float *units = g_new (float, self->grid->channels);
  Job job = {self, units, planes};

  latent_predictor_get_units (self->steps, self->grid->channels, units);
  latent_parallel (threads, self->grid->channels, 16, get_channels, &job);
}
