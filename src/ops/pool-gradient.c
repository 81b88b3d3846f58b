/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include "src/base/parallel.h"
#include "src/dnn/emit.h"
#include "src/ops/pool.h"

/* MaxPoolGradient: from what the pool read (input 0) and the derivative by its output (input 1); it
 * looks for each window's maximum again. AveragePoolGradient: from the derivative alone, the
 * spatial size of what the pool read being an attribute. The others are the pool's. */

static gboolean
finish (LatentGradient *gradient, LatentNode *backward, LatentValue *src, const LatentShape *shape,
    GError **error)
{
  LatentValue *derivative = latent_gradient_finish (gradient, backward, 1, error);

  if (derivative != NULL)
    derivative = latent_gradient_reshape (gradient, derivative, shape, error);
  latent_gradient_add (gradient, src, derivative);
  return derivative != NULL;
}

static LatentNode *
new_node (LatentGradient *gradient, const char *op_type, const LatentWindow *window)
{
  LatentNode *backward = latent_gradient_node (gradient, op_type, LATENT_DOMAIN_TRAINING);

  latent_window_set_attributes (window, backward);
  return backward;
}

gboolean
latent_max_pool_add_gradient (LatentGradient *gradient, const LatentNode *node, GError **error)
{
  LatentValue *src = latent_node_get_input (node, 0);
  LatentPoolParams params;
  LatentNode *backward;

  if (!latent_pool_get_params (node, &params, error))
    return FALSE;
  backward = new_node (gradient, "MaxPoolGradient", &params.window);
  latent_node_set_int (backward, "ceil_mode", latent_node_get_int (node, "ceil_mode", 0));
  latent_node_add_input (backward, src);
  latent_node_add_input (
      backward, latent_gradient_get (gradient, latent_node_get_output (node, 0)));
  return finish (gradient, backward, src, &src->shape, error);
}

gboolean
latent_average_pool_add_gradient (LatentGradient *gradient, const LatentNode *node, GError **error)
{
  LatentValue *src = latent_node_get_input (node, 0);
  LatentPoolParams params;
  LatentNode *backward;

  if (!latent_pool_get_params (node, &params, error))
    return FALSE;
  backward = new_node (gradient, "AveragePoolGradient", &params.window);
  latent_node_set_int (backward, "ceil_mode", latent_node_get_int (node, "ceil_mode", 0));
  latent_node_set_int (backward, "count_include_pad", params.count_include_pad);
  latent_node_set_ints (backward, "size", params.window.src, params.window.n);
  latent_node_add_input (
      backward, latent_gradient_get (gradient, latent_node_get_output (node, 0)));
  return finish (gradient, backward, src, &src->shape, error);
}

/* The one window of a global pool; shapes that no window has become batch x channels x samples. */
static LatentWindow
get_global_window (const LatentShape *src, LatentShape *shape)
{
  LatentWindow window = {0};

  *shape = *src;
  if (src->n < 3 || src->n > 2 + LATENT_MAX_SPATIAL) {
    shape->n = 3;
    shape->dims[2] = (gint64)latent_shape_product (src, 2, src->n);
  }
  window.n = shape->n - 2;
  for (guint i = 0; i < window.n; i++) {
    window.src[i] = window.kernel[i] = shape->dims[i + 2];
    window.dst[i] = window.strides[i] = window.dilations[i] = 1;
  }
  return window;
}

static LatentValue *
get_global_derivative (
    LatentGradient *gradient, const LatentNode *node, const LatentShape *shape, GError **error)
{
  LatentShape ones = *shape;

  for (guint i = 2; i < ones.n; i++)
    ones.dims[i] = 1;
  return latent_gradient_reshape (
      gradient, latent_gradient_get (gradient, latent_node_get_output (node, 0)), &ones, error);
}

gboolean
latent_global_average_pool_add_gradient (
    LatentGradient *gradient, const LatentNode *node, GError **error)
{
  LatentValue *src = latent_node_get_input (node, 0);
  LatentShape shape;
  LatentWindow window = get_global_window (&src->shape, &shape);
  LatentValue *derivative = get_global_derivative (gradient, node, &shape, error);
  LatentNode *backward = new_node (gradient, "AveragePoolGradient", &window);

  if (derivative == NULL)
    return FALSE;
  latent_node_set_ints (backward, "size", window.src, window.n);
  latent_node_add_input (backward, derivative);
  return finish (gradient, backward, src, &src->shape, error);
}

