/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/session.h>

/* The model that an element's property names, with the part that a mode needs. path: NULL where the
 * property is not set, which is an error that says so. */
LatentModel *latent_load_model (const char *path, LatentMode mode, GError **error);
/* FALSE with an error where the model is of other media. */
gboolean latent_check_media (const LatentModel *model, LatentMediaKind kind, GError **error);
