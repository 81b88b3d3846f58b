/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/train/objective-private.h"

/* Inputs of operators that are statistics, which are not learned by gradients. */
static const struct {
  const char *op;
  guint first;
  guint last;
} statistics[] = {
    {"BatchNormalization", 3, 4},
};

static void
freeze_statistics (const LatentNode *node)
{
  for (guint i = 0; i < G_N_ELEMENTS (statistics); i++)
    for (guint j = statistics[i].first;
         g_str_equal (node->op_type, statistics[i].op) && j <= statistics[i].last; j++) {
      LatentValue *value = latent_node_get_input (node, j);
      if (value != NULL)
        value->is_parameter = FALSE;
    }
}

/* All that `value` is made of. */
static void
freeze_ancestors (LatentValue *value, GHashTable *seen)
{
  g_autoptr (GPtrArray) stack = g_ptr_array_new ();

  g_ptr_array_add (stack, value);
  while (stack->len > 0) {
    LatentValue *next = g_ptr_array_steal_index (stack, stack->len - 1);
    if (next == NULL || !g_hash_table_add (seen, next))
      continue;
    next->is_parameter = FALSE;
    for (guint i = 0; next->producer != NULL && i < next->producer->inputs->len; i++)
      g_ptr_array_add (stack, next->producer->inputs->pdata[i]);
  }
}

static void
freeze_encoder (LatentObjectiveMaker *maker)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  for (guint i = 1; i < maker->graph->outputs->len; i++) /* latents, log-variance */
    freeze_ancestors (g_ptr_array_index (maker->graph->outputs, i), seen);
}

void
latent_objective_freeze (LatentObjectiveMaker *maker)
{
  for (guint i = 0; i < maker->graph->values->len; i++) {
    LatentValue *value = g_ptr_array_index (maker->graph->values, i);
    if (value->shape.n == 0)
      value->is_parameter = FALSE;
  }
  for (guint i = 0; i < maker->graph->nodes->len; i++)
    freeze_statistics (g_ptr_array_index (maker->graph->nodes, i));
  if (maker->self->same_space)
    freeze_encoder (maker);
}

static gboolean
own_tensor (LatentValue *value, GError **error)
{
  LatentTensor *tensor = latent_tensor_new_shape (value->type, &value->shape, error);

  if (tensor == NULL)
    return FALSE;
  if (tensor->size > 0)
    memcpy (latent_tensor_get_writable_data (tensor), value->data->data, tensor->size);
  latent_tensor_unref (value->data);
  value->data = tensor;
  return TRUE;
}

gboolean
latent_objective_collect (LatentObjectiveMaker *maker, GError **error)
{
  for (guint i = 0; i < maker->graph->values->len; i++) {
    LatentValue *value = g_ptr_array_index (maker->graph->values, i);
    if (!value->is_parameter || value->data == NULL || value->n_uses == 0 ||
        value->type != LATENT_DATA_TYPE_FLOAT32)
      continue;
    if (!own_tensor (value, error))
      return FALSE;
    g_ptr_array_add (maker->self->parameters, value);
    g_ptr_array_add (maker->self->names, g_strdup (value->name));
  }
  return TRUE;
}
