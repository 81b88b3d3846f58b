/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/train.h>

#include "src/cli/source.h"

/* Principal components of whatever a source gives: vectors, tiles or whole frames of pictures,
 * windows of sound. The first sample decides the size. */
typedef struct _LatentLearner LatentLearner;

/* media: kind; for video color, tile size or 0x0 for whole frames; for audio window, hop (0: the
 * window). What follows from the first sample is filled in. */
LatentLearner *latent_learner_new (const LatentMediaInfo *media);
void latent_learner_free (LatentLearner *self);
gboolean latent_learner_put (LatentLearner *self, const LatentSample *sample, GError **error);
/* After the last sample; the model has k latents. */
LatentModel *latent_learner_finish (LatentLearner *self, gsize k, double scale, GError **error);
/* NULL before the first sample. */
const LatentPca *latent_learner_get_pca (const LatentLearner *self);
/* Elements of a vector, tile, frame or window. */
gsize latent_learner_get_size (const LatentLearner *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentLearner, latent_learner_free)
