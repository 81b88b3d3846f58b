/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/ops/private.h"

/* What a QuantizeLinear or DequantizeLinear node says: element (o, c, i) of outer x channels x
 * inner has scale[c] and zero_point[c]; channels is 1 where there is one scale for all. */
typedef struct {
  gsize outer;
  gsize channels;
  gsize inner;
  guint axis;
  LatentDataType type; /* of the integers */
} LatentQuantizeParams;

gboolean latent_quantize_get_params (
    const LatentNode *node, LatentQuantizeParams *params, GError **error);
