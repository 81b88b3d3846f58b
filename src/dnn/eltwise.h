/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/dnn/primitive.h"

/* oneDNN's name for a function of one number. */
typedef struct {
  dnnl_alg_kind_t algorithm;
  float alpha;
  float beta;
} LatentEltwise;

/* FALSE where oneDNN has no such function. */
gboolean latent_eltwise_find (const LatentNode *node, LatentEltwise *eltwise);

/* What is fused into a node from the nth on, as post-operations of an attr: elementwise functions,
 * and at most one Add of equal shapes, whose second input becomes `residual` and must be in the
 * destination's memory before the primitive runs. FALSE where something cannot be a post-operation.
 * The first input of a fused node is what the node and those fused before it have made. */
gboolean latent_attr_fuse (
    dnnl_primitive_attr_t attr, const LatentNode *node, guint first, const LatentValue **residual);

/* Defines the node's output as the destination of a step whose attr has those post-operations; the
 * step's other operands were added before. */
gboolean latent_primitive_step_write_fused (LatentStep *self, LatentBuilder *builder,
    const_dnnl_primitive_desc_t pd, const LatentNode *node, const LatentValue *residual,
    GError **error);
