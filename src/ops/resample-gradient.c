/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/base/parallel.h"
#include "src/dnn/emit.h"
#include "src/ops/resize.h"
#include "src/ops/window.h"

/* ResampleGradient: of a linear Resize that oneDNN's resampling does
 * (latent_resize_fits_resampling()), from the derivative by what it made. `size` has the spatial
 * dimensions of what it read. */

LatentValue *
latent_resample_add_gradient (LatentGradient *gradient, const LatentResizeParams *params,
    LatentValue *derivative, GError **error)
{
  LatentNode *backward = latent_gradient_node (
      gradient, "ResampleGradient", LATENT_DOMAIN_TRAINING);

  latent_node_set_ints (backward, "size", params->src.dims + 2, params->src.n - 2);
  latent_node_add_input (backward, derivative);
  return latent_gradient_finish (gradient, backward, 1, error);
}

static gboolean
get_params (const LatentNode *node, LatentResizeParams *params, GError **error)
{
  const LatentShape *dst = latent_op_get_shape (node, 0);

  *params = (LatentResizeParams){.mode = LATENT_RESIZE_LINEAR, .src = *dst, .dst = *dst};
  if (!latent_op_check_rank (node, 0, "derivative", 3, 2 + LATENT_MAX_SPATIAL, error) ||
      !latent_window_get_list (node, "size", dst->n - 2, 1, 1, params->src.dims + 2, error))
    return FALSE;
  for (guint i = 0; i < dst->n; i++)
    params->scales[i] = i < 2 ? 1 : (double)dst->dims[i] / (double)params->src.dims[i];
  if (latent_resize_fits_resampling (params))
    return TRUE;
  latent_op_set_shape_error (error, "derivative", "more than one sample each way", dst);
  return FALSE;
}

static gboolean
infer_gradient (const LatentNode *node, GError **error)
{
  LatentResizeParams params;

  return get_params (node, &params, error) &&
         latent_op_set_output (node, 0, LATENT_DATA_TYPE_FLOAT32, &params.src, error);
}

/* Three dimensions, the outer of which may be of one sample. */
typedef struct {
  const float *derivative;
  float *dst;
  gint64 n_src[LATENT_MAX_SPATIAL], n_dst[LATENT_MAX_SPATIAL];
  LatentResizeTaps taps[LATENT_MAX_SPATIAL];
} Job;

/* Dimension i of three as an axis of the node's; below 2 where it has none. */
static guint
get_axis (const LatentResizeParams *params, guint i)
{
  return i + params->src.n - LATENT_MAX_SPATIAL;
}

static gsize
count_taps (const LatentResizeParams *params, guint i)
{
  guint axis = get_axis (params, i);

  return axis < 2 ? 1 : latent_resize_get_footprint (params, axis) * (gsize)params->dst.dims[axis];
}

static gsize
get_scratch_size (const LatentNode *node)
{
  LatentResizeParams params;
  gsize n = 0;

  if (!get_params (node, &params, NULL))
    return 0;
  for (guint i = 0; i < LATENT_MAX_SPATIAL; i++)
    n += count_taps (&params, i);
  return n * (sizeof (gint64) + sizeof (float));
}

/* Indices of all dimensions, then their weights. */
static void
fill_taps (Job *job, const LatentResizeParams *params, gpointer scratch)
{
  gint64 *index = scratch;
  float *weight;
  gsize n = 0;

  for (guint i = 0; i < LATENT_MAX_SPATIAL; i++)
    n += count_taps (params, i);
  weight = (float *)(index + n);
  for (guint i = 0; i < LATENT_MAX_SPATIAL; i++) {
    guint axis = get_axis (params, i);
    job->n_src[i] = axis < 2 ? 1 : params->src.dims[axis];
    job->n_dst[i] = axis < 2 ? 1 : params->dst.dims[axis];
    job->taps[i] = (LatentResizeTaps){
        axis < 2 ? 1 : latent_resize_get_footprint (params, axis), index, weight};
    if (axis >= 2) {
      latent_resize_fill_taps (params, axis, 0, 1, &job->taps[i]);
    } else {
      *index = 0;
      *weight = 1;
    }
    index += count_taps (params, i);
    weight += count_taps (params, i);
  }
}

static void
spread_row (const Job *job, const float *derivative, float factor, float *dst)
{
  const LatentResizeTaps *taps = &job->taps[2];

  for (gint64 x = 0; x < job->n_dst[2]; x++)
    for (gsize t = (gsize)x * taps->footprint; t < (gsize)(x + 1) * taps->footprint; t++)
      dst[taps->index[t]] += factor * taps->weight[t] * derivative[x];
}

static void
spread_rows (const Job *job, gint64 z, gint64 y, const float *derivative, float *dst)
{
  const LatentResizeTaps *outer = &job->taps[0], *inner = &job->taps[1];

  for (gsize s = (gsize)z * outer->footprint; s < (gsize)(z + 1) * outer->footprint; s++)
    for (gsize t = (gsize)y * inner->footprint; t < (gsize)(y + 1) * inner->footprint; t++)
      spread_row (job, derivative, outer->weight[s] * inner->weight[t],
          dst + (outer->index[s] * job->n_src[1] + inner->index[t]) * job->n_src[2]);
}

/* Planes, counted over batch and channels. */
static void
spread_planes (gsize begin, gsize end, gpointer data)
{
  const Job *job = data;
  gsize src_size = (gsize)(job->n_src[0] * job->n_src[1] * job->n_src[2]);
  gsize dst_size = (gsize)(job->n_dst[0] * job->n_dst[1] * job->n_dst[2]);

  for (gsize plane = begin; plane < end; plane++) {
    const float *derivative = job->derivative + plane * dst_size;
    float *dst = job->dst + plane * src_size;
    memset (dst, 0, src_size * sizeof *dst);
    for (gint64 z = 0; z < job->n_dst[0]; z++)
      for (gint64 y = 0; y < job->n_dst[1]; y++)
        spread_rows (job, z, y, derivative + (z * job->n_dst[1] + y) * job->n_dst[2], dst);
  }
}

static gboolean
eval_gradient (const LatentEval *eval, GError **error)
{
  Job job = {.derivative = eval->src[0].data, .dst = eval->dst[0].data};
  LatentResizeParams params;

  if (!get_params (eval->node, &params, error))
    return FALSE;
  fill_taps (&job, &params, eval->scratch);
  latent_parallel (eval->threads, latent_shape_product (&params.src, 0, 2), 1, spread_planes, &job);
  return TRUE;
}

static guint64
count_macs (const LatentNode *node)
{
  const LatentShape *dst = latent_op_get_shape (node, 0);

  return latent_macs_multiply (latent_shape_product (dst, 0, dst->n), 1u << (dst->n - 2));
}

/* clang-format off */
const LatentOp latent_ops_resample_gradient[] = {
    {"ResampleGradient", LATENT_DOMAIN_TRAINING, 1, 1, 1, 1, 1, 1, LATENT_TYPES_F32,
     "size:I", infer_gradient, eval_gradient, get_scratch_size, latent_dnn_resampling_backward,
     count_macs},
    {0},
};
/* clang-format on */
