/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/exec/pass-weights.h"
#include "src/exec/passes.h"
#include "src/ops/quantize.h"

/* What makes each element of its output from one of its data inputs, untouched, or from the
 * greatest of some: it does to integers what it does to the reals that they stand for. `all`: every
 * input is data, else the first alone. */
static const struct {
  const char *op_type;
  gboolean all;
} movers[] = {
    {"Reshape",      FALSE},
    {"Flatten",      FALSE},
    {"Squeeze",      FALSE},
    {"Unsqueeze",    FALSE},
    {"Transpose",    FALSE},
    {"DepthToSpace", FALSE},
    {"SpaceToDepth", FALSE},
    {"Slice",        FALSE},
    {"Tile",         FALSE},
    {"Expand",       FALSE},
    {"MaxPool",      FALSE},
    {"Concat",       TRUE },
};

/* How many data inputs a node has that moves them, 0 for another one. */
static guint
count_data (const LatentNode *node)
{
  if (node->outputs->len != 1 || node->fused->len > 0 || node->inputs->len == 0)
    return 0;
  for (guint i = 0; i < G_N_ELEMENTS (movers); i++)
    if (latent_node_is (node, movers[i].op_type))
      return movers[i].all ? node->inputs->len : 1;
  return 0;
}

/* MaxPool knows bytes from opset 12 on. */
static gboolean
moves_bytes (const LatentNode *node)
{
  return !latent_node_is (node, "MaxPool") || node->opset >= 12;
}

/* The node that makes input i where it is one for all elements, of 8 bits. */
static LatentNode *
get_maker (const LatentNode *node, guint i, const char *op_type)
{
  const LatentValue *value = latent_node_get_input (node, i);
  LatentNode *maker = value != NULL ? value->producer : NULL;

  if (maker == NULL || !latent_node_is (maker, op_type) || !latent_pass_is_quantizer (maker))
    return NULL;
  return maker;
}

/* Whether both say the same of the same kind of integers. */
static gboolean
agree (const LatentNode *a, const LatentNode *b)
{
  g_autoptr (LatentQuantization) own = latent_quantize_read (a);
  g_autoptr (LatentQuantization) other = latent_quantize_read (b);
  const LatentValue *x = latent_node_is (a, "QuantizeLinear") ? latent_node_get_output (a, 0)
                                                              : latent_node_get_input (a, 0);
  const LatentValue *y = latent_node_is (b, "QuantizeLinear") ? latent_node_get_output (b, 0)
                                                              : latent_node_get_input (b, 0);

  return own != NULL && other != NULL && x->type == y->type &&
         latent_quantization_equal (own, other);
}

static LatentNode *
copy_quantizer (LatentGraph *graph, guint position, const LatentNode *old)
{
  LatentNode *node = latent_graph_add_node (graph, old->op_type, old->name);

  node->opset = old->opset;
  for (guint i = 0; i < old->inputs->len; i++)
    latent_node_add_input (node, latent_node_get_input (old, i));
  g_ptr_array_steal_index (graph->nodes, graph->nodes->len - 1);
  g_ptr_array_insert (graph->nodes, (gint)position, node);
  return node;
}

/* q -> DequantizeLinear -> x -> node i -> y becomes q -> node i -> z -> DequantizeLinear -> y. */
static void
sink (LatentGraph *graph, guint i)
{
  LatentNode *node = g_ptr_array_index (graph->nodes, i), *copy;
  guint n = count_data (node);
  const LatentNode *first = n > 0 ? get_maker (node, 0, "DequantizeLinear") : NULL;
  LatentValue *y = latent_node_get_output (node, 0), *z;

  if (first == NULL || y == NULL || !moves_bytes (node))
    return;
  for (guint j = 0; j < n; j++) {
    const LatentNode *maker = get_maker (node, j, "DequantizeLinear");
    if (maker == NULL || !agree (maker, first))
      return;
  }
  z = latent_graph_add_value (graph, y->name);
  z->type = latent_node_get_input (first, 0)->type;
  z->shape = y->shape;
  z->has_shape = TRUE;
  z->producer = node;
  copy = copy_quantizer (graph, i + 1, first);
  for (guint j = 0; j < n; j++)
    node->inputs->pdata[j] = latent_node_get_input (latent_node_get_input (node, j)->producer, 0);
  node->outputs->pdata[0] = z;
  copy->inputs->pdata[0] = z;
  latent_node_add_output (copy, y);
  y->producer = copy;
  latent_graph_index (graph);
}

/* x -> node -> y -> QuantizeLinear i -> q becomes x -> QuantizeLinear -> y -> node -> q, as often
 * as it goes. */
