/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/codec/motion-phases.h"
#include "src/codec/motion.h"

/* What motion.c and motion-search.c share. */
struct _LatentMotion {
  const LatentMotionBasis *basis;
  guint grid_width, grid_height;
  LatentPlane planes[LATENT_MOTION_PLANES]; /* of the last synthesis */
  LatentPlane memory[LATENT_MOTION_PLANES]; /* what was remembered */

  /* The encoder's side: data is NULL until there is a source. */
  LatentPlane source;  /* the main plane of what is to be predicted */
  LatentPhases phases; /* of the main plane of the last synthesis, once they are up to date */
  guint8 *changed;     /* a byte a tile: made since then */
  gint is_up_to_date;  /* atomic: tiles are made side by side */
};

/* The plane that differences are looked at in: luma, or green. */
static inline guint
latent_motion_get_main (const LatentMotionBasis *basis)
{
  return basis->color == LATENT_COLOR_RGB ? 1 : 0;
}

/* src/codec/motion-product.c. Sums of products of 16-bit integers, in 32 bits that wrap. */

/* Pixels of a tile: n_dst columns, a multiple of 32, of rows list[0..n) of the matrix, times
 * weights, plus offsets, shifted right with rounding, 0 to 255. */
typedef struct {
  const gint16 *matrix;
  gsize stride; /* of its rows */
  gsize n_dst;
  const guint16 *list;
  const gint16 *weights; /* by place in the list */
  guint n;
  const gint32 *offsets;
  guint shift;
} LatentMotionSum;

void latent_motion_sum (const LatentMotionSum *self, guint8 *dst);
/* Rows of the matrix times pixels (n, a multiple of 32). */
void latent_motion_multiply (
    const gint16 *matrix, const gint16 *pixels, gsize n, guint n_rows, gint32 *dst);
