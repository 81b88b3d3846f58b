/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/ops/pool.h"

#include <math.h>

#include "src/base/parallel.h"

#define TYPES_BYTE                                                                                 \
  (LATENT_TYPE_BIT (LATENT_DATA_TYPE_INT8) | LATENT_TYPE_BIT (LATENT_DATA_TYPE_UINT8))

gboolean
latent_pool_read_params (
    const LatentNode *node, const LatentShape *src, LatentPoolParams *params, GError **error)
{
  LatentWindow *w = &params->window;

  *params = (LatentPoolParams){
      .count_include_pad = latent_node_get_int (node, "count_include_pad", 0) != 0,
      .column_major = latent_node_get_int (node, "storage_order", 0) != 0,
  };
  if (!latent_window_read (node, src, NULL, w, error))
    return FALSE;
  for (guint i = 0; i < w->n; i++) {
    gint64 extent = latent_window_get_extent (w, i);
    if (w->pads_begin[i] < extent && w->pads_end[i] < extent)
      continue;
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "pads want less than the kernel's %" G_GINT64_FORMAT
        " in spatial dimension %u, are %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT,
        extent, i, w->pads_begin[i], w->pads_end[i]);
    return FALSE;
  }
  return latent_window_resolve (w, latent_node_get_int (node, "ceil_mode", 0) != 0, error);
}

gboolean
latent_pool_get_params (const LatentNode *node, LatentPoolParams *params, GError **error)
{
  return latent_pool_read_params (node, latent_op_get_shape (node, 0), params, error);
}

static gboolean
infer_pool (const LatentNode *node, GError **error)
{
  LatentPoolParams params;
  LatentShape dst = *latent_op_get_shape (node, 0);

  if (!latent_pool_get_params (node, &params, error))
    return FALSE;
  for (guint i = 0; i < params.window.n; i++)
    dst.dims[i + 2] = params.window.dst[i];
  return latent_op_set_output (node, 0, latent_op_get_type (node, 0), &dst, error) &&
         latent_op_set_output (node, 1, LATENT_DATA_TYPE_INT64, &dst, error);
}

typedef struct {
  LatentPoolParams params;
  LatentWindow window; /* with three dimensions */
  LatentDataType type;
  gconstpointer src;
  gpointer dst;
  gint64 *indices; /* or NULL */
} PoolJob;

void
latent_pool_get_taps (
    const LatentWindow *w, const gint64 position[LATENT_MAX_SPATIAL], LatentPoolTaps *taps)
{
  for (guint i = 0; i < LATENT_MAX_SPATIAL; i++) {
    latent_window_get_taps (w, i, position[i], &taps->begin[i], &taps->end[i]);
    taps->first[i] = position[i] * w->strides[i] - w->pads_begin[i];
  }
}

gsize
latent_pool_get_offset (
    const LatentWindow *w, const LatentPoolTaps *taps, gint64 z, gint64 y, gint64 x)
{
  gint64 from_z = taps->first[0] + z * w->dilations[0];
  gint64 from_y = taps->first[1] + y * w->dilations[1];

  return (from_z * w->src[1] + from_y) * w->src[2] + taps->first[2] + x * w->dilations[2];
}

static float
load (const PoolJob *job, gsize i)
{
  if (job->type == LATENT_DATA_TYPE_FLOAT32)
    return ((const float *)job->src)[i];
  if (job->type == LATENT_DATA_TYPE_INT8)
    return ((const gint8 *)job->src)[i];
  return ((const guint8 *)job->src)[i];
}

static void
store (const PoolJob *job, gsize i, float value)
{
  if (job->type == LATENT_DATA_TYPE_FLOAT32)
    ((float *)job->dst)[i] = value;
  else if (job->type == LATENT_DATA_TYPE_INT8)
    ((gint8 *)job->dst)[i] = (gint8)value;
  else
    ((guint8 *)job->dst)[i] = (guint8)value;
}

/* The place of an element of a plane as MaxPool's second output counts it. */
static gint64
get_index (const PoolJob *job, gsize plane, gsize offset)
{
  const LatentWindow *w = &job->window;
  gsize x = offset % w->src[2];
  gsize y = offset / w->src[2] % w->src[1];
  gsize z = offset / w->src[2] / w->src[1];
  gsize size = w->src[0] * w->src[1] * w->src[2];

  if (!job->params.column_major)
    return plane * size + offset;
  if (job->params.window.n == 3)
    return plane * size + (x * w->src[1] + y) * w->src[0] + z;
  return plane * size + x * w->src[1] + y;
}

/* NaN wins, as in a running maximum that starts with it. */
static void
find_maximum (const PoolJob *job, const LatentPoolTaps *taps, gsize plane, gsize to)
{
  const LatentWindow *w = &job->window;
  gsize base = plane * w->src[0] * w->src[1] * w->src[2];
  float best = -INFINITY;
  gsize place = 0;
  gboolean found = FALSE;

  for (gint64 z = taps->begin[0]; z < taps->end[0]; z++)
    for (gint64 y = taps->begin[1]; y < taps->end[1]; y++)
      for (gint64 x = taps->begin[2]; x < taps->end[2]; x++) {
        gsize offset = latent_pool_get_offset (w, taps, z, y, x);
        float value = load (job, base + offset);
        if (found && !(value > best) && !isnan (value))
          continue;
        best = value;
        place = offset;
        found = TRUE;
      }
  store (job, to, found || job->type == LATENT_DATA_TYPE_FLOAT32 ? best : 0);
  if (job->indices != NULL)
    job->indices[to] = get_index (job, plane, place);
}

