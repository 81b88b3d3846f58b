/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The value of a key of a model file's metadata_props, read from the file's outermost fields alone:
 * nothing else of the model is looked at or checked. NULL without an error where the file has no
 * such key; LATENT_ERROR_NOT_FOUND, READ, or FORMAT where its fields do not follow on each other.
 */
char *latent_onnx_peek (const char *path, const char *key, GError **error);
