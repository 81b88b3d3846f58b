/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/model/model.h"

/* Small autoencoders made in memory. All are identities, so that what goes in must come out. */

static inline LatentValue *
test_add_input (LatentGraph *graph, const char *name, guint n_dims, const gint64 *dims)
{
  LatentValue *value = latent_graph_add_value (graph, name);

  value->type = LATENT_DATA_TYPE_FLOAT32;
  value->has_shape = TRUE;
  value->shape.n = n_dims;
  for (guint i = 0; i < n_dims; i++) {
    value->shape.dims[i] = dims[i];
    if (dims[i] < 0)
      value->symbols[i] = g_strdup_printf ("%s_%u", name, i);
  }
  g_ptr_array_add (graph->inputs, value);
  return value;
}

/* Appends a node; its output is a new value of that name. */
static inline LatentValue *
test_add_node (
    LatentGraph *graph, const char *op, const char *output, LatentValue *a, LatentValue *b)
{
  LatentNode *node = latent_graph_add_node (graph, op, output);
  LatentValue *value = latent_graph_add_value (graph, output);

  node->opset = graph->opset;
  latent_node_add_input (node, a);
  if (b)
    latent_node_add_input (node, b);
  latent_node_add_output (node, value);
  return value;
}

static inline LatentNode *
test_last_node (LatentGraph *graph)
{
  return g_ptr_array_index (graph->nodes, graph->nodes->len - 1);
}

/* A model whose output is `y`; keys is KEY, VALUE, ..., NULL. */
static inline LatentModel *
test_model_new (LatentGraph *graph, LatentValue *y, const char *const *keys)
{
  g_autoptr (GError) error = NULL;
  LatentModel *model;

  g_ptr_array_add (graph->outputs, y);
  if (!latent_graph_sort (graph, &error))
    g_error ("%s", error->message);
  model = latent_model_new_from_graph (graph, &error);
  for (guint i = 0; model && keys[i]; i += 2) {
    if (!latent_model_set_metadata (model, keys[i], keys[i + 1], &error))
      g_error ("%s", error->message);
  }
  if (!model)
    g_error ("%s", error->message);
  return model;
}

/* x -> Identity -> latent -> Identity -> y. */
static inline LatentModel *
test_identity_new (guint n_dims, const gint64 *dims, const char *const *keys)
{
  LatentGraph *graph = latent_graph_new ("identity", 17);
  LatentValue *x = test_add_input (graph, "x", n_dims, dims);
  LatentValue *latent = test_add_node (graph, "Identity", "latent", x, NULL);

  return test_model_new (graph, test_add_node (graph, "Identity", "y", latent, NULL), keys);
}

/* x -> SpaceToDepth -> latent -> DepthToSpace -> y: an identity with a stride. */
static inline LatentModel *
test_strided_new (const gint64 dims[4], gint64 stride, const char *const *keys)
{
  LatentGraph *graph = latent_graph_new ("strided", 17);
  LatentValue *x = test_add_input (graph, "x", 4, dims);
  LatentValue *latent = test_add_node (graph, "SpaceToDepth", "latent", x, NULL);
  LatentValue *y;

  latent_node_set_int (test_last_node (graph), "blocksize", stride);
  y = test_add_node (graph, "DepthToSpace", "y", latent, NULL);
  latent_node_set_int (test_last_node (graph), "blocksize", stride);
  return test_model_new (graph, y, keys);
}

/* Weights of a 1x1 convolution that copies its first channels, and gives 0 in those that it has
 * not. */
static inline LatentValue *
test_add_unit_weights (LatentGraph *graph, gint64 dst_channels, gint64 src_channels)
{
  LatentShape shape = {
      4, {dst_channels, src_channels, 1, 1}
  };
  g_autoptr (LatentTensor)
      weights = latent_tensor_new_shape (LATENT_DATA_TYPE_FLOAT32, &shape, NULL);
  float *data = latent_tensor_get_writable_data (weights);

  for (gint64 i = 0; i < MIN (dst_channels, src_channels); i++)
    data[i * src_channels + i] = 1;
  return latent_graph_add_constant (graph, "weights", weights);
}

/* x -> Conv -> latent -> Conv -> y, through 32 channels: what oneDNN has its own layouts for. */
static inline LatentModel *
test_convolved_new (const gint64 dims[4], const char *const *keys)
{
  LatentGraph *graph = latent_graph_new ("convolved", 17);
  LatentValue *x = test_add_input (graph, "x", 4, dims);
  LatentValue *latent = test_add_node (
      graph, "Conv", "latent", x, test_add_unit_weights (graph, 32, dims[1]));

  return test_model_new (graph,
      test_add_node (graph, "Conv", "y", latent, test_add_unit_weights (graph, dims[1], 32)), keys);
}

