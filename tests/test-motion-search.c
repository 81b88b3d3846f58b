/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <latent/error.h>
#include <math.h>
#include <string.h>

#include "motion-case.h"

#define GRID_W 5
#define GRID_H 4
#define TILE   16
#define WIDTH  (GRID_W * TILE)
#define HEIGHT (GRID_H * TILE)

/* A basis of single pixels, so that any picture can be shown. */
static LatentMotionBasis *
new_basis (void)
{
  LatentMotionBasis *self = g_new0 (LatentMotionBasis, 1);

  *self = (LatentMotionBasis){.k = TILE * TILE,
      .d = TILE * TILE,
      .tile_width = TILE,
      .tile_height = TILE,
      .color = LATENT_COLOR_GRAY8,
      .n_planes = 1,
      .shift = 14};
  self->matrix = g_new0 (gint16, self->k * self->d);
  self->bias = g_new0 (gint32, self->k);
  self->mean = g_new0 (gint32, self->d);
  for (guint i = 0; i < self->k; i++)
    self->matrix[i * self->d + i] = 1 << 14;
  return self;
}

/* Hills: alike nowhere. */
static double
get_level (double x, double y)
{
  return 128 + 40 * sin (x * .31 + y * .07) + 35 * cos (y * .43 - x * .05) +
         25 * sin (x * .023 * x / 10 + y * .2);
}

static guint8
get_pixel (double x, double y)
{
  return (guint8)lrint (get_level (x, y));
}

typedef struct {
  LatentMotionBasis *basis;
  LatentMotion *motion;
  guint8 now[HEIGHT][WIDTH];
} Case;

static void
set_source (Case *self)
{
  LatentPicture picture = {LATENT_PIXEL_FORMAT_GRAY8, WIDTH, HEIGHT, {self->now[0]}, {WIDTH}};
  fail_unless (latent_motion_set_source (self->motion, &picture, NULL));
}

static void
start (Case *self)
{
  gint32 *latents = g_new (gint32, WIDTH * HEIGHT);

  self->basis = new_basis ();
  self->motion = latent_motion_new (self->basis, GRID_W, GRID_H);
  for (guint y = 0; y < HEIGHT; y++)
    for (guint x = 0; x < WIDTH; x++)
      latents[(y % TILE * TILE + x % TILE) * GRID_W * GRID_H + y / TILE * GRID_W + x / TILE] =
          4 * get_pixel (x, y);
  case_synthesise (self->motion, latents, NULL);
  g_free (latents);
}

static void
clear (Case *self)
{
  latent_motion_free (self->motion);
  latent_motion_basis_free (self->basis);
}

static void
check_vectors (const LatentVector *vectors, gint x, gint y)
{
  for (guint i = 0; i < LATENT_MOTION_PIECES; i++) {
    fail_unless_equals_int (vectors[i].x, x);
    fail_unless_equals_int (vectors[i].y, y);
  }
}

/* In quarters: whole pixels, halves, quarters, far with a candidate near it. */
static const struct {
  gint x, y;
  LatentVector candidate;
} shifts[] = {
    {0,  0,   {0, 0}   },
    {12, -8,  {0, 0}   },
    {-4, 4,   {0, 0}   },
    {6,  0,   {0, 0}   },
    {-2, 10,  {0, 0}   },
    {5,  -3,  {0, 0}   },
    {56, -40, {52, -36}},
};

GST_START_TEST (what_moved_is_found)
{
  Case self;
  LatentVector whole, pieces[LATENT_MOTION_PIECES];

  start (&self);
  for (guint y = 0; y < HEIGHT; y++)
    for (guint x = 0; x < WIDTH; x++)
      self.now[y][x] = get_pixel (x + shifts[__i__].x / 4., y + shifts[__i__].y / 4.);
  set_source (&self);
  guint cost = case_search (
      self.motion, 2, 2, &shifts[__i__].candidate, 1, 4, FALSE, &whole, pieces);
  fail_unless_equals_int (whole.x, shifts[__i__].x);
  fail_unless_equals_int (whole.y, shifts[__i__].y);
  /* Rounding, and some bits. */
  fail_unless (cost < 500, "%u", cost);
  clear (&self);
}
GST_END_TEST

GST_START_TEST (halves_of_a_tile_go_their_ways)
{
  Case self;
  LatentVector whole, pieces[LATENT_MOTION_PIECES];

  start (&self);
  for (guint y = 0; y < HEIGHT; y++)
    for (guint x = 0; x < WIDTH; x++)
      self.now[y][x] = x < 2 * TILE + 8 ? get_pixel (x + 2, y) : get_pixel (x - 3, y + 1);
  set_source (&self);
  case_search (self.motion, 2, 1, NULL, 0, 1, FALSE, &whole, pieces);
  fail_unless_equals_int (pieces[0].x, 8);
  fail_unless_equals_int (pieces[0].y, 0);
  fail_unless_equals_int (pieces[1].x, -12);
  fail_unless_equals_int (pieces[1].y, 4);
  fail_unless_equals_int (pieces[2].x, 8);
  fail_unless_equals_int (pieces[3].x, -12);
  clear (&self);
}
GST_END_TEST

