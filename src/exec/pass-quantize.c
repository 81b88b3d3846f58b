/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include "src/exec/pass-weights.h"
#include "src/exec/passes.h"
#include "src/ops/quantize.h"

/* What a node that becomes one of integers is to read and write. */
typedef struct {
  LatentNode *node;
  LatentNode *src;      /* DequantizeLinear */
  LatentNode *residual; /* DequantizeLinear of what is added, or NULL */
  LatentNode *add;      /* the fused Add of it */
  LatentNode *dst;      /* QuantizeLinear of the result, or NULL: it stays float32 */
} Candidate;

static gboolean
is_byte (const LatentValue *value)
{
  return value->type == LATENT_DATA_TYPE_UINT8 || value->type == LATENT_DATA_TYPE_INT8;
}

/* The node that makes a value from integers that have one scale. */
static LatentNode *
get_dequantizer (const LatentValue *value)
{
  LatentNode *node = value != NULL ? value->producer : NULL;
  g_autoptr (LatentQuantization) quantization = NULL;

  if (node == NULL || !latent_node_is (node, "DequantizeLinear") ||
      !is_byte (latent_node_get_input (node, 0)))
    return NULL;
  quantization = latent_quantize_read (node);
  return quantization != NULL && quantization->n == 1 ? node : NULL;
}

/* The QuantizeLinear, with one scale, that alone reads a value. */
static LatentNode *
get_quantizer (const LatentValue *value, GHashTable *readers)
{
  LatentNode *node = g_hash_table_lookup (readers, value);
  g_autoptr (LatentQuantization) quantization = NULL;

  if (value->n_uses != 1 || node == NULL || !latent_node_is (node, "QuantizeLinear") ||
      latent_node_get_input (node, 0) != value || node->outputs->len != 1)
    return NULL;
  quantization = latent_quantize_read (node);
  return quantization != NULL && quantization->n == 1 ? node : NULL;
}

/* Dimension of the weights that counts outputs; -1 where the node is none that has integers. */
static gint
get_channel_axis (const LatentNode *node)
{
  const LatentValue *weights = latent_node_get_input (node, 1);

  if (latent_node_is (node, "Conv"))
    return 0;
  if (weights->shape.n != 2)
    return -1;
  if (latent_node_is (node, "MatMul"))
    return 1;
  if (latent_node_is (node, "Gemm") && latent_node_get_float (node, "alpha", 1) == 1 &&
      latent_node_get_float (node, "beta", 1) == 1 && latent_node_get_int (node, "transA", 0) == 0)
    return latent_node_get_int (node, "transB", 0) != 0 ? 0 : 1;
  return -1;
}

static gboolean
has_quantized_weights (const LatentNode *node)
{
  const LatentValue *weights = latent_node_get_input (node, 1);
  const LatentQuantization *quantization;
  gint axis;

  if (node->inputs->len < 2 || weights == NULL || !latent_pass_has_constant_weights (node))
    return FALSE;
  quantization = weights->quantization;
  axis = get_channel_axis (node);
  return axis >= 0 && quantization != NULL &&
         (quantization->n == 1 || quantization->axis == (guint)axis);
}

/* The integers of such weights, zero points taken off; NULL where one does not fit. */
static LatentTensor *
get_integers (const LatentValue *weights)
{
  const LatentQuantization *from = weights->quantization;
  const LatentShape *shape = &weights->shape;
  LatentTensor *tensor = latent_tensor_new_shape (LATENT_DATA_TYPE_INT8, shape, NULL);
  const float *src = weights->data->data;
  gint8 *dst;

  if (tensor == NULL)
    return NULL;
  dst = latent_tensor_get_writable_data (tensor);
  for (gsize i = 0; i < tensor->n_elements; i++) {
    float level = rintf (src[i] / from->scales[latent_quantization_find (from, shape, i)]);
    if (!(level >= -128 && level <= 127)) {
      latent_tensor_unref (tensor);
      return NULL;
    }
    dst[i] = (gint8)level;
  }
  return tensor;
}

/* What is fused: at most one Add that is no bias, of a residual that is float32 or integers. */
static void
find_residual (Candidate *self)
{
  const GPtrArray *fused = self->node->fused;

  for (guint i = 0; i < fused->len; i++) {
    LatentNode *add = g_ptr_array_index (fused, i);
    if (!latent_node_is (add, "Add") || latent_node_get_input (add, 1)->data != NULL)
      continue;
    self->add = add;
    self->residual = get_dequantizer (latent_node_get_input (add, 1));
  }
}

/* Whether a convolution that makes integers can read what it adds as reals. */
static gboolean
adds_reals (const Candidate *self)
{
  const LatentValue *value = latent_node_get_input (self->add, 1);

  return latent_node_is (self->node, "Conv") && value->type == LATENT_DATA_TYPE_FLOAT32 &&
         latent_shape_equal (&value->shape, &latent_node_get_output (self->node, 0)->shape);
}

/* The memory that the sum is made in holds the residual first: both are of one type, but for
 * reals that are read from where they lie. */
static void
find_destination (Candidate *self, GHashTable *readers)
{
  LatentValue *dst = latent_node_get_output (self->node, 0);

  self->dst = get_quantizer (dst, readers);
  if (self->add == NULL || (self->residual == NULL && adds_reals (self)))
    return;
  if (self->dst != NULL &&
      (self->residual == NULL || latent_node_get_input (self->residual, 0)->type !=
                                     latent_node_get_output (self->dst, 0)->type))
    self->dst = NULL;
  if (self->dst == NULL)
    self->residual = NULL;
}

