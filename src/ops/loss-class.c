/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include "src/base/parallel.h"
#include "src/ops/loss.h"

/* Cross-entropy of distributions: `classes` elements in a row (by default all of the range) are
 * one. y is their probabilities, or logits; the target as many probabilities, or each one's class.
 */

#define CHUNK             64 /* distributions that are summed up as one */
#define LEAST_PROBABILITY 1e-7f
#define ATTRIBUTES        LATENT_LOSS_ATTRIBUTES " classes:i"
#define TARGETS           (LATENT_TYPES_F32 | LATENT_TYPE_BIT (LATENT_DATA_TYPE_INT64))

typedef struct {
  gsize n;
  const float *y;
  const float *target;  /* or NULL: the class is `label` */
  const float *weights; /* or NULL */
  gsize label;
  float *dst; /* of a gradient */
  double factor;
} Distribution;

/* Target times weight. */
static inline double
get_mass (const Distribution *d, gsize i)
{
  double mass = d->target != NULL ? (double)d->target[i] : i == d->label;

  return d->weights != NULL ? mass * (double)d->weights[i] : mass;
}

static inline double
hold_probability (float p)
{
  return (double)fmaxf (p, LEAST_PROBABILITY);
}

static double
sum_entropy (const Distribution *d)
{
  double sum = 0;

  for (gsize i = 0; i < d->n; i++) {
    double mass = get_mass (d, i);
    if (mass != 0)
      sum -= mass * log (hold_probability (d->y[i]));
  }
  return sum;
}

static void
slope_entropy (const Distribution *d)
{
  for (gsize i = 0; i < d->n; i++)
    d->dst[i] = (float)(-d->factor * get_mass (d, i) / hold_probability (d->y[i]));
}

/* log(sum(exp(z))), and the greatest z. */
static double
sum_exponentials (const Distribution *d, float *most)
{
  double sum = 0;

  *most = -INFINITY;
  for (gsize i = 0; i < d->n; i++)
    *most = fmaxf (*most, d->y[i]);
  for (gsize i = 0; i < d->n; i++)
    sum += (double)expf (d->y[i] - *most);
  return sum;
}

static double
sum_entropy_of_logits (const Distribution *d)
{
  float most;
  double total = log (sum_exponentials (d, &most)) + (double)most;
  double sum = 0;

  for (gsize i = 0; i < d->n; i++) {
    double mass = get_mass (d, i);
    if (mass != 0)
      sum += mass * (total - (double)d->y[i]);
  }
  return sum;
}

static void
slope_entropy_of_logits (const Distribution *d)
{
  float most;
  double scale = 1 / sum_exponentials (d, &most);
  double mass = 0;

  for (gsize i = 0; i < d->n; i++)
    mass += get_mass (d, i);
  for (gsize i = 0; i < d->n; i++)
    d->dst[i] = (float)(d->factor *
                        (mass * scale * (double)expf (d->y[i] - most) - get_mass (d, i)));
}

static gsize
find_most (const float *values, gsize n)
{
  gsize most = 0;

  for (gsize i = 1; i < n; i++)
    if (values[i] > values[most])
      most = i;
  return most;
}

/* 1 where the likeliest class is the target's. */
static double
is_correct (const Distribution *d)
{
  gsize label = d->target != NULL ? find_most (d->target, d->n) : d->label;

  return find_most (d->y, d->n) == label;
}

typedef struct {
  const char *name;
  const char *gradient;
  double (*sum) (const Distribution *d);
  void (*slope) (const Distribution *d);
} Loss;

static const Loss losses[] = {
    {"CrossEntropy",       "CrossEntropyGrad",       sum_entropy,           slope_entropy},
    {"CrossEntropyLogits", "CrossEntropyLogitsGrad", sum_entropy_of_logits,
     slope_entropy_of_logits                                                             },
    {"Correct",            "",                       is_correct,            NULL         },
};

