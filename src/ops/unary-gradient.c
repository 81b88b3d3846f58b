/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <tgmath.h>

#include "src/base/parallel.h"
#include "src/dnn/emit.h"
#include "src/ops/private.h"
#include "src/ops/unary.h"

/* Derivatives of functions of one number, times the loss's derivative dy by their output, in one
 * pass. A row's inputs are dy and the function's output y or its input x; its attributes are the
 * function's. */

#define GRAIN 8192 /* elements that are worth a thread */

typedef void (*Kernel) (gsize n, float *dst, const float *dy, const float *v, float p, float q);

typedef struct {
  const LatentEval *eval;
  Kernel kernel;
  float p, q;
} Job;

static void
run_part (gsize begin, gsize end, gpointer data)
{
  const Job *job = data;
  const LatentEval *eval = job->eval;

  job->kernel (end - begin, (float *)eval->dst[0].data + begin,
      (const float *)eval->src[0].data + begin, (const float *)eval->src[1].data + begin, job->p,
      job->q);
}

static gboolean
run (const LatentEval *eval, Kernel kernel, float p, float q)
{
  Job job = {eval, kernel, p, q};

  latent_parallel (eval->threads, eval->dst[0].n, GRAIN, run_part, &job);
  return TRUE;
}

#define ATTRIBUTE(name, fallback) latent_node_get_float (eval->node, name, fallback)

/* One of two numbers without a branch, so that the compiler can use vectors. */
static inline float
choose (gboolean condition, float yes, float no)
{
  float weight = (float)condition;

  return weight * yes + (1 - weight) * no;
}

/* dst = dy times an expression of y or x, whichever the row reads, and of the attributes p and q.
 */
#define LOOP(name, v, expression)                                                                  \
  static void name (                                                                               \
      gsize n, float *dst, const float *derivative, const float *value, float p, float q)          \
  {                                                                                                \
    for (gsize i = 0; i < n; i++) {                                                                \
      const float dy = derivative[i], v = value[i];                                                \
      dst[i] = (expression);                                                                       \
    }                                                                                              \
  }
