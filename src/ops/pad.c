/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/base/numeric.h"
#include "src/base/parallel.h"
#include "src/ops/gradient.h"
#include "src/ops/private.h"
#include "src/ops/walk.h"

#define GRAIN 16384 /* elements that are worth a thread */

typedef enum { PAD_CONSTANT, PAD_REFLECT, PAD_EDGE, PAD_WRAP } PadMode;

static const char *const modes[] = {"constant", "reflect", "edge", "wrap", NULL};

/* Along each dimension: elements added (or taken away, where negative) before and after. */
typedef struct {
  PadMode mode;
  gint64 before[LATENT_MAX_DIMS];
  gint64 after[LATENT_MAX_DIMS];
} Pads;

/* Axes that the pads are for; all of them by default. */
static gboolean
get_axes (
    const LatentNode *node, guint rank, gint64 axes[LATENT_MAX_DIMS], guint *n, GError **error)
{
  guint32 mask = 0;

  for (*n = 0; *n < rank; ++*n)
    axes[*n] = *n;
  if (latent_node_get_input (node, 3) == NULL)
    return TRUE;
  return latent_op_get_constant_ints (node, 3, "axes", rank, axes, n, error) &&
         latent_op_get_axes_mask (axes, *n, rank, &mask, error);
}

static gboolean
get_pads (const LatentNode *node, Pads *pads, GError **error)
{
  guint rank = latent_op_get_shape (node, 0)->n;
  gint64 axes[LATENT_MAX_DIMS], list[2 * LATENT_MAX_DIMS];
  guint n_axes = 0, n = 0, mode = 0;
  gboolean present = FALSE;

  *pads = (Pads){0};
  if (!latent_op_get_choice (node, "mode", "constant", modes, &mode, error) ||
      !get_axes (node, rank, axes, &n_axes, error) ||
      !latent_op_get_list (node, "pads", 1, 2 * LATENT_MAX_DIMS, list, &n, &present, error))
    return FALSE;
  if (n != 2 * n_axes) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "pads wants two entries for each of %u axes, has %u", n_axes, n);
    return FALSE;
  }
  pads->mode = (PadMode)mode;
  for (guint k = 0; k < n_axes; k++) {
    guint d = (guint)latent_axis_normalize (axes[k], rank);
    pads->before[d] = list[k];
    pads->after[d] = list[n_axes + k];
  }
  return TRUE;
}

/* Elements of the input that stay, along dimension d of size dim. */
static gint64
count_kept (const Pads *pads, guint d, gint64 dim)
{
  gint64 kept = 0;

  if (__builtin_add_overflow (dim, MIN (pads->before[d], 0), &kept) ||
      __builtin_add_overflow (kept, MIN (pads->after[d], 0), &kept))
    return -1;
  return kept;
}

/* Size of the output along dimension d, -1 where the pads make no sense. */
static gint64
get_padded_size (const Pads *pads, guint d, gint64 dim)
{
  gint64 kept = count_kept (pads, d, dim);
  gint64 size = 0;

  if (kept < 0 || __builtin_add_overflow (kept, MAX (pads->before[d], 0), &size) ||
      __builtin_add_overflow (size, MAX (pads->after[d], 0), &size))
    return -1;
  return kept == 0 && size > 0 && pads->mode != PAD_CONSTANT ? -1 : size;
}

static gboolean
infer_pad (const LatentNode *node, GError **error)
{
  const LatentShape *src = latent_op_get_shape (node, 0);
  const LatentValue *value = latent_node_get_input (node, 2);
  LatentShape dst = *src;
  Pads pads;

  if (!get_pads (node, &pads, error))
    return FALSE;
  if (value != NULL && !latent_op_check_same_type (node, 2, error))
    return FALSE;
  if (value != NULL && latent_shape_product (&value->shape, 0, value->shape.n) != 1) {
    latent_op_set_shape_error (error, "constant_value", "one element", &value->shape);
    return FALSE;
  }
  for (guint d = 0; d < src->n; d++) {
    dst.dims[d] = get_padded_size (&pads, d, src->dims[d]);
    if (dst.dims[d] >= 0)
      continue;
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "pads of %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT
        " do not fit dimension %u of %" G_GINT64_FORMAT " in mode %s",
        pads.before[d], pads.after[d], d, src->dims[d], modes[pads.mode]);
    return FALSE;
  }
  return latent_op_set_output (node, 0, latent_op_get_type (node, 0), &dst, error);
}

