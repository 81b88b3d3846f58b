/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/exec/pass-weights.h"

#include <string.h>

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
