/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/search.h"

#include <math.h>
#include <string.h>

#include "src/base/clones.h"
#include "src/base/parallel.h"
#include "src/codec/quantiser.h"

/* Steps within which a latent is near what is held: where all are the place stays as it was. */
#define REACH 0.9f
/* Steps within which every latent comes back. */
#define MOST 1.f
/* What a bit is worth, in squares of a step; and in absolute differences, for motion's search. */
#define LAMBDA      0.12f
#define LAMBDA_ROOT 0.36f
/* That a place is coded, and its mode. */
#define PLACE_BITS 6
/* A magnitude's bits beyond 1, for each octave; where it is rounded up. */
#define OCTAVE_BITS 1.6f
#define ROUND_UP    0.42f
/* What a symbol that is not 0 costs while nothing is known. */
#define SYMBOL_BITS 5
/* Of each place that stands, one frame of so many looks whether it shall become finer; what that
 * gains it gains for a time, which counts as so many frames. */
#define TURNS 16
#define LIFE  5

typedef struct {
  LatentPlaceMode mode;
  LatentVector vectors[LATENT_PLACE_VECTORS];
  gint32 *foretold;
  gint16 *symbols;
  float cost;
} Choice;

typedef struct {
  LatentSearch *search;
  gsize place;
  guint begin; /* first row of the slice */
  float *target;
  Choice best, next;
} Place;

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

/* Symbols of one place, of distances in steps; returns what is lost and what they cost. */
LATENT_FOR_EACH_CPU static float
quantise (const float *target, const gint32 *foretold, const float *bits, float inverse,
    float lambda, guint n, gint16 *symbols)
{
  float cost = 0;

  for (guint i = 0; i < n; i++) {
    float distance = (target[i] - (float)foretold[i]) * inverse, size = fabsf (distance);
    float zone = MIN (0.5f + 0.5f * lambda * bits[i], MOST);
    float magnitude = size < zone ? 0 : floorf (size + ROUND_UP);
    /* modulo 2^16 */
    symbols[i] = (gint16)(gint32)copysignf (magnitude, distance);
    cost += (size - magnitude) * (size - magnitude);
    if (magnitude > 0)
      cost += lambda * (bits[i] + OCTAVE_BITS * log2f (magnitude));
  }
  return cost;
}

/* worth: what a square of a step of this frame is worth, as against those of other places. */
static void
try_mode (Place *self, LatentPlaceMode mode, float bits, float worth)
{
  const LatentPredictor *predictor = self->search->predictor;
  const gint32 step = latent_predictor_get_place_step (predictor, self->place, mode);
  const float ratio = (float)step / (float)predictor->step;
  Choice *next = &self->next;

  worth *= ratio * ratio;
  next->mode = mode;
  latent_predictor_foretell (predictor, self->place, mode, next->vectors, next->foretold);
  next->cost = worth * quantise (self->target, next->foretold, self->search->bits, 1 / (float)step,
                           LAMBDA / worth, predictor->grid->channels, next->symbols);
  next->cost += LAMBDA * bits;
  if (next->cost < self->best.cost) {
    Choice best = self->best;
    self->best = *next;
    *next = best;
  }
}

static gboolean
has_symbols (const Choice *choice, guint n)
{
  for (guint i = 0; i < n; i++)
    if (choice->symbols[i] != 0)
      return TRUE;
  return FALSE;
}

static guint
count_bits (gint value)
{
  return value != 0 ? 2 * g_bit_storage ((gulong)ABS (value)) + 1 : 1;
}

/* Bits of vectors, about. */
static float
get_vector_bits (const Choice *choice, LatentVector expected, guint n)
{
  guint bits = 1;

  for (guint k = 0; k < n; k++) {
    bits += n > 1;
    if (latent_vector_is_memory (choice->vectors[k]))
      continue;
    bits += count_bits (choice->vectors[k].x - expected.x) +
            count_bits (choice->vectors[k].y - expected.y);
    expected = choice->vectors[k];
  }
  return (float)bits;
}

static void
add_candidate (LatentVector *candidates, guint *n, LatentVector vector)
{
  if (!latent_vector_is_memory (vector))
    candidates[(*n)++] = vector;
}

/* Vectors of this frame to the left and above, of the one before here, to the right and below. */
static guint
find_candidates (const Place *self, guint y, guint x, LatentVector *candidates)
{
  const LatentForetold *foretold = &self->search->predictor->foretold;
  const gsize i = self->place * LATENT_PLACE_VECTORS;
  const gsize row = (gsize)foretold->width * LATENT_PLACE_VECTORS;
  guint n = 1;

  candidates[0] = latent_foretold_get_vector (foretold, self->begin, y, x);
  add_candidate (candidates, &n, foretold->before[i]);
  if (x > 0)
    add_candidate (candidates, &n, foretold->vectors[i - LATENT_PLACE_VECTORS]);
  if (y > self->begin)
    add_candidate (candidates, &n, foretold->vectors[i - row]);
  if (x + 1 < foretold->width)
    add_candidate (candidates, &n, foretold->before[i + LATENT_PLACE_VECTORS]);
  if (y + 1 < foretold->height)
    add_candidate (candidates, &n, foretold->before[i + row]);
  return n;
}

static void
limit_vectors (LatentVector *vectors, guint n)
{
  for (guint k = 0; k < n; k++) {
    if (latent_vector_is_memory (vectors[k]))
      continue;
    vectors[k].x = CLAMP (vectors[k].x, -LATENT_VECTOR_MAX, LATENT_VECTOR_MAX);
    vectors[k].y = CLAMP (vectors[k].y, -LATENT_VECTOR_MAX, LATENT_VECTOR_MAX);
  }
}

