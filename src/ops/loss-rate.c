/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include "src/base/parallel.h"
#include "src/ops/loss.h"

/* LogisticBits (symbols, mean, log_scale, conditional, count, step): bits a sample, a mean over
 * those that count, of symbols that are whole numbers or such with uniform noise, under logistic
 * distributions: P(q) = F((q + 0.5 - mean) / s) - F((q - 0.5 - mean) / s), F(x) = 1 / (1 +
 * exp(-x)), s = exp(log_scale). mean and log_scale are one for each channel, along `axis` of the
 * symbols; log_scale may be one for each symbol. `conditional` (may be left out) has twice the
 * channels; samples then come in pairs, and the second of each is under mean = the first one's
 * symbol + conditional's first half, log_scale = its second half of the first sample. Means and
 * scales count in units of which a symbol is `step` (one float; left out: 1), so that one
 * distribution serves all steps.
 *
 * The gradient LogisticBitsGrad takes the derivative, then the same, and gives the derivatives by
 * symbols, mean, log_scale, conditional. */

/* A scale below which all of a distribution is in one symbol, and one that no symbol needs. Slopes
 * still lead back from beyond. */
#define LEAST_LOG_SCALE (-4.0f)
#define MOST_LOG_SCALE  20.0f

#define NATS_IN_BIT 0.69314718055994530942

/* Samples as outer x channels x inner elements. */
typedef struct {
  gsize batch;
  gsize samples; /* that count */
  gsize outer;
  gsize channels;
  gsize inner;
} Sizes;

typedef struct {
  Sizes sizes;
  const float *symbols;
  const float *mean;
  const float *log_scale;
  const float *conditional; /* or NULL */
  gboolean is_local;        /* log_scale is one for each symbol */
  float inverse;            /* 1 / step */
  float log_step;
  double *sums; /* of lines */
  float factor; /* of gradients */
  float *of_symbols;
  float *of_mean;
  float *of_log_scale;
  float *of_conditional;
} Job;

/* log(1 + exp(x)) */
static inline float
soften (float x)
{
  return fmaxf (x, 0) + log1pf (expf (-fabsf (x)));
}

static inline float
hold_log_scale (float log_scale)
{
  return fminf (fmaxf (log_scale, LEAST_LOG_SCALE), MOST_LOG_SCALE);
}

/* -log P of a symbol that is `distance` away from the mean. With a = (|distance| - 0.5) / s and
 * b = (|distance| + 0.5) / s both tails cancel: P = F(a) F(-b) exp(-a) (1 - exp(-1 / s)). */
static inline float
count_nats (float distance, float log_scale)
{
  float inverse = expf (-hold_log_scale (log_scale));
  float away = fabsf (distance);

  return soften ((away - 0.5f) * inverse) + soften (-(away + 0.5f) * inverse) -
         logf (-expm1f (-inverse));
}

/* Its derivatives by distance and log_scale. */
static inline void
slope_nats (float distance, float log_scale, float *by_distance, float *by_log_scale)
{
  float inverse = expf (-hold_log_scale (log_scale));
  float away = fabsf (distance);
  float upper = 1 / (1 + expf (-(away - 0.5f) * inverse));
  float lower = 1 / (1 + expf ((away + 0.5f) * inverse));
  float by_inverse = (away - 0.5f) * upper - (away + 0.5f) * lower - 1 / expm1f (inverse);

  *by_distance = copysignf (inverse * (upper - lower), distance);
  *by_log_scale = -inverse * by_inverse;
  if ((log_scale<LEAST_LOG_SCALE && * by_log_scale> 0) ||
      (log_scale > MOST_LOG_SCALE && *by_log_scale < 0))
    *by_log_scale = 0;
}

/* Of the symbol at place i, in symbols. */
static inline float
get_log_scale (const Job *job, gsize i, gsize channel)
{
  return job->log_scale[job->is_local ? i : channel] - job->log_step;
}

