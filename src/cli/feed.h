/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/train/arch.h"
#include "src/train/feed.h"

/* What a model is learned from and tested on, as a recipe's [data] says it: inputs of the command
 * line or the recipe, labels, samples that are held back. */
typedef struct _LatentData LatentData;

/* inputs: of the command line; where there is none, the recipe's. init: the model that is learned
 * further and says what its samples are, or NULL. Looks at the first sample. */
LatentData *latent_data_new (
    const LatentRecipe *recipe, char **inputs, LatentModel *init, GError **error);
void latent_data_free (LatentData *self);
const LatentSampleSpec *latent_data_get_spec (const LatentData *self);
/* Classes, or values of a sample, that the labels have; 0 without labels. */
guint latent_data_get_n_outputs (const LatentData *self);
/* Feeds live no longer than the data. */
LatentFeed *latent_data_open_train (LatentData *self, GError **error);
/* All samples in their order, as a test has them. */
LatentFeed *latent_data_open_all (LatentData *self, GError **error);
gboolean latent_data_has_test (const LatentData *self);
LatentFeed *latent_data_open_test (LatentData *self, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentData, latent_data_free)