/* What stood there before something hid it, and is seen again in the lower half of a tile. */
GST_START_TEST (pieces_are_remembered)
{
  Case self;
  LatentVector whole, pieces[LATENT_MOTION_PIECES];
  g_autofree gint32 *grey = g_new (gint32, WIDTH * HEIGHT);
  gint32 prediction[TILE * TILE];

  start (&self);
  case_remember (self.motion);
  for (guint i = 0; i < WIDTH * HEIGHT; i++)
    grey[i] = 4 * 90;
  case_synthesise (self.motion, grey, NULL);
  for (guint y = 0; y < HEIGHT; y++)
    for (guint x = 0; x < WIDTH; x++)
      self.now[y][x] = y < TILE + 8 ? 90 : get_pixel (x, y);
  set_source (&self);
  case_search (self.motion, 2, 1, NULL, 0, 1, TRUE, &whole, pieces);
  fail_if (latent_vector_is_memory (pieces[0]) || latent_vector_is_memory (pieces[1]));
  fail_unless (latent_vector_is_memory (pieces[2]) && latent_vector_is_memory (pieces[3]));
  case_predict (self.motion, 2, 1, pieces, prediction);
  for (guint y = 0; y < TILE; y++)
    for (guint x = 0; x < TILE; x++)
      fail_unless_equals_int (prediction[y * TILE + x], 4 * self.now[TILE + y][2 * TILE + x]);
  case_search (self.motion, 2, 1, NULL, 0, 1, FALSE, &whole, pieces);
  fail_if (latent_vector_is_memory (pieces[2]));
  clear (&self);
}
GST_END_TEST

/* Vectors that cost much are not taken for a little. */
GST_START_TEST (bits_have_a_price)
{
  Case self;
  LatentVector whole, pieces[LATENT_MOTION_PIECES];

  start (&self);
  for (guint y = 0; y < HEIGHT; y++)
    for (guint x = 0; x < WIDTH; x++)
      self.now[y][x] = get_pixel (x + .25, y);
  set_source (&self);
  case_search (self.motion, 2, 1, NULL, 0, 10000, FALSE, &whole, pieces);
  fail_unless_equals_int (whole.x, 0);
  check_vectors (pieces, 0, 0);
  fail_unless (latent_motion_get_still_cost (self.motion, 2, 1) > 100);
  clear (&self);
}
GST_END_TEST

/* Candidates far outside, and tiles in the corners. */
GST_START_TEST (edges_are_searched)
{
  const LatentVector far[] = {
      {G_MAXINT16, G_MAXINT16},
      {G_MININT16, G_MININT16},
      {-300,       30        }
  };
  Case self;
  LatentVector whole, pieces[LATENT_MOTION_PIECES];

  start (&self);
  for (guint y = 0; y < HEIGHT; y++)
    for (guint x = 0; x < WIDTH; x++)
      self.now[y][x] = get_pixel (x, y);
  set_source (&self);
  for (guint y = 0; y < GRID_H; y += GRID_H - 1)
    for (guint x = 0; x < GRID_W; x += GRID_W - 1) {
      case_search (self.motion, x, y, far, G_N_ELEMENTS (far), 0, FALSE, &whole, pieces);
      fail_unless_equals_int (whole.x, 0);
      check_vectors (pieces, 0, 0);
      fail_unless_equals_int (latent_motion_get_still_cost (self.motion, x, y), 0);
    }
  clear (&self);
}
GST_END_TEST

GST_START_TEST (sources_are_of_the_basis_colour)
{
  Case self;
  g_autoptr (GError) error = NULL;
  guint8 bytes[3 * 64] = {0};
  LatentPicture picture = {LATENT_PIXEL_FORMAT_RGB, 8, 8, {bytes}, {24}};

  start (&self);
  fail_if (latent_motion_set_source (self.motion, &picture, &error));
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_TYPE));
  fail_unless_equals_string (error->message, "motion: pictures are RGB, wanted is GRAY8");
  clear (&self);
}
GST_END_TEST

static Suite *
motion_search_suite (void)
{
  Suite *suite = suite_create ("motion-search");
  TCase *tcase = tcase_create ("motion-search");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, what_moved_is_found, 0, G_N_ELEMENTS (shifts));
  tcase_add_test (tcase, halves_of_a_tile_go_their_ways);
  tcase_add_test (tcase, pieces_are_remembered);
  tcase_add_test (tcase, bits_have_a_price);
  tcase_add_test (tcase, edges_are_searched);
  tcase_add_test (tcase, sources_are_of_the_basis_colour);
  return suite;
}

GST_CHECK_MAIN (motion_search)
