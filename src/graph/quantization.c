/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/graph/graph.h"

LatentQuantization *
latent_quantization_new (guint n, guint axis)
{
  LatentQuantization *self = g_new0 (LatentQuantization, 1);

  self->n = n;
  self->axis = axis;
  self->scales = g_new0 (float, n);
  self->zero_points = g_new0 (gint32, n);
  return self;
}

LatentQuantization *
latent_quantization_copy (const LatentQuantization *self)
{
  LatentQuantization *copy;

  if (self == NULL)
    return NULL;
  copy = latent_quantization_new (self->n, self->axis);
  memcpy (copy->scales, self->scales, self->n * sizeof *copy->scales);
  memcpy (copy->zero_points, self->zero_points, self->n * sizeof *copy->zero_points);
  return copy;
}

void
latent_quantization_free (LatentQuantization *self)
{
  if (self == NULL)
    return;
  g_free (self->scales);
  g_free (self->zero_points);
  g_free (self);
}

gboolean
latent_quantization_equal (const LatentQuantization *a, const LatentQuantization *b)
{
  return a->n == b->n && (a->n == 1 || a->axis == b->axis) &&
         memcmp (a->scales, b->scales, a->n * sizeof *a->scales) == 0 &&
         memcmp (a->zero_points, b->zero_points, a->n * sizeof *a->zero_points) == 0;
}

guint
latent_quantization_find (const LatentQuantization *self, const LatentShape *shape, gsize i)
{
  return self->n == 1
             ? 0
             : (guint)(i / latent_shape_product (shape, self->axis + 1, shape->n) % self->n);
}

void
latent_value_set_quantization (LatentValue *value, LatentQuantization *quantization)
{
  if (value->quantization != quantization)
    latent_quantization_free (value->quantization);
  value->quantization = quantization;
}

gboolean
latent_value_is_integer (const LatentValue *value)
{
  return value != NULL && value->quantization != NULL &&
         (value->type == LATENT_DATA_TYPE_UINT8 || value->type == LATENT_DATA_TYPE_INT8);
}

gboolean
latent_node_is_quantized (const LatentNode *node)
{
  const LatentValue *weights = latent_node_get_input (node, 1);

  return latent_value_is_integer (latent_node_get_input (node, 0)) &&
         latent_value_is_integer (weights) && weights->data != NULL;
}
