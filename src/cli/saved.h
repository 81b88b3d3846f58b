/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/model.h>

/* Writes a model and prints the id under which the file's latents are known. */
gboolean latent_saved_print (LatentModel *model, const char *path, gboolean json, GError **error);
