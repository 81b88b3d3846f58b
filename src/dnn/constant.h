/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/base/tensor.h"
#include "src/dnn/layout.h"

/* A constant in the layout that a primitive asked for. The process keeps one for each content and
 * layout, as long as any program uses it; the tensor that it was made of may go. */
typedef struct _LatentConstant LatentConstant;

/* `view` says how the tensor is to be read, as in transposed; it has the shape of `layout`. */
LatentConstant *latent_constant_get (
    LatentTensor *tensor, LatentLayout *view, LatentLayout *layout, GError **error);
void latent_constant_unref (LatentConstant *self);
gconstpointer latent_constant_get_data (const LatentConstant *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentConstant, latent_constant_unref)
