/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/base/numeric.h"
#include "src/dnn/emit.h"
#include "src/ops/binary.h"
#include "src/ops/private.h"

/* Operators on any number of tensors that broadcast, and those that choose: Where, Clip. */

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

#define VARIADIC(name, types, eval)                                                                \
  {                                                                                                \
    name, "", 6, LATENT_OPSET_MAX, 1, -1, 1, 1, types, "", infer_variadic, eval, NULL,             \
        latent_dnn_binary                                                                          \
  }

const LatentOp latent_ops_variadic[] = {
    VARIADIC ("Sum", LATENT_TYPES_REAL, eval_sum),
    VARIADIC ("Mean", LATENT_TYPES_REAL, eval_mean),
    VARIADIC ("Max", LATENT_TYPES_NUMERIC, eval_max),
    VARIADIC ("Min", LATENT_TYPES_NUMERIC, eval_min),
    {"Where", "", 9, LATENT_OPSET_MAX, 3, 3, 1, 1, LATENT_TYPES_BOOL, "", infer_where, eval_where},
    {"Clip",      "", 6, 10, 1, 1, 1, 1, LATENT_TYPES_REAL, "max:f min:f", infer_clip, eval_clip, NULL,
                                              latent_dnn_eltwise},
    {"Clip",      "", 11, LATENT_OPSET_MAX, 1, 3, 1, 1, LATENT_TYPES_NUMERIC, "", infer_clip, eval_clip,
                                              NULL, latent_dnn_eltwise},
    {0     },
};