static void
fill_constant (const LatentEval *eval)
{
  const LatentView *dst = &eval->dst[0];
  gsize size = latent_data_type_get_size (dst->type);
  double attribute = latent_node_get_float (eval->node, "value", 0);
  guint64 value = 0; /* in the type of the elements */
  LatentWalk walk = {0};

  if (eval->n_src > 2 && eval->src[2].data != NULL)
    memcpy (&value, eval->src[2].data, size);
  else
    latent_store_doubles (dst->type, &value, 0, 1, &attribute);
  latent_walk_add (&walk, (gint64)dst->n, 1, 0);
  latent_walk_copy (&walk, size, dst->data, &value, eval->threads);
}

/* Which of n elements stands at place i outside of [0, n). */
static gint64
map_place (PadMode mode, gint64 i, gint64 n)
{
  gint64 period = mode == PAD_REFLECT ? MAX (2 * (n - 1), 1) : n;
  gint64 at = i % period;

  if (mode == PAD_EDGE)
    return i < 0 ? 0 : n - 1;
  if (at < 0)
    at += period;
  return at < n ? at : period - at;
}

/* What is known of the output so far: along each dimension [begin, begin + size). */
typedef struct {
  const LatentView *dst;
  guint threads;
  gint64 strides[LATENT_MAX_DIMS];
  gint64 begin[LATENT_MAX_DIMS];
  gint64 size[LATENT_MAX_DIMS];
} Filled;

/* Copies what is known at place `from` along `axis` to place `to`. */
static void
copy_slab (const Filled *self, guint axis, gint64 from, gint64 to)
{
  gsize size = latent_data_type_get_size (self->dst->type);
  LatentWalk walk = {0};
  gint64 offset = 0;

  for (guint d = 0; d < self->dst->shape.n; d++) {
    if (d == axis)
      continue;
    offset += self->begin[d] * self->strides[d];
    latent_walk_add (&walk, self->size[d], self->strides[d], self->strides[d]);
  }
  latent_walk_copy (&walk, size,
      (guint8 *)self->dst->data + (gsize)(offset + to * self->strides[axis]) * size,
      (guint8 *)self->dst->data + (gsize)(offset + from * self->strides[axis]) * size,
      self->threads);
}

/* From the innermost dimension outwards: what an inner one gained, the outer ones repeat. */
static void
fill_from_kept (Filled *self, PadMode mode)
{
  for (guint d = self->dst->shape.n; d-- > 0;) {
    gint64 dim = self->dst->shape.dims[d];
    gint64 begin = self->begin[d], size = self->size[d];
    for (gint64 i = 0; i < dim; i++)
      if (i < begin || i >= begin + size)
        copy_slab (self, d, begin + map_place (mode, i - begin, size), i);
    self->begin[d] = 0;
    self->size[d] = dim;
  }
}

static gboolean
eval_pad (const LatentEval *eval, GError **error)
{
  const LatentView *src = &eval->src[0];
  const LatentView *dst = &eval->dst[0];
  gsize size = latent_data_type_get_size (dst->type);
  Filled filled = {dst, eval->threads};
  gint64 src_strides[LATENT_MAX_DIMS], src_offset = 0, dst_offset = 0;
  LatentWalk walk = {0};
  Pads pads;

  if (!get_pads (eval->node, &pads, error))
    return FALSE;
  if (dst->n == 0)
    return TRUE;
  latent_shape_get_strides (&src->shape, src_strides);
  latent_shape_get_strides (&dst->shape, filled.strides);
  for (guint d = 0; d < dst->shape.n; d++) {
    filled.begin[d] = MAX (pads.before[d], 0);
    filled.size[d] = count_kept (&pads, d, src->shape.dims[d]);
    src_offset -= MIN (pads.before[d], 0) * src_strides[d];
    dst_offset += filled.begin[d] * filled.strides[d];
    latent_walk_add (&walk, filled.size[d], filled.strides[d], src_strides[d]);
  }
  if (pads.mode == PAD_CONSTANT)
    fill_constant (eval);
  latent_walk_copy (&walk, size, (guint8 *)dst->data + (gsize)dst_offset * size,
      (guint8 *)src->data + (gsize)src_offset * size, eval->threads);
  if (pads.mode != PAD_CONSTANT)
    fill_from_kept (&filled, pads.mode);
  return TRUE;
}

