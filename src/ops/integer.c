/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "src/base/numeric.h"
#include "src/base/parallel.h"
#include "src/ops/conv.h"
#include "src/ops/product.h"

/* Convolutions and matrix products that ONNX defines on 8-bit integers: plain loops.
 * latent_pass_expand_qlinear() makes of those that have scales what says the same of reals, and
 * that runs fast. */

#define TYPES_8 (LATENT_TYPE_BIT (LATENT_DATA_TYPE_INT8) | LATENT_TYPE_BIT (LATENT_DATA_TYPE_UINT8))

/* Where a node has what. ConvInteger and MatMulInteger have no scales and no result's zero point.
 */
typedef struct {
  guint a_zero, b, b_zero;
  guint a_scale, b_scale, dst_scale, dst_zero, bias; /* 0: none */
} Places;

static const Places integers = {.a_zero = 2, .b = 1, .b_zero = 3};
static const Places scaled = {.a_scale = 1,
    .a_zero = 2,
    .b = 3,
    .b_scale = 4,
    .b_zero = 5,
    .dst_scale = 6,
    .dst_zero = 7,
    .bias = 8};

static const Places *
get_places (const LatentNode *node)
{
  return g_str_has_prefix (node->op_type, "QLinear") ? &scaled : &integers;
}

/* The node as one of floats sees it: two inputs of one type. `data` is its memory. */
typedef struct {
  LatentValue a, b;
  gpointer inputs[2];
  GPtrArray list;
  LatentNode node;
} Pair;

static const LatentNode *
get_pair (const LatentNode *node, Pair *pair)
{
  pair->a = *latent_node_get_input (node, 0);
  pair->b = *latent_node_get_input (node, get_places (node)->b);
  pair->b.type = pair->a.type;
  pair->inputs[0] = &pair->a;
  pair->inputs[1] = &pair->b;
  pair->list = (GPtrArray){pair->inputs, 2};
  pair->node = *node;
  pair->node.inputs = &pair->list;
  return &pair->node;
}

/* A scale or zero point: one number, or one for each of n outputs where n is more than 1. */
static gboolean
check_vector (
    const LatentNode *node, guint i, const char *what, guint32 types, gint64 n, GError **error)
{
  const LatentShape *shape;
  g_autofree char *wanted = NULL;

  if (i == 0 || latent_node_get_input (node, i) == NULL)
    return TRUE;
  shape = latent_op_get_shape (node, i);
  if (!latent_op_check_type (node, i, what, types, error))
    return FALSE;
  if (latent_shape_product (shape, 0, shape->n) == 1 || (shape->n == 1 && shape->dims[0] == n))
    return TRUE;
  wanted = g_strdup_printf ("1 or %" G_GINT64_FORMAT " numbers", n);
  latent_op_set_shape_error (error, what, wanted, shape);
  return FALSE;
}

/* n outputs of weights or columns. */
static gboolean
check_inputs (const LatentNode *node, gint64 n, GError **error)
{
  const Places *at = get_places (node);
  const LatentValue *a_zero = latent_node_get_input (node, at->a_zero);
  const LatentValue *b_zero = latent_node_get_input (node, at->b_zero);

  if (!latent_op_check_type (node, at->b, "second factor", TYPES_8, error) ||
      !check_vector (node, at->a_zero, "zero point", TYPES_8, 1, error) ||
      !check_vector (node, at->b_zero, "second zero point", TYPES_8, n, error) ||
      !check_vector (node, at->a_scale, "scale", LATENT_TYPES_F32, 1, error) ||
      !check_vector (node, at->b_scale, "second scale", LATENT_TYPES_F32, n, error) ||
      !check_vector (node, at->dst_scale, "result's scale", LATENT_TYPES_F32, 1, error) ||
      !check_vector (node, at->dst_zero, "result's zero point", TYPES_8, 1, error))
    return FALSE;
  if ((a_zero == NULL || a_zero->type == latent_op_get_type (node, 0)) &&
      (b_zero == NULL || b_zero->type == latent_op_get_type (node, at->b)))
    return TRUE;
  g_set_error (
      error, LATENT_ERROR, LATENT_ERROR_TYPE, "a zero point is of another type than its integers");
  return FALSE;
}

static LatentDataType
get_dst_type (const LatentNode *node)
{
  guint zero = get_places (node)->dst_zero;

  return zero != 0 ? latent_op_get_type (node, zero) : LATENT_DATA_TYPE_INT32;
}

