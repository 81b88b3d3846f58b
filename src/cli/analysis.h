/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/session.h>

#include "src/base/shape.h"
#include "src/cli/source.h"

/* Turns samples into latents, which are handed over one by one: those of a frame, a vector or a
 * window of sound. */
typedef struct _LatentAnalysis LatentAnalysis;

/* shape: of the latents, without a batch of 1 in front. */
typedef gboolean (*LatentLatentsFunc) (
    const float *latents, const LatentShape *shape, gpointer data, GError **error);

LatentAnalysis *latent_analysis_new (
    LatentModel *model, guint threads, LatentLatentsFunc func, gpointer data);
void latent_analysis_free (LatentAnalysis *self);
gboolean latent_analysis_put (LatentAnalysis *self, const LatentSample *sample, GError **error);
/* What runs the net on pictures and sound; NULL before the first of them. */
LatentSession *latent_analysis_get_session (LatentAnalysis *self);
/* Samples that are new in the window whose latents were handed over last: the hop, or less. */
guint latent_analysis_get_new_samples (const LatentAnalysis *self);
gboolean latent_analysis_finish (LatentAnalysis *self, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentAnalysis, latent_analysis_free)
