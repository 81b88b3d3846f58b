/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/exec/pass-weights.h"
#include "src/exec/passes.h"

/* A node of one kind, with the scale and zero point of `integers`, at `position`. */
static LatentNode *
add_quantizer (LatentGraph *graph, guint position, const char *op_type, const LatentValue *integers,
    GError **error)
{
  const LatentQuantization *quantization = integers->quantization;
  const LatentShape scalar = {0};
  LatentTensor *scale = latent_tensor_new_shape (LATENT_DATA_TYPE_FLOAT32, &scalar, error);
  LatentTensor *zero_point = latent_tensor_new_shape (integers->type, &scalar, error);
  LatentNode *node;

  if (scale == NULL || zero_point == NULL) {
    g_clear_pointer (&scale, latent_tensor_unref);
    g_clear_pointer (&zero_point, latent_tensor_unref);
    return NULL;
  }
  *(float *)latent_tensor_get_writable_data (scale) = quantization->scales[0];
  *(guint8 *)latent_tensor_get_writable_data (zero_point) = (guint8)quantization->zero_points[0];
  node = latent_graph_add_node (graph, op_type, integers->name);
  node->opset = 13;
  latent_node_add_input (node, NULL);
  latent_pass_set_constant (graph, node, 1, "scale", scale);
  latent_pass_set_constant (graph, node, 2, "zero point", zero_point);
  g_ptr_array_steal_index (graph->nodes, graph->nodes->len - 1);
  g_ptr_array_insert (graph->nodes, (gint)position, node);
  return node;
}

static LatentValue *
add_float (LatentGraph *graph, const LatentValue *like)
{
  LatentValue *value = latent_graph_add_value (graph, like->name);

  value->type = LATENT_DATA_TYPE_FLOAT32;
  value->shape = like->shape;
  value->has_shape = TRUE;
  value->n_uses = 1;
  return value;
}

/* Puts DequantizeLinear before input `input` of a node; the new node stands at `position`. */
static gboolean
dequantize_input (LatentGraph *graph, guint position, LatentNode *node, guint input, GError **error)
{
  LatentValue *integers = latent_node_get_input (node, input), *value;
  LatentNode *quantizer = add_quantizer (graph, position, "DequantizeLinear", integers, error);

  if (quantizer == NULL)
    return FALSE;
  value = add_float (graph, integers);
  quantizer->inputs->pdata[0] = integers;
  latent_node_add_output (quantizer, value);
  value->producer = quantizer;
  node->inputs->pdata[input] = value;
  return TRUE;
}

static gboolean
quantize_output (LatentGraph *graph, guint position, LatentNode *node, GError **error)
{
  LatentValue *integers = latent_node_get_output (node, 0), *value;
  LatentNode *quantizer = add_quantizer (graph, position, "QuantizeLinear", integers, error);

  if (quantizer == NULL)
    return FALSE;
  value = add_float (graph, integers);
  value->producer = node;
  node->outputs->pdata[0] = value;
  if (node->fused->len > 0) { /* whose result the node's is, once it is no longer fused */
    LatentNode *last = g_ptr_array_index (node->fused, node->fused->len - 1);
    last->outputs->pdata[0] = value;
  }
  quantizer->inputs->pdata[0] = value;
  latent_node_add_output (quantizer, integers);
  integers->producer = quantizer;
  return TRUE;
}

/* The reals that integers with zero points 0 stand for. */
static gboolean
dequantize_weights (LatentGraph *graph, LatentNode *node, GError **error)
{
  const LatentValue *weights = latent_node_get_input (node, 1);
  const LatentQuantization *from = weights->quantization;
  const LatentShape *shape = &weights->shape;
  LatentTensor *tensor = latent_tensor_new_shape (LATENT_DATA_TYPE_FLOAT32, shape, error);
  gsize inner = latent_shape_product (shape, from->axis + 1, shape->n);
  const gint8 *src = weights->data->data;
  float *dst;

  if (tensor == NULL)
    return FALSE;
  dst = latent_tensor_get_writable_data (tensor);
  for (gsize i = 0; i < tensor->n_elements; i++)
    dst[i] = (float)src[i] * from->scales[from->n == 1 ? 0 : i / inner % from->n];
  latent_pass_set_constant (graph, node, 1, weights->name, tensor);
  return TRUE;
}

gboolean
latent_pass_unquantize (LatentGraph *graph, guint i, GError **error)
{
  LatentNode *node = g_ptr_array_index (graph->nodes, i);

  if (!dequantize_weights (graph, node, error))
    return FALSE;
  if (latent_value_is_integer (latent_node_get_output (node, 0)) &&
      !quantize_output (graph, i + 1, node, error))
    return FALSE;
  for (guint j = 0; j < node->fused->len; j++) {
    LatentNode *fused = g_ptr_array_index (node->fused, j);
    if (latent_value_is_integer (latent_node_get_input (fused, 1)) &&
        !dequantize_input (graph, i, fused, 1, error))
      return FALSE;
  }
  return dequantize_input (graph, i, node, 0, error);
}
