/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/train.h>
#include <signal.h>

#include "src/cli/progress.h"
#include "src/train/arch.h"
#include "src/train/feed.h"

/* Principal components of what a feed gives in its first epoch. */
typedef struct {
  LatentFeed *feed;
  const LatentSampleSpec *spec;
  LatentProgress *progress;
  const volatile sig_atomic_t *interrupted;
} LatentComponents;

/* Of whole samples. */
LatentPca *latent_components_of_samples (const LatentComponents *self, gsize k, GError **error);

/* Of pictures' tiles, as large as the net of the recipe wants for `direct`, as a model like one of
 * latent pca --tile. With `moving` a tile counts as often as its pixels weigh on the average. */
LatentModel *latent_components_of_tiles (
    const LatentComponents *self, const LatentRecipe *recipe, GError **error);
