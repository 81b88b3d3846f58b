/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/ops/normalize.h"

#include <math.h>

#include "src/base/parallel.h"
#include "src/dnn/emit.h"

/* Mean 0 and variance 1 over groups of elements, each of which is one run of memory; and norms
 * along an axis. */

static gboolean
check_affine (const LatentNode *node, guint i, const char *what, gint64 wanted, GError **error)
{
  const LatentShape *shape = latent_op_get_shape (node, i);
  g_autofree char *text = NULL;

  if (!latent_op_check_same_type (node, i, error))
    return FALSE;
  if (shape->n == 1 && shape->dims[0] == wanted)
    return TRUE;
  text = g_strdup_printf ("%" G_GINT64_FORMAT " numbers", wanted);
  latent_op_set_shape_error (error, what, text, shape);
  return FALSE;
}

/* InstanceNormalization is the case of one group a channel. Before opset 21 scale and bias have an
 * entry a group, then one a channel. */
gboolean
latent_group_norm_get_params (const LatentNode *node, LatentGroupNormParams *params, GError **error)
{
  const LatentShape *src = latent_op_get_shape (node, 0);
  gboolean instance = g_str_equal (node->op_type, "InstanceNormalization");
  gint64 groups = 0;
  gint64 entries = 0;
  gint64 inner = 0;

  if (!latent_op_check_rank (node, 0, "input", 3, LATENT_MAX_DIMS, error) ||
      !(instance || latent_op_check_attribute (node, "num_groups", error)))
    return FALSE;
  groups = instance ? src->dims[1] : latent_node_get_int (node, "num_groups", 1);
  if (src->dims[1] < 1 || groups < 1 || src->dims[1] % groups != 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "num_groups wants a divisor of %" G_GINT64_FORMAT " channels, is %" G_GINT64_FORMAT,
        src->dims[1], groups);
    return FALSE;
  }
  inner = (gint64)latent_shape_product (src, 2, src->n);
  entries = instance || node->opset >= 21 ? src->dims[1] : groups;
  *params = (LatentGroupNormParams){
      .groups = src->dims[0] * groups,
      .size = src->dims[1] / groups * inner,
      .period = groups,
      .run = src->dims[1] / entries * inner,
      .epsilon = latent_node_get_float (node, "epsilon", 1e-5f),
  };
  return check_affine (node, 1, "scale", entries, error) &&
         check_affine (node, 2, "bias", entries, error);
}

/* An operand of LayerNormalization that must have all the elements of the normalised dimensions, or
 * a scalar's one. */
static gboolean
check_layer_affine (const LatentNode *node, guint i, const char *what, guint axis, GError **error)
{
  const LatentShape *src = latent_op_get_shape (node, 0);
  const LatentShape *offered = latent_op_get_shape (node, i);
  LatentShape wanted = {.n = src->n - axis};
  LatentShape trimmed = *offered;
  g_autofree char *text = NULL;

  for (guint d = axis; d < src->n; d++)
    wanted.dims[d - axis] = src->dims[d];
  while (trimmed.n > wanted.n && trimmed.dims[0] == 1) {
    trimmed.n--;
    for (guint d = 0; d < trimmed.n; d++)
      trimmed.dims[d] = trimmed.dims[d + 1];
  }
  if (!latent_op_check_same_type (node, i, error))
    return FALSE;
  if (latent_shape_equal (&trimmed, &wanted))
    return TRUE;
  text = latent_shape_to_string (&wanted);
  latent_op_set_shape_error (error, what, text, offered);
  return FALSE;
}

gboolean
latent_layer_norm_get_params (
    const LatentNode *node, LatentGroupNormParams *params, guint *axis, GError **error)
{
  const LatentShape *src = latent_op_get_shape (node, 0);

  if (!latent_op_get_axis (node, "axis", -1, src->n, axis, error))
    return FALSE;
  *params = (LatentGroupNormParams){
      .groups = (gint64)latent_shape_product (src, 0, *axis),
      .size = (gint64)latent_shape_product (src, *axis, src->n),
      .period = 1,
      .run = 1,
      .epsilon = latent_node_get_float (node, "epsilon", 1e-5f),
  };
  return check_layer_affine (node, 1, "scale", *axis, error) &&
         (latent_node_get_input (node, 2) == NULL ||
             check_layer_affine (node, 2, "bias", *axis, error));
}

