/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/dnn/primitive.h"

/* A convolution or matrix product of 8-bit integers that stand for reals, as it is whatever
 * oneDNN's version; docs/precision-design.md has the formula. All is in units of the reals. */

#define LATENT_MAX_POST_OPS 16

/* A function, or the sum with the residual: see LatentQuantized.apart. */
typedef struct {
  gboolean is_sum;
  dnnl_alg_kind_t algorithm; /* of a function, with */
  float alpha;
  float beta;
  float scale; /* of the residual's integers; 1 for float32, with */
  gint32 zero_point;
} LatentPostOp;

typedef struct {
  float src_scale;
  gint32 src_zero_point;
  const LatentQuantization *weights; /* borrowed; zero points are 0 */
  gboolean is_integer;               /* the destination; else it is float32, and then 1 and 0: */
  float dst_scale;
  gint32 dst_zero_point;
  guint n_ops;
  LatentPostOp ops[LATENT_MAX_POST_OPS];
  const LatentValue *residual; /* borrowed; NULL for none */
  LatentLayout *apart; /* borrowed: how the residual lies, which is float32; NULL: it lies in the
                          destination's memory and has its type */
  int weights_mask;    /* oneDNN's, of the dimensions of the weights, and */
  int dst_mask;        /* of the destination, along which scales differ; 0 for one scale */
} LatentQuantized;

/* Of such a node, and what is fused into it from the nth on. `weights_axes` and `dst_axis`: the
 * masks above where there is more than one scale. `apart`, which is borrowed: the layout that a
 * float32 residual of integers may have, NULL where there can be none. FALSE where oneDNN cannot do
 * it. */
gboolean latent_quantized_init (LatentQuantized *self, const LatentNode *node, guint first,
    int weights_mask, int dst_mask, LatentLayout *apart);
/* Reads a residual that lies apart, where there is one. */
gboolean latent_quantized_read_residual (
    const LatentQuantized *self, LatentStep *step, LatentBuilder *builder, GError **error);

/* Adds a float32 constant of one number a channel as the bias that the primitive wants. */
gboolean latent_quantized_add_bias (const LatentQuantized *self, LatentStep *step,
    LatentBuilder *builder, const_dnnl_primitive_desc_t pd, const LatentValue *bias,
    GError **error);

/* What the shim knows: sets scales, zero points and post-operations; */
gboolean latent_quantized_set_attr (const LatentQuantized *self, dnnl_primitive_attr_t attr);
/* gives by what the bias of a channel is multiplied; */
float latent_quantized_get_bias_factor (const LatentQuantized *self, guint channel);
/* and adds what the primitive wants to be told when it runs. */
gboolean latent_quantized_add_arguments (
    const LatentQuantized *self, LatentStep *step, LatentBuilder *builder, GError **error);
