/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/graph/private.h"

static void
count_uses (const GPtrArray *values)
{
  for (guint i = 0; i < values->len; i++)
    if (values->pdata[i] != NULL)
      ((LatentValue *)values->pdata[i])->n_uses++;
}

void
latent_graph_index (LatentGraph *self)
{
  for (guint i = 0; i < self->values->len; i++) {
    LatentValue *value = self->values->pdata[i];
    value->producer = NULL;
    value->n_uses = 0;
  }
  for (guint i = 0; i < self->nodes->len; i++) {
    LatentNode *node = self->nodes->pdata[i];
    count_uses (node->inputs);
    for (guint j = 0; j < node->fused->len; j++)
      count_uses (((LatentNode *)node->fused->pdata[j])->inputs);
    for (guint j = 0; j < node->outputs->len; j++)
      if (node->outputs->pdata[j] != NULL)
        ((LatentValue *)node->outputs->pdata[j])->producer = node;
  }
  count_uses (self->outputs);
}

static gboolean
fail (GError **error, const LatentNode *node, const char *role, const LatentValue *value,
    const char *what)
{
  g_autofree char *text = latent_node_describe (node);

  g_set_error (
      error, LATENT_ERROR, LATENT_ERROR_FORMAT, "%s: %s '%s' %s", text, role, value->name, what);
  return FALSE;
}

/* Every value has one maker: an input, a constant, or one node. Sets producer. */
static gboolean
check_makers (LatentGraph *self, GHashTable *inputs, GError **error)
{
  for (guint i = 0; i < self->values->len; i++)
    ((LatentValue *)self->values->pdata[i])->producer = NULL;
  for (guint i = 0; i < self->nodes->len; i++) {
    LatentNode *node = self->nodes->pdata[i];
    for (guint j = 0; j < node->outputs->len; j++) {
      LatentValue *value = node->outputs->pdata[j];
      if (value == NULL)
        continue;
      if (value->producer != NULL)
        return fail (error, node, "output", value, "is made by another node too");
      if (value->data != NULL || g_hash_table_contains (inputs, value))
        return fail (error, node, "output", value, "is an input or initialiser of the graph too");
      value->producer = node;
    }
  }
  return TRUE;
}

static gboolean
is_made (const LatentValue *value, GHashTable *inputs)
{
  return value->producer != NULL || value->data != NULL ||
         g_hash_table_contains (inputs, (gpointer)value);
}

static gboolean
check_uses (LatentGraph *self, GHashTable *inputs, GError **error)
{
  for (guint i = 0; i < self->nodes->len; i++) {
    LatentNode *node = self->nodes->pdata[i];
    for (guint j = 0; j < node->inputs->len; j++) {
      LatentValue *value = node->inputs->pdata[j];
      if (value != NULL && !is_made (value, inputs))
        return fail (error, node, "input", value,
            "is made by no node, and is neither an input nor an initialiser of the graph");
    }
  }
  for (guint i = 0; i < self->outputs->len; i++) {
    LatentValue *value = self->outputs->pdata[i];
    if (!is_made (value, inputs)) {
      g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "graph output '%s' is made by no node",
          value->name);
      return FALSE;
    }
  }
  return TRUE;
}

/* A depth-first walk that keeps its own stack: a file may chain as many nodes as it likes. */
typedef struct {
  LatentNode *node;
  guint next; /* input to look at next */
} Step;

typedef enum { OPEN = 1, DONE } State;

static State
get_state (GHashTable *states, const LatentNode *node)
{
  return (State)GPOINTER_TO_INT (g_hash_table_lookup (states, node));
}

static gboolean
visit (LatentNode *root, GHashTable *states, GPtrArray *sorted, GError **error)
{
  g_autoptr (GArray) stack = g_array_new (FALSE, FALSE, sizeof (Step));
  Step first = {root, 0};

  g_array_append_val (stack, first);
  while (stack->len > 0) {
    Step *step = &g_array_index (stack, Step, stack->len - 1);
    LatentNode *node = step->node;
    LatentValue *value;
    if (step->next == node->inputs->len) {
      g_hash_table_insert (states, node, GINT_TO_POINTER (DONE));
      g_ptr_array_add (sorted, node);
      g_array_set_size (stack, stack->len - 1);
      continue;
    }
    g_hash_table_insert (states, node, GINT_TO_POINTER (OPEN));
    value = node->inputs->pdata[step->next++];
    if (value == NULL || value->producer == NULL || get_state (states, value->producer) == DONE)
      continue;
    if (get_state (states, value->producer) == OPEN)
      return fail (error, node, "input", value, "depends on the node's own output: a cycle");
    first.node = value->producer;
    g_array_append_val (stack, first);
  }
  return TRUE;
}

gboolean
latent_graph_sort (LatentGraph *self, GError **error)
{
  g_autoptr (GHashTable) inputs = g_hash_table_new (NULL, NULL);
  g_autoptr (GHashTable) states = g_hash_table_new (NULL, NULL);
  g_autoptr (GPtrArray) sorted = g_ptr_array_new ();

  for (guint i = 0; i < self->inputs->len; i++)
    g_hash_table_add (inputs, self->inputs->pdata[i]);
  if (!check_makers (self, inputs, error) || !check_uses (self, inputs, error))
    return FALSE;
  for (guint i = 0; i < self->nodes->len; i++) {
    LatentNode *node = self->nodes->pdata[i];
    if (get_state (states, node) != DONE && !visit (node, states, sorted, error))
      return FALSE;
  }
  for (guint i = 0; i < sorted->len; i++) /* the same nodes in another order */
    self->nodes->pdata[i] = sorted->pdata[i];
  latent_graph_index (self);
  return TRUE;
}
