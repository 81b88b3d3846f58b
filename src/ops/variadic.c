/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include "src/base/numeric.h"
#include "src/base/parallel.h"
#include "src/dnn/emit.h"
#include "src/ops/binary.h"
#include "src/ops/gradient.h"
#include "src/ops/private.h"

/* Operators on any number of tensors that broadcast, and those that choose: Where, Clip. */

#define GRAIN 16384 /* elements that are worth a thread */

static gboolean
add_shape (const LatentNode *node, guint i, LatentShape *dst, GError **error)
{
  const LatentShape *src = latent_op_get_shape (node, i);
  g_autofree char *what = NULL;
  g_autofree char *wanted = NULL;

  if (latent_shape_broadcast (dst, src, dst))
    return TRUE;
  what = g_strdup_printf ("input %u, next to those before it,", i);
  wanted = latent_shape_to_string (dst);
  latent_op_set_shape_error (error, what, wanted, src);
  return FALSE;
}

static gboolean
infer_variadic (const LatentNode *node, GError **error)
{
  LatentShape dst = {0};

  for (guint i = 0; i < node->inputs->len; i++)
    if (!latent_op_check_input (node, i, "data", error) ||
        !latent_op_check_same_type (node, i, error) || !add_shape (node, i, &dst, error))
      return FALSE;
  return latent_op_set_output (node, 0, latent_op_get_type (node, 0), &dst, error);
}

static void
copy_row (const LatentRow *row, gconstpointer data)
{
  gsize size = *(const gsize *)data;

  memcpy (row->dst, row->src[0], row->n * size);
}

/* dst = f (... f (f (src 0, src 1), src 2) ...) */
static void
run_variadic (const LatentEval *eval, const LatentBinary *binary)
{
  const LatentView *dst = &eval->dst[0];

  if (eval->n_src == 1) {
    const LatentView *src = &eval->src[0];
    gsize size = latent_data_type_get_size (src->type);
    latent_broadcast (dst, &src, 1, eval->threads, copy_row, &size);
  }
  for (guint i = 1; i < eval->n_src; i++)
    latent_binary_run (binary, dst, i == 1 ? &eval->src[0] : dst, &eval->src[i], eval->threads);
}

#define EVAL(name, binary)                                                                         \
  static gboolean eval_##name (const LatentEval *eval, GError **error)                             \
  {                                                                                                \
    run_variadic (eval, &latent_binary_##binary);                                                  \
    return TRUE;                                                                                   \
  }

EVAL (sum, add)
EVAL (max, max)
EVAL (min, min)

static gboolean
eval_mean (const LatentEval *eval, GError **error)
{
  LatentView *dst = &eval->dst[0];
  double n = eval->n_src;
  guint64 divisor = 0; /* n in the type of the elements */
  LatentView count = {dst->type, {0}, 1, &divisor};

  run_variadic (eval, &latent_binary_add);
  latent_store_doubles (dst->type, &divisor, 0, 1, &n);
  latent_binary_run (&latent_binary_div, dst, dst, &count, eval->threads);
  return TRUE;
}

static gboolean
infer_where (const LatentNode *node, GError **error)
{
  LatentShape dst = {0};

  for (guint i = 0; i < 3; i++)
    if (!add_shape (node, i, &dst, error))
      return FALSE;
  if (latent_op_get_type (node, 1) != latent_op_get_type (node, 2)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE, "inputs 1 and 2 are %s and %s",
        latent_data_type_get_name (latent_op_get_type (node, 1)),
        latent_data_type_get_name (latent_op_get_type (node, 2)));
    return FALSE;
  }
  return latent_op_set_output (node, 0, latent_op_get_type (node, 1), &dst, error);
}

#define WHERE_ROW(C)                                                                               \
  static void where_##C (const LatentRow *row, gconstpointer data)                                 \
  {                                                                                                \
    const guint8 *condition = row->src[0];                                                         \
    const C *a = row->src[1], *b = row->src[2];                                                    \
    C *dst = row->dst;                                                                             \
    gsize step = row->step[0], a_step = row->step[1], b_step = row->step[2];                       \
    for (gsize i = 0; i < row->n; i++)                                                             \
      dst[i] = condition[i * step] != 0 ? a[i * a_step] : b[i * b_step];                           \
  }

WHERE_ROW (guint8)
WHERE_ROW (guint16)
WHERE_ROW (guint32)
WHERE_ROW (guint64)

static gboolean
eval_where (const LatentEval *eval, GError **error)
{
  const LatentView *src[] = {&eval->src[0], &eval->src[1], &eval->src[2]};
  static const LatentRowFunc rows[] = {
      [1] = where_guint8, [2] = where_guint16, [4] = where_guint32, [8] = where_guint64};

  latent_broadcast (&eval->dst[0], src, 3, eval->threads,
      rows[latent_data_type_get_size (eval->dst[0].type)], NULL);
  return TRUE;
}

