/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/base/parallel.h"
#include "src/ops/gradient.h"
#include "src/ops/indices.h"
#include "src/ops/private.h"

/* Elements by index. */

#define GRAIN 16384 /* elements that are worth a thread */

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
    gsize place = latent_indices_get (self->indices, i % self->indices->n, self->dim);
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
      !latent_indices_check (self.indices, src->shape.dims[axis], error))
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

static gboolean
eval_gather_elements (const LatentEval *eval, GError **error)
{
  const LatentView *src = &eval->src[0];
  const LatentView *indices = &eval->src[1];
  gsize size = latent_data_type_get_size (src->type);
  guint axis = 0;

  if (!latent_op_get_axis (eval->node, "axis", 0, src->shape.n, &axis, error) ||
      !latent_indices_check (indices, src->shape.dims[axis], error))
    return FALSE;
  for (gsize i = 0; i < indices->n; i++) {
    gsize element = latent_indices_find_element (indices, i, &src->shape, axis);
    memcpy (
        (guint8 *)eval->dst[0].data + i * size, (const guint8 *)src->data + element * size, size);
  }
  return TRUE;
}

/* The first batch_dims dimensions are the data's and the indices' alike; then the indices'
 * innermost dimension counts the coordinates of a slice. */
static gboolean
infer_gather_nd (const LatentNode *node, GError **error)
{
  const LatentShape *src = latent_op_get_shape (node, 0);
  const LatentShape *indices = latent_op_get_shape (node, 1);
  gint64 batch = latent_node_get_int (node, "batch_dims", 0);
  LatentShape dst = {0};
  guint first = 0;

  if (!latent_op_check_type (node, 1, "indices", LATENT_TYPES_INDEX, error) ||
      !latent_op_check_rank (node, 1, "indices", 1, LATENT_MAX_DIMS, error))
    return FALSE;
  if (batch < 0 || batch >= (gint64)indices->n || batch > (gint64)src->n ||
      indices->dims[indices->n - 1] > (gint64)src->n - batch ||
      memcmp (src->dims, indices->dims, (gsize)batch * sizeof src->dims[0]) != 0) {
    g_autofree char *wanted = latent_shape_to_string (src);
    g_autofree char *what = g_strdup_printf (
        "indices, with batch_dims %" G_GINT64_FORMAT ", of slices of", batch);
    latent_op_set_shape_error (error, what, wanted, indices);
    return FALSE;
  }
  first = (guint)(batch + indices->dims[indices->n - 1]);
  if (indices->n - 1 + src->n - first > LATENT_MAX_DIMS)
    return latent_op_check_rank (
        node, 1, "indices", 1, LATENT_MAX_DIMS + 1 - src->n + first, error);
  for (guint d = 0; d + 1 < indices->n; d++)
    dst.dims[dst.n++] = indices->dims[d];
  for (guint d = first; d < src->n; d++)
    dst.dims[dst.n++] = src->dims[d];
  return latent_op_set_output (node, 0, latent_op_get_type (node, 0), &dst, error);
}

static gboolean
eval_gather_nd (const LatentEval *eval, GError **error)
{
  const LatentView *src = &eval->src[0];
  const LatentView *indices = &eval->src[1];
  guint batch = (guint)latent_node_get_int (eval->node, "batch_dims", 0);
  guint last = indices->shape.n - 1;
  gsize per_batch = latent_shape_product (&indices->shape, batch, last);
  gsize src_batch = latent_shape_product (&src->shape, batch, src->shape.n);
  gsize slice = latent_shape_product (
      &src->shape, batch + (guint)indices->shape.dims[last], src->shape.n);
  gsize size = latent_data_type_get_size (src->type);

  for (gsize i = 0; i * slice < eval->dst[0].n; i++) {
    gsize element = 0;
    if (!latent_indices_find_slice (indices, i, &src->shape, batch, &element, error))
      return FALSE;
    memcpy ((guint8 *)eval->dst[0].data + i * slice * size,
        (const guint8 *)src->data + (i / per_batch * src_batch + element) * size, slice * size);
  }
  return TRUE;
}

static gboolean
derive_gather (LatentGradient *self, const LatentNode *node, GError **error)
{
  LatentNode *back = latent_gradient_node (self, "GatherGradient", LATENT_DOMAIN_TRAINING);
  LatentValue *x = latent_node_get_input (node, 0), *dx;
  guint axis = 0;

  if (!latent_op_get_axis (node, "axis", 0, x->shape.n, &axis, error))
    return FALSE;
  latent_node_add_input (back, latent_gradient_get (self, latent_node_get_output (node, 0)));
  latent_node_add_input (back, latent_node_get_input (node, 1));
  latent_node_set_int (back, "axis", axis);
  latent_node_set_ints (back, "shape", x->shape.dims, x->shape.n);
  dx = latent_gradient_finish (self, back, 1, error);
  latent_gradient_add (self, x, dx);
  return dx != NULL;
}

