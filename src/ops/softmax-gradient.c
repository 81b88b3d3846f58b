/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "src/base/parallel.h"
#include "src/dnn/emit.h"
#include "src/ops/softmax.h"

/* SoftmaxGradient, LogSoftmaxGradient: from the output y (input 0) and the derivative dy by it. */

static gboolean
add_gradient (LatentGradient *gradient, const LatentNode *node, const char *op_type, GError **error)
{
  LatentValue *y = latent_node_get_output (node, 0);
  LatentNode *backward = latent_gradient_node (gradient, op_type, LATENT_DOMAIN_TRAINING);
  LatentSoftmaxParams params;
  LatentValue *derivative;

  if (!latent_softmax_get_params (node, &params, error))
    return FALSE;
  latent_node_set_int (backward, "axis", params.axis);
  latent_node_set_int (backward, "flat", node->opset < 13);
  latent_node_add_input (backward, y);
  latent_node_add_input (backward, latent_gradient_get (gradient, y));
  derivative = latent_gradient_finish (gradient, backward, 1, error);
  latent_gradient_add (gradient, latent_node_get_input (node, 0), derivative);
  return derivative != NULL;
}

gboolean
latent_softmax_add_gradient (LatentGradient *gradient, const LatentNode *node, GError **error)
{
  return add_gradient (gradient, node, "SoftmaxGradient", error);
}

gboolean
latent_log_softmax_add_gradient (LatentGradient *gradient, const LatentNode *node, GError **error)
{
  return add_gradient (gradient, node, "LogSoftmaxGradient", error);
}

static gboolean
infer_gradient (const LatentNode *node, GError **error)
{
  LatentSoftmaxParams params;

  return latent_softmax_get_params (node, &params, error) &&
         latent_op_check_shape (node, 1, "derivative", latent_op_get_shape (node, 0), error) &&
         latent_infer_same (node, error);
}

typedef struct {
  LatentSoftmaxParams params;
  const float *y;
  const float *derivative;
  float *dst;
  gboolean logarithm;
} Job;

/* y (dy - sum y dy), or for logarithms dy - exp (y) sum dy. */
static void
derive_line (const Job *job, gsize first)
{
  const float *y = job->y + first;
  const float *derivative = job->derivative + first;
  float *dst = job->dst + first;
  gsize step = job->params.inner;
  gsize end = job->params.n * step;
  double sum = 0;

  for (gsize i = 0; i < end; i += step)
    sum += job->logarithm ? derivative[i] : (double)derivative[i] * y[i];
  for (gsize i = 0; i < end; i += step)
    dst[i] = job->logarithm ? derivative[i] - expf (y[i]) * (float)sum
                            : y[i] * (derivative[i] - (float)sum);
}

static void
derive_lines (gsize begin, gsize end, gpointer data)
{
  const Job *job = data;
  gsize inner = job->params.inner;

  for (gsize line = begin; line < end; line++)
    derive_line (job, line / inner * inner * job->params.n + line % inner);
}

static gboolean
run (const LatentEval *eval, gboolean logarithm, GError **error)
{
  Job job = {.y = eval->src[0].data,
      .derivative = eval->src[1].data,
      .dst = eval->dst[0].data,
      .logarithm = logarithm};

  if (!latent_softmax_get_params (eval->node, &job.params, error))
    return FALSE;
  latent_parallel (eval->threads, job.params.outer * job.params.inner, 8, derive_lines, &job);
  return TRUE;
}

static gboolean
eval_softmax (const LatentEval *eval, GError **error)
{
  return run (eval, FALSE, error);
}

static gboolean
eval_log_softmax (const LatentEval *eval, GError **error)
{
  return run (eval, TRUE, error);
}

static LatentEmit
emit (LatentBuilder *builder, const LatentNode *node, gboolean logarithm, GError **error)
{
  LatentSoftmaxParams params;

  if (!latent_softmax_get_params (node, &params, error))
    return LATENT_EMIT_FAILED;
  if (!params.is_one)
    return LATENT_EMIT_FALLBACK;
  return latent_dnn_softmax_backward (builder, node, params.axis, logarithm, error);
}

static LatentEmit
emit_softmax (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  return emit (builder, node, FALSE, error);
}

static LatentEmit
emit_log_softmax (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  return emit (builder, node, TRUE, error);
}

/* clang-format off */
const LatentOp latent_ops_softmax_gradient[] = {
    {"LogSoftmaxGradient", LATENT_DOMAIN_TRAINING, 1, 1, 2, 2, 1, 1, LATENT_TYPES_F32,
     "axis:i flat:i", infer_gradient, eval_log_softmax, NULL, emit_log_softmax},
    {"SoftmaxGradient", LATENT_DOMAIN_TRAINING, 1, 1, 2, 2, 1, 1, LATENT_TYPES_F32,
     "axis:i flat:i", infer_gradient, eval_softmax, NULL, emit_softmax},
    {0},
};
/* clang-format on */
