/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/graph/private.h"

void
latent_attribute_free (LatentAttribute *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; self->strings != NULL && i < self->n; i++)
    g_free (self->strings[i]);
  g_free (self->strings);
  g_free (self->floats);
  g_free (self->ints);
  g_clear_pointer (&self->tensor, latent_tensor_unref);
  g_free (self->s);
  g_free (self->name);
  g_free (self);
}

static LatentAttribute *
new_attribute (const char *name, LatentAttributeType type)
{
  LatentAttribute *self = g_new0 (LatentAttribute, 1);

  self->name = g_strdup (name);
  self->type = type;
  return self;
}

LatentAttribute *
latent_attribute_copy (const LatentAttribute *self)
{
  LatentAttribute *copy = new_attribute (self->name, self->type);

  copy->f = self->f;
  copy->i = self->i;
  copy->n = self->n;
  if (self->s != NULL) {
    copy->s = g_malloc0 ((gsize)self->n + 1);
    memcpy (copy->s, self->s, self->n);
  }
  if (self->tensor != NULL)
    copy->tensor = latent_tensor_ref (self->tensor);
  if (self->floats != NULL)
    copy->floats = g_memdup2 (self->floats, self->n * sizeof (float));
  if (self->ints != NULL)
    copy->ints = g_memdup2 (self->ints, self->n * sizeof (gint64));
  if (self->strings != NULL)
    copy->strings = g_new0 (char *, (gsize)self->n + 1);
  for (guint i = 0; copy->strings != NULL && i < self->n; i++)
    copy->strings[i] = g_strdup (self->strings[i]);
  return copy;
}

LatentAttribute *
latent_node_find_attribute (const LatentNode *self, const char *name)
{
  for (guint i = 0; i < self->attributes->len; i++) {
    LatentAttribute *attribute = self->attributes->pdata[i];
    if (g_str_equal (attribute->name, name))
      return attribute;
  }
  return NULL;
}

static const LatentAttribute *
find_typed (const LatentNode *self, const char *name, LatentAttributeType type)
{
  const LatentAttribute *attribute = latent_node_find_attribute (self, name);

  return attribute != NULL && attribute->type == type ? attribute : NULL;
}

gint64
latent_node_get_int (const LatentNode *self, const char *name, gint64 fallback)
{
  const LatentAttribute *attribute = find_typed (self, name, LATENT_ATTRIBUTE_INT);

  return attribute != NULL ? attribute->i : fallback;
}

float
latent_node_get_float (const LatentNode *self, const char *name, float fallback)
{
  const LatentAttribute *attribute = find_typed (self, name, LATENT_ATTRIBUTE_FLOAT);

  return attribute != NULL ? attribute->f : fallback;
}

const char *
latent_node_get_string (const LatentNode *self, const char *name, const char *fallback)
{
  const LatentAttribute *attribute = find_typed (self, name, LATENT_ATTRIBUTE_STRING);

  return attribute != NULL ? attribute->s : fallback;
}

const gint64 *
latent_node_get_ints (const LatentNode *self, const char *name, guint *n)
{
  const LatentAttribute *attribute = find_typed (self, name, LATENT_ATTRIBUTE_INTS);

  *n = attribute != NULL ? attribute->n : 0;
  return attribute != NULL ? attribute->ints : NULL;
}

const float *
latent_node_get_floats (const LatentNode *self, const char *name, guint *n)
{
  const LatentAttribute *attribute = find_typed (self, name, LATENT_ATTRIBUTE_FLOATS);

  *n = attribute != NULL ? attribute->n : 0;
  return attribute != NULL ? attribute->floats : NULL;
}

void
latent_node_take_attribute (LatentNode *self, LatentAttribute *attribute)
{
  LatentAttribute *old = latent_node_find_attribute (self, attribute->name);

  if (old != NULL)
    g_ptr_array_remove (self->attributes, old);
  g_ptr_array_add (self->attributes, attribute);
}

void
latent_node_set_int (LatentNode *self, const char *name, gint64 value)
{
  LatentAttribute *attribute = new_attribute (name, LATENT_ATTRIBUTE_INT);

  attribute->i = value;
  latent_node_take_attribute (self, attribute);
}

void
latent_node_set_float (LatentNode *self, const char *name, float value)
{
  LatentAttribute *attribute = new_attribute (name, LATENT_ATTRIBUTE_FLOAT);

  attribute->f = value;
  latent_node_take_attribute (self, attribute);
}

void
latent_node_set_string (LatentNode *self, const char *name, const char *value)
{
  LatentAttribute *attribute = new_attribute (name, LATENT_ATTRIBUTE_STRING);

  attribute->s = g_strdup (value);
  attribute->n = (guint)strlen (value);
  latent_node_take_attribute (self, attribute);
}

void
latent_node_set_ints (LatentNode *self, const char *name, const gint64 *values, guint n)
{
  LatentAttribute *attribute = new_attribute (name, LATENT_ATTRIBUTE_INTS);

  attribute->ints = g_new0 (gint64, MAX (n, 1));
  for (guint i = 0; i < n; i++)
    attribute->ints[i] = values[i];
  attribute->n = n;
  latent_node_take_attribute (self, attribute);
}

void
latent_node_set_floats (LatentNode *self, const char *name, const float *values, guint n)
{
  LatentAttribute *attribute = new_attribute (name, LATENT_ATTRIBUTE_FLOATS);

  attribute->floats = g_new0 (float, MAX (n, 1));
  for (guint i = 0; i < n; i++)
    attribute->floats[i] = values[i];
  attribute->n = n;
  latent_node_take_attribute (self, attribute);
}

void
latent_node_set_tensor (LatentNode *self, const char *name, LatentTensor *value)
{
  LatentAttribute *attribute = new_attribute (name, LATENT_ATTRIBUTE_TENSOR);

  attribute->tensor = latent_tensor_ref (value);
  latent_node_take_attribute (self, attribute);
}
