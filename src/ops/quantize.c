/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/ops/quantize.h"

#include <math.h>

#include "src/base/numeric.h"
#include "src/base/parallel.h"
#include "src/base/quantize-rows.h"

#define BLOCK 256 /* elements that are converted at once */

#define TYPES_8 (LATENT_TYPE_BIT (LATENT_DATA_TYPE_INT8) | LATENT_TYPE_BIT (LATENT_DATA_TYPE_UINT8))
#define TYPES_16                                                                                   \
  (LATENT_TYPE_BIT (LATENT_DATA_TYPE_INT16) | LATENT_TYPE_BIT (LATENT_DATA_TYPE_UINT16))
#define TYPES_32 LATENT_TYPE_BIT (LATENT_DATA_TYPE_INT32)

/* QuantizeLinear, or the derivative of one. */
static gboolean
is_quantize (const LatentNode *node)
{
  return g_str_has_prefix (node->op_type, "QuantizeLinear");
}

static guint
get_opset (const LatentNode *node)
{
  return *node->domain == '\0' ? node->opset : LATENT_OPSET_MAX;
}

/* A zero point that is left out is 0 of the type that output_dtype names, unsigned 8 bits else. */
static gboolean
read_type (const LatentNode *node, LatentQuantizeParams *params, GError **error)
{
  guint32 types = get_opset (node) >= 21 ? TYPES_8 | TYPES_16 : TYPES_8;
  gint64 wanted = latent_node_get_int (node, "output_dtype", 0);

  if (!is_quantize (node)) {
    params->type = latent_op_get_type (node, 0);
    return latent_node_get_input (node, 2) == NULL || latent_op_check_same_type (node, 2, error);
  }
  params->type = wanted != 0 ? (LatentDataType)CLAMP (wanted, 0, 31) : LATENT_DATA_TYPE_UINT8;
  if (latent_node_get_input (node, 2) != NULL)
    params->type = latent_op_get_type (node, 2);
  if ((types & LATENT_TYPE_BIT (params->type)) == 0 ||
      (wanted != 0 && wanted != (gint64)params->type)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
        "integers of data type %s (output_dtype %" G_GINT64_FORMAT ") are not supported",
        latent_data_type_get_name (params->type), wanted);
    return FALSE;
  }
  return TRUE;
}

static gboolean
read_channels (const LatentNode *node, LatentQuantizeParams *params, GError **error)
{
  const LatentShape *src = latent_op_get_shape (node, 0);
  const LatentShape *scale = latent_op_get_shape (node, 1);
  g_autofree char *wanted = NULL;

  if (scale->n == 0 || (scale->n == 1 && scale->dims[0] == 1)) {
    params->outer = params->channels = 1;
    params->inner = latent_shape_product (src, 0, src->n);
    return TRUE;
  }
  if (!latent_op_check_rank (node, 1, "scale", 0, 1, error) ||
      !latent_op_get_axis (node, "axis", 1, src->n, &params->axis, error))
    return FALSE;
  params->outer = latent_shape_product (src, 0, params->axis);
  params->channels = src->dims[params->axis];
  params->inner = latent_shape_product (src, params->axis + 1, src->n);
  if (get_opset (node) >= 13 && scale->dims[0] == src->dims[params->axis])
    return TRUE;
  wanted = get_opset (node) < 13 ? g_strdup ("one number before opset 13")
                                 : g_strdup_printf ("one number, or %zu along axis %u",
                                       params->channels, params->axis);
  latent_op_set_shape_error (error, "scale", wanted, scale);
  return FALSE;
}

static gboolean
check_zero_point (const LatentNode *node, GError **error)
{
  const LatentShape *scale = latent_op_get_shape (node, 1);
  g_autofree char *wanted = NULL;

  if (latent_node_get_input (node, 2) == NULL)
    return TRUE;
  const LatentShape *zero_point = latent_op_get_shape (node, 2);
  if (zero_point->n <= 1 && latent_shape_product (zero_point, 0, zero_point->n) ==
                                latent_shape_product (scale, 0, scale->n))
    return TRUE;
  wanted = latent_shape_to_string (scale);
  latent_op_set_shape_error (error, "zero point", wanted, zero_point);
  return FALSE;
}

gboolean
latent_quantize_get_params (const LatentNode *node, LatentQuantizeParams *params, GError **error)
{
  gint64 block_size = latent_node_get_int (node, "block_size", 0);

  *params = (LatentQuantizeParams){0};
  if (block_size != 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
        "block_size %" G_GINT64_FORMAT " is not supported: 0 is", block_size);
    return FALSE;
  }
  return latent_op_check_type (node, 1, "scale", LATENT_TYPES_F32, error) &&
         read_type (node, params, error) && read_channels (node, params, error) &&
         check_zero_point (node, error);
}

static gboolean
is_constant (const LatentValue *value)
{
  return value == NULL || value->data != NULL;
}

