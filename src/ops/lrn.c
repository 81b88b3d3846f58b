/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "src/base/parallel.h"
#include "src/ops/gradient.h"
#include "src/ops/private.h"

/* Local response normalisation: dst = src / (bias + alpha / size * squares)^beta, squares summed
 * over `size` neighbouring channels. */

static gboolean
infer_lrn (const LatentNode *node, GError **error)
{
  gint64 size = latent_node_get_int (node, "size", 0);

  if (!latent_op_check_rank (node, 0, "input", 2, LATENT_MAX_DIMS, error))
    return FALSE;
  if (size >= 1 && size <= G_MAXINT32)
    return latent_infer_same (node, error);
  g_set_error (
      error, LATENT_ERROR, LATENT_ERROR_SHAPE, "size wants 1 or more, is %" G_GINT64_FORMAT, size);
  return FALSE;
}

typedef struct {
  const float *src;
  const float *derivative; /* of the gradient's row */
  float *dst;
  gsize channels;
  gsize inner;
  gsize before; /* neighbours in front */
  gsize behind;
  double factor;
  double beta;
  double bias;
} LrnJob;

/* A column: all channels at one place; the sum slides along it. */
static void
normalize_column (const LrnJob *job, gsize first)
{
  double sum = 0;
  const float *src = job->src + first;

  for (gsize c = 0; c < MIN (job->behind, job->channels); c++)
    sum += (double)src[c * job->inner] * src[c * job->inner];
  for (gsize c = 0; c < job->channels; c++) {
    if (c + job->behind < job->channels) {
      double enters = src[(c + job->behind) * job->inner];
      sum += enters * enters;
    }
    if (c > job->before) {
      double leaves = src[(c - job->before - 1) * job->inner];
      sum -= leaves * leaves;
    }
    job->dst[first + c * job->inner] = (float)(src[c * job->inner] /
                                               pow (job->bias + job->factor * MAX (sum, 0),
                                                   job->beta));
  }
}

static void
normalize_columns (gsize begin, gsize end, gpointer data)
{
  const LrnJob *job = data;

  for (gsize i = begin; i < end; i++)
    normalize_column (job, i / job->inner * job->inner * job->channels + i % job->inner);
}

static LrnJob
get_job (const LatentEval *eval)
{
  const LatentShape *shape = &eval->src[0].shape;
  gint64 size = latent_node_get_int (eval->node, "size", 1);

  return (LrnJob){
      .src = eval->src[0].data,
      .derivative = eval->n_src > 1 ? eval->src[1].data : NULL,
      .dst = eval->dst[0].data,
      .channels = shape->dims[1],
      .inner = latent_shape_product (shape, 2, shape->n),
      .before = (size - 1) / 2,
      .behind = size / 2,
      .factor = latent_node_get_float (eval->node, "alpha", 1e-4f) / (double)size,
      .beta = latent_node_get_float (eval->node, "beta", 0.75f),
      .bias = latent_node_get_float (eval->node, "bias", 1),
  };
}

static gboolean
eval_lrn (const LatentEval *eval, GError **error)
{
  LrnJob job = get_job (eval);

  latent_parallel (
      eval->threads, eval->src[0].shape.dims[0] * job.inner, 64, normalize_columns, &job);
  return TRUE;
}

/* LRNGradient: from what LRN read and the derivative by its output. */
static gboolean
add_lrn_gradient (LatentGradient *gradient, const LatentNode *node, GError **error)
{
  LatentValue *src = latent_node_get_input (node, 0);
  LatentValue *derivative = latent_gradient_apply_training (gradient, "LRNGradient", node, src,
      latent_gradient_get (gradient, latent_node_get_output (node, 0)), NULL, error);

  latent_gradient_add (gradient, src, derivative);
  return derivative != NULL;
}

static gboolean
infer_gradient (const LatentNode *node, GError **error)
{
  return infer_lrn (node, error) &&
         latent_op_check_shape (node, 1, "derivative", latent_op_get_shape (node, 0), error);
}

/* bias + factor * squares around channel c. */
static double
get_divisor (const LrnJob *job, const float *src, gsize c)
{
  gsize end = c + MIN (job->behind, job->channels - 1 - c);
  double sum = 0;

  for (gsize k = c - MIN (job->before, c); k <= end; k++)
    sum += (double)src[k * job->inner] * src[k * job->inner];
  return job->bias + job->factor * sum;
}

/* Channel c counts in the sums of those that it stands in front of, or behind. */
static void
derive_column (const LrnJob *job, gsize first)
{
  const float *src = job->src + first, *derivative = job->derivative + first;
  float *dst = job->dst + first;
  gsize inner = job->inner;

  for (gsize c = 0; c < job->channels; c++)
    dst[c * inner] = (float)(derivative[c * inner] * pow (get_divisor (job, src, c), -job->beta));
  for (gsize k = 0; k < job->channels; k++) {
    double share = 2 * job->factor * job->beta * derivative[k * inner] * src[k * inner] *
                   pow (get_divisor (job, src, k), -job->beta - 1);
    gsize end = k + MIN (job->behind, job->channels - 1 - k);
    for (gsize c = k - MIN (job->before, k); c <= end; c++)
      dst[c * inner] -= (float)(share * src[c * inner]);
  }
}

static void
derive_columns (gsize begin, gsize end, gpointer data)
{
  const LrnJob *job = data;

  for (gsize i = begin; i < end; i++)
    derive_column (job, i / job->inner * job->inner * job->channels + i % job->inner);
}

static gboolean
eval_gradient (const LatentEval *eval, GError **error)
{
  LrnJob job = get_job (eval);

  latent_parallel (eval->threads, eval->src[0].shape.dims[0] * job.inner, 64, derive_columns, &job);
  return TRUE;
}

static guint64
count_gradient_steps (const LatentNode *node)
{
  const LatentShape *shape = latent_op_get_shape (node, 0);
  gint64 size = MIN (latent_node_get_int (node, "size", 1), shape->dims[1]);

  return latent_macs_multiply (latent_shape_product (shape, 0, shape->n), (guint64)size);
}

/* clang-format off */
const LatentOp latent_ops_lrn[] = {
    {"LRN", "", 1, LATENT_OPSET_MAX, 1, 1, 1, 1, LATENT_TYPES_F32, "alpha:f beta:f bias:f size:i",
     infer_lrn, eval_lrn, .gradient = add_lrn_gradient},
    {"LRNGradient", LATENT_DOMAIN_TRAINING, 1, 1, 2, 2, 1, 1, LATENT_TYPES_F32,
     "alpha:f beta:f bias:f size:i", infer_gradient, eval_gradient, NULL, NULL, NULL,
     count_gradient_steps},
    {0},
};
/* clang-format on */
