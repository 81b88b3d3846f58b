/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/search.h"

#include <gst/check/gstcheck.h>
#include <math.h>
#include <string.h>

#include "src/base/random.h"
#include "src/codec/symbols.h"

#define GRID_W 6
#define GRID_H 4
#define TILE   16
#define PIXELS (TILE * TILE)
#define PLACES (GRID_W * GRID_H)

static const LatentStep *
get_steps (void)
{
  static LatentStep steps[PIXELS]; /* 1 */

  return steps;
}

/* A basis of single pixels: latents are levels. */
static LatentMotionBasis *
new_basis (void)
{
  LatentMotionBasis *self = g_new0 (LatentMotionBasis, 1);

  *self = (LatentMotionBasis){.k = PIXELS,
      .d = PIXELS,
      .tile_width = TILE,
      .tile_height = TILE,
      .color = LATENT_COLOR_GRAY8,
      .n_planes = 1,
      .shift = 14,
      .unit = 1 << 16};
  self->matrix = g_new0 (gint16, self->k * self->d);
  self->bias = g_new0 (gint32, self->k);
  self->mean = g_new0 (gint32, self->d);
  for (guint i = 0; i < self->k; i++)
    self->matrix[i * self->d + i] = 1 << 14;
  return self;
}

static float
get_ground (gint x, gint y)
{
  return (float)rint (128 + 40 * sin (x * .31 + y * .07) + 35 * cos (y * .43 - x * .05));
}

/* A square of 32 pixels with a pattern of its own, its left at `left`; none if that is < 0. */
static float
get_level (gint x, gint y, gint left)
{
  if (left < 0 || x < left || x >= left + 32 || y < 16 || y >= 48)
    return get_ground (x, y);
  return (float)rint (128 + 60 * sin ((x - left) * .5 + y * .3) + 50 * cos (y * .7));
}

typedef struct {
  LatentGrid grid;
  LatentPredictor predictor, other; /* the encoder's, the decoder's */
  LatentSearch search;
  LatentSymbolCoder *encoder, *decoder;
  guint8 *bytes;
  float planes[PIXELS * PLACES];
  gint16 symbols[PIXELS * PLACES];
} Case;

static void
fill (Case *self, gint left)
{
  for (gint y = 0; y < GRID_H * TILE; y++)
    for (gint x = 0; x < GRID_W * TILE; x++)
      self->planes[(y % TILE * TILE + x % TILE) * PLACES + y / TILE * GRID_W + x / TILE] =
          get_level (x, y, left);
}

/* A key frame of the ground, and of the square. */
static Case *
start (gboolean has_motion, gint left)
{
  Case *self = g_new0 (Case, 1);
  g_autoptr (LatentPrior) prior = latent_prior_new_default (PIXELS);
  const LatentShape dims = {
      4, {1, PIXELS, GRID_H, GRID_W}
  };

  fail_unless (latent_grid_init (&self->grid, &dims, FALSE, 1, GRID_W, NULL));
  fail_unless (latent_predictor_init (
      &self->predictor, &self->grid, get_steps (), has_motion ? new_basis () : NULL, 1));
  fail_unless (latent_predictor_init (
      &self->other, &self->grid, get_steps (), has_motion ? new_basis () : NULL, 1));
  fail_unless (latent_search_init (&self->search, &self->predictor, 1));
  self->encoder = latent_symbol_coder_new (prior, PIXELS, GRID_H, GRID_W, 0, GRID_H);
  self->decoder = latent_symbol_coder_new (prior, PIXELS, GRID_H, GRID_W, 0, GRID_H);
  self->bytes = g_malloc (latent_symbol_coder_get_bound (self->encoder));
  fill (self, left);
  for (guint i = 0; i < PIXELS * PLACES; i++)
    self->symbols[i] = (gint16)self->planes[i];
  latent_predictor_set (&self->predictor, self->symbols, 63);
  latent_predictor_set (&self->other, self->symbols, 63);
  return self;
}

static void
stop (Case *self)
{
  latent_search_clear (&self->search);
  latent_predictor_clear (&self->predictor);
  latent_predictor_clear (&self->other);
  latent_symbol_coder_free (self->encoder);
  latent_symbol_coder_free (self->decoder);
  g_free (self->bytes);
  g_free (self);
}

/* A frame's way to the other end, which must hold the same then; returns its bytes. */
static gsize
code (Case *self, guint quality, gint left)
{
  gsize size;

  fill (self, left);
  latent_predictor_begin (&self->predictor, quality, FALSE);
  latent_search_frame (&self->search, self->planes, 1, self->symbols);
  size = latent_symbol_coder_encode_foretold (
      self->encoder, self->symbols, &self->predictor.foretold, self->bytes);
  latent_predictor_end (&self->predictor, self->symbols);
  memset (self->symbols, 0x55, sizeof self->symbols);
  latent_predictor_begin (&self->other, quality, TRUE);
  fail_unless (latent_symbol_coder_decode_foretold (
      self->decoder, self->bytes, size, &self->other.foretold, self->symbols));
  latent_predictor_end (&self->other, self->symbols);
  fail_unless (memcmp (self->predictor.held, self->other.held, sizeof self->planes) == 0);
  fail_unless (memcmp (self->predictor.memory, self->other.memory, sizeof self->planes) == 0);
  for (guint i = 0; i < PIXELS * PLACES; i++)
    fail_unless (fabsf ((float)self->predictor.held[i % PLACES * PIXELS + i / PLACES] -
                        256 * self->planes[i]) <= (float)self->predictor.step);
  return size;
}

