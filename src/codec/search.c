/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/search.h"

#include <math.h>
#include <string.h>

#include "src/base/clones.h"
#include "src/base/parallel.h"
#include "src/codec/search-place.h"

/* Steps within which a latent is near what is held: where all are the place stays as it was. */
#define REACH 0.9f
/* What a bit is worth in absolute differences, for motion's search. */
#define LAMBDA_ROOT 0.36f
/* What a symbol that is not 0 costs while nothing is known. */
#define SYMBOL_BITS 5

void
latent_search_init (LatentSearch *self, LatentPredictor *predictor, guint threads)
{
  const LatentGrid *grid = predictor->grid;
  *self = (LatentSearch){.predictor = predictor, .threads = threads};
  self->inverses = g_new (float, grid->channels);
  self->bits = g_new (float, grid->channels);
  self->counts = g_new0 (float, grid->channels);
  self->marks = g_new (guint8, predictor->places);
  if (predictor->motion != NULL)
    self->levels = g_new0 (gint32, latent_grid_count (grid));
  latent_predictor_get_units (predictor->steps, grid->channels, self->inverses);
  for (guint c = 0; c < grid->channels; c++) {
    self->inverses[c] = 1 / self->inverses[c];
    self->bits[c] = SYMBOL_BITS;
  }
}

void
latent_search_clear (LatentSearch *self)
{
  g_free (self->inverses);
  g_free (self->bits);
  g_free (self->counts);
  g_free (self->marks);
  g_free (self->levels);
  *self = (LatentSearch){0};
}

LATENT_FOR_EACH_CPU static void
mark_channel (
    const float *src, float inverse, const gint32 *held, float reach, gsize n, guint8 *marks)
{
  for (gsize i = 0; i < n; i++)
    marks[i] |= fabsf (src[i] * inverse - (float)held[i]) >= reach;
}

static void
mark_places (gsize begin, gsize end, gpointer data)
{
  LatentSearch *self = data;
  const LatentPredictor *predictor = self->predictor;
  const float reach = REACH * (float)predictor->step;

  memset (self->marks + begin, 0, end - begin);
  for (guint c = 0; c < predictor->grid->channels; c++) {
    const gsize first = c * predictor->places + begin;
    mark_channel (self->planes + first, self->inverses[c], predictor->held + first, reach,
        end - begin, self->marks + begin);
  }
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

/* The frame's levels at marked places, and the picture of them. */
static void
fill_source (LatentSearch *self)
{
  const LatentPredictor *predictor = self->predictor;

  if (predictor->motion == NULL)
    return;
  self->lambda = find_lambda (predictor);
  for (guint c = 0; c < predictor->grid->channels; c++) {
    const float scale = self->inverses[c] * (float)predictor->scales[c] /
                        (float)(1 << LATENT_SCALE_BITS);
    for (gsize i = 0, at = c * predictor->places; i < predictor->places; i++, at++)
      if (self->marks[i])
        self->levels[at] = (gint32)CLAMP (self->planes[at] * scale, -32767, 32767);
  }
  latent_motion_synthesise_source (predictor->motion, self->levels, self->marks);
}

static void
search_slices (gsize begin, gsize end, gpointer data)
{
  LatentSearch *self = data;
  const LatentGrid *grid = self->predictor->grid;
  LatentPlaceSearch place;

  latent_place_search_init (&place, self);
  for (gsize slice = begin; slice < end; slice++) {
    place.begin = (guint)((guint64)grid->height * slice / self->n_slices);
    const guint last = (guint)((guint64)grid->height * (slice + 1) / self->n_slices);
    for (gsize i = (gsize)place.begin * grid->width; i < (gsize)last * grid->width; i++)
      latent_place_search_run (&place, i);
  }
  latent_place_search_clear (&place);
}

/* What symbols cost, by how many there were. */
static void
learn (LatentSearch *self)
{
  const LatentPredictor *predictor = self->predictor;
  const guint8 *modes = predictor->foretold.modes;
  const float keep = 0.9f;

  self->coded *= keep;
  for (guint c = 0; c < predictor->grid->channels; c++)
    self->counts[c] *= keep;
  for (gsize i = 0; i < predictor->places; i++) {
    if (modes[i] == LATENT_PLACE_HELD)
      continue;
    self->coded++;
    for (guint c = 0; c < predictor->grid->channels; c++)
      self->counts[c] += self->symbols[c * predictor->places + i] != 0;
  }
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
  latent_parallel (self->threads, predictor->places, 256, mark_places, self);
  fill_source (self);
  latent_parallel (self->threads, n_slices, 1, search_slices, self);
  learn (self);
  self->turn++;
}
