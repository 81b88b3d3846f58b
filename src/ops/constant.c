/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include "src/base/limits.h"
#include "src/base/numeric.h"
#include "src/ops/private.h"

/* What makes tensors from attributes, shapes and scalars. */

/* The attribute that holds a Constant's value; exactly one is there. */
static const LatentAttribute *
get_value (const LatentNode *node)
{
  return node->attributes->len == 1 ? g_ptr_array_index (node->attributes, 0) : NULL;
}

static gboolean
infer_constant (const LatentNode *node, GError **error)
{
  const LatentAttribute *value = get_value (node);
  LatentShape list = {1, {value != NULL ? value->n : 0}};
  LatentShape scalar = {0};

  switch (value != NULL ? (gint)value->type : -1) {
  case LATENT_ATTRIBUTE_TENSOR:
    return latent_op_set_output (node, 0, value->tensor->type, &value->tensor->shape, error);
  case LATENT_ATTRIBUTE_FLOAT:
    return latent_op_set_output (node, 0, LATENT_DATA_TYPE_FLOAT32, &scalar, error);
  case LATENT_ATTRIBUTE_INT:
    return latent_op_set_output (node, 0, LATENT_DATA_TYPE_INT64, &scalar, error);
  case LATENT_ATTRIBUTE_FLOATS:
    return latent_op_set_output (node, 0, LATENT_DATA_TYPE_FLOAT32, &list, error);
  case LATENT_ATTRIBUTE_INTS:
    return latent_op_set_output (node, 0, LATENT_DATA_TYPE_INT64, &list, error);
  default:
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
        "wants exactly one attribute that holds a value, has %u attributes", node->attributes->len);
    return FALSE;
  }
}

static gboolean
eval_constant (const LatentEval *eval, GError **error)
{
  const LatentAttribute *value = get_value (eval->node);
  const LatentView *dst = &eval->dst[0];
  gsize size = dst->n * latent_data_type_get_size (dst->type);
  gconstpointer src = value->type == LATENT_ATTRIBUTE_TENSOR   ? value->tensor->data
                      : value->type == LATENT_ATTRIBUTE_FLOAT  ? (gconstpointer)&value->f
                      : value->type == LATENT_ATTRIBUTE_INT    ? (gconstpointer)&value->i
                      : value->type == LATENT_ATTRIBUTE_FLOATS ? (gconstpointer)value->floats
                                                               : (gconstpointer)value->ints;

  if (size > 0)
    memcpy (dst->data, src, size);
  return TRUE;
}

static gboolean
infer_constant_of_shape (const LatentNode *node, GError **error)
{
  const LatentAttribute *value = latent_node_find_attribute (node, "value");
  LatentShape dst = {0};

  if (value != NULL && value->tensor->n_elements != 1) {
    latent_op_set_shape_error (error, "value", "one element", &value->tensor->shape);
    return FALSE;
  }
  return latent_op_get_constant_ints (node, 0, "shape", LATENT_MAX_DIMS, dst.dims, &dst.n, error) &&
         latent_op_set_output (
             node, 0, value != NULL ? value->tensor->type : LATENT_DATA_TYPE_FLOAT32, &dst, error);
}

static gboolean
eval_constant_of_shape (const LatentEval *eval, GError **error)
{
  const LatentAttribute *value = latent_node_find_attribute (eval->node, "value");
  const LatentView *dst = &eval->dst[0];
  gsize size = latent_data_type_get_size (dst->type);

  if (value == NULL && dst->n > 0)
    memset (dst->data, 0, dst->n * size);
  for (gsize i = 0; value != NULL && i < dst->n; i++)
    memcpy ((guint8 *)dst->data + i * size, value->tensor->data, size);
  return TRUE;
}

/* start and end of opset 15 take a part of the dimensions, clamped as Python does. */
static void
get_range_of_dims (const LatentNode *node, gint64 n, gint64 *begin, gint64 *end)
{
  *begin = latent_node_get_int (node, "start", 0);
  *end = latent_node_get_int (node, "end", n);
  *begin = CLAMP (*begin < 0 ? *begin + n : *begin, 0, n);
  *end = CLAMP (*end < 0 ? *end + n : *end, *begin, n);
}

static gboolean
infer_shape (const LatentNode *node, GError **error)
{
  gint64 begin, end;
  LatentShape dst = {1, {0}};

  get_range_of_dims (node, latent_op_get_shape (node, 0)->n, &begin, &end);
  dst.dims[0] = end - begin;
  return latent_op_set_output (node, 0, LATENT_DATA_TYPE_INT64, &dst, error);
}

static gboolean
eval_shape (const LatentEval *eval, GError **error)
{
  gint64 begin, end;
  gint64 *dst = eval->dst[0].data;

  get_range_of_dims (eval->node, eval->src[0].shape.n, &begin, &end);
  for (gint64 i = begin; i < end; i++)
    dst[i - begin] = eval->src[0].shape.dims[i];
  return TRUE;
}

