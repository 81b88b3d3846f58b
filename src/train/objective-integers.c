/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include "src/base/numeric.h"
#include "src/ops/quantize.h"
#include "src/train/objective-private.h"

/* Weights and biases that a file holds as integers, with a DequantizeLinear each. */

static gboolean
is_op (const LatentNode *node, const char *op)
{
  return *node->domain == '\0' && g_str_equal (node->op_type, op);
}

/* Whether a node reads integers of the file, with constant scales. */
static gboolean
reads_integers (const LatentNode *node)
{
  const LatentValue *src = latent_node_get_input (node, 0);
  const LatentValue *scale = latent_node_get_input (node, 1);
  const LatentValue *zero_point = latent_node_get_input (node, 2);

  return is_op (node, "DequantizeLinear") && src != NULL && src->data != NULL && scale != NULL &&
         scale->data != NULL && (zero_point == NULL || zero_point->data != NULL);
}

/* What it makes of them. The caller's. */
static LatentTensor *
dequantize (const LatentNode *node, const LatentQuantizeParams *params, GError **error)
{
  const LatentTensor *src = latent_node_get_input (node, 0)->data;
  const LatentTensor *scales = latent_node_get_input (node, 1)->data;
  const LatentValue *zero_points = latent_node_get_input (node, 2);
  LatentTensor *tensor = latent_tensor_new_shape (LATENT_DATA_TYPE_FLOAT32, &src->shape, error);
  float *dst = tensor != NULL ? latent_tensor_get_writable_data (tensor) : NULL;

  for (gsize i = 0; tensor != NULL && i < src->n_elements; i++) {
    gsize channel = i / params->inner % params->channels;
    gint64 zero_point = zero_points != NULL ? latent_tensor_get_int (zero_points->data, channel)
                                            : 0;
    dst[i] = (float)(latent_tensor_get_int (src, i) - zero_point) *
             (float)latent_tensor_get_double (scales, channel);
  }
  return tensor;
}

/* Its opposite: floats of the tensor's shape to integers like those that there are. */
static LatentTensor *
quantize (
    const LatentNode *node, const LatentQuantizeParams *params, const float *values, GError **error)
{
  const LatentTensor *old = latent_node_get_input (node, 0)->data;
  const LatentTensor *scales = latent_node_get_input (node, 1)->data;
  const LatentValue *zero_points = latent_node_get_input (node, 2);
  LatentTensor *tensor = latent_tensor_new_shape (old->type, &old->shape, error);
  gpointer dst = tensor != NULL ? latent_tensor_get_writable_data (tensor) : NULL;
  gint64 least, most;

  latent_quantize_get_limits (old->type, &least, &most);
  for (gsize i = 0; tensor != NULL && i < old->n_elements; i++) {
    gsize channel = i / params->inner % params->channels;
    gint64 zero_point = zero_points != NULL ? latent_tensor_get_int (zero_points->data, channel)
                                            : 0;
    double integer = rint (values[i] / (float)latent_tensor_get_double (scales, channel)) +
                     (double)zero_point;
    gint64 kept = (gint64)CLAMP (integer, (double)least, (double)most);
    latent_store_ints (old->type, dst, i, 1, &kept);
  }
  return tensor;
}

/* The integers' place is taken by reals of their name, which are rounded again in front of the node
 * where they have 8 or 16 bits; those of 32 are as good as reals. */
static gboolean
open_node (LatentGraph *graph, LatentNode *node, GError **error)
{
  LatentValue *integers = latent_node_get_input (node, 0), *reals, *dst;
  gboolean is_wide = integers->type == LATENT_DATA_TYPE_INT32;
  g_autofree char *name = g_strdup (integers->name);
  g_autofree char *other = g_strconcat (name, "/integers", NULL);
  g_autoptr (LatentTensor) tensor = NULL;
  LatentQuantizeParams params;
  LatentNode *round;

  if (!latent_quantize_get_params (node, &params, error))
    return FALSE;
  tensor = dequantize (node, &params, error);
  if (tensor == NULL || !latent_graph_rename_value (graph, integers, other))
    return tensor != NULL; /* a name of the file's own: these are left alone */
  reals = latent_graph_add_constant (graph, name, tensor);
  reals->is_parameter = TRUE;
  if (is_wide) {
    dst = latent_node_get_output (node, 0);
    latent_graph_replace_uses (graph, dst, reals);
    return TRUE;
  }
  round = latent_graph_add_node (graph, "QuantizeLinear", name);
  round->opset = node->opset;
  latent_node_add_input (round, reals);
  for (guint i = 1; i < node->inputs->len; i++)
    latent_node_add_input (round, latent_node_get_input (node, i));
  for (guint i = 0; i < node->attributes->len; i++)
    latent_node_take_attribute (round, latent_attribute_copy (node->attributes->pdata[i]));
  dst = latent_graph_add_value (graph, NULL);
  latent_node_add_output (round, dst);
  node->inputs->pdata[0] = dst;
  return TRUE;
}

/* Scales and zero points are not learned. */
static void
freeze_scales (const LatentNode *node)
{
  for (guint i = 1; i < node->inputs->len; i++)
    if (latent_node_get_input (node, i) != NULL)
      latent_node_get_input (node, i)->is_parameter = FALSE;
}

gboolean
latent_objective_open_integers (LatentObjectiveMaker *maker, GError **error)
{
  LatentGraph *graph = maker->graph;
  guint n = graph->nodes->len;

  latent_graph_index (graph);
  for (guint i = 0; i < n; i++) {
    LatentNode *node = graph->nodes->pdata[i];
    if (!is_op (node, "QuantizeLinear") && !is_op (node, "DequantizeLinear"))
      continue;
    freeze_scales (node);
    if (reads_integers (node) && latent_node_get_input (node, 0)->is_parameter &&
        latent_node_get_input (node, 0)->n_uses == 1 && !open_node (graph, node, error))
      return FALSE;
  }
  return latent_graph_sort (graph, error);
}

LatentTensor *
latent_objective_close_integers (
    const LatentGraph *graph, const LatentValue *value, const float *values, GError **error)
{
  LatentQuantizeParams params;

  for (guint i = 0; i < graph->nodes->len; i++) {
    const LatentNode *node = graph->nodes->pdata[i];
    if (latent_node_get_input (node, 0) == value && reads_integers (node))
      return latent_quantize_get_params (node, &params, error)
                 ? quantize (node, &params, values, error)
                 : NULL;
  }
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
      "integers '%s' were learned, and no DequantizeLinear reads them", value->name);
  return NULL;
}
