/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/exec/pass-weights.h"

LatentNode *
latent_pass_add_quantizer (LatentGraph *graph, guint position, const char *op_type,
    const LatentValue *integers, GError **error)
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

LatentValue *
latent_pass_add_float (LatentGraph *graph, const LatentValue *like)
{
  LatentValue *value = latent_graph_add_value (graph, like->name);

  value->type = LATENT_DATA_TYPE_FLOAT32;
  value->shape = like->shape;
  value->has_shape = TRUE;
  value->n_uses = 1;
  return value;
}

gboolean
latent_pass_quantize_output (LatentGraph *graph, guint position, LatentNode *node, GError **error)
{
  LatentValue *integers = latent_node_get_output (node, 0), *value;
  LatentNode *quantizer = latent_pass_add_quantizer (
      graph, position, "QuantizeLinear", integers, error);

  if (quantizer == NULL)
    return FALSE;
  value = latent_pass_add_float (graph, integers);
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
