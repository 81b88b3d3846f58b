/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <latent/model.h>

#include "src/base/shape.h"

/* What stands under such pictures: a format of how many there are (%u). */
#define LATENT_BASIS_LABEL "what the first %u latents add: decode (1) - decode (0), gray is none"

/* What single latents look like: the decoder's output for one latent being 1 less its output for
 * none, in the middle of the smallest picture where latents have a place. One cairo_surface_t for
 * each of the first n latents (channels). sample: as latent_canvas_new() takes it. */
GPtrArray *latent_basis_plot (
    LatentModel *model, guint n, guint box, const LatentShape *sample, GError **error);
