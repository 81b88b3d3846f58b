/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "src/base/parallel.h"
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

static gboolean
eval_lrn (const LatentEval *eval, GError **error)
{
  const LatentShape *shape = &eval->src[0].shape;
  gint64 size = latent_node_get_int (eval->node, "size", 1);
  LrnJob job = {
      .src = eval->src[0].data,
      .dst = eval->dst[0].data,
      .channels = shape->dims[1],
      .inner = latent_shape_product (shape, 2, shape->n),
      .before = (size - 1) / 2,
      .behind = size / 2,
      .factor = latent_node_get_float (eval->node, "alpha", 1e-4f) / (double)size,
      .beta = latent_node_get_float (eval->node, "beta", 0.75f),
      .bias = latent_node_get_float (eval->node, "bias", 1),
  };

  latent_parallel (eval->threads, shape->dims[0] * job.inner, 64, normalize_columns, &job);
  return TRUE;
}

/* clang-format off */
const LatentOp latent_ops_lrn[] = {
    {"LRN", "", 1, LATENT_OPSET_MAX, 1, 1, 1, 1, LATENT_TYPES_F32, "alpha:f beta:f bias:f size:i",
     infer_lrn, eval_lrn},
    {0},
};
/* clang-format on */
