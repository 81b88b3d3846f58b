/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/base/numeric.h"
#include "src/dnn/emit.h"
#include "src/ops/binary.h"
#include "src/ops/gradient.h"
#include "src/ops/private.h"

/* Operators on two tensors: arithmetic, comparisons, logic. */

/* Input 1's shape as it stands against input 0's: to opset 6 with the attributes broadcast and
 * axis, by which its dimensions are those of input 0 from axis on; the last ones by default. */
static gboolean
align_shape (const LatentNode *node, LatentShape *b, GError **error)
{
  const LatentShape *a = latent_op_get_shape (node, 0);
  gint64 axis = 0;
  gint begin = 0;

  *b = *latent_op_get_shape (node, 1);
  if (node->opset > 6)
    return TRUE;
  if (latent_node_get_int (node, "broadcast", 0) == 0) {
    if (latent_shape_equal (a, b))
      return TRUE;
    latent_op_set_shape_error (error, "input 1, without broadcast=1,", "the shape of input 0", b);
    return FALSE;
  }
  axis = latent_node_get_int (node, "axis", (gint64)a->n - (gint64)b->n);
  begin = axis == (gint64)a->n ? (gint)a->n : latent_axis_normalize (axis, a->n);
  if (begin < 0 || (guint)begin + b->n > a->n) {
    latent_op_set_shape_error (error, "input 1", "to fit input 0 from axis on", b);
    return FALSE;
  }
  while ((guint)begin + b->n < a->n)
    b->dims[b->n++] = 1;
  return TRUE;
}

static gboolean
broadcast_shapes (const LatentNode *node, LatentShape *dst, GError **error)
{
  const LatentShape *a = latent_op_get_shape (node, 0);
  LatentShape b;
  g_autofree char *wanted = NULL;

  if (!align_shape (node, &b, error))
    return FALSE;
  if (latent_shape_broadcast (a, &b, dst) && (node->opset > 6 || latent_shape_equal (a, dst)))
    return TRUE;
  wanted = latent_shape_to_string (a);
  latent_op_set_shape_error (error, "input 1, next to input 0,", wanted, &b);
  return FALSE;
}

static gboolean
infer_pow (const LatentNode *node, GError **error)
{
  LatentShape dst;

  return latent_op_check_type (node, 1, "exponent", LATENT_TYPES_NUMERIC, error) &&
         broadcast_shapes (node, &dst, error) &&
         latent_op_set_output (node, 0, latent_op_get_type (node, 0), &dst, error);
}

static gboolean
infer_arithmetic (const LatentNode *node, GError **error)
{
  return latent_op_check_same_type (node, 1, error) && infer_pow (node, error);
}

static gboolean
infer_mod (const LatentNode *node, GError **error)
{
  gboolean real = latent_data_type_is_real (latent_op_get_type (node, 0));

  if (real && latent_node_get_int (node, "fmod", 0) == 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "fmod is 0 and must be 1 for reals");
    return FALSE;
  }
  return infer_arithmetic (node, error);
}

static gboolean
infer_comparison (const LatentNode *node, GError **error)
{
  LatentShape dst;

  return latent_op_check_same_type (node, 1, error) && broadcast_shapes (node, &dst, error) &&
         latent_op_set_output (node, 0, LATENT_DATA_TYPE_BOOL, &dst, error);
}

/* The slope broadcasts to the input; one dimension was the channels' up to opset 6. */
static LatentShape
get_slope_shape (const LatentNode *node)
{
  const LatentShape *src = latent_op_get_shape (node, 0);
  LatentShape slope = *latent_op_get_shape (node, 1);

  while (node->opset < 7 && slope.n >= 1 && slope.dims[0] != 1 && slope.n + 1 < src->n)
    slope.dims[slope.n++] = 1;
  return slope;
}

static gboolean
infer_prelu (const LatentNode *node, GError **error)
{
  const LatentShape *src = latent_op_get_shape (node, 0);
  LatentShape slope = get_slope_shape (node);
  LatentShape dst;

  if (!latent_op_check_same_type (node, 1, error))
    return FALSE;
  if (!latent_shape_broadcast (src, &slope, &dst) || !latent_shape_equal (src, &dst)) {
    g_autofree char *wanted = latent_shape_to_string (src);
    latent_op_set_shape_error (error, "slope, next to the input,", wanted, &slope);
    return FALSE;
  }
  return latent_infer_same (node, error);
}

static gboolean
run_binary (const LatentEval *eval, const LatentBinary *binary, GError **error)
{
  LatentView b = eval->src[1];

  if (!align_shape (eval->node, &b.shape, error))
    return FALSE;
  latent_binary_run (binary, &eval->dst[0], &eval->src[0], &b, eval->threads);
  return TRUE;
}

static gboolean
eval_prelu (const LatentEval *eval, GError **error)
{
  LatentView slope = eval->src[1];

  slope.shape = get_slope_shape (eval->node);
  latent_binary_run (&latent_binary_prelu, &eval->dst[0], &eval->src[0], &slope, eval->threads);
  return TRUE;
}

