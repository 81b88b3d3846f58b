/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/graph/graph.h"

/* Private to the passes: nodes with weights, and new weights for them. */

gboolean latent_node_is (const LatentNode *node, const char *op_type); /* of ONNX's own domain */

/* Whether it is a QuantizeLinear or DequantizeLinear with one scale for all. */
gboolean latent_pass_is_quantizer (const LatentNode *node);

/* A QuantizeLinear or DequantizeLinear with the scale and zero point of `integers`, at `position`;
 * its data and output are the caller's to set. */
LatentNode *latent_pass_add_quantizer (LatentGraph *graph, guint position, const char *op_type,
    const LatentValue *integers, GError **error);
/* A float32 of another value's name and shape, for one reader. */
LatentValue *latent_pass_add_float (LatentGraph *graph, const LatentValue *like);
/* A node's output, which says that it is of integers, is made by a QuantizeLinear at `position` of
 * the reals that the node makes from now on. */
gboolean latent_pass_quantize_output (
    LatentGraph *graph, guint position, LatentNode *node, GError **error);

/* The node that makes a value which nothing else reads and which is no output of the graph, or
 * NULL. */
LatentNode *latent_pass_get_only_producer (const LatentValue *value);

/* Whether input 1 and, where it is there, input 2 are float32 constants. */
gboolean latent_pass_has_constant_weights (const LatentNode *node);

/* How many channels a node with weights makes: Conv, ConvTranspose, Gemm. */
gint64 latent_pass_count_channels (const LatentNode *node);
/* The channel that element i0, i1 of the weights' first two dimensions has a part in. */
gint64 latent_pass_get_channel (const LatentNode *node, gint64 i0, gint64 i1);

/* Makes a new constant the node's input i and returns it. Takes the tensor. */
LatentValue *latent_pass_set_constant (
    LatentGraph *graph, LatentNode *node, guint i, const char *name, LatentTensor *tensor);

/* The Conv of constant weights that makes a value, through elementwise nodes, quantisers among
 * them, that treat all channels alike, or NULL; nothing else reads what lies between. */
LatentNode *latent_pass_find_convolution (const LatentValue *value);
/* Channel i of a Conv's output becomes what channel channels[i] was. */
gboolean latent_pass_permute_channels (
    LatentGraph *graph, LatentNode *conv, const gint64 *channels, GError **error);
