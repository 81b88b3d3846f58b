/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/graph/graph.h"
#include "src/media/pixels.h"

/* Pictures into a tensor of 8-bit integers that stand for reals: 8 bits in, 8 bits out, one pass.
 */
typedef struct {
  LatentPixelMap map;
  gboolean is_identity;                 /* levels are the integers */
  guint8 tables[LATENT_MAX_LANES][256]; /* else: of each lane, from level to integer */
} LatentByteMap;

/* `type` is uint8 or int8. */
void latent_byte_map_init (LatentByteMap *self, const LatentPixelMap *map, LatentDataType type,
    const LatentQuantization *quantization);

/* Writes all of tiles_x * tiles_y samples, as latent_pixel_map_load() does. */
void latent_byte_map_load (const LatentByteMap *self, guint8 *dst, const LatentPicture *src);

/* The other way: integers that are levels become a picture, as latent_pixel_map_store() does it. */
void latent_pixel_map_store_levels (
    const LatentPixelMap *self, const guint8 *src, const LatentPicture *dst);