static gboolean
infer_conv (const LatentNode *node, GError **error)
{
  const guint bias = get_places (node)->bias;
  LatentConvParams params;
  LatentShape dst;
  Pair pair;

  if (!latent_conv_get_params (get_pair (node, &pair), &params, error) ||
      !check_inputs (node, params.channels_out, error) ||
      !check_vector (
          node, bias, "bias", LATENT_TYPE_BIT (LATENT_DATA_TYPE_INT32), params.channels_out, error))
    return FALSE;
  dst = (LatentShape){
      params.window.n + 2, {params.batch, params.channels_out}
  };
  for (guint i = 0; i < params.window.n; i++)
    dst.dims[i + 2] = params.window.dst[i];
  return latent_op_set_output (node, 0, get_dst_type (node), &dst, error);
}

static gboolean
infer_matmul (const LatentNode *node, GError **error)
{
  LatentProduct product;
  LatentShape dst;
  Pair pair;

  return latent_matmul_get_product (get_pair (node, &pair), &product, &dst, error) &&
         check_inputs (node, (gint64)product.n, error) &&
         latent_op_set_output (node, 0, get_dst_type (node), &dst, error);
}

typedef struct {
  const LatentEval *eval;
  const Places *at;
  LatentConvParams params;
  LatentWindow window; /* of three dimensions */
  LatentProduct product;
} Job;

/* Element i of an input, or the first where it has but one; `fallback` where it is left out. */
static gint64
get_integer (const Job *job, guint input, gsize i, gint64 fallback)
{
  const LatentView *view = &job->eval->src[input];
  gint64 value = fallback;

  if (input != 0 && input < job->eval->n_src && view->data != NULL)
    latent_load_ints (view->type, view->data, view->n == 1 ? 0 : i, 1, &value);
  return value;
}

static double
get_scale (const Job *job, guint input, gsize i)
{
  const LatentView *view = &job->eval->src[input];
  return ((const float *)view->data)[view->n == 1 ? 0 : i];
}

static inline gint32
load (const LatentView *view, gsize i)
{
  return view->type == LATENT_DATA_TYPE_UINT8 ? ((const guint8 *)view->data)[i]
                                              : ((const gint8 *)view->data)[i];
}

/* Sums wrap as 32 bits do. */
static void
store (const Job *job, gsize i, gsize channel, guint32 sum)
{
  const LatentView *dst = &job->eval->dst[0];
  const gint64 least = dst->type == LATENT_DATA_TYPE_INT8 ? -128 : 0;
  gint64 value = (gint32)sum;

  if (job->at->dst_scale != 0) {
    double scale = get_scale (job, job->at->a_scale, 0) *
                   get_scale (job, job->at->b_scale, channel) /
                   get_scale (job, job->at->dst_scale, 0);
    double level = rint ((double)value * scale) +
                   (double)get_integer (job, job->at->dst_zero, 0, 0);
    value = level > (double)least ? (gint64)fmin (level, (double)(least + 255)) : least;
  }
  latent_store_ints (dst->type, dst->data, i, 1, &value);
}

static guint32
sum_channel (const Job *job, const gint64 *position, gsize src, gsize weights, const gint32 *zeros)
{
  const LatentWindow *w = &job->window;
  const LatentView *a = &job->eval->src[0], *b = &job->eval->src[job->at->b];
  gint64 begin[3], end[3], first[3];
  guint32 sum = 0;

  for (guint i = 0; i < 3; i++) {
    latent_window_get_taps (w, i, position[i], &begin[i], &end[i]);
    first[i] = position[i] * w->strides[i] - w->pads_begin[i];
  }
  for (gint64 z = begin[0]; z < end[0]; z++)
    for (gint64 y = begin[1]; y < end[1]; y++)
      for (gint64 x = begin[2]; x < end[2]; x++) {
        gint64 row = (first[0] + z * w->dilations[0]) * w->src[1] + first[1] + y * w->dilations[1];
        gsize from = src + (gsize)(row * w->src[2] + first[2] + x * w->dilations[2]);
        gsize tap = weights + (gsize)((z * w->kernel[1] + y) * w->kernel[2] + x);
        sum += (guint32)((load (a, from) - zeros[0]) * (load (b, tap) - zeros[1]));
      }
  return sum;
}

/* Elements of the output. */
static void
convolve (gsize begin, gsize end, gpointer data)
{
  const Job *job = data;
  const LatentConvParams *params = &job->params;
  const LatentWindow *w = &job->window;
  const gsize area = (gsize)(w->dst[0] * w->dst[1] * w->dst[2]);
  const gsize src_area = (gsize)(w->src[0] * w->src[1] * w->src[2]);
  const gsize taps = (gsize)(w->kernel[0] * w->kernel[1] * w->kernel[2]);
  const gint64 per_group = params->channels_in / params->groups;

  for (gsize i = begin; i < end; i++) {
    const gsize at = i % area, plane = i / area;
    const gint64 c = (gint64)(plane % (gsize)params->channels_out);
    const gint64 batch = (gint64)(plane / (gsize)params->channels_out);
    const gint64 position[] = {(gint64)at / (w->dst[1] * w->dst[2]),
        (gint64)at / w->dst[2] % w->dst[1], (gint64)at % w->dst[2]};
    const gint64 from = batch * params->channels_in +
                        c / (params->channels_out / params->groups) * per_group;
    const gint32 zeros[] = {(gint32)get_integer (job, job->at->a_zero, 0, 0),
        (gint32)get_integer (job, job->at->b_zero, (gsize)c, 0)};
    guint32 sum = (guint32)get_integer (job, job->at->bias, (gsize)c, 0);
    for (gint64 k = 0; k < per_group; k++)
      sum += sum_channel (
          job, position, (gsize)(from + k) * src_area, (gsize)(c * per_group + k) * taps, zeros);
    store (job, i, (gsize)c, sum);
  }
}

