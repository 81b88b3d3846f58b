/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/base/parallel.h"
#include "src/ops/loss.h"

/* WeightedSum: factors[0] weight_0 term_0 + factors[1] weight_1 term_1 + ... Inputs are term_0,
 * weight_0, term_1, weight_1 ...: terms of one shape, weights of one element, which may be left out
 * and then are 1. */

#define MAX_TERMS 16
#define GRAIN     16384 /* elements that are worth a thread */

static gboolean
infer_sum (const LatentNode *node, GError **error)
{
  guint n = (node->inputs->len + 1) / 2;
  guint n_factors = 0;

  latent_node_get_floats (node, "factors", &n_factors);
  if (n > MAX_TERMS || n_factors != n) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
        "wants a factor for each of its terms, %u at most; has %u for %u", MAX_TERMS, n_factors, n);
    return FALSE;
  }
  for (guint i = 0; i < n; i++) {
    const LatentValue *weight = latent_node_get_input (node, 2 * i + 1);
    if (!latent_op_check_input (node, 2 * i, "term", error) ||
        !latent_op_check_type (node, 2 * i, "term", LATENT_TYPES_F32, error))
      return FALSE;
    if (!latent_shape_equal (latent_op_get_shape (node, 0), latent_op_get_shape (node, 2 * i))) {
      latent_op_set_shape_error (
          error, "term", "the shape of the first one", latent_op_get_shape (node, 2 * i));
      return FALSE;
    }
    if (weight == NULL)
      continue;
    if (!latent_op_check_type (node, 2 * i + 1, "weight", LATENT_TYPES_F32, error))
      return FALSE;
    if (latent_shape_product (&weight->shape, 0, weight->shape.n) != 1) {
      latent_op_set_shape_error (error, "weight", "one element", &weight->shape);
      return FALSE;
    }
  }
  return latent_infer_same (node, error);
}

typedef struct {
  guint n;
  const float *terms[MAX_TERMS];
  float factors[MAX_TERMS];
  float *dst;
} Job;

static void
add_elements (gsize begin, gsize end, gpointer data)
{
  const Job *job = data;

  for (gsize i = begin; i < end; i++)
    job->dst[i] = job->factors[0] * job->terms[0][i];
  for (guint k = 1; k < job->n; k++)
    for (gsize i = begin; i < end; i++)
      job->dst[i] += job->factors[k] * job->terms[k][i];
}

static gboolean
eval_sum (const LatentEval *eval, GError **error)
{
  Job job = {.dst = eval->dst[0].data};
  const float *factors = latent_node_get_floats (eval->node, "factors", &job.n);

  for (guint i = 0; i < job.n; i++) {
    const LatentView *weight = latent_loss_get_view (eval, 2 * i + 1);
    job.terms[i] = eval->src[2 * i].data;
    job.factors[i] = factors[i] * (weight != NULL ? *(const float *)weight->data : 1);
  }
  latent_parallel (eval->threads, eval->dst[0].n, GRAIN, add_elements, &job);
  return TRUE;
}

/* A term's derivative is the sum's, times weight and factor: a sum of one. Weights are schedules',
 * and have none. */
static gboolean
sum_gradient (LatentGradient *gradient, const LatentNode *node, GError **error)
{
  LatentValue *slope = latent_gradient_get (gradient, latent_node_get_output (node, 0));
  guint n = 0;
  const float *factors = latent_node_get_floats (node, "factors", &n);

  for (guint i = 0; i < n; i++) {
    LatentValue *term = latent_node_get_input (node, 2 * i);
    LatentNode *grad;
    LatentValue *derivative;
    if (!latent_gradient_wants (gradient, term))
      continue;
    grad = latent_gradient_node (gradient, "WeightedSum", LATENT_DOMAIN_TRAINING);
    latent_node_add_input (grad, slope);
    latent_node_add_input (grad, latent_node_get_input (node, 2 * i + 1));
    latent_node_set_floats (grad, "factors", &factors[i], 1);
    derivative = latent_gradient_finish (gradient, grad, 1, error);
    if (derivative == NULL)
      return FALSE;
    latent_gradient_add (gradient, term, derivative);
  }
  return TRUE;
}

/* clang-format off */
const LatentOp latent_ops_loss_sum[] = {
    {"WeightedSum", LATENT_DOMAIN_TRAINING, 1, 1, 1, 2 * MAX_TERMS, 1, 1, LATENT_TYPES_F32,
     "factors:F", infer_sum, eval_sum, .gradient = sum_gradient},
    {0},
};
/* clang-format on */
