/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "onnx.pb-c.h"

/* Data that lie in files beside the model. */
typedef struct _LatentOnnxExternal LatentOnnxExternal;

/* `path`: of the model, NULL where nothing may be read. `checksum` (may be NULL, borrowed) is fed
 * with all that is read. */
LatentOnnxExternal *latent_onnx_external_new (const char *path, GChecksum *checksum);
void latent_onnx_external_free (LatentOnnxExternal *self);

/* The `size` bytes that a tensor's external_data points to. Refused: a location outside the model's
 * folder, by
 * ".." or by a symbolic link; what is no regular file; a range that the file does not have; ranges
 * that together are more than the file. Tensors that point to the same range share the bytes. */
GBytes *latent_onnx_external_read (
    LatentOnnxExternal *self, const Onnx__TensorProto *proto, gsize size, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentOnnxExternal, latent_onnx_external_free)