static void
try_vectors (
    Place *self, LatentPlaceMode mode, const LatentVector *vectors, guint n, LatentVector expected)
{
  for (guint k = 0; k < LATENT_PLACE_VECTORS; k++)
    self->next.vectors[k] = vectors[n > 1 ? k : 0];
  try_mode (self, mode, PLACE_BITS - 1 + get_vector_bits (&self->next, expected, n), 1);
}

static gboolean
are_apart (const LatentVector *pieces, LatentVector whole)
{
  for (guint k = 0; k < LATENT_PLACE_VECTORS; k++)
    if (pieces[k].x != whole.x || pieces[k].y != whole.y)
      return TRUE;
  return FALSE;
}

static void
try_motion (Place *self)
{
  const LatentPredictor *predictor = self->search->predictor;
  const guint width = predictor->foretold.width;
  const guint y = (guint)(self->place / width), x = (guint)(self->place % width);
  const gboolean has_memory = predictor->ages[self->place] < LATENT_PLACE_LONG_AGE;
  LatentVector candidates[6], whole, pieces[LATENT_PLACE_VECTORS];
  guint n = find_candidates (self, y, x, candidates);

  latent_motion_search (
      predictor->motion, x, y, candidates, n, self->search->lambda, has_memory, &whole, pieces);
  limit_vectors (&whole, 1);
  limit_vectors (pieces, LATENT_PLACE_VECTORS);
  try_vectors (self, LATENT_PLACE_MOVED, &whole, 1, candidates[0]);
  if (are_apart (pieces, whole))
    try_vectors (self, LATENT_PLACE_SPLIT, pieces, LATENT_PLACE_VECTORS, candidates[0]);
}

static void
load_place (Place *self, gsize place)
{
  const LatentSearch *search = self->search;
  const LatentPredictor *predictor = search->predictor;
  const float inverse = 1 / (float)predictor->step;
  const float limit = (float)LATENT_SYMBOL_MAX * (float)predictor->step;
  float lost = 0, most = 0;

  self->place = place;
  for (guint c = 0; c < predictor->grid->channels; c++) {
    const gsize i = c * predictor->places + place;
    float distance;
    self->target[c] = CLAMP (search->planes[i] * search->inverses[c], -limit, limit);
    distance = (self->target[c] - (float)predictor->held[i]) * inverse;
    lost += distance * distance;
    most = MAX (most, fabsf (distance));
  }
  self->best.mode = LATENT_PLACE_HELD;
  self->best.cost = most < MOST ? lost : INFINITY;
}

static void
put_place (Place *self)
{
  LatentSearch *search = self->search;
  LatentPredictor *predictor = search->predictor;
  LatentForetold *foretold = &predictor->foretold;
  const Choice *best = &self->best;
  LatentVector *vectors = foretold->vectors + self->place * LATENT_PLACE_VECTORS;
  const guint channels = predictor->grid->channels;

  /* a mode that leaves what is held */
  if (best->mode == LATENT_PLACE_HELD ||
      ((best->mode == LATENT_PLACE_STILL ||
           (best->mode == LATENT_PLACE_LONG &&
               predictor->ages[self->place] >= LATENT_PLACE_LONG_AGE)) &&
          !has_symbols (best, channels)))
    return;
  foretold->modes[self->place] = (guint8)best->mode;
  if (best->mode >= LATENT_PLACE_MOVED)
    memcpy (vectors, best->vectors, sizeof best->vectors);
  for (guint c = 0; c < channels; c++)
    search->symbols[c * predictor->places + self->place] = best->symbols[c];
  latent_predictor_put (predictor, self->place, best->foretold);
}

static void
choose (Place *self, gsize place)
{
  const LatentSearch *search = self->search;
  const LatentPredictor *predictor = search->predictor;
  const gboolean stood = predictor->ages[place] >= LATENT_PLACE_LONG_AGE;

  if (search->marks[place]) {
    load_place (self, place);
    try_mode (self, LATENT_PLACE_STILL, PLACE_BITS, 1);
    if (!stood)
      try_mode (self, LATENT_PLACE_LONG, PLACE_BITS, 1);
    try_mode (self, LATENT_PLACE_NEW, PLACE_BITS, 1);
    /* a vector costs some bits */
    if (predictor->motion != NULL && self->best.cost > LAMBDA * (PLACE_BITS + 4))
      try_motion (self);
    put_place (self);
  } else if (stood && (place * 7 + search->turn) % TURNS == 0) {
    load_place (self, place);
    self->best.cost *= LIFE;
    try_mode (self, LATENT_PLACE_LONG, PLACE_BITS, LIFE);
    put_place (self);
  }
}

static void
search_slices (gsize begin, gsize end, gpointer data)
{
  LatentSearch *self = data;
  const LatentGrid *grid = self->predictor->grid;
  Place place = {
      .search = self,
      .target = g_new (float, grid->channels),
      .best = {.foretold = g_new (gint32, grid->channels),
               .symbols = g_new (gint16,                                             grid->channels)},
      .next = {
               .foretold = g_new (gint32, grid->channels), .symbols = g_new (gint16, grid->channels)}
  };

  for (gsize slice = begin; slice < end; slice++) {
    place.begin = (guint)((guint64)grid->height * slice / self->n_slices);
    const guint last = (guint)((guint64)grid->height * (slice + 1) / self->n_slices);
    for (gsize i = (gsize)place.begin * grid->width; i < (gsize)last * grid->width; i++)
      choose (&place, i);
  }
  g_free (place.target);
  g_free (place.best.foretold);
  g_free (place.best.symbols);
  g_free (place.next.foretold);
  g_free (place.next.symbols);
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
