/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/search-place.h"

#include <math.h>
#include <string.h>

#include "src/base/clones.h"
#include "src/codec/rows.h"

/* Steps within which every latent comes back. */
#define MOST 1.f
/* A magnitude's bits beyond 1, for each octave; where it is rounded up. */
#define OCTAVE_BITS 1.6f
#define ROUND_UP    0.42f
/* Of each place that stands, one frame of so many looks whether it shall become finer. */
#define TURNS 16

/* Channels at a time: what costs too much already is not looked at any further. */
#define PART 32

/* Registers' worth of numbers. */
#define WIDTH 8
typedef float Floats __attribute__ ((vector_size (4 * WIDTH)));
typedef gint32 Ints __attribute__ ((vector_size (4 * WIDTH)));
typedef gint16 Shorts __attribute__ ((vector_size (2 * WIDTH)));

static void
init_choice (LatentChoice *self, guint channels)
{
  self->foretold = g_new (gint32, channels);
  self->symbols = g_new (gint16, channels);
}

static void
clear_choice (LatentChoice *self)
{
  g_free (self->foretold);
  g_free (self->symbols);
}

void
latent_place_search_init (LatentPlaceSearch *self, LatentSearch *search, guint begin)
{
  const LatentGrid *grid = search->predictor->grid;

  *self = (LatentPlaceSearch){.search = search, .begin = begin};
  init_choice (&self->best, grid->channels);
  init_choice (&self->next, grid->channels);
  self->pixels = g_new (gint16, LATENT_MOTION_PIXELS);
  self->symbols = g_new (gint16, (gsize)grid->width * grid->channels);
  self->coded = g_new (guint, grid->width);
}

void
latent_place_search_clear (LatentPlaceSearch *self)
{
  clear_choice (&self->best);
  clear_choice (&self->next);
  g_free (self->pixels);
  g_free (self->symbols);
  g_free (self->coded);
  *self = (LatentPlaceSearch){0};
}

/* Numbers of a place; the last ones may be fewer. */
#define COPY(dst, src, n)                                                                          \
  do {                                                                                             \
    if ((n) >= WIDTH)                                                                              \
      memcpy (dst, src, WIDTH * sizeof *(src));                                                    \
    else                                                                                           \
      memcpy (dst, src, (n) * sizeof *(src));                                                      \
  } while (0)

#define TO_FLOATS(ints) __builtin_convertvector(ints, Floats)
#define TO_INTS(floats) __builtin_convertvector(floats, Ints)
#define TO_SHORTS(ints) __builtin_convertvector(ints, Shorts)

#define ONE_BITS 0x3f800000 /* of 1 as a float, whose logarithm stands above 23 bits */

static inline float
add_up (const float *sums)
{
  float total = 0;

  for (guint i = 0; i < WIDTH; i++)
    total += sums[i];
  return total;
}

/* Symbols of a place, of distances in steps; returns what is lost and what they cost. */
LATENT_FOR_EACH_CPU static float
quantise (const float *target, const gint32 *foretold, const float *bits, float inverse,
    float lambda, guint n, gint16 *symbols)
{
  const Floats most = (Floats){0} + MOST;
  Floats sum = {0};

  for (guint i = 0; i < n; i += WIDTH) {
    const guint rest = n - i;
    Floats wanted = {0}, price = {0};
    Ints given = {0};
    COPY (&wanted, target + i, rest);
    COPY (&given, foretold + i, rest);
    COPY (&price, bits + i, rest);
    price *= lambda;
    const Floats distance = (wanted - TO_FLOATS (given)) * inverse;
    const Ints sign = (Ints)distance >> 31;
    const Floats size = (Floats)((Ints)distance & G_MAXINT32), zone = 0.5f + 0.5f * price;
    const Ints reached = (size >= zone) | (size >= most);
    const Ints magnitude = TO_INTS (size + ROUND_UP) & reached;
    const Floats nearest = TO_FLOATS (magnitude);
    sum += (size - nearest) * (size - nearest);
    /* logarithms are linear between powers of 2 */
    price += lambda * OCTAVE_BITS / (1 << 23) * TO_FLOATS ((Ints)nearest - ONE_BITS);
    sum += (Floats)((Ints)price & (magnitude > 0));
    /* modulo 2^16 */
    const Shorts found = TO_SHORTS ((magnitude ^ sign) - sign);
    COPY (symbols + i, (const gint16 *)&found, rest);
  }
  return add_up ((const float *)&sum);
}

/* What is lost if the place stays as it was, in steps; INFINITY where that is too much of a latent.
 */
LATENT_FOR_EACH_CPU static float
measure (const float *target, const gint32 *held, float inverse, guint n)
{
  Floats sum = {0};
  Ints far = {0};

  for (guint i = 0; i < n; i += WIDTH) {
    const guint rest = n - i;
    Floats wanted = {0};
    Ints given = {0};
    COPY (&wanted, target + i, rest);
    COPY (&given, held + i, rest);
    const Floats distance = (wanted - __builtin_convertvector(given, Floats)) * inverse;
    sum += distance * distance;
    far |= (distance >= MOST) | (distance <= -MOST);
  }
  for (guint i = 0; i < WIDTH; i++)
    if (far[i])
      return INFINITY;
  return add_up ((const float *)&sum);
}

