/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/exec/pass-weights.h"
#include "src/exec/passes.h"
#include "src/ops/quantize.h"

/* The QuantizeLinear that alone reads a value. */
static LatentNode *
find_quantizer (const LatentGraph *graph, const LatentValue *value)
{
  if (value->n_uses != 1 || value->type != LATENT_DATA_TYPE_FLOAT32)
    return NULL;
  for (guint i = 0; i < graph->nodes->len; i++) {
    LatentNode *node = g_ptr_array_index (graph->nodes, i);
    if (latent_node_get_input (node, 0) == value)
      return latent_node_is (node, "QuantizeLinear") && node->outputs->len == 1 ? node : NULL;
  }
  return NULL;
}

void
latent_pass_take_integers (LatentGraph *graph)
{
  LatentValue *input = graph->inputs->len > 0 ? g_ptr_array_index (graph->inputs, 0) : NULL;
  LatentNode *node = input != NULL ? find_quantizer (graph, input) : NULL;
  g_autoptr (LatentQuantization) quantization = node != NULL ? latent_quantize_read (node) : NULL;
  LatentValue *integers;

  if (quantization == NULL || quantization->n != 1)
    return;
  integers = latent_node_get_output (node, 0);
  if (g_ptr_array_find (graph->outputs, integers, NULL))
    return;
  input->type = integers->type;
  latent_value_set_quantization (input, g_steal_pointer (&quantization));
  g_ptr_array_set_size (node->outputs, 0); /* for prune: nobody needs it any more */
  latent_graph_replace_uses (graph, integers, input);
  latent_graph_prune (graph);
  latent_graph_index (graph);
}

/* A uint8 that stands for reals in these steps. */
static void
set_levels (LatentValue *value, float scale, guint8 zero_point)
{
  LatentQuantization *quantization = latent_quantization_new (1, 0);

  quantization->scales[0] = scale;
  quantization->zero_points[0] = zero_point;
  value->type = LATENT_DATA_TYPE_UINT8;
  latent_value_set_quantization (value, quantization);
}

gboolean
latent_pass_give_integers (LatentGraph *graph, float scale, guint8 zero_point, GError **error)
{
  LatentValue *output = graph->outputs->len == 1 ? g_ptr_array_index (graph->outputs, 0) : NULL;
  LatentValue *value = output;
  guint position = 0;

  if (value == NULL || value->n_uses != 1 || value->type != LATENT_DATA_TYPE_FLOAT32)
    return TRUE;
  if (value->producer != NULL && latent_node_is (value->producer, "DepthToSpace"))
    value = latent_node_get_input (value->producer, 0);
  if (value->n_uses != 1 || value->producer == NULL ||
      !latent_pass_can_make_levels (value->producer) ||
      !g_ptr_array_find (graph->nodes, value->producer, &position))
    return TRUE;
  set_levels (value, scale, zero_point);
  if (value != output)
    set_levels (output, scale, zero_point);
  if (!latent_pass_quantize_output (graph, position + 1, value->producer, error))
    return FALSE;
  latent_graph_index (graph);
  return TRUE;
}