static guint8
get_mode (const Case *self, guint y, guint x)
{
  return self->predictor.foretold.modes[y * GRID_W + x];
}

GST_START_TEST (what_does_not_change_costs_nothing)
{
  Case *self = start (TRUE, -1);

  for (guint i = 0; i < 20; i++)
    fail_unless (code (self, 30, -1) <= 3);
  stop (self);
}
GST_END_TEST

GST_START_TEST (a_square_moves)
{
  Case *self = start (TRUE, 16);
  const LatentVector *vectors;

  code (self, 34, 19);
  fail_unless_equals_int (get_mode (self, 1, 2), LATENT_PLACE_MOVED);
  vectors = self->predictor.foretold.vectors + (1 * GRID_W + 2) * LATENT_PLACE_VECTORS;
  fail_unless_equals_int (vectors[0].x, -12); /* from where it was, in quarters */
  fail_unless_equals_int (vectors[0].y, 0);
  fail_unless_equals_int (get_mode (self, 0, 0), LATENT_PLACE_HELD);
  fail_unless_equals_int (get_mode (self, 3, 5), LATENT_PLACE_HELD);
  stop (self);
}
GST_END_TEST

/* Both ends hold the same (code() compares) at all qualities, with motion and without. */
GST_START_TEST (nothing_drifts)
{
  static const guint8 qualities[] = {30, 40, 20, 63, 10, 35, 35, 0};
  Case *self = start (__i__ > 0, 0);

  for (guint i = 0; i < 24; i++)
    code (self, qualities[i % 8], (gint)(i * 5 % 80));
  stop (self);
}
GST_END_TEST

/* Slices are searched in any order and on any thread: what is chosen is the same. */
GST_START_TEST (threads_make_no_difference)
{
  Case *one = start (TRUE, 0), *more = start (TRUE, 0);

  more->search.threads = more->predictor.threads = 3;
  for (guint i = 1; i < 6; i++) {
    fill (one, (gint)(i * 5));
    latent_predictor_begin (&one->predictor, 30, FALSE);
    latent_predictor_begin (&more->predictor, 30, FALSE);
    latent_search_frame (&one->search, one->planes, GRID_H, one->symbols);
    latent_search_frame (&more->search, one->planes, GRID_H, more->symbols);
    fail_unless (memcmp (one->symbols, more->symbols, sizeof one->symbols) == 0);
    fail_unless (
        memcmp (one->predictor.foretold.modes, more->predictor.foretold.modes, PLACES) == 0);
    latent_predictor_end (&one->predictor, one->symbols);
    latent_predictor_end (&more->predictor, more->symbols);
    fail_unless (memcmp (one->predictor.held, more->predictor.held, sizeof one->planes) == 0);
  }
  stop (one);
  stop (more);
}
GST_END_TEST

/* The square passes; what it hid is there again for little. */
GST_START_TEST (ground_that_is_uncovered_costs_little)
{
  Case *self = start (FALSE, -1);
  gsize shown = code (self, 40, 16), hidden;

  for (guint i = 0; i < 3; i++)
    code (self, 40, 16);
  hidden = code (self, 40, -1);
  fail_unless_equals_int (get_mode (self, 1, 1), LATENT_PLACE_LONG);
  fail_unless_equals_int (get_mode (self, 2, 2), LATENT_PLACE_LONG);
  fail_unless_equals_int (
      self->predictor.held[(1 * GRID_W + 1) * PIXELS], 256 * (gint)get_ground (16, 16));
  fail_unless (hidden < 50 && 10 * hidden < shown, "%zu, %zu", hidden, shown);
  stop (self);
}
GST_END_TEST

static double
get_error (const Case *self)
{
  double sum = 0;

  for (guint i = 0; i < PIXELS * PLACES; i++)
    sum += pow (self->predictor.held[i % PLACES * PIXELS + i / PLACES] / 256. - self->planes[i], 2);
  return sum;
}

/* Where key frames are better, so is what changes after them. */
GST_START_TEST (what_changes_comes_nearer)
{
  Case *self = start (FALSE, -1), *better = start (FALSE, -1);
  gsize size, larger;

  latent_search_set_key_gain (&better->search, 20);
  size = code (self, 30, 16);
  larger = code (better, 30, 16);
  fail_unless (larger > size, "%zu, %zu", larger, size);
  fail_unless (
      get_error (better) < .95 * get_error (self), "%f, %f", get_error (better), get_error (self));
  stop (self);
  stop (better);
}
GST_END_TEST

