/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/graph/private.h"

static void
add_all (GHashTable *set, const GPtrArray *items)
{
  for (guint i = 0; i < items->len; i++)
    if (items->pdata[i] != NULL)
      g_hash_table_add (set, items->pdata[i]);
}

static void
push_producers (const GPtrArray *values, GHashTable *stop, GHashTable *nodes, GPtrArray *stack)
{
  for (guint i = 0; i < values->len; i++) {
    LatentValue *value = values->pdata[i];
    if (value == NULL || value->producer == NULL || g_hash_table_contains (stop, value))
      continue;
    if (g_hash_table_add (nodes, value->producer))
      g_ptr_array_add (stack, value->producer);
  }
}

/* The nodes that are needed to make `outputs`, where the values in `stop` are given. */
static GHashTable *
find_needed (const GPtrArray *outputs, GHashTable *stop)
{
  GHashTable *nodes = g_hash_table_new (NULL, NULL);
  g_autoptr (GPtrArray) stack = g_ptr_array_new ();

  push_producers (outputs, stop, nodes, stack);
  while (stack->len > 0) {
    LatentNode *node = g_ptr_array_steal_index (stack, stack->len - 1);
    push_producers (node->inputs, stop, nodes, stack);
    for (guint i = 0; i < node->fused->len; i++)
      push_producers (((LatentNode *)node->fused->pdata[i])->inputs, stop, nodes, stack);
  }
  return nodes;
}

/* The values that a node or those fused into it name. */
static void
add_node_values (GHashTable *set, const LatentNode *node)
{
  add_all (set, node->inputs);
  add_all (set, node->outputs);
  for (guint i = 0; i < node->fused->len; i++)
    add_node_values (set, node->fused->pdata[i]);
}

/* Frees what is not in the set, keeps the order of the rest. */
static void
keep_only (GPtrArray *array, GHashTable *set, GDestroyNotify destroy)
{
  guint kept = 0;

  g_ptr_array_set_free_func (array, NULL);
  for (guint i = 0; i < array->len; i++) {
    if (g_hash_table_contains (set, array->pdata[i]))
      array->pdata[kept++] = array->pdata[i];
    else
      destroy (array->pdata[i]);
  }
  g_ptr_array_set_size (array, (gint)kept);
  g_ptr_array_set_free_func (array, destroy);
}

void
latent_graph_prune (LatentGraph *self)
{
  g_autoptr (GHashTable) nodes = NULL;
  g_autoptr (GHashTable) stop = g_hash_table_new (NULL, NULL);
  g_autoptr (GHashTable) values = g_hash_table_new (NULL, NULL);

  latent_graph_index (self);
  nodes = find_needed (self->outputs, stop);
  keep_only (self->nodes, nodes, (GDestroyNotify)latent_node_free);
  add_all (values, self->inputs);
  add_all (values, self->outputs);
  for (guint i = 0; i < self->nodes->len; i++)
    add_node_values (values, self->nodes->pdata[i]);
  g_hash_table_remove_all (self->names);
  keep_only (self->values, values, (GDestroyNotify)latent_value_free);
  for (guint i = 0; i < self->values->len; i++) {
    LatentValue *value = self->values->pdata[i];
    g_hash_table_insert (self->names, value->name, value);
  }
  latent_graph_index (self);
}

/* Values of these names, or `fallback` where names is NULL. */
static GPtrArray *
find_named (
    const LatentGraph *self, const char *const *names, const GPtrArray *fallback, GError **error)
{
  g_autoptr (GPtrArray) values = g_ptr_array_new ();

  for (guint i = 0; names == NULL && i < fallback->len; i++)
    g_ptr_array_add (values, fallback->pdata[i]);
  for (guint i = 0; names != NULL && names[i] != NULL; i++) {
    LatentValue *value = latent_graph_find_value (self, names[i]);
    if (value == NULL) {
      g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
          "the graph '%s' has no tensor '%s' to be cut at", self->name, names[i]);
      return NULL;
    }
    g_ptr_array_add (values, value);
  }
  return g_steal_pointer (&values);
}