gboolean
latent_global_max_pool_add_gradient (
    LatentGradient *gradient, const LatentNode *node, GError **error)
{
  LatentValue *src = latent_node_get_input (node, 0);
  LatentShape shape;
  LatentWindow window = get_global_window (&src->shape, &shape);
  LatentValue *derivative = get_global_derivative (gradient, node, &shape, error);
  LatentValue *flat = latent_gradient_reshape (gradient, src, &shape, error);
  LatentNode *backward = new_node (gradient, "MaxPoolGradient", &window);

  if (derivative == NULL || flat == NULL)
    return FALSE;
  latent_node_add_input (backward, flat);
  latent_node_add_input (backward, derivative);
  return finish (gradient, backward, src, &src->shape, error);
}

/* Parameters of the pool that read `src`, and whether the derivative (input i) is its output's. */
static gboolean
get_params (const LatentNode *node, const LatentShape *src, guint i, LatentPoolParams *params,
    GError **error)
{
  LatentShape dst = *src;

  if (!latent_pool_read_params (node, src, params, error))
    return FALSE;
  for (guint d = 0; d < params->window.n; d++)
    dst.dims[d + 2] = params->window.dst[d];
  return latent_op_check_shape (node, i, "derivative", &dst, error);
}

/* What an averaging pool read. */
static gboolean
get_average_src (const LatentNode *node, LatentShape *src, GError **error)
{
  *src = *latent_op_get_shape (node, 0);
  return latent_op_check_rank (node, 0, "derivative", 3, 2 + LATENT_MAX_SPATIAL, error) &&
         latent_window_get_list (node, "size", src->n - 2, 1, 1, src->dims + 2, error);
}

static gboolean
infer_max (const LatentNode *node, GError **error)
{
  LatentPoolParams params;

  return get_params (node, latent_op_get_shape (node, 0), 1, &params, error) &&
         latent_infer_same (node, error);
}

static gboolean
infer_average (const LatentNode *node, GError **error)
{
  LatentPoolParams params;
  LatentShape src;

  return get_average_src (node, &src, error) && get_params (node, &src, 0, &params, error) &&
         latent_op_set_output (node, 0, LATENT_DATA_TYPE_FLOAT32, &src, error);
}

typedef struct {
  LatentPoolParams params;
  LatentWindow window; /* with three dimensions */
  const float *src;    /* of maxima */
  const float *derivative;
  float *dst;
} PoolJob;

/* One window's share: `src` and `dst` are its plane. */
typedef void (*SpreadFunc) (
    const PoolJob *job, const LatentPoolTaps *taps, const float *src, float derivative, float *dst);

/* To the first of equals; NaN wins. */
static void
spread_maximum (
    const PoolJob *job, const LatentPoolTaps *taps, const float *src, float derivative, float *dst)
{
  const LatentWindow *w = &job->window;
  gssize best = -1;

  for (gint64 z = taps->begin[0]; z < taps->end[0]; z++)
    for (gint64 y = taps->begin[1]; y < taps->end[1]; y++)
      for (gint64 x = taps->begin[2]; x < taps->end[2]; x++) {
        gssize offset = (gssize)latent_pool_get_offset (w, taps, z, y, x);
        if (best < 0 || src[offset] > src[best] || isnan (src[offset]))
          best = offset;
      }
  if (best >= 0)
    dst[best] += derivative;
}

static void
spread_average (
    const PoolJob *job, const LatentPoolTaps *taps, const float *src, float derivative, float *dst)
{
  const LatentWindow *w = &job->window;
  double n = latent_pool_count_taps (w, job->params.count_include_pad, taps);
  float share = n > 0 ? (float)(derivative / n) : 0;

  for (gint64 z = taps->begin[0]; z < taps->end[0]; z++)
    for (gint64 y = taps->begin[1]; y < taps->end[1]; y++)
      for (gint64 x = taps->begin[2]; x < taps->end[2]; x++)
        dst[latent_pool_get_offset (w, taps, z, y, x)] += share;
}

