/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/dnn/emit.h"
#include "src/exec/passes.h"

/* What can have something fused into it, and whether a residual Add can be. */
static const struct {
  const char *op_type;
  gboolean adds;
} hosts[] = {
    {"Conv",   TRUE },
    {"Gemm",   TRUE },
    {"MatMul", TRUE },
    {"Add",    FALSE},
    {"Sub",    FALSE},
    {"Mul",    FALSE},
};

static gboolean
is_host (const LatentNode *node, gboolean adds)
{
  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++)
    if (strcmp (hosts[i].op_type, node->op_type) == 0)
      return *node->domain == '\0' && (!adds || hosts[i].adds);
  return FALSE;
}

static gboolean
has_add (const LatentNode *node)
{
  for (guint i = 0; i < node->fused->len; i++) {
    const LatentNode *fused = g_ptr_array_index (node->fused, i);
    if (strcmp (fused->op_type, "Add") == 0 && !latent_dnn_is_eltwise (fused))
      return TRUE;
  }
  return FALSE;
}

/* One number for each column, of a constant: the bias of a MatMul. */
static gboolean
is_column_bias (const LatentValue *value, const LatentShape *dst)
{
  const LatentShape *shape = &value->shape;

  return value->data != NULL && shape->n >= 1 && shape->n <= dst->n &&
         shape->dims[shape->n - 1] == dst->dims[dst->n - 1] &&
         latent_shape_product (shape, 0, shape->n - 1) == 1;
}

/* Whether `node` may be fused into what makes its input i. */
static gboolean
fits (const LatentNode *node, guint i)
{
  const LatentValue *value = latent_node_get_input (node, i);
  gboolean maps = latent_dnn_is_eltwise (node);
  gboolean adds = !maps && strcmp (node->op_type, "Add") == 0;
  const LatentNode *host = value != NULL ? value->producer : NULL;
  const LatentValue *other;

  if (host == NULL || value->n_uses != 1 || value->type != LATENT_DATA_TYPE_FLOAT32 ||
      latent_node_get_output (host, 0) != value || !is_host (host, adds))
    return FALSE;
  if (!adds)
    return i == 0 && maps;
  other = latent_node_get_input (node, 1 - i);
  if (has_add (host))
    return FALSE;
  if (strcmp (host->op_type, "MatMul") == 0 && host->fused->len == 0 &&
      is_column_bias (other, &value->shape))
    return TRUE;
  return other->data == NULL && latent_shape_equal (&value->shape, &other->shape);
}

static void
move_behind (GPtrArray *nodes, LatentNode *host, guint position)
{
  guint index = 0;

  g_ptr_array_find (nodes, host, &index);
  g_ptr_array_steal_index (nodes, index);
  g_ptr_array_insert (nodes, (gint)position, host);
}

static void
swap_inputs (LatentNode *node)
{
  gpointer first = node->inputs->pdata[0];

  node->inputs->pdata[0] = node->inputs->pdata[1];
  node->inputs->pdata[1] = first;
}

/* Makes node i of the graph part of the one that makes its input, which comes to stand in its
 * place: what else it reads is made by then. */
static void
fuse (LatentGraph *graph, guint i, guint input)
{
  LatentNode *node = g_ptr_array_steal_index (graph->nodes, i);
  LatentValue *value = latent_node_get_input (node, input);
  LatentNode *host = value->producer;

  if (input == 1)
    swap_inputs (node);
  g_ptr_array_add (host->fused, node);
  value->producer = NULL;
  host->outputs->pdata[0] = latent_node_get_output (node, 0);
  latent_node_get_output (node, 0)->producer = host;
  move_behind (graph->nodes, host, i - 1);
}

/* Which of two inputs to fuse through: the one made last, so that the other's memory is there to be
 * added to. */
static gint
choose_input (const LatentGraph *graph, const LatentNode *node)
{
  gboolean first = fits (node, 0);
  gboolean second = node->inputs->len == 2 && strcmp (node->op_type, "Add") == 0 && fits (node, 1);
  guint a = 0, b = 0;

  if (first && second) {
    g_ptr_array_find (graph->nodes, latent_node_get_input (node, 0)->producer, &a);
    g_ptr_array_find (graph->nodes, latent_node_get_input (node, 1)->producer, &b);
    return a > b ? 0 : 1;
  }
  return first ? 0 : second ? 1 : -1;
}

void
latent_pass_fuse (LatentGraph *graph)
{
  for (guint i = 0; i < graph->nodes->len;) {
    LatentNode *node = g_ptr_array_index (graph->nodes, i);
    gint input = *node->domain == '\0' && node->outputs->len > 0 &&
                         latent_node_get_output (node, 0) != NULL
                     ? choose_input (graph, node)
                     : -1;
    if (input >= 0)
      fuse (graph, i, (guint)input);
    else
      i++;
  }
  latent_graph_index (graph);
}

void
latent_pass_unfuse (LatentGraph *graph, guint i)
{
  LatentNode *node = g_ptr_array_index (graph->nodes, i);
  LatentNode *last = g_ptr_array_steal_index (node->fused, node->fused->len - 1);
  LatentValue *value = latent_node_get_input (last, 0);

  node->outputs->pdata[0] = value;
  value->producer = node;
  latent_node_get_output (last, 0)->producer = last;
  g_ptr_array_insert (graph->nodes, (gint)i + 1, last);
}
