/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/ops/reduce.h"

#include <math.h>

#include "src/base/numeric.h"
#include "src/base/parallel.h"
#include "src/dnn/emit.h"

#define BLOCK  256 /* elements that are loaded at once */
#define LANES  8   /* partial sums, so that the compiler can use vectors without reordering a sum */
#define HEIGHT 64  /* rows that are summed as floats before they are as doubles */

/* A reduction of n elements: what is done to an accumulator with a block of them, and at the end.
 * Reals are reduced as doubles, integers as 64 bits that wrap. */
typedef struct {
  const char *name;
  double first;
  double (*add) (double sum, const double *values, gsize n);
  double (*finish) (double sum, double shift, double n); /* NULL: as it is */
  gint64 first_int;
  gint64 (*add_ints) (gint64 sum, const gint64 *values, gsize n); /* NULL: no integers */
  LatentReduction kind;                                           /* oneDNN's */
} Reduction;

static double
add_values (double sum, const double *values, gsize n)
{
  double sums[LANES] = {0};
  gsize whole = n - n % LANES;

  for (gsize i = 0; i < whole; i += LANES)
    for (guint lane = 0; lane < LANES; lane++)
      sums[lane] += values[i + lane];
  for (gsize i = whole; i < n; i++)
    sum += values[i];
  for (guint lane = 0; lane < LANES; lane++)
    sum += sums[lane];
  return sum;
}

static double
add_magnitudes (double sum, const double *values, gsize n)
{
  for (gsize i = 0; i < n; i++)
    sum += fabs (values[i]);
  return sum;
}

static double
add_squares (double sum, const double *values, gsize n)
{
  for (gsize i = 0; i < n; i++)
    sum += values[i] * values[i];
  return sum;
}

static double
add_exponentials (double sum, const double *values, gsize n)
{
  for (gsize i = 0; i < n; i++)
    sum += exp (values[i]);
  return sum;
}

static double
multiply_values (double product, const double *values, gsize n)
{
  for (gsize i = 0; i < n; i++)
    product *= values[i];
  return product;
}

static double
find_most (double most, const double *values, gsize n)
{
  for (gsize i = 0; i < n; i++)
    most = values[i] > most || isnan (values[i]) ? values[i] : most;
  return most;
}

static double
find_least (double least, const double *values, gsize n)
{
  for (gsize i = 0; i < n; i++)
    least = values[i] < least || isnan (values[i]) ? values[i] : least;
  return least;
}

static double
finish_mean (double sum, double shift, double n)
{
  return sum / n;
}

static double
finish_root (double sum, double shift, double n)
{
  return sqrt (sum);
}

/* shift was taken off the exponents, so that none overflows. */
static double
finish_logarithm (double sum, double shift, double n)
{
  return log (sum) + shift;
}

static gint64
add_ints (gint64 sum, const gint64 *values, gsize n)
{
  for (gsize i = 0; i < n; i++)
    sum = (gint64)((guint64)sum + (guint64)values[i]);
  return sum;
}

static gint64
add_int_magnitudes (gint64 sum, const gint64 *values, gsize n)
{
  for (gsize i = 0; i < n; i++)
    sum = (gint64)((guint64)sum + (values[i] < 0 ? -(guint64)values[i] : (guint64)values[i]));
  return sum;
}

static gint64
add_int_squares (gint64 sum, const gint64 *values, gsize n)
{
  for (gsize i = 0; i < n; i++)
    sum = (gint64)((guint64)sum + (guint64)values[i] * (guint64)values[i]);
  return sum;
}

static gint64
multiply_ints (gint64 product, const gint64 *values, gsize n)
{
  for (gsize i = 0; i < n; i++)
    product = (gint64)((guint64)product * (guint64)values[i]);
  return product;
}

static gint64
find_most_int (gint64 most, const gint64 *values, gsize n)
{
  for (gsize i = 0; i < n; i++)
    most = MAX (most, values[i]);
  return most;
}

static gint64
find_least_int (gint64 least, const gint64 *values, gsize n)
{
  for (gsize i = 0; i < n; i++)
    least = MIN (least, values[i]);
  return least;
}

