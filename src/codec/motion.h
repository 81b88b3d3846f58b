/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/session.h>

#include "src/codec/motion-basis.h"

/* Motion compensation for latents of linear tiles, all in integers: a picture is made of the last
 * frame's latents, pieces of it are moved, and the components of what was moved predict latents.
 *
 * Latents are in levels with LATENT_MOTION_FRACTION bits of fraction, k of a tile one after the
 * other. What is beyond +-32767 counts as that; sums wrap, so that there is no latent that is not
 * the same picture everywhere. Rows may be made and remembered side by side. */

/* In quarters of a pixel of luma: where a piece of the new picture was in the one before, seen from
 * where it is now. */
typedef struct {
  gint16 x, y;
} LatentVector;

/* A tile is moved in four pieces, rows first. */
#define LATENT_MOTION_PIECES 4

/* In place of a vector: a piece is as what was remembered there. */
#define LATENT_VECTOR_MEMORY ((LatentVector){G_MININT16, 0})

static inline gboolean
latent_vector_is_memory (LatentVector self)
{
  return self.x == G_MININT16;
}

typedef struct _LatentMotion LatentMotion;

/* basis: borrowed, for as long as the motion lives. A picture of grey until the first synthesis. */
LatentMotion *latent_motion_new (
    const LatentMotionBasis *basis, guint grid_width, guint grid_height);
void latent_motion_free (LatentMotion *self);

/* Makes tiles of row y of the picture: n of them, at these columns. latents: n x k. */
void latent_motion_synthesise (
    LatentMotion *self, guint y, const guint *columns, guint n, const gint32 *latents);
/* Remembers tile (x, y) as it is. */
void latent_motion_remember (LatentMotion *self, guint x, guint y);

/* Pixels of tile (x, y) as moved pieces of the picture, plane after plane: d of them, at most
 * LATENT_MOTION_PIXELS. Half pixels by six taps, quarters by the mean of these, halved planes
 * linearly; beyond its edge the picture is as at the edge. Vectors may be any. */
#define LATENT_MOTION_PIXELS (LATENT_MOTION_TILE * LATENT_MOTION_TILE * LATENT_MOTION_PLANES)
void latent_motion_move (const LatentMotion *self, guint x, guint y,
    const LatentVector vectors[LATENT_MOTION_PIECES], gint16 *pixels);
/* Latents [begin, end) of these, to prediction[0 ...]. */
void latent_motion_project (
    const LatentMotion *self, const gint16 *pixels, guint begin, guint end, gint32 *prediction);

/* The encoder's side. The picture that is to be predicted; its edges are repeated up to the grid.
 * LATENT_ERROR_TYPE where the format is not the basis's. */
gboolean latent_motion_set_source (
    LatentMotion *self, const LatentPicture *picture, GError **error);

/* Likewise, of latents that stand for it, as far as it is looked at: tiles of a row. */
void latent_motion_start_source (LatentMotion *self);
void latent_motion_synthesise_source (
    LatentMotion *self, guint y, const guint *columns, guint n, const gint32 *latents);

/* Before a search: the picture at halves of pixels, where it has changed. */
void latent_motion_prepare (LatentMotion *self, guint threads);

/* The vector of tile (x, y) that leaves the least difference, starting from `candidates` (whole
 * pixels of them count; standing still is tried too). The first one is what vectors are coded
 * against: each costs `lambda` times its bits there. Returns its cost: a sum of absolute
 * (transformed) differences of luma, and that of the vector. */
guint latent_motion_search (const LatentMotion *self, guint x, guint y,
    const LatentVector *candidates, guint n, guint lambda, LatentVector *whole);
/* Those of each of its pieces alone, which may be LATENT_VECTOR_MEMORY if has_memory, the first one
 * coded against `expected`; starting from that of the whole. Returns the sum of their costs. */
guint latent_motion_search_pieces (const LatentMotion *self, guint x, guint y,
    LatentVector expected, guint lambda, gboolean has_memory, LatentVector whole,
    LatentVector pieces[LATENT_MOTION_PIECES]);
/* A tile whose cost is less, in lambdas, need not be looked at in pieces. */
#define LATENT_MOTION_WELL 48
/* The same cost of the tile where it does not move. */
guint latent_motion_get_still_cost (const LatentMotion *self, guint x, guint y);

/* A plane of the picture: rows of `width` bytes. For tests and for encoders that look at it. */
const guint8 *latent_motion_get_plane (
    const LatentMotion *self, guint plane, guint *width, guint *height);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentMotion, latent_motion_free)
