/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/base/parallel.h"
#include "src/ops/gradient.h"
#include "src/ops/resize.h"

/* Where oneDNN's resampling does not do it: SpreadTaps, the transpose of a pass of Resize over an
 * axis: input 0 is the derivative by what the
 * pass made; sample i of the axis goes to the samples index[i, t] of `size` with weights
 * weight[i, t] (inputs 1 and 2). An index below 0 takes nothing. */

/* start and end of an axis in a constant region of interest. */
static gboolean
get_region (const LatentNode *node, const LatentResizeParams *params, guint axis, double region[2],
    GError **error)
{
  double roi[2 * LATENT_MAX_DIMS];
  guint n = 0;

  region[0] = 0;
  region[1] = 1;
  if (params->coordinates != LATENT_RESIZE_TF_CROP_AND_RESIZE)
    return TRUE;
  if (!latent_op_get_constant_doubles (node, 1, "roi", G_N_ELEMENTS (roi), roi, &n, error))
    return FALSE;
  for (guint i = 0; i < params->n_axes && n == 2 * params->n_axes; i++)
    if (params->axes[i] == axis) {
      region[0] = roi[i];
      region[1] = roi[params->n_axes + i];
    }
  return TRUE;
}

/* Adds the taps of an axis as inputs. */
static gboolean
add_taps (LatentGradient *gradient, LatentNode *backward, const LatentResizeParams *params,
    guint axis, const double region[2], GError **error)
{
  LatentResizeTaps taps = {.footprint = latent_resize_get_footprint (params, axis)};
  const LatentShape shape = {
      2, {params->dst.dims[axis], (gint64)taps.footprint}
  };
  g_autoptr (LatentTensor) index = latent_tensor_new_shape (LATENT_DATA_TYPE_INT64, &shape, error);
  g_autoptr (LatentTensor)
      weight = index != NULL ? latent_tensor_new_shape (LATENT_DATA_TYPE_FLOAT32, &shape, error)
                             : NULL;

  if (weight == NULL)
    return FALSE;
  taps.index = latent_tensor_get_writable_data (index);
  taps.weight = latent_tensor_get_writable_data (weight);
  latent_resize_fill_taps (params, axis, region[0], region[1], &taps);
  latent_node_add_input (backward, latent_gradient_constant (gradient, index));
  latent_node_add_input (backward, latent_gradient_constant (gradient, weight));
  return TRUE;
}

static LatentValue *
add_pass (LatentGradient *gradient, const LatentNode *node, const LatentResizeParams *params,
    guint axis, LatentValue *derivative, GError **error)
{
  LatentNode *backward = latent_gradient_node (gradient, "SpreadTaps", LATENT_DOMAIN_TRAINING);
  double region[2];

  if (!get_region (node, params, axis, region, error))
    return NULL;
  latent_node_set_int (backward, "axis", axis);
  latent_node_set_int (backward, "size", params->src.dims[axis]);
  latent_node_add_input (backward, derivative);
  if (!add_taps (gradient, backward, params, axis, region, error))
    return NULL;
  return latent_gradient_finish (gradient, backward, 1, error);
}

/* What repeats each sample sums up again: an average of whole blocks, which oneDNN has. */
static LatentValue *
add_sums (LatentGradient *gradient, const LatentResizeParams *params, LatentValue *derivative,
    GError **error)
{
  LatentNode *pool = latent_gradient_node (gradient, "AveragePool", NULL);
  gint64 block[LATENT_MAX_DIMS];
  float area = 1;

  for (guint i = 2; i < params->src.n; i++) {
    block[i - 2] = params->dst.dims[i] / params->src.dims[i];
    area *= (float)block[i - 2];
  }
  latent_node_set_ints (pool, "kernel_shape", block, params->src.n - 2);
  latent_node_set_ints (pool, "strides", block, params->src.n - 2);
  latent_node_add_input (pool, derivative);
  derivative = latent_gradient_finish (gradient, pool, 1, error);
  return derivative != NULL ? latent_gradient_scale (gradient, derivative, area, error) : NULL;
}

gboolean
latent_resize_add_gradient (LatentGradient *gradient, const LatentNode *node, GError **error)
{
  LatentValue *derivative = latent_gradient_get (gradient, latent_node_get_output (node, 0));
  LatentResizeParams params;

  if (!latent_resize_get_params (node, &params, error))
    return FALSE;
  if (latent_resize_fits_resampling (&params)) {
    derivative = params.mode == LATENT_RESIZE_NEAREST
                     ? add_sums (gradient, &params, derivative, error)
                     : latent_resample_add_gradient (gradient, &params, derivative, error);
  } else {
    for (guint axis = 0; axis < params.src.n && derivative != NULL; axis++)
      if (latent_resize_changes (&params, axis))
        derivative = add_pass (gradient, node, &params, axis, derivative, error);
  }
  latent_gradient_add (gradient, latent_node_get_input (node, 0), derivative);
  return derivative != NULL;
}