double
latent_pool_count_taps (
    const LatentWindow *w, gboolean count_include_pad, const LatentPoolTaps *taps)
{
  double n = 1;

  for (guint i = 0; i < LATENT_MAX_SPATIAL; i++) {
    gint64 left = w->src[i] + w->pads_end[i] - taps->first[i];
    gint64 padded = MIN (w->kernel[i], (left - 1) / w->dilations[i] + 1);
    n *= (double)(count_include_pad ? padded : taps->end[i] - taps->begin[i]);
  }
  return n;
}

static void
find_average (const PoolJob *job, const LatentPoolTaps *taps, gsize plane, gsize to)
{
  const LatentWindow *w = &job->window;
  const float *src = (const float *)job->src + plane * w->src[0] * w->src[1] * w->src[2];
  double sum = 0;
  double n = latent_pool_count_taps (w, job->params.count_include_pad, taps);

  for (gint64 z = taps->begin[0]; z < taps->end[0]; z++)
    for (gint64 y = taps->begin[1]; y < taps->end[1]; y++)
      for (gint64 x = taps->begin[2]; x < taps->end[2]; x++)
        sum += src[latent_pool_get_offset (w, taps, z, y, x)];
  store (job, to, n > 0 ? (float)(sum / n) : 0);
}

typedef void (*PoolFunc) (const PoolJob *job, const LatentPoolTaps *taps, gsize plane, gsize to);

/* Rows of the output, counted over batch, channel, depth and height. */
static void
pool_rows (const PoolJob *job, gsize begin, gsize end, PoolFunc func)
{
  const LatentWindow *w = &job->window;

  for (gsize row = begin; row < end; row++)
    for (gint64 x = 0; x < w->dst[2]; x++) {
      gint64 position[] = {row / w->dst[1] % w->dst[0], row % w->dst[1], x};
      LatentPoolTaps taps;
      latent_pool_get_taps (w, position, &taps);
      func (job, &taps, row / (w->dst[0] * w->dst[1]), row * w->dst[2] + x);
    }
}

static void
pool_maxima (gsize begin, gsize end, gpointer data)
{
  pool_rows (data, begin, end, find_maximum);
}

static void
pool_averages (gsize begin, gsize end, gpointer data)
{
  pool_rows (data, begin, end, find_average);
}

static gboolean
run_pool (const LatentEval *eval, LatentParallelFunc func, GError **error)
{
  PoolJob job = {.type = eval->src[0].type,
      .src = eval->src[0].data,
      .dst = eval->dst[0].data,
      .indices = eval->n_dst > 1 ? eval->dst[1].data : NULL};
  const LatentShape *src = &eval->src[0].shape;

  if (!latent_pool_get_params (eval->node, &job.params, error))
    return FALSE;
  job.window = latent_window_expand (&job.params.window);
  latent_parallel (eval->threads,
      (gsize)src->dims[0] * src->dims[1] * job.window.dst[0] * job.window.dst[1], 8, func, &job);
  return TRUE;
}

static gboolean
eval_max_pool (const LatentEval *eval, GError **error)
{
  return run_pool (eval, pool_maxima, error);
}

static gboolean
eval_average_pool (const LatentEval *eval, GError **error)
{
  return run_pool (eval, pool_averages, error);
}

static gboolean
infer_global (const LatentNode *node, GError **error)
{
  LatentShape dst = *latent_op_get_shape (node, 0);

  if (!latent_op_check_rank (node, 0, "input", 2, LATENT_MAX_DIMS, error))
    return FALSE;
  for (guint i = 2; i < dst.n; i++)
    dst.dims[i] = 1;
  return latent_op_set_output (node, 0, latent_op_get_type (node, 0), &dst, error);
}

typedef struct {
  const float *src;
  float *dst;
  gsize size; /* of a plane */
} GlobalJob;

static void
find_means (gsize begin, gsize end, gpointer data)
{
  const GlobalJob *job = data;

  for (gsize plane = begin; plane < end; plane++) {
    double sum = 0;
    for (gsize i = 0; i < job->size; i++)
      sum += job->src[plane * job->size + i];
    job->dst[plane] = (float)(sum / (double)job->size);
  }
}

static void
find_maxima (gsize begin, gsize end, gpointer data)
{
  const GlobalJob *job = data;

  for (gsize plane = begin; plane < end; plane++) {
    const float *src = job->src + plane * job->size;
    float best = -INFINITY;
    for (gsize i = 0; i < job->size; i++)
      best = src[i] > best || isnan (src[i]) ? src[i] : best;
    job->dst[plane] = best;
  }
}