/* An integer has no infinity that a division by 0 could give, and processors trap. */
static gboolean
check_divisor (const LatentView *divisor, GError **error)
{
  if (latent_data_type_is_real (divisor->type))
    return TRUE;
  for (gsize i = 0; i < divisor->n; i++) {
    gint64 value = 0;
    latent_load_ints (divisor->type, divisor->data, i, 1, &value);
    if (value != 0)
      continue;
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FAILED,
        "integer division by zero (element %zu of the divisor)", i);
    return FALSE;
  }
  return TRUE;
}

static gboolean
eval_div (const LatentEval *eval, GError **error)
{
  return check_divisor (&eval->src[1], error) && run_binary (eval, &latent_binary_div, error);
}

static gboolean
eval_mod (const LatentEval *eval, GError **error)
{
  gboolean fmod = latent_node_get_int (eval->node, "fmod", 0) != 0;

  return check_divisor (&eval->src[1], error) &&
         run_binary (eval, fmod ? &latent_binary_fmod : &latent_binary_mod, error);
}

#define EVAL(name)                                                                                 \
  static gboolean eval_##name (const LatentEval *eval, GError **error)                             \
  {                                                                                                \
    return run_binary (eval, &latent_binary_##name, error);                                        \
  }

EVAL (add)
EVAL (sub)
EVAL (mul)
EVAL (pow)
EVAL (equal)
EVAL (greater)
EVAL (less)
EVAL (greater_or_equal)
EVAL (less_or_equal)
EVAL (and)
EVAL (or)
EVAL (xor)

/* One slope for all is a function of one number. */
static LatentEmit
emit_prelu (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  LatentEmit result = latent_dnn_eltwise (builder, node, error);
  return result == LATENT_EMIT_FALLBACK ? latent_dnn_prelu (builder, node, error) : result;
}

/* Input 1 in the shape that it stands in against input 0. */
static LatentValue *
get_second (LatentGradient *self, const LatentNode *node, GError **error)
{
  LatentShape shape;

  if (!align_shape (node, &shape, error))
    return NULL;
  return latent_gradient_reshape (self, latent_node_get_input (node, 1), &shape, error);
}

/* Adds a derivative of the output's shape to that by input i. */
static gboolean
add_derivative (
    LatentGradient *self, const LatentNode *node, guint i, LatentValue *derivative, GError **error)
{
  LatentValue *value = latent_node_get_input (node, i);
  LatentShape shape = value->shape;

  return (i == 0 || align_shape (node, &shape, error)) &&
         latent_gradient_add_unbroadcast (self, value, derivative, &shape, error);
}

static gboolean
wants_input (const LatentGradient *self, const LatentNode *node, guint i)
{
  return latent_gradient_wants (self, latent_node_get_input (node, i));
}

static LatentValue *
get_derivative (LatentGradient *self, const LatentNode *node)
{
  return latent_gradient_get (self, latent_node_get_output (node, 0));
}

static gboolean
derive_add (LatentGradient *self, const LatentNode *node, GError **error)
{
  LatentValue *dy = get_derivative (self, node);

  return (!wants_input (self, node, 0) || add_derivative (self, node, 0, dy, error)) &&
         (!wants_input (self, node, 1) || add_derivative (self, node, 1, dy, error));
}

/* The sum over what was broadcast first: less is negated then. */
static gboolean
derive_sub (LatentGradient *self, const LatentNode *node, GError **error)
{
  LatentValue *dy = get_derivative (self, node);
  LatentShape shape;

  if (wants_input (self, node, 0) && !add_derivative (self, node, 0, dy, error))
    return FALSE;
  if (!wants_input (self, node, 1))
    return TRUE;
  if (!align_shape (node, &shape, error))
    return FALSE;
  dy = latent_gradient_unbroadcast (self, dy, &shape, error);
  return dy != NULL && add_derivative (self, node, 1,
                           latent_gradient_apply (self, "Neg", dy, NULL, error), error);
}

static gboolean
derive_mul (LatentGradient *self, const LatentNode *node, GError **error)
{
  LatentValue *dy = get_derivative (self, node);
  LatentValue *a = latent_node_get_input (node, 0), *b = get_second (self, node, error);

  return b != NULL &&
         (!wants_input (self, node, 0) ||
             add_derivative (
                 self, node, 0, latent_gradient_apply (self, "Mul", dy, b, error), error)) &&
         (!wants_input (self, node, 1) ||
             add_derivative (
                 self, node, 1, latent_gradient_apply (self, "Mul", dy, a, error), error));
}

/* a / b: dy / b by a, and that times -y by b. */
static gboolean
derive_div (LatentGradient *self, const LatentNode *node, GError **error)
{
  LatentValue *b = get_second (self, node, error);
  LatentValue *derivative = b != NULL ? latent_gradient_apply (
                                            self, "Div", get_derivative (self, node), b, error)
                                      : NULL;

  if (derivative == NULL ||
      (wants_input (self, node, 0) && !add_derivative (self, node, 0, derivative, error)))
    return FALSE;
  if (!wants_input (self, node, 1))
    return TRUE;
  derivative = latent_gradient_apply (
      self, "Mul", derivative, latent_node_get_output (node, 0), error);
  if (derivative != NULL)
    derivative = latent_gradient_apply (self, "Neg", derivative, NULL, error);
  return add_derivative (self, node, 1, derivative, error);
}

/* Rows of their own, with the derivative and both inputs. */
static gboolean
derive_by_rows (LatentGradient *self, const LatentNode *node, const char *const *names,
    LatentValue *second, GError **error)
{
  for (guint i = 0; i < 2; i++) {
    LatentValue *derivative;
    if (!wants_input (self, node, i))
      continue;
    derivative = latent_gradient_apply_training (self, names[i], NULL, get_derivative (self, node),
        latent_node_get_input (node, 0), second, error);
    if (!add_derivative (self, node, i, derivative, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
derive_pow (LatentGradient *self, const LatentNode *node, GError **error)
{
  static const char *const names[] = {"PowBaseGradient", "PowExponentGradient"};
  LatentValue *second = get_second (self, node, error);

  return second != NULL && derive_by_rows (self, node, names, second, error);
}

/* Inputs are x and the slope. */
static gboolean
derive_prelu (LatentGradient *self, const LatentNode *node, GError **error)
{
  static const char *const names[] = {"PReluGradient", "PReluSlopeGradient"};
  LatentValue *dy = get_derivative (self, node);
  LatentValue *x = latent_node_get_input (node, 0), *slope = latent_node_get_input (node, 1);
  LatentShape shape = get_slope_shape (node);
  LatentValue *aligned = latent_gradient_reshape (self, slope, &shape, error);

  for (guint i = 0; i < 2; i++) {
    LatentValue *value = latent_node_get_input (node, i), *derivative;
    if (!latent_gradient_wants (self, value))
      continue;
    if (aligned == NULL)
      return FALSE;
    derivative = latent_gradient_apply_training (self, names[i], NULL, dy, x, aligned, error);
    if (!latent_gradient_add_unbroadcast (self, value, derivative, i == 0 ? NULL : &shape, error))
      return FALSE;
  }
  return TRUE;
}

#define ROW(name, since, types, attributes, infer, eval, emit, derive)                             \
  {                                                                                                \
    name, "", since, LATENT_OPSET_MAX, 2, 2, 1, 1, types, attributes, infer, eval, NULL, emit,     \
        .gradient = derive, .elementwise = TRUE                                                    \
  }

/* The row of opset 6, with its broadcast attributes, and that of all later ones. */
#define ROWS_SINCE_6(name, types, infer, eval, emit, derive)                                       \
  {name, "", 6, 6, 2, 2, 1, 1, types, "axis:i broadcast:i", infer, eval, NULL, emit,               \
      .gradient = derive},                                                                         \
      ROW (name, 7, types, "", infer, eval, emit, derive)

const LatentOp latent_ops_arithmetic[] = {
    ROWS_SINCE_6 (
        "Add", LATENT_TYPES_NUMERIC, infer_arithmetic, eval_add, latent_dnn_binary, derive_add),
    ROWS_SINCE_6 (
        "Sub", LATENT_TYPES_NUMERIC, infer_arithmetic, eval_sub, latent_dnn_binary, derive_sub),
    ROWS_SINCE_6 (
        "Mul", LATENT_TYPES_NUMERIC, infer_arithmetic, eval_mul, latent_dnn_binary, derive_mul),
    ROWS_SINCE_6 (
        "Div", LATENT_TYPES_NUMERIC, infer_arithmetic, eval_div, latent_dnn_binary, derive_div),
    ROWS_SINCE_6 ("Pow", LATENT_TYPES_NUMERIC, infer_pow, eval_pow, latent_dnn_eltwise, derive_pow),
    ROWS_SINCE_6 ("Equal", LATENT_TYPES_ALL, infer_comparison, eval_equal, NULL, NULL),
    ROWS_SINCE_6 ("Greater", LATENT_TYPES_NUMERIC, infer_comparison, eval_greater, NULL, NULL),
    ROWS_SINCE_6 ("Less", LATENT_TYPES_NUMERIC, infer_comparison, eval_less, NULL, NULL),
    ROWS_SINCE_6 ("And", LATENT_TYPES_BOOL, infer_comparison, eval_and, NULL, NULL),
    ROWS_SINCE_6 ("Or", LATENT_TYPES_BOOL, infer_comparison, eval_or, NULL, NULL),
    ROWS_SINCE_6 ("Xor", LATENT_TYPES_BOOL, infer_comparison, eval_xor, NULL, NULL),
    ROW ("GreaterOrEqual", 12, LATENT_TYPES_NUMERIC, "", infer_comparison, eval_greater_or_equal,
        NULL, NULL),
    ROW ("LessOrEqual", 12, LATENT_TYPES_NUMERIC, "", infer_comparison, eval_less_or_equal, NULL,
        NULL),
    ROW ("Mod", 10, LATENT_TYPES_NUMERIC, "fmod:i", infer_mod, eval_mod, NULL, NULL),
    ROW ("PRelu", 6, LATENT_TYPES_NUMERIC, "", infer_prelu, eval_prelu, emit_prelu, derive_prelu),
    {0},
};
