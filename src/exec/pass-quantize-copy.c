/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/exec/pass-weights.h"
#include "src/exec/passes.h"
#include "src/ops/quantize.h"

/* Whether a QuantizeLinear makes, with one scale, the integers that its output says it has. */
static gboolean
makes_integers (const LatentNode *node)
{
  const LatentValue *integers = latent_node_get_output (node, 0);
  g_autoptr (LatentQuantization) quantization = NULL;

  if (!latent_node_is (node, "QuantizeLinear") || node->outputs->len != 1 ||
      !latent_value_is_integer (integers))
    return FALSE;
  quantization = latent_quantize_read (node);
  return quantization != NULL && quantization->n == 1 &&
         latent_quantization_equal (quantization, integers->quantization);
}

/* The first node from `begin` on that makes integers of a value. */
static LatentNode *
find_quantizer (const LatentGraph *graph, guint begin, const LatentValue *value)
{
  for (guint i = begin; i < graph->nodes->len; i++) {
    LatentNode *node = g_ptr_array_index (graph->nodes, i);
    if (latent_node_get_input (node, 0) == value && makes_integers (node))
      return node;
  }
  return NULL;
}

/* Whether a node moves floats in one pass, into a value that more than one node reads. */
static gboolean
moves_floats (const LatentNode *node)
{
  const LatentValue *value = latent_node_get_output (node, 0);

  return (latent_node_is (node, "DepthToSpace") || latent_node_is (node, "SpaceToDepth")) &&
         node->outputs->len == 1 && node->fused->len == 0 && value != NULL && value->n_uses > 1 &&
         value->type == LATENT_DATA_TYPE_FLOAT32 &&
         latent_shape_product (&value->shape, 0, value->shape.n) > 0;
}

void
latent_pass_quantize_copies (LatentGraph *graph)
{
  for (guint i = 0; i < graph->nodes->len; i++) {
    LatentNode *node = g_ptr_array_index (graph->nodes, i), *quantizer = NULL;
    if (moves_floats (node))
      quantizer = find_quantizer (graph, i + 1, latent_node_get_output (node, 0));
    if (quantizer == NULL)
      continue;
    latent_node_add_output (node, latent_node_get_output (quantizer, 0));
    g_ptr_array_set_size (quantizer->outputs, 0); /* for prune: nobody needs it any more */
    latent_graph_index (graph);
  }
  latent_graph_prune (graph);
  latent_graph_index (graph);
}
