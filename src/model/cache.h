/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/model/model.h"

/* The process's live models by content: files of the same content share one. Holds no reference. */

/* A reference to the live model of that key, or NULL. */
LatentModel *latent_model_cache_find (const char *key);
/* Takes the model: gives it back, or, where another of its key has come in between, a reference to
 * that. */
LatentModel *latent_model_cache_add (LatentModel *model);
/* Drops a reference; TRUE where it was the last, and the model is out of the table. */
gboolean latent_model_cache_drop (LatentModel *model);
