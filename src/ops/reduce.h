/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/ops/gradient.h"
#include "src/ops/private.h"

/* What a Reduce* node says. */
typedef struct {
  guint32 axes; /* bits of those that are reduced */
  gboolean keep_dims;
} LatentReduceParams;

gboolean latent_reduce_get_params (
    const LatentNode *node, LatentReduceParams *params, GError **error);

/* The gradient of all of them but ReduceProd. */
gboolean latent_reduce_derive (LatentGradient *self, const LatentNode *node, GError **error);
