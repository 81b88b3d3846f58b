/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/train/feed.h"
#include "src/train/recipe.h"
#include "src/train/trainer-private.h"

/* What tests of learning share: small nets on vectors, and samples to learn from. */

#define LEARNING_D 8 /* elements of a sample */

/* "key=value key=value ..." over the defaults; fails the test where that is none. */
LatentRecipe *learning_recipe (const char *settings);

/* A trainer of the net that the settings ask for, on vectors of LEARNING_D. */
LatentTrainer *learning_trainer (const char *settings);

/* n samples on a plane, shuffled anew each epoch; LEARNING_SEED makes them. */
#define LEARNING_SEED 5
LatentFeed *learning_feed (gsize n);

/* Steps on batches in the order of `feed`, epoch after epoch from the first; the last result. */
LatentTrainResult learning_steps (LatentTrainer *trainer, LatentFeed *feed, guint n);

/* All that is learned as it is now (averages where there are); freed by the caller. */
float *learning_weights (LatentTrainer *trainer);
