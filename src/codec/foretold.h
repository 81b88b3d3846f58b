/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/codec/motion.h"

/* What a frame of video that follows on another is coded by: of each place that is not as it was,
 * what its symbols are the difference from. docs/bitstream.md draws it. */

typedef enum {
  LATENT_PLACE_HELD,  /* as it was: nothing is coded */
  LATENT_PLACE_STILL, /* from what is held there */
  LATENT_PLACE_LONG,  /* from what stood there long, where that is not what is held; else from what
                         is held, by half steps */
  LATENT_PLACE_NEW,   /* from nothing */
  LATENT_PLACE_MOVED, /* from the frame before, moved by a vector */
  LATENT_PLACE_SPLIT, /* by four vectors */
} LatentPlaceMode;

/* A place that was as it was for so many frames stands long. */
#define LATENT_PLACE_LONG_AGE 8
#define LATENT_PLACE_VECTORS  LATENT_MOTION_PIECES
#define LATENT_VECTOR_MAX     2047 /* of a component, either way */

typedef struct _LatentForetold LatentForetold;

/* Owned by a LatentPredictor. Grids of places are the whole frame's. */
struct _LatentForetold {
  guint height;
  guint width;
  gboolean has_motion;   /* otherwise no place has moved */
  guint8 *modes;         /* of each place */
  const guint8 *ages;    /* frames that each place was as it was, LATENT_PLACE_LONG_AGE at most */
  LatentVector *vectors; /* four of each place, alike where it is not split; 0 where none moved */
  LatentVector *before;  /* likewise of the frame before */
  gint16 *expected;      /* of each symbol, in steps: what stands for 0; of coded places alone */

  /* Fills `expected` of rows [begin, end) by modes and vectors: while decoding, once these are
   * known. NULL: it is filled. */
  void (*fill) (LatentForetold *self, guint begin, guint end, gpointer data);
  gpointer data;
};

static inline gboolean
latent_foretold_is_moved (const LatentForetold *self, gsize place)
{
  return self->modes[place] >= LATENT_PLACE_MOVED;
}

/* What the vector at (y, x) is likely to be, rows above `begin` being unknown: the median of those
 * to the left and above, and of the one that was here. */
LatentVector latent_foretold_get_vector (const LatentForetold *self, guint begin, guint y, guint x);
