/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/graph/graph.h"

/* Layers as ONNX nodes, of which architectures are made. A layer's nodes and tensors are named by
 * its path: "encoder/dense1" makes the tensor of that name from "encoder/dense1/weights" and
 * "encoder/dense1/bias". No size of the batch stands in any of them.
 *
 * Errors stick: after the first, layers still give values, which mean nothing, and
 * latent_layers_finish() says what went wrong. */
typedef struct {
  LatentGraph *graph;
  guint64 seed;
  guint64 n_streams; /* of random numbers given out so far: each parameter has its own */
  guint64 n_bytes;   /* of all parameters */
  GArray *pending;   /* parameters that are filled when the net is done: errors cost no time */
  GError *error;
} LatentLayers;

/* Gelu is an operator from this version on, and a composition below. */
#define LATENT_LAYERS_OPSET_GELU 20
#define LATENT_LAYERS_OPSET      17 /* where LayerNormalization came */

/* What a parameter starts as: value + uniform in +-bound + normal of that deviation. */
typedef struct {
  float value;
  float bound;
  float deviation;
} LatentFill;

/* A convolution over n_axes (1: sound, 2: pictures), padded so that a stride of 1 keeps the size
 * and one of 2 halves it, rounded up. */
typedef struct {
  guint n_axes;
  gint64 n_src, n_dst; /* channels */
  gint64 kernel;       /* odd */
  gint64 stride;
  const char *activation; /* as recipes name it; NULL or "none": none */
  float gain;             /* of the weights; 0: 1 */
} LatentConvLayer;

/* Takes the graph, which need not be empty. `first` tells the streams of layers apart that are
 * added to one model at different times. */
void latent_layers_init (LatentLayers *self, LatentGraph *graph, guint64 seed, guint64 first);
void latent_layers_clear (LatentLayers *self);
/* Gives the graph away, sorted and pruned; NULL with the error that stuck. */
LatentGraph *latent_layers_finish (LatentLayers *self, GError **error);

/* An input of the graph. Sizes of -1 have the symbol at their place. */
LatentValue *latent_layers_input (
    LatentLayers *self, const char *name, const LatentShape *shape, const char *const *symbols);
/* Makes `value`, which a node gives, an output of the graph under this name. */
LatentValue *latent_layers_output (LatentLayers *self, LatentValue *value, const char *name,
    const LatentShape *shape, const char *const *symbols);

/* "PATH/NAME", which training may change. */
LatentValue *latent_layers_parameter (LatentLayers *self, const char *path, const char *name,
    const LatentShape *shape, const LatentFill *fill);
/* A Constant node: what training leaves alone. Takes the tensor. */
LatentValue *latent_layers_constant (LatentLayers *self, const char *path, LatentTensor *tensor);
/* A node of up to three inputs (NULL: none) and one output. */
LatentNode *latent_layers_node (LatentLayers *self, const char *op_type, const char *path,
    LatentValue *a, LatentValue *b, LatentValue *c);
LatentValue *latent_layers_apply (
    LatentLayers *self, const char *op_type, const char *path, LatentValue *a, LatentValue *b);
/* As Reshape has it: 0 keeps a size, -1 is what remains. */
LatentValue *latent_layers_reshape (
    LatentLayers *self, const char *path, LatentValue *src, const gint64 *dims, guint n);
LatentValue *latent_layers_transpose (
    LatentLayers *self, const char *path, LatentValue *src, const gint64 *order, guint n);
LatentValue *latent_layers_flatten (LatentLayers *self, const char *path, LatentValue *src);

LatentValue *latent_layers_activate (
    LatentLayers *self, const char *path, LatentValue *src, const char *activation);
/* [n, n_src] to [n, n_dst]. */
LatentValue *latent_layers_dense (LatentLayers *self, const char *path, LatentValue *src,
    gint64 n_src, gint64 n_dst, const char *activation);
/* Likewise for each place of [n, places, n_src]; `gain` is as in LatentConvLayer. */
LatentValue *latent_layers_tokens (LatentLayers *self, const char *path, LatentValue *src,
    gint64 n_src, gint64 n_dst, const char *activation, float gain);
LatentValue *latent_layers_conv (
    LatentLayers *self, const char *path, LatentValue *src, const LatentConvLayer *conv);

/* src + conv2 (f (conv1 (src))), of n_src channels. */
LatentValue *latent_layers_residual (
    LatentLayers *self, const char *path, LatentValue *src, const LatentConvLayer *conv);
/* Pieces of `block` elements each way become channels (c of element (i, j) is channel
 * (i * block + j) * n_channels + c), and back. n_channels is that of the finer tensor. */
LatentValue *latent_layers_gather (LatentLayers *self, const char *path, LatentValue *src,
    guint n_axes, gint64 block, gint64 n_channels);
LatentValue *latent_layers_spread (LatentLayers *self, const char *path, LatentValue *src,
    guint n_axes, gint64 block, gint64 n_channels);
/* The first sizes[i] elements along each of n_axes. */
LatentValue *latent_layers_crop (
    LatentLayers *self, const char *path, LatentValue *src, guint n_axes, const gint64 *sizes);

/* Over the last axis. */
LatentValue *latent_layers_norm (
    LatentLayers *self, const char *path, LatentValue *src, gint64 width);
/* Self-attention over [n, places, width]. `mask` (may be NULL) [places, places] is added to what a
 * place (row) makes of another. */
typedef struct {
  gint64 width;
  gint64 n_heads;
  const char *activation;
  float gain;        /* of what is added to the tokens: 1 / sqrt (how often) keeps their size */
  LatentValue *mask; /* or NULL */
} LatentAttentionBlock;
LatentValue *latent_layers_attention (
    LatentLayers *self, const char *path, LatentValue *src, const LatentAttentionBlock *block);
/* Attention, then two layers for each place, the first of four times the width; each is added to
 * what it was given, and is given that normalised (Xiong et al. 2020). */
LatentValue *latent_layers_transformer (
    LatentLayers *self, const char *path, LatentValue *src, const LatentAttentionBlock *block);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LatentLayers, latent_layers_clear)
