/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include "src/base/parallel.h"
#include "src/ops/loss.h"

/* OverlapAdd (windows) with `hop` and `sequence`: windows x channels x samples, of which each
 * `sequence` in a row are cut from one stream of sound, one every `hop` samples, become windows x
 * channels x hop: the samples that a window finishes, which are its first, as what all windows that
 * hold a sample agree on (see src/media/samples.c). Those of a sequence lie in a row. Where not all
 * windows of a sample are in the sequence it is 0. The gradient is OverlapAddGrad (derivative,
 * windows). */

typedef struct {
  gsize n;
  gsize channels;
  gsize window;
  gsize hop;
  gsize sequence;
  gsize parts; /* windows that a sample is in, at most */
  const float *src;
  float *dst;
  const float *weights; /* of a window's samples */
} Job;

static gboolean
check_windows (const LatentNode *node, guint i, GError **error)
{
  gint64 hop = latent_node_get_int (node, "hop", 0);
  gint64 sequence = latent_node_get_int (node, "sequence", 1);

  if (!latent_op_check_input (node, i, "windows", error) ||
      !latent_op_check_type (node, i, "windows", LATENT_TYPES_F32, error) ||
      !latent_op_check_rank (node, i, "windows", 3, 3, error))
    return FALSE;
  const LatentShape *shape = latent_op_get_shape (node, i);
  if (hop >= 1 && hop <= shape->dims[2] && sequence >= 1 && shape->dims[0] % sequence == 0)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "%" G_GINT64_FORMAT " windows of %" G_GINT64_FORMAT " samples, one every %" G_GINT64_FORMAT
      ", are no sequences of %" G_GINT64_FORMAT,
      shape->dims[0], shape->dims[2], hop, sequence);
  return FALSE;
}

static gboolean
infer_overlap (const LatentNode *node, GError **error)
{
  if (!check_windows (node, 0, error))
    return FALSE;
  LatentShape shape = *latent_op_get_shape (node, 0);
  shape.dims[2] = latent_node_get_int (node, "hop", 0);
  return latent_op_set_output (node, 0, LATENT_DATA_TYPE_FLOAT32, &shape, error);
}

static gboolean
infer_overlap_grad (const LatentNode *node, GError **error)
{
  if (!check_windows (node, 1, error))
    return FALSE;
  LatentShape shape = *latent_op_get_shape (node, 1);
  shape.dims[2] = latent_node_get_int (node, "hop", 0);
  return latent_op_check_input (node, 0, "derivative", error) &&
         latent_op_check_shape (node, 0, "derivative", &shape, error) &&
         latent_op_set_output (
             node, 0, LATENT_DATA_TYPE_FLOAT32, latent_op_get_shape (node, 1), error);
}

/* What a window's sample weighs, those of all windows that hold it adding up to 1. */
static void
fill_weights (float *weights, gsize window, gsize hop)
{
  for (gsize first = 0; first < hop; first++) {
    double sum = 0;
    for (gsize i = first; i < window; i += hop)
      sum += pow (sin (G_PI * ((double)i + 0.5) / (double)window), 2);
    for (gsize i = first; i < window; i += hop)
      weights[i] = (float)(pow (sin (G_PI * ((double)i + 0.5) / (double)window), 2) / sum);
  }
}

/* The windows are input `first`. */
static Job
make_job (const LatentEval *eval, guint first)
{
  const LatentShape *shape = latent_op_get_shape (eval->node, first);
  Job job = {
      .n = (gsize)shape->dims[0],
      .channels = (gsize)shape->dims[1],
      .window = (gsize)shape->dims[2],
      .hop = (gsize)latent_node_get_int (eval->node, "hop", 0),
      .sequence = (gsize)latent_node_get_int (eval->node, "sequence", 1),
      .src = eval->src[0].data,
      .dst = eval->dst[0].data,
      .weights = eval->scratch,
  };

  job.parts = (job.window + job.hop - 1) / job.hop;
  fill_weights (eval->scratch, job.window, job.hop);
  return job;
}

/* Samples that part k of a window has: the k-th hop of it. */
static inline gsize
get_part (const Job *job, gsize k)
{
  return MIN (job->hop, job->window - k * job->hop);
}

static void
add_windows (gsize begin, gsize end, gpointer data)
{
  const Job *job = data;

  for (gsize line = begin; line < end; line++) {
    gsize place = line / job->channels % job->sequence;
    float *dst = job->dst + line * job->hop;
    memset (dst, 0, job->hop * sizeof (float));
    if (place + 1 < job->parts)
      continue;
    for (gsize k = 0; k < job->parts; k++) {
      const float *src = job->src + (line - k * job->channels) * job->window + k * job->hop;
      const float *weights = job->weights + k * job->hop;
      for (gsize i = 0; i < get_part (job, k); i++)
        dst[i] += weights[i] * src[i];
    }
  }
}

static void
spread_slopes (gsize begin, gsize end, gpointer data)
{
  const Job *job = data;

  for (gsize line = begin; line < end; line++) {
    gsize place = line / job->channels % job->sequence;
    for (gsize k = 0; k < job->parts; k++) {
      const float *src = job->src + (line + k * job->channels) * job->hop;
      const float *weights = job->weights + k * job->hop;
      float *dst = job->dst + line * job->window + k * job->hop;
      gboolean is_used = place + k < job->sequence && place + k + 1 >= job->parts;
      for (gsize i = 0; i < get_part (job, k); i++)
        dst[i] = is_used ? weights[i] * src[i] : 0;
    }
  }
}

static gboolean
eval_overlap (const LatentEval *eval, GError **error)
{
  Job job = make_job (eval, 0);

  latent_parallel (eval->threads, job.n * job.channels, 16, add_windows, &job);
  return TRUE;
}

static gboolean
eval_overlap_grad (const LatentEval *eval, GError **error)
{
  Job job = make_job (eval, 1);

  latent_parallel (eval->threads, job.n * job.channels, 16, spread_slopes, &job);
  return TRUE;
}

static gsize
get_scratch_size (const LatentNode *node)
{
  return (gsize)latent_op_get_shape (node, 0)->dims[2] * sizeof (float);
}

static gsize
get_grad_scratch_size (const LatentNode *node)
{
  return (gsize)latent_op_get_shape (node, 1)->dims[2] * sizeof (float);
}

static gboolean
overlap_gradient (LatentGradient *gradient, const LatentNode *node, GError **error)
{
  LatentValue *windows = latent_node_get_input (node, 0);

  if (!latent_gradient_wants (gradient, windows))
    return TRUE;
  LatentValue *derivative = latent_gradient_finish (
      gradient, latent_loss_grad_node (gradient, node), 1, error);
  latent_gradient_add (gradient, windows, derivative);
  return derivative != NULL;
}

/* clang-format off */
const LatentOp latent_ops_overlap[] = {
    {"OverlapAdd", LATENT_DOMAIN_TRAINING, 1, 1, 1, 1, 1, 1, LATENT_TYPES_F32, "hop:i sequence:i",
     infer_overlap, eval_overlap, get_scratch_size, .gradient = overlap_gradient},
    {"OverlapAddGrad", LATENT_DOMAIN_TRAINING, 1, 1, 2, 2, 1, 1, LATENT_TYPES_F32,
     "hop:i sequence:i", infer_overlap_grad, eval_overlap_grad, get_grad_scratch_size},
    {0},
};
/* clang-format on */
