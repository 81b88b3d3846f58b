/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/media/format.h"

/* How pictures of a size lie in a model's tensor: scaled, padded by replicating the last row and
 * column, cut into tiles row by row. One pass over the pixels each way. */
typedef struct {
  LatentColor color;
  guint tiles_x; /* samples that make a picture, across and down */
  guint tiles_y;
  guint width; /* of one sample's channel, in elements: pixels over the layout's density */
  guint height;
  gint64 sample_stride; /* in elements */
  gint64 channel_stride;
  gint64 row_stride;
  gint64 column_stride;
  guint block; /* 0 or 1, or, of 4:2:0 to be stored that is channels-last, of a DepthToSpace (DCR):
                  the strides are those of what it reads */
  float scale[LATENT_MAX_LANES]; /* value = level * scale + offset */
  float offset[LATENT_MAX_LANES];
  guint threads;
} LatentPixelMap;

/* The block, or 1 for none. */
guint latent_pixel_map_get_block (const LatentPixelMap *self);
/* Where a row's column begins in a sample, in elements: its first channel. */
gint64 latent_pixel_map_find_place (const LatentPixelMap *self, guint row, guint column);
/* What no plane of a model of gray has: chroma of 128. */
void latent_picture_fill_chroma (const LatentPicture *dst);

/* Writes all of tiles_x * tiles_y samples. The picture's format fits the color. */
void latent_pixel_map_load (const LatentPixelMap *self, float *dst, const LatentPicture *src);

/* Writes all of the picture: what the samples cover, which is at least its size. Gray into I420 or
 * NV12 has chroma 128. Returns how many elements inside the picture are NaN (written as 0) or
 * infinite (written as the nearest end). */
guint64 latent_pixel_map_store (
    const LatentPixelMap *self, const float *src, const LatentPicture *dst);
