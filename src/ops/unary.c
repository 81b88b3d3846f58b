/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/ops/unary.h"

#include <tgmath.h>

#include "src/base/numeric.h"
#include "src/base/parallel.h"
#include "src/dnn/emit.h"
#include "src/ops/gradient.h"
#include "src/ops/private.h"

/* Functions of one element. Each is written once as an expression of x (and of its attributes p and
 * q), and compiled for float, for double (every other real type goes through it in blocks) and,
 * where integers have it, for them. */

#define GRAIN 4096 /* elements that are worth a thread */
#define BLOCK 512  /* elements that are widened at a time */

typedef struct {
  void (*f32) (gsize n, float *dst, const float *src, double p, double q);
  void (*f64) (gsize n, double *dst, const double *src, double p, double q);
  void (*i64) (gsize n, gint64 *dst, const gint64 *src); /* NULL: no integers */
} Kernel;

typedef struct {
  const Kernel *kernel;
  const LatentView *src;
  const LatentView *dst;
  double p;
  double q;
} Job;

static void
run_wide (const Job *job, gsize first, gsize n)
{
  if (latent_data_type_is_real (job->src->type)) {
    double block[BLOCK];
    latent_load_doubles (job->src->type, job->src->data, first, n, block);
    job->kernel->f64 (n, block, block, job->p, job->q);
    latent_store_doubles (job->dst->type, job->dst->data, first, n, block);
  } else {
    gint64 block[BLOCK];
    latent_load_ints (job->src->type, job->src->data, first, n, block);
    job->kernel->i64 (n, block, block);
    latent_store_ints (job->dst->type, job->dst->data, first, n, block);
  }
}

static void
run_part (gsize begin, gsize end, gpointer data)
{
  const Job *job = data;

  if (job->src->type == LATENT_DATA_TYPE_FLOAT32 && job->dst->type == LATENT_DATA_TYPE_FLOAT32) {
    job->kernel->f32 (end - begin, (float *)job->dst->data + begin,
        (const float *)job->src->data + begin, job->p, job->q);
    return;
  }
  for (gsize i = begin; i < end; i += BLOCK)
    run_wide (job, i, MIN (BLOCK, end - i));
}

static gboolean
run_unary (const LatentEval *eval, const Kernel *kernel, double p, double q)
{
  Job job = {kernel, &eval->src[0], &eval->dst[0], p, q};

  latent_parallel (eval->threads, eval->src[0].n, GRAIN, run_part, &job);
  return TRUE;
}

static double
get_attribute (const LatentEval *eval, const char *name, float fallback)
{
  return latent_node_get_float (eval->node, name, fallback);
}

/* name_f32 and name_f64. T is the type; p and q are the attributes in that type. */
#define REAL_LOOP(name, suffix, C, expression)                                                     \
  static void name##_##suffix (gsize n, C *dst, const C *src, double p_, double q_)                \
  {                                                                                                \
    typedef C T;                                                                                   \
    const T p = (T)p_, q = (T)q_;                                                                  \
    (void)p;                                                                                       \
    (void)q;                                                                                       \
    for (gsize i = 0; i < n; i++) {                                                                \
      T x = src[i];                                                                                \
      dst[i] = expression;                                                                         \
    }                                                                                              \
  }

#define INTEGER_LOOP(name, expression)                                                             \
  static void name##_i64 (gsize n, gint64 *dst, const gint64 *src)                                 \
  {                                                                                                \
    for (gsize i = 0; i < n; i++) {                                                                \
      gint64 x = src[i];                                                                           \
      dst[i] = expression;                                                                         \
    }                                                                                              \
  }

