/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include "src/base/numeric.h"
#include "src/base/parallel.h"
#include "src/ops/gradient.h"
#include "src/ops/private.h"

/* What walks along an axis: CumSum, ArgMax, ArgMin; and Trilu, which walks along rows. */

#define GRAIN 16384 /* elements that are worth a thread */

/* Columns along an axis: outer x inner of them, `dim` elements each, `inner` apart. */
typedef struct {
  const LatentView *src;
  const LatentView *dst;
  gsize dim;
  gsize inner;
  gboolean real;
  gboolean exclusive, reverse; /* CumSum */
  gboolean smallest, last;     /* ArgMax, ArgMin */
} Columns;

static Columns
get_columns (const LatentEval *eval, guint axis)
{
  const LatentShape *shape = &eval->src[0].shape;

  return (Columns){&eval->src[0], &eval->dst[0], (gsize)shape->dims[axis],
      latent_shape_product (shape, axis + 1, shape->n),
      latent_data_type_is_real (eval->src[0].type)};
}

static void
run_columns (const LatentEval *eval, Columns *self, LatentParallelFunc func)
{
  if (self->dim > 0)
    latent_parallel (eval->threads, eval->src[0].n / self->dim, 1 + GRAIN / self->dim, func, self);
}

/* Index of element i of a column. */
static gsize
get_place (const Columns *self, gsize column, gsize i)
{
  return (column / self->inner * self->dim + i) * self->inner + column % self->inner;
}

/* An element, exact in the member that its type has. */
typedef struct {
  double real;
  gint64 integer;
} Number;

static Number
load_number (const Columns *self, gsize place)
{
  Number number = {0};

  if (self->real)
    latent_load_doubles (self->src->type, self->src->data, place, 1, &number.real);
  else
    latent_load_ints (self->src->type, self->src->data, place, 1, &number.integer);
  return number;
}

static void
store_number (const Columns *self, gsize place, const Number *number)
{
  if (self->real)
    latent_store_doubles (self->dst->type, self->dst->data, place, 1, &number->real);
  else
    latent_store_ints (self->dst->type, self->dst->data, place, 1, &number->integer);
}

static void
sum_columns (gsize begin, gsize end, gpointer data)
{
  const Columns *self = data;

  for (gsize column = begin; column < end; column++) {
    Number sum = {0};
    for (gsize i = 0; i < self->dim; i++) {
      gsize place = get_place (self, column, self->reverse ? self->dim - 1 - i : i);
      Number next = load_number (self, place);
      next.real += sum.real;
      next.integer = (gint64)((guint64)next.integer + (guint64)sum.integer);
      store_number (self, place, self->exclusive ? &sum : &next);
      sum = next;
    }
  }
}

/* Input i has one element: its value. */
static gint64
get_scalar (const LatentEval *eval, guint i)
{
  gint64 value = 0;

  latent_load_ints (eval->src[i].type, eval->src[i].data, 0, 1, &value);
  return value;
}

static gboolean
check_scalar (const LatentNode *node, guint i, const char *what, GError **error)
{
  const LatentShape *shape = latent_op_get_shape (node, i);

  if (!latent_op_check_type (node, i, what, LATENT_TYPES_INDEX, error))
    return FALSE;
  if (shape->n <= 1 && latent_shape_product (shape, 0, shape->n) == 1)
    return TRUE;
  latent_op_set_shape_error (error, what, "one element", shape);
  return FALSE;
}

static gboolean
infer_cum_sum (const LatentNode *node, GError **error)
{
  return check_scalar (node, 1, "axis", error) && latent_infer_same (node, error);
}

/* The axis does not decide the shape, and may be computed at run time. */
static gboolean
eval_cum_sum (const LatentEval *eval, GError **error)
{
  gint64 wanted = get_scalar (eval, 1);
  gint axis = latent_axis_normalize (wanted, eval->src[0].shape.n);
  Columns self;

  if (axis < 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FAILED,
        "axis %" G_GINT64_FORMAT " is outside of %u dimensions", wanted, eval->src[0].shape.n);
    return FALSE;
  }
  self = get_columns (eval, (guint)axis);
  self.exclusive = latent_node_get_int (eval->node, "exclusive", 0) != 0;
  self.reverse = latent_node_get_int (eval->node, "reverse", 0) != 0;
  run_columns (eval, &self, sum_columns);
  return TRUE;
}

static gboolean
infer_arg (const LatentNode *node, GError **error)
{
  LatentShape dst = *latent_op_get_shape (node, 0);
  guint axis = 0;

  if (!latent_op_get_axis (node, "axis", 0, dst.n, &axis, error))
    return FALSE;
  if (dst.dims[axis] == 0) {
    latent_op_set_shape_error (error, "input", "at least one element along the axis", &dst);
    return FALSE;
  }
  dst.dims[axis] = 1;
  if (latent_node_get_int (node, "keepdims", 1) == 0) {
    dst.n--;
    memmove (dst.dims + axis, dst.dims + axis + 1, (dst.n - axis) * sizeof dst.dims[0]);
  }
  return latent_op_set_output (node, 0, LATENT_DATA_TYPE_INT64, &dst, error);
}

/* Whether a stands before b; NaN, as in Numpy, before all numbers. */
static gboolean
is_before (const Columns *self, const Number *a, const Number *b)
{
  if (isnan (a->real))
    return !isnan (b->real);
  if (self->smallest)
    return a->real < b->real || a->integer < b->integer;
  return a->real > b->real || a->integer > b->integer;
}

