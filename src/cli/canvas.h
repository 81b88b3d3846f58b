/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <cairo.h>
#include <latent/model.h>

#include "src/base/shape.h"

/* Decodes latents and draws what comes out. */
typedef struct _LatentCanvas LatentCanvas;

/* latents: shape of one sample's, or NULL: those of one small sample. sample: shape of samples that
 * are vectors, which says how they are drawn, or NULL. box: pixels that a picture has at most each
 * way, 0: as many as suit it. */
LatentCanvas *latent_canvas_new (LatentModel *model, const LatentShape *latents,
    const LatentShape *sample, guint box, GError **error);
void latent_canvas_free (LatentCanvas *self);
/* The batch of 1 in front included. */
const LatentShape *latent_canvas_get_latents (const LatentCanvas *self);
gsize latent_canvas_get_n_values (const LatentCanvas *self); /* of what is decoded */
/* Numbers that live until the next call. */
const float *latent_canvas_decode (LatentCanvas *self, const float *latents, GError **error);
/* Whether what is decoded is no picture but a curve. All curves have one scale, so that each is to
 * be looked at before the first is drawn. */
gboolean latent_canvas_is_curve (const LatentCanvas *self);
void latent_canvas_look_at (LatentCanvas *self, const float *values);
cairo_surface_t *latent_canvas_draw (const LatentCanvas *self, const float *values);
/* Differences around 0, the greatest of which becomes black or white. Scales `values`. */
cairo_surface_t *latent_canvas_draw_difference (const LatentCanvas *self, float *values);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentCanvas, latent_canvas_free)
