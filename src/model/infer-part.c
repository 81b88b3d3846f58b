/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/model/private.h"

static void
note_symbols (GHashTable *sizes, const LatentValue *value, const LatentShape *shape)
{
  for (guint i = 0; i < shape->n; i++)
    if (value->symbols[i] != NULL)
      g_hash_table_insert (sizes, value->symbols[i], (gpointer)&shape->dims[i]);
}

static gboolean
set_entry (LatentGraph *part, GHashTable *sizes, const char *entry, const LatentShape *shape,
    GError **error)
{
  LatentValue *value = latent_graph_find_value (part, entry);

  note_symbols (sizes, value, shape);
  value->shape = *shape;
  value->has_shape = TRUE;
  return latent_shape_count (shape, value->type, NULL, NULL, error);
}

static gboolean
set_others (LatentGraph *part, GHashTable *sizes, const char *entry, GError **error)
{
  for (guint i = 0; i < part->inputs->len; i++) {
    LatentValue *value = part->inputs->pdata[i];
    if (g_str_equal (value->name, entry))
      continue;
    if (!value->has_shape) {
      g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
          "graph input '%s' does not even say how many dimensions it has", value->name);
      return FALSE;
    }
    for (guint j = 0; j < value->shape.n; j++) {
      const gint64 *size = value->symbols[j] != NULL
                               ? g_hash_table_lookup (sizes, value->symbols[j])
                               : NULL;
      if (value->shape.dims[j] < 0)
        value->shape.dims[j] = size != NULL ? *size : 1;
    }
  }
  return TRUE;
}

LatentGraph *
latent_graph_infer_part (const LatentGraph *graph, const char *const *inputs,
    const char *const *outputs, const char *entry, const LatentShape *shape, GError **error)
{
  g_autoptr (LatentGraph) part = latent_graph_cut (graph, inputs, outputs, error);
  g_autoptr (GHashTable) sizes = g_hash_table_new (g_str_hash, g_str_equal);

  if (part == NULL || !set_entry (part, sizes, entry, shape, error) ||
      !set_others (part, sizes, entry, error) || !latent_exec_infer (part, error))
    return NULL;
  return g_steal_pointer (&part);
}

/* The outputs of nodes that depend on constants alone. */
static GPtrArray *
list_constants (const LatentGraph *graph)
{
  g_autoptr (GHashTable) variable = g_hash_table_new (NULL, NULL);
  GPtrArray *names = g_ptr_array_new ();

  for (guint i = 0; i < graph->inputs->len; i++)
    g_hash_table_add (variable, graph->inputs->pdata[i]);
  for (guint i = 0; i < graph->nodes->len; i++) { /* sorted */
    const LatentNode *node = graph->nodes->pdata[i];
    gboolean is_variable = FALSE;
    for (guint j = 0; j < node->inputs->len && !is_variable; j++)
      is_variable = g_hash_table_contains (variable, node->inputs->pdata[j]);
    for (guint j = 0; j < node->outputs->len; j++)
      if (is_variable)
        g_hash_table_add (variable, node->outputs->pdata[j]);
      else if (node->outputs->pdata[j] != NULL)
        g_ptr_array_add (names, ((LatentValue *)node->outputs->pdata[j])->name);
  }
  return names;
}

static void
set_constant (LatentValue *dst, const LatentValue *src)
{
  guint i = 0;

  if (src == NULL || src->data == NULL || dst->producer == NULL)
    return;
  dst->data = latent_tensor_ref (src->data);
  dst->type = src->type;
  dst->shape = src->shape;
  dst->has_shape = TRUE;
  if (g_ptr_array_find (dst->producer->outputs, dst, &i))
    dst->producer->outputs->pdata[i] = NULL; /* nothing leads to the node any more */
}

LatentGraph *
latent_graph_fold_constants (const LatentGraph *graph, GError **error)
{
  static const char *const no_inputs[] = {NULL};
  g_autoptr (GPtrArray) names = list_constants (graph);
  g_autoptr (LatentGraph) folded = NULL;
  LatentGraph *copy;

  g_ptr_array_add (names, NULL);
  folded = latent_graph_cut (graph, no_inputs, (const char *const *)names->pdata, error);
  if (folded == NULL || !latent_exec_infer (folded, error))
    return NULL;
  copy = latent_graph_copy (graph);
  for (guint i = 0; names->pdata[i] != NULL; i++)
    set_constant (latent_graph_find_value (copy, names->pdata[i]),
        latent_graph_find_value (folded, names->pdata[i]));
  latent_graph_index (copy);
  return copy;
}
