/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/dnn/builder.h"

/* Layouts that steps ask for by what they can be, not one by one. */

static gboolean
has_gaps (const LatentLayout *layout)
{
  return layout->is_strided &&
         layout->size != latent_shape_product (&layout->shape, 0, layout->shape.n) *
                             latent_data_type_get_size (layout->type);
}

gboolean
latent_builder_get_compact_as (LatentBuilder *self, const LatentValue *value, LatentDataType type,
    LatentOperand *operand, GError **error)
{
  const LatentLayout *layout = latent_builder_get_layout (self, value);
  g_autoptr (LatentLayout) wanted = NULL;

  if (layout == NULL || !latent_shape_equal (&layout->shape, &value->shape) || has_gaps (layout))
    wanted = latent_layout_new (type, &value->shape);
  else if (layout->type != type)
    wanted = latent_layout_retype (layout, type);
  return latent_builder_get (self, value, wanted, operand, error);
}

gboolean
latent_builder_get_compact (
    LatentBuilder *self, const LatentValue *value, LatentOperand *operand, GError **error)
{
  return latent_builder_get_compact_as (self, value, value->type, operand, error);
}

gboolean
latent_builder_get_strided_as (LatentBuilder *self, const LatentValue *value, LatentDataType type,
    LatentOperand *operand, GError **error)
{
  const LatentLayout *layout = latent_builder_get_layout (self, value);
  g_autoptr (LatentLayout) wanted = NULL;

  if (layout == NULL || !latent_shape_equal (&layout->shape, &value->shape))
    wanted = latent_layout_new (type, &value->shape);
  else if (!layout->is_strided)
    wanted = latent_layout_new_channels_last (type, &value->shape);
  else if (layout->type != type)
    wanted = has_gaps (layout) ? latent_layout_new (type, &value->shape)
                               : latent_layout_retype (layout, type);
  return latent_builder_get (self, value, wanted, operand, error);
}

gboolean
latent_builder_get_strided (
    LatentBuilder *self, const LatentValue *value, LatentOperand *operand, GError **error)
{
  return latent_builder_get_strided_as (self, value, value->type, operand, error);
}

LatentDataType
latent_builder_get_type (LatentBuilder *self, const LatentValue *value)
{
  const LatentLayout *layout = latent_builder_get_layout (self, value);
  return layout != NULL ? layout->type : value->type;
}