static Sizes
get_sizes (const LatentNode *node, guint first)
{
  const LatentShape *shape = latent_op_get_shape (node, first);
  guint axis = (guint)latent_node_get_int (node, "axis", 1);
  Sizes sizes = {
      .batch = (gsize)shape->dims[0],
      .samples = (gsize)shape->dims[0],
      .outer = latent_shape_product (shape, 1, axis),
      .channels = (gsize)shape->dims[axis],
      .inner = latent_shape_product (shape, axis + 1, shape->n),
  };

  return sizes;
}

static gboolean
is_local (const LatentNode *node, guint first)
{
  return latent_shape_equal (
      latent_op_get_shape (node, first), latent_op_get_shape (node, first + 2));
}

/* One float, or left out. */
static gboolean
check_number (const LatentNode *node, guint i, const char *what, GError **error)
{
  const LatentValue *value = latent_node_get_input (node, i);

  if (value == NULL || (value->type == LATENT_DATA_TYPE_FLOAT32 &&
                           latent_shape_product (&value->shape, 0, value->shape.n) == 1))
    return TRUE;
  latent_op_set_shape_error (error, what, "one float", &value->shape);
  return FALSE;
}

static gboolean
check_floats (
    const LatentNode *node, guint i, const char *what, const LatentShape *wanted, GError **error)
{
  g_autofree char *text = NULL;

  if (!latent_op_check_input (node, i, what, error) ||
      !latent_op_check_type (node, i, what, LATENT_TYPES_F32, error))
    return FALSE;
  if (latent_shape_equal (latent_op_get_shape (node, i), wanted))
    return TRUE;
  text = latent_shape_to_string (wanted);
  latent_op_set_shape_error (error, what, text, latent_op_get_shape (node, i));
  return FALSE;
}

/* The symbols are input `first`. */
static gboolean
check_bits (const LatentNode *node, guint first, GError **error)
{
  gint64 axis = latent_node_get_int (node, "axis", 1);
  LatentShape twice, channels = {1, {0}};

  if (!latent_op_check_input (node, first, "symbols", error) ||
      !latent_op_check_type (node, first, "symbols", LATENT_TYPES_F32, error) ||
      !latent_op_check_rank (node, first, "symbols", 2, LATENT_MAX_DIMS, error))
    return FALSE;
  twice = *latent_op_get_shape (node, first);
  if (axis < 1 || axis >= twice.n) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "axis %" G_GINT64_FORMAT " is none of a sample's", axis);
    return FALSE;
  }
  channels.dims[0] = twice.dims[axis];
  twice.dims[axis] *= 2;
  if (!check_floats (node, first + 1, "mean", &channels, error) ||
      !latent_op_check_input (node, first + 2, "log_scale", error) ||
      (!is_local (node, first) && !check_floats (node, first + 2, "log_scale", &channels, error)))
    return FALSE;
  if (latent_node_get_input (node, first + 3) != NULL &&
      (!check_floats (node, first + 3, "conditional", &twice, error)))
    return FALSE;
  return check_number (node, first + 4, "count", error) &&
         check_number (node, first + 5, "step", error);
}

static gboolean
infer_bits (const LatentNode *node, GError **error)
{
  return check_bits (node, 0, error) && latent_loss_set_scalar (node, 0, error);
}

static gboolean
infer_bits_grad (const LatentNode *node, GError **error)
{
  if (!check_bits (node, 1, error))
    return FALSE;
  for (guint i = 0; i < 4; i++) {
    const LatentValue *like = latent_node_get_input (node, i + 1);
    if (like == NULL && latent_node_get_output (node, i) != NULL) {
      g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "output %u has no input", i);
      return FALSE;
    }
    if (like != NULL &&
        !latent_op_set_output (node, i, LATENT_DATA_TYPE_FLOAT32, &like->shape, error))
      return FALSE;
  }
  return TRUE;
}

/* Where line (sample, outer, channel) begins in the symbols. */
static inline gsize
get_line (const Sizes *sizes, gsize sample, gsize outer, gsize channel)
{
  return ((sample * sizes->outer + outer) * sizes->channels + channel) * sizes->inner;
}

