/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/ops/resize.h"

#include <string.h>

#include "src/base/numeric.h"
#include "src/base/parallel.h"
#include "src/dnn/emit.h"

/* One axis after the other: first those that shrink, so that nothing between is larger than both
 * input and output; of them the innermost first. */

typedef struct {
  guint n; /* axes that change */
  guint axes[LATENT_MAX_DIMS];
  gsize taps_size[LATENT_MAX_DIMS]; /* of an axis's indices and weights each, in entries */
  gsize between_size;               /* bytes of the largest result between two passes */
} ResizePlan;

static gsize
align (gsize size)
{
  return (size + 63) / 64 * 64;
}

static void
add_axes (const LatentResizeParams *params, gboolean shrinks, ResizePlan *plan)
{
  for (guint axis = params->src.n; axis-- > 0;) {
    gboolean is_smaller = params->dst.dims[axis] < params->src.dims[axis];
    if (!latent_resize_changes (params, axis) || is_smaller != shrinks)
      continue;
    plan->taps_size[plan->n] = params->dst.dims[axis] * latent_resize_get_footprint (params, axis);
    plan->axes[plan->n++] = axis;
  }
}

static ResizePlan
make_plan (const LatentResizeParams *params, LatentDataType type)
{
  ResizePlan plan = {0};
  LatentShape shape = params->src;

  add_axes (params, TRUE, &plan);
  add_axes (params, FALSE, &plan);
  for (guint i = 0; i + 1 < plan.n; i++) {
    shape.dims[plan.axes[i]] = params->dst.dims[plan.axes[i]];
    gsize size = latent_shape_product (&shape, 0, shape.n) * latent_data_type_get_size (type);
    plan.between_size = MAX (plan.between_size, align (size));
  }
  return plan;
}

static gboolean
infer_resize (const LatentNode *node, GError **error)
{
  LatentResizeParams params;

  return latent_resize_get_params (node, &params, error) &&
         latent_op_set_output (node, 0, latent_op_get_type (node, 0), &params.dst, error);
}

/* Two results between passes, then the taps of one axis. */
static gsize
get_scratch_size (const LatentNode *node)
{
  LatentResizeParams params;
  ResizePlan plan = {0};
  gsize taps = 0;

  if (!latent_resize_get_params (node, &params, NULL))
    return 0;
  plan = make_plan (&params, latent_op_get_type (node, 0));
  for (guint i = 0; i < plan.n; i++)
    taps = MAX (taps, plan.taps_size[i]);
  return 2 * plan.between_size + align (taps * sizeof (gint64)) + align (taps * sizeof (float));
}

typedef struct {
  LatentDataType type;
  const guint8 *src;
  guint8 *dst;
  gsize n_src; /* along the axis */
  gsize n_dst;
  gsize inner; /* elements behind it */
  LatentResizeTaps taps;
  double extrapolation;
} Pass;

static void
weigh_row (const Pass *pass, const gint64 *index, const float *weight, const float *src, float *dst)
{
  gsize inner = pass->inner;

  for (gsize t = 0; t < pass->taps.footprint; t++) {
    const float *from = src + index[t] * inner;
    const float factor = weight[t];
    if (t == 0)
      for (gsize i = 0; i < inner; i++)
        dst[i] = factor * from[i];
    else
      for (gsize i = 0; i < inner; i++)
        dst[i] += factor * from[i];
  }
}

/* Rows of the result, counted over what lies before the axis, and the axis. */
static void
run_rows (gsize begin, gsize end, gpointer data)
{
  const Pass *pass = data;
  gsize size = pass->inner * latent_data_type_get_size (pass->type);

  for (gsize row = begin; row < end; row++) {
    gsize first = row % pass->n_dst * pass->taps.footprint;
    const guint8 *src = pass->src + row / pass->n_dst * pass->n_src * size;
    guint8 *dst = pass->dst + row * size;
    const gint64 *index = pass->taps.index + first;
    if (*index < 0)
      for (gsize i = 0; i < pass->inner; i++)
        latent_store_doubles (pass->type, dst, i, 1, &pass->extrapolation);
    else if (pass->type == LATENT_DATA_TYPE_FLOAT32)
      weigh_row (pass, index, pass->taps.weight + first, (const float *)src, (float *)dst);
    else
      memcpy (dst, src + *index * size, size);
  }
}

/* start and end of an axis: the region's first half holds starts, its second ends. */
static void
get_region (const LatentEval *eval, const LatentResizeParams *params, guint axis, double region[2])
{
  const float *roi = eval->n_src > 1 ? eval->src[1].data : NULL;

  region[0] = 0;
  region[1] = 1;
  if (params->coordinates != LATENT_RESIZE_TF_CROP_AND_RESIZE)
    return;
  for (guint i = 0; i < params->n_axes; i++)
    if (params->axes[i] == axis) {
      region[0] = roi[i];
      region[1] = roi[params->n_axes + i];
    }
}

static void
run_pass (
    const LatentEval *eval, const LatentResizeParams *params, guint axis, gsize outer, Pass *pass)
{
  double region[2];

  get_region (eval, params, axis, region);
  pass->n_src = params->src.dims[axis];
  pass->n_dst = params->dst.dims[axis];
  pass->taps.footprint = latent_resize_get_footprint (params, axis);
  latent_resize_fill_taps (params, axis, region[0], region[1], &pass->taps);
  latent_parallel (
      eval->threads, outer * pass->n_dst, MAX (1, 4096 / MAX (pass->inner, 1)), run_rows, pass);
}

