/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include "src/base/parallel.h"
#include "src/ops/loss.h"

/* What training does at the latent: sampling and its cost in nats, quantisation. */

#define GRAIN 4096 /* elements that are worth a thread */

typedef struct {
  const float *a;
  const float *b;
  const float *c;
  float *dst;
  float *dst2;
  gsize n; /* elements that count; those behind have no part in gradients */
  float factor;
  double *sums;
} Job;

/* Inputs first .. first + n - 1 are floats of one shape. */
static gboolean
check_alike (const LatentNode *node, guint first, guint n, GError **error)
{
  const LatentShape *shape = NULL;

  for (guint i = first; i < first + n; i++) {
    if (!latent_op_check_input (node, i, "tensor", error) ||
        !latent_op_check_type (node, i, "tensor", LATENT_TYPES_F32, error))
      return FALSE;
    shape = latent_op_get_shape (node, first);
    if (latent_shape_equal (shape, latent_op_get_shape (node, i)))
      continue;
    latent_op_set_shape_error (
        error, "tensor", "the shape of the one before", latent_op_get_shape (node, i));
    return FALSE;
  }
  return latent_op_check_rank (node, first, "tensor", 1, LATENT_MAX_DIMS, error);
}

static gboolean
check_scalar (const LatentNode *node, guint i, const char *what, GError **error)
{
  const LatentValue *value = latent_node_get_input (node, i);

  if (value == NULL)
    return TRUE;
  if (!latent_op_check_type (node, i, what, LATENT_TYPES_F32, error))
    return FALSE;
  if (latent_shape_product (&value->shape, 0, value->shape.n) == 1)
    return TRUE;
  latent_op_set_shape_error (error, what, "one element", &value->shape);
  return FALSE;
}

static gboolean
set_alike (const LatentNode *node, guint i, guint like, GError **error)
{
  return latent_op_set_output (
      node, i, LATENT_DATA_TYPE_FLOAT32, latent_op_get_shape (node, like), error);
}

/* KlNormal (mean, logvar, count): nats by which N(mean, exp(logvar)) differs from N(0, 1), of a
 * sample, a mean over those that count. */

static gboolean
infer_kl (const LatentNode *node, GError **error)
{
  return check_alike (node, 0, 2, error) && check_scalar (node, 2, "count", error) &&
         latent_loss_set_scalar (node, 0, error);
}

static gboolean
infer_kl_grad (const LatentNode *node, GError **error)
{
  return check_alike (node, 1, 2, error) && check_scalar (node, 0, "derivative", error) &&
         check_scalar (node, 3, "count", error) && set_alike (node, 0, 1, error) &&
         set_alike (node, 1, 1, error);
}

static void
sum_kl (gsize begin, gsize end, gpointer data)
{
  const Job *job = data;

  for (gsize chunk = begin; chunk < end; chunk++) {
    double sum = 0;
    for (gsize i = chunk * LATENT_LOSS_CHUNK; i < MIN ((chunk + 1) * LATENT_LOSS_CHUNK, job->n);
         i++)
      sum += (double)(expf (job->b[i]) + job->a[i] * job->a[i] - 1 - job->b[i]);
    job->sums[chunk] = sum;
  }
}

static void
slope_kl (gsize begin, gsize end, gpointer data)
{
  const Job *job = data;

  for (gsize i = begin; i < end; i++) {
    gboolean counts = i < job->n;
    if (job->dst != NULL)
      job->dst[i] = counts ? job->factor * job->a[i] : 0;
    if (job->dst2 != NULL)
      job->dst2[i] = counts ? job->factor * 0.5f * (expf (job->b[i]) - 1) : 0;
  }
}

/* Elements of the samples that count, and how many these are. */
static gsize
count_elements (const LatentEval *eval, guint first, guint count, gsize *samples)
{
  const LatentShape *shape = &eval->src[first].shape;

  *samples = latent_loss_get_count (latent_loss_get_view (eval, count), (gsize)shape->dims[0]);
  return *samples * latent_shape_product (shape, 1, shape->n);
}

static gsize
count_chunks (gsize n)
{
  return (n + LATENT_LOSS_CHUNK - 1) / LATENT_LOSS_CHUNK;
}

static gboolean
eval_kl (const LatentEval *eval, GError **error)
{
  gsize samples;
  Job job = {.a = eval->src[0].data,
      .b = eval->src[1].data,
      .n = count_elements (eval, 0, 2, &samples),
      .sums = eval->scratch};

  latent_parallel (eval->threads, count_chunks (job.n), 1, sum_kl, &job);
  *(float *)eval->dst[0].data = (float)(0.5 * latent_loss_sum (job.sums, count_chunks (job.n)) /
                                        (double)MAX (samples, 1));
  return TRUE;
}

