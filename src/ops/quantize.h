/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/ops/gradient.h"
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

/* What such a node, whose shapes are inferred, says of its integers; NULL for another operator,
 * where scales or zero points are not constant, or no positive numbers, and where the integers are
 * not of 8 bits. Owned by the caller. */
LatentQuantization *latent_quantize_read (const LatentNode *node);

/* The integers of a type. */
void latent_quantize_get_limits (LatentDataType type, gint64 *least, gint64 *most);

/* DequantizeLinear's. Rounding passes the derivative straight through to what QuantizeLinear reads
 * (Bengio, Leonard and Courville 2013), but for what it cuts off, which gets none; scales get none.
 * Integers that were made in another way have no derivative. */
gboolean latent_quantize_gradient (
    LatentGradient *gradient, const LatentNode *node, GError **error);