/* Opset 11 and later give the bounds as inputs, scalars of the input's type. */
static gboolean
infer_clip (const LatentNode *node, GError **error)
{
  for (guint i = 1; i < node->inputs->len; i++) {
    const LatentValue *bound = latent_node_get_input (node, i);
    if (bound == NULL)
      continue;
    if (!latent_op_check_same_type (node, i, error))
      return FALSE;
    if (latent_shape_product (&bound->shape, 0, bound->shape.n) != 1) {
      latent_op_set_shape_error (error, i == 1 ? "min" : "max", "one element", &bound->shape);
      return FALSE;
    }
  }
  return latent_infer_same (node, error);
}

/* The loops take the smaller and the larger of two, so that NaN stays NaN and max wins over min. */
static gboolean
eval_clip (const LatentEval *eval, GError **error)
{
  static const LatentBinary *const binaries[] = {&latent_binary_max, &latent_binary_min};
  static const char *const names[] = {"min", "max"};
  const LatentView *dst = &eval->dst[0];
  const LatentView *src = &eval->src[0];
  gsize size = latent_data_type_get_size (src->type);

  for (guint i = 0; i < 2; i++) {
    guint64 value = 0; /* an attribute in the type of the elements */
    LatentView bound = {src->type, {0}, 1, NULL};
    if (latent_node_find_attribute (eval->node, names[i]) != NULL) {
      double attribute = latent_node_get_float (eval->node, names[i], 0);
      latent_store_doubles (src->type, &value, 0, 1, &attribute);
      bound.data = &value;
    } else if (i + 1 < eval->n_src) {
      bound.data = eval->src[i + 1].data;
    }
    if (bound.data == NULL)
      continue;
    latent_binary_run (binaries[i], dst, src, &bound, eval->threads);
    src = dst;
  }
  if (src != dst)
    latent_broadcast (dst, &src, 1, eval->threads, copy_row, &size);
  return TRUE;
}

/* Each input gets the same. */
static gboolean
spread (LatentGradient *self, const LatentNode *node, LatentValue *derivative, GError **error)
{
  gboolean good = derivative != NULL;

  for (guint i = 0; i < node->inputs->len && good; i++)
    good = latent_gradient_add_unbroadcast (
        self, latent_node_get_input (node, i), derivative, NULL, error);
  return good;
}

static LatentValue *
get_derivative (LatentGradient *self, const LatentNode *node)
{
  return latent_gradient_get (self, latent_node_get_output (node, 0));
}

static gboolean
derive_sum (LatentGradient *self, const LatentNode *node, GError **error)
{
  return spread (self, node, get_derivative (self, node), error);
}

static gboolean
derive_mean (LatentGradient *self, const LatentNode *node, GError **error)
{
  LatentValue *dy = get_derivative (self, node);

  return spread (
      self, node, latent_gradient_scale (self, dy, 1.0f / node->inputs->len, error), error);
}

/* Gives `rest` to `value` where that is the output, and takes it off the rest: of equals, the first
 * gets it. */
static gboolean
pick (LatentGradient *self, const LatentNode *node, LatentValue *value, LatentValue **rest,
    GError **error)
{
  LatentValue *picked = latent_gradient_apply_training (
      self, "PickGradient", NULL, *rest, value, latent_node_get_output (node, 0), error);

  if (!latent_gradient_add_unbroadcast (self, value, picked, NULL, error))
    return FALSE;
  *rest = latent_gradient_apply (self, "Sub", *rest, picked, error);
  return *rest != NULL;
}

/* Max and Min: what is left for the last input is all its. */
static gboolean
derive_extreme (LatentGradient *self, const LatentNode *node, GError **error)
{
  LatentValue *rest = get_derivative (self, node);
  guint last = node->inputs->len - 1;

  for (guint i = 0; i < last; i++)
    if (!pick (self, node, latent_node_get_input (node, i), &rest, error))
      return FALSE;
  return latent_gradient_add_unbroadcast (
      self, latent_node_get_input (node, last), rest, NULL, error);
}

static gboolean
derive_where (LatentGradient *self, const LatentNode *node, GError **error)
{
  for (guint i = 1; i < 3; i++) {
    LatentNode *where = NULL;
    if (!latent_gradient_wants (self, latent_node_get_input (node, i)))
      continue;
    where = latent_gradient_node (self, "Where", NULL);
    latent_node_add_input (where, latent_node_get_input (node, 0));
    for (guint k = 1; k < 3; k++)
      latent_node_add_input (
          where, k == i ? get_derivative (self, node) : latent_gradient_scalar (self, 0));
    if (!latent_gradient_add_unbroadcast (self, latent_node_get_input (node, i),
            latent_gradient_finish (self, where, 1, error), NULL, error))
      return FALSE;
  }
  return TRUE;
}