static gsize
get_kl_scratch_size (const LatentNode *node)
{
  const LatentShape *shape = latent_op_get_shape (node, 0);

  return count_chunks (latent_shape_product (shape, 0, shape->n)) * sizeof (double);
}

static gboolean
eval_kl_grad (const LatentEval *eval, GError **error)
{
  gsize samples;
  Job job = {.a = eval->src[1].data,
      .b = eval->src[2].data,
      .dst = eval->dst[0].data,
      .dst2 = eval->n_dst > 1 ? eval->dst[1].data : NULL,
      .n = count_elements (eval, 1, 3, &samples)};

  job.factor = (float)(latent_loss_get_slope (eval) / (double)MAX (samples, 1));
  latent_parallel (eval->threads, eval->src[1].n, GRAIN, slope_kl, &job);
  return TRUE;
}

static gboolean
kl_gradient (LatentGradient *gradient, const LatentNode *node, GError **error)
{
  LatentNode *grad = latent_loss_grad_node (gradient, node);

  if (latent_gradient_finish (gradient, grad, 2, error) == NULL)
    return FALSE;
  for (guint i = 0; i < 2; i++)
    latent_gradient_add (
        gradient, latent_node_get_input (node, i), latent_node_get_output (grad, i));
  return TRUE;
}

/* SampleNormal (mean, logvar, epsilon) = mean + exp(logvar / 2) epsilon. Its gradient by logvar is
 * SampleNormalGrad (derivative, logvar, epsilon); that by mean is the derivative itself. */

static gboolean
infer_sample (const LatentNode *node, GError **error)
{
  return check_alike (node, 0, 3, error) && set_alike (node, 0, 0, error);
}

static void
draw_sample (gsize begin, gsize end, gpointer data)
{
  const Job *job = data;

  for (gsize i = begin; i < end; i++)
    job->dst[i] = job->a[i] + expf (0.5f * job->b[i]) * job->c[i];
}

static void
slope_sample (gsize begin, gsize end, gpointer data)
{
  const Job *job = data;

  for (gsize i = begin; i < end; i++)
    job->dst[i] = job->a[i] * 0.5f * expf (0.5f * job->b[i]) * job->c[i];
}

static gboolean
run_three (const LatentEval *eval, LatentParallelFunc func)
{
  Job job = {.a = eval->src[0].data,
      .b = eval->src[1].data,
      .c = eval->src[2].data,
      .dst = eval->dst[0].data};

  latent_parallel (eval->threads, eval->dst[0].n, GRAIN, func, &job);
  return TRUE;
}

static gboolean
eval_sample (const LatentEval *eval, GError **error)
{
  return run_three (eval, draw_sample);
}

static gboolean
eval_sample_grad (const LatentEval *eval, GError **error)
{
  return run_three (eval, slope_sample);
}

static gboolean
sample_gradient (LatentGradient *gradient, const LatentNode *node, GError **error)
{
  LatentValue *slope = latent_gradient_get (gradient, latent_node_get_output (node, 0));
  LatentValue *logvar = latent_node_get_input (node, 1);
  LatentValue *derivative;

  latent_gradient_add (gradient, latent_node_get_input (node, 0), slope);
  if (!latent_gradient_wants (gradient, logvar))
    return TRUE;
  derivative = latent_gradient_apply_training (
      gradient, "SampleNormalGrad", NULL, slope, logvar, latent_node_get_input (node, 2), error);
  latent_gradient_add (gradient, logvar, derivative);
  return derivative != NULL;
}

/* Quantise (latent, noise, round, step): symbols = latent / step + noise where `round` is 0,
 * rounded where it is 1; outputs are symbols times step, and symbols. Where it is 2 only what is
 * behind the first output is rounded: a decoder then sees what it will see, and the cost of symbols
 * stays smooth. The attribute `dead` is by how much more than a half a symbol must be to be 1, and
 * a third of that to be any more: what a quantiser does that minds the bits. The step may be left
 * out: then it is the attribute `step`. The gradient goes straight through both: QuantiseGrad
 * (derivative by symbols, step) = derivative / step is what comes from the symbols. */

static gboolean
check_step (const LatentNode *node, guint i, GError **error)
{
  double step = (double)latent_node_get_float (node, "step", 1);

  if (step > 0 && isfinite (step))
    return check_scalar (node, i, "step", error);
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE, "step %g is not above 0", step);
  return FALSE;
}

static float
get_step (const LatentEval *eval, guint i)
{
  const LatentView *view = latent_loss_get_view (eval, i);

  return view != NULL ? *(const float *)view->data : latent_node_get_float (eval->node, "step", 1);
}

static gboolean
infer_quantise (const LatentNode *node, GError **error)
{
  return check_step (node, 3, error) && check_alike (node, 0, 2, error) &&
         check_scalar (node, 2, "round", error) && set_alike (node, 0, 0, error) &&
         set_alike (node, 1, 0, error);
}

