/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/graph/private.h"

LatentGraph *
latent_graph_new (const char *name, guint opset)
{
  LatentGraph *self = g_new0 (LatentGraph, 1);

  self->name = g_strdup (name != NULL ? name : "");
  self->opset = opset;
  self->values = g_ptr_array_new_with_free_func ((GDestroyNotify)latent_value_free);
  self->nodes = g_ptr_array_new_with_free_func ((GDestroyNotify)latent_node_free);
  self->inputs = g_ptr_array_new ();
  self->outputs = g_ptr_array_new ();
  self->names = g_hash_table_new (g_str_hash, g_str_equal);
  return self;
}

void
latent_graph_free (LatentGraph *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->names);
  g_ptr_array_unref (self->inputs);
  g_ptr_array_unref (self->outputs);
  g_ptr_array_unref (self->nodes);
  g_ptr_array_unref (self->values);
  g_free (self->name);
  g_free (self);
}

void
latent_value_free (LatentValue *self)
{
  for (guint i = 0; i < LATENT_MAX_DIMS; i++)
    g_free (self->symbols[i]);
  g_clear_pointer (&self->data, latent_tensor_unref);
  latent_quantization_free (self->quantization);
  g_free (self->name);
  g_free (self);
}

static char *
make_unique (LatentGraph *self, const char *name)
{
  const char *stem = name != NULL ? name : "value";

  if (name != NULL && !g_hash_table_contains (self->names, name))
    return g_strdup (name);
  for (;;) {
    g_autofree char *candidate = g_strdup_printf ("%s.%u", stem, ++self->n_suffixes);
    if (!g_hash_table_contains (self->names, candidate))
      return g_steal_pointer (&candidate);
  }
}

LatentValue *
latent_graph_add_value (LatentGraph *self, const char *name)
{
  LatentValue *value = g_new0 (LatentValue, 1);

  value->name = make_unique (self, name);
  g_ptr_array_add (self->values, value);
  g_hash_table_insert (self->names, value->name, value);
  return value;
}

LatentValue *
latent_graph_add_constant (LatentGraph *self, const char *name, LatentTensor *data)
{
  LatentValue *value = latent_graph_add_value (self, name);

  value->data = latent_tensor_ref (data);
  value->type = data->type;
  value->shape = data->shape;
  value->has_shape = TRUE;
  return value;
}

LatentValue *
latent_graph_find_value (const LatentGraph *self, const char *name)
{
  return g_hash_table_lookup (self->names, name);
}

gboolean
latent_graph_rename_value (LatentGraph *self, LatentValue *value, const char *name)
{
  if (g_hash_table_contains (self->names, name))
    return FALSE;
  g_hash_table_remove (self->names, value->name);
  g_free (value->name);
  value->name = g_strdup (name);
  g_hash_table_insert (self->names, value->name, value);
  return TRUE;
}

LatentNode *
latent_graph_add_node (LatentGraph *self, const char *op_type, const char *name)
{
  LatentNode *node = latent_node_new (op_type, name, "", self->opset);

  g_ptr_array_add (self->nodes, node);
  return node;
}

LatentValue *
latent_value_copy (LatentGraph *dst, const LatentValue *src)
{
  LatentValue *copy = latent_graph_add_value (dst, src->name);

  copy->type = src->type;
  copy->has_shape = src->has_shape;
  copy->shape = src->shape;
  copy->is_parameter = src->is_parameter;
  for (guint i = 0; i < LATENT_MAX_DIMS; i++)
    copy->symbols[i] = g_strdup (src->symbols[i]);
  if (src->data != NULL)
    copy->data = latent_tensor_ref (src->data);
  copy->quantization = latent_quantization_copy (src->quantization);
  return copy;
}

LatentGraph *
latent_graph_copy (const LatentGraph *self)
{
  LatentGraph *copy = latent_graph_new (self->name, self->opset);
  g_autoptr (GHashTable) values = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < self->values->len; i++)
    g_hash_table_insert (
        values, self->values->pdata[i], latent_value_copy (copy, self->values->pdata[i]));
  for (guint i = 0; i < self->nodes->len; i++)
    g_ptr_array_add (copy->nodes, latent_node_copy (self->nodes->pdata[i], values));
  for (guint i = 0; i < self->inputs->len; i++)
    g_ptr_array_add (copy->inputs, g_hash_table_lookup (values, self->inputs->pdata[i]));
  for (guint i = 0; i < self->outputs->len; i++)
    g_ptr_array_add (copy->outputs, g_hash_table_lookup (values, self->outputs->pdata[i]));
  latent_graph_index (copy);
  return copy;
}

gboolean
latent_graph_load_data (LatentGraph *self, GError **error)
{
  for (guint i = 0; i < self->values->len; i++) {
    LatentValue *value = self->values->pdata[i];
    LatentTensor *loaded;
    if (value->data == NULL)
      continue;
    loaded = latent_tensor_load (value->data, error);
    if (loaded == NULL)
      return FALSE;
    latent_tensor_unref (value->data);
    value->data = loaded;
  }
  return TRUE;
}

gboolean
latent_graph_hold_data (const LatentGraph *self, GError **error)
{
  for (guint i = 0; i < self->values->len; i++) {
    const LatentValue *value = self->values->pdata[i];
    if (value->data != NULL && !latent_tensor_hold (value->data, error))
      return FALSE;
  }
  return TRUE;
}

static guint
replace_in (GPtrArray *array, LatentValue *value, LatentValue *with)
{
  guint n = 0;

  for (guint i = 0; i < array->len; i++)
    if (array->pdata[i] == value) {
      array->pdata[i] = with;
      n++;
    }
  return n;
}

void
latent_graph_replace_uses (LatentGraph *self, LatentValue *value, LatentValue *with)
{
  guint n = replace_in (self->outputs, value, with);

  for (guint i = 0; i < self->nodes->len; i++) {
    LatentNode *node = self->nodes->pdata[i];
    n += replace_in (node->inputs, value, with);
    for (guint j = 0; j < node->fused->len; j++)
      n += replace_in (((LatentNode *)node->fused->pdata[j])->inputs, value, with);
  }
  value->n_uses -= MIN (n, value->n_uses);
  with->n_uses += n;
}