static const Reduction reductions[] = {
    {"ReduceL1",        0,         add_magnitudes,   NULL,             0,          add_int_magnitudes, LATENT_REDUCTION_L1        },
    {"ReduceL2",        0,         add_squares,      finish_root,      0,          NULL,               LATENT_REDUCTION_L2        },
    {"ReduceLogSum",    0,         add_values,       finish_logarithm, 0,          NULL,               LATENT_REDUCTION_NONE      },
    {"ReduceLogSumExp", 0,         add_exponentials, finish_logarithm, 0,          NULL,               LATENT_REDUCTION_NONE      },
    {"ReduceMax",       -INFINITY, find_most,        NULL,             G_MININT64, find_most_int,      LATENT_REDUCTION_MAX       },
    {"ReduceMean",      0,         add_values,       finish_mean,      0,          add_ints,           LATENT_REDUCTION_MEAN      },
    {"ReduceMin",       INFINITY,  find_least,       NULL,             G_MAXINT64, find_least_int,     LATENT_REDUCTION_MIN       },
    {"ReduceProd",      1,         multiply_values,  NULL,             1,          multiply_ints,      LATENT_REDUCTION_PROD      },
    {"ReduceSum",       0,         add_values,       NULL,             0,          add_ints,           LATENT_REDUCTION_SUM       },
    {"ReduceSumSquare", 0,         add_squares,      NULL,             0,          add_int_squares,    LATENT_REDUCTION_SUM_SQUARE},
};

static const Reduction *
find_reduction (const LatentNode *node)
{
  for (guint i = 0; i < G_N_ELEMENTS (reductions); i++)
    if (g_str_equal (reductions[i].name, node->op_type))
      return &reductions[i];
  return NULL;
}

/* All axes where none is named, but for noop_with_empty_axes. */
gboolean
latent_reduce_get_params (const LatentNode *node, LatentReduceParams *params, GError **error)
{
  gint64 axes[LATENT_MAX_DIMS];
  guint n = 0;
  gboolean present = FALSE;
  guint rank = latent_op_get_shape (node, 0)->n;

  params->keep_dims = latent_node_get_int (node, "keepdims", 1) != 0;
  if (!latent_op_get_list (node, "axes", 1, LATENT_MAX_DIMS, axes, &n, &present, error) ||
      !latent_op_get_axes_mask (axes, n, rank, &params->axes, error))
    return FALSE;
  if (n == 0 && latent_node_get_int (node, "noop_with_empty_axes", 0) == 0)
    params->axes = (1u << rank) - 1;
  return TRUE;
}

static gboolean
infer_reduce (const LatentNode *node, GError **error)
{
  const LatentShape *src = latent_op_get_shape (node, 0);
  LatentReduceParams params;
  LatentShape dst = {0};

  if (!latent_reduce_get_params (node, &params, error))
    return FALSE;
  for (guint i = 0; i < src->n; i++)
    if (!(params.axes & 1u << i))
      dst.dims[dst.n++] = src->dims[i];
    else if (params.keep_dims)
      dst.dims[dst.n++] = 1;
  return latent_op_set_output (node, 0, latent_op_get_type (node, 0), &dst, error);
}

/* Dimensions of one kind, neighbours being merged where they are of one kind in the source. */
typedef struct {
  guint n;
  gsize dims[LATENT_MAX_DIMS];
  gsize strides[LATENT_MAX_DIMS]; /* in the source */
} Walk;

typedef struct {
  const Reduction *reduction;
  LatentDataType type;
  gconstpointer src;
  gpointer dst;
  Walk kept;
  Walk reduced; /* all but the innermost */
  gsize n_lines;
  gsize line; /* elements of the innermost reduced dimension, `step` apart */
  gsize step;
} ReduceJob;

static void
split_dimensions (ReduceJob *job, const LatentShape *shape, guint32 axes)
{
  gint64 strides[LATENT_MAX_DIMS];

  latent_shape_get_strides (shape, strides);
  for (guint i = 0; i < shape->n; i++) {
    gboolean is_reduced = (axes >> i & 1) != 0;
    gboolean merges = i > 0 && (axes >> (i - 1) & 1) == (axes >> i & 1);
    Walk *walk = is_reduced ? &job->reduced : &job->kept;
    if (!merges)
      walk->dims[walk->n++] = 1;
    walk->dims[walk->n - 1] *= shape->dims[i];
    walk->strides[walk->n - 1] = strides[i];
  }
  job->line = job->step = job->n_lines = 1;
  if (job->reduced.n > 0) {
    job->line = job->reduced.dims[--job->reduced.n];
    job->step = job->reduced.strides[job->reduced.n];
  }
  for (guint i = 0; i < job->reduced.n; i++)
    job->n_lines *= job->reduced.dims[i];
}

