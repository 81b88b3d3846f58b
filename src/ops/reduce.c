/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/ops/reduce.h"

#include <math.h>
#include <string.h>

#include "src/base/numeric.h"
#include "src/base/parallel.h"
#include "src/dnn/emit.h"

#define BLOCK 256 /* elements that are loaded at once */

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
  for (gsize i = 0; i < n; i++)
    sum += values[i];
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
  if (job->type == LATENT_DATA_TYPE_FLOAT32)
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

/* Rows of floats that are summed up, or whose mean is wanted: gradients of biases are. */
static gboolean
is_sum_of_rows (const ReduceJob *job)
{
  return job->type == LATENT_DATA_TYPE_FLOAT32 && job->reduction->add == add_values &&
         (job->reduction->finish == NULL || job->reduction->finish == finish_mean) &&
         job->n_lines == 1 && job->kept.n == 1 && job->step > 1;
}

static void
sum_rows (gsize begin, gsize end, gpointer data)
{
  const ReduceJob *job = data;
  double sums[BLOCK];

  for (gsize i = begin; i < end; i += BLOCK) {
    gsize n = MIN (BLOCK, end - i);
    memset (sums, 0, n * sizeof sums[0]);
    for (gsize row = 0; row < job->line; row++) {
      const float *src = (const float *)job->src + row * job->step + i;
      for (gsize k = 0; k < n; k++)
        sums[k] += src[k];
    }
    for (gsize k = 0; k < n; k++)
      ((float *)job->dst)[i + k] = (float)(job->reduction->finish != NULL
                                               ? job->reduction->finish (sums[k], 0, job->line)
                                               : sums[k]);
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
      is_sum_of_rows (&job) ? sum_rows : reduce_part, &job);
  return TRUE;
}

#define TYPES_WHOLE (LATENT_TYPES_REAL | LATENT_TYPES_INTEGER)

/* Sums over the outermost dimensions alone: oneDNN has plain loops for them too, which take fifty
 * times as long as sum_rows(). */
static gboolean
sums_rows (const LatentNode *node, const Reduction *reduction, guint32 axes)
{
  return (axes & (axes + 1)) == 0 && latent_op_get_type (node, 0) == LATENT_DATA_TYPE_FLOAT32 &&
         (reduction->kind == LATENT_REDUCTION_SUM || reduction->kind == LATENT_REDUCTION_MEAN) &&
         axes + 1 < 1u << latent_node_get_input (node, 0)->shape.n;
}

static LatentEmit
emit_reduce (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  const Reduction *reduction = find_reduction (node);
  LatentReduceParams params;

  if (!latent_reduce_get_params (node, &params, error))
    return LATENT_EMIT_FAILED;
  if (sums_rows (node, reduction, params.axes))
    return LATENT_EMIT_FALLBACK;
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