static gboolean
eval_conv (const LatentEval *eval, GError **error)
{
  Job job = {.eval = eval, .at = get_places (eval->node)};
  Pair pair;

  if (!latent_conv_get_params (get_pair (eval->node, &pair), &job.params, error))
    return FALSE;
  job.window = latent_window_expand (&job.params.window);
  latent_parallel (eval->threads, eval->dst[0].n, 64, convolve, &job);
  return TRUE;
}

static gsize
get_offset (const LatentShape *shape, const gint64 *strides, gsize index)
{
  gsize offset = 0;

  for (guint i = shape->n; i-- > 0;) {
    offset += index % (gsize)shape->dims[i] * (gsize)strides[i];
    index /= (gsize)shape->dims[i];
  }
  return offset;
}

static void
multiply (gsize begin, gsize end, gpointer data)
{
  const Job *job = data;
  const LatentProduct *p = &job->product;
  const LatentView *a = &job->eval->src[0], *b = &job->eval->src[job->at->b];

  for (gsize i = begin; i < end; i++) {
    const gsize column = i % p->n, row = i / p->n % p->m, pair = i / (p->n * p->m);
    const gsize first = get_offset (&p->batch_shape, p->a_strides, pair) + row * p->a_row;
    const gsize second = get_offset (&p->batch_shape, p->b_strides, pair) + column * p->b_column;
    const gint32 a_zero = (gint32)get_integer (job, job->at->a_zero, 0, 0);
    const gint32 b_zero = (gint32)get_integer (job, job->at->b_zero, column, 0);
    guint32 sum = 0;
    for (gsize k = 0; k < p->k; k++)
      sum += (guint32)((load (a, first + k * p->a_column) - a_zero) *
                       (load (b, second + k * p->b_row) - b_zero));
    store (job, i, column, sum);
  }
}

static gboolean
eval_matmul (const LatentEval *eval, GError **error)
{
  Job job = {.eval = eval, .at = get_places (eval->node)};
  LatentShape dst;
  Pair pair;

  if (!latent_matmul_get_product (get_pair (eval->node, &pair), &job.product, &dst, error))
    return FALSE;
  latent_parallel (eval->threads, eval->dst[0].n, 64, multiply, &job);
  return TRUE;
}

static guint64
count_conv_macs (const LatentNode *node)
{
  const LatentShape *dst = &latent_node_get_output (node, 0)->shape;
  const LatentShape *weights = latent_op_get_shape (node, get_places (node)->b);

  return latent_macs_multiply (
      latent_shape_product (dst, 0, dst->n), latent_shape_product (weights, 1, weights->n));
}

static guint64
count_matmul_macs (const LatentNode *node)
{
  const LatentShape *dst = &latent_node_get_output (node, 0)->shape;
  const LatentShape *a = latent_op_get_shape (node, 0);

  return latent_macs_multiply (latent_shape_product (dst, 0, dst->n), (guint64)a->dims[a->n - 1]);
}

#define CONV "auto_pad:s dilations:I group:i kernel_shape:I pads:I strides:I"

/* clang-format off */
const LatentOp latent_ops_integer[] = {
    {"ConvInteger", "", 10, LATENT_OPSET_MAX, 2, 4, 1, 1, TYPES_8, CONV, infer_conv, eval_conv,
     .macs = count_conv_macs},
    {"MatMulInteger", "", 10, LATENT_OPSET_MAX, 2, 4, 1, 1, TYPES_8, "", infer_matmul, eval_matmul,
     .macs = count_matmul_macs},
    {"QLinearConv", "", 10, LATENT_OPSET_MAX, 8, 9, 1, 1, TYPES_8, CONV, infer_conv, eval_conv,
     .macs = count_conv_macs},
    {"QLinearMatMul", "", 10, LATENT_OPSET_MAX, 8, 8, 1, 1, TYPES_8, "", infer_matmul, eval_matmul,
     .macs = count_matmul_macs},
    {0},
};
/* clang-format on */