/* Symbols that contexts make larger than 16 bits each; modes and vectors come along. */
GST_START_TEST (noise_comes_back)
{
  Case *self = start (TRUE, 16);
  LatentForetold *foretold = &self->predictor.foretold;
  LatentRandom random;
  gint16 *symbols = self->symbols;
  g_autofree gint16 *decoded = g_new0 (gint16, PIXELS * PLACES);
  gsize size;

  latent_random_init (&random, 12, LATENT_RANDOM_SAMPLE, 0);
  for (guint frame = 0; frame < 3; frame++) {
    latent_predictor_begin (&self->predictor, 30, FALSE);
    latent_predictor_begin (&self->other, 30, TRUE);
    for (guint i = 0; i < PLACES; i++) {
      LatentVector *vectors = foretold->vectors + i * LATENT_PLACE_VECTORS;
      foretold->modes[i] = (guint8)(1 + latent_random_below (&random, LATENT_PLACE_SPLIT));
      for (guint k = 0; k < LATENT_PLACE_VECTORS && foretold->modes[i] >= LATENT_PLACE_MOVED; k++)
        vectors[k] = foretold->modes[i] == LATENT_PLACE_MOVED ? (LatentVector){7, -2047}
                     : k == 2 && self->predictor.ages[i] < 8  ? LATENT_VECTOR_MEMORY
                                                              : (LatentVector){(gint16)k, 9};
    }
    for (guint i = 0; i < PLACES; i++) {
      gint32 latents[PIXELS];
      latent_predictor_foretell (&self->predictor, i, foretold->modes[i],
          foretold->vectors + i * LATENT_PLACE_VECTORS, latents);
      latent_predictor_put (&self->predictor, i, latents);
    }
    for (guint y = 0; y < GRID_H; y++)
      latent_predictor_expect (&self->predictor, y);
    for (guint i = 0; i < PIXELS * PLACES; i++)
      symbols[i] = (gint16)latent_random_below (&random, 65536);
    size = latent_symbol_coder_encode_foretold (self->encoder, symbols, foretold, self->bytes);
    fail_unless (size <= latent_symbol_coder_get_bound (self->encoder));
    fail_unless (latent_symbol_coder_decode_foretold (
        self->decoder, self->bytes, size, &self->other.foretold, decoded));
    fail_unless (memcmp (symbols, decoded, sizeof self->symbols) == 0);
    fail_unless (memcmp (foretold->modes, self->other.foretold.modes, PLACES) == 0);
    fail_unless (memcmp (foretold->vectors, self->other.foretold.vectors,
                     PLACES * LATENT_PLACE_VECTORS * sizeof (LatentVector)) == 0);
    latent_predictor_end (&self->predictor, symbols);
    latent_predictor_end (&self->other, symbols);
  }
  stop (self);
}
GST_END_TEST

/* Bytes that no encoder made give a frame, too; the first decision, raw or not, is theirs. */
GST_START_TEST (any_bytes_are_a_frame)
{
  Case *self = start (__i__ % 2 > 0, 16);
  LatentRandom random;
  guint8 bytes[400];

  latent_random_init (&random, 11, LATENT_RANDOM_SAMPLE, (guint64)__i__);
  for (guint frame = 0; frame < 6; frame++) {
    for (guint i = 0; i < sizeof bytes; i++)
      bytes[i] = (guint8)latent_random_below (&random, frame % 3 == 2 && i < 2 ? 1 : 256);
    latent_predictor_begin (&self->other, (guint)latent_random_below (&random, 64), TRUE);
    fail_unless (latent_symbol_coder_decode_foretold (
        self->decoder, bytes, sizeof bytes, &self->other.foretold, self->symbols));
    latent_predictor_end (&self->other, self->symbols);
    for (guint i = 0; i < PLACES; i++)
      fail_unless (
          self->other.foretold.modes[i] <= (__i__ % 2 > 0 ? LATENT_PLACE_SPLIT : LATENT_PLACE_NEW));
  }
  stop (self);
}
GST_END_TEST

static Suite *
search_suite (void)
{
  Suite *suite = suite_create ("search");
  TCase *tc = tcase_create ("all");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, what_does_not_change_costs_nothing);
  tcase_add_test (tc, a_square_moves);
  tcase_add_loop_test (tc, nothing_drifts, 0, 2);
  tcase_add_test (tc, what_changes_comes_nearer);
  tcase_add_test (tc, threads_make_no_difference);
  tcase_add_test (tc, noise_comes_back);
  tcase_add_loop_test (tc, any_bytes_are_a_frame, 0, 20);
  tcase_add_test (tc, ground_that_is_uncovered_costs_little);
  return suite;
}

GST_CHECK_MAIN (search)