static void
find_columns (gsize begin, gsize end, gpointer data)
{
  const Columns *self = data;
  gint64 *dst = self->dst->data;

  for (gsize column = begin; column < end; column++) {
    Number best = load_number (self, get_place (self, column, 0));
    dst[column] = 0;
    for (gsize i = 1; i < self->dim; i++) {
      Number next = load_number (self, get_place (self, column, i));
      if (self->last ? is_before (self, &best, &next) : !is_before (self, &next, &best))
        continue;
      best = next;
      dst[column] = (gint64)i;
    }
  }
}

static gboolean
eval_arg (const LatentEval *eval, GError **error)
{
  Columns self;
  guint axis = 0;

  if (!latent_op_get_axis (eval->node, "axis", 0, eval->src[0].shape.n, &axis, error))
    return FALSE;
  self = get_columns (eval, axis);
  self.smallest = g_str_equal (eval->node->op_type, "ArgMin");
  self.last = latent_node_get_int (eval->node, "select_last_index", 0) != 0;
  run_columns (eval, &self, find_columns);
  return TRUE;
}

static gboolean
infer_trilu (const LatentNode *node, GError **error)
{
  if (latent_node_get_input (node, 1) != NULL && !check_scalar (node, 1, "k", error))
    return FALSE;
  return latent_op_check_rank (node, 0, "input", 2, LATENT_MAX_DIMS, error) &&
         latent_infer_same (node, error);
}

static gboolean
eval_trilu (const LatentEval *eval, GError **error)
{
  const LatentView *dst = &eval->dst[0];
  gint64 rows = dst->shape.dims[dst->shape.n - 2];
  gint64 columns = dst->shape.dims[dst->shape.n - 1];
  gboolean upper = latent_node_get_int (eval->node, "upper", 1) != 0;
  gsize size = latent_data_type_get_size (dst->type);
  gint64 k = 0;

  if (dst->n == 0)
    return TRUE;
  if (eval->n_src > 1 && eval->src[1].data != NULL)
    k = CLAMP (get_scalar (eval, 1), -rows, columns);
  memcpy (dst->data, eval->src[0].data, dst->n * size);
  for (gsize i = 0; i < dst->n / (gsize)columns; i++) {
    gint64 diagonal = (gint64)i % rows + k;
    gint64 begin = upper ? 0 : CLAMP (diagonal + 1, 0, columns);
    gint64 end = upper ? CLAMP (diagonal, 0, columns) : columns;
    memset ((guint8 *)dst->data + ((gsize)columns * i + (gsize)begin) * size, 0,
        (gsize)(end - begin) * size);
  }
  return TRUE;
}

/* The node once more, on dy; its second input is kept. */
static LatentNode *
begin_again (LatentGradient *self, const LatentNode *node)
{
  LatentNode *again = latent_gradient_node (self, node->op_type, NULL);

  for (guint i = 0; i < node->attributes->len; i++)
    latent_node_take_attribute (
        again, latent_attribute_copy (g_ptr_array_index (node->attributes, i)));
  latent_node_add_input (again, latent_gradient_get (self, latent_node_get_output (node, 0)));
  if (node->inputs->len > 1)
    latent_node_add_input (again, latent_node_get_input (node, 1));
  return again;
}

static gboolean
finish_again (LatentGradient *self, const LatentNode *node, LatentNode *again, GError **error)
{
  LatentValue *dx = latent_gradient_finish (self, again, 1, error);

  latent_gradient_add (self, latent_node_get_input (node, 0), dx);
  return dx != NULL;
}

/* From the other end. */
static gboolean
derive_cum_sum (LatentGradient *self, const LatentNode *node, GError **error)
{
  LatentNode *again = begin_again (self, node);

  latent_node_set_int (again, "reverse", latent_node_get_int (node, "reverse", 0) == 0);
  return finish_again (self, node, again, error);
}

static gboolean
derive_trilu (LatentGradient *self, const LatentNode *node, GError **error)
{
  return finish_again (self, node, begin_again (self, node), error);
}

#define ARG(name, since, last, attributes)                                                         \
  {                                                                                                \
    name, "", since, last, 1, 1, 1, 1,                                                             \
        LATENT_TYPES_NUMERIC & ~LATENT_TYPE_BIT (LATENT_DATA_TYPE_UINT64), attributes, infer_arg,  \
        eval_arg                                                                                   \
  }

const LatentOp latent_ops_scan[] = {
    {"CumSum", "", 11, LATENT_OPSET_MAX, 2, 2, 1, 1, LATENT_TYPES_NUMERIC, "exclusive:i reverse:i",
     infer_cum_sum, eval_cum_sum, .gradient = derive_cum_sum},
    ARG ("ArgMax", 6, 11, "axis:i keepdims:i"),
    ARG ("ArgMax", 12, LATENT_OPSET_MAX, "axis:i keepdims:i select_last_index:i"),
    ARG ("ArgMin", 6, 11, "axis:i keepdims:i"),
    ARG ("ArgMin", 12, LATENT_OPSET_MAX, "axis:i keepdims:i select_last_index:i"),
    {"Trilu",      "", 14, LATENT_OPSET_MAX, 1, 2, 1, 1, LATENT_TYPES_ALL, "upper:i", infer_trilu,
     eval_trilu, .gradient = derive_trilu},
    {0      },
};
