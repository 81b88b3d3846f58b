/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include "src/base/parallel.h"
#include "src/ops/loss.h"

/* Losses that are a sum over elements: squared error, absolute error, binary cross-entropy. */

#define LANES 8 /* sums side by side, so that loops are not bound by the latency of an addition */

/* Probabilities are held so far from 0 and 1, where the logarithm has no bounds. */
#define LEAST_PROBABILITY 1e-7f

/* Elements in a row. */
typedef struct {
  const float *y;
  const float *target;
  const float *weights; /* or NULL */
  float *dst;           /* of a gradient */
  gsize n;
  float factor; /* of a gradient */
} Span;

typedef float (*ElementFunc) (float y, float target);

static G_ALWAYS_INLINE inline double
sum_span (const Span *span, ElementFunc value)
{
  double lanes[LANES] = {0};
  gsize i = 0;

  for (; span->weights == NULL && i + LANES <= span->n; i += LANES)
    for (guint lane = 0; lane < LANES; lane++)
      lanes[lane] += (double)value (span->y[i + lane], span->target[i + lane]);
  for (; i < span->n; i++)
    lanes[i % LANES] += (double)value (span->y[i], span->target[i]) *
                        (span->weights != NULL ? (double)span->weights[i] : 1);
  return latent_loss_sum (lanes, LANES);
}

static G_ALWAYS_INLINE inline void
slope_span (const Span *span, ElementFunc slope)
{
  if (span->weights == NULL)
    for (gsize i = 0; i < span->n; i++)
      span->dst[i] = span->factor * slope (span->y[i], span->target[i]);
  else
    for (gsize i = 0; i < span->n; i++)
      span->dst[i] = span->factor * span->weights[i] * slope (span->y[i], span->target[i]);
}

static inline float
square (float y, float target)
{
  return (y - target) * (y - target);
}

static inline float
square_slope (float y, float target)
{
  return 2 * (y - target);
}

static inline float
distance (float y, float target)
{
  return fabsf (y - target);
}

static inline float
distance_slope (float y, float target)
{
  return (float)((y > target) - (y < target));
}

static inline float
hold_probability (float p)
{
  return fminf (fmaxf (p, LEAST_PROBABILITY), 1 - LEAST_PROBABILITY);
}

static inline float
entropy (float y, float target)
{
  float p = hold_probability (y);

  return -target * logf (p) - (1 - target) * log1pf (-p);
}

static inline float
entropy_slope (float y, float target)
{
  float p = hold_probability (y);

  return (p - target) / (p * (1 - p));
}

/* log(1 + exp(z)) - target z, without overflow. */
static inline float
entropy_of_logit (float z, float target)
{
  return fmaxf (z, 0) - z * target + log1pf (expf (-fabsf (z)));
}

static inline float
entropy_of_logit_slope (float z, float target)
{
  float e = expf (-fabsf (z));

  return (z >= 0 ? 1 : e) / (1 + e) - target;
}