#define GRADIENT2(name, v, p, q, expression)                                                       \
  LOOP (name##_loop, v, expression)                                                                \
  static gboolean eval_##name (const LatentEval *eval, GError **error)                             \
  {                                                                                                \
    return run (eval, name##_loop, p, q);                                                          \
  }
#define GRADIENT1(name, v, p, expression) GRADIENT2 (name, v, p, 0, expression)
#define GRADIENT(name, v, expression)     GRADIENT2 (name, v, 0, 0, expression)

/* Of the output. Where it is not above 0, nor was the input: alpha is not negative. */
GRADIENT (relu, y, y > 0 ? dy : 0)
GRADIENT1 (leaky_relu, y, ATTRIBUTE ("alpha", 0.01f), y > 0 ? dy : dy * p)
GRADIENT1 (elu, y, ATTRIBUTE ("alpha", 1), choose (y > 0, dy, dy *(y + p)))
GRADIENT1 (celu, y, ATTRIBUTE ("alpha", 1), choose (y > 0, dy, dy *(y / p + 1)))
GRADIENT2 (selu, y, ATTRIBUTE ("alpha", LATENT_SELU_ALPHA), ATTRIBUTE ("gamma", LATENT_SELU_GAMMA),
    choose (y > 0, dy *q, dy *(y + p * q)))
GRADIENT (sigmoid, y, dy *y *(1 - y))
GRADIENT1 (hard_sigmoid, y, ATTRIBUTE ("alpha", 0.2f), choose ((y > 0) & (y < 1), dy *p, 0))
GRADIENT (tanh_, y, dy *(1 - y * y))
GRADIENT (softsign, y, dy *(1 - fabs (y)) * (1 - fabs (y)))
GRADIENT (exp_, y, dy *y)
GRADIENT (sqrt_, y, dy / (2 * y))
GRADIENT (reciprocal, y, -dy *y *y)
GRADIENT (tan_, y, dy *(1 + y * y))
GRADIENT (sinh_, y, dy *sqrt (1 + y * y))

#define SIGMOID(x)   (1 / (1 + exp (-(x))))
#define SQRT_HALF    0.70710678f
#define SQRT_2_BY_PI 0.79788456f
#define CUBIC        0.044715f

/* x times the normal distribution up to x. */
static float
derive_gelu_erf (float x)
{
  return (1 + erf (x * SQRT_HALF)) / 2 + x * SQRT_2_BY_PI / 2 * exp (-x * x / 2);
}

static float
derive_gelu_tanh (float x)
{
  float y = tanh (SQRT_2_BY_PI * (x + CUBIC * x * x * x));

  return (1 + y) / 2 + x / 2 * (1 - y * y) * SQRT_2_BY_PI * (1 + 3 * CUBIC * x * x);
}

/* x tanh (softplus (x)) */
static float
derive_mish (float x)
{
  float y = tanh (x > 20 ? x : log1p (exp (x)));

  return y + x * (1 - y * y) * SIGMOID (x);
}

/* Of the input. */
GRADIENT1 (thresholded_relu, x, ATTRIBUTE ("alpha", 1), x > p ? dy : 0)
GRADIENT1 (shrink, x, ATTRIBUTE ("lambd", 0.5f), choose ((x < -p) | (x > p), dy, 0))
GRADIENT (softplus, x, dy *SIGMOID (x))
GRADIENT (hard_swish, x, choose (x <= -3, 0, choose (x >= 3, dy, dy *(x / 3 + 0.5f))))
LOOP (gelu_erf_loop, x, dy *derive_gelu_erf (x))
LOOP (gelu_tanh_loop, x, dy *derive_gelu_tanh (x))
GRADIENT (mish, x, dy *derive_mish (x))
GRADIENT (abs_, x, choose (x > 0, dy, choose (x < 0, -dy, 0)))
GRADIENT (log_, x, dy / x)
GRADIENT (erf_, x, dy *(2 * SQRT_2_BY_PI * SQRT_HALF) * exp (-x * x))
GRADIENT (sin_, x, dy *cos (x))
GRADIENT (cos_, x, -dy *sin (x))
GRADIENT (asin_, x, dy / sqrt (1 - x * x))
GRADIENT (acos_, x, -dy / sqrt (1 - x * x))
GRADIENT (atan_, x, dy / (1 + x * x))
GRADIENT (cosh_, x, dy *sinh (x))
GRADIENT (asinh_, x, dy / sqrt (1 + x * x))
GRADIENT (acosh_, x, dy / sqrt (x * x - 1))
GRADIENT (atanh_, x, dy / (1 - x * x))

static gboolean
eval_gelu (const LatentEval *eval, GError **error)
{
  const char *name = latent_node_get_string (eval->node, "approximate", "none");

  return run (eval, g_str_equal (name, "tanh") ? gelu_tanh_loop : gelu_erf_loop, 0, 0);
}

static gboolean
infer_derivative (const LatentNode *node, GError **error)
{
  const LatentShape *dy = latent_op_get_shape (node, 0), *value = latent_op_get_shape (node, 1);
  g_autofree char *wanted = latent_shape_to_string (dy);

  if (!latent_op_check_same_type (node, 1, error))
    return FALSE;
  if (latent_shape_equal (dy, value))
    return latent_infer_same (node, error);
  latent_op_set_shape_error (error, "input 1, next to the derivative,", wanted, value);
  return FALSE;
}

/* Functions whose sign the output tells only where alpha is not negative. */
static gboolean
check_alpha (const LatentNode *node, GError **error)
{
  float alpha = latent_node_get_float (node, "alpha", 1);

  if (alpha >= 0 && latent_node_get_float (node, "gamma", 1) > 0)
    return infer_derivative (node, error);
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
      "training with alpha %g, or a gamma that is not above 0, is not supported", (double)alpha);
  return FALSE;
}

/* Which of the two a row reads is said here alone. LeakyRelu's is right of both, but that the
 * output has another sign where alpha is negative. */
static gboolean
reads_output (const LatentNode *node)
{
  static const char *const names[] = {"Relu", "Elu", "Celu", "Selu", "Sigmoid", "HardSigmoid",
      "Tanh", "Softsign", "Exp", "Sqrt", "Reciprocal", "Tan", "Sinh", NULL};

  return g_strv_contains (names, node->op_type) ||
         (g_str_equal (node->op_type, "LeakyRelu") &&
             latent_node_get_float (node, "alpha", 0.01f) >= 0);
}

gboolean
latent_unary_derive (LatentGradient *self, const LatentNode *node, GError **error)
{
  g_autofree char *name = g_strconcat (node->op_type, "Gradient", NULL);
  LatentValue *x = latent_node_get_input (node, 0), *y = latent_node_get_output (node, 0);
  LatentValue *derivative = latent_gradient_apply_training (
      self, name, node, latent_gradient_get (self, y), reads_output (node) ? y : x, NULL, error);

  latent_gradient_add (self, x, derivative);
  return derivative != NULL;
}

#define FUNCTION(name, attributes, infer, eval)                                                    \
  {                                                                                                \
    name "Gradient", LATENT_DOMAIN_TRAINING, 1, 1, 2, 2, 1, 1, LATENT_TYPES_F32, attributes,       \
        infer, eval, NULL, latent_dnn_eltwise_backward, .elementwise = TRUE                        \
  }
#define ROW(name, attributes, eval) FUNCTION (name, attributes, infer_derivative, eval)

const LatentOp latent_ops_unary_gradient[] = {
    ROW ("Relu", "", eval_relu),
    ROW ("LeakyRelu", "alpha:f", eval_leaky_relu),
    FUNCTION ("Elu", "alpha:f", check_alpha, eval_elu),
    FUNCTION ("Celu", "alpha:f", check_alpha, eval_celu),
    FUNCTION ("Selu", "alpha:f gamma:f", check_alpha, eval_selu),
    ROW ("Sigmoid", "", eval_sigmoid),
    ROW ("HardSigmoid", "alpha:f beta:f", eval_hard_sigmoid),
    ROW ("HardSwish", "", eval_hard_swish),
    ROW ("Tanh", "", eval_tanh_),
    ROW ("Softplus", "", eval_softplus),
    ROW ("Softsign", "", eval_softsign),
    ROW ("Gelu", "approximate:s", eval_gelu),
    ROW ("Mish", "", eval_mish),
    ROW ("ThresholdedRelu", "alpha:f", eval_thresholded_relu),
    ROW ("Shrink", "bias:f lambd:f", eval_shrink),
    ROW ("Abs", "", eval_abs_),
    ROW ("Exp", "", eval_exp_),
    ROW ("Log", "", eval_log_),
    ROW ("Sqrt", "", eval_sqrt_),
    ROW ("Reciprocal", "", eval_reciprocal),
    ROW ("Erf", "", eval_erf_),
    ROW ("Sin", "", eval_sin_),
    ROW ("Cos", "", eval_cos_),
    ROW ("Tan", "", eval_tan_),
    ROW ("Asin", "", eval_asin_),
    ROW ("Acos", "", eval_acos_),
    ROW ("Atan", "", eval_atan_),
    ROW ("Sinh", "", eval_sinh_),
    ROW ("Cosh", "", eval_cosh_),
    ROW ("Asinh", "", eval_asinh_),
    ROW ("Acosh", "", eval_acosh_),
    ROW ("Atanh", "", eval_atanh_),
    {0},
};
