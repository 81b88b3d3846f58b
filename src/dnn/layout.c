/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/dnn/layout.h"

#include <string.h>

#include "src/dnn/dnnl.h"

static LatentLayout *
new_layout (LatentDataType type, const LatentShape *shape)
{
  LatentLayout *self = g_new0 (LatentLayout, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->type = type;
  self->shape = *shape;
  return self;
}

static void
get_channels_last (const LatentShape *shape, gint64 *strides)
{
  gint64 channels = shape->n > 1 ? shape->dims[1] : 1;

  latent_shape_get_strides (shape, strides);
  for (guint i = 2; i < shape->n; i++)
    strides[i] *= channels;
  if (shape->n > 1)
    strides[1] = 1;
}

static gboolean
same_places (const LatentShape *shape, const gint64 *a, const gint64 *b)
{
  for (guint i = 0; i < shape->n; i++)
    if (shape->dims[i] > 1 && a[i] != b[i])
      return FALSE;
  return TRUE;
}

/* Strides of dimensions of size 1 say nothing, and yet oneDNN looks at them: arrays that are
 * row-major or channels-last but for those get the usual ones. */
static void
normalize_strides (const LatentShape *shape, gint64 *strides)
{
  gint64 usual[LATENT_MAX_DIMS];

  latent_shape_get_strides (shape, usual);
  if (!same_places (shape, strides, usual))
    get_channels_last (shape, usual);
  if (same_places (shape, strides, usual))
    memcpy (strides, usual, shape->n * sizeof *strides);
}

LatentLayout *
latent_layout_new_strided (LatentDataType type, const LatentShape *shape, const gint64 *strides)
{
  LatentLayout *self = new_layout (type, shape);
  gsize last = 0;
  gboolean empty = FALSE;

  self->is_strided = TRUE;
  for (guint i = 0; i < shape->n; i++) {
    self->strides[i] = strides[i];
    empty = empty || shape->dims[i] == 0;
    last += (gsize)(MAX (shape->dims[i], 1) - 1) * (gsize)strides[i];
  }
  self->size = empty ? 1 : (last + 1) * latent_data_type_get_size (type);
  normalize_strides (shape, self->strides);
  self->md = latent_md_new (type, shape, self->strides);
  return self;
}

LatentLayout *
latent_layout_new_md (gconstpointer md)
{
  LatentShape shape;
  LatentLayout *self;

  latent_md_get_shape (md, &shape);
  self = new_layout (latent_md_get_type (md), &shape);
  self->md = latent_md_copy (md);
  self->is_strided = latent_md_get_strides (md, self->strides);
  self->size = MAX (dnnl_memory_desc_get_size (md), 1);
  return self;
}

LatentLayout *
latent_layout_new (LatentDataType type, const LatentShape *shape)
{
  gint64 strides[LATENT_MAX_DIMS];

  latent_shape_get_strides (shape, strides);
  return latent_layout_new_strided (type, shape, strides);
}

LatentLayout *
latent_layout_new_channels_last (LatentDataType type, const LatentShape *shape)
{
  gint64 strides[LATENT_MAX_DIMS];

  get_channels_last (shape, strides);
  return latent_layout_new_strided (type, shape, strides);
}

LatentLayout *
latent_layout_retype (const LatentLayout *self, LatentDataType type)
{
  return self->is_strided ? latent_layout_new_strided (type, &self->shape, self->strides)
                          : latent_layout_new_channels_last (type, &self->shape);
}

LatentLayout *
latent_layout_ref (LatentLayout *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
latent_layout_unref (LatentLayout *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->ref_count))
    return;
  latent_md_free (self->md);
  g_free (self);
}

gboolean
latent_layout_equal (const LatentLayout *a, const LatentLayout *b)
{
  if (a == b)
    return TRUE;
  if (a->type != b->type || !latent_shape_equal (&a->shape, &b->shape))
    return FALSE;
  if (a->is_strided != b->is_strided)
    return FALSE;
  if (!a->is_strided)
    return dnnl_memory_desc_equal (a->md, b->md);
  return same_places (&a->shape, a->strides, b->strides);
}

gboolean
latent_layout_is_float (const LatentLayout *self)
{
  return self->md != NULL &&
         (self->type == LATENT_DATA_TYPE_FLOAT32 || self->type == LATENT_DATA_TYPE_BFLOAT16);
}

gboolean
latent_layout_is_row_major (const LatentLayout *self)
{
  gint64 strides[LATENT_MAX_DIMS];

  latent_shape_get_strides (&self->shape, strides);
  return self->is_strided && same_places (&self->shape, self->strides, strides);
}

gboolean
latent_layout_needs_detour (const LatentLayout *src, const LatentLayout *dst)
{
  gint64 strides[LATENT_MAX_DIMS];

  if (dst->is_strided || !src->is_strided || latent_layout_is_row_major (src))
    return FALSE;
  get_channels_last (&src->shape, strides);
  return !same_places (&src->shape, src->strides, strides);
}

/* Dimensions of size 1 left out, and neighbours that memory does not part merged: what is left of
 * shape and strides in `dims` and `strides`. Returns how many. */
static guint
simplify (const LatentLayout *self, gint64 *dims, gint64 *strides)
{
  guint n = 0;

  for (guint i = 0; i < self->shape.n; i++) {
    gint64 dim = self->shape.dims[i];
    if (dim == 1)
      continue;
    if (n > 0 && strides[n - 1] == self->strides[i] * dim) {
      dims[n - 1] *= dim;
      strides[n - 1] = self->strides[i];
      continue;
    }
    dims[n] = dim;
    strides[n++] = self->strides[i];
  }
  return n;
}

LatentLayout *
latent_layout_reshape (const LatentLayout *self, const LatentShape *shape)
{
  gint64 dims[LATENT_MAX_DIMS], steps[LATENT_MAX_DIMS], strides[LATENT_MAX_DIMS];
  guint left;

  if (!self->is_strided)
    return NULL;
  if (latent_layout_is_row_major (self) || latent_shape_product (shape, 0, shape->n) == 0)
    return latent_layout_new (self->type, shape); /* no elements: they lie any way */
  left = simplify (self, dims, steps);
  for (guint i = shape->n; i-- > 0;) { /* takes factors off the innermost stretch that is left */
    gint64 dim = shape->dims[i];
    strides[i] = left > 0 ? steps[left - 1] : 1;
    if (dim == 1)
      continue;
    if (left == 0 || dims[left - 1] % dim != 0)
      return NULL;
    dims[left - 1] /= dim;
    steps[left - 1] *= dim;
    if (dims[left - 1] == 1)
      left--;
  }
  return latent_layout_new_strided (self->type, shape, strides);
}
