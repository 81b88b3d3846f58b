/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <latent/model.h>

/* What single latents look like: the decoder's output for one latent being 1 less its output for
 * none, in the middle of the smallest picture where latents have a place. One cairo_surface_t for
 * each of the first n latents (channels). shape_width, shape_height: how vectors are pictures; 0:
 * they are curves. */
GPtrArray *latent_basis_plot (
    LatentModel *model, guint n, guint box, guint shape_width, guint shape_height, GError **error);