/* The bounds get what the input does not: each where it is the output. */
static gboolean
derive_clip (LatentGradient *self, const LatentNode *node, GError **error)
{
  LatentNode *clip = latent_gradient_node (self, "ClipGradient", LATENT_DOMAIN_TRAINING);
  LatentValue *rest = get_derivative (self, node);

  for (guint i = 0; i < node->attributes->len; i++)
    latent_node_take_attribute (
        clip, latent_attribute_copy (g_ptr_array_index (node->attributes, i)));
  latent_node_add_input (clip, rest);
  latent_node_add_input (clip, latent_node_get_output (node, 0));
  for (guint i = 1; i < node->inputs->len; i++)
    latent_node_add_input (clip, latent_node_get_input (node, i));
  if (!latent_gradient_add_unbroadcast (self, latent_node_get_input (node, 0),
          latent_gradient_finish (self, clip, 1, error), NULL, error))
    return FALSE;
  for (guint i = 1; i < node->inputs->len; i++) {
    LatentValue *bound = latent_node_get_input (node, i);
    if (latent_gradient_wants (self, bound) && !pick (self, node, bound, &rest, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
infer_clip_gradient (const LatentNode *node, GError **error)
{
  const LatentShape *dy = latent_op_get_shape (node, 0);

  for (guint i = 1; i < node->inputs->len; i++) {
    const LatentValue *value = latent_node_get_input (node, i);
    if (value == NULL)
      continue;
    if (!latent_op_check_same_type (node, i, error))
      return FALSE;
    if (i == 1 ? latent_shape_equal (dy, &value->shape)
               : latent_shape_product (&value->shape, 0, value->shape.n) == 1)
      continue;
    latent_op_set_shape_error (
        error, "input", i == 1 ? "the derivative's shape" : "one element", &value->shape);
    return FALSE;
  }
  return latent_infer_same (node, error);
}

typedef struct {
  const LatentEval *eval;
  float min, max;
} Clip;

static void
derive_clip_part (gsize begin, gsize end, gpointer data)
{
  const Clip *self = data;
  const float *dy = self->eval->src[0].data, *y = self->eval->src[1].data;
  float *dst = self->eval->dst[0].data;
  const float min = self->min, max = self->max;

  for (gsize i = begin; i < end; i++)
    dst[i] = ((y[i] > min) & (y[i] < max)) ? dy[i] : 0;
}

/* A bound as an attribute, an input, or none. */
static float
get_bound (const LatentEval *eval, const char *name, guint input, float fallback)
{
  if (input < eval->n_src && eval->src[input].data != NULL)
    return *(const float *)eval->src[input].data;
  return latent_node_get_float (eval->node, name, fallback);
}

/* Inputs are dy, Clip's output, and its bounds. */
static gboolean
eval_clip_gradient (const LatentEval *eval, GError **error)
{
  Clip self = {eval, get_bound (eval, "min", 2, -INFINITY), get_bound (eval, "max", 3, INFINITY)};

  latent_parallel (eval->threads, eval->dst[0].n, GRAIN, derive_clip_part, &self);
  return TRUE;
}

#define VARIADIC(name, types, eval, derive)                                                        \
  {                                                                                                \
    name, "", 6, LATENT_OPSET_MAX, 1, -1, 1, 1, types, "", infer_variadic, eval, NULL,             \
        latent_dnn_binary, .gradient = derive, .elementwise = TRUE                                 \
  }
#define CLIP(since, last, max_inputs, types, attributes)                                           \
  {                                                                                                \
    "Clip", "", since, last, 1, max_inputs, 1, 1, types, attributes, infer_clip, eval_clip, NULL,  \
        latent_dnn_eltwise, .gradient = derive_clip, .elementwise = TRUE                           \
  }

/* clang-format off */
const LatentOp latent_ops_variadic[] = {
    VARIADIC ("Sum", LATENT_TYPES_REAL, eval_sum, derive_sum),
    VARIADIC ("Mean", LATENT_TYPES_REAL, eval_mean, derive_mean),
    VARIADIC ("Max", LATENT_TYPES_NUMERIC, eval_max, derive_extreme),
    VARIADIC ("Min", LATENT_TYPES_NUMERIC, eval_min, derive_extreme),
    {"Where", "", 9, LATENT_OPSET_MAX, 3, 3, 1, 1, LATENT_TYPES_BOOL, "", infer_where, eval_where,
     .gradient = derive_where, .elementwise = TRUE},
    CLIP (6, 10, 1, LATENT_TYPES_REAL, "max:f min:f"),
    CLIP (11, LATENT_OPSET_MAX, 3, LATENT_TYPES_NUMERIC, ""),
    {"ClipGradient", LATENT_DOMAIN_TRAINING, 1, 1, 2, 4, 1, 1, LATENT_TYPES_F32, "max:f min:f",
     infer_clip_gradient, eval_clip_gradient, .elementwise = TRUE},
    {0},
};
/* clang-format on */