#define EVAL(name, integer, p, q)                                                                  \
  static gboolean eval_##name (const LatentEval *eval, GError **error)                             \
  {                                                                                                \
    static const Kernel kernel = {name##_f32, name##_f64, integer};                                \
    return run_unary (eval, &kernel, p, q);                                                        \
  }

/* A function of reals without attributes, with one, with two, and one of integers too. */
#define UNARY2(name, p, q, expression)                                                             \
  REAL_LOOP (name, f32, float, expression)                                                         \
  REAL_LOOP (name, f64, double, expression)                                                        \
  EVAL (name, NULL, p, q)
#define UNARY1(name, p, expression) UNARY2 (name, p, 0, expression)
#define UNARY(name, expression)     UNARY2 (name, 0, 0, expression)
#define UNARY_INTEGER(name, expression, integer_expression)                                        \
  REAL_LOOP (name, f32, float, expression)                                                         \
  REAL_LOOP (name, f64, double, expression)                                                        \
  INTEGER_LOOP (name, integer_expression)                                                          \
  EVAL (name, name##_i64, 0, 0)

#define ALPHA(fallback) get_attribute (eval, "alpha", fallback)
#define BETA(fallback)  get_attribute (eval, "beta", fallback)

/* Without overflow for large x; NaN stays NaN, as in all comparisons below: a branch that keeps x
 * is taken where the comparison is false. */
#define SOFTPLUS(x)  ((x > 0 ? x : 0) + log1p (exp (-fabs (x))))
#define CLAMP01(y)   ((y) < 0 ? 0 : (y) > 1 ? 1 : (y))
#define SQRT_HALF    ((T)0.70710678118654752440)
#define SQRT_2_BY_PI ((T)0.79788456080286535588)

UNARY_INTEGER (relu, x < 0 ? 0 : x, MAX (x, 0))
UNARY1 (leaky_relu, ALPHA (0.01f), x < 0 ? p * x : x)
UNARY1 (elu, ALPHA (1), x < 0 ? p * expm1 (x) : x)
UNARY1 (celu, ALPHA (1), x < 0 ? p * expm1 (x / p) : x)
UNARY2 (selu, ALPHA (LATENT_SELU_ALPHA), get_attribute (eval, "gamma", LATENT_SELU_GAMMA),
    q *(x < 0 ? p * expm1 (x) : x))
UNARY (sigmoid, 1 / (1 + exp (-x)))
UNARY2 (hard_sigmoid, ALPHA (0.2f), BETA (0.5f), CLAMP01 (p *x + q))
UNARY (hard_swish, x *CLAMP01 (x / 6 + (T)0.5))
UNARY (tanh_, tanh (x))
UNARY (softplus, SOFTPLUS (x))
UNARY (softsign, x / (1 + fabs (x)))
UNARY (gelu_erf, x / 2 * (1 + erf (x * SQRT_HALF)))
UNARY (gelu_tanh, x / 2 * (1 + tanh (SQRT_2_BY_PI * (x + (T)0.044715 * x * x * x))))
UNARY (mish, x *tanh (SOFTPLUS (x)))
UNARY1 (thresholded_relu, ALPHA (1), x <= p ? 0 : x)
UNARY2 (shrink, get_attribute (eval, "lambd", 0.5f), get_attribute (eval, "bias", 0),
    x<-p ? x + q : x> p ? x - q
    : x != x            ? x
                        : 0)

UNARY_INTEGER (abs_, fabs (x), x < 0 ? (gint64)(0 - (guint64)x) : x)
UNARY_INTEGER (neg, -x, (gint64)(0 - (guint64)x))
UNARY_INTEGER (sign, x > 0 ? 1 : x < 0 ? -1 : x, (x > 0) - (x < 0))
UNARY (exp_, exp (x))
UNARY (log_, log (x))
UNARY (sqrt_, sqrt (x))
UNARY (reciprocal, 1 / x)
UNARY (erf_, erf (x))
UNARY (floor_, floor (x))
UNARY (ceil_, ceil (x))
UNARY (round_, rint (x)) /* half to even: nobody changes the rounding mode */
UNARY (sin_, sin (x))
UNARY (cos_, cos (x))
UNARY (tan_, tan (x))
UNARY (asin_, asin (x))
UNARY (acos_, acos (x))
UNARY (atan_, atan (x))
UNARY (sinh_, sinh (x))
UNARY (cosh_, cosh (x))
UNARY (asinh_, asinh (x))
UNARY (acosh_, acosh (x))
UNARY (atanh_, atanh (x))
UNARY (isnan_, x != x)
UNARY2 (isinf_, latent_node_get_int (eval->node, "detect_negative", 1),
    latent_node_get_int (eval->node, "detect_positive", 1), isinf (x) && (x < 0 ? p : q) != 0)
UNARY_INTEGER (not_, x == 0, x == 0)

static const char *const approximations[] = {"none", "tanh", NULL};

static gboolean
infer_gelu (const LatentNode *node, GError **error)
{
  guint choice = 0;

  return latent_op_get_choice (node, "approximate", "none", approximations, &choice, error) &&
         latent_infer_same (node, error);
}

static gboolean
eval_gelu (const LatentEval *eval, GError **error)
{
  const char *name = latent_node_get_string (eval->node, "approximate", "none");

  return g_str_equal (name, "tanh") ? eval_gelu_tanh (eval, error) : eval_gelu_erf (eval, error);
}

static gboolean
infer_celu (const LatentNode *node, GError **error)
{
  if (latent_node_get_float (node, "alpha", 1) == 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "alpha is 0, by which Celu divides");
    return FALSE;
  }
  return latent_infer_same (node, error);
}

static gboolean
infer_predicate (const LatentNode *node, GError **error)
{
  return latent_op_set_output (
      node, 0, LATENT_DATA_TYPE_BOOL, latent_op_get_shape (node, 0), error);
}

static gboolean
derive_neg (LatentGradient *self, const LatentNode *node, GError **error)
{
  LatentValue *dy = latent_gradient_get (self, latent_node_get_output (node, 0));
  LatentValue *dx = latent_gradient_apply (self, "Neg", dy, NULL, error);

  latent_gradient_add (self, latent_node_get_input (node, 0), dx);
  return dx != NULL;
}

#define REAL   LATENT_TYPES_REAL
#define SIGNED (LATENT_TYPES_REAL | LATENT_TYPES_INT)
/* Unsigned integers go through signed 64-bit ones: those of 64 bits do not fit. */
#define NARROW (LATENT_TYPES_NUMERIC & ~LATENT_TYPE_BIT (LATENT_DATA_TYPE_UINT64))

#define FUNCTION(name, since, types, attributes, infer, eval, derive)                              \
  {                                                                                                \
    name, "", since, LATENT_OPSET_MAX, 1, 1, 1, 1, types, attributes, infer, eval, NULL,           \
        latent_dnn_eltwise, .gradient = derive, .elementwise = TRUE                                \
  }
#define ROW(name, since, types, attributes, eval)                                                  \
  FUNCTION (name, since, types, attributes, latent_infer_same, eval, latent_unary_derive)
/* Where it has a derivative, it is zero. */
#define STEP(name, since, types, eval)                                                             \
  FUNCTION (name, since, types, "", latent_infer_same, eval, latent_gradient_stop)
#define PREDICATE(name, since, attributes, eval)                                                   \
  {                                                                                                \
    name, "", since, LATENT_OPSET_MAX, 1, 1, 1, 1, REAL, attributes, infer_predicate, eval,        \
        .elementwise = TRUE                                                                        \
  }

const LatentOp latent_ops_unary[] = {
    ROW ("Relu", 6, SIGNED, "", eval_relu),
    ROW ("LeakyRelu", 6, REAL, "alpha:f", eval_leaky_relu),
    ROW ("Elu", 6, REAL, "alpha:f", eval_elu),
    FUNCTION ("Celu", 12, REAL, "alpha:f", infer_celu, eval_celu, latent_unary_derive),
    ROW ("Selu", 6, REAL, "alpha:f gamma:f", eval_selu),
    ROW ("Sigmoid", 6, REAL, "", eval_sigmoid),
    ROW ("HardSigmoid", 6, REAL, "alpha:f beta:f", eval_hard_sigmoid),
    ROW ("HardSwish", 14, REAL, "", eval_hard_swish),
    ROW ("Tanh", 6, REAL, "", eval_tanh_),
    ROW ("Softplus", 6, REAL, "", eval_softplus),
    ROW ("Softsign", 6, REAL, "", eval_softsign),
    FUNCTION ("Gelu", 20, REAL, "approximate:s", infer_gelu, eval_gelu, latent_unary_derive),
    ROW ("Mish", 18, REAL, "", eval_mish),
    ROW ("ThresholdedRelu", 10, REAL, "alpha:f", eval_thresholded_relu),
    ROW ("Shrink", 9, REAL, "bias:f lambd:f", eval_shrink),
    ROW ("Abs", 6, NARROW, "", eval_abs_),
    FUNCTION ("Neg", 6, SIGNED, "", latent_infer_same, eval_neg, derive_neg),
    STEP ("Sign", 9, NARROW, eval_sign),
    ROW ("Exp", 6, REAL, "", eval_exp_),
    ROW ("Log", 6, REAL, "", eval_log_),
    ROW ("Sqrt", 6, REAL, "", eval_sqrt_),
    ROW ("Reciprocal", 6, REAL, "", eval_reciprocal),
    ROW ("Erf", 9, REAL, "", eval_erf_),
    STEP ("Floor", 6, REAL, eval_floor_),
    STEP ("Ceil", 6, REAL, eval_ceil_),
    STEP ("Round", 11, REAL, eval_round_),
    ROW ("Sin", 7, REAL, "", eval_sin_),
    ROW ("Cos", 7, REAL, "", eval_cos_),
    ROW ("Tan", 7, REAL, "", eval_tan_),
    ROW ("Asin", 7, REAL, "", eval_asin_),
    ROW ("Acos", 7, REAL, "", eval_acos_),
    ROW ("Atan", 7, REAL, "", eval_atan_),
    ROW ("Sinh", 9, REAL, "", eval_sinh_),
    ROW ("Cosh", 9, REAL, "", eval_cosh_),
    ROW ("Asinh", 9, REAL, "", eval_asinh_),
    ROW ("Acosh", 9, REAL, "", eval_acosh_),
    ROW ("Atanh", 9, REAL, "", eval_atanh_),
    STEP ("Not", 6, LATENT_TYPES_BOOL, eval_not_),
    PREDICATE ("IsNaN", 9, "", eval_isnan_),
    PREDICATE ("IsInf", 10, "detect_negative:i detect_positive:i", eval_isinf_),
    {0},
};
