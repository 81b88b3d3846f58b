/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/cli/chart.h"

/* Pictures in rows and columns that have names. */
typedef struct _LatentGrid LatentGrid;

/* footer: a line under all, or NULL. */
LatentGrid *latent_grid_new (const char *title, const char *footer, guint columns);
void latent_grid_free (LatentGrid *self);
/* Above column i; each has a name, or none has. */
void latent_grid_add_column (LatentGrid *self, const char *name);
/* Left of a row: two lines. */
void latent_grid_add_row (LatentGrid *self, const char *name, const char *more);
/* Row by row. Takes the surface. */
void latent_grid_add (LatentGrid *self, cairo_surface_t *picture);
GBytes *latent_grid_draw (const LatentGrid *self, LatentChartFormat format, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentGrid, latent_grid_free)