#define DEFINE_LOSS(name)                                                                          \
  static double sum_##name (const Span *span)                                                      \
  {                                                                                                \
    return sum_span (span, name);                                                                  \
  }                                                                                                \
  static void slope_##name (const Span *span)                                                      \
  {                                                                                                \
    slope_span (span, name##_slope);                                                               \
  }

DEFINE_LOSS (square)
DEFINE_LOSS (distance)
DEFINE_LOSS (entropy)
DEFINE_LOSS (entropy_of_logit)

typedef struct {
  const char *name;
  const char *gradient;
  double (*sum) (const Span *span);
  void (*slope) (const Span *span);
} Loss;

static const Loss losses[] = {
    {"SquaredError",             "SquaredErrorGrad",             sum_square,           slope_square  },
    {"AbsoluteError",            "AbsoluteErrorGrad",            sum_distance,         slope_distance},
    {"BinaryCrossEntropy",       "BinaryCrossEntropyGrad",       sum_entropy,          slope_entropy },
    {"BinaryCrossEntropyLogits", "BinaryCrossEntropyLogitsGrad", sum_entropy_of_logit,
     slope_entropy_of_logit                                                                          },
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

typedef struct {
  const Loss *loss;
  LatentLossRange range;
  Span all;     /* whole tensors */
  double *sums; /* of each chunk; NULL of a gradient */
} Job;

/* Elements [begin, end) of those that count, numbered over all samples. They lie in a row within a
 * sample alone. */
static double
walk (const Job *job, gsize begin, gsize end)
{
  const LatentLossRange *range = &job->range;
  gsize n = range->end - range->begin;
  double sum = 0;

  while (begin < end) {
    gsize place = range->begin + begin % n;
    gsize at = begin / n * range->size + place;
    gsize target_at = begin / n * range->target_size + place + range->shift;
    Span span = {
        .y = job->all.y + at,
        .target = job->all.target + target_at,
        .weights = job->all.weights != NULL ? job->all.weights + target_at : NULL,
        .dst = job->all.dst != NULL ? job->all.dst + at : NULL,
        .n = MIN (range->end - place, end - begin),
        .factor = job->all.factor,
    };
    if (job->sums != NULL)
      sum += job->loss->sum (&span);
    else
      job->loss->slope (&span);
    begin += span.n;
  }
  return sum;
}

static gsize
count_elements (const LatentLossRange *range)
{
  return range->samples * (range->end - range->begin);
}

static gsize
count_chunks (const LatentLossRange *range)
{
  return (count_elements (range) + LATENT_LOSS_CHUNK - 1) / LATENT_LOSS_CHUNK;
}

static void
run_chunks (gsize begin, gsize end, gpointer data)
{
  const Job *job = data;
  gsize n = count_elements (&job->range);

  for (gsize chunk = begin; chunk < end; chunk++) {
    gsize first = chunk * LATENT_LOSS_CHUNK;
    double sum = walk (job, first, MIN (first + LATENT_LOSS_CHUNK, n));
    if (job->sums != NULL)
      job->sums[chunk] = sum;
  }
}

/* y is input `first`. */
static Job
make_job (const LatentEval *eval, guint first)
{
  const LatentView *weights = latent_loss_get_view (eval, first + 2);

  return (Job){
      .loss = find_loss (eval->node),
      .range = latent_loss_get_range (eval->node, first, latent_loss_get_view (eval, first + 3)),
      .all = {.y = eval->src[first].data,
              .target = eval->src[first + 1].data,
              .weights = weights != NULL ? weights->data : NULL},
  };
}

static gboolean
eval_loss (const LatentEval *eval, GError **error)
{
  Job job = make_job (eval, 0);
  gsize n = count_chunks (&job.range);

  job.sums = eval->scratch;
  latent_parallel (eval->threads, n, 1, run_chunks, &job);
  *(float *)eval->dst[0].data = (float)(job.range.scale * latent_loss_sum (job.sums, n));
  return TRUE;
}

static gsize
get_scratch_size (const LatentNode *node)
{
  LatentLossRange range = latent_loss_get_range (node, 0, NULL);

  return count_chunks (&range) * sizeof (double);
}

static gboolean
eval_grad (const LatentEval *eval, GError **error)
{
  Job job = make_job (eval, 1);

  job.all.dst = eval->dst[0].data;
  job.all.factor = (float)(job.range.scale * latent_loss_get_slope (eval));
  if (count_elements (&job.range) < eval->dst[0].n)
    memset (job.all.dst, 0, eval->dst[0].n * sizeof (float));
  latent_parallel (eval->threads, count_chunks (&job.range), 1, run_chunks, &job);
  return TRUE;
}

#define ROWS(name)                                                                                 \
  {name, LATENT_DOMAIN_TRAINING, 1, 1, 2, 4, 1, 1, LATENT_TYPES_F32, LATENT_LOSS_ATTRIBUTES,       \
      latent_loss_infer, eval_loss, get_scratch_size, .gradient = latent_loss_gradient},           \
  {                                                                                                \
    name "Grad", LATENT_DOMAIN_TRAINING, 1, 1, 3, 5, 1, 1, LATENT_TYPES_F32,                       \
        LATENT_LOSS_ATTRIBUTES, latent_loss_infer_grad, eval_grad                                  \
  }

/* clang-format off */
const LatentOp latent_ops_loss_element[] = {
    ROWS ("AbsoluteError"),
    ROWS ("BinaryCrossEntropy"),
    ROWS ("BinaryCrossEntropyLogits"),
    ROWS ("SquaredError"),
    {0},
};
/* clang-format on */