void
latent_place_search_try (LatentPlaceSearch *self, LatentPlaceMode mode, float bits, float worth)
{
  const LatentSearch *search = self->search;
  const LatentPredictor *predictor = search->predictor;
  const guint channels = predictor->grid->channels;
  const gint32 step = latent_predictor_get_place_step (predictor, self->place, mode);
  const float ratio = (float)step / (float)predictor->step;
  LatentChoice *next = &self->next;

  worth *= ratio * ratio;
  next->mode = mode;
  next->cost = LATENT_SEARCH_LAMBDA * bits;
  for (guint i = 0; i < channels; i += PART) {
    const guint end = MIN (i + PART, channels);
    if (next->cost >= self->best.cost)
      return;
    latent_predictor_foretell_part (
        predictor, self->place, mode, self->pixels, i, end, next->foretold + i);
    next->cost += worth * quantise (self->target + i, next->foretold + i, search->bits + i,
                              1 / (float)step, LATENT_SEARCH_LAMBDA / worth, end - i,
                              next->symbols + i);
  }
  if (next->cost < self->best.cost) {
    LatentChoice best = self->best;
    self->best = *next;
    *next = best;
  }
}

static gboolean
has_symbols (const LatentChoice *choice, guint n)
{
  for (guint i = 0; i < n; i++)
    if (choice->symbols[i] != 0)
      return TRUE;
  return FALSE;
}

static void
load_place (LatentPlaceSearch *self, gsize place)
{
  const LatentPredictor *predictor = self->search->predictor;
  const gsize channels = predictor->grid->channels;

  self->place = place;
  self->target = self->search->targets + place * channels;
  self->best.mode = LATENT_PLACE_HELD;
  self->best.cost = measure (self->target, predictor->held + place * channels,
      1 / (float)predictor->step, predictor->grid->channels);
}

static void
put_place (LatentPlaceSearch *self, guint column)
{
  LatentPredictor *predictor = self->search->predictor;
  LatentForetold *foretold = &predictor->foretold;
  const LatentChoice *best = &self->best;
  LatentVector *vectors = foretold->vectors + self->place * LATENT_PLACE_VECTORS;
  const gsize channels = predictor->grid->channels;

  /* a mode that leaves what is held */
  if (best->mode == LATENT_PLACE_HELD ||
      ((best->mode == LATENT_PLACE_STILL ||
           (best->mode == LATENT_PLACE_LONG &&
               predictor->ages[self->place] >= LATENT_PLACE_LONG_AGE)) &&
          !has_symbols (best, predictor->grid->channels)))
    return;
  foretold->modes[self->place] = (guint8)best->mode;
  if (best->mode >= LATENT_PLACE_MOVED)
    memcpy (vectors, best->vectors, sizeof best->vectors);
  memcpy (
      self->symbols + self->n_coded * channels, best->symbols, channels * sizeof *best->symbols);
  self->coded[self->n_coded++] = column;
  latent_predictor_put (predictor, self->place, best->foretold);
}

static void
choose (LatentPlaceSearch *self, gsize place, guint column)
{
  const LatentSearch *search = self->search;
  const LatentPredictor *predictor = search->predictor;
  const gboolean stood = predictor->ages[place] >= LATENT_PLACE_LONG_AGE;

  if (search->marks[place]) {
    load_place (self, place);
    self->best.cost *= search->worth;
    latent_place_search_try (self, LATENT_PLACE_STILL, LATENT_SEARCH_PLACE_BITS, search->worth);
    if (!stood)
      latent_place_search_try (self, LATENT_PLACE_LONG, LATENT_SEARCH_PLACE_BITS, search->worth);
    latent_place_search_try (self, LATENT_PLACE_NEW, LATENT_SEARCH_PLACE_BITS, search->worth);
    /* a vector costs some bits */
    if (predictor->motion != NULL &&
        self->best.cost > LATENT_SEARCH_LAMBDA * (LATENT_SEARCH_PLACE_BITS + 4))
      latent_place_search_try_motion (self);
    put_place (self, column);
  } else if (stood && (place * 7 + search->turn) % TURNS == 0) {
    load_place (self, place);
    self->best.cost *= search->life;
    latent_place_search_try (self, LATENT_PLACE_LONG, LATENT_SEARCH_PLACE_BITS, search->life);
    put_place (self, column);
  }
}

void
latent_place_search_run_row (LatentPlaceSearch *self, guint row)
{
  const LatentPredictor *predictor = self->search->predictor;
  const guint width = predictor->grid->width;
  const gsize first = (gsize)row * width;

  self->n_coded = 0;
  for (guint x = 0; x < width; x++)
    choose (self, first + x, x);
  latent_row_scatter (self->symbols, predictor->grid->channels, self->coded, self->n_coded,
      self->search->symbols + first, predictor->places);
  latent_predictor_expect (self->search->predictor, row);
}
