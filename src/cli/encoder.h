/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/base/shape.h"
#include "src/cli/source.h"

/* Turns samples into latents, which are handed over one by one: those of a frame, a vector or a
 * window of sound. */
typedef struct _LatentEncoder LatentEncoder;

/* shape: of the latents, without a batch of 1 in front. */
typedef gboolean (*LatentLatentsFunc) (
    const float *latents, const LatentShape *shape, gpointer data, GError **error);

LatentEncoder *latent_encoder_new (
    LatentModel *model, guint threads, LatentLatentsFunc func, gpointer data);
void latent_encoder_free (LatentEncoder *self);
gboolean latent_encoder_put (LatentEncoder *self, const LatentSample *sample, GError **error);
gboolean latent_encoder_finish (LatentEncoder *self, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentEncoder, latent_encoder_free)
