/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/cli/progress.h"
#include "src/cli/rebuild.h"

/* Sends each `every`-th sample of the inputs, `max` at most (0: all), through a rebuilder to its
 * end. samples: how many there were. */
gboolean latent_reconstruct (LatentRebuilder *rebuilder, LatentModel *model, char **inputs,
    guint every, guint64 max, LatentProgress *progress, guint64 *samples, GError **error);
/* What a picture of it is called: the model, d, k and the error. */
char *latent_reconstruct_make_title (const LatentRebuilder *rebuilder, const LatentModel *model);
