/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/motion-private.h"

#include "src/base/clones.h"

/* A piece of a plane, moved: rows of *stride bytes, in the plane or in room. The vector is in units
 * of the plane: quarters, or eighths where it is halved. */
static const guint8 *
move_piece (const LatentMotion *self, guint plane, gint x, gint y, guint w, guint h,
    const LatentVector *vector, guint8 *room, gsize *stride)
{
  const LatentPlane *src = &self->planes[plane];
  LatentHalves halves;

  *stride = LATENT_SAMPLE_ROW;
  if (latent_vector_is_memory (*vector)) {
    latent_plane_fetch (&self->memory[plane], x, y, w, h, room);
    return room;
  }
  if (plane > 0 && self->basis->halved) {
    latent_plane_get_eighths (src, 8 * x + vector->x, 8 * y + vector->y, w, h, room);
    return room;
  }
  if (plane == latent_motion_get_main (self->basis) &&
      __atomic_load_n (&self->is_up_to_date, __ATOMIC_RELAXED) &&
      latent_phases_has (&self->phases, 4 * x + vector->x, 4 * y + vector->y, w, h))
    return latent_phases_look (
        &self->phases, 4 * x + vector->x, 4 * y + vector->y, w, h, room, stride);
  gint quarter_x = vector->x & 3, quarter_y = vector->y & 3;
  latent_halves_init (&halves, src, x + (vector->x >> 2), y + (vector->y >> 2), w, h,
      latent_halves_find (quarter_x, quarter_y));
  latent_halves_get (&halves, quarter_x, quarter_y, room);
  return room;
}

static gboolean
are_equal (const LatentVector *vectors)
{
  for (guint i = 1; i < LATENT_MOTION_PIECES; i++)
    if (vectors[i].x != vectors[0].x || vectors[i].y != vectors[0].y)
      return FALSE;
  return TRUE;
}

/* Pixels of a piece to a tile's rows. */
LATENT_FOR_EACH_CPU static void
put_piece (const guint8 *src, gsize stride, guint w, guint h, gint16 *dst, gsize dst_stride)
{
  for (guint y = 0; y < h; y++, src += stride, dst += dst_stride)
    for (guint x = 0; x < w; x++)
      dst[x] = src[x];
}

/* One plane of tile (x, y), moved, row by row. */
static void
move_plane (const LatentMotion *self, guint plane, guint x, guint y, const LatentVector *vectors,
    gint16 *dst)
{
  guint width = latent_motion_basis_get_width (self->basis, plane);
  guint height = latent_motion_basis_get_height (self->basis, plane);
  guint n = are_equal (vectors) ? 1 : LATENT_MOTION_PIECES;
  guint w = n > 1 ? width / 2 : width, h = n > 1 ? height / 2 : height;
  guint8 room[LATENT_SAMPLE_ROOM];

  for (guint i = 0; i < n; i++) {
    guint left = (i & 1) * w, top = (i >> 1) * h;
    gsize stride;
    const guint8 *piece = move_piece (self, plane, (gint)(x * width + left),
        (gint)(y * height + top), w, h, &vectors[i], room, &stride);
    put_piece (piece, stride, w, h, dst + (gsize)top * width + left, width);
  }
}

void
latent_motion_move (const LatentMotion *self, guint x, guint y,
    const LatentVector vectors[LATENT_MOTION_PIECES], gint16 *pixels)
{
  const LatentMotionBasis *basis = self->basis;

  for (guint i = 0; i < basis->n_planes; i++) {
    move_plane (self, i, x, y, vectors, pixels);
    pixels += latent_motion_basis_get_width (basis, i) * latent_motion_basis_get_height (basis, i);
  }
}

void
latent_motion_project (
    const LatentMotion *self, const gint16 *pixels, guint begin, guint end, gint32 *prediction)
{
  const LatentMotionBasis *basis = self->basis;
  const guint shift = basis->shift - LATENT_MOTION_FRACTION;

  latent_motion_multiply (
      basis->matrix + (gsize)begin * basis->d, pixels, basis->d, end - begin, prediction);
  for (guint i = 0; i < end - begin; i++)
    prediction[i] = ((prediction[i] + (1 << (shift - 1))) >> shift) + basis->bias[begin + i];
}