LatentQuantization *
latent_quantize_read (const LatentNode *node)
{
  const LatentValue *scale = latent_node_get_input (node, 1);
  const LatentValue *zero_point = latent_node_get_input (node, 2);
  g_autoptr (LatentQuantization) self = NULL;
  LatentQuantizeParams params;

  if (*node->domain != '\0' ||
      !(is_quantize (node) || g_str_equal (node->op_type, "DequantizeLinear")) || scale == NULL ||
      !is_constant (scale) || !is_constant (zero_point) ||
      !latent_quantize_get_params (node, &params, NULL) ||
      (TYPES_8 & LATENT_TYPE_BIT (params.type)) == 0)
    return NULL;
  self = latent_quantization_new ((guint)params.channels, params.axis);
  for (guint i = 0; i < self->n; i++) {
    gint64 number = 0;
    self->scales[i] = ((const float *)scale->data->data)[i];
    if (self->scales[i] == 0 && self->n > 1) /* a dead channel: all of it is the real 0 */
      self->scales[i] = 1;
    if (!(self->scales[i] > 0) || !isfinite (self->scales[i]))
      return NULL;
    if (zero_point != NULL)
      latent_load_ints (params.type, zero_point->data->data, i, 1, &number);
    self->zero_points[i] = (gint32)number;
  }
  return g_steal_pointer (&self);
}

static gboolean
infer_quantize (const LatentNode *node, GError **error)
{
  LatentQuantizeParams params;

  return latent_quantize_get_params (node, &params, error) &&
         latent_op_set_output (node, 0, is_quantize (node) ? params.type : LATENT_DATA_TYPE_FLOAT32,
             latent_op_get_shape (node, 0), error);
}

typedef struct {
  LatentQuantizeParams params;
  LatentDataType src_type;
  gconstpointer src;
  gpointer dst;
  const float *scales;
  gconstpointer zero_points; /* or NULL */
  gint64 least;
  gint64 most;
} QuantizeJob;

static void
get_scale (const QuantizeJob *job, gsize run, float *scale, gint64 *zero_point)
{
  gsize channel = run % job->params.channels;

  *scale = job->scales[channel];
  *zero_point = 0;
  if (job->zero_points != NULL)
    latent_load_ints (job->params.type, job->zero_points, channel, 1, zero_point);
}

/* Runs of `inner` elements that have one scale. NaN gives the least. */
static void
quantize_block (const QuantizeJob *job, gsize first, gsize n, float scale, gint64 zero_point)
{
  double values[BLOCK];
  gint64 integers[BLOCK];

  latent_load_doubles (job->src_type, job->src, first, n, values);
  for (gsize i = 0; i < n; i++) {
    double value = rint ((float)values[i] / scale) + (double)zero_point;
    integers[i] = value > (double)job->least ? (gint64)MIN (value, (double)job->most) : job->least;
  }
  latent_store_ints (job->params.type, job->dst, first, n, integers);
}

static void
dequantize_block (const QuantizeJob *job, gsize first, gsize n, float scale, gint64 zero_point)
{
  gint64 integers[BLOCK];
  float *dst = (float *)job->dst + first;

  latent_load_ints (job->params.type, job->src, first, n, integers);
  for (gsize i = 0; i < n; i++)
    dst[i] = (float)(integers[i] - zero_point) * scale;
}

typedef void (*BlockFunc) (
    const QuantizeJob *job, gsize first, gsize n, float scale, gint64 zero_point);
typedef gboolean (*RunFunc) (
    const QuantizeJob *job, gsize first, gsize n, float scale, gint64 zero_point);

/* Whether it was one of the cases that frames are made of: float32 and 8 bits. */
static gboolean
quantize_fast (const QuantizeJob *job, gsize first, gsize n, float scale, gint64 zero_point)
{
  const float *src = (const float *)job->src + first;

  if (job->src_type != LATENT_DATA_TYPE_FLOAT32)
    return FALSE;
  if (job->params.type == LATENT_DATA_TYPE_UINT8)
    latent_quantize_row_u8 (src, (guint8 *)job->dst + first, n, scale, (gint32)zero_point);
  else if (job->params.type == LATENT_DATA_TYPE_INT8)
    latent_quantize_row_s8 (src, (gint8 *)job->dst + first, n, scale, (gint32)zero_point);
  else
    return FALSE;
  return TRUE;
}

static gboolean
dequantize_fast (const QuantizeJob *job, gsize first, gsize n, float scale, gint64 zero_point)
{
  float *dst = (float *)job->dst + first;

  if (job->params.type == LATENT_DATA_TYPE_UINT8)
    latent_dequantize_row_u8 ((const guint8 *)job->src + first, dst, n, scale, (gint32)zero_point);
  else if (job->params.type == LATENT_DATA_TYPE_INT8)
    latent_dequantize_row_s8 ((const gint8 *)job->src + first, dst, n, scale, (gint32)zero_point);
  else
    return FALSE;
  return TRUE;
}

/* Elements [begin, end), of any number of runs. */
static void
convert_range (const QuantizeJob *job, gsize begin, gsize end, RunFunc fast, BlockFunc func)
{
  gsize inner = job->params.inner;

  while (begin < end) {
    gsize n = MIN (inner - begin % inner, end - begin);
    float scale = 1;
    gint64 zero_point = 0;
    get_scale (job, begin / inner, &scale, &zero_point);
    if (!fast (job, begin, n, scale, zero_point)) {
      n = MIN (n, BLOCK);
      func (job, begin, n, scale, zero_point);
    }
    begin += n;
  }
}

