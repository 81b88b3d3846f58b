/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/train/recipe.h"

/* What changes from step to step by the recipe's schedules. Steps count from 0, that is: how many
 * were done. `steps` is how many there will be in all, 0: not known. */

/* The learning rate of the next step. Over the first `warmup` steps it rises in equal parts (of 4:
 * a quarter, a half, three quarters, the whole). What is left of the steps goes by `schedule`:
 * linear and cosine end at `lr-end` with the last step, step divides by ten at 60 and at 85 %.
 * Where the steps are not known the rate stays. */
double latent_pace_get_rate (const LatentRecipe *recipe, guint64 step, guint64 steps);

/* What the weight of a KL term is multiplied by: rises from 0 to 1 over `kl-warmup` steps. */
double latent_pace_get_kl (const LatentRecipe *recipe, guint64 step);

/* Whether latents are rounded, instead of noise being added: in the last share
 * (`straight-through`) of the steps. Where the steps are not known: by 1 as the share only. */
gboolean latent_pace_rounds (const LatentRecipe *recipe, guint64 step, guint64 steps);

/* The quantiser's step of place `place` in a sequence that covers `quantise` to `quantise-max`
 * evenly by their logarithms, any few neighbours of it too; the first is in the middle. Where
 * the step is always the same there is no such sequence, and it is 1. */
double latent_pace_get_step (const LatentRecipe *recipe, guint64 place);