static gsize
get_offset (const Walk *walk, gsize index)
{
  gsize offset = 0;

  for (guint i = walk->n; i-- > 0;) {
    offset += index % walk->dims[i] * walk->strides[i];
    index /= walk->dims[i];
  }
  return offset;
}

static void
load_doubles (const ReduceJob *job, gsize first, gsize n, double *dst)
{
  if (job->type == LATENT_DATA_TYPE_FLOAT32 && job->step == 1)
    for (gsize i = 0; i < n; i++)
      dst[i] = ((const float *)job->src)[first + i];
  else if (job->type == LATENT_DATA_TYPE_FLOAT32)
    for (gsize i = 0; i < n; i++)
      dst[i] = ((const float *)job->src)[first + i * job->step];
  else
    for (gsize i = 0; i < n; i++)
      latent_load_doubles (job->type, job->src, first + i * job->step, 1, &dst[i]);
}

/* Passes all elements that are reduced to one, less `shift`, to `add`. */
static double
reduce_reals (const ReduceJob *job, gsize base, double sum, double shift,
    double (*add) (double sum, const double *values, gsize n))
{
  double values[BLOCK];

  for (gsize line = 0; line < job->n_lines; line++) {
    gsize first = base + get_offset (&job->reduced, line);
    for (gsize i = 0; i < job->line; i += BLOCK) {
      gsize n = MIN (BLOCK, job->line - i);
      load_doubles (job, first + i * job->step, n, values);
      for (gsize k = 0; k < n && shift != 0; k++)
        values[k] -= shift;
      sum = add (sum, values, n);
    }
  }
  return sum;
}

static gint64
reduce_ints (const ReduceJob *job, gsize base)
{
  gint64 sum = job->reduction->first_int;

  for (gsize line = 0; line < job->n_lines; line++) {
    gsize first = base + get_offset (&job->reduced, line);
    for (gsize i = 0; i < job->line; i++) {
      gint64 value = 0;
      latent_load_ints (job->type, job->src, first + i * job->step, 1, &value);
      sum = job->reduction->add_ints (sum, &value, 1);
    }
  }
  return sum;
}

static void
store_real (const ReduceJob *job, gsize i, gsize base)
{
  const Reduction *reduction = job->reduction;
  double shift = 0;
  double value = 0;

  if (reduction->add == add_exponentials)
    shift = reduce_reals (job, base, -INFINITY, 0, find_most);
  if (!isfinite (shift))
    shift = 0;
  value = reduce_reals (job, base, reduction->first, shift, reduction->add);
  if (reduction->finish != NULL)
    value = reduction->finish (value, shift, (double)job->n_lines * (double)job->line);
  latent_store_doubles (job->type, job->dst, i, 1, &value);
}

static void
store_int (const ReduceJob *job, gsize i, gsize base)
{
  gint64 value = reduce_ints (job, base);
  gint64 n = (gint64)(job->n_lines * job->line);

  if (job->reduction->finish != NULL) /* the mean: the only one that integers have */
    value = n > 0 ? value / n : 0;
  if (job->type == LATENT_DATA_TYPE_BOOL) /* the largest of no bools is false, the smallest true */
    value = value > 0;
  latent_store_ints (job->type, job->dst, i, 1, &value);
}

/* Whether the outputs are sums of floats that lie side by side, as those over the rows of a batch
 * are: then a row is added at a time. */
static gboolean
sums_rows (const ReduceJob *job)
{
  const Walk *kept = &job->kept;

  return job->type == LATENT_DATA_TYPE_FLOAT32 && job->reduction->add == add_values &&
         job->reduction->finish != finish_logarithm && kept->n > 0 &&
         kept->strides[kept->n - 1] == 1 && kept->dims[kept->n - 1] > 1;
}