static gboolean
infer_group_norm (const LatentNode *node, GError **error)
{
  LatentGroupNormParams params;

  return latent_group_norm_get_params (node, &params, error) && latent_infer_same (node, error);
}

static gboolean
infer_layer_norm (const LatentNode *node, GError **error)
{
  LatentGroupNormParams params;
  LatentShape statistics = *latent_op_get_shape (node, 0);
  guint axis = 0;

  if (!latent_layer_norm_get_params (node, &params, &axis, error))
    return FALSE;
  for (guint i = axis; i < statistics.n; i++)
    statistics.dims[i] = 1;
  return latent_infer_same (node, error) &&
         latent_op_set_output (node, 1, LATENT_DATA_TYPE_FLOAT32, &statistics, error) &&
         latent_op_set_output (node, 2, LATENT_DATA_TYPE_FLOAT32, &statistics, error);
}

typedef struct {
  LatentGroupNormParams params;
  const float *src;
  const float *scale;
  const float *bias; /* or NULL, as the next */
  float *dst;
  float *means;
  float *inverses; /* of the standard deviations */
} GroupNormJob;

static void
normalize_group (const GroupNormJob *job, gsize group, float mean, float inverse)
{
  const LatentGroupNormParams *params = &job->params;
  const float *src = job->src + group * params->size;
  float *dst = job->dst + group * params->size;
  gsize first = group % params->period * params->size;

  for (gint64 i = 0; i < params->size; i += params->run) {
    gsize entry = (first + i) / params->run;
    float bias = job->bias != NULL ? job->bias[entry] : 0;
    for (gint64 k = i; k < i + params->run; k++)
      dst[k] = (src[k] - mean) * inverse * job->scale[entry] + bias;
  }
}

static void
normalize_groups (gsize begin, gsize end, gpointer data)
{
  const GroupNormJob *job = data;
  gsize size = job->params.size;

  for (gsize group = begin; group < end; group++) {
    const float *src = job->src + group * size;
    double sum = 0;
    double squares = 0;
    for (gsize i = 0; i < size; i++)
      sum += src[i];
    double mean = sum / (double)size;
    for (gsize i = 0; i < size; i++)
      squares += (src[i] - mean) * (src[i] - mean);
    double inverse = 1 / sqrt (squares / (double)size + job->params.epsilon);
    if (job->dst != NULL)
      normalize_group (job, group, (float)mean, (float)inverse);
    if (job->means != NULL)
      job->means[group] = (float)mean;
    if (job->inverses != NULL)
      job->inverses[group] = (float)inverse;
  }
}

static gboolean
run_group_norm (const LatentEval *eval, const LatentGroupNormParams *params)
{
  GroupNormJob job = {.params = *params,
      .src = eval->src[0].data,
      .scale = eval->src[1].data,
      .bias = eval->n_src > 2 ? eval->src[2].data : NULL,
      .dst = eval->dst[0].data,
      .means = eval->n_dst > 1 ? eval->dst[1].data : NULL,
      .inverses = eval->n_dst > 2 ? eval->dst[2].data : NULL};

  latent_parallel (eval->threads, params->groups, 4, normalize_groups, &job);
  return TRUE;
}

static gboolean
eval_group_norm (const LatentEval *eval, GError **error)
{
  LatentGroupNormParams params;

  return latent_group_norm_get_params (eval->node, &params, error) &&
         run_group_norm (eval, &params);
}

static gboolean
eval_layer_norm (const LatentEval *eval, GError **error)
{
  LatentGroupNormParams params;
  guint axis = 0;

  return latent_layer_norm_get_params (eval->node, &params, &axis, error) &&
         run_group_norm (eval, &params);
}

