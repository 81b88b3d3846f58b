/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/cli/chart.h"
#include "src/cli/rebuild.h"

/* A few pairs of originals and reconstructions, spread evenly over a stream of unknown length,
 * drawn with the first basis pictures on one sheet. */
typedef struct _LatentGallery LatentGallery;

LatentGallery *latent_gallery_new (void);
void latent_gallery_free (LatentGallery *self);
void latent_gallery_add (const LatentPair *pair, gpointer self); /* a LatentPairFunc */
/* One half of a pair, 0 or 1: no larger than box pixels each way. Vectors that are no pictures, and
 * sound, are curves. */
cairo_surface_t *latent_pair_draw (const LatentPair *pair, guint which, guint box);
/* basis: whether what latents stand for is on it. */
GBytes *latent_gallery_draw (LatentGallery *self, LatentModel *model, const char *title,
    gboolean basis, LatentChartFormat format, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentGallery, latent_gallery_free)
