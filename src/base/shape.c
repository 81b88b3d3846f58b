/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/base/shape.h"

#include "src/base/limits.h"

gboolean
latent_shape_count (
    const LatentShape *self, LatentDataType type, gsize *n_elements, gsize *size, GError **error)
{
  guint64 element = MAX (latent_data_type_get_size (type), 1);
  guint64 bytes = element; /* as if no dimension were 0: strides must not overflow either */
  gboolean empty = FALSE;

  for (guint i = 0; i < self->n; i++) {
    guint64 dim = (guint64)self->dims[i];
    if (self->dims[i] < 0) {
      g_autofree char *text = latent_shape_to_string (self);
      g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE, "shape %s is not known", text);
      return FALSE;
    }
    empty |= dim == 0;
    if (!g_uint64_checked_mul (&bytes, bytes, MAX (dim, 1)) || bytes > LATENT_LIMIT_TENSOR_BYTES) {
      g_autofree char *text = latent_shape_to_string (self);
      g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
          "a %s tensor of shape %s is larger than the limit of %" G_GUINT64_FORMAT " bytes",
          latent_data_type_get_name (type), text, LATENT_LIMIT_TENSOR_BYTES);
      return FALSE;
    }
  }
  if (n_elements != NULL)
    *n_elements = empty ? 0 : (gsize)(bytes / element);
  if (size != NULL)
    *size = empty ? 0 : (gsize)(bytes / element * latent_data_type_get_size (type));
  return TRUE;
}

gboolean
latent_shape_is_known (const LatentShape *self)
{
  for (guint i = 0; i < self->n; i++)
    if (self->dims[i] < 0)
      return FALSE;
  return TRUE;
}

gboolean
latent_shape_equal (const LatentShape *a, const LatentShape *b)
{
  if (a->n != b->n)
    return FALSE;
  for (guint i = 0; i < a->n; i++)
    if (a->dims[i] != b->dims[i])
      return FALSE;
  return TRUE;
}

char *
latent_shape_to_string (const LatentShape *self)
{
  GString *text = g_string_new (self->n == 0 ? "scalar" : NULL);

  for (guint i = 0; i < self->n; i++) {
    g_string_append (text, i == 0 ? "" : "x");
    if (self->dims[i] < 0)
      g_string_append_c (text, '?');
    else
      g_string_append_printf (text, "%" G_GINT64_FORMAT, self->dims[i]);
  }
  return g_string_free (text, FALSE);
}

void
latent_shape_get_strides (const LatentShape *self, gint64 strides[LATENT_MAX_DIMS])
{
  gint64 stride = 1;

  for (guint i = self->n; i-- > 0;) {
    strides[i] = stride;
    stride *= MAX (self->dims[i], 1);
  }
}

gboolean
latent_shape_broadcast (const LatentShape *a, const LatentShape *b, LatentShape *dst)
{
  LatentShape result = {MAX (a->n, b->n), {0}};

  for (guint i = 0; i < result.n; i++) { /* from the innermost outwards */
    gint64 x = i < a->n ? a->dims[a->n - 1 - i] : 1;
    gint64 y = i < b->n ? b->dims[b->n - 1 - i] : 1;
    if (x != y && x != 1 && y != 1)
      return FALSE;
    result.dims[result.n - 1 - i] = x == 1 ? y : x;
  }
  *dst = result;
  return TRUE;
}

gint
latent_axis_normalize (gint64 axis, guint n)
{
  if (axis < -(gint64)n || axis >= (gint64)n)
    return -1;
  return (gint)(axis < 0 ? axis + (gint64)n : axis);
}

gsize
latent_shape_product (const LatentShape *self, guint begin, guint end)
{
  gsize product = 1;

  for (guint i = begin; i < end; i++)
    product *= (gsize)self->dims[i];
  return product;
}