/* What was added is taken away and what was taken away is zero: pads with the other sign. */
static LatentValue *
derive_constant (
    LatentGradient *self, const LatentNode *node, LatentValue *dy, const Pads *pads, GError **error)
{
  LatentNode *back = latent_gradient_node (self, "Pad", NULL);
  gint64 list[2 * LATENT_MAX_DIMS];
  guint rank = dy->shape.n;

  for (guint d = 0; d < rank; d++) {
    list[d] = -pads->before[d];
    list[rank + d] = -pads->after[d];
  }
  latent_node_add_input (back, dy);
  latent_node_add_input (back, latent_gradient_ints (self, list, 2 * rank));
  return latent_gradient_finish (self, back, 1, error);
}

/* All that is not the input's is the constant's. */
static gboolean
derive_value (
    LatentGradient *self, LatentValue *value, LatentValue *dy, LatentValue *dx, GError **error)
{
  static const LatentShape scalar = {0};
  LatentValue *all = latent_gradient_unbroadcast (self, dy, &scalar, error);
  LatentValue *part = latent_gradient_unbroadcast (self, dx, &scalar, error);

  return all != NULL && part != NULL &&
         latent_gradient_add_unbroadcast (
             self, value, latent_gradient_apply (self, "Sub", all, part, error), &scalar, error);
}

static gboolean
derive_pad (LatentGradient *self, const LatentNode *node, GError **error)
{
  LatentValue *x = latent_node_get_input (node, 0), *value = latent_node_get_input (node, 2);
  LatentValue *dy = latent_gradient_get (self, latent_node_get_output (node, 0)), *dx;
  Pads pads;

  if (!get_pads (node, &pads, error))
    return FALSE;
  if (pads.mode == PAD_CONSTANT) {
    dx = derive_constant (self, node, dy, &pads, error);
  } else {
    LatentNode *back = latent_gradient_node (self, "PadGradient", LATENT_DOMAIN_TRAINING);
    latent_node_add_input (back, dy);
    latent_node_set_string (back, "mode", modes[pads.mode]);
    latent_node_set_ints (back, "shape", x->shape.dims, x->shape.n);
    latent_node_set_ints (back, "before", pads.before, x->shape.n);
    latent_node_set_ints (back, "after", pads.after, x->shape.n);
    dx = latent_gradient_finish (self, back, 1, error);
  }
  latent_gradient_add (self, x, dx);
  return dx != NULL && (pads.mode != PAD_CONSTANT || !latent_gradient_wants (self, value) ||
                           derive_value (self, value, dy, dx, error));
}

/* `shape` is that of what was padded. */
static gboolean
get_back_pads (const LatentNode *node, Pads *pads, LatentShape *dst, GError **error)
{
  guint n_before = 0, n_after = 0, mode = 0;
  const gint64 *before = latent_node_get_ints (node, "before", &n_before);
  const gint64 *after = latent_node_get_ints (node, "after", &n_after);

  *pads = (Pads){0};
  if (!latent_op_get_shape_attribute (node, "shape", dst, error) ||
      !latent_op_get_choice (node, "mode", "edge", modes, &mode, error))
    return FALSE;
  pads->mode = (PadMode)mode;
  if (n_before != dst->n || n_after != dst->n) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE, "pads want an entry for each dimension");
    return FALSE;
  }
  for (guint d = 0; d < dst->n; d++) {
    pads->before[d] = before[d];
    pads->after[d] = after[d];
  }
  return TRUE;
}

