/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/ops/indices.h"

static gint64
get_index (const LatentView *self, gsize i)
{
  return self->type == LATENT_DATA_TYPE_INT64 ? ((const gint64 *)self->data)[i]
                                              : ((const gint32 *)self->data)[i];
}

static gboolean
check_index (const LatentView *self, gsize i, gint64 n, GError **error)
{
  gint64 index = get_index (self, i);

  if (index >= -n && index < n)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_FAILED,
      "index %" G_GINT64_FORMAT " (element %zu) is outside of %" G_GINT64_FORMAT " elements", index,
      i, n);
  return FALSE;
}

gboolean
latent_indices_check (const LatentView *self, gint64 n, GError **error)
{
  for (gsize i = 0; i < self->n; i++)
    if (!check_index (self, i, n, error))
      return FALSE;
  return TRUE;
}

gsize
latent_indices_get (const LatentView *self, gsize i, gint64 n)
{
  gint64 index = get_index (self, i);

  return (gsize)(index < 0 ? index + n : index);
}

gsize
latent_indices_find_element (const LatentView *self, gsize i, const LatentShape *data, guint axis)
{
  gsize element = 0, stride = 1, rest = i;

  for (guint d = data->n; d-- > 0;) {
    gsize dim = (gsize)self->shape.dims[d];
    gsize place = d == axis ? latent_indices_get (self, i, data->dims[d]) : rest % dim;
    element += place * stride;
    stride *= (gsize)data->dims[d];
    rest /= dim;
  }
  return element;
}

gboolean
latent_indices_find_slice (const LatentView *self, gsize i, const LatentShape *data, guint first,
    gsize *element, GError **error)
{
  gsize n = (gsize)self->shape.dims[self->shape.n - 1];
  gsize place = 0;

  for (gsize k = 0; k < n; k++) {
    gint64 dim = data->dims[first + k];
    if (!check_index (self, i * n + k, dim, error))
      return FALSE;
    place = place * (gsize)dim + latent_indices_get (self, i * n + k, dim);
  }
  *element = place * latent_shape_product (data, first + (guint)n, data->n);
  return TRUE;
}