static gboolean
infer_quantise_grad (const LatentNode *node, GError **error)
{
  return check_step (node, 1, error) && check_alike (node, 0, 1, error) &&
         set_alike (node, 0, 0, error);
}

enum {
  ROUND_NOTHING,
  ROUND_ALL,
  ROUND_DST,
};

typedef struct {
  const float *src;
  const float *noise;
  float *dst;
  float *symbols; /* or NULL */
  float step;
  float dead;
  gint rounds;
} QuantiseJob;

static inline float
round_dead (float place, float dead)
{
  float magnitude = fabsf (place);

  if (dead == 0)
    return rintf (place);
  return copysignf (floorf (magnitude + 0.5f - (magnitude < 1 ? dead : dead / 3)), place);
}

static void
quantise (gsize begin, gsize end, gpointer data)
{
  const QuantiseJob *job = data;
  float inverse = 1 / job->step;

  for (gsize i = begin; i < end; i++) {
    float place = job->src[i] * inverse;
    float noisy = job->rounds != ROUND_ALL ? place + job->noise[i] : 0;
    float rounded = job->rounds != ROUND_NOTHING ? round_dead (place, job->dead) : noisy;
    if (job->dst != NULL)
      job->dst[i] = rounded * job->step;
    if (job->symbols != NULL)
      job->symbols[i] = job->rounds == ROUND_ALL ? rounded : noisy;
  }
}

static void
slope_quantise (gsize begin, gsize end, gpointer data)
{
  const QuantiseJob *job = data;
  float inverse = 1 / job->step;

  for (gsize i = begin; i < end; i++)
    job->dst[i] = job->src[i] * inverse;
}

static gboolean
eval_quantise (const LatentEval *eval, GError **error)
{
  QuantiseJob job = {
      .src = eval->src[0].data,
      .noise = eval->src[1].data,
      .dst = eval->dst[0].data,
      .symbols = eval->n_dst > 1 ? eval->dst[1].data : NULL,
      .step = get_step (eval, 3),
      .dead = latent_node_get_float (eval->node, "dead", 0),
      .rounds = (gint) * (const float *)eval->src[2].data,
  };

  latent_parallel (eval->threads, eval->src[0].n, GRAIN, quantise, &job);
  return TRUE;
}

static gboolean
eval_quantise_grad (const LatentEval *eval, GError **error)
{
  QuantiseJob job = {
      .src = eval->src[0].data, .dst = eval->dst[0].data, .step = get_step (eval, 1)};

  latent_parallel (eval->threads, eval->src[0].n, GRAIN, slope_quantise, &job);
  return TRUE;
}

static gboolean
quantise_gradient (LatentGradient *gradient, const LatentNode *node, GError **error)
{
  LatentValue *latent = latent_node_get_input (node, 0);
  LatentValue *of_dst = latent_gradient_get (gradient, latent_node_get_output (node, 0));
  LatentValue *of_symbols = latent_gradient_get (gradient, latent_node_get_output (node, 1));

  latent_gradient_add (gradient, latent, of_dst);
  if (of_symbols == NULL || !latent_gradient_wants (gradient, latent))
    return TRUE;
  of_symbols = latent_gradient_apply_training (
      gradient, "QuantiseGrad", node, of_symbols, latent_node_get_input (node, 3), NULL, error);
  latent_gradient_add (gradient, latent, of_symbols);
  return of_symbols != NULL;
}

#define DOMAIN LATENT_DOMAIN_TRAINING

/* clang-format off */
const LatentOp latent_ops_loss_latent[] = {
    {"KlNormal", DOMAIN, 1, 1, 2, 3, 1, 1, LATENT_TYPES_F32, "", infer_kl, eval_kl,
     get_kl_scratch_size, .gradient = kl_gradient},
    {"KlNormalGrad", DOMAIN, 1, 1, 3, 4, 2, 2, LATENT_TYPES_F32, "", infer_kl_grad, eval_kl_grad},
    {"Quantise", DOMAIN, 1, 1, 3, 4, 1, 2, LATENT_TYPES_F32, "step:f dead:f", infer_quantise,
     eval_quantise, .gradient = quantise_gradient},
    {"QuantiseGrad", DOMAIN, 1, 1, 1, 2, 1, 1, LATENT_TYPES_F32, "step:f dead:f", infer_quantise_grad,
     eval_quantise_grad},
    {"SampleNormal", DOMAIN, 1, 1, 3, 3, 1, 1, LATENT_TYPES_F32, "", infer_sample, eval_sample,
     .gradient = sample_gradient},
    {"SampleNormalGrad", DOMAIN, 1, 1, 3, 3, 1, 1, LATENT_TYPES_F32, "", infer_sample,
     eval_sample_grad},
    {0},
};
/* clang-format on */