/* And of the means in `conditional`; log_scales lie channels * inner behind. */
static inline gsize
get_conditional_line (const Sizes *sizes, gsize sample, gsize outer, gsize channel)
{
  return ((sample * sizes->outer + outer) * 2 * sizes->channels + channel) * sizes->inner;
}

static double
sum_line (const Job *job, gsize sample, gsize outer, gsize channel)
{
  const Sizes *sizes = &job->sizes;
  gsize at = get_line (sizes, sample, outer, channel);
  const float *symbols = job->symbols + at;
  float center = job->mean[channel] * job->inverse;
  double sum = 0;

  if (job->conditional != NULL && sample % 2 == 1) {
    const float *before = job->symbols + get_line (sizes, sample - 1, outer, channel);
    const float *mean = job->conditional + get_conditional_line (sizes, sample - 1, outer, channel);
    const float *log_scale = mean + sizes->channels * sizes->inner;
    for (gsize i = 0; i < sizes->inner; i++)
      sum += (double)count_nats (
          symbols[i] - before[i] - mean[i] * job->inverse, log_scale[i] - job->log_step);
    return sum;
  }
  for (gsize i = 0; i < sizes->inner; i++)
    sum += (double)count_nats (symbols[i] - center, get_log_scale (job, at + i, channel));
  return sum;
}

static void
sum_lines (gsize begin, gsize end, gpointer data)
{
  const Job *job = data;
  const Sizes *sizes = &job->sizes;

  for (gsize line = begin; line < end; line++)
    job->sums[line] = sum_line (job, line / sizes->channels / sizes->outer,
        line / sizes->channels % sizes->outer, line % sizes->channels);
}

/* The symbols are input `first`. */
static Job
make_job (const LatentEval *eval, guint first)
{
  const LatentView *conditional = latent_loss_get_view (eval, first + 3);
  const LatentView *step = latent_loss_get_view (eval, first + 5);
  float step_value = step != NULL ? *(const float *)step->data : 1;
  Job job = {
      .sizes = get_sizes (eval->node, first),
      .symbols = eval->src[first].data,
      .mean = eval->src[first + 1].data,
      .log_scale = eval->src[first + 2].data,
      .conditional = conditional != NULL ? conditional->data : NULL,
      .is_local = is_local (eval->node, first),
      .inverse = 1 / step_value,
      .log_step = logf (step_value),
  };

  job.sizes.samples = latent_loss_get_count (
      latent_loss_get_view (eval, first + 4), job.sizes.batch);
  return job;
}

static gboolean
eval_bits (const LatentEval *eval, GError **error)
{
  Job job = make_job (eval, 0);
  gsize n = job.sizes.samples * job.sizes.outer * job.sizes.channels;

  job.sums = eval->scratch;
  latent_parallel (eval->threads, n, 16, sum_lines, &job);
  *(float *)eval->dst[0].data = (float)(latent_loss_sum (job.sums, n) /
                                        (NATS_IN_BIT * (double)MAX (job.sizes.samples, 1)));
  return TRUE;
}

static gsize
get_scratch_size (const LatentNode *node)
{
  Sizes sizes = get_sizes (node, 0);

  return sizes.batch * sizes.outer * sizes.channels * sizeof (double);
}

/* A line under the channel's distribution: adds to its sums. */
static void
slope_line (const Job *job, gsize at, gsize channel, double *of_mean, double *of_log_scale)
{
  float center = job->mean[channel] * job->inverse;

  for (gsize i = at; i < at + job->sizes.inner; i++) {
    float by_distance, by_log_scale;
    slope_nats (
        job->symbols[i] - center, get_log_scale (job, i, channel), &by_distance, &by_log_scale);
    *of_mean -= (double)by_distance;
    *of_log_scale += (double)by_log_scale;
    if (job->is_local && job->of_log_scale != NULL)
      job->of_log_scale[i] = job->factor * by_log_scale;
    if (job->of_symbols != NULL)
      job->of_symbols[i] = job->factor * by_distance;
  }
}

