/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/dnn/builder.h"

/* What operators emit. All of these take the node's inputs 0, 1, ... and define its output 0, with
 * whatever is fused into the node (node->fused) as post-operations; LATENT_EMIT_FALLBACK where
 * oneDNN has no primitive for the case, or none that is worth its name with what is fused. Arrays
 * must be float32. */

/* What slides over up to three spatial dimensions, outermost first; arrays are borrowed. */
typedef struct {
  guint n;
  const gint64 *kernel;
  const gint64 *strides;
  const gint64 *dilations; /* 1 for none */
  const gint64 *pads_begin;
  const gint64 *pads_end;
} LatentStencil;

typedef enum {
  LATENT_POOLING_MAX,
  LATENT_POOLING_AVERAGE,           /* over what lies inside the picture */
  LATENT_POOLING_AVERAGE_WITH_PADS, /* pads count as zeros */
} LatentPooling;

/* src NC..., weights O(C/groups)..., bias O. */
LatentEmit latent_dnn_convolution (LatentBuilder *builder, const LatentNode *node,
    const LatentStencil *stencil, gint64 groups, GError **error);
/* src NC..., weights C(O/groups)..., bias O. */
LatentEmit latent_dnn_deconvolution (LatentBuilder *builder, const LatentNode *node,
    const LatentStencil *stencil, gint64 groups, GError **error);
/* What a convolution's output says of its data: input 0 is as the output of a convolution with
 * weights (input 1) O(C/groups)..., output 0 as its src. */
LatentEmit latent_dnn_convolution_backward_data (LatentBuilder *builder, const LatentNode *node,
    const LatentStencil *stencil, gint64 groups, GError **error);
/* Inputs src and the derivative by dst of a convolution; output 0 is the one by weights
 * O(C/groups)..., output 1 (may be left out) by the bias. */
LatentEmit latent_dnn_convolution_backward_weights (LatentBuilder *builder, const LatentNode *node,
    const LatentStencil *stencil, gint64 groups, GError **error);
LatentEmit latent_dnn_pooling (LatentBuilder *builder, const LatentNode *node, LatentPooling kind,
    const LatentStencil *stencil, GError **error);
/* Inputs src and the derivative by dst of a pool; output 0 is the one by src. */
LatentEmit latent_dnn_max_pooling_backward (
    LatentBuilder *builder, const LatentNode *node, const LatentStencil *stencil, GError **error);
/* The same from the derivative alone. */
LatentEmit latent_dnn_average_pooling_backward (LatentBuilder *builder, const LatentNode *node,
    LatentPooling kind, const LatentStencil *stencil, GError **error);

/* dst = src x weights + bias as ONNX's MatMul (batches broadcast) and Gemm have it; `bias` may be
 * NULL. */
LatentEmit latent_dnn_matmul (LatentBuilder *builder, const LatentNode *node,
    gboolean transpose_src, gboolean transpose_weights, const LatentValue *bias, GError **error);

/* One function of one number, found by the node's operator and attributes. */
LatentEmit latent_dnn_eltwise (LatentBuilder *builder, const LatentNode *node, GError **error);
/* One function of two or more numbers, broadcast: Add, Sub, Mul, Div, Min, Max, Sum. */
LatentEmit latent_dnn_binary (LatentBuilder *builder, const LatentNode *node, GError **error);
/* Of two arrays of one shape whose 8-bit integers stand for reals, and so do the result's, which
 * saturate where a Relu is fused. */
LatentEmit latent_dnn_quantized_add (
    LatentBuilder *builder, const LatentNode *node, GError **error);
LatentEmit latent_dnn_prelu (LatentBuilder *builder, const LatentNode *node, GError **error);
LatentEmit latent_dnn_softmax (
    LatentBuilder *builder, const LatentNode *node, guint axis, gboolean log, GError **error);

/* Inputs dy and x: dy times a function's derivative at x, found by the node's operator, as
 * GeluGradient. */
LatentEmit latent_dnn_eltwise_backward (
    LatentBuilder *builder, const LatentNode *node, GError **error);

/* Whether latent_dnn_eltwise() knows the node; what passes may fuse. */
gboolean latent_dnn_is_eltwise (const LatentNode *node);

/* Inputs src, scale, bias, mean, variance. */
LatentEmit latent_dnn_batch_normalization (
    LatentBuilder *builder, const LatentNode *node, float epsilon, GError **error);
