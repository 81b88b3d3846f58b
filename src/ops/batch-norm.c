/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "src/base/parallel.h"
#include "src/dnn/emit.h"
#include "src/ops/normalize.h"

/* Scale, bias, mean and variance: one number a channel each. */
static gboolean
check_statistics (const LatentNode *node, gint64 channels, GError **error)
{
  static const char *const names[] = {"scale", "bias", "mean", "variance"};

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    const LatentShape *shape = latent_op_get_shape (node, i + 1);
    g_autofree char *wanted = NULL;
    if (!latent_op_check_same_type (node, i + 1, error))
      return FALSE;
    if ((gint64)latent_shape_product (shape, 0, shape->n) == channels)
      continue;
    wanted = g_strdup_printf ("%" G_GINT64_FORMAT " numbers", channels);
    latent_op_set_shape_error (error, names[i], wanted, shape);
    return FALSE;
  }
  return TRUE;
}

/* Before opset 14 a node is for training where it has more than one output; from then on
 * training_mode says so. */
static gboolean
read_mode (const LatentNode *node, LatentBatchNormParams *params, GError **error)
{
  params->training = node->opset >= 14 && latent_node_get_int (node, "training_mode", 0) != 0;
  if (node->outputs->len == 1 || params->training)
    return TRUE;
  for (guint i = 1; i < node->outputs->len; i++) {
    if (latent_node_get_output (node, i) == NULL)
      continue;
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
        "output %u (statistics of training) is not supported where training_mode is not 1", i);
    return FALSE;
  }
  return TRUE;
}

gboolean
latent_batch_norm_get_params (const LatentNode *node, LatentBatchNormParams *params, GError **error)
{
  const LatentShape *src = latent_op_get_shape (node, 0);
  gboolean spatial = latent_node_get_int (node, "spatial", 1) != 0;

  if (!latent_op_check_rank (node, 0, "input", spatial ? 1 : 2, LATENT_MAX_DIMS, error))
    return FALSE;
  *params = (LatentBatchNormParams){
      .batch = src->dims[0],
      .channels = src->n < 2 ? 1
                  : spatial  ? src->dims[1]
                             : (gint64)latent_shape_product (src, 1, src->n),
      .inner = spatial && src->n > 2 ? (gint64)latent_shape_product (src, 2, src->n) : 1,
      .epsilon = latent_node_get_float (node, "epsilon", 1e-5f),
      .momentum = latent_node_get_float (node, "momentum", 0.9f),
  };
  return read_mode (node, params, error) && check_statistics (node, params->channels, error);
}

static gboolean
infer_batch_norm (const LatentNode *node, GError **error)
{
  LatentBatchNormParams params;

  if (!latent_batch_norm_get_params (node, &params, error))
    return FALSE;
  for (guint i = 1; i < MIN (node->outputs->len, 3); i++)
    if (!latent_op_set_output (
            node, i, latent_op_get_type (node, i + 2), latent_op_get_shape (node, i + 2), error))
      return FALSE;
  return latent_infer_same (node, error);
}

typedef struct {
  LatentBatchNormParams params;
  const float *src;
  const float *scale;
  const float *bias;
  const float *mean;
  const float *variance;
  float *dst;
  float *running_mean; /* or NULL, as the next */
  float *running_variance;
} BatchNormJob;

static void
normalize_channel (const BatchNormJob *job, gint64 c, double mean, double variance)
{
  const LatentBatchNormParams *params = &job->params;
  const float factor = (float)(job->scale[c] / sqrt (variance + params->epsilon));
  const float shift = (float)(job->bias[c] - mean * factor);

  for (gint64 n = 0; n < params->batch && job->dst != NULL; n++) {
    gsize first = (n * params->channels + c) * params->inner;
    for (gsize i = first; i < first + params->inner; i++)
      job->dst[i] = job->src[i] * factor + shift;
  }
}

void
latent_batch_norm_measure (
    const LatentBatchNormParams *params, const float *src, gint64 c, double *mean, double *variance)
{
  double n = (double)params->batch * (double)params->inner;
  double sum = 0;
  double squares = 0;

  for (gint64 k = 0; k < params->batch; k++)
    for (gint64 i = 0; i < params->inner; i++)
      sum += src[(k * params->channels + c) * params->inner + i];
  *mean = sum / n;
  for (gint64 k = 0; k < params->batch; k++)
    for (gint64 i = 0; i < params->inner; i++) {
      double distance = src[(k * params->channels + c) * params->inner + i] - *mean;
      squares += distance * distance;
    }
  *variance = squares / n;
}

/* old * momentum + new * (1 - momentum) */
static void
store_running (const BatchNormJob *job, float *dst, const float *old, gint64 c, double value)
{
  double momentum = job->params.momentum;

  if (dst != NULL)
    dst[c] = (float)(old[c] * momentum + value * (1 - momentum));
}

static void
normalize_channels (gsize begin, gsize end, gpointer data)
{
  const BatchNormJob *job = data;

  for (gint64 c = begin; c < (gint64)end; c++) {
    double mean = job->mean[c];
    double variance = job->variance[c];
    if (job->params.training)
      latent_batch_norm_measure (&job->params, job->src, c, &mean, &variance);
    normalize_channel (job, c, mean, variance);
    store_running (job, job->running_mean, job->mean, c, mean);
    store_running (job, job->running_variance, job->variance, c, variance);
  }
}

static gboolean
eval_batch_norm (const LatentEval *eval, GError **error)
{
  BatchNormJob job = {.src = eval->src[0].data,
      .scale = eval->src[1].data,
      .bias = eval->src[2].data,
      .mean = eval->src[3].data,
      .variance = eval->src[4].data,
      .dst = eval->dst[0].data,
      .running_mean = eval->n_dst > 1 ? eval->dst[1].data : NULL,
      .running_variance = eval->n_dst > 2 ? eval->dst[2].data : NULL};

  if (!latent_batch_norm_get_params (eval->node, &job.params, error))
    return FALSE;
  latent_parallel (eval->threads, (gsize)job.params.channels, 4, normalize_channels, &job);
  return TRUE;
}

static LatentEmit
emit_batch_norm (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  LatentBatchNormParams params;

  if (!latent_batch_norm_get_params (node, &params, error))
    return LATENT_EMIT_FAILED;
  if (params.training || latent_op_get_shape (node, 0)->n < 2 ||
      params.channels != latent_op_get_shape (node, 0)->dims[1])
    return LATENT_EMIT_FALLBACK;
  return latent_dnn_batch_normalization (builder, node, params.epsilon, error);
}

/* clang-format off */
const LatentOp latent_ops_batch_norm[] = {
    {"BatchNormalization", "", 6, 13, 5, 5, 1, 5, LATENT_TYPES_F32,
     "epsilon:f is_test:i momentum:f spatial:i", infer_batch_norm, eval_batch_norm, NULL,
     emit_batch_norm, .gradient = latent_batch_norm_add_gradient},
    {"BatchNormalization", "", 14, LATENT_OPSET_MAX, 5, 5, 1, 3, LATENT_TYPES_F32,
     "epsilon:f momentum:f training_mode:i", infer_batch_norm, eval_batch_norm, NULL,
     emit_batch_norm, .gradient = latent_batch_norm_add_gradient},
    {0},
};
/* clang-format on */
