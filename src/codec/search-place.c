/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/search-place.h"

#include <math.h>
#include <string.h>

#include "src/base/clones.h"
#include "src/codec/quantiser.h"

/* Steps within which every latent comes back. */
#define MOST 1.f
/* A magnitude's bits beyond 1, for each octave; where it is rounded up. */
#define OCTAVE_BITS 1.6f
#define ROUND_UP    0.42f
/* Of each place that stands, one frame of so many looks whether it shall become finer; what that
 * gains it gains for a time, which counts as so many frames. */
#define TURNS 16
#define LIFE  5

void
latent_place_search_init (LatentPlaceSearch *self, LatentSearch *search)
{
  const guint channels = search->predictor->grid->channels;

  *self = (LatentPlaceSearch){.search = search, .target = g_new (float, channels)};
  self->best.foretold = g_new (gint32, channels);
  self->best.symbols = g_new (gint16, channels);
  self->next.foretold = g_new (gint32, channels);
  self->next.symbols = g_new (gint16, channels);
}

void
latent_place_search_clear (LatentPlaceSearch *self)
{
  g_free (self->target);
  g_free (self->best.foretold);
  g_free (self->best.symbols);
  g_free (self->next.foretold);
  g_free (self->next.symbols);
  *self = (LatentPlaceSearch){0};
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

void
latent_place_search_try (LatentPlaceSearch *self, LatentPlaceMode mode, float bits, float worth)
{
  const LatentPredictor *predictor = self->search->predictor;
  const gint32 step = latent_predictor_get_place_step (predictor, self->place, mode);
  const float ratio = (float)step / (float)predictor->step;
  LatentChoice *next = &self->next;

  worth *= ratio * ratio;
  next->mode = mode;
  latent_predictor_foretell (predictor, self->place, mode, next->vectors, next->foretold);
  next->cost = worth * quantise (self->target, next->foretold, self->search->bits, 1 / (float)step,
                           LATENT_SEARCH_LAMBDA / worth, predictor->grid->channels, next->symbols);
  next->cost += LATENT_SEARCH_LAMBDA * bits;
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
put_place (LatentPlaceSearch *self)
{
  LatentSearch *search = self->search;
  LatentPredictor *predictor = search->predictor;
  LatentForetold *foretold = &predictor->foretold;
  const LatentChoice *best = &self->best;
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

void
latent_place_search_run (LatentPlaceSearch *self, gsize place)
{
  const LatentSearch *search = self->search;
  const LatentPredictor *predictor = search->predictor;
  const gboolean stood = predictor->ages[place] >= LATENT_PLACE_LONG_AGE;

  if (search->marks[place]) {
    load_place (self, place);
    latent_place_search_try (self, LATENT_PLACE_STILL, LATENT_SEARCH_PLACE_BITS, 1);
    if (!stood)
      latent_place_search_try (self, LATENT_PLACE_LONG, LATENT_SEARCH_PLACE_BITS, 1);
    latent_place_search_try (self, LATENT_PLACE_NEW, LATENT_SEARCH_PLACE_BITS, 1);
    /* a vector costs some bits */
    if (predictor->motion != NULL &&
        self->best.cost > LATENT_SEARCH_LAMBDA * (LATENT_SEARCH_PLACE_BITS + 4))
      latent_place_search_try_motion (self);
    put_place (self);
  } else if (stood && (place * 7 + search->turn) % TURNS == 0) {
    load_place (self, place);
    self->best.cost *= LIFE;
    latent_place_search_try (self, LATENT_PLACE_LONG, LATENT_SEARCH_PLACE_BITS, LIFE);
    put_place (self);
  }
}