static const Loss *
find_loss (const LatentNode *node)
{
  for (guint i = 0; i < G_N_ELEMENTS (losses); i++)
    if (g_str_equal (node->op_type, losses[i].name) ||
        g_str_equal (node->op_type, losses[i].gradient))
      return &losses[i];
  return NULL;
}

static gsize
get_classes (const LatentNode *node, const LatentLossRange *range)
{
  gsize n = range->end - range->begin;

  return (gsize)latent_node_get_int (node, "classes", (gint64)MAX (n, 1));
}

/* Distributions of a sample. */
static gsize
count_rows (const LatentNode *node, const LatentLossRange *range)
{
  return (range->end - range->begin) / get_classes (node, range);
}

static gboolean
check_classes (const LatentNode *node, guint first, GError **error)
{
  LatentLossRange range = latent_loss_get_range (node, first, NULL);
  gsize n = range.end - range.begin;
  gint64 classes = latent_node_get_int (node, "classes", (gint64)MAX (n, 1));
  const LatentShape *target = latent_op_get_shape (node, first + 1);
  g_autofree char *wanted = NULL;

  if (classes < 1 || n % (gsize)classes != 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "%zu elements are no distributions of %" G_GINT64_FORMAT " classes", n, classes);
    return FALSE;
  }
  if (latent_op_get_type (node, first + 1) == LATENT_DATA_TYPE_FLOAT32 ||
      latent_shape_product (target, 0, target->n) == range.batch * count_rows (node, &range))
    return TRUE;
  wanted = g_strdup_printf ("%zu classes", range.batch * count_rows (node, &range));
  latent_op_set_shape_error (error, "target", wanted, target);
  return FALSE;
}

static gboolean
infer_loss (const LatentNode *node, GError **error)
{
  return latent_loss_check (node, 0, TARGETS, error) && check_classes (node, 0, error) &&
         latent_loss_set_scalar (node, 0, error);
}

static gboolean
infer_grad (const LatentNode *node, GError **error)
{
  return latent_loss_check (node, 1, TARGETS, error) && check_classes (node, 1, error) &&
         latent_op_set_output (
             node, 0, LATENT_DATA_TYPE_FLOAT32, latent_op_get_shape (node, 1), error);
}

typedef struct {
  const Loss *loss;
  LatentLossRange range;
  gsize classes;
  gsize rows;           /* of a sample */
  Distribution all;     /* whole tensors */
  const gint64 *labels; /* or NULL */
  double *sums;         /* of each chunk; NULL of a gradient */
} Job;

static Distribution
get_distribution (const Job *job, gsize i)
{
  gsize sample = i / job->rows;
  gsize place = job->range.begin + i % job->rows * job->classes;
  gsize at = sample * job->range.size + place;
  gsize target_at = sample * job->range.target_size + place + job->range.shift;

  return (Distribution){
      .n = job->classes,
      .y = job->all.y + at,
      .target = job->all.target != NULL ? job->all.target + target_at : NULL,
      .weights = job->all.weights != NULL ? job->all.weights + target_at : NULL,
      .label = job->labels != NULL ? (gsize)job->labels[i] : 0,
      .dst = job->all.dst != NULL ? job->all.dst + at : NULL,
      .factor = job->all.factor,
  };
}

static gsize
count_chunks (gsize n)
{
  return (n + CHUNK - 1) / CHUNK;
}

static void
run_chunks (gsize begin, gsize end, gpointer data)
{
  const Job *job = data;
  gsize n = job->range.samples * job->rows;

  for (gsize chunk = begin; chunk < end; chunk++) {
    double sum = 0;
    for (gsize i = chunk * CHUNK; i < MIN ((chunk + 1) * CHUNK, n); i++) {
      Distribution d = get_distribution (job, i);
      if (job->sums != NULL)
        sum += job->loss->sum (&d);
      else
        job->loss->slope (&d);
    }
    if (job->sums != NULL)
      job->sums[chunk] = sum;
  }
}