static gboolean
run_global (const LatentEval *eval, LatentParallelFunc func)
{
  const LatentShape *src = &eval->src[0].shape;
  GlobalJob job = {eval->src[0].data, eval->dst[0].data, latent_shape_product (src, 2, src->n)};

  latent_parallel (eval->threads, (gsize)src->dims[0] * src->dims[1], 8, func, &job);
  return TRUE;
}

static gboolean
eval_global_average (const LatentEval *eval, GError **error)
{
  return run_global (eval, find_means);
}

static gboolean
eval_global_max (const LatentEval *eval, GError **error)
{
  return run_global (eval, find_maxima);
}

void
latent_pool_settle_end (LatentWindow *w)
{
  for (guint i = 0; i < w->n; i++) {
    gint64 end = (w->dst[i] - 1) * w->strides[i] + latent_window_get_extent (w, i);
    w->pads_end[i] = MAX (end - w->src[i] - w->pads_begin[i], 0);
  }
}

gboolean
latent_pool_get_average (
    const LatentNode *node, const LatentPoolParams *params, LatentPooling *kind)
{
  *kind = params->count_include_pad ? LATENT_POOLING_AVERAGE_WITH_PADS : LATENT_POOLING_AVERAGE;
  return !params->count_include_pad || latent_node_get_int (node, "ceil_mode", 0) == 0;
}

static LatentEmit
emit_pool (LatentBuilder *builder, const LatentNode *node, gboolean average, GError **error)
{
  const LatentValue *indices = latent_node_get_output (node, 1);
  LatentPooling kind = LATENT_POOLING_MAX;
  LatentPoolParams params;
  LatentStencil stencil;

  if (!latent_pool_get_params (node, &params, error))
    return LATENT_EMIT_FAILED;
  if (indices != NULL && indices->n_uses > 0)
    return LATENT_EMIT_FALLBACK;
  if (average && !latent_pool_get_average (node, &params, &kind))
    return LATENT_EMIT_FALLBACK;
  latent_pool_settle_end (&params.window);
  stencil = latent_window_get_stencil (&params.window);
  return latent_dnn_pooling (builder, node, kind, &stencil, error);
}

static LatentEmit
emit_max_pool (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  return emit_pool (builder, node, FALSE, error);
}

static LatentEmit
emit_average_pool (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  return emit_pool (builder, node, TRUE, error);
}

/* One window over everything. */
static LatentEmit
emit_global (LatentBuilder *builder, const LatentNode *node, LatentPooling kind, GError **error)
{
  static const gint64 ones[LATENT_MAX_DIMS] = {1, 1, 1}, zeros[LATENT_MAX_DIMS];
  const LatentShape *src = latent_op_get_shape (node, 0);
  LatentStencil stencil = {src->n - 2, src->dims + 2, ones, ones, zeros, zeros};

  return latent_dnn_pooling (builder, node, kind, &stencil, error);
}

static LatentEmit
emit_global_average (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  return emit_global (builder, node, LATENT_POOLING_AVERAGE, error);
}

static LatentEmit
emit_global_max (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  return emit_global (builder, node, LATENT_POOLING_MAX, error);
}

/* Samples that lie under some window, padding left out. */
static guint64
count_steps (const LatentNode *node)
{
  const LatentShape *dst = &latent_node_get_output (node, 0)->shape;
  LatentPoolParams params;
  guint64 steps = latent_shape_product (dst, 0, dst->n);

  if (!latent_pool_get_params (node, &params, NULL))
    return 0;
  for (guint i = 0; i < params.window.n; i++)
    steps = latent_macs_multiply (steps, MIN (params.window.kernel[i], params.window.src[i]));
  return steps;
}

/* clang-format off */
const LatentOp latent_ops_pool[] = {
    {"AveragePool", "", 1, LATENT_OPSET_MAX, 1, 1, 1, 1, LATENT_TYPES_F32,
     "auto_pad:s ceil_mode:i count_include_pad:i dilations:I kernel_shape:I pads:I strides:I",
     infer_pool, eval_average_pool, NULL, emit_average_pool, NULL, count_steps,
     latent_average_pool_add_gradient},
    {"GlobalAveragePool", "", 1, LATENT_OPSET_MAX, 1, 1, 1, 1, LATENT_TYPES_F32, "", infer_global,
     eval_global_average, NULL, emit_global_average,
     .gradient = latent_global_average_pool_add_gradient},
    {"GlobalMaxPool", "", 1, LATENT_OPSET_MAX, 1, 1, 1, 1, LATENT_TYPES_F32, "", infer_global,
     eval_global_max, NULL, emit_global_max, .gradient = latent_global_max_pool_add_gradient},
    {"MaxPool", "", 1, LATENT_OPSET_MAX, 1, 1, 1, 2, LATENT_TYPES_F32 | TYPES_BYTE,
     "auto_pad:s ceil_mode:i dilations:I kernel_shape:I pads:I storage_order:i strides:I",
     infer_pool, eval_max_pool, NULL, emit_max_pool, NULL, count_steps,
     latent_max_pool_add_gradient},
    {0},
};
/* clang-format on */
