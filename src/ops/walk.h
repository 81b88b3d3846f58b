/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Most dimensions of a walk: Tile and DepthToSpace see a tensor's dimensions in two parts each. */
#define LATENT_WALK_DIMS 24

/* A walk over two arrays side by side; strides in elements, outermost dimension first. Zeroed: one
 * element. */
typedef struct {
  guint n;
  gint64 dims[LATENT_WALK_DIMS];
  gint64 dst[LATENT_WALK_DIMS];
  gint64 src[LATENT_WALK_DIMS]; /* 0 repeats an element; negative ones walk backwards */
} LatentWalk;

/* Adds a dimension inside of those that are there; those that can be walked as one become one. */
void latent_walk_add (LatentWalk *self, gint64 dim, gint64 dst_stride, gint64 src_stride);

/* Copies src to dst, elements of 1, 2, 4 or 8 bytes. */
void latent_walk_copy (
    const LatentWalk *self, gsize element_size, gpointer dst, gconstpointer src, guint threads);
