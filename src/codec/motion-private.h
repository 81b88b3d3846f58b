/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/codec/motion-phases.h"
#include "src/codec/motion.h"

/* src/codec/motion-product.c. Sums of products of 16-bit integers, in 32 bits that wrap. */

#define LATENT_MOTION_BATCH 8 /* tiles at a time, at most */

typedef struct {
  const LatentMotionBasis *basis; /* borrowed */
  guint n;                        /* pairs of rows; the last one may be alone */
  gint16 *matrix;                 /* the basis's, in pairs */
} LatentMotionPairs;

void latent_motion_pairs_init (LatentMotionPairs *self, const LatentMotionBasis *basis);
void latent_motion_pairs_clear (LatentMotionPairs *self);
/* Pixels [begin, end), multiples of 32, of n tiles: rows of end - begin. levels: within +-32767,
 * rows of 2 * self->n. */
void latent_motion_pairs_sum (const LatentMotionPairs *self, const gint16 *levels, guint n,
    guint begin, guint end, guint8 *dst);
/* Rows of the matrix times pixels (n, a multiple of 32). */
void latent_motion_multiply (
    const gint16 *matrix, const gint16 *pixels, gsize n, guint n_rows, gint32 *dst);

/* What motion.c and motion-search.c share. */
struct _LatentMotion {
  const LatentMotionBasis *basis;
  LatentMotionPairs pairs;
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
