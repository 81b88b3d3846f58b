/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/motion.h"

#include <gst/check/gstcheck.h>
#include <string.h>

#include "motion-case.h"

#define GRID_W 3
#define GRID_H 2
#define K_MAX  768
#define SEED   5

/* A basis of single pixels: latents are levels times 4, in the order of planes and rows. */
static LatentMotionBasis *
new_identity (LatentColor color, guint width, guint height)
{
  LatentMotionBasis *self = g_new0 (LatentMotionBasis, 1);

  self->tile_width = width;
  self->tile_height = height;
  self->color = color;
  self->n_planes = color == LATENT_COLOR_GRAY8 ? 1 : 3;
  self->halved = color == LATENT_COLOR_I420;
  self->d = width * height * (color == LATENT_COLOR_RGB ? 3 : 1);
  if (self->halved)
    self->d += width * height / 2;
  self->k = self->d;
  self->shift = 14;
  self->matrix = g_new0 (gint16, self->k * self->d);
  self->bias = g_new0 (gint32, self->k);
  self->mean = g_new0 (gint32, self->d);
  for (guint i = 0; i < self->k; i++)
    self->matrix[i * self->d + i] = 1 << 14;
  self->unit = 255 << 16;
  return self;
}

/* Numbers that are the same everywhere. */
static guint32
draw (guint32 *state)
{
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

/* A picture of grey with tiles of 8x8, from rows of pixels. */
typedef struct {
  LatentMotionBasis *basis;
  LatentMotion *motion;
  guint8 pixels[GRID_H * 8][GRID_W * 8];
} Grey;

static void
show_grey (Grey *self)
{
  gint32 latents[64 * GRID_W * GRID_H];

  for (guint y = 0; y < GRID_H * 8; y++)
    for (guint x = 0; x < GRID_W * 8; x++)
      latents[(y % 8 * 8 + x % 8) * GRID_W * GRID_H + y / 8 * GRID_W + x / 8] = self->pixels[y][x] *
                                                                                4;
  case_synthesise (self->motion, latents, NULL);
}

static void
start_grey (Grey *self, guint8 level)
{
  self->basis = new_identity (LATENT_COLOR_GRAY8, 8, 8);
  self->motion = latent_motion_new (self->basis, GRID_W, GRID_H);
  memset (self->pixels, level, sizeof self->pixels);
}

static void
clear_grey (Grey *self)
{
  latent_motion_free (self->motion);
  latent_motion_basis_free (self->basis);
}

static void
predict_grey (const Grey *self, guint x, guint y, gint vx, gint vy, gint32 prediction[64])
{
  LatentVector vector = {(gint16)vx, (gint16)vy};
  const LatentVector vectors[] = {vector, vector, vector, vector};

  case_predict (self->motion, x, y, vectors, prediction);
}

GST_START_TEST (latents_become_pixels)
{
  Grey grey;
  guint width, height;

  start_grey (&grey, 0);
  for (guint i = 0; i < sizeof grey.pixels; i++)
    grey.pixels[i / (GRID_W * 8)][i % (GRID_W * 8)] = (guint8)(7 * i);
  show_grey (&grey);
  const guint8 *plane = latent_motion_get_plane (grey.motion, 0, &width, &height);
  fail_unless_equals_int (width, 24);
  fail_unless_equals_int (height, 16);
  fail_unless (memcmp (plane, grey.pixels, sizeof grey.pixels) == 0);
  clear_grey (&grey);
}
GST_END_TEST

GST_START_TEST (a_mask_leaves_the_others)
{
  Grey grey;
  guint width, height;
  gint32 latents[64 * GRID_W * GRID_H];
  const guint8 mask[] = {0, 1, 0, 0, 0, 0};

  start_grey (&grey, 50);
  show_grey (&grey);
  for (guint i = 0; i < G_N_ELEMENTS (latents); i++)
    latents[i] = 4 * 90;
  case_synthesise (grey.motion, latents, mask);
  const guint8 *plane = latent_motion_get_plane (grey.motion, 0, &width, &height);
  fail_unless_equals_int (plane[7], 50);
  fail_unless_equals_int (plane[8], 90);
  fail_unless_equals_int (plane[15], 90);
  fail_unless_equals_int (plane[16], 50);
  fail_unless_equals_int (plane[8 * 24 + 8], 50);
  clear_grey (&grey);
}
GST_END_TEST

/* 1.25 is 1, -1 is 0, 300 is 255, and what is far beyond 16 bits too. */
GST_START_TEST (pixels_are_rounded_and_held)
{
  static const struct {
    gint32 latent;
    gint pixel;
  } levels[] = {
      {0,          0  },
      {5,          1  },
      {6,          2  },
      {7,          2  },
      {-4,         0  },
      {4 * 255,    255},
      {1200,       255},
      {G_MAXINT32, 255},
      {G_MININT32, 0  }
  };
  Grey grey;
  guint width, height;

  start_grey (&grey, 0);
  for (guint i = 0; i < G_N_ELEMENTS (levels); i++) {
    gint32 latents[64 * GRID_W * GRID_H] = {levels[i].latent};
    case_synthesise (grey.motion, latents, NULL);
    fail_unless_equals_int (
        latent_motion_get_plane (grey.motion, 0, &width, &height)[0], levels[i].pixel);
  }
  clear_grey (&grey);
}
GST_END_TEST

/* A pixel of 132 among 100 at (11, 4); what tile (1, 0) is predicted to be, in levels. Six taps
 * give 1, -5, 20, 20, -5, 1 thirty-seconds of the difference of 32 to the halves around it. */
static const struct {
  gint vx, vy;
  guint x, y; /* in the tile */
  gint level;
} moved[] = {
    {0,  0, 3, 4, 132},
    {0,  0, 4, 4, 100},
    {4,  0, 2, 4, 132}, /* a pixel: what is right comes here */
    {-8, 4, 5, 3, 132},
    {2,  0, 3, 4, 120}, /* half a pixel */
    {2,  0, 2, 4, 120},
    {2,  0, 1, 4, 95 },
    {2,  0, 0, 4, 101},
    {2,  0, 4, 4, 95 },
    {2,  0, 5, 4, 101},
    {0,  2, 3, 4, 120},
    {0,  2, 3, 5, 95 },
    {2,  2, 3, 4, 113}, /* 100 + 32 x 20 x 20 / 1024 = 112.5 */
    {2,  2, 2, 2, 97 }, /* 100 - 32 x 5 x 20 / 1024 = 96.9 */
    {1,  0, 3, 4, 126}, /* mean of 132 and 120 */
    {3,  0, 3, 4, 110}, /* of 120 and 100 */
    {-1, 0, 3, 4, 126},
    {1,  1, 3, 4, 121}, /* of 132, 120, 120, 113: 121.25 */
    {2,  1, 3, 4, 117}, /* of 120 and 113: 116.5 */
    {3,  2, 3, 4, 107}, /* of 113 and 100 */
};

GST_START_TEST (pieces_lie_between_pixels)
{
  Grey grey;
  gint32 prediction[64];

  start_grey (&grey, 100);
  grey.pixels[4][11] = 132;
  show_grey (&grey);
  predict_grey (&grey, 1, 0, moved[__i__].vx, moved[__i__].vy, prediction);
  fail_unless_equals_int (prediction[moved[__i__].y * 8 + moved[__i__].x], 4 * moved[__i__].level);
  clear_grey (&grey);
}
GST_END_TEST

/* Columns of 10, 20 ... 240, rows alike but for the last, of 250. */
static const struct {
  gint vx, vy;
  guint x, y;
  gint first, last; /* pixels of the tile, in its rows */
} beyond[] = {
    {-4 * 100,       0,          0, 0, 10,  10 },
    {4 * 1000,       0,          2, 0, 240, 240},
    {-4 * 4,         0,          0, 0, 10,  40 },
    {4 * 4,          0,          2, 0, 210, 240},
    {0,              -4 * 20,    0, 0, 10,  80 },
    {0,              4 * 20,     0, 1, 250, 250},
    {G_MAXINT16,     G_MAXINT16, 0, 0, 250, 250},
    {G_MININT16 + 1, G_MININT16, 2, 1, 10,  10 },
    {G_MININT16 + 1, 3,          1, 0, 10,  10 },
};

GST_START_TEST (beyond_the_edge_is_the_edge)
{
  Grey grey;
  gint32 prediction[64];

  start_grey (&grey, 0);
  for (guint y = 0; y < GRID_H * 8; y++)
    for (guint x = 0; x < GRID_W * 8; x++)
      grey.pixels[y][x] = y == 15 ? 250 : (guint8)(10 * (x + 1));
  show_grey (&grey);
  predict_grey (
      &grey, beyond[__i__].x, beyond[__i__].y, beyond[__i__].vx, beyond[__i__].vy, prediction);
  fail_unless_equals_int (prediction[0], 4 * beyond[__i__].first);
  fail_unless_equals_int (prediction[7], 4 * beyond[__i__].last);
  clear_grey (&grey);
}
GST_END_TEST

GST_START_TEST (pieces_move_each_on_its_own)
{
  const LatentVector vectors[] = {
      {0,  0 },
      {4,  0 },
      {0,  4 },
      {-4, -4}
  };
  Grey grey;
  gint32 prediction[64];

  start_grey (&grey, 0);
  for (guint y = 0; y < GRID_H * 8; y++)
    for (guint x = 0; x < GRID_W * 8; x++)
      grey.pixels[y][x] = (guint8)(10 * x + y);
  show_grey (&grey);
  case_predict (grey.motion, 1, 0, vectors, prediction);
  fail_unless_equals_int (prediction[0], 4 * 80);
  fail_unless_equals_int (prediction[3 * 8 + 3], 4 * 113);
  fail_unless_equals_int (prediction[4], 4 * 130);
  fail_unless_equals_int (prediction[4 * 8], 4 * 85);
  fail_unless_equals_int (prediction[4 * 8 + 4], 4 * (110 + 3));
  clear_grey (&grey);
}
GST_END_TEST

/* Planes of half the size: a quarter of a pixel of luma is an eighth there. Columns of U are 100
 * and 180 by turns. */
GST_START_TEST (chroma_moves_by_eighths)
{
  static const struct {
    gint vx, vy, level;
  } vectors[] = {
      {0,  0, 100},
      {1,  0, 110},
      {2,  0, 120},
      {4,  0, 140},
      {7,  5, 170},
      {8,  0, 180},
      {-1, 0, 110}
  };
  g_autoptr (LatentMotionBasis) basis = new_identity (LATENT_COLOR_I420, 8, 8);
  g_autoptr (LatentMotion) motion = latent_motion_new (basis, 2, 1);
  gint32 latents[96 * 2], prediction[96];

  for (guint i = 0; i < 96; i++)
    latents[2 * i] = latents[2 * i + 1] = i >= 64 && i < 80 && i % 2 == 0 ? 400 : 720;
  case_synthesise (motion, latents, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (vectors); i++) {
    LatentVector vector = {(gint16)vectors[i].vx, (gint16)vectors[i].vy};
    case_predict (motion, 1, 0, (LatentVector[]){vector, vector, vector, vector}, prediction);
    fail_unless_equals_int (prediction[64 + 4], 4 * vectors[i].level);
    fail_unless_equals_int (prediction[0], 720);
    fail_unless_equals_int (prediction[95], 720);
  }
}
GST_END_TEST

static const struct {
  LatentColor color;
  guint width, height;
  guint32 planes, predictions; /* what the checksums come to, everywhere */
} kinds[] = {
    {LATENT_COLOR_GRAY8, 16, 8,  0x4700ffb7, 0x6753dd44},
    {LATENT_COLOR_I420,  16, 16, 0xfa7f9c95, 0x4f69562a},
    {LATENT_COLOR_I420,  8,  24, 0xb1177ca7, 0x8e676361},
    {LATENT_COLOR_RGB,   16, 16, 0x3d89d71b, 0x2ee9f65d},
};

/* Any numbers, rows about as long as rows of a basis are. */
static LatentMotionBasis *
new_random (LatentColor color, guint width, guint height)
{
  LatentMotionBasis *self = new_identity (color, width, height);
  guint32 state = SEED;
  gint most = 32768 * 2 / 28; /* 28 x 28 is more than any d here */

  self->k = self->d / 2 + 1;
  self->shift = 15;
  for (guint i = 0; i < self->k * self->d; i++)
    self->matrix[i] = (gint16)((gint)(draw (&state) % (guint)most) - most / 2);
  for (guint i = 0; i < self->k; i++)
    self->bias[i] = (gint32)(draw (&state) % 8000) - 4000;
  for (guint i = 0; i < self->d; i++)
    self->mean[i] = (gint32)(draw (&state) % (256u << 17));
  return self;
}

/* Some latents are none, some are small, some are beyond all limits, so that sums wrap. */
static gint32 *
new_latents (const LatentMotionBasis *basis, guint places)
{
  gint32 *self = g_new0 (gint32, basis->k * places);
  guint32 state = SEED + 1;

  for (guint i = 0; i < basis->k * places; i++) {
    guint kind = draw (&state) % 8;
    gint32 value = (gint32)(draw (&state) % 2000) - 1000;
    self[i] = kind < 4 ? 0 : kind < 7 ? value : value * 60;
  }
  return self;
}

static guint8
get_wanted (
    const LatentMotionBasis *basis, const gint32 *latents, guint places, guint place, guint pixel)
{
  guint32 sum = (guint32)basis->mean[pixel] + (1u << (basis->shift + 1));

  for (guint i = 0; i < basis->k; i++)
    sum += (guint32)(CLAMP (latents[i * places + place], -32767, 32767) *
                     basis->matrix[i * basis->d + pixel]);
  return (guint8)CLAMP ((gint32)sum >> (basis->shift + 2), 0, 255);
}

/* Where pixel `i` of a tile's planes stands. */
static guint8
get_pixel (const LatentMotion *motion, const LatentMotionBasis *basis, guint x, guint y, guint i)
{
  guint plane = 0, width, height;

  for (;; plane++) {
    guint n = latent_motion_basis_get_width (basis, plane) *
              latent_motion_basis_get_height (basis, plane);
    if (i < n)
      break;
    i -= n;
  }
  guint w = latent_motion_basis_get_width (basis, plane);
  guint h = latent_motion_basis_get_height (basis, plane);
  const guint8 *data = latent_motion_get_plane (motion, plane, &width, &height);
  return data[(y * h + i / w) * width + x * w + i % w];
}

GST_START_TEST (sums_are_those_of_plain_loops)
{
  g_autoptr (LatentMotionBasis)
      basis = new_random (kinds[__i__].color, kinds[__i__].width, kinds[__i__].height);
  g_autoptr (LatentMotion) motion = latent_motion_new (basis, GRID_W, GRID_H);
  g_autofree gint32 *latents = new_latents (basis, GRID_W * GRID_H);
  const LatentVector still[LATENT_MOTION_PIECES] = {
      {0, 0}
  };
  gint32 prediction[K_MAX];

  case_synthesise (motion, latents, NULL);
  for (guint y = 0; y < GRID_H; y++)
    for (guint x = 0; x < GRID_W; x++) {
      for (guint i = 0; i < basis->d; i++)
        fail_unless_equals_int (get_pixel (motion, basis, x, y, i),
            get_wanted (basis, latents, GRID_W * GRID_H, y * GRID_W + x, i));
      case_predict (motion, x, y, still, prediction);
      for (guint i = 0; i < basis->k; i++) {
        gint64 sum = 1 << 12;
        for (guint j = 0; j < basis->d; j++)
          sum += basis->matrix[i * basis->d + j] * get_pixel (motion, basis, x, y, j);
        fail_unless_equals_int (prediction[i], (gint)(sum >> 13) + basis->bias[i]);
      }
    }
}
GST_END_TEST

/* More tiles of a row at once than are summed at a time, in any order; and latents in parts. */
GST_START_TEST (rows_are_of_single_tiles)
{
  enum { WIDE = 19 };
  g_autoptr (LatentMotionBasis)
      basis = new_random (kinds[__i__].color, kinds[__i__].width, kinds[__i__].height);
  g_autoptr (LatentMotion) row = latent_motion_new (basis, WIDE, 1);
  g_autoptr (LatentMotion) single = latent_motion_new (basis, WIDE, 1);
  g_autofree gint32 *latents = new_latents (basis, WIDE);
  const LatentVector vectors[LATENT_MOTION_PIECES] = {
      {5, -3}
  };
  gint16 pixels[LATENT_MOTION_PIXELS];
  gint32 whole[K_MAX], parts[K_MAX];
  guint columns[WIDE], width, height;

  for (guint i = 0; i < WIDE; i++) {
    columns[i] = i * 7 % WIDE;
    latent_motion_synthesise (single, 0, &columns[i], 1, latents + i * basis->k);
  }
  latent_motion_synthesise (row, 0, columns, WIDE, latents);
  for (guint i = 0; i < basis->n_planes; i++) {
    const guint8 *a = latent_motion_get_plane (row, i, &width, &height);
    fail_unless (
        memcmp (a, latent_motion_get_plane (single, i, &width, &height), width * height) == 0);
  }
  latent_motion_move (row, 3, 0, vectors, pixels);
  latent_motion_project (row, pixels, 0, basis->k, whole);
  latent_motion_project (row, pixels, 0, 5, parts);
  latent_motion_project (row, pixels, 5, basis->k, parts + 5);
  fail_unless (memcmp (whole, parts, basis->k * sizeof *whole) == 0);
}
GST_END_TEST

static guint32
hash (guint32 state, gconstpointer data, gsize n)
{
  for (gsize i = 0; i < n; i++)
    state = (state ^ ((const guint8 *)data)[i]) * 16777619u;
  return state;
}

/* Both ends of a stream, whoever built them for whatever CPU. */
GST_START_TEST (integers_are_the_same_everywhere)
{
  g_autoptr (LatentMotionBasis)
      basis = new_random (kinds[__i__].color, kinds[__i__].width, kinds[__i__].height);
  g_autoptr (LatentMotion) motion = latent_motion_new (basis, GRID_W, GRID_H);
  g_autofree gint32 *latents = new_latents (basis, GRID_W * GRID_H);
  guint32 planes = 2166136261u, predictions = 2166136261u, state = SEED + 2;
  gint32 prediction[K_MAX];

  case_synthesise (motion, latents, NULL);
  for (guint i = 0; i < basis->n_planes; i++) {
    guint width, height;
    const guint8 *data = latent_motion_get_plane (motion, i, &width, &height);
    planes = hash (planes, data, width * height);
  }
  for (guint n = 0; n < 60; n++) {
    LatentVector vectors[LATENT_MOTION_PIECES];
    for (guint i = 0; i < LATENT_MOTION_PIECES; i++) {
      vectors[i].x = (gint16)((gint)(draw (&state) % 400) - 200);
      vectors[i].y = (gint16)((gint)(draw (&state) % 200) - 100);
      if (n % 2 && i > 0)
        vectors[i] = vectors[0];
    }
    case_predict (motion, n % GRID_W, n / GRID_W % GRID_H, vectors, prediction);
    for (guint i = 0; i < basis->k; i++) {
      guint32 value = GUINT32_TO_LE ((guint32)prediction[i]);
      predictions = hash (predictions, &value, sizeof value);
    }
  }
  fail_unless (planes == kinds[__i__].planes && predictions == kinds[__i__].predictions,
      "0x%08x, 0x%08x", planes, predictions);
}
GST_END_TEST

static Suite *
motion_suite (void)
{
  Suite *suite = suite_create ("motion");
  TCase *tcase = tcase_create ("motion");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, latents_become_pixels);
  tcase_add_test (tcase, a_mask_leaves_the_others);
  tcase_add_test (tcase, pixels_are_rounded_and_held);
  tcase_add_loop_test (tcase, pieces_lie_between_pixels, 0, G_N_ELEMENTS (moved));
  tcase_add_loop_test (tcase, beyond_the_edge_is_the_edge, 0, G_N_ELEMENTS (beyond));
  tcase_add_test (tcase, pieces_move_each_on_its_own);
  tcase_add_test (tcase, chroma_moves_by_eighths);
  tcase_add_loop_test (tcase, sums_are_those_of_plain_loops, 0, G_N_ELEMENTS (kinds));
  tcase_add_loop_test (tcase, rows_are_of_single_tiles, 0, G_N_ELEMENTS (kinds));
  tcase_add_loop_test (tcase, integers_are_the_same_everywhere, 0, G_N_ELEMENTS (kinds));
  return suite;
}

GST_CHECK_MAIN (motion)