static gboolean
eval_resize (const LatentEval *eval, GError **error)
{
  LatentResizeParams params;
  ResizePlan plan = {0};
  LatentDataType type = eval->src[0].type;
  LatentShape shape = eval->src[0].shape;
  guint8 *scratch = eval->scratch;
  gsize taps = 0;
  Pass pass = {.type = type, .src = eval->src[0].data};

  if (!latent_resize_get_params (eval->node, &params, error))
    return FALSE;
  if (eval->dst[0].n == 0)
    return TRUE;
  plan = make_plan (&params, type);
  for (guint i = 0; i < plan.n; i++)
    taps = MAX (taps, plan.taps_size[i]);
  pass.extrapolation = params.extrapolation;
  pass.taps.index = (gint64 *)(scratch + 2 * plan.between_size);
  pass.taps.weight = (float *)((guint8 *)pass.taps.index + align (taps * sizeof (gint64)));
  for (guint i = 0; i < plan.n; i++) {
    guint axis = plan.axes[i];
    gboolean is_last = i + 1 == plan.n;
    pass.dst = is_last ? eval->dst[0].data : scratch + i % 2 * plan.between_size;
    pass.inner = latent_shape_product (&shape, axis + 1, shape.n);
    run_pass (eval, &params, axis, latent_shape_product (&shape, 0, axis), &pass);
    shape.dims[axis] = params.dst.dims[axis];
    pass.src = pass.dst;
  }
  if (plan.n == 0)
    memcpy (eval->dst[0].data, pass.src, eval->dst[0].n * latent_data_type_get_size (type));
  return TRUE;
}

/* Whether nearest samples of an axis that grows `times` fold are each input `times` over. */
static gboolean
repeats (const LatentResizeParams *params)
{
  switch (params->coordinates) {
  case LATENT_RESIZE_ASYMMETRIC:
    return params->nearest == LATENT_RESIZE_FLOOR || params->nearest == LATENT_RESIZE_SIMPLE;
  case LATENT_RESIZE_HALF_PIXEL:
  case LATENT_RESIZE_PYTORCH_HALF_PIXEL:
    return params->nearest == LATENT_RESIZE_ROUND_PREFER_FLOOR ||
           params->nearest == LATENT_RESIZE_ROUND_PREFER_CEIL;
  default:
    return FALSE;
  }
}

/* Whether oneDNN's resampling, whose samples stand in the middle of pixels, does an axis as the
 * node wants it. */
static gboolean
fits_resampling (const LatentResizeParams *params, guint axis)
{
  gint64 src = params->src.dims[axis], dst = params->dst.dims[axis];

  if (!latent_resize_changes (params, axis))
    return TRUE;
  if (axis < 2 || src < 1 || params->scales[axis] * (double)src != (double)dst)
    return FALSE;
  if (params->mode == LATENT_RESIZE_NEAREST)
    return dst % src == 0 && repeats (params);
  return params->mode == LATENT_RESIZE_LINEAR && !params->antialias && dst > 1 &&
         (params->coordinates == LATENT_RESIZE_HALF_PIXEL ||
             params->coordinates == LATENT_RESIZE_PYTORCH_HALF_PIXEL);
}

gboolean
latent_resize_fits_resampling (const LatentResizeParams *params)
{
  if (params->src.n < 3 || params->src.n > 5 || params->exclude_outside)
    return FALSE;
  for (guint axis = 0; axis < params->src.n; axis++)
    if (!fits_resampling (params, axis))
      return FALSE;
  return TRUE;
}

static LatentEmit
emit_resize (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  LatentResizeParams params;

  if (!latent_resize_get_params (node, &params, error))
    return LATENT_EMIT_FAILED;
  if (!latent_resize_fits_resampling (&params))
    return LATENT_EMIT_FALLBACK;
  return latent_dnn_resampling (builder, node, params.mode == LATENT_RESIZE_LINEAR, error);
}

#define RESIZE(since, last, max_inputs, attributes)                                                \
  {                                                                                                \
    "Resize", "", since, last, 1, max_inputs, 1, 1, LATENT_TYPES_ALL, attributes, infer_resize,    \
        eval_resize, get_scratch_size, emit_resize, .gradient = latent_resize_add_gradient         \
  }
#define UPSAMPLE(since, last, inputs, attributes)                                                  \
  {                                                                                                \
    "Upsample", "", since, last, inputs, inputs, 1, 1, LATENT_TYPES_ALL, attributes, infer_resize, \
        eval_resize, get_scratch_size, emit_resize, .gradient = latent_resize_add_gradient         \
  }
#define ATTRIBUTES_11                                                                              \
  "coordinate_transformation_mode:s cubic_coeff_a:f exclude_outside:i extrapolation_value:f "      \
  "mode:s nearest_mode:s"

const LatentOp latent_ops_resize[] = {
    RESIZE (10, 10, 2, "mode:s"),
    RESIZE (11, 17, 4, ATTRIBUTES_11),
    RESIZE (
        18, LATENT_OPSET_MAX, 4, ATTRIBUTES_11 " antialias:i axes:I keep_aspect_ratio_policy:s"),
    UPSAMPLE (7, 8, 1, "mode:s scales:F"),
    UPSAMPLE (9, 9, 2, "mode:s"),
    {0},
};