/* Inputs src, scale, bias (may be left out), over the last dimensions from `axis` on. */
LatentEmit latent_dnn_layer_normalization (
    LatentBuilder *builder, const LatentNode *node, guint axis, float epsilon, GError **error);

/* Inputs dst and the derivative by it. */
LatentEmit latent_dnn_softmax_backward (
    LatentBuilder *builder, const LatentNode *node, guint axis, gboolean log, GError **error);
/* Inputs src, scale, mean, variance (which are constant) and the derivative by dst; outputs those
 * by src, scale and bias. */
LatentEmit latent_dnn_batch_normalization_backward (
    LatentBuilder *builder, const LatentNode *node, float epsilon, GError **error);
/* Inputs src, scale and the derivative by dst, in rows of `size`; outputs as above. */
LatentEmit latent_dnn_layer_normalization_backward (
    LatentBuilder *builder, const LatentNode *node, gint64 size, float epsilon, GError **error);

typedef enum {
  LATENT_REDUCTION_NONE, /* oneDNN has it not */
  LATENT_REDUCTION_MEAN,
  LATENT_REDUCTION_SUM,
  LATENT_REDUCTION_MAX,
  LATENT_REDUCTION_MIN,
  LATENT_REDUCTION_PROD,
  LATENT_REDUCTION_L1,
  LATENT_REDUCTION_L2,
  LATENT_REDUCTION_SUM_SQUARE,
} LatentReduction;

/* Over the axes of `mask`; output 0 has them with size 1 or lacks them. */
LatentEmit latent_dnn_reduction (LatentBuilder *builder, const LatentNode *node,
    LatentReduction kind, guint32 mask, GError **error);

typedef enum {
  LATENT_CELL_TANH, /* of RNN */
  LATENT_CELL_RELU, /* of RNN */
  LATENT_CELL_GRU,
  LATENT_CELL_LINEAR_GRU, /* linear before reset */
  LATENT_CELL_LSTM,
} LatentCell;

/* Inputs X, W, R, B, nothing, initial_h, initial_c, and outputs Y, Y_h, Y_c, as ONNX's operators
 * have them where layout is 0; any but X, W and R may be left out. Of two directions the second
 * runs backwards; one does with `reverse`. */
LatentEmit latent_dnn_recurrent (LatentBuilder *builder, const LatentNode *node, LatentCell cell,
    gboolean reverse, GError **error);
/* Inputs 8 to 10 are the derivatives by Y, Y_h and Y_c, any of which may be left out; outputs those
 * by X, W, R, B, initial_h and, of LSTM, initial_c. */
LatentEmit latent_dnn_recurrent_backward (LatentBuilder *builder, const LatentNode *node,
    LatentCell cell, gboolean reverse, GError **error);

/* Of dimensions 2 and up: linear interpolation between the middles of pixels, edges held; or the
 * pixel whose middle is nearest. */
LatentEmit latent_dnn_resampling (
    LatentBuilder *builder, const LatentNode *node, gboolean linear, GError **error);
/* Of linear interpolation: from the derivative by dst that by src, which is output 0. */
LatentEmit latent_dnn_resampling_backward (
    LatentBuilder *builder, const LatentNode *node, GError **error);

/* Copies that keep channels-last data as it is. */
LatentEmit latent_dnn_concat (
    LatentBuilder *builder, const LatentNode *node, guint axis, GError **error);
LatentEmit latent_dnn_transpose (
    LatentBuilder *builder, const LatentNode *node, const guint *permutation, GError **error);
/* `to_depth` FALSE: DepthToSpace; column_row: its mode CRD. Output 1, where there is one, is of
 * the integers of output 0. */
LatentEmit latent_dnn_depth_space (LatentBuilder *builder, const LatentNode *node, gint64 block,
    gboolean to_depth, gboolean column_row, GError **error);
/* Output i begins at element `begin` of dimension `axis` of input 0 and has its own size there. */
LatentEmit latent_dnn_slice (LatentBuilder *builder, const LatentNode *node, guint output,
    const gint64 *begins, const gint64 *steps, GError **error);
/* Output 0 is input 0 with another shape, or the same: no step where the layout allows it. */
LatentEmit latent_dnn_alias (LatentBuilder *builder, const LatentNode *node, GError **error);
