/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/model.h>

/* How a picture is cut up for a net. Sizes in pixels. */
typedef struct {
  guint tiles_x; /* samples across */
  guint tiles_y; /* and down */
  guint width;   /* of one sample: a tile, or the padded picture */
  guint height;
} LatentGeometry;

/* For the net's input. LATENT_ERROR_SHAPE where the net takes only another size. */
gboolean latent_geometry_init (
    LatentGeometry *self, const LatentMediaInfo *media, guint width, guint height, GError **error);

/* Whether an output of `size` pixels is that of a picture of `wanted` pixels, by the padding. */
gboolean latent_geometry_is_padded (const LatentMediaInfo *media, guint wanted, guint size);
