/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "src/base/parallel.h"
#include "src/dnn/emit.h"
#include "src/ops/normalize.h"

/* BatchNormalizationGradient. Inputs x, scale, mean, variance and the derivative by the output;
 * outputs the derivatives by x, scale and bias. In the form for inference mean and variance are
 * constants, which fine-tuning keeps; with `training` they are those of x, and x moves them. */

/* Running statistics are for nets that run, not for losses. */
static gboolean
check_outputs (LatentGradient *gradient, const LatentNode *node, GError **error)
{
  for (guint i = 1; i < node->outputs->len; i++) {
    LatentValue *output = latent_node_get_output (node, i);
    if (output == NULL || latent_gradient_get (gradient, output) == NULL)
      continue;
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
        "a loss that depends on output %u (running statistics) has no derivative", i);
    return FALSE;
  }
  return TRUE;
}

gboolean
latent_batch_norm_add_gradient (LatentGradient *gradient, const LatentNode *node, GError **error)
{
  LatentNode *backward;
  LatentBatchNormParams params;

  if (!latent_batch_norm_get_params (node, &params, error) ||
      !check_outputs (gradient, node, error))
    return FALSE;
  backward = latent_gradient_node (gradient, "BatchNormalizationGradient", LATENT_DOMAIN_TRAINING);
  latent_node_set_float (backward, "epsilon", params.epsilon);
  latent_node_set_int (backward, "spatial", latent_node_get_int (node, "spatial", 1));
  latent_node_set_int (backward, "training", params.training);
  latent_node_add_input (backward, latent_node_get_input (node, 0));
  latent_node_add_input (backward, latent_node_get_input (node, 1));
  latent_node_add_input (backward, latent_node_get_input (node, 3));
  latent_node_add_input (backward, latent_node_get_input (node, 4));
  latent_node_add_input (
      backward, latent_gradient_get (gradient, latent_node_get_output (node, 0)));
  if (latent_gradient_finish (gradient, backward, 3, error) == NULL)
    return FALSE;
  for (guint i = 0; i < 3; i++)
    latent_gradient_add (
        gradient, latent_node_get_input (node, i), latent_node_get_output (backward, i));
  return TRUE;
}

/* Batch, channels and what is inside; `spatial` as in BatchNormalization. */
static gboolean
get_params (const LatentNode *node, LatentBatchNormParams *params, GError **error)
{
  static const char *const names[] = {"scale", "mean", "variance"};
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
      .training = latent_node_get_int (node, "training", 0) != 0,
  };
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    const LatentShape *offered = latent_op_get_shape (node, i + 1);
    g_autofree char *wanted = NULL;
    if (!latent_op_check_same_type (node, i + 1, error))
      return FALSE;
    if ((gint64)latent_shape_product (offered, 0, offered->n) == params->channels)
      continue;
    wanted = g_strdup_printf ("%" G_GINT64_FORMAT " numbers", params->channels);
    latent_op_set_shape_error (error, names[i], wanted, offered);
    return FALSE;
  }
  return latent_op_check_shape (node, 4, "derivative", src, error);
}

static gboolean
infer_gradient (const LatentNode *node, GError **error)
{
  const LatentShape *scale = latent_op_get_shape (node, 1);
  LatentBatchNormParams params;

  return get_params (node, &params, error) && latent_infer_same (node, error) &&
         latent_op_set_output (node, 1, LATENT_DATA_TYPE_FLOAT32, scale, error) &&
         latent_op_set_output (node, 2, LATENT_DATA_TYPE_FLOAT32, scale, error);
}

typedef struct {
  LatentBatchNormParams params;
  const float *src, *scale, *mean, *variance, *derivative;
  float *dst, *dst_scale, *dst_bias; /* or NULL */
} Job;

/* What mean and variance take back of a derivative: its mean, and by how much it goes with x. */
static void
centre_channel (const Job *job, gint64 c, double mean, double inverse, double sum, double products)
{
  const LatentBatchNormParams *params = &job->params;
  double count = (double)params->batch * (double)params->inner;
  double factor = job->scale[c] * inverse;
  double slope = products * inverse * inverse / count;

  for (gint64 n = 0; n < params->batch; n++) {
    gsize first = (n * params->channels + c) * params->inner;
    for (gsize i = first; i < first + params->inner; i++)
      job->dst[i] = (float)(factor *
                            (job->derivative[i] - sum / count - slope * (job->src[i] - mean)));
  }
}

static void
derive_channel (const Job *job, gint64 c)
{
  const LatentBatchNormParams *params = &job->params;
  double mean = job->mean[c], variance = job->variance[c];
  double inverse, sum = 0, products = 0;
  float factor;

  if (params->training)
    latent_batch_norm_measure (params, job->src, c, &mean, &variance);
  inverse = 1 / sqrt (variance + params->epsilon);
  factor = (float)(job->scale[c] * inverse);

  for (gint64 n = 0; n < params->batch; n++) {
    gsize first = (n * params->channels + c) * params->inner;
    for (gsize i = first; i < first + params->inner; i++) {
      sum += job->derivative[i];
      products += (double)job->derivative[i] * (job->src[i] - mean);
      if (job->dst != NULL)
        job->dst[i] = job->derivative[i] * factor;
    }
  }
  if (job->dst != NULL && params->training)
    centre_channel (job, c, mean, inverse, sum, products);
  if (job->dst_scale != NULL)
    job->dst_scale[c] = (float)(products * inverse);
  if (job->dst_bias != NULL)
    job->dst_bias[c] = (float)sum;
}

static void
derive_channels (gsize begin, gsize end, gpointer data)
{
  for (gsize c = begin; c < end; c++)
    derive_channel (data, (gint64)c);
}

static gboolean
eval_gradient (const LatentEval *eval, GError **error)
{
  Job job = {.src = eval->src[0].data,
      .scale = eval->src[1].data,
      .mean = eval->src[2].data,
      .variance = eval->src[3].data,
      .derivative = eval->src[4].data,
      .dst = eval->dst[0].data,
      .dst_scale = eval->n_dst > 1 ? eval->dst[1].data : NULL,
      .dst_bias = eval->n_dst > 2 ? eval->dst[2].data : NULL};

  if (!get_params (eval->node, &job.params, error))
    return FALSE;
  latent_parallel (eval->threads, (gsize)job.params.channels, 1, derive_channels, &job);
  return TRUE;
}

static LatentEmit
emit_gradient (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  LatentBatchNormParams params;

  if (!get_params (node, &params, error))
    return LATENT_EMIT_FAILED;
  if (params.training || latent_op_get_shape (node, 0)->n < 2 ||
      params.channels != latent_op_get_shape (node, 0)->dims[1])
    return LATENT_EMIT_FALLBACK;
  return latent_dnn_batch_normalization_backward (builder, node, params.epsilon, error);
}

/* clang-format off */
const LatentOp latent_ops_batch_norm_gradient[] = {
    {"BatchNormalizationGradient", LATENT_DOMAIN_TRAINING, 1, 1, 5, 5, 1, 3, LATENT_TYPES_F32,
     "epsilon:f spatial:i training:i", infer_gradient, eval_gradient, NULL, emit_gradient},
    {0},
};
/* clang-format on */
