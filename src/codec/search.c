/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/clones.h"
#include "src/base/parallel.h"
#include "src/codec/quantiser.h"
#include "src/codec/rows.h"
#include "src/codec/search-place.h"

/* Steps within which a latent is near what is held: where all are the place stays as it was. */
#define REACH 0.9f
/* What a bit is worth in absolute differences, for motion's search. */
#define LAMBDA_ROOT 0.36f
/* What a symbol that is not 0 costs while nothing is known. */
#define SYMBOL_BITS 5
/* What a place that stands gains by becoming finer it gains for a time, which counts as so many
 * frames; fewer where key frames are better. */
#define LIFE       5.f
#define LIFE_GAIN  4 /* qualities */
#define LIFE_LEAST 2.f
/* What better key frames save goes to places that change: these are worth twice as much at so many
 * qualities. */
#define WORTH_GAIN 20

gboolean
latent_search_init (LatentSearch *self, LatentPredictor *predictor, guint threads)
{
  const LatentGrid *grid = predictor->grid;

  *self = (LatentSearch){.predictor = predictor, .threads = threads, .life = LIFE, .worth = 1};
  self->inverses = g_new (float, grid->channels);
  self->scales = g_new0 (float, grid->channels);
  self->bits = g_new (float, grid->channels);
  self->counts = g_new0 (float, grid->channels);
  self->marks = g_new (guint8, predictor->places);
  self->targets = g_try_new (float, latent_grid_count (grid));
  latent_predictor_get_units (predictor->steps, grid->channels, self->inverses);
  for (guint c = 0; c < grid->channels; c++) {
    self->inverses[c] = 1 / self->inverses[c];
    self->bits[c] = SYMBOL_BITS;
  }
  if (predictor->motion == NULL)
    return self->targets != NULL;
  latent_motion_start_source (predictor->motion);
  for (guint c = 0; c < grid->channels; c++)
    self->scales[c] = (float)predictor->scales[c] / (float)(1 << LATENT_SCALE_BITS);
  return self->targets != NULL;
}

void
latent_search_set_key_gain (LatentSearch *self, guint gain)
{
  const float life = LIFE - (float)gain / LIFE_GAIN;

  self->life = MAX (life, LIFE_LEAST);
  self->worth = 1 + (float)gain / WORTH_GAIN;
}

void
latent_search_clear (LatentSearch *self)
{
  g_free (self->inverses);
  g_free (self->scales);
  g_free (self->bits);
  g_free (self->counts);
  g_free (self->marks);
  g_free (self->targets);
  *self = (LatentSearch){0};
}

/* To the units of what is held; returns whether any is further than `reach` from what is. */
LATENT_FOR_EACH_CPU static gboolean
take_target (float *restrict target, const float *restrict inverses, const gint32 *restrict held,
    float limit, float reach, guint n)
{
  gint32 far = 0;

  for (guint c = 0; c < n; c++) {
    float value = target[c] * inverses[c];
    value = value > limit ? limit : value;
    value = value < -limit ? -limit : value;
    target[c] = value;
    far |= fabsf (value - (float)held[c]) >= reach;
  }
  return far != 0;
}

LATENT_FOR_EACH_CPU static void
scale_target (
    const float *restrict target, const float *restrict scales, guint n, gint32 *restrict levels)
{
  for (guint i = 0; i < n; i++) {
    float level = target[i] * scales[i];
    level = level > 32767 ? 32767 : level;
    level = level < -32767 ? -32767 : level;
    levels[i] = (gint32)level;
  }
}

/* The picture of what was marked in a row, for motion. */
static void
fill_source (const LatentSearch *self, guint row)
{
  const LatentPredictor *predictor = self->predictor;
  const guint channels = predictor->grid->channels, width = predictor->grid->width;
  const gsize first = (gsize)row * width;
  g_autofree guint *columns = g_new (guint, width);
  const guint n = latent_row_find (self->marks + first, width, columns);
  g_autofree gint32 *levels = g_new (gint32, (gsize)n * channels);

  for (guint i = 0; i < n; i++)
    scale_target (self->targets + (first + columns[i]) * channels, self->scales, channels,
        levels + (gsize)i * channels);
  latent_motion_synthesise_source (predictor->motion, row, columns, n, levels);
}

