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