static void
rise (LatentGraph *graph, guint i)
{
  LatentNode *node = g_ptr_array_index (graph->nodes, i);

  while (latent_node_is (node, "QuantizeLinear") && node->outputs->len == 1 &&
         latent_pass_is_quantizer (node)) {
    LatentValue *y = latent_node_get_input (node, 0), *q = latent_node_get_output (node, 0);
    LatentNode *mover = latent_pass_get_only_producer (y);
    g_autoptr (LatentQuantization) quantization = latent_quantize_read (node);
    LatentValue *x;
    guint position = 0;
    if (mover == NULL || quantization == NULL || count_data (mover) != 1 || !moves_bytes (mover))
      return;
    x = latent_node_get_input (mover, 0);
    if (x->type != LATENT_DATA_TYPE_FLOAT32)
      return;
    node->inputs->pdata[0] = x;
    node->outputs->pdata[0] = y;
    y->type = q->type;
    y->shape = x->shape;
    y->producer = node;
    mover->inputs->pdata[0] = y;
    mover->outputs->pdata[0] = q;
    q->producer = mover;
    g_ptr_array_find (graph->nodes, mover, &position);
    graph->nodes->pdata[position] = node;
    graph->nodes->pdata[i] = mover;
    i = position;
  }
}

/* QuantizeLinear of what DequantizeLinear made, both agreeing, gives the integers back. */
static void
cancel (LatentGraph *graph, LatentNode *node)
{
  const LatentNode *maker;
  LatentValue *q = latent_node_get_output (node, 0);

  if (!latent_node_is (node, "QuantizeLinear") || !latent_pass_is_quantizer (node) || q == NULL ||
      g_ptr_array_find (graph->outputs, q, NULL))
    return;
  maker = get_maker (node, 0, "DequantizeLinear");
  if (maker == NULL || !agree (node, maker))
    return;
  latent_graph_replace_uses (graph, q, latent_node_get_input (maker, 0));
  g_ptr_array_set_size (node->outputs, 0); /* for prune: nobody needs it any more */
}

/* Whether a value is added to what a DepthToSpace makes. */
static gboolean
is_added_to_pixels (const LatentGraph *graph, const LatentValue *value)
{
  for (guint i = 0; i < graph->nodes->len; i++) {
    const LatentNode *node = g_ptr_array_index (graph->nodes, i);
    for (guint j = 0; j < 2 && node->inputs->len == 2 && latent_node_is (node, "Add"); j++) {
      const LatentValue *other = latent_node_get_input (node, 1 - j);
      if (latent_node_get_input (node, j) == value && other->producer != NULL &&
          latent_node_is (other->producer, "DepthToSpace"))
        return TRUE;
    }
  }
  return FALSE;
}

/* x -> QuantizeLinear -> y -> SpaceToDepth i -> q becomes x -> SpaceToDepth -> y -> QuantizeLinear
 * -> q where latent_pass_depth() makes one pass over pixels of what then reads x. */
static void
lower (LatentGraph *graph, guint i)
{
  LatentNode *mover = g_ptr_array_index (graph->nodes, i), *node;
  LatentValue *q = latent_node_get_output (mover, 0), *y, *x;
  guint position = 0;

  if (!latent_node_is (mover, "SpaceToDepth") || q == NULL)
    return;
  y = latent_node_get_input (mover, 0);
  node = latent_pass_get_only_producer (y);
  if (node == NULL || !latent_node_is (node, "QuantizeLinear") || !latent_pass_is_quantizer (node))
    return;
  x = latent_node_get_input (node, 0);
  if (x->n_uses < 2 || !is_added_to_pixels (graph, x))
    return;
  mover->inputs->pdata[0] = x;
  mover->outputs->pdata[0] = y;
  y->type = x->type;
  y->shape = q->shape;
  y->producer = mover;
  node->inputs->pdata[0] = y;
  node->outputs->pdata[0] = q;
  q->producer = node;
  g_ptr_array_find (graph->nodes, node, &position);
  graph->nodes->pdata[position] = mover;
  graph->nodes->pdata[i] = node;
}

void
latent_pass_move_quantizers (LatentGraph *graph)
{
  for (guint i = 0; i < graph->nodes->len; i++)
    sink (graph, i);
  for (guint i = 0; i < graph->nodes->len; i++)
    rise (graph, i);
  for (guint i = 0; i < graph->nodes->len; i++)
    cancel (graph, g_ptr_array_index (graph->nodes, i));
  latent_graph_prune (graph);
  latent_graph_index (graph);
  for (guint i = 0; i < graph->nodes->len; i++)
    lower (graph, i);
}
