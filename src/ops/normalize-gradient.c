/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "src/base/parallel.h"
#include "src/dnn/emit.h"
#include "src/ops/normalize.h"

/* NormalizationGradient: of InstanceNormalization, GroupNormalization and LayerNormalization, whose
 * LatentGroupNormParams are its attributes. Inputs x, scale and the derivative by the output;
 * outputs the derivatives by x, scale and bias. LpNormalizationGradient: inputs x and the
 * derivative. */

static gboolean
add_gradient (LatentGradient *gradient, const LatentNode *node, const LatentGroupNormParams *params,
    GError **error)
{
  LatentValue *bias = latent_node_get_input (node, 2);
  LatentNode *backward = latent_gradient_node (
      gradient, "NormalizationGradient", LATENT_DOMAIN_TRAINING);
  LatentValue *derivative;

  latent_node_set_int (backward, "size", params->size);
  latent_node_set_int (backward, "period", params->period);
  latent_node_set_int (backward, "run", params->run);
  latent_node_set_float (backward, "epsilon", params->epsilon);
  latent_node_add_input (backward, latent_node_get_input (node, 0));
  latent_node_add_input (backward, latent_node_get_input (node, 1));
  latent_node_add_input (
      backward, latent_gradient_get (gradient, latent_node_get_output (node, 0)));
  if (latent_gradient_finish (gradient, backward, 3, error) == NULL)
    return FALSE;
  latent_gradient_add (
      gradient, latent_node_get_input (node, 0), latent_node_get_output (backward, 0));
  latent_gradient_add (
      gradient, latent_node_get_input (node, 1), latent_node_get_output (backward, 1));
  if (!latent_gradient_wants (gradient, bias))
    return TRUE;
  derivative = latent_gradient_reshape (
      gradient, latent_node_get_output (backward, 2), &bias->shape, error);
  latent_gradient_add (gradient, bias, derivative);
  return derivative != NULL;
}

/* Whether something flows into an output beyond the first: statistics, through which no derivative
 * is known. */
static gboolean
check_outputs (LatentGradient *gradient, const LatentNode *node, GError **error)
{
  for (guint i = 1; i < node->outputs->len; i++) {
    if (latent_gradient_get (gradient, latent_node_get_output (node, i)) == NULL)
      continue;
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
        "training through output %u (statistics) is not supported", i);
    return FALSE;
  }
  return TRUE;
}

gboolean
latent_group_norm_add_gradient (LatentGradient *gradient, const LatentNode *node, GError **error)
{
  LatentGroupNormParams params;

  return latent_group_norm_get_params (node, &params, error) &&
         add_gradient (gradient, node, &params, error);
}

gboolean
latent_layer_norm_add_gradient (LatentGradient *gradient, const LatentNode *node, GError **error)
{
  LatentGroupNormParams params;
  guint axis = 0;

  return check_outputs (gradient, node, error) &&
         latent_layer_norm_get_params (node, &params, &axis, error) &&
         add_gradient (gradient, node, &params, error);
}

/* Whether groups of `size` elements make up x, and runs of neighbours `period` groups. */
static gboolean
check_params (const LatentNode *node, const LatentGroupNormParams *params, gsize n, GError **error)
{
  const LatentShape *scale = latent_op_get_shape (node, 1);
  gint64 entries = (gint64)latent_shape_product (scale, 0, scale->n);
  gint64 spread;

  if (params->size >= 1 && params->period >= 1 && params->run >= 1 &&
      (gint64)n % params->size == 0 && params->period <= params->groups &&
      params->groups % params->period == 0 && params->size % params->run == 0 &&
      g_size_checked_mul ((gsize *)&spread, (gsize)params->size, (gsize)params->period) &&
      spread / params->run == entries)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "groups of %" G_GINT64_FORMAT " elements, %" G_GINT64_FORMAT
      " of them, with runs of %" G_GINT64_FORMAT " do not fit %zu elements and a scale of %zu",
      params->size, params->period, params->run, n, (gsize)entries);
  return FALSE;
}