gboolean
latent_pass_can_make_levels (LatentNode *node)
{
  Candidate self = {.node = node};

  if (!has_quantized_weights (node) || get_dequantizer (latent_node_get_input (node, 0)) == NULL)
    return FALSE;
  find_residual (&self);
  if (self.residual != NULL)
    return latent_node_get_input (self.residual, 0)->type == LATENT_DATA_TYPE_UINT8;
  return self.add == NULL || adds_reals (&self);
}

/* The integers that `node` (one of DequantizeLinear and QuantizeLinear) stands beside. FALSE where
 * they already stand for other reals. */
static gboolean
note (const LatentNode *node, LatentValue *integers)
{
  g_autoptr (LatentQuantization) quantization = latent_quantize_read (node);

  if (integers->quantization != NULL &&
      !latent_quantization_equal (integers->quantization, quantization))
    return FALSE;
  latent_value_set_quantization (integers, g_steal_pointer (&quantization));
  return TRUE;
}

static gboolean
note_all (const Candidate *self)
{
  return note (self->src, latent_node_get_input (self->src, 0)) &&
         (self->residual == NULL ||
             note (self->residual, latent_node_get_input (self->residual, 0))) &&
         (self->dst == NULL || note (self->dst, latent_node_get_output (self->dst, 0)));
}

static gboolean
convert (LatentGraph *graph, Candidate *self)
{
  const LatentValue *old = latent_node_get_input (self->node, 1);
  LatentTensor *integers = get_integers (old);
  LatentQuantization *quantization;
  LatentValue *weights;

  if (integers == NULL)
    return FALSE;
  if (!note_all (self)) {
    latent_tensor_unref (integers);
    return FALSE;
  }
  quantization = latent_quantization_copy (old->quantization);
  memset (quantization->zero_points, 0, quantization->n * sizeof *quantization->zero_points);
  weights = latent_pass_set_constant (graph, self->node, 1, old->name, integers);
  latent_value_set_quantization (weights, quantization);
  self->node->inputs->pdata[0] = latent_node_get_input (self->src, 0);
  if (self->residual != NULL)
    self->add->inputs->pdata[1] = latent_node_get_input (self->residual, 0);
  if (self->dst != NULL) {
    self->node->outputs->pdata[0] = latent_node_get_output (self->dst, 0);
    g_ptr_array_set_size (self->dst->outputs, 0); /* for prune: nobody needs it any more */
  }
  return TRUE;
}

/* A Relu where the integers of its result saturate at its 0. */
static gboolean
saturates (const LatentNode *node, const LatentNode *quantizer)
{
  g_autoptr (LatentQuantization) to = latent_quantize_read (quantizer);
  gboolean is_signed = latent_node_get_output (quantizer, 0)->type == LATENT_DATA_TYPE_INT8;

  return latent_node_is (node, "Relu") && to->zero_points[0] == (is_signed ? -128 : 0);
}

/* An Add of integers that makes integers. */
static gboolean
convert_add (LatentNode *node, GHashTable *readers)
{
  LatentNode *sources[2], *dst;

  if (!latent_node_is (node, "Add") || node->inputs->len != 2)
    return FALSE;
  dst = get_quantizer (latent_node_get_output (node, 0), readers);
  for (guint i = 0; i < 2; i++) {
    const LatentValue *value = latent_node_get_input (node, i);
    sources[i] = get_dequantizer (value);
    if (dst == NULL || sources[i] == NULL ||
        !latent_shape_equal (&value->shape, &latent_node_get_output (node, 0)->shape))
      return FALSE;
  }
  for (guint i = 0; i < node->fused->len; i++)
    if (!saturates (g_ptr_array_index (node->fused, i), dst))
      return FALSE;
  if (!note (sources[0], latent_node_get_input (sources[0], 0)) ||
      !note (sources[1], latent_node_get_input (sources[1], 0)) ||
      !note (dst, latent_node_get_output (dst, 0)))
    return FALSE;
  for (guint i = 0; i < 2; i++)
    node->inputs->pdata[i] = latent_node_get_input (sources[i], 0);
  node->outputs->pdata[0] = latent_node_get_output (dst, 0);
  g_ptr_array_set_size (dst->outputs, 0); /* for prune: nobody needs it any more */
  return TRUE;
}

/* For each value the node that reads it last. */
static GHashTable *
find_readers (const LatentGraph *graph)
{
  GHashTable *readers = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < graph->nodes->len; i++) {
    LatentNode *node = g_ptr_array_index (graph->nodes, i);
    for (guint j = 0; j < node->inputs->len; j++)
      g_hash_table_insert (readers, node->inputs->pdata[j], node);
  }
  return readers;
}

guint
latent_pass_quantize (LatentGraph *graph)
{
  g_autoptr (GHashTable) readers = find_readers (graph);
  guint n = 0;

  for (guint i = 0; i < graph->nodes->len; i++) {
    Candidate self = {.node = g_ptr_array_index (graph->nodes, i)};
    if (self.node->outputs->len == 0 || convert_add (self.node, readers) ||
        !has_quantized_weights (self.node))
      continue;
    self.src = get_dequantizer (latent_node_get_input (self.node, 0));
    if (self.src == NULL)
      continue;
    find_residual (&self);
    find_destination (&self, readers);
    n += convert (graph, &self);
  }
  latent_graph_prune (graph);
  latent_graph_index (graph);
  return n;
}
