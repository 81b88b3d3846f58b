/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/base/numeric.h"
#include "src/base/parallel.h"
#include "src/ops/private.h"

/* Elements by index. An index may be negative: it counts from the end. */

#define GRAIN 16384 /* elements that are worth a thread */

static gint64
get_index (const LatentView *indices, gsize i)
{
  return indices->type == LATENT_DATA_TYPE_INT64 ? ((const gint64 *)indices->data)[i]
                                                 : ((const gint32 *)indices->data)[i];
}

/* Index i of `indices` into n elements, once check_indices() let it pass. */
static gsize
get_place (const LatentView *indices, gsize i, gint64 n)
{
  gint64 index = get_index (indices, i);

  return (gsize)(index < 0 ? index + n : index);
}

static gboolean
check_indices (const LatentView *indices, gint64 n, GError **error)
{
  for (gsize i = 0; i < indices->n; i++) {
    gint64 index = get_index (indices, i);
    if (index >= -n && index < n)
      continue;
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FAILED,
        "index %" G_GINT64_FORMAT " (element %zu) is outside of %" G_GINT64_FORMAT " elements",
        index, i, n);
    return FALSE;
  }
  return TRUE;
}

static gboolean
infer_gather (const LatentNode *node, GError **error)
{
  const LatentShape *src = latent_op_get_shape (node, 0);
  const LatentShape *indices = latent_op_get_shape (node, 1);
  LatentShape dst = {0};
  guint axis = 0;

  if (!latent_op_check_type (node, 1, "indices", LATENT_TYPES_INDEX, error) ||
      !latent_op_check_rank (node, 0, "data", 1, LATENT_MAX_DIMS, error) ||
      !latent_op_check_rank (node, 1, "indices", 0, LATENT_MAX_DIMS + 1 - src->n, error) ||
      !latent_op_get_axis (node, "axis", 0, src->n, &axis, error))
    return FALSE;
  for (guint d = 0; d < axis; d++)
    dst.dims[dst.n++] = src->dims[d];
  for (guint d = 0; d < indices->n; d++)
    dst.dims[dst.n++] = indices->dims[d];
  for (guint d = axis + 1; d < src->n; d++)
    dst.dims[dst.n++] = src->dims[d];
  return latent_op_set_output (node, 0, latent_op_get_type (node, 0), &dst, error);
}

typedef struct {
  const LatentView *indices;
  const guint8 *src;
  guint8 *dst;
  gint64 dim;  /* size of the axis */
  gsize inner; /* elements below it */
  gsize size;  /* bytes of what lies below one place of the axis, or of an element */
} Gather;

/* Slices [begin, end) of the output: outer x indices. */
static void
gather_slices (gsize begin, gsize end, gpointer data)
{
  const Gather *self = data;

  for (gsize i = begin; i < end; i++) {
    gsize outer = i / self->indices->n;
    gsize place = get_place (self->indices, i % self->indices->n, self->dim);
    memcpy (self->dst + i * self->size, self->src + (outer * (gsize)self->dim + place) * self->size,
        self->size);
  }
}

static gboolean
eval_gather (const LatentEval *eval, GError **error)
{
  const LatentView *src = &eval->src[0];
  guint axis = 0;
  Gather self = {&eval->src[1], src->data, eval->dst[0].data};
  gsize outer = 0;

  if (!latent_op_get_axis (eval->node, "axis", 0, src->shape.n, &axis, error) ||
      !check_indices (self.indices, src->shape.dims[axis], error))
    return FALSE;
  outer = latent_shape_product (&src->shape, 0, axis);
  self.dim = src->shape.dims[axis];
  self.inner = latent_shape_product (&src->shape, axis + 1, src->shape.n);
  self.size = self.inner * latent_data_type_get_size (src->type);
  if (self.size > 0)
    latent_parallel (
        eval->threads, outer * self.indices->n, 1 + GRAIN / self.inner, gather_slices, &self);
  return TRUE;
}

/* Sizes of the indices but for the axis may be smaller than the data's. */
static gboolean
infer_gather_elements (const LatentNode *node, GError **error)
{
  const LatentShape *src = latent_op_get_shape (node, 0);
  const LatentShape *indices = latent_op_get_shape (node, 1);
  guint axis = 0;

  if (!latent_op_check_type (node, 1, "indices", LATENT_TYPES_INDEX, error) ||
      !latent_op_check_rank (node, 1, "indices", src->n, src->n, error) ||
      !latent_op_get_axis (node, "axis", 0, src->n, &axis, error))
    return FALSE;
  for (guint d = 0; d < src->n; d++) {
    if (d == axis || indices->dims[d] <= src->dims[d])
      continue;
    g_autofree char *wanted = latent_shape_to_string (src);
    latent_op_set_shape_error (
        error, "indices, within the data's sizes but for the axis,", wanted, indices);
    return FALSE;
  }
  return latent_op_set_output (node, 0, latent_op_get_type (node, 0), indices, error);
}

/* Where in the data element i of the indices points to; strides are the data's. */
static gsize
find_element (
    const LatentView *indices, gsize i, const LatentShape *data, const gint64 *strides, guint axis)
{
  gsize place = get_place (indices, i, data->dims[axis]) * (gsize)strides[axis];
  gsize rest = i;

  for (guint d = indices->shape.n; d-- > 0; rest /= (gsize)indices->shape.dims[d])
    if (d != axis)
      place += rest % (gsize)indices->shape.dims[d] * (gsize)strides[d];
  return place;
}

static gboolean
eval_gather_elements (const LatentEval *eval, GError **error)
{
  const LatentView *src = &eval->src[0];
  const LatentView *indices = &eval->src[1];
  gsize size = latent_data_type_get_size (src->type);
  gint64 strides[LATENT_MAX_DIMS];
  guint axis = 0;

  if (!latent_op_get_axis (eval->node, "axis", 0, src->shape.n, &axis, error) ||
      !check_indices (indices, src->shape.dims[axis], error))
    return FALSE;
  latent_shape_get_strides (&src->shape, strides);
  for (gsize i = 0; i < indices->n; i++)
    memcpy ((guint8 *)eval->dst[0].data + i * size,
        (const guint8 *)src->data + find_element (indices, i, &src->shape, strides, axis) * size,
        size);
  return TRUE;
}

#define ROW(name, since, infer, eval)                                                              \
  {                                                                                                \
    name, "", since, LATENT_OPSET_MAX, 2, 2, 1, 1, LATENT_TYPES_ALL, "axis:i", infer, eval         \
  }

const LatentOp latent_ops_gather[] = {
    ROW ("Gather", 6, infer_gather, eval_gather),
    ROW ("GatherElements", 11, infer_gather_elements, eval_gather_elements),
    {0},
};
