/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/exec/qdq.h"

#include <math.h>
#include <string.h>

#include "src/base/tensor.h"
#include "src/exec/pass-weights.h"

static gint32
get_least (LatentDataType type)
{
  return type == LATENT_DATA_TYPE_INT8 ? -128 : 0;
}

static gint32
get_most (LatentDataType type)
{
  return type == LATENT_DATA_TYPE_INT8 ? 127 : 255;
}

gint32
latent_qdq_round (const LatentQdqStep *step, float real)
{
  float integer = rintf (real / step->scale) + (float)step->zero_point;

  return (gint32)fminf (
      fmaxf (integer, (float)get_least (step->type)), (float)get_most (step->type));
}

float
latent_qdq_apply (const LatentQdqStep *step, float real)
{
  return (float)(latent_qdq_round (step, real) - step->zero_point) * step->scale;
}

gboolean
latent_qdq_is_in (const LatentGraph *graph)
{
  for (guint i = 0; i < graph->nodes->len; i++) {
    const LatentNode *node = graph->nodes->pdata[i];
    if (latent_node_is (node, "QuantizeLinear") || latent_node_is (node, "DequantizeLinear"))
      return TRUE;
  }
  return FALSE;
}

/* A constant called NAME/SUFFIX. Takes the tensor. */
static LatentValue *
add_constant (LatentGraph *graph, const char *name, const char *suffix, LatentTensor *tensor)
{
  g_autofree char *full = g_strconcat (name, "/", suffix, NULL);
  LatentValue *value = latent_graph_add_constant (graph, full, tensor);

  latent_tensor_unref (tensor);
  return value;
}

/* QuantizeLinear or DequantizeLinear; the zero point may be NULL. */
static LatentValue *
add_node (LatentGraph *graph, const char *op, const char *name, const char *suffix,
    LatentValue *src, LatentValue *scale, LatentValue *zero_point)
{
  g_autofree char *full = g_strconcat (name, "/", suffix, NULL);
  LatentNode *node = latent_graph_add_node (graph, op, full);
  LatentValue *dst = latent_graph_add_value (graph, full);

  latent_node_add_input (node, src);
  latent_node_add_input (node, scale);
  if (zero_point != NULL)
    latent_node_add_input (node, zero_point);
  latent_node_add_output (node, dst);
  dst->producer = node;
  return dst;
}

static LatentTensor *
new_zero_point (const LatentQdqStep *step)
{
  LatentTensor *tensor = latent_tensor_new (step->type, 0, NULL, NULL);
  guint8 *data = latent_tensor_get_writable_data (tensor);

  *data = (guint8)step->zero_point; /* the same bits for int8 */
  return tensor;
}

LatentValue *
latent_qdq_add_pair (LatentGraph *graph, LatentValue *value, const LatentQdqStep *step)
{
  LatentValue *scale = add_constant (
      graph, value->name, "scale", latent_tensor_new_float (step->scale));
  LatentValue *zero_point = add_constant (graph, value->name, "zero_point", new_zero_point (step));
  LatentValue *integers = add_node (
      graph, "QuantizeLinear", value->name, "quantized", value, scale, zero_point);

  return add_node (
      graph, "DequantizeLinear", value->name, "dequantized", integers, scale, zero_point);
}

static LatentTensor *
new_vector (LatentDataType type, gsize n, gconstpointer data, GError **error)
{
  const gint64 dims[] = {(gint64)n};
  LatentTensor *tensor = latent_tensor_new (type, 1, dims, error);

  if (tensor != NULL && data != NULL)
    memcpy (latent_tensor_get_writable_data (tensor), data, tensor->size);
  return tensor;
}

/* Puts a node that turns constants to reals before the node's input i. Takes the tensors. */
static void
set_dequantized (LatentGraph *graph, LatentNode *node, guint i, const char *name,
    LatentTensor *integers, LatentTensor *scales, LatentTensor *zero_points, guint axis)
{
  LatentValue *src = add_constant (graph, name, "quantized", integers);
  LatentValue *scale = add_constant (graph, name, "scale", scales);
  LatentValue *zero_point = zero_points != NULL
                                ? add_constant (graph, name, "zero_point", zero_points)
                                : NULL;
  LatentValue *dst = add_node (
      graph, "DequantizeLinear", name, "dequantized", src, scale, zero_point);

  src->is_parameter = TRUE;
  latent_node_set_int (dst->producer, "axis", axis);
  while (node->inputs->len <= i)
    g_ptr_array_add (node->inputs, NULL);
  node->inputs->pdata[i] = dst;
}

gboolean
latent_qdq_set_weights (LatentGraph *graph, LatentNode *node, LatentTensor *integers, guint axis,
    const float *scales, GError **error)
{
  g_autofree char *name = g_strdup (latent_node_get_input (node, 1)->name);
  gsize n = (gsize)integers->shape.dims[axis];
  g_autoptr (LatentTensor) scale = new_vector (LATENT_DATA_TYPE_FLOAT32, n, scales, error);
  g_autoptr (LatentTensor) zeros = new_vector (LATENT_DATA_TYPE_INT8, n, NULL, error);

  if (scale == NULL || zeros == NULL)
    return FALSE;
  set_dequantized (graph, node, 1, name, latent_tensor_ref (integers), g_steal_pointer (&scale),
      g_steal_pointer (&zeros), axis);
  return TRUE;
}

gboolean
latent_qdq_set_bias (LatentGraph *graph, LatentNode *node, const float *bias, gsize n,
    const float *scales, GError **error)
{
  const LatentValue *old = latent_node_get_input (node, 2);
  g_autofree char *name = old != NULL
                              ? g_strdup (old->name)
                              : g_strconcat (latent_node_get_output (node, 0)->name, "/bias", NULL);
  g_autoptr (LatentTensor) scale = new_vector (LATENT_DATA_TYPE_FLOAT32, n, scales, error);
  g_autoptr (LatentTensor) integers = new_vector (LATENT_DATA_TYPE_INT32, n, NULL, error);
  gint32 *dst;

  if (scale == NULL || integers == NULL)
    return FALSE;
  dst = latent_tensor_get_writable_data (integers);
  for (gsize i = 0; i < n; i++)
    dst[i] = (gint32)CLAMP (rint ((double)bias[i] / scales[i]), G_MININT32, G_MAXINT32);
  set_dequantized (
      graph, node, 2, name, g_steal_pointer (&integers), g_steal_pointer (&scale), NULL, 0);
  return TRUE;
}