/* n outputs at most BLOCK, the first of which begins at `base`. */
static void
sum_rows (const ReduceJob *job, gsize base, gsize n, float *dst)
{
  double sums[BLOCK] = {0};
  double count = (double)job->n_lines * (double)job->line;

  for (gsize line = 0; line < job->n_lines; line++) {
    const float *src = (const float *)job->src + base + get_offset (&job->reduced, line);
    for (gsize i = 0; i < job->line; i += HEIGHT) {
      float part[BLOCK] = {0};
      for (gsize row = i; row < MIN (i + HEIGHT, job->line); row++)
        for (gsize k = 0; k < n; k++)
          part[k] += src[row * job->step + k];
      for (gsize k = 0; k < n; k++)
        sums[k] += part[k];
    }
  }
  for (gsize k = 0; k < n; k++)
    dst[k] = (float)(job->reduction->finish != NULL ? sums[k] / count : sums[k]);
}

static void
sum_rows_part (gsize begin, gsize end, gpointer data)
{
  const ReduceJob *job = data;
  gsize width = job->kept.dims[job->kept.n - 1];

  while (begin < end) {
    gsize n = MIN (MIN (width - begin % width, end - begin), BLOCK);
    sum_rows (job, get_offset (&job->kept, begin), n, (float *)job->dst + begin);
    begin += n;
  }
}

static void
reduce_part (gsize begin, gsize end, gpointer data)
{
  const ReduceJob *job = data;
  gboolean is_real = latent_data_type_is_real (job->type);

  for (gsize i = begin; i < end; i++) {
    gsize base = get_offset (&job->kept, i);
    if (is_real)
      store_real (job, i, base);
    else
      store_int (job, i, base);
  }
}

static gboolean
eval_reduce (const LatentEval *eval, GError **error)
{
  ReduceJob job = {.reduction = find_reduction (eval->node),
      .type = eval->src[0].type,
      .src = eval->src[0].data,
      .dst = eval->dst[0].data};
  LatentReduceParams params;

  if (!latent_reduce_get_params (eval->node, &params, error))
    return FALSE;
  split_dimensions (&job, &eval->src[0].shape, params.axes);
  latent_parallel (eval->threads, eval->dst[0].n, MAX (1, 4096 / MAX (job.line, 1)),
      sums_rows (&job) ? sum_rows_part : reduce_part, &job);
  return TRUE;
}

#define TYPES_WHOLE (LATENT_TYPES_REAL | LATENT_TYPES_INTEGER)

static LatentEmit
emit_reduce (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  const Reduction *reduction = find_reduction (node);
  LatentReduceParams params;

  if (!latent_reduce_get_params (node, &params, error))
    return LATENT_EMIT_FAILED;
  return latent_dnn_reduction (builder, node, reduction->kind, params.axes, error);
}

/* Axes are an attribute first and an input later. */
#define ROWS(name, types, change, derive)                                                          \
  {name, "", 1, (change)-1, 1, 1, 1, 1, types, "axes:I keepdims:i", infer_reduce, eval_reduce,     \
      NULL, emit_reduce, .gradient = derive},                                                      \
  {                                                                                                \
    name, "", change, LATENT_OPSET_MAX, 1, 2, 1, 1, types, "keepdims:i noop_with_empty_axes:i",    \
        infer_reduce, eval_reduce, NULL, emit_reduce, .gradient = derive                           \
  }

const LatentOp latent_ops_reduce[] = {
    ROWS ("ReduceL1", TYPES_WHOLE, 18, latent_reduce_derive),
    ROWS ("ReduceL2", LATENT_TYPES_REAL, 18, latent_reduce_derive),
    ROWS ("ReduceLogSum", LATENT_TYPES_REAL, 18, latent_reduce_derive),
    ROWS ("ReduceLogSumExp", LATENT_TYPES_REAL, 18, latent_reduce_derive),
    ROWS ("ReduceMax", LATENT_TYPES_ALL, 18, latent_reduce_derive),
    ROWS ("ReduceMean", TYPES_WHOLE, 18, latent_reduce_derive),
    ROWS ("ReduceMin", LATENT_TYPES_ALL, 18, latent_reduce_derive),
    ROWS ("ReduceProd", TYPES_WHOLE, 18, NULL),
    ROWS ("ReduceSum", TYPES_WHOLE, 13, latent_reduce_derive),
    ROWS ("ReduceSumSquare", TYPES_WHOLE, 18, latent_reduce_derive),
    {0},
};
