/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "src/codec/motion-cost.h"
#include "src/codec/motion-private.h"

/* How many times the best of five places may be another one. */
#define STEPS_MAX 24

/* A piece of the source, and what is known of where it was. */
typedef struct {
  const LatentPhases *phases; /* of the picture */
  gint x, y;
  guint w, h;
  const guint8 *pixels; /* of the source: rows of so many bytes */
  gsize stride;
  LatentVector expected; /* what the vector is coded against */
  guint lambda;
  LatentVector best;
  guint cost;
} Search;

/* Bits of a number by its magnitude: 1, 3, 3, 5, 5, 5, 5 ... and its sign. */
static guint
count_bits (gint value)
{
  guint magnitude = (guint)abs (value);

  return magnitude ? 2 * g_bit_storage (magnitude) + 1 : 1;
}

static guint
get_vector_cost (const Search *self, LatentVector vector)
{
  return self->lambda *
         (count_bits (vector.x - self->expected.x) + count_bits (vector.y - self->expected.y));
}

static void
start (Search *self, const LatentMotion *motion, gint x, gint y, guint w, guint h, guint lambda,
    LatentVector expected)
{
  self->phases = &motion->phases;
  self->x = x;
  self->y = y;
  self->w = w;
  self->h = h;
  self->lambda = lambda;
  self->expected = self->best = expected;
  self->cost = G_MAXUINT;
  self->stride = (gsize)motion->source.width;
  self->pixels = motion->source.data + (gsize)y * self->stride + (gsize)x;
}

/* Vectors stay within 16 bits, and not far outside the picture. */
static gboolean
is_near (const Search *self, gint x, gint y)
{
  return x > -LATENT_MOTION_TILE && y > -LATENT_MOTION_TILE && x < self->phases->width &&
         y < self->phases->height && ABS (x - self->x) < G_MAXINT16 / 4 - 1 &&
         ABS (y - self->y) < G_MAXINT16 / 4 - 1;
}

/* A vector of whole pixels. */
static void
try_whole (Search *self, gint x, gint y)
{
  gint left = self->x + x, top = self->y + y;
  LatentVector vector = {(gint16)(4 * x), (gint16)(4 * y)};
  gsize stride = self->phases->stride;

  if (!is_near (self, left, top))
    return;
  guint cost = latent_cost_differences (self->pixels, self->stride,
                   self->phases->phases[0] + top * (gssize)stride + left, stride, self->w,
                   self->h) +
               get_vector_cost (self, vector);
  if (cost < self->cost) {
    self->cost = cost;
    self->best = vector;
  }
}

/* From the best candidate to the best of its neighbours, as long as that is another one. */
static void
walk (Search *self)
{
  static const gint8 steps[][4][2] = {
      {{-2, 0}, {2, 0}, {0, -2}, {0, 2}},
      {{-1, 0}, {1, 0}, {0, -1}, {0, 1}},
  };

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    for (guint n = 0; n < STEPS_MAX; n++) {
      LatentVector from = self->best;
      for (guint j = 0; j < 4; j++)
        try_whole (self, from.x / 4 + steps[i][j][0], from.y / 4 + steps[i][j][1]);
      if (from.x == self->best.x && from.y == self->best.y)
        break;
    }
}

/* From here on the cost is that of transformed differences. */
static guint
try_part (Search *self, gint x, gint y)
{
  LatentVector vector = {(gint16)x, (gint16)y};
  guint8 room[LATENT_SAMPLE_ROOM];
  gsize stride;
  const guint8 *pixels = latent_phases_look (
      self->phases, 4 * self->x + x, 4 * self->y + y, self->w, self->h, room, &stride);
  guint cost = latent_cost_transformed (
                   self->pixels, self->stride, pixels, stride, self->w, self->h) +
               get_vector_cost (self, vector);

  if (cost < self->cost) {
    self->cost = cost;
    self->best = vector;
  }
  return cost;
}

/* Around the best vector: four sides, and the corner between the better ones. */
static void
look_around (Search *self, gint step)
{
  const LatentVector from = self->best;
  const guint left = try_part (self, from.x - step, from.y);
  const guint right = try_part (self, from.x + step, from.y);
  const guint above = try_part (self, from.x, from.y - step);
  const guint below = try_part (self, from.x, from.y + step);

  try_part (self, from.x + (left < right ? -step : step), from.y + (above < below ? -step : step));
}

