/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/cli/selection.h"
#include "src/train/calibration.h"

/* Measures models of one latent space by the samples that a selection holds back: what comes out
 * against what went in, and latents against those of the model that was measured first. */
typedef struct _LatentFidelity LatentFidelity;

LatentFidelity *latent_fidelity_new (const LatentSelection *selection, guint threads);
void latent_fidelity_free (LatentFidelity *self);
/* A LatentQualityFunc; data is a LatentFidelity. A step is latent.steps' of the channel, or, where
 * the model says none, the channel's deviation. */
gboolean latent_fidelity_measure (
    LatentModel *model, LatentQuality *quality, gpointer data, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentFidelity, latent_fidelity_free)