/* A pair of QuantizeLinear and DequantizeLinear, or the latter alone behind integers. */
static inline LatentValue *
test_add_pair (
    LatentGraph *graph, LatentValue *x, gboolean is_signed, float scale, gint zero, gboolean whole)
{
  LatentDataType type = is_signed ? LATENT_DATA_TYPE_INT8 : LATENT_DATA_TYPE_UINT8;
  LatentShape scalar = {0};
  g_autoptr (LatentTensor) step = latent_tensor_new_shape (LATENT_DATA_TYPE_FLOAT32, &scalar, NULL);
  g_autoptr (LatentTensor) point = latent_tensor_new_shape (type, &scalar, NULL);
  LatentValue *constants[2];

  *(float *)latent_tensor_get_writable_data (step) = scale;
  *(guint8 *)latent_tensor_get_writable_data (point) = (guint8)zero;
  constants[0] = latent_graph_add_constant (graph, "scale", step);
  constants[1] = latent_graph_add_constant (graph, "zero", point);
  if (whole) {
    x = test_add_node (graph, "QuantizeLinear", "quantized", x, constants[0]);
    latent_node_add_input (test_last_node (graph), constants[1]);
  }
  x = test_add_node (graph, "DequantizeLinear", "dequantized", x, constants[0]);
  latent_node_add_input (test_last_node (graph), constants[1]);
  return x;
}

/* Weights of test_add_unit_weights(), times `scale`, as integers. */
static inline LatentValue *
test_add_unit_integers (LatentGraph *graph, gint64 dst_channels, gint64 src_channels, float scale)
{
  LatentValue *weights = test_add_unit_weights (graph, dst_channels, src_channels);
  g_autoptr (LatentTensor)
      integers = latent_tensor_new_shape (LATENT_DATA_TYPE_INT8, &weights->shape, NULL);
  gint8 *data = latent_tensor_get_writable_data (integers);

  for (gsize i = 0; i < integers->n_elements; i++)
    data[i] = ((const float *)weights->data->data)[i] > 0 ? 127 : 0;
  return test_add_pair (
      graph, latent_graph_add_constant (graph, "integers", integers), TRUE, scale / 127, 0, FALSE);
}

/* As test_convolved_new(), the first convolution reading integers, of which the level of a pixel is
 * one. */
static inline LatentModel *
test_quantised_new (const gint64 dims[4], gboolean is_signed, const char *const *keys)
{
  LatentGraph *graph = latent_graph_new ("quantised", 17);
  LatentValue *x = test_add_input (graph, "x", 4, dims);
  LatentValue *latent = test_add_node (graph, "Conv", "latent",
      test_add_pair (graph, x, is_signed, 1.0f / 255, is_signed ? -128 : 0, TRUE),
      test_add_unit_integers (graph, 32, dims[1], 1));

  return test_model_new (graph,
      test_add_node (graph, "Conv", "y", latent, test_add_unit_weights (graph, dims[1], 32)), keys);
}

/* x -> SpaceToDepth -> Conv -> latent -> Conv, both of integers that are levels -> DepthToSpace ->
 * y; no depth where `block` is 1. `adds`: half of the result comes by way of a Conv of reals. */
static inline LatentModel *
test_levels_new (const gint64 dims[4], gint64 block, gboolean adds, const char *const *keys)
{
  LatentGraph *graph = latent_graph_new ("levels", 17);
  const gint64 depth = dims[1] * block * block, wide = 32 * block * block;
  LatentValue *x = test_add_input (graph, "x", 4, dims), *latent, *reals = NULL, *y;

  if (block > 1) {
    x = test_add_node (graph, "SpaceToDepth", "depth", x, NULL);
    latent_node_set_int (test_last_node (graph), "blocksize", block);
  }
  latent = test_add_node (graph, "Conv", "latent",
      test_add_pair (graph, x, FALSE, 1.0f / 255, 0, TRUE),
      test_add_unit_integers (graph, wide, depth, adds ? 0.5f : 1));
  if (adds)
    reals = test_add_node (
        graph, "Conv", "reals", latent, test_add_unit_weights (graph, depth, wide));
  y = test_add_node (graph, "Conv", "product",
      test_add_pair (graph, latent, FALSE, adds ? 0.5f / 255 : 1.0f / 255, 0, TRUE),
      test_add_unit_integers (graph, depth, wide, 1));
  if (adds)
    y = test_add_node (graph, "Add", "sum", y, reals);
  if (block > 1) {
    y = test_add_node (graph, "DepthToSpace", "y", y, NULL);
    latent_node_set_int (test_last_node (graph), "blocksize", block);
  }
  return test_model_new (graph, y, keys);
}

/* x -> Reshape to `flat` -> latent -> Reshape to `dims` -> y: with a batch of 1 written into the
 * net. */
static inline LatentModel *
test_reshaped_new (guint n_dims, const gint64 *dims, const gint64 *flat, const char *const *keys)
{
  LatentGraph *graph = latent_graph_new ("reshaped", 17);
  LatentValue *x = test_add_input (graph, "x", n_dims, dims);
  g_autoptr (LatentTensor) to = latent_tensor_new_int64s (flat, 2);
  g_autoptr (LatentTensor) back = latent_tensor_new_int64s (dims, n_dims);
  LatentValue *latent = test_add_node (
      graph, "Reshape", "latent", x, latent_graph_add_constant (graph, "to", to));

  return test_model_new (graph,
      test_add_node (
          graph, "Reshape", "y", latent, latent_graph_add_constant (graph, "back", back)),
      keys);
}