static gboolean
get_params (const LatentNode *node, LatentGroupNormParams *params, GError **error)
{
  const LatentShape *src = latent_op_get_shape (node, 0);
  gsize n = latent_shape_product (src, 0, src->n);

  *params = (LatentGroupNormParams){
      .size = latent_node_get_int (node, "size", 1),
      .period = latent_node_get_int (node, "period", 1),
      .run = latent_node_get_int (node, "run", 1),
      .epsilon = latent_node_get_float (node, "epsilon", 1e-5f),
  };
  params->groups = params->size >= 1 ? (gint64)n / params->size : 0;
  return latent_op_check_same_type (node, 1, error) && check_params (node, params, n, error) &&
         latent_op_check_shape (node, 2, "derivative", src, error);
}

static gboolean
infer_normalization (const LatentNode *node, GError **error)
{
  const LatentShape *scale = latent_op_get_shape (node, 1);
  LatentGroupNormParams params;

  return get_params (node, &params, error) && latent_infer_same (node, error) &&
         latent_op_set_output (node, 1, LATENT_DATA_TYPE_FLOAT32, scale, error) &&
         latent_op_set_output (node, 2, LATENT_DATA_TYPE_FLOAT32, scale, error);
}

/* Of each group. */
typedef struct {
  double mean;
  double inverse; /* of the standard deviation */
} Statistics;

static gsize
get_scratch_size (const LatentNode *node)
{
  LatentGroupNormParams params;

  return get_params (node, &params, NULL) ? (gsize)params.groups * sizeof (Statistics) : 0;
}

typedef struct {
  LatentGroupNormParams params;
  const float *src, *scale, *derivative;
  float *dst, *dst_scale, *dst_bias; /* or NULL */
  Statistics *statistics;
} Job;

static Statistics
measure (const float *src, gsize size, double epsilon)
{
  double sum = 0, squares = 0, mean;

  for (gsize i = 0; i < size; i++)
    sum += src[i];
  mean = sum / (double)size;
  for (gsize i = 0; i < size; i++)
    squares += (src[i] - mean) * (src[i] - mean);
  return (Statistics){mean, 1 / sqrt (squares / (double)size + epsilon)};
}

/* With g = scale * derivative and the normalised h: (g - mean g - h * mean (g h)) / deviation. */
static void
derive_group (const Job *job, gsize group)
{
  const LatentGroupNormParams *params = &job->params;
  const gsize size = (gsize)params->size, run = (gsize)params->run;
  const float *src = job->src + group * size, *derivative = job->derivative + group * size;
  const float *scale = job->scale + group % (gsize)params->period * size / run;
  const Statistics *s = &job->statistics[group];
  double sum = 0, products = 0;

  for (gsize i = 0; i < size; i++) {
    double g = (double)scale[i / run] * derivative[i];
    sum += g;
    products += g * (src[i] - s->mean);
  }
  sum /= (double)size;
  products *= s->inverse * s->inverse / (double)size;
  for (gsize i = 0; i < size; i++) {
    double g = (double)scale[i / run] * derivative[i];
    job->dst[group * size + i] = (float)(s->inverse * (g - sum - (src[i] - s->mean) * products));
  }
}

static void
derive_groups (gsize begin, gsize end, gpointer data)
{
  const Job *job = data;

  for (gsize group = begin; group < end; group++) {
    job->statistics[group] = measure (
        job->src + group * (gsize)job->params.size, (gsize)job->params.size, job->params.epsilon);
    if (job->dst != NULL)
      derive_group (job, group);
  }
}

/* Entry of scale and bias: the run of each group that it stands for. */
static void
derive_entry (const Job *job, gsize entry)
{
  const LatentGroupNormParams *params = &job->params;
  gsize size = (gsize)params->size, run = (gsize)params->run;
  gsize place = entry * run;
  double sum = 0, products = 0;

  for (gsize group = place / size; group < (gsize)params->groups; group += params->period) {
    const Statistics *s = &job->statistics[group];
    gsize first = group * size + place % size;
    for (gsize i = first; i < first + run; i++) {
      sum += job->derivative[i];
      products += job->derivative[i] * (job->src[i] - s->mean) * s->inverse;
    }
  }
  if (job->dst_scale != NULL)
    job->dst_scale[entry] = (float)products;
  if (job->dst_bias != NULL)
    job->dst_bias[entry] = (float)sum;
}

static void
derive_entries (gsize begin, gsize end, gpointer data)
{
  for (gsize entry = begin; entry < end; entry++)
    derive_entry (data, entry);
}

