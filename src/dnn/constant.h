/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/base/tensor.h"
#include "src/dnn/layout.h"

/* A constant in the layout that a primitive asked for. The process keeps one for each tensor and
 * layout, as long as any program uses it. */
typedef struct _LatentConstant LatentConstant;

/* `layout` may have another shape of as many elements: the tensor is read in row-major order. */
LatentConstant *latent_constant_get (LatentTensor *tensor, LatentLayout *layout, GError **error);
void latent_constant_unref (LatentConstant *self);
gconstpointer latent_constant_get_data (const LatentConstant *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentConstant, latent_constant_unref)