/* Labels are data. */
static gboolean
check_labels (const Job *job, GError **error)
{
  gsize n = job->range.samples * job->rows;

  for (gsize i = 0; job->labels != NULL && i < n; i++) {
    if (job->labels[i] >= 0 && job->labels[i] < (gint64)job->classes)
      continue;
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "class %" G_GINT64_FORMAT " of sample %zu is outside of the %zu classes", job->labels[i],
        i / job->rows, job->classes);
    return FALSE;
  }
  return TRUE;
}

/* y is input `first`. */
static gboolean
init_job (Job *job, const LatentEval *eval, guint first, GError **error)
{
  const LatentView *target = &eval->src[first + 1];
  const LatentView *weights = latent_loss_get_view (eval, first + 2);
  gboolean has_labels = target->type == LATENT_DATA_TYPE_INT64;

  *job = (Job){
      .loss = find_loss (eval->node),
      .range = latent_loss_get_range (eval->node, first, latent_loss_get_view (eval, first + 3)),
      .all = {.y = eval->src[first].data,
              .target = has_labels ? NULL : target->data,
              .weights = weights != NULL ? weights->data : NULL},
      .labels = has_labels ? target->data : NULL,
  };
  job->classes = get_classes (eval->node, &job->range);
  job->rows = count_rows (eval->node, &job->range);
  return check_labels (job, error);
}

static gboolean
run_sum (const LatentEval *eval, Job *job, double scale)
{
  gsize n = count_chunks (job->range.samples * job->rows);

  job->sums = eval->scratch;
  latent_parallel (eval->threads, n, 1, run_chunks, job);
  *(float *)eval->dst[0].data = (float)(scale * latent_loss_sum (job->sums, n));
  return TRUE;
}

static gboolean
eval_loss (const LatentEval *eval, GError **error)
{
  Job job;

  return init_job (&job, eval, 0, error) && run_sum (eval, &job, job.range.scale);
}

/* A number of distributions, no mean. */
static gboolean
eval_correct (const LatentEval *eval, GError **error)
{
  Job job;

  return init_job (&job, eval, 0, error) && run_sum (eval, &job, 1);
}

static gsize
get_scratch_size (const LatentNode *node)
{
  LatentLossRange range = latent_loss_get_range (node, 0, NULL);

  return count_chunks (range.batch * count_rows (node, &range)) * sizeof (double);
}

static gboolean
eval_grad (const LatentEval *eval, GError **error)
{
  Job job;
  gsize n;

  if (!init_job (&job, eval, 1, error))
    return FALSE;
  n = job.range.samples * job.rows;
  job.all.dst = eval->dst[0].data;
  job.all.factor = job.range.scale * latent_loss_get_slope (eval);
  if (n * job.classes < eval->dst[0].n)
    memset (job.all.dst, 0, eval->dst[0].n * sizeof (float));
  latent_parallel (eval->threads, count_chunks (n), 1, run_chunks, &job);
  return TRUE;
}

#define ROWS(name)                                                                                 \
  {name, LATENT_DOMAIN_TRAINING, 1, 1, 2, 4, 1, 1, LATENT_TYPES_F32, ATTRIBUTES, infer_loss,       \
      eval_loss, get_scratch_size, .gradient = latent_loss_gradient},                              \
  {                                                                                                \
    name "Grad", LATENT_DOMAIN_TRAINING, 1, 1, 3, 5, 1, 1, LATENT_TYPES_F32, ATTRIBUTES,           \
        infer_grad, eval_grad                                                                      \
  }

/* clang-format off */
const LatentOp latent_ops_loss_class[] = {
    ROWS ("CrossEntropy"),
    ROWS ("CrossEntropyLogits"),
    {"Correct", LATENT_DOMAIN_TRAINING, 1, 1, 2, 4, 1, 1, LATENT_TYPES_F32, ATTRIBUTES, infer_loss,
     eval_correct, get_scratch_size},
    {0},
};
/* clang-format on */