static void
quantize_range (gsize begin, gsize end, gpointer data)
{
  convert_range (data, begin, end, quantize_fast, quantize_block);
}

static void
dequantize_range (gsize begin, gsize end, gpointer data)
{
  convert_range (data, begin, end, dequantize_fast, dequantize_block);
}

void
latent_quantize_get_limits (LatentDataType type, gint64 *least, gint64 *most)
{
  guint bits = 8 * (guint)latent_data_type_get_size (type);
  gboolean is_signed = (LATENT_TYPES_INT & LATENT_TYPE_BIT (type)) != 0;

  *most = (G_GINT64_CONSTANT (1) << (is_signed ? bits - 1 : bits)) - 1;
  *least = is_signed ? -*most - 1 : 0;
}

static gboolean
run_quantize (const LatentEval *eval, LatentParallelFunc func, GError **error)
{
  QuantizeJob job = {.src_type = eval->src[0].type,
      .src = eval->src[0].data,
      .dst = eval->dst[0].data,
      .scales = eval->src[1].data,
      .zero_points = eval->n_src > 2 ? eval->src[2].data : NULL};

  if (!latent_quantize_get_params (eval->node, &job.params, error))
    return FALSE;
  latent_quantize_get_limits (job.params.type, &job.least, &job.most);
  latent_parallel (eval->threads, eval->src[0].n, 4096, func, &job);
  return TRUE;
}

static gboolean
eval_quantize (const LatentEval *eval, GError **error)
{
  return run_quantize (eval, quantize_range, error);
}

static gboolean
eval_dequantize (const LatentEval *eval, GError **error)
{
  return run_quantize (eval, dequantize_range, error);
}

/* The range is stretched to hold 0, which so becomes an integer. */
static gboolean
infer_dynamic (const LatentNode *node, GError **error)
{
  LatentShape scalar = {0};

  return latent_op_set_output (
             node, 0, LATENT_DATA_TYPE_UINT8, latent_op_get_shape (node, 0), error) &&
         latent_op_set_output (node, 1, LATENT_DATA_TYPE_FLOAT32, &scalar, error) &&
         latent_op_set_output (node, 2, LATENT_DATA_TYPE_UINT8, &scalar, error);
}

static guint8
to_byte (float value)
{
  return value > 0 ? (guint8)MIN (rintf (value), 255) : 0;
}

static gboolean
eval_dynamic (const LatentEval *eval, GError **error)
{
  const float *src = eval->src[0].data;
  guint8 *dst = eval->dst[0].data;
  float least = 0;
  float most = 0;

  for (gsize i = 0; i < eval->src[0].n; i++) {
    least = fminf (least, src[i]);
    most = fmaxf (most, src[i]);
  }
  float scale = (most - least) / 255;
  guint8 zero_point = scale > 0 ? to_byte (-least / scale) : 0;
  for (gsize i = 0; i < eval->src[0].n && dst != NULL; i++)
    dst[i] = scale > 0 ? to_byte (rintf (src[i] / scale) + zero_point) : 0;
  if (eval->n_dst > 1 && eval->dst[1].data != NULL)
    *(float *)eval->dst[1].data = scale;
  if (eval->n_dst > 2 && eval->dst[2].data != NULL)
    *(guint8 *)eval->dst[2].data = zero_point;
  return TRUE;
}

#define TYPES_SRC (LATENT_TYPES_F32 | TYPES_32)

/* clang-format off */
const LatentOp latent_ops_quantize[] = {
    {"DequantizeLinear", "", 10, 20, 2, 3, 1, 1, TYPES_8 | TYPES_32, "axis:i", infer_quantize,
     eval_dequantize,
     .gradient = latent_quantize_gradient, .elementwise = TRUE},
    {"DequantizeLinear", "", 21, LATENT_OPSET_MAX, 2, 3, 1, 1, TYPES_8 | TYPES_16 | TYPES_32,
     "axis:i block_size:i", infer_quantize, eval_dequantize,
     .gradient = latent_quantize_gradient, .elementwise = TRUE},
    {"DynamicQuantizeLinear", "", 11, LATENT_OPSET_MAX, 1, 1, 3, 3, LATENT_TYPES_F32, "",
     infer_dynamic, eval_dynamic},
    {"QuantizeLinear", "", 10, 18, 2, 3, 1, 1, TYPES_SRC, "axis:i", infer_quantize, eval_quantize,
     .elementwise = TRUE},
    {"QuantizeLinear", "", 19, 20, 2, 3, 1, 1, TYPES_SRC, "axis:i saturate:i", infer_quantize,
     eval_quantize, .elementwise = TRUE},
    {"QuantizeLinear", "", 21, LATENT_OPSET_MAX, 2, 3, 1, 1, TYPES_SRC,
     "axis:i block_size:i output_dtype:i saturate:i", infer_quantize, eval_quantize,
     .elementwise = TRUE},
    {0},
};
/* clang-format on */