/* A line whose distribution hangs on the sample before, whose slopes are there already. */
static void
slope_conditional_line (const Job *job, gsize sample, gsize outer, gsize channel)
{
  const Sizes *sizes = &job->sizes;
  gsize at = get_line (sizes, sample, outer, channel);
  gsize before = get_line (sizes, sample - 1, outer, channel);
  gsize mean_at = get_conditional_line (sizes, sample - 1, outer, channel);
  gsize scale_at = mean_at + sizes->channels * sizes->inner;

  for (gsize i = 0; i < sizes->inner; i++) {
    float by_distance, by_log_scale;
    slope_nats (job->symbols[at + i] - job->symbols[before + i] -
                    job->conditional[mean_at + i] * job->inverse,
        job->conditional[scale_at + i] - job->log_step, &by_distance, &by_log_scale);
    if (job->of_symbols != NULL) {
      job->of_symbols[at + i] = job->factor * by_distance;
      job->of_symbols[before + i] -= job->factor * by_distance;
    }
    if (job->of_conditional != NULL) {
      job->of_conditional[mean_at + i] = -job->factor * by_distance * job->inverse;
      job->of_conditional[scale_at + i] = job->factor * by_log_scale;
    }
  }
}

/* Channels are apart from one another in all outputs. */
static void
slope_channels (gsize begin, gsize end, gpointer data)
{
  const Job *job = data;
  const Sizes *sizes = &job->sizes;

  for (gsize channel = begin; channel < end; channel++) {
    double of_mean = 0, of_log_scale = 0;
    for (gsize row = 0; row < sizes->samples * sizes->outer; row++) {
      gsize sample = row / sizes->outer;
      gsize outer = row % sizes->outer;
      if (job->conditional != NULL && sample % 2 == 1)
        slope_conditional_line (job, sample, outer, channel);
      else
        slope_line (
            job, get_line (sizes, sample, outer, channel), channel, &of_mean, &of_log_scale);
    }
    if (job->of_mean != NULL)
      job->of_mean[channel] = (float)(of_mean * (double)(job->factor * job->inverse));
    if (job->of_log_scale != NULL && !job->is_local)
      job->of_log_scale[channel] = (float)(of_log_scale * (double)job->factor);
  }
}

static gboolean
eval_bits_grad (const LatentEval *eval, GError **error)
{
  Job job = make_job (eval, 1);
  float **outputs[] = {&job.of_symbols, &job.of_mean, &job.of_log_scale, &job.of_conditional};

  for (guint i = 0; i < G_N_ELEMENTS (outputs) && i < eval->n_dst; i++) {
    *outputs[i] = eval->dst[i].data;
    if (*outputs[i] != NULL)
      memset (*outputs[i], 0, eval->dst[i].n * sizeof (float));
  }
  job.factor = (float)(latent_loss_get_slope (eval) /
                       (NATS_IN_BIT * (double)MAX (job.sizes.samples, 1)));
  latent_parallel (eval->threads, job.sizes.channels, 1, slope_channels, &job);
  return TRUE;
}

static gboolean
bits_gradient (LatentGradient *gradient, const LatentNode *node, GError **error)
{
  LatentNode *grad = latent_loss_grad_node (gradient, node);
  guint n = latent_node_get_input (node, 3) != NULL ? 4 : 3;

  if (latent_gradient_finish (gradient, grad, n, error) == NULL)
    return FALSE;
  for (guint i = 0; i < n; i++)
    latent_gradient_add (
        gradient, latent_node_get_input (node, i), latent_node_get_output (grad, i));
  return TRUE;
}

/* clang-format off */
const LatentOp latent_ops_loss_rate[] = {
    {"LogisticBits", LATENT_DOMAIN_TRAINING, 1, 1, 3, 6, 1, 1, LATENT_TYPES_F32, "axis:i",
     infer_bits, eval_bits, get_scratch_size, .gradient = bits_gradient},
    {"LogisticBitsGrad", LATENT_DOMAIN_TRAINING, 1, 1, 4, 7, 3, 4, LATENT_TYPES_F32, "axis:i",
     infer_bits_grad, eval_bits_grad},
    {0},
};
/* clang-format on */
