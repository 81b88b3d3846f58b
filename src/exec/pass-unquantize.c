/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/exec/pass-weights.h"
#include "src/exec/passes.h"

/* Puts DequantizeLinear before input `input` of a node; the new node stands at `position`. */
static gboolean
dequantize_input (LatentGraph *graph, guint position, LatentNode *node, guint input, GError **error)
{
  LatentValue *integers = latent_node_get_input (node, input), *value;
  LatentNode *quantizer = latent_pass_add_quantizer (
      graph, position, "DequantizeLinear", integers, error);

  if (quantizer == NULL)
    return FALSE;
  value = latent_pass_add_float (graph, integers);
  quantizer->inputs->pdata[0] = integers;
  latent_node_add_output (quantizer, value);
  value->producer = quantizer;
  node->inputs->pdata[input] = value;
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
  const gint8 *src = weights->data->data;
  float *dst;

  if (tensor == NULL)
    return FALSE;
  dst = latent_tensor_get_writable_data (tensor);
  for (gsize i = 0; i < tensor->n_elements; i++)
    dst[i] = (float)src[i] * from->scales[latent_quantization_find (from, shape, i)];
  latent_pass_set_constant (graph, node, 1, weights->name, tensor);
  return TRUE;
}

/* Whether a float32 is added to what then becomes integers. */
static gboolean
adds_reals (const LatentNode *node)
{
  for (guint i = 0; i < node->fused->len; i++) {
    const LatentNode *fused = g_ptr_array_index (node->fused, i);
    const LatentValue *value = latent_node_get_input (fused, 1);
    if (latent_node_is (fused, "Add") && value->data == NULL && !latent_value_is_integer (value))
      return latent_value_is_integer (latent_node_get_output (node, 0));
  }
  return FALSE;
}

gboolean
latent_pass_unquantize (LatentGraph *graph, guint i, GError **error)
{
  LatentNode *node = g_ptr_array_index (graph->nodes, i);

  if (adds_reals (node))
    return latent_pass_quantize_output (graph, i + 1, node, error);
  if (!dequantize_weights (graph, node, error))
    return FALSE;
  if (latent_value_is_integer (latent_node_get_output (node, 0)) &&
      !latent_pass_quantize_output (graph, i + 1, node, error))
    return FALSE;
  for (guint j = 0; j < node->fused->len; j++) {
    LatentNode *fused = g_ptr_array_index (node->fused, j);
    if (latent_value_is_integer (latent_node_get_input (fused, 1)) &&
        !dequantize_input (graph, i, fused, 1, error))
      return FALSE;
  }
  return dequantize_input (graph, i, node, 0, error);
}
