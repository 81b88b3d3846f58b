/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/graph/graph.h"

/* Pairs of QuantizeLinear and DequantizeLinear put into a graph of opset 13 or later: the standard
 * form of a quantised ONNX file, which any runtime may compute in f32 or in integers. */

/* real = scale (integer - zero_point), the same for a whole tensor. */
typedef struct {
  LatentDataType type; /* int8 or uint8 */
  float scale;
  gint32 zero_point;
} LatentQdqStep;

/* How a real is rounded, and what that stands for: what both operators do. */
gint32 latent_qdq_round (const LatentQdqStep *step, float real);
float latent_qdq_apply (const LatentQdqStep *step, float real);

/* Whether a graph has either operator. */
gboolean latent_qdq_is_in (const LatentGraph *graph);

/* Puts a pair behind `value`. Returns what it gives, which nobody reads yet. */
LatentValue *latent_qdq_add_pair (
    LatentGraph *graph, LatentValue *value, const LatentQdqStep *step);

/* The node's weights (input 1) become `integers`, of int8, with a scale for each slice along
 * `axis`. */
gboolean latent_qdq_set_weights (LatentGraph *graph, LatentNode *node, LatentTensor *integers,
    guint axis, const float *scales, GError **error);

/* The node's bias (input 2) becomes integers of 32 bits in steps of `scales`, one for each of its n
 * numbers. */
gboolean latent_qdq_set_bias (LatentGraph *graph, LatentNode *node, const float *bias, gsize n,
    const float *scales, GError **error);
