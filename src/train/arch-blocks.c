/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/arch-layers.h"

#include <math.h>

/* What is made of several layers, and what only moves elements. */

LatentValue *
latent_layers_residual (
    LatentLayers *self, const char *path, LatentValue *src, const LatentConvLayer *conv)
{
  LatentConvLayer first = *conv, second = *conv;
  g_autofree char *path1 = g_strdup_printf ("%s/conv1", path);
  g_autofree char *path2 = g_strdup_printf ("%s/conv2", path);

  first.gain = 1;
  second.activation = NULL;
  LatentValue *branch = latent_layers_conv (self, path1, src, &first);
  branch = latent_layers_conv (self, path2, branch, &second);
  return latent_layers_apply (self, "Add", path, src, branch);
}

LatentValue *
latent_layers_gather (LatentLayers *self, const char *path, LatentValue *src, guint n_axes,
    gint64 block, gint64 n_channels)
{
  if (block <= 1)
    return src;
  if (n_axes == 2) {
    LatentNode *node = latent_layers_node (self, "SpaceToDepth", path, src, NULL, NULL);
    latent_node_set_int (node, "blocksize", block);
    return latent_node_get_output (node, 0);
  }
  g_autofree char *split = g_strdup_printf ("%s/split", path);
  g_autofree char *order = g_strdup_printf ("%s/order", path);
  LatentValue *pieces = latent_layers_reshape (
      self, split, src, (gint64[]){0, n_channels, -1, block}, 4);
  pieces = latent_layers_transpose (self, order, pieces, (gint64[]){0, 3, 1, 2}, 4);
  return latent_layers_reshape (self, path, pieces, (gint64[]){0, block * n_channels, -1}, 3);
}

LatentValue *
latent_layers_spread (LatentLayers *self, const char *path, LatentValue *src, guint n_axes,
    gint64 block, gint64 n_channels)
{
  if (block <= 1)
    return src;
  if (n_axes == 2) {
    LatentNode *node = latent_layers_node (self, "DepthToSpace", path, src, NULL, NULL);
    latent_node_set_int (node, "blocksize", block);
    latent_node_set_string (node, "mode", "DCR");
    return latent_node_get_output (node, 0);
  }
  g_autofree char *split = g_strdup_printf ("%s/split", path);
  g_autofree char *order = g_strdup_printf ("%s/order", path);
  LatentValue *pieces = latent_layers_reshape (
      self, split, src, (gint64[]){0, block, n_channels, -1}, 4);
  pieces = latent_layers_transpose (self, order, pieces, (gint64[]){0, 2, 3, 1}, 4);
  return latent_layers_reshape (self, path, pieces, (gint64[]){0, n_channels, -1}, 3);
}

static LatentValue *
add_ints (LatentLayers *self, const char *path, const char *name, const gint64 *ints, guint n)
{
  g_autofree char *full = g_strdup_printf ("%s/%s", path, name);
  g_autoptr (LatentTensor) tensor = latent_tensor_new_int64s (ints, n);

  return latent_graph_add_constant (self->graph, full, tensor);
}

LatentValue *
latent_layers_crop (
    LatentLayers *self, const char *path, LatentValue *src, guint n_axes, const gint64 *sizes)
{
  static const gint64 zeros[] = {0, 0}, axes[] = {2, 3};
  LatentNode *node = latent_layers_node (self, "Slice", path, src,
      add_ints (self, path, "starts", zeros, n_axes), add_ints (self, path, "ends", sizes, n_axes));

  latent_node_add_input (node, add_ints (self, path, "axes", axes, n_axes));
  return latent_node_get_output (node, 0);
}

LatentValue *
latent_layers_norm (LatentLayers *self, const char *path, LatentValue *src, gint64 width)
{
  LatentShape shape = {1, {width}};
  LatentValue *scale = latent_layers_parameter (
      self, path, "scale", &shape, &(LatentFill){.value = 1});
  LatentValue *bias = latent_layers_parameter (self, path, "bias", &shape, &(LatentFill){0});
  LatentNode *node = latent_layers_node (self, "LayerNormalization", path, src, scale, bias);

  latent_node_set_int (node, "axis", -1);
  latent_node_set_float (node, "epsilon", 1e-5f);
  return latent_node_get_output (node, 0);
}

/* [n, places, width] to [n, heads, places, width / heads], or with the last two the other way
 * round. */
