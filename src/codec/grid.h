/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/model/model.h"

/* How latents of one frame lie in memory, and where in the grid of symbols (channels x height x
 * width) each stands.
 *
 * Latents are tiles x channels x places, or tiles x places x channels where channels come last
 * (tokens); a frame of one tile is the usual case. Places of a tile fill rows of `columns`, tiles
 * fill rows of `tiles_x`. */
typedef struct {
  LatentShape dims;
  gboolean channels_last;
  guint tiles_x;
  guint columns;

  /* What follows from these. */
  guint tiles;
  guint places; /* of a tile */
  guint channels;
  guint height;
  guint width;
} LatentGrid;

/* What a sequence header says; nothing of it is trusted. LATENT_ERROR_FORMAT or LIMIT, naming the
 * field. */
gboolean latent_grid_init (LatentGrid *self, const LatentShape *dims, guint channels_last,
    guint tiles_x, guint columns, GError **error);

/* For a model's latents; width and height of the picture where it is one, else 0.
 * LATENT_ERROR_SHAPE where the model's latents are others, LIMIT where the grid is too large. */
gboolean latent_grid_init_for_model (LatentGrid *self, const LatentModel *model, guint n_dims,
    const gint64 *dims, guint width, guint height, GError **error);

/* LATENT_ERROR_SHAPE where the model's latents cannot have that grid. */
gboolean latent_grid_check_model (const LatentGrid *self, const LatentModel *model, GError **error);

gsize latent_grid_count (const LatentGrid *self); /* symbols */

/* Latents to the grid's order and back: channel by channel, rows of places. Both float32. */
void latent_grid_gather (const LatentGrid *self, const float *latents, float *planes);
void latent_grid_scatter (const LatentGrid *self, const float *planes, float *latents);
