/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/predictor-private.h"

#include <latent/codec.h>
#include <string.h>

#include "src/base/clones.h"
#include "src/base/parallel.h"
#include "src/codec/rows.h"

/* Rows of places, by whichever thread is free. */
typedef struct {
  LatentPredictor *self;
  const gint16 *symbols;
  const float *units;
  float *planes;
} Job;

/* |foretold| / step, rounded: times floor(2^32 / step) / 2^32; 255 at most. */
LATENT_FOR_EACH_CPU static void
expect (const gint32 *restrict foretold, guint32 inverse, guint n, gint16 *restrict expected)
{
  for (guint i = 0; i < n; i++) {
    const guint64 product = (guint64)(guint32)ABS (foretold[i]) * inverse;
    const gint32 steps = (gint32)MIN ((guint32)((product + ((guint64)1 << 31)) >> 32), 255);
    expected[i] = (gint16)(foretold[i] < 0 ? -steps : steps);
  }
}

void
latent_predictor_expect (LatentPredictor *self, guint row)
{
  const guint channels = self->grid->channels, width = self->grid->width;
  const gsize first = (gsize)row * width;
  const guint32 inverse = (guint32)(((guint64)1 << 32) / (guint64)self->step);
  g_autofree guint *coded = g_new (guint, width);
  const guint n = latent_row_find (self->foretold.modes + first, width, coded);
  g_autofree gint16 *expected = g_new (gint16, (gsize)n * channels);

  for (guint i = 0; i < n; i++)
    expect (self->base + (first + coded[i]) * channels, inverse, channels,
        expected + (gsize)i * channels);
  latent_row_scatter (expected, channels, coded, n, self->foretold.expected + first, self->places);
}

/* A place that was coded. Differences are modulo 2^16 steps; what is foretold lies within 32767 of
 * them, so that the rest does within 32768. */
LATENT_FOR_EACH_CPU static void
reconstruct (const gint32 *restrict base, const gint16 *restrict symbols, gint32 step, gint64 half,
    guint n, gint32 *restrict held)
{
  for (guint i = 0; i < n; i++) {
    gint64 latent = (gint64)base[i] + symbols[i] * step;
    latent -= latent > half ? 2 * half : 0;
    latent += latent < -half ? 2 * half : 0;
    held[i] = (gint32)latent;
  }
}

/* Ages a place; TRUE where it comes to be remembered as it is now. What stands long is; finer
 * detail of it, too. */
static gboolean
age (LatentPredictor *self, gsize place)
{
  const guint8 mode = self->foretold.modes[place];
  guint8 *years = &self->ages[place];
  const gboolean stood = *years >= LATENT_PLACE_LONG_AGE;
  const gboolean stays = mode == LATENT_PLACE_HELD || (mode == LATENT_PLACE_LONG && stood);

  if (!stays)
    *years = mode == LATENT_PLACE_LONG ? LATENT_PLACE_LONG_AGE - 1 : 0;
  else if (!stood)
    *years += 1;
  return *years >= LATENT_PLACE_LONG_AGE && (!stood || mode == LATENT_PLACE_LONG);
}

static void
remember (LatentPredictor *self, gsize place)
{
  const gsize n = self->grid->channels, at = place * n;

  memcpy (self->memory + at, self->held + at, n * sizeof *self->held);
  latent_predictor_remember_shown (self, place);
}

static void
end_row (gsize row, gpointer data)
{
  const Job *job = data;
  LatentPredictor *self = job->self;
  const guint channels = self->grid->channels, width = self->grid->width;
  const gsize first = row * width;
  const guint8 *modes = self->foretold.modes + first;
  g_autofree guint *coded = g_new (guint, width);
  const guint n = latent_row_find (modes, width, coded);
  g_autofree gint16 *symbols = g_new (gint16, (gsize)n * channels);

  latent_row_gather (job->symbols + first, self->places, channels, coded, n, symbols);
  for (guint i = 0; i < n; i++) {
    const gsize place = first + coded[i], at = place * channels;
    reconstruct (self->base + at, symbols + (gsize)i * channels,
        latent_predictor_get_place_step (self, place, modes[coded[i]]), (gint64)self->step << 15,
        channels, self->held + at);
  }
  latent_predictor_show (self, (guint)row, coded, n);
  for (gsize place = first; place < first + width; place++)
    if (age (self, place))
      remember (self, place);
  self->rows[row] |= n > 0;
}

void
latent_predictor_end (LatentPredictor *self, const gint16 *symbols)
{
  Job job = {.self = self, .symbols = symbols};

  latent_parallel_each (self->threads, self->grid->height, end_row, &job);
}

static void
set_row (gsize row, gpointer data)
{
  const Job *job = data;
  LatentPredictor *self = job->self;
  const guint channels = self->grid->channels, width = self->grid->width;

  g_autofree guint *columns = g_new (guint, width);

  for (guint x = 0; x < width; x++) {
    const gsize place = row * width + x;
    columns[x] = x;
    for (guint c = 0; c < channels; c++)
      self->held[place * channels + c] = job->symbols[c * self->places + place] * self->step;
  }
  latent_predictor_show (self, (guint)row, columns, width);
  for (guint x = 0; x < width; x++)
    remember (self, row * width + x);
  self->rows[row] = TRUE;
}

void
latent_predictor_set_rows (LatentPredictor *self, const gint16 *symbols)
{
  Job job = {.self = self, .symbols = symbols};

  latent_parallel_each (self->threads, self->grid->height, set_row, &job);
}

LATENT_FOR_EACH_CPU static void
scale_latents (
    const gint32 *restrict src, const float *restrict units, guint n, float *restrict dst)
{
  for (guint i = 0; i < n; i++)
    dst[i] = (float)src[i] * units[i];
}

static void
get_row (gsize row, gpointer data)
{
  const Job *job = data;
  LatentPredictor *self = job->self;
  const guint channels = self->grid->channels, width = self->grid->width;
  g_autofree float *latents = NULL;

  if (!self->rows[row])
    return;
  latents = g_new (float, (gsize)width *channels);
  for (guint x = 0; x < width; x++)
    scale_latents (self->held + (row * width + x) * channels, job->units, channels,
        latents + (gsize)x * channels);
  latent_row_turn_back (latents, channels, width, job->planes + row * width, self->places);
  self->rows[row] = FALSE;
}

void
latent_predictor_get (LatentPredictor *self, float *planes)
{
  g_autofree float *units = g_new (float, self->grid->channels);
  Job job = {.self = self, .units = units, .planes = planes};

  latent_predictor_get_units (self->steps, self->grid->channels, units);
  latent_parallel_each (self->threads, self->grid->height, get_row, &job);
}