static LatentValue *
split_heads (LatentLayers *self, const char *path, LatentValue *src,
    const LatentAttentionBlock *block, gboolean turned)
{
  const gint64 dims[] = {0, 0, block->n_heads, block->width / block->n_heads};
  const gint64 plain[] = {0, 2, 1, 3}, turn[] = {0, 2, 3, 1};
  g_autofree char *heads = g_strdup_printf ("%s/heads", path);
  g_autofree char *order = g_strdup_printf ("%s/order", path);

  src = latent_layers_reshape (self, heads, src, dims, 4);
  return latent_layers_transpose (self, order, src, turned ? turn : plain, 4);
}

static LatentValue *
project_heads (LatentLayers *self, const char *path, const char *name, LatentValue *src,
    const LatentAttentionBlock *block, gboolean turned)
{
  g_autofree char *full = g_strdup_printf ("%s/%s", path, name);
  LatentValue *value = latent_layers_tokens (self, full, src, block->width, block->width, NULL, 1);

  return split_heads (self, full, value, block, turned);
}

/* What each place takes from each: softmax (q k' / sqrt (width of a head) + mask). */
static LatentValue *
add_scores (LatentLayers *self, const char *path, LatentValue *query, LatentValue *key,
    const LatentAttentionBlock *block)
{
  double size = (double)block->width / (double)block->n_heads;
  g_autofree char *product = g_strdup_printf ("%s/product", path);
  g_autofree char *scaled = g_strdup_printf ("%s/scaled", path);
  g_autofree char *factor = g_strdup_printf ("%s/factor", path);
  g_autofree char *masked = g_strdup_printf ("%s/masked", path);
  LatentValue *scores = latent_layers_apply (self, "MatMul", product, query, key);

  scores = latent_layers_apply (self, "Mul", scaled, scores,
      latent_layers_constant (self, factor, latent_tensor_new_float ((float)(1 / sqrt (size)))));
  if (block->mask != NULL)
    scores = latent_layers_apply (self, "Add", masked, scores, block->mask);
  LatentNode *node = latent_layers_node (self, "Softmax", path, scores, NULL, NULL);
  latent_node_set_int (node, "axis", -1);
  return latent_node_get_output (node, 0);
}

LatentValue *
latent_layers_attention (
    LatentLayers *self, const char *path, LatentValue *src, const LatentAttentionBlock *block)
{
  g_autofree char *scores = g_strdup_printf ("%s/scores", path);
  g_autofree char *mixed = g_strdup_printf ("%s/mixed", path);
  g_autofree char *order = g_strdup_printf ("%s/mixed/order", path);
  g_autofree char *joined = g_strdup_printf ("%s/mixed/joined", path);
  LatentValue *query = project_heads (self, path, "query", src, block, FALSE);
  LatentValue *key = project_heads (self, path, "key", src, block, TRUE);
  LatentValue *values = project_heads (self, path, "value", src, block, FALSE);
  LatentValue *value = latent_layers_apply (
      self, "MatMul", mixed, add_scores (self, scores, query, key, block), values);

  value = latent_layers_transpose (self, order, value, (gint64[]){0, 2, 1, 3}, 4);
  value = latent_layers_reshape (self, joined, value, (gint64[]){0, 0, block->width}, 3);
  return latent_layers_tokens (self, path, value, block->width, block->width, NULL, block->gain);
}

LatentValue *
latent_layers_transformer (
    LatentLayers *self, const char *path, LatentValue *src, const LatentAttentionBlock *block)
{
  g_autofree char *norm1 = g_strdup_printf ("%s/norm1", path);
  g_autofree char *norm2 = g_strdup_printf ("%s/norm2", path);
  g_autofree char *attention = g_strdup_printf ("%s/attention", path);
  g_autofree char *sum = g_strdup_printf ("%s/sum", path);
  g_autofree char *wide = g_strdup_printf ("%s/wide", path);
  g_autofree char *narrow = g_strdup_printf ("%s/narrow", path);
  LatentValue *branch = latent_layers_norm (self, norm1, src, block->width);

  branch = latent_layers_attention (self, attention, branch, block);
  src = latent_layers_apply (self, "Add", sum, src, branch);
  branch = latent_layers_norm (self, norm2, src, block->width);
  branch = latent_layers_tokens (
      self, wide, branch, block->width, 4 * block->width, block->activation, 1);
  branch = latent_layers_tokens (
      self, narrow, branch, 4 * block->width, block->width, NULL, block->gain);
  return latent_layers_apply (self, "Add", path, src, branch);
}