static gboolean
eval_normalization (const LatentEval *eval, GError **error)
{
  Job job = {.src = eval->src[0].data,
      .scale = eval->src[1].data,
      .derivative = eval->src[2].data,
      .dst = eval->dst[0].data,
      .dst_scale = eval->n_dst > 1 ? eval->dst[1].data : NULL,
      .dst_bias = eval->n_dst > 2 ? eval->dst[2].data : NULL,
      .statistics = eval->scratch};

  if (!get_params (eval->node, &job.params, error))
    return FALSE;
  latent_parallel (eval->threads, (gsize)job.params.groups, 4, derive_groups, &job);
  if (job.dst_scale != NULL || job.dst_bias != NULL)
    latent_parallel (eval->threads, eval->src[1].n, 16, derive_entries, &job);
  return TRUE;
}

/* oneDNN's layer normalization has a scale for each number of a group. */
static LatentEmit
emit_normalization (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  LatentGroupNormParams params;

  if (!get_params (node, &params, error))
    return LATENT_EMIT_FAILED;
  if (params.period != 1 || params.run != 1)
    return LATENT_EMIT_FALLBACK;
  return latent_dnn_layer_normalization_backward (
      builder, node, params.size, params.epsilon, error);
}

gboolean
latent_lp_norm_add_gradient (LatentGradient *gradient, const LatentNode *node, GError **error)
{
  LatentValue *src = latent_node_get_input (node, 0);
  LatentValue *derivative = latent_gradient_apply_training (gradient, "LpNormalizationGradient",
      node, src, latent_gradient_get (gradient, latent_node_get_output (node, 0)), NULL, error);

  latent_gradient_add (gradient, src, derivative);
  return derivative != NULL;
}

static gboolean
infer_lp (const LatentNode *node, GError **error)
{
  guint axis = 0;
  gint64 p = 0;

  return latent_lp_norm_get_params (node, &axis, &p, error) &&
         latent_op_check_shape (node, 1, "derivative", latent_op_get_shape (node, 0), error) &&
         latent_infer_same (node, error);
}

typedef struct {
  const float *src, *derivative;
  float *dst;
  gsize n, inner; /* elements along the axis, and how far apart they are */
  gint64 p;
} LpJob;

/* y being x / norm: (dy - norm' * sum (dy y)) / norm, where norm' is y, or for p = 1 x's sign. */
static void
derive_line (const LpJob *job, gsize first)
{
  gsize end = first + job->n * job->inner;
  double norm = 0, sum = 0;

  for (gsize i = first; i < end; i += job->inner) {
    double x = job->src[i];
    norm += job->p == 1 ? fabs (x) : x * x;
    sum += x * job->derivative[i];
  }
  norm = job->p == 1 ? norm : sqrt (norm);
  for (gsize i = first; i < end; i += job->inner) {
    double x = job->src[i];
    double slope = job->p == 1 ? (x > 0) - (x < 0) : x / norm;
    job->dst[i] = norm > 0 ? (float)((job->derivative[i] - slope * sum / norm) / norm) : 0;
  }
}

static void
derive_lines (gsize begin, gsize end, gpointer data)
{
  const LpJob *job = data;

  for (gsize line = begin; line < end; line++)
    derive_line (job, line / job->inner * job->inner * job->n + line % job->inner);
}

static gboolean
eval_lp (const LatentEval *eval, GError **error)
{
  const LatentShape *shape = &eval->src[0].shape;
  LpJob job = {.src = eval->src[0].data, .derivative = eval->src[1].data, .dst = eval->dst[0].data};
  guint axis = 0;

  if (!latent_lp_norm_get_params (eval->node, &axis, &job.p, error))
    return FALSE;
  job.n = (gsize)shape->dims[axis];
  job.inner = latent_shape_product (shape, axis + 1, shape->n);
  if (job.n > 0)
    latent_parallel (eval->threads, eval->src[0].n / job.n, 16, derive_lines, &job);
  return TRUE;
}

/* clang-format off */
const LatentOp latent_ops_normalize_gradient[] = {
    {"LpNormalizationGradient", LATENT_DOMAIN_TRAINING, 1, 1, 2, 2, 1, 1, LATENT_TYPES_F32,
     "axis:i p:i", infer_lp, eval_lp},
    {"NormalizationGradient", LATENT_DOMAIN_TRAINING, 1, 1, 3, 3, 1, 3, LATENT_TYPES_F32,
     "epsilon:f period:i run:i size:i", infer_normalization, eval_normalization,
     get_scratch_size, emit_normalization},
    {0},
};
/* clang-format on */