static gboolean
infer_spread (const LatentNode *node, GError **error)
{
  LatentShape dst = *latent_op_get_shape (node, 0);
  const LatentShape *weight = latent_op_get_shape (node, 2);
  gint64 size = latent_node_get_int (node, "size", 0);
  guint axis = 0;

  if (!latent_op_get_axis (node, "axis", 0, dst.n, &axis, error) ||
      !latent_op_check_rank (node, 2, "weight", 2, 2, error) ||
      !latent_op_check_same_type (node, 2, error) ||
      !latent_op_check_type (node, 1, "index", LATENT_TYPE_BIT (LATENT_DATA_TYPE_INT64), error))
    return FALSE;
  if (!latent_shape_equal (latent_op_get_shape (node, 1), weight) ||
      weight->dims[0] != dst.dims[axis]) {
    g_autofree char *wanted = g_strdup_printf (
        "as many as weights, for %" G_GINT64_FORMAT " samples", dst.dims[axis]);
    latent_op_set_shape_error (error, "index", wanted, latent_op_get_shape (node, 1));
    return FALSE;
  }
  dst.dims[axis] = size;
  return latent_op_set_output (node, 0, LATENT_DATA_TYPE_FLOAT32, &dst, error);
}

typedef struct {
  const float *src;
  const gint64 *index;
  const float *weight;
  float *dst;
  gsize n_src, n_dst; /* along the axis */
  gsize inner;        /* elements behind it */
  gsize footprint;
} SpreadJob;

static void
spread_sample (const SpreadJob *job, gsize i, const float *src, float *dst)
{
  for (gsize t = i * job->footprint; t < (i + 1) * job->footprint; t++) {
    const float weight = job->weight[t];
    float *to;
    if (job->index[t] < 0)
      return;
    to = dst + (gsize)job->index[t] * job->inner;
    for (gsize k = 0; k < job->inner; k++)
      to[k] += weight * src[k];
  }
}

/* What lies before the axis. */
static void
spread_slices (gsize begin, gsize end, gpointer data)
{
  const SpreadJob *job = data;
  gsize size = job->n_dst * job->inner;

  for (gsize slice = begin; slice < end; slice++) {
    const float *src = job->src + slice * job->n_src * job->inner;
    float *dst = job->dst + slice * size;
    memset (dst, 0, size * sizeof *dst);
    for (gsize i = 0; i < job->n_src; i++)
      spread_sample (job, i, src + i * job->inner, dst);
  }
}

static gboolean
check_indices (const SpreadJob *job, GError **error)
{
  for (gsize i = 0; i < job->n_src * job->footprint; i++) {
    if (job->index[i] < (gint64)job->n_dst)
      continue;
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "index %zu wants a sample below %zu, is %" G_GINT64_FORMAT, i, job->n_dst, job->index[i]);
    return FALSE;
  }
  return TRUE;
}

static gboolean
eval_spread (const LatentEval *eval, GError **error)
{
  const LatentShape *src = &eval->src[0].shape;
  SpreadJob job = {.src = eval->src[0].data,
      .index = eval->src[1].data,
      .weight = eval->src[2].data,
      .dst = eval->dst[0].data,
      .footprint = (gsize)eval->src[1].shape.dims[1]};
  guint axis = 0;

  if (!latent_op_get_axis (eval->node, "axis", 0, src->n, &axis, error))
    return FALSE;
  job.n_src = (gsize)src->dims[axis];
  job.n_dst = (gsize)eval->dst[0].shape.dims[axis];
  job.inner = latent_shape_product (src, axis + 1, src->n);
  if (!check_indices (&job, error))
    return FALSE;
  latent_parallel (eval->threads, latent_shape_product (src, 0, axis),
      MAX (1, 4096 / MAX (job.n_dst * job.inner, 1)), spread_slices, &job);
  return TRUE;
}

static guint64
count_macs (const LatentNode *node)
{
  const LatentShape *src = latent_op_get_shape (node, 0);

  return latent_macs_multiply (
      latent_shape_product (src, 0, src->n), (guint64)latent_op_get_shape (node, 1)->dims[1]);
}

/* clang-format off */
const LatentOp latent_ops_resize_gradient[] = {
    {"SpreadTaps", LATENT_DOMAIN_TRAINING, 1, 1, 3, 3, 1, 1, LATENT_TYPES_F32, "axis:i size:i",
     infer_spread, eval_spread, NULL, NULL, count_macs},
    {0},
};
/* clang-format on */
