/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/exec/passes.h"

/* Identity, and Dropout whose mask nobody asks for. */
static gboolean
does_nothing (const LatentNode *node)
{
  const LatentValue *mask = latent_node_get_output (node, 1);

  if (*node->domain != '\0')
    return FALSE;
  return strcmp (node->op_type, "Identity") == 0 ||
         (strcmp (node->op_type, "Dropout") == 0 && (mask == NULL || mask->n_uses == 0));
}

/* Replaces a node's inputs that have a stand-in. */
static void
replace_inputs (LatentNode *node, GHashTable *stand_ins)
{
  for (guint i = 0; i < node->inputs->len; i++) {
    gpointer with = g_hash_table_lookup (stand_ins, node->inputs->pdata[i]);
    if (with != NULL)
      node->inputs->pdata[i] = with;
  }
}

void
latent_pass_drop (LatentGraph *graph)
{
  g_autoptr (GHashTable) stand_ins = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < graph->nodes->len; i++) {
    LatentNode *node = g_ptr_array_index (graph->nodes, i);
    LatentValue *dst = latent_node_get_output (node, 0);
    replace_inputs (node, stand_ins);
    if (does_nothing (node) && dst != NULL && !g_ptr_array_find (graph->outputs, dst, NULL))
      g_hash_table_insert (stand_ins, dst, latent_node_get_input (node, 0));
  }
  latent_graph_prune (graph);
}
