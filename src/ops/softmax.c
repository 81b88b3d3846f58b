/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/ops/softmax.h"

#include <math.h>

#include "src/base/parallel.h"
#include "src/dnn/emit.h"

gboolean
latent_softmax_get_params (const LatentNode *node, LatentSoftmaxParams *params, GError **error)
{
  const LatentShape *shape = latent_op_get_shape (node, 0);
  gboolean flat = *node->domain != '\0' ? latent_node_get_int (node, "flat", 0) != 0
                                        : node->opset < 13;

  *params = (LatentSoftmaxParams){.outer = 1, .n = 1, .inner = 1};
  if (shape->n == 0)
    return TRUE;
  if (!latent_op_get_axis (
          node, "axis", flat && shape->n > 1 ? 1 : -1, shape->n, &params->axis, error))
    return FALSE;
  params->outer = latent_shape_product (shape, 0, params->axis);
  params->n = flat ? latent_shape_product (shape, params->axis, shape->n)
                   : (gsize)shape->dims[params->axis];
  params->inner = flat ? 1 : latent_shape_product (shape, params->axis + 1, shape->n);
  params->is_one = params->n == (gsize)shape->dims[params->axis];
  return TRUE;
}

static gboolean
infer_softmax (const LatentNode *node, GError **error)
{
  LatentSoftmaxParams params;

  return latent_softmax_get_params (node, &params, error) && latent_infer_same (node, error);
}

typedef struct {
  LatentSoftmaxParams params;
  const float *src;
  float *dst;
  gboolean logarithm;
} SoftmaxJob;

static void
soften_line (const SoftmaxJob *job, const float *src, float *dst)
{
  gsize step = job->params.inner;
  gsize end = job->params.n * step;
  float most = -INFINITY;
  double sum = 0;

  for (gsize i = 0; i < end; i += step)
    most = fmaxf (most, src[i]);
  for (gsize i = 0; i < end; i += step) {
    dst[i] = expf (src[i] - most);
    sum += dst[i];
  }
  if (job->logarithm) {
    float shift = most + (float)log (sum);
    for (gsize i = 0; i < end; i += step)
      dst[i] = src[i] - shift;
    return;
  }
  float factor = (float)(1 / sum);
  for (gsize i = 0; i < end; i += step)
    dst[i] *= factor;
}

static void
soften_lines (gsize begin, gsize end, gpointer data)
{
  const SoftmaxJob *job = data;
  gsize inner = job->params.inner;

  for (gsize line = begin; line < end; line++) {
    gsize first = line / inner * inner * job->params.n + line % inner;
    soften_line (job, job->src + first, job->dst + first);
  }
}

static gboolean
run_softmax (const LatentEval *eval, gboolean logarithm, GError **error)
{
  SoftmaxJob job = {.src = eval->src[0].data, .dst = eval->dst[0].data, .logarithm = logarithm};

  if (!latent_softmax_get_params (eval->node, &job.params, error))
    return FALSE;
  latent_parallel (eval->threads, job.params.outer * job.params.inner, 8, soften_lines, &job);
  return TRUE;
}

static gboolean
eval_softmax (const LatentEval *eval, GError **error)
{
  return run_softmax (eval, FALSE, error);
}

static gboolean
eval_log_softmax (const LatentEval *eval, GError **error)
{
  return run_softmax (eval, TRUE, error);
}

static LatentEmit
emit (LatentBuilder *builder, const LatentNode *node, gboolean logarithm, GError **error)
{
  LatentSoftmaxParams params;

  if (!latent_softmax_get_params (node, &params, error))
    return LATENT_EMIT_FAILED;
  if (!params.is_one)
    return LATENT_EMIT_FALLBACK;
  return latent_dnn_softmax (builder, node, params.axis, logarithm, error);
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
const LatentOp latent_ops_softmax[] = {
    {"LogSoftmax", "", 1, LATENT_OPSET_MAX, 1, 1, 1, 1, LATENT_TYPES_F32, "axis:i", infer_softmax,
     eval_log_softmax, NULL, emit_log_softmax,
     .gradient = latent_log_softmax_add_gradient},
    {"Softmax", "", 1, LATENT_OPSET_MAX, 1, 1, 1, 1, LATENT_TYPES_F32, "axis:i", infer_softmax,
     eval_softmax, NULL, emit_softmax, .gradient = latent_softmax_add_gradient},
    {0},
};
/* clang-format on */