/* Planes, counted over batch and channels. */
static void
spread_planes (const PoolJob *job, gsize begin, gsize end, SpreadFunc func)
{
  const LatentWindow *w = &job->window;
  gsize src_size = w->src[0] * w->src[1] * w->src[2];
  gsize dst_size = w->dst[0] * w->dst[1] * w->dst[2];

  for (gsize plane = begin; plane < end; plane++) {
    const float *src = job->src != NULL ? job->src + plane * src_size : NULL;
    const float *derivative = job->derivative + plane * dst_size;
    float *dst = job->dst + plane * src_size;
    memset (dst, 0, src_size * sizeof *dst);
    for (gsize i = 0; i < dst_size; i++) {
      gint64 position[] = {i / (w->dst[1] * w->dst[2]), i / w->dst[2] % w->dst[1], i % w->dst[2]};
      LatentPoolTaps taps;
      latent_pool_get_taps (w, position, &taps);
      func (job, &taps, src, derivative[i], dst);
    }
  }
}

static void
spread_maxima (gsize begin, gsize end, gpointer data)
{
  spread_planes (data, begin, end, spread_maximum);
}

static void
spread_averages (gsize begin, gsize end, gpointer data)
{
  spread_planes (data, begin, end, spread_average);
}

static gboolean
eval_max (const LatentEval *eval, GError **error)
{
  const LatentShape *src = &eval->src[0].shape;
  PoolJob job = {
      .src = eval->src[0].data, .derivative = eval->src[1].data, .dst = eval->dst[0].data};

  if (!latent_pool_read_params (eval->node, src, &job.params, error))
    return FALSE;
  job.window = latent_window_expand (&job.params.window);
  latent_parallel (eval->threads, (gsize)src->dims[0] * src->dims[1], 1, spread_maxima, &job);
  return TRUE;
}

static gboolean
eval_average (const LatentEval *eval, GError **error)
{
  PoolJob job = {.derivative = eval->src[0].data, .dst = eval->dst[0].data};
  LatentShape src;

  if (!get_average_src (eval->node, &src, error) ||
      !latent_pool_read_params (eval->node, &src, &job.params, error))
    return FALSE;
  job.window = latent_window_expand (&job.params.window);
  latent_parallel (eval->threads, (gsize)src.dims[0] * src.dims[1], 1, spread_averages, &job);
  return TRUE;
}

static LatentEmit
emit_max (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  LatentPoolParams params;
  LatentStencil stencil;

  if (!latent_pool_read_params (node, latent_op_get_shape (node, 0), &params, error))
    return LATENT_EMIT_FAILED;
  latent_pool_settle_end (&params.window);
  stencil = latent_window_get_stencil (&params.window);
  return latent_dnn_max_pooling_backward (builder, node, &stencil, error);
}

static LatentEmit
emit_average (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  LatentPoolParams params;
  LatentStencil stencil;
  LatentPooling kind;

  if (!latent_pool_read_params (node, &latent_node_get_output (node, 0)->shape, &params, error))
    return LATENT_EMIT_FAILED;
  if (!latent_pool_get_average (node, &params, &kind))
    return LATENT_EMIT_FALLBACK;
  latent_pool_settle_end (&params.window);
  stencil = latent_window_get_stencil (&params.window);
  return latent_dnn_average_pooling_backward (builder, node, kind, &stencil, error);
}

/* Samples that lie under some window, padding left out. */
static guint64
count_steps (const LatentNode *node)
{
  const LatentShape *dst = latent_op_get_shape (node, node->inputs->len - 1);
  const LatentShape *src = &latent_node_get_output (node, 0)->shape;
  LatentPoolParams params;
  guint64 steps = latent_shape_product (dst, 0, dst->n);

  if (!latent_pool_read_params (node, src, &params, NULL))
    return 0;
  for (guint i = 0; i < params.window.n; i++)
    steps = latent_macs_multiply (steps, MIN (params.window.kernel[i], params.window.src[i]));
  return steps;
}

/* clang-format off */
const LatentOp latent_ops_pool_gradient[] = {
    {"AveragePoolGradient", LATENT_DOMAIN_TRAINING, 1, 1, 1, 1, 1, 1, LATENT_TYPES_F32,
     "auto_pad:s ceil_mode:i count_include_pad:i dilations:I kernel_shape:I pads:I size:I "
     "strides:I",
     infer_average, eval_average, NULL, emit_average, NULL, count_steps},
    {"MaxPoolGradient", LATENT_DOMAIN_TRAINING, 1, 1, 2, 2, 1, 1, LATENT_TYPES_F32,
     "auto_pad:s ceil_mode:i dilations:I kernel_shape:I pads:I strides:I", infer_max, eval_max,
     NULL, emit_max, NULL, count_steps},
    {0},
};
/* clang-format on */
