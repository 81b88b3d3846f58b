/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/program.h>

#include "src/graph/graph.h"

/* Rewritings of a graph whose shapes are inferred. Inputs and outputs of the graph stay what they
 * are, by name. Each leaves producers and uses indexed. */

/* QLinearConv and QLinearMatMul with constant weights into DequantizeLinear, Conv or MatMul, and
 * QuantizeLinear. */
gboolean latent_pass_expand_qlinear (LatentGraph *graph, GError **error);

/* Identity, Dropout; zero Pad into convolutions. */
void latent_pass_drop (LatentGraph *graph);

/* Batch normalisation, and Mul, Div, Add, Sub with constants, into the weights before them. */
gboolean latent_pass_fold_weights (LatentGraph *graph, GError **error);

/* Gelu and HardSwish that the file has as Erf, Clip, Mul and so on; numbers behind what they are
 * added to or multiplied with. */
gboolean latent_pass_recognise (LatentGraph *graph, GError **error);

/* What oneDNN is slow at into what it is fast at: ConvTranspose whose windows overlap little
 * or whose channels are few becomes Conv and DepthToSpace; DepthToSpace in CRD order after a Conv
 * becomes DCR, its weights reordered.
 */
gboolean latent_pass_rearrange (LatentGraph *graph, LatentPrecision precision, GError **error);

/* QuantizeLinear up and DequantizeLinear down through what only moves numbers; those that meet and
 * agree vanish. */
void latent_pass_move_quantizers (LatentGraph *graph);

/* Conv, Gemm and MatMul between DequantizeLinear and QuantizeLinear into nodes of integers: see
 * docs/precision-design.md. Comes after latent_pass_fuse(). Returns how many. */
guint latent_pass_quantize (LatentGraph *graph);
/* Where the graph's first input is read by a QuantizeLinear alone, the input becomes what that
 * makes of it. */
void latent_pass_take_integers (LatentGraph *graph);
/* The only output, as it is or before the DepthToSpace that makes it, becomes uint8 in such steps
 * where a quantised product makes it. Comes before latent_pass_quantize(). */
gboolean latent_pass_give_integers (
    LatentGraph *graph, float scale, guint8 zero_point, GError **error);
/* Whether a node is one that latent_pass_quantize() will make integers of and that can then give
 * uint8. */
gboolean latent_pass_can_make_levels (LatentNode *node);
/* Makes node i one of float32 again, between DequantizeLinear and QuantizeLinear of its own, the
 * first of which then is node i; of one that adds reals and makes integers, its result alone. */
gboolean latent_pass_unquantize (LatentGraph *graph, guint i, GError **error);

/* A DepthToSpace or SpaceToDepth of floats that a QuantizeLinear reads too makes its integers
 * itself, as output 1: one pass over memory for both. Comes after latent_pass_quantize(). */
void latent_pass_quantize_copies (LatentGraph *graph);

/* Sums of pixels that were channels and are to be again become sums of channels, and a Conv's
 * channels that become pixels and channels again move once. */
gboolean latent_pass_depth (LatentGraph *graph, GError **error);

/* Elementwise nodes and residual Adds into the node before them (LatentNode.fused). The first input
 * of a fused node is what that node, and those fused before, have made. */
void latent_pass_fuse (LatentGraph *graph);

/* Marks what is computed and kept in bfloat16: products, and what lies between them. What the
 * graph's outputs are made of behind the last product stays float32, and so do products as long as
 * they and all before them are linear. */
void latent_pass_shorten (LatentGraph *graph);

/* Takes what was fused last out of node i again and makes it the next node of the graph. */
void latent_pass_unfuse (LatentGraph *graph, guint i);
