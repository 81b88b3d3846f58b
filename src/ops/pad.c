/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/base/numeric.h"
#include "src/ops/private.h"
#include "src/ops/walk.h"

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

const LatentOp latent_ops_pad[] = {
    {"Pad", "", 6, 10, 1, 1, 1, 1, LATENT_TYPES_ALL, "mode:s pads:I value:f", infer_pad, eval_pad},
    {"Pad",    "", 11, LATENT_OPSET_MAX, 2, 4, 1, 1, LATENT_TYPES_ALL, "mode:s", infer_pad, eval_pad},
    {0   },
};