gboolean
latent_lp_norm_get_params (const LatentNode *node, guint *axis, gint64 *p, GError **error)
{
  *p = latent_node_get_int (node, "p", 2);
  if (!latent_op_get_axis (node, "axis", -1, latent_op_get_shape (node, 0)->n, axis, error))
    return FALSE;
  if (*p == 1 || *p == 2)
    return TRUE;
  g_set_error (
      error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED, "p wants 1 or 2, is %" G_GINT64_FORMAT, *p);
  return FALSE;
}

static gboolean
infer_lp_norm (const LatentNode *node, GError **error)
{
  guint axis = 0;
  gint64 p = 0;

  return latent_lp_norm_get_params (node, &axis, &p, error) && latent_infer_same (node, error);
}

typedef struct {
  const float *src;
  float *dst;
  gsize n; /* elements along the axis, `inner` apart */
  gsize inner;
  gint64 p;
} LpNormJob;

/* A norm of 0 leaves zeros. */
static void
divide_by_norms (gsize begin, gsize end, gpointer data)
{
  const LpNormJob *job = data;

  for (gsize line = begin; line < end; line++) {
    gsize first = line / job->inner * job->inner * job->n + line % job->inner;
    double sum = 0;
    for (gsize i = 0; i < job->n; i++) {
      double value = job->src[first + i * job->inner];
      sum += job->p == 1 ? fabs (value) : value * value;
    }
    double norm = job->p == 1 ? sum : sqrt (sum);
    float factor = norm != 0 ? (float)(1 / norm) : 0;
    for (gsize i = 0; i < job->n; i++)
      job->dst[first + i * job->inner] = job->src[first + i * job->inner] * factor;
  }
}

static gboolean
eval_lp_norm (const LatentEval *eval, GError **error)
{
  const LatentShape *shape = &eval->src[0].shape;
  LpNormJob job = {.src = eval->src[0].data, .dst = eval->dst[0].data};
  guint axis = 0;

  if (!latent_lp_norm_get_params (eval->node, &axis, &job.p, error))
    return FALSE;
  job.n = shape->dims[axis];
  job.inner = latent_shape_product (shape, axis + 1, shape->n);
  if (job.n > 0)
    latent_parallel (eval->threads, eval->src[0].n / job.n, 16, divide_by_norms, &job);
  return TRUE;
}

static LatentEmit
emit_layer_norm (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  LatentGroupNormParams params;
  guint axis = 0;

  return latent_layer_norm_get_params (node, &params, &axis, error)
             ? latent_dnn_layer_normalization (builder, node, axis, params.epsilon, error)
             : LATENT_EMIT_FAILED;
}

/* clang-format off */
const LatentOp latent_ops_normalize[] = {
    {"GroupNormalization", "", 18, LATENT_OPSET_MAX, 3, 3, 1, 1, LATENT_TYPES_F32,
     "epsilon:f num_groups:i stash_type:i", infer_group_norm, eval_group_norm,
     .gradient = latent_group_norm_add_gradient},
    {"InstanceNormalization", "", 6, LATENT_OPSET_MAX, 3, 3, 1, 1, LATENT_TYPES_F32, "epsilon:f",
     infer_group_norm, eval_group_norm,
     .gradient = latent_group_norm_add_gradient},
    {"LayerNormalization", "", 17, LATENT_OPSET_MAX, 2, 3, 1, 3, LATENT_TYPES_F32,
     "axis:i epsilon:f stash_type:i", infer_layer_norm, eval_layer_norm, NULL, emit_layer_norm,
     .gradient = latent_layer_norm_add_gradient},
    {"LpNormalization", "", 1, LATENT_OPSET_MAX, 1, 1, 1, 1, LATENT_TYPES_F32, "axis:i p:i",
     infer_lp_norm, eval_lp_norm, .gradient = latent_lp_norm_add_gradient},
    {0},
};
/* clang-format on */
