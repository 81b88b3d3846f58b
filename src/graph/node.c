/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/graph/private.h"

LatentNode *
latent_node_new (const char *op_type, const char *name, const char *domain, guint opset)
{
  LatentNode *self = g_new0 (LatentNode, 1);

  self->name = g_strdup (name != NULL ? name : "");
  self->op_type = g_strdup (op_type);
  self->domain = g_strdup (domain);
  self->opset = opset;
  self->inputs = g_ptr_array_new ();
  self->outputs = g_ptr_array_new ();
  self->attributes = g_ptr_array_new_with_free_func ((GDestroyNotify)latent_attribute_free);
  self->fused = g_ptr_array_new_with_free_func ((GDestroyNotify)latent_node_free);
  return self;
}

void
latent_node_free (LatentNode *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->inputs);
  g_ptr_array_unref (self->outputs);
  g_ptr_array_unref (self->attributes);
  g_ptr_array_unref (self->fused);
  g_free (self->name);
  g_free (self->op_type);
  g_free (self->domain);
  g_free (self);
}

static void
copy_values (GPtrArray *dst, const GPtrArray *src, GHashTable *values)
{
  for (guint i = 0; i < src->len; i++)
    g_ptr_array_add (dst, g_hash_table_lookup (values, src->pdata[i]));
}

LatentNode *
latent_node_copy (const LatentNode *self, GHashTable *values)
{
  LatentNode *copy = latent_node_new (self->op_type, self->name, self->domain, self->opset);

  copy_values (copy->inputs, self->inputs, values);
  copy_values (copy->outputs, self->outputs, values);
  for (guint i = 0; i < self->attributes->len; i++)
    g_ptr_array_add (copy->attributes, latent_attribute_copy (self->attributes->pdata[i]));
  for (guint i = 0; i < self->fused->len; i++)
    g_ptr_array_add (copy->fused, latent_node_copy (self->fused->pdata[i], values));
  return copy;
}

void
latent_node_add_input (LatentNode *self, LatentValue *value)
{
  g_ptr_array_add (self->inputs, value);
}

void
latent_node_add_output (LatentNode *self, LatentValue *value)
{
  g_ptr_array_add (self->outputs, value);
}

LatentValue *
latent_node_get_input (const LatentNode *self, guint i)
{
  return i < self->inputs->len ? self->inputs->pdata[i] : NULL;
}

LatentValue *
latent_node_get_output (const LatentNode *self, guint i)
{
  return i < self->outputs->len ? self->outputs->pdata[i] : NULL;
}

char *
latent_node_describe (const LatentNode *self)
{
  const LatentValue *output = latent_node_get_output (self, 0);
  const char *dot = self->domain[0] != '\0' ? "." : "";

  if (self->name[0] == '\0' && output != NULL) /* exporters leave names out; outputs they cannot */
    return g_strdup_printf ("%s%s%s node that makes '%s' (opset %u)", self->domain, dot,
        self->op_type, output->name, self->opset);
  return g_strdup_printf (
      "%s%s%s node '%s' (opset %u)", self->domain, dot, self->op_type, self->name, self->opset);
}
