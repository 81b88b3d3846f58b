/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/codec/motion-basis.h"

/* Pieces of a plane between its pixels. */

typedef struct {
  guint8 *data; /* rows of `width` */
  gint width, height;
} LatentPlane;

#define LATENT_SAMPLE_ROW                                                                          \
  40 /* bytes a row of room has: a piece of LATENT_MOTION_TILE and margins */
#define LATENT_SAMPLE_ROOM (LATENT_SAMPLE_ROW * LATENT_SAMPLE_ROW)

/* Copies w x h pixels from (x, y) on to rows of LATENT_SAMPLE_ROW; beyond the edge the plane is as
 * at the edge. */
void latent_plane_fetch (const LatentPlane *self, gint x, gint y, guint w, guint h, guint8 *dst);

/* A piece and one pixel around it, at whole and at half pixels: phases[x + 2 y] is half a pixel to
 * the right (x) and below (y). */
typedef struct {
  guint w, h; /* of the piece, which begins at row 1, column 1 */
  guint8 phases[4][LATENT_SAMPLE_ROOM];
} LatentHalves;

/* mask: a bit for each phase that is wanted. */
void latent_halves_init (
    LatentHalves *self, const LatentPlane *plane, gint x, gint y, guint w, guint h, guint mask);
/* Phases that a place at quarters (x, y) is made of. */
guint latent_halves_find (gint x, gint y);
/* The piece moved by quarters of a pixel, -3 to 3 each way, to rows of LATENT_SAMPLE_ROW. */
void latent_halves_get (const LatentHalves *self, gint x, gint y, guint8 *dst);

/* A piece at (x, y) eighths of a pixel, linearly. */
void latent_plane_get_eighths (
    const LatentPlane *self, gint x, gint y, guint w, guint h, guint8 *dst);