/* Zeros of the data's shape, to which the derivative is added by the same indices. */
static gboolean
derive_by_scatter (
    LatentGradient *self, const LatentNode *node, const char *op_type, GError **error)
{
  LatentNode *scatter = latent_gradient_node (self, op_type, NULL);
  LatentValue *x = latent_node_get_input (node, 0), *dx;
  LatentValue *zeros = latent_gradient_apply (
      self, "ConstantOfShape", latent_gradient_ints (self, x->shape.dims, x->shape.n), NULL, error);

  if (zeros == NULL)
    return FALSE;
  latent_node_add_input (scatter, zeros);
  latent_node_add_input (scatter, latent_node_get_input (node, 1));
  latent_node_add_input (scatter, latent_gradient_get (self, latent_node_get_output (node, 0)));
  latent_node_set_string (scatter, "reduction", "add");
  if (latent_node_find_attribute (node, "axis") != NULL)
    latent_node_set_int (scatter, "axis", latent_node_get_int (node, "axis", 0));
  dx = latent_gradient_finish (self, scatter, 1, error);
  latent_gradient_add (self, x, dx);
  return dx != NULL;
}

static gboolean
derive_gather_elements (LatentGradient *self, const LatentNode *node, GError **error)
{
  return derive_by_scatter (self, node, "ScatterElements", error);
}

static gboolean
derive_gather_nd (LatentGradient *self, const LatentNode *node, GError **error)
{
  if (latent_node_get_int (node, "batch_dims", 0) == 0)
    return derive_by_scatter (self, node, "ScatterND", error);
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
      "training with batch_dims %" G_GINT64_FORMAT " is not supported",
      latent_node_get_int (node, "batch_dims", 0));
  return FALSE;
}

/* `shape` is that of the data. */
static gboolean
infer_gather_gradient (const LatentNode *node, GError **error)
{
  const LatentShape *dy = latent_op_get_shape (node, 0), *indices = latent_op_get_shape (node, 1);
  LatentShape dst, wanted = {0};
  guint axis = 0;

  if (!latent_op_get_shape_attribute (node, "shape", &dst, error) ||
      !latent_op_get_axis (node, "axis", 0, dst.n, &axis, error) ||
      !latent_op_check_type (node, 1, "indices", LATENT_TYPES_INDEX, error) ||
      !latent_op_check_rank (node, 1, "indices", 0, LATENT_MAX_DIMS + 1 - dst.n, error))
    return FALSE;
  for (guint d = 0; d < axis; d++)
    wanted.dims[wanted.n++] = dst.dims[d];
  for (guint d = 0; d < indices->n; d++)
    wanted.dims[wanted.n++] = indices->dims[d];
  for (guint d = axis + 1; d < dst.n; d++)
    wanted.dims[wanted.n++] = dst.dims[d];
  if (latent_shape_equal (dy, &wanted))
    return latent_op_set_output (node, 0, latent_op_get_type (node, 0), &dst, error);
  latent_op_set_shape_error (error, "derivative", "what is gathered from 'shape'", dy);
  return FALSE;
}

/* Columns [begin, end), counted over outer x inner: each thread adds to elements of its own. */
static void
scatter_columns (gsize begin, gsize end, gpointer data)
{
  const Gather *self = data;

  while (begin < end) {
    gsize outer = begin / self->inner, first = begin % self->inner;
    gsize n = MIN (self->inner - first, end - begin);
    for (gsize i = 0; i < self->indices->n; i++) {
      gsize place = latent_indices_get (self->indices, i, self->dim);
      const float *src = (const float *)self->src + (outer * self->indices->n + i) * self->inner +
                         first;
      float *dst = (float *)self->dst + (outer * (gsize)self->dim + place) * self->inner + first;
      for (gsize k = 0; k < n; k++)
        dst[k] += src[k];
    }
    begin += n;
  }
}

static gboolean
eval_gather_gradient (const LatentEval *eval, GError **error)
{
  const LatentView *dst = &eval->dst[0];
  guint axis = 0;
  Gather self = {&eval->src[1], eval->src[0].data, dst->data};

  if (!latent_op_get_axis (eval->node, "axis", 0, dst->shape.n, &axis, error) ||
      !latent_indices_check (self.indices, dst->shape.dims[axis], error))
    return FALSE;
  if (dst->n == 0)
    return TRUE;
  memset (dst->data, 0, dst->n * sizeof (float));
  self.dim = dst->shape.dims[axis];
  self.inner = latent_shape_product (&dst->shape, axis + 1, dst->shape.n);
  latent_parallel (eval->threads, dst->n / (gsize)self.dim, 1 + GRAIN / MAX (self.indices->n, 1),
      scatter_columns, &self);
  return TRUE;
}

#define ROW(name, since, last, attributes, infer, eval, derive)                                    \
  {                                                                                                \
    name, "", since, last, 2, 2, 1, 1, LATENT_TYPES_ALL, attributes, infer, eval,                  \
        .gradient = derive                                                                         \
  }

/* clang-format off */
const LatentOp latent_ops_gather[] = {
    ROW ("Gather", 6, LATENT_OPSET_MAX, "axis:i", infer_gather, eval_gather, derive_gather),
    {"GatherGradient", LATENT_DOMAIN_TRAINING, 1, 1, 2, 2, 1, 1, LATENT_TYPES_F32, "axis:i shape:I",
     infer_gather_gradient, eval_gather_gradient},
    ROW ("GatherElements", 11, LATENT_OPSET_MAX, "axis:i", infer_gather_elements,
        eval_gather_elements, derive_gather_elements),
    ROW ("GatherND", 11, 11, "", infer_gather_nd, eval_gather_nd, derive_gather_nd),
    ROW ("GatherND", 12, LATENT_OPSET_MAX, "batch_dims:i", infer_gather_nd, eval_gather_nd,
        derive_gather_nd),
    {0},
};
/* clang-format on */