static gboolean
infer_pad_gradient (const LatentNode *node, GError **error)
{
  const LatentShape *dy = latent_op_get_shape (node, 0);
  gboolean good;
  LatentShape dst;
  Pads pads;

  if (!get_back_pads (node, &pads, &dst, error))
    return FALSE;
  good = dy->n == dst.n && pads.mode != PAD_CONSTANT;
  for (guint d = 0; good && d < dst.n; d++)
    good = get_padded_size (&pads, d, dst.dims[d]) == dy->dims[d];
  if (good)
    return latent_op_set_output (node, 0, latent_op_get_type (node, 0), &dst, error);
  latent_op_set_shape_error (error, "derivative", "what 'shape' is padded to", dy);
  return FALSE;
}

static gsize
get_pad_gradient_scratch (const LatentNode *node)
{
  const LatentShape *shape = latent_op_get_shape (node, 0);

  return latent_shape_product (shape, 0, shape->n) * sizeof (float);
}

typedef struct {
  float *data;
  gsize inner; /* elements of one place along the axis */
  gsize row;   /* elements of all its places */
  gint64 begin, size, dim;
  PadMode mode;
} Fold;

/* Adds what was repeated to what it was repeated from, in rows [begin, end). */
static void
fold_rows (gsize begin, gsize end, gpointer data)
{
  const Fold *self = data;

  for (gsize row = begin; row < end; row++)
    for (gint64 i = 0; i < self->dim; i++) {
      float *base = self->data + row * self->row, *dst;
      const float *src = base + (gsize)i * self->inner;
      if (i >= self->begin && i < self->begin + self->size)
        continue;
      dst = base + (gsize)(self->begin + map_place (self->mode, i - self->begin, self->size)) *
                       self->inner;
      for (gsize k = 0; k < self->inner; k++)
        dst[k] += src[k];
    }
}

/* A copy of dy is folded along one dimension after the other: the middle is what the input gets. */
static gboolean
eval_pad_gradient (const LatentEval *eval, GError **error)
{
  const LatentView *src = &eval->src[0];
  const LatentShape *shape = &eval->dst[0].shape;
  gint64 src_strides[LATENT_MAX_DIMS], dst_strides[LATENT_MAX_DIMS], from = 0, to = 0;
  LatentWalk walk = {0};
  LatentShape same;
  Pads pads;

  if (!get_back_pads (eval->node, &pads, &same, error))
    return FALSE;
  if (eval->dst[0].n == 0 || src->n == 0)
    return TRUE;
  memcpy (eval->scratch, src->data, src->n * sizeof (float));
  memset (eval->dst[0].data, 0, eval->dst[0].n * sizeof (float));
  latent_shape_get_strides (&src->shape, src_strides);
  latent_shape_get_strides (shape, dst_strides);
  for (guint d = 0; d < shape->n; d++) {
    Fold fold = {eval->scratch, latent_shape_product (&src->shape, d + 1, shape->n),
        latent_shape_product (&src->shape, d, shape->n), MAX (pads.before[d], 0),
        count_kept (&pads, d, shape->dims[d]), src->shape.dims[d], pads.mode};
    if (fold.size < fold.dim)
      latent_parallel (eval->threads, src->n / fold.row, 1 + GRAIN / fold.row, fold_rows, &fold);
    from += fold.begin * src_strides[d];
    to -= MIN (pads.before[d], 0) * dst_strides[d];
    latent_walk_add (&walk, fold.size, dst_strides[d], src_strides[d]);
  }
  latent_walk_copy (&walk, sizeof (float), (float *)eval->dst[0].data + to,
      (const float *)eval->scratch + from, eval->threads);
  return TRUE;
}

/* clang-format off */
const LatentOp latent_ops_pad[] = {
    {"Pad", "", 6, 10, 1, 1, 1, 1, LATENT_TYPES_ALL, "mode:s pads:I value:f", infer_pad, eval_pad,
     .gradient = derive_pad},
    {"Pad", "", 11, LATENT_OPSET_MAX, 2, 4, 1, 1, LATENT_TYPES_ALL, "mode:s", infer_pad, eval_pad,
     .gradient = derive_pad},
    {"PadGradient", LATENT_DOMAIN_TRAINING, 1, 1, 1, 1, 1, 1, LATENT_TYPES_F32,
     "after:I before:I mode:s shape:I", infer_pad_gradient, eval_pad_gradient,
     get_pad_gradient_scratch},
    {0},
};
/* clang-format on */
