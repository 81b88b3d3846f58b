/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/model/model.h"

/* What latents of linear tiles stand for, in integers: both ends of a stream work the same numbers
 * out of the same model, whatever the build and the CPU.
 *
 * A model of tiles says where they are in the metadata key latent.motion, "MATRIX,BIAS": two float
 * initialisers of which latent = MATRIX x + BIAS, of shapes [k, channels, height, width] in
 * elements of the net's input, and [k]. Rows are orthonormal, so that MATRIX transposed makes a
 * tile of latents. A decoder alone carries them, too. */

/* Latents are in levels of a pixel, with so many bits of fraction. */
#define LATENT_MOTION_FRACTION 2

#define LATENT_MOTION_PLANES     3
#define LATENT_MOTION_TILE       32  /* pixels each way, at most; a multiple of 8 */
#define LATENT_MOTION_COMPONENTS 512 /* at most */

typedef struct {
  guint k;
  guint d;                       /* pixels of all planes of a tile */
  guint tile_width, tile_height; /* in pixels */
  LatentColor color;
  guint n_planes;
  guint halved; /* 1 where planes behind the first have half the size each way, else 0 */
  guint shift;  /* bits of fraction of the matrix */

  gint16 *matrix; /* k x d: planes one after the other (Y, U, V; R, G, B), row by row */
  gint32 *bias;   /* k: as latents are */
  gint32 *mean; /* d: a tile of latents of 0; `shift` and LATENT_MOTION_FRACTION bits of fraction */
  gint32 unit;  /* levels that a latent of 1, in the net's units, stands for: 16 bits of fraction */
} LatentMotionBasis;

/* TRUE and NULL where the model says nothing of motion. LATENT_ERROR_FORMAT, SHAPE or LIMIT where
 * what it says is no such basis. The model is not trusted. */
gboolean latent_motion_basis_load (
    const LatentModel *model, LatentMotionBasis **basis, GError **error);
/* Says in a new model where its tiles are, if they are such a basis. */
void latent_motion_basis_declare (LatentModel *model, const char *matrix, const char *bias);
void latent_motion_basis_free (LatentMotionBasis *self);

/* CRC32C of all its integers, never 0. */
guint32 latent_motion_basis_get_checksum (const LatentMotionBasis *self);

static inline guint
latent_motion_basis_get_width (const LatentMotionBasis *self, guint plane)
{
  return self->tile_width >> (plane > 0 ? self->halved : 0);
}

static inline guint
latent_motion_basis_get_height (const LatentMotionBasis *self, guint plane)
{
  return self->tile_height >> (plane > 0 ? self->halved : 0);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentMotionBasis, latent_motion_basis_free)