static gboolean
infer_size (const LatentNode *node, GError **error)
{
  LatentShape scalar = {0};

  return latent_op_set_output (node, 0, LATENT_DATA_TYPE_INT64, &scalar, error);
}

static gboolean
eval_size (const LatentEval *eval, GError **error)
{
  *(gint64 *)eval->dst[0].data = (gint64)eval->src[0].n;
  return TRUE;
}

/* Elements of start, start + delta, ... on this side of limit, of integers. */
static guint64
count_integers (gint64 start, gint64 limit, gint64 delta)
{
  guint64 distance = delta > 0 ? (guint64)limit - (guint64)start : (guint64)start - (guint64)limit;
  guint64 step = delta > 0 ? (guint64)delta : 0 - (guint64)delta;

  if (delta > 0 ? limit <= start : limit >= start)
    return 0;
  return (distance - 1) / step + 1;
}

static gboolean
infer_range (const LatentNode *node, GError **error)
{
  static const char *const names[] = {"start", "limit", "delta"};
  gboolean real = latent_data_type_is_real (latent_op_get_type (node, 0));
  gint64 ints[3] = {0};
  double reals[3] = {0}, count = 0;
  LatentShape dst = {1, {0}};

  for (guint i = 0; i < 3; i++) {
    guint n = 0;
    if (!latent_op_check_same_type (node, i, error) ||
        !latent_op_get_constant_doubles (node, i, names[i], 1, &reals[i], &n, error) ||
        (!real && !latent_op_get_constant_ints (node, i, names[i], 1, &ints[i], &n, error)))
      return FALSE;
    if (n != 1) {
      latent_op_set_shape_error (error, names[i], "one element", latent_op_get_shape (node, i));
      return FALSE;
    }
  }
  if (reals[2] != 0)
    count = real ? ceil ((reals[1] - reals[0]) / reals[2])
                 : (double)count_integers (ints[0], ints[1], ints[2]);
  if (reals[2] == 0 || !(count <= (double)LATENT_LIMIT_TENSOR_BYTES)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
        "a range from %g to %g by %g has no end, or exceeds the limit of a tensor", reals[0],
        reals[1], reals[2]);
    return FALSE;
  }
  dst.dims[0] = (gint64)fmax (count, 0);
  return latent_op_set_output (node, 0, latent_op_get_type (node, 0), &dst, error);
}

static gboolean
eval_range (const LatentEval *eval, GError **error)
{
  const LatentView *src = eval->src;
  const LatentView *dst = &eval->dst[0];
  gboolean real = latent_data_type_is_real (dst->type);
  gint64 start = 0, delta = 0;
  double real_start = 0, real_delta = 0;

  latent_load_ints (src[0].type, src[0].data, 0, 1, &start);
  latent_load_ints (src[2].type, src[2].data, 0, 1, &delta);
  latent_load_doubles (src[0].type, src[0].data, 0, 1, &real_start);
  latent_load_doubles (src[2].type, src[2].data, 0, 1, &real_delta);
  for (gsize i = 0; i < dst->n; i++) {
    double real_value = real_start + (double)i * real_delta;
    gint64 value = (gint64)((guint64)start + i * (guint64)delta);
    if (real)
      latent_store_doubles (dst->type, dst->data, i, 1, &real_value);
    else
      latent_store_ints (dst->type, dst->data, i, 1, &value);
  }
  return TRUE;
}

#define CONSTANT(since, last, attributes)                                                          \
  {                                                                                                \
    "Constant", "", since, last, 0, 0, 1, 1, LATENT_TYPES_ALL, attributes, infer_constant,         \
        eval_constant                                                                              \
  }

const LatentOp latent_ops_constant[] = {
    CONSTANT (6, 11, "value:t"),
    CONSTANT (
        12, LATENT_OPSET_MAX, "value:t value_float:f value_floats:F value_int:i value_ints:I"),
    {"ConstantOfShape",       "", 9, LATENT_OPSET_MAX, 1, 1, 1, 1, LATENT_TYPES_INDEX, "value:t",
                                                                                          infer_constant_of_shape, eval_constant_of_shape},
    {"Shape",                      "", 6, 14, 1, 1, 1, 1, LATENT_TYPES_ALL, "", infer_shape, eval_shape},
    {"Shape",                      "", 15, LATENT_OPSET_MAX, 1, 1, 1, 1, LATENT_TYPES_ALL, "end:i start:i", infer_shape,
                                                                                          eval_shape},
    {"Size",                      "", 6, LATENT_OPSET_MAX, 1, 1, 1, 1, LATENT_TYPES_ALL, "", infer_size, eval_size},
    {"Range",     "", 11, LATENT_OPSET_MAX, 3, 3, 1, 1, LATENT_TYPES_REAL | LATENT_TYPES_INT, "",
                                                                                          infer_range, eval_range},
    {0},
};