/* The vector that costs least to code, where it is not far. */
static void
try_expected (Search *self)
{
  const gint x = self->expected.x, y = self->expected.y;

  if (is_near (self, self->x + (x >> 2), self->y + (y >> 2)))
    try_part (self, x, y);
}

/* Halves around the best whole vector, then quarters around the best of these, or of what was
 * expected. */
static void
refine (Search *self)
{
  self->cost = G_MAXUINT;
  try_part (self, self->best.x, self->best.y);
  look_around (self, 2);
  try_expected (self);
  look_around (self, 1);
}

static gboolean
is_among (LatentVector vector, const LatentVector *others, guint n)
{
  for (guint i = 0; i < n; i++)
    if (vector.x >> 2 == others[i].x >> 2 && vector.y >> 2 == others[i].y >> 2)
      return TRUE;
  return FALSE;
}

/* In whole pixels. */
static void
find (Search *self, const LatentVector *candidates, guint n)
{
  try_whole (self, 0, 0);
  for (guint i = 0; i < n; i++)
    if (!is_among (candidates[i], candidates, i))
      try_whole (self, candidates[i].x >> 2, candidates[i].y >> 2);
  walk (self);
}

/* What was remembered, where that is nearer. */
static void
try_memory (Search *self, const LatentPlane *memory)
{
  const gsize stride = (gsize)memory->width;
  guint cost = latent_cost_transformed (self->pixels, self->stride,
                   memory->data + (gsize)self->y * stride + (gsize)self->x, stride, self->w,
                   self->h) +
               self->lambda;

  if (cost < self->cost) {
    self->cost = cost;
    self->best = LATENT_VECTOR_MEMORY;
  }
}

guint
latent_motion_search (const LatentMotion *self, guint x, guint y, const LatentVector *candidates,
    guint n, guint lambda, LatentVector *whole)
{
  guint width = self->basis->tile_width, height = self->basis->tile_height;
  Search search;

  g_return_val_if_fail (self->source.data != NULL, 0);
  start (&search, self, (gint)(x * width), (gint)(y * height), width, height, lambda,
      n > 0 ? candidates[0] : (LatentVector){0, 0});
  find (&search, candidates, n);
  refine (&search);
  *whole = search.best;
  return search.cost;
}

/* Each from where the whole was and those before it went. */
guint
latent_motion_search_pieces (const LatentMotion *self, guint x, guint y, LatentVector expected,
    guint lambda, gboolean has_memory, LatentVector whole,
    LatentVector pieces[LATENT_MOTION_PIECES])
{
  guint w = self->basis->tile_width / 2, h = self->basis->tile_height / 2, cost = 0, n = 1;
  const LatentPlane *memory = &self->memory[latent_motion_get_main (self->basis)];
  LatentVector from[LATENT_MOTION_PIECES] = {whole};
  Search piece;

  g_return_val_if_fail (self->source.data != NULL, 0);
  for (guint i = 0; i < LATENT_MOTION_PIECES; i++) {
    start (&piece, self, (gint)((2 * x + (i & 1)) * w), (gint)((2 * y + (i >> 1)) * h), w, h,
        lambda, n == 1 ? expected : from[n - 1]);
    find (&piece, from, n);
    refine (&piece);
    if (n < LATENT_MOTION_PIECES)
      from[n++] = piece.best;
    if (has_memory)
      try_memory (&piece, memory);
    if (latent_vector_is_memory (piece.best))
      n--;
    pieces[i] = piece.best;
    cost += piece.cost;
  }
  return cost;
}

guint
latent_motion_get_still_cost (const LatentMotion *self, guint x, guint y)
{
  guint width = self->basis->tile_width, height = self->basis->tile_height;
  Search whole;

  g_return_val_if_fail (self->source.data != NULL, 0);
  start (
      &whole, self, (gint)(x * width), (gint)(y * height), width, height, 0, (LatentVector){0, 0});
  whole.cost = G_MAXUINT;
  try_part (&whole, 0, 0);
  return whole.cost;
}
