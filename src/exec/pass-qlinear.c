/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/exec/pass-weights.h"
#include "src/exec/passes.h"

/* QLinearConv and QLinearMatMul as QuantizeLinear and DequantizeLinear say the same: what comes
 * after knows that form alone. */

/* Inputs of both operators. */
enum { SRC, SRC_SCALE, SRC_ZERO, WEIGHTS, WEIGHTS_SCALE, WEIGHTS_ZERO, DST_SCALE, DST_ZERO, BIAS };

static const LatentTensor *
get_data (const LatentNode *node, guint i)
{
  const LatentValue *value = latent_node_get_input (node, i);

  return value != NULL ? value->data : NULL;
}

/* Whether all that says how integers stand for reals is constant, and the weights with it. */
static gboolean
is_constant (const LatentNode *node)
{
  const gboolean has_bias = latent_node_get_input (node, BIAS) != NULL;

  for (guint i = SRC_SCALE; i <= DST_ZERO; i++)
    if (get_data (node, i) == NULL)
      return FALSE;
  return !has_bias || get_data (node, BIAS) != NULL;
}

/* Scales and zero points of the weights, one or one for each of the outputs, along `axis`. */
static LatentQuantization *
read_weights (const LatentNode *node, guint axis)
{
  const LatentTensor *scales = get_data (node, WEIGHTS_SCALE);
  const LatentTensor *zeros = get_data (node, WEIGHTS_ZERO);
  const guint n = (guint)MAX (scales->n_elements, zeros->n_elements);
  LatentQuantization *quantization = latent_quantization_new (n, axis);

  for (guint i = 0; i < n; i++) {
    quantization->scales[i] = (float)latent_tensor_get_double (
        scales, scales->n_elements == 1 ? 0 : i);
    quantization->zero_points[i] = (gint32)latent_tensor_get_double (
        zeros, zeros->n_elements == 1 ? 0 : i);
  }
  return quantization;
}

static LatentTensor *
make_reals (const LatentTensor *integers, const LatentQuantization *quantization, GError **error)
{
  LatentTensor *tensor = latent_tensor_new_shape (
      LATENT_DATA_TYPE_FLOAT32, &integers->shape, error);
  float *dst;

  if (tensor == NULL)
    return NULL;
  dst = latent_tensor_get_writable_data (tensor);
  for (gsize i = 0; i < integers->n_elements; i++) {
    const guint c = latent_quantization_find (quantization, &integers->shape, i);
    dst[i] = (float)(latent_tensor_get_double (integers, i) - quantization->zero_points[c]) *
             quantization->scales[c];
  }
  return tensor;
}

/* Integers of 32 bits in steps of the products of the sources' scales. */
static LatentTensor *
make_bias (const LatentNode *node, const LatentQuantization *weights, GError **error)
{
  const LatentTensor *bias = get_data (node, BIAS);
  const double scale = latent_tensor_get_double (get_data (node, SRC_SCALE), 0);
  LatentTensor *tensor = latent_tensor_new_shape (LATENT_DATA_TYPE_FLOAT32, &bias->shape, error);
  float *dst;

  if (tensor == NULL)
    return NULL;
  dst = latent_tensor_get_writable_data (tensor);
  for (gsize i = 0; i < bias->n_elements; i++)
    dst[i] = (float)(latent_tensor_get_double (bias, i) * scale *
                     (double)weights->scales[weights->n == 1 ? 0 : i]);
  return tensor;
}

/* What a node says of its source or result, as a value's. */
static LatentQuantization *
read_scalar (const LatentNode *node, guint scale, guint zero)
{
  LatentQuantization *quantization = latent_quantization_new (1, 0);

  quantization->scales[0] = (float)latent_tensor_get_double (get_data (node, scale), 0);
  quantization->zero_points[0] = (gint32)latent_tensor_get_double (get_data (node, zero), 0);
  return quantization;
}

/* Puts DequantizeLinear at `position`, of what input `input` says; gives the reals. */
static LatentValue *
add_reals (LatentGraph *graph, guint position, const LatentNode *node, guint input, GError **error)
{
  LatentValue *integers = latent_node_get_input (node, input), like = *integers, *value;
  LatentNode *quantizer;

  like.quantization = read_scalar (node, input + 1, input + 2);
  quantizer = latent_pass_add_quantizer (graph, position, "DequantizeLinear", &like, error);
  latent_quantization_free (like.quantization);
  if (quantizer == NULL)
    return NULL;
  value = latent_pass_add_float (graph, integers);
  quantizer->inputs->pdata[0] = integers;
  latent_node_add_output (quantizer, value);
  value->producer = quantizer;
  return value;
}

static gboolean
add_integers (
    LatentGraph *graph, guint position, LatentNode *node, LatentQuantization *how, GError **error)
{
  LatentValue *integers = latent_node_get_output (node, 0);
  gboolean done;

  latent_value_set_quantization (integers, how);
  done = latent_pass_quantize_output (graph, position, node, error);
  latent_value_set_quantization (integers, NULL); /* latent_pass_quantize() sets it where it does */
  return done;
}

/* Node i, which stands at i + 1 then. */
static gboolean
expand (LatentGraph *graph, guint i, GError **error)
{
  LatentNode *node = g_ptr_array_index (graph->nodes, i);
  const gboolean is_conv = latent_node_is (node, "QLinearConv");
  const LatentValue *weights = latent_node_get_input (node, WEIGHTS);
  g_autofree char *name = g_strdup (weights->name);
  g_autoptr (LatentQuantization) how = read_weights (node, is_conv ? 0 : weights->shape.n - 1);
  g_autoptr (LatentQuantization) dst = read_scalar (node, DST_SCALE, DST_ZERO);
  g_autoptr (LatentTensor) reals = make_reals (weights->data, how, error), bias = NULL;
  LatentValue *src, *constant;

  if (reals == NULL ||
      (latent_node_get_input (node, BIAS) != NULL && (bias = make_bias (node, how, error)) == NULL))
    return FALSE;
  src = add_reals (graph, i, node, SRC, error);
  if (src == NULL)
    return FALSE;
  g_ptr_array_set_size (node->inputs, 0);
  g_ptr_array_add (node->inputs, src);
  constant = latent_pass_set_constant (graph, node, 1, name, g_steal_pointer (&reals));
  latent_value_set_quantization (constant, g_steal_pointer (&how));
  if (bias != NULL)
    latent_pass_set_constant (graph, node, 2, "bias", g_steal_pointer (&bias));
  g_free (node->op_type);
  node->op_type = g_strdup (is_conv ? "Conv" : "MatMul");
  return add_integers (graph, i + 2, node, g_steal_pointer (&dst), error);
}

gboolean
latent_pass_expand_qlinear (LatentGraph *graph, GError **error)
{
  for (guint i = 0; i < graph->nodes->len; i++) {
    const LatentNode *node = g_ptr_array_index (graph->nodes, i);
    if ((!latent_node_is (node, "QLinearConv") && !latent_node_is (node, "QLinearMatMul")) ||
        !is_constant (node))
      continue;
    if (!expand (graph, i, error))
      return FALSE;
    i += 2;
  }
  latent_graph_prune (graph);
  latent_graph_index (graph);
  return TRUE;
}
