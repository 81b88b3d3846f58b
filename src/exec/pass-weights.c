/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/exec/pass-weights.h"

#include <string.h>

#include "src/dnn/emit.h"

gboolean
latent_node_is (const LatentNode *node, const char *op_type)
{
  return *node->domain == '\0' && strcmp (node->op_type, op_type) == 0;
}

gboolean
latent_pass_is_quantizer (const LatentNode *node)
{
  const LatentValue *scale;

  if (!latent_node_is (node, "QuantizeLinear") && !latent_node_is (node, "DequantizeLinear"))
    return FALSE;
  scale = latent_node_get_input (node, 1);
  return scale != NULL && scale->data != NULL && scale->data->n_elements == 1;
}

LatentNode *
latent_pass_get_only_producer (const LatentValue *value)
{
  if (value == NULL || value->producer == NULL || value->n_uses != 1 ||
      latent_node_get_output (value->producer, 0) != value)
    return NULL;
  return value->producer;
}

static gboolean
is_constant (const LatentValue *value)
{
  return value->data != NULL && value->type == LATENT_DATA_TYPE_FLOAT32;
}

gboolean
latent_pass_has_constant_weights (const LatentNode *node)
{
  const LatentValue *bias = latent_node_get_input (node, 2);
  return is_constant (latent_node_get_input (node, 1)) && (bias == NULL || is_constant (bias));
}

gint64
latent_pass_count_channels (const LatentNode *node)
{
  return latent_node_get_output (node, 0)->shape.dims[1];
}

gint64
latent_pass_get_channel (const LatentNode *node, gint64 i0, gint64 i1)
{
  const LatentShape *shape = &latent_node_get_input (node, 1)->shape;

  if (latent_node_is (node, "ConvTranspose")) {
    gint64 groups = latent_node_get_int (node, "group", 1);
    return i0 / (shape->dims[0] / groups) * shape->dims[1] + i1;
  }
  if (latent_node_is (node, "Gemm") && latent_node_get_int (node, "transB", 0) == 0)
    return i1;
  return i0;
}

LatentValue *
latent_pass_set_constant (
    LatentGraph *graph, LatentNode *node, guint i, const char *name, LatentTensor *tensor)
{
  LatentValue *value = latent_graph_add_constant (graph, name, tensor);

  while (node->inputs->len <= i)
    g_ptr_array_add (node->inputs, NULL);
  node->inputs->pdata[i] = value;
  value->n_uses = 1;
  latent_tensor_unref (tensor);
  return value;
}

LatentNode *
latent_pass_find_convolution (const LatentValue *value)
{
  LatentNode *node = latent_pass_get_only_producer (value);

  const LatentQuantization *quantization;

  while (node != NULL && (latent_dnn_is_eltwise (node) || latent_pass_is_quantizer (node)))
    node = latent_pass_get_only_producer (latent_node_get_input (node, 0));
  if (node == NULL || !latent_node_is (node, "Conv") ||
      latent_node_get_int (node, "group", 1) != 1 || !latent_pass_has_constant_weights (node))
    return NULL;
  quantization = latent_node_get_input (node, 1)->quantization;
  return quantization == NULL || quantization->n == 1 || quantization->axis == 0 ? node : NULL;
}

static LatentTensor *
permute_rows (const LatentTensor *old, const gint64 *rows, GError **error)
{
  LatentTensor *tensor = latent_tensor_new_shape (old->type, &old->shape, error);
  gsize n = (gsize)old->shape.dims[0], size = old->size / MAX (n, 1);
  guint8 *dst;

  if (tensor == NULL)
    return NULL;
  dst = latent_tensor_get_writable_data (tensor);
  for (gsize i = 0; i < n; i++)
    memcpy (dst + i * size, (const guint8 *)old->data + (gsize)rows[i] * size, size);
  return tensor;
}

static LatentQuantization *
permute_quantization (const LatentQuantization *from, const gint64 *rows)
{
  LatentQuantization *to = latent_quantization_copy (from);

  for (guint i = 0; from != NULL && from->n > 1 && i < from->n; i++) {
    to->scales[i] = from->scales[rows[i]];
    to->zero_points[i] = from->zero_points[rows[i]];
  }
  return to;
}

gboolean
latent_pass_permute_channels (
    LatentGraph *graph, LatentNode *conv, const gint64 *channels, GError **error)
{
  const LatentValue *old = latent_node_get_input (conv, 1);
  const LatentValue *old_bias = latent_node_get_input (conv, 2);
  g_autoptr (LatentTensor) bias = NULL;
  LatentTensor *weights = permute_rows (old->data, channels, error);

  if (weights == NULL)
    return FALSE;
  if (old_bias != NULL && (bias = permute_rows (old_bias->data, channels, error)) == NULL) {
    latent_tensor_unref (weights);
    return FALSE;
  }
  latent_value_set_quantization (
      latent_pass_set_constant (graph, conv, 1, "reordered weights", weights),
      permute_quantization (old->quantization, channels));
  if (bias != NULL)
    latent_pass_set_constant (graph, conv, 2, "reordered bias", g_steal_pointer (&bias));
  return TRUE;
}
