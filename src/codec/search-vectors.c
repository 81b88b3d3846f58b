/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/search-place.h"

/* What costs less than so many bits is not looked at in pieces, whose vectors cost as much. */
#define SPLIT_BITS (LATENT_SEARCH_PLACE_BITS + 16)

static guint
count_bits (gint value)
{
  return value != 0 ? 2 * g_bit_storage ((gulong)ABS (value)) + 1 : 1;
}

/* Bits of vectors, about. */
static float
get_vector_bits (const LatentChoice *choice, LatentVector expected, guint n)
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
find_candidates (const LatentPlaceSearch *self, guint y, guint x, LatentVector *candidates)
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
try_vectors (LatentPlaceSearch *self, LatentPlaceMode mode, const LatentVector *vectors, guint n,
    LatentVector expected)
{
  const LatentPredictor *predictor = self->search->predictor;
  const guint width = predictor->foretold.width;
  LatentVector *own = self->next.vectors;

  for (guint k = 0; k < LATENT_PLACE_VECTORS; k++)
    own[k] = vectors[n > 1 ? k : 0];
  latent_motion_move (predictor->motion, (guint)(self->place % width), (guint)(self->place / width),
      own, self->pixels);
  latent_place_search_try (self, mode,
      LATENT_SEARCH_PLACE_BITS - 1 + get_vector_bits (&self->next, expected, n),
      self->search->worth);
}

static gboolean
are_apart (const LatentVector *pieces, LatentVector whole)
{
  for (guint k = 0; k < LATENT_PLACE_VECTORS; k++)
    if (pieces[k].x != whole.x || pieces[k].y != whole.y)
      return TRUE;
  return FALSE;
}

void
latent_place_search_try_motion (LatentPlaceSearch *self)
{
  const LatentPredictor *predictor = self->search->predictor;
  const guint width = predictor->foretold.width;
  const guint y = (guint)(self->place / width), x = (guint)(self->place % width);
  const gboolean has_memory = predictor->ages[self->place] < LATENT_PLACE_LONG_AGE;
  LatentVector candidates[6], whole, pieces[LATENT_PLACE_VECTORS];
  const guint n = find_candidates (self, y, x, candidates), lambda = self->search->lambda;

  const guint cost = latent_motion_search (predictor->motion, x, y, candidates, n, lambda, &whole);
  limit_vectors (&whole, 1);
  try_vectors (self, LATENT_PLACE_MOVED, &whole, 1, candidates[0]);
  if (cost < LATENT_MOTION_WELL * lambda || self->best.cost < LATENT_SEARCH_LAMBDA * SPLIT_BITS)
    return;
  latent_motion_search_pieces (
      predictor->motion, x, y, candidates[0], lambda, has_memory, whole, pieces);
  limit_vectors (pieces, LATENT_PLACE_VECTORS);
  if (are_apart (pieces, whole))
    try_vectors (self, LATENT_PLACE_SPLIT, pieces, LATENT_PLACE_VECTORS, candidates[0]);
}
