/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/model.h>

/* Models by latent id. Of files only the metadata are read, and those once, as long as a file's
 * time and size stay. Files without latent.id have their SHA-256 as id, as for latent_model_load()
 * (those with external data are not found). */

/* Folders that models are looked for in where nothing else is said: $LATENT_MODELS, the installed
 * ones, and latent/models in the user's data folder. */
char **latent_find_get_folders (void);
/* The first .onnx file of that id in folders (NULL: the default ones) that can be loaded and has
 * the part that mode needs, in a folder one that is quantised before one that is not where the CPU
 * computes in integers, and the other way round where it does not; or NULL with
 * LATENT_ERROR_NOT_FOUND, which names the id and the folders, or with what is wrong with the last
 * one. */
LatentModel *latent_find_model (
    const char *id, LatentMode mode, const char *const *folders, GError **error);