static void
load_row (gsize row, gpointer data)
{
  LatentSearch *self = data;
  const LatentPredictor *predictor = self->predictor;
  const guint channels = predictor->grid->channels, width = predictor->grid->width;
  const float step = (float)predictor->step, limit = (float)LATENT_SYMBOL_MAX * step;
  const gsize first = row * width;

  latent_row_turn (
      self->planes + first, predictor->places, channels, width, self->targets + first * channels);
  for (gsize i = first; i < first + width; i++)
    self->marks[i] = (guint8)take_target (self->targets + i * channels, self->inverses,
        predictor->held + i * channels, limit, REACH * step, channels);
  if (predictor->motion != NULL)
    fill_source (self, (guint)row);
}

/* By the largest step of a channel, in levels. */
static guint
find_lambda (const LatentPredictor *predictor)
{
  guint32 most = 0;
  float levels;

  for (guint c = 0; c < predictor->grid->channels; c++)
    most = MAX (most, predictor->scales[c]);
  levels = (float)predictor->step * (float)most /
           (float)(1 << (LATENT_SCALE_BITS + LATENT_MOTION_FRACTION));
  return (guint)MAX (LAMBDA_ROOT * levels, 1);
}

/* A slice, and how much there is to search. */
typedef struct {
  guint begin, end; /* rows */
  guint marks;
} Slice;

typedef struct {
  LatentSearch *search;
  const Slice *slices;
} SliceJob;

static void
search_slice (gsize item, gpointer data)
{
  const SliceJob *job = data;
  const Slice *slice = &job->slices[item];
  LatentPlaceSearch place;

  latent_place_search_init (&place, job->search, slice->begin);
  for (guint row = slice->begin; row < slice->end; row++)
    latent_place_search_run_row (&place, row);
  latent_place_search_clear (&place);
}

static gint
compare_slices (gconstpointer a, gconstpointer b)
{
  const Slice *first = a, *second = b;

  return (gint)second->marks - (gint)first->marks;
}

/* The longest first, so that threads end at about the same time. */
static void
search_slices (LatentSearch *self)
{
  const LatentGrid *grid = self->predictor->grid;
  g_autofree Slice *slices = g_new0 (Slice, self->n_slices);

  for (guint i = 0; i < self->n_slices; i++) {
    Slice *slice = &slices[i];
    slice->begin = (guint)((guint64)grid->height * i / self->n_slices);
    slice->end = (guint)((guint64)grid->height * (i + 1) / self->n_slices);
    for (gsize k = (gsize)slice->begin * grid->width; k < (gsize)slice->end * grid->width; k++)
      slice->marks += self->marks[k];
  }
  qsort (slices, self->n_slices, sizeof *slices, compare_slices);
  latent_parallel_each (self->threads, self->n_slices, search_slice, &(SliceJob){self, slices});
}

LATENT_FOR_EACH_CPU static guint
count_symbols (const gint16 *symbols, gsize n)
{
  guint count = 0;

  for (gsize i = 0; i < n; i++)
    count += symbols[i] != 0;
  return count;
}

/* What symbols cost, by how many there were. */
static void
learn (LatentSearch *self)
{
  const LatentPredictor *predictor = self->predictor;
  const guint8 *modes = predictor->foretold.modes;
  const float keep = 0.9f;

  self->coded *= keep;
  for (gsize i = 0; i < predictor->places; i++)
    self->coded += modes[i] != LATENT_PLACE_HELD;
  for (guint c = 0; c < predictor->grid->channels; c++)
    self->counts[c] = self->counts[c] * keep +
                      (float)count_symbols (
                          self->symbols + c * predictor->places, predictor->places);
  for (guint c = 0; c < predictor->grid->channels; c++) {
    float share = (self->counts[c] + 0.5f) / (self->coded + 16);
    self->bits[c] = CLAMP (log2f ((1 - share) / share) + 2, 2, 8);
  }
}

void
latent_search_frame (LatentSearch *self, const float *planes, guint n_slices, gint16 *symbols)
{
  LatentPredictor *predictor = self->predictor;

  self->planes = planes;
  self->symbols = symbols;
  self->n_slices = n_slices;
  memset (symbols, 0, latent_grid_count (predictor->grid) * sizeof *symbols);
  latent_parallel_each (self->threads, predictor->grid->height, load_row, self);
  if (predictor->motion != NULL) {
    self->lambda = find_lambda (predictor);
    latent_motion_prepare (predictor->motion, self->threads);
  }
  search_slices (self);
  learn (self);
  self->turn++;
}