/* The first of the graph's inputs that is used without being given, or NULL. */
static const LatentValue *
find_missing (const LatentGraph *self, GHashTable *given, GHashTable *used)
{
  for (guint i = 0; i < self->inputs->len; i++) {
    const LatentValue *input = self->inputs->pdata[i];
    if (g_hash_table_contains (used, input) && !g_hash_table_contains (given, input))
      return input;
  }
  return NULL;
}

/* What the part's nodes, inputs and outputs name. */
static GHashTable *
find_used (
    const LatentGraph *self, const GPtrArray *inputs, const GPtrArray *outputs, GHashTable *nodes)
{
  GHashTable *used = g_hash_table_new (NULL, NULL);

  add_all (used, inputs);
  add_all (used, outputs);
  for (guint i = 0; i < self->nodes->len; i++)
    if (g_hash_table_contains (nodes, self->nodes->pdata[i]))
      add_node_values (used, self->nodes->pdata[i]);
  return used;
}

/* Copies the part into a graph of its own: values in their old order, without data where they are
 * given. */
static LatentGraph *
copy_part (const LatentGraph *self, const GPtrArray *inputs, const GPtrArray *outputs,
    GHashTable *given, GHashTable *used, GHashTable *nodes)
{
  LatentGraph *part = latent_graph_new (self->name, self->opset);
  g_autoptr (GHashTable) values = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < self->values->len; i++) {
    LatentValue *value = self->values->pdata[i];
    if (g_hash_table_contains (used, value))
      g_hash_table_insert (values, value, latent_value_copy (part, value));
    if (g_hash_table_contains (given, value)) {
      LatentValue *copy = g_hash_table_lookup (values, value);
      g_clear_pointer (&copy->data, latent_tensor_unref);
      copy->is_parameter = FALSE;
    }
  }
  for (guint i = 0; i < self->nodes->len; i++)
    if (g_hash_table_contains (nodes, self->nodes->pdata[i]))
      g_ptr_array_add (part->nodes, latent_node_copy (self->nodes->pdata[i], values));
  for (guint i = 0; i < inputs->len; i++)
    g_ptr_array_add (part->inputs, g_hash_table_lookup (values, inputs->pdata[i]));
  for (guint i = 0; i < outputs->len; i++)
    g_ptr_array_add (part->outputs, g_hash_table_lookup (values, outputs->pdata[i]));
  return part;
}

/* A node that makes a given value beside others that are needed would make the given one twice. */
static void
drop_given_outputs (LatentGraph *part)
{
  g_autoptr (GHashTable) given = g_hash_table_new (NULL, NULL);

  add_all (given, part->inputs);
  for (guint i = 0; i < part->nodes->len; i++) {
    LatentNode *node = part->nodes->pdata[i];
    for (guint j = 0; j < node->outputs->len; j++)
      if (g_hash_table_contains (given, node->outputs->pdata[j]))
        node->outputs->pdata[j] = NULL;
  }
}

LatentGraph *
latent_graph_cut (
    const LatentGraph *self, const char *const *inputs, const char *const *outputs, GError **error)
{
  g_autoptr (GPtrArray) from = find_named (self, inputs, self->inputs, error);
  g_autoptr (GPtrArray) to = from != NULL ? find_named (self, outputs, self->outputs, error) : NULL;
  g_autoptr (GHashTable) given = g_hash_table_new (NULL, NULL);
  g_autoptr (GHashTable) nodes = NULL;
  g_autoptr (GHashTable) used = NULL;
  const LatentValue *missing;
  LatentGraph *part;

  if (to == NULL)
    return NULL;
  add_all (given, from);
  nodes = find_needed (to, given);
  used = find_used (self, from, to, nodes);
  missing = find_missing (self, given, used);
  if (missing != NULL) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "the part of the graph '%s' that makes '%s' needs the input '%s' too", self->name,
        to->len > 0 ? ((LatentValue *)to->pdata[0])->name : "", missing->name);
    return NULL;
  }
  part = copy_part (self, from, to, given, used, nodes);
  drop_given_outputs (part);
  latent_graph_index (part);
  return part;
}
