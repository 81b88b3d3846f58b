/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/dnn/emit.h"
#include "src/exec/pass-spread.h"
#include "src/exec/pass-weights.h"
#include "src/exec/passes.h"
#include "src/ops/op.h"

static LatentTensor *
repeat_bias (const LatentTensor *old, gint64 times, GError **error)
{
  const LatentShape shape = {1, {(gint64)old->n_elements * times}};
  LatentTensor *bias = latent_tensor_new_shape (old->type, &shape, error);

  for (gint64 i = 0; bias != NULL && i < times; i++)
    memcpy ((guint8 *)latent_tensor_get_writable_data (bias) + (gsize)i * old->size, old->data,
        old->size);
  return bias;
}

/* How the spread weights stand for reals where the old ones do so by their outputs. */
static LatentQuantization *
spread_quantization (const LatentValue *old, gint64 area)
{
  const LatentQuantization *from = old->quantization;
  LatentQuantization *to;

  if (from == NULL || from->n == 1)
    return latent_quantization_copy (from);
  if (from->axis != 1)
    return NULL;
  to = latent_quantization_new (from->n * (guint)area, 0);
  for (guint i = 0; i < to->n; i++) {
    to->scales[i] = from->scales[i % from->n];
    to->zero_points[i] = from->zero_points[i % from->n];
  }
  return to;
}

/* A node of the table's newest opset that both sides know, between `src` and `dst`. */
static LatentNode *
add_node (LatentGraph *graph, guint position, const char *op_type, const LatentNode *like,
    LatentValue *src, LatentValue *dst)
{
  LatentNode *node = latent_graph_add_node (graph, op_type, like->name);

  node->opset = 13;
  latent_node_add_input (node, src);
  latent_node_add_output (node, dst);
  g_ptr_array_steal_index (graph->nodes, graph->nodes->len - 1);
  g_ptr_array_insert (graph->nodes, (gint)position, node);
  dst->producer = node;
  src->n_uses++;
  return node;
}

/* A node that gives `src` another shape, which is written to `shape`. */
static LatentNode *
add_reshape (LatentGraph *graph, guint position, const LatentNode *like, LatentValue *src,
    LatentValue *dst, const gint64 *dims, guint n)
{
  LatentNode *node = add_node (graph, position, "Reshape", like, src, dst);

  latent_pass_set_constant (graph, node, 1, "shape", latent_tensor_new_int64s (dims, n));
  return node;
}

/* Channels b c at each place of one dimension become c at b times as many places. Of channels-last
 * data nothing moves. */
static gboolean
add_depth_to_line (LatentGraph *graph, guint position, const LatentNode *like, gint64 block,
    LatentValue *src, LatentValue *dst, GError **error)
{
  static const gint64 order[] = {0, 2, 3, 1};
  const gint64 *to = dst->shape.dims;
  const gint64 split[] = {to[0], block, to[1], to[2] / block}, joined[] = {to[0], to[1], to[2]};
  LatentValue *blocks = latent_graph_add_value (graph, like->name);
  LatentValue *turned = latent_graph_add_value (graph, like->name);
  LatentNode *reshape = add_reshape (graph, position, like, src, blocks, split, 4);
  LatentNode *transpose = add_node (graph, position + 1, "Transpose", like, blocks, turned);
  LatentNode *join = add_reshape (graph, position + 2, like, turned, dst, joined, 3);

  latent_node_set_ints (transpose, "perm", order, G_N_ELEMENTS (order));
  return latent_op_infer (reshape, error) && latent_op_infer (transpose, error) &&
         latent_op_infer (join, error);
}

static gboolean
add_depth_to_space (LatentGraph *graph, guint position, const LatentNode *like, gint64 block,
    LatentValue *src, LatentValue *dst, GError **error)
{
  LatentNode *shuffle = add_node (graph, position, "DepthToSpace", like, src, dst);

  latent_node_set_int (shuffle, "blocksize", block);
  return latent_op_infer (shuffle, error);
}

/* ConvTranspose node i as Conv and what brings its channels to their places. */
static gboolean
replace_transposed (LatentGraph *graph, guint i, const LatentSpread *spread, GError **error)
{
  const gint64 pads[2][4] = {
      {spread->before, spread->after},
      { spread->before, spread->before, spread->after, spread->after}
  };
  gint64 area = latent_spread_get_area (spread);
  LatentNode *old = g_ptr_array_index (graph->nodes, i);
  LatentValue *src = latent_node_get_input (old, 0), *dst = latent_node_get_output (old, 0);
  const LatentValue *old_bias = latent_node_get_input (old, 2);
  g_autoptr (LatentTensor)
      weights = latent_spread_weights (spread, latent_node_get_input (old, 1)->data, error);
  g_autoptr (LatentTensor) bias = NULL;
  LatentValue *between;
  LatentNode *conv;

  if (weights == NULL)
    return FALSE;
  if (old_bias != NULL && (bias = repeat_bias (old_bias->data, area, error)) == NULL)
    return FALSE;
  between = latent_graph_add_value (graph, old->name);
  conv = add_node (graph, i + 1, "Conv", old, src, between);
  latent_node_set_ints (conv, "pads", pads[spread->n - 1], 2 * spread->n);
  latent_value_set_quantization (
      latent_pass_set_constant (graph, conv, 1, "spread weights", g_steal_pointer (&weights)),
      spread_quantization (latent_node_get_input (old, 1), area));
  if (bias != NULL)
    latent_pass_set_constant (graph, conv, 2, "repeated bias", g_steal_pointer (&bias));
  g_ptr_array_set_size (old->outputs, 0); /* for prune: nobody needs it any more */
  return latent_op_infer (conv, error) &&
         (spread->n == 2 ? add_depth_to_space : add_depth_to_line) (
             graph, i + 2, old, spread->block, between, dst, error);
}

/* DepthToSpace in CRD order, as PyTorch's PixelShuffle is exported, moves single numbers of
 * channels-last data; DCR moves runs of channels. */
static gboolean
reorder_channels (LatentGraph *graph, LatentNode *shuffle, GError **error)
{
  LatentNode *conv = latent_pass_find_convolution (latent_node_get_input (shuffle, 0));
  gint64 block = latent_node_get_int (shuffle, "blocksize", 1);
  gint64 area = block * block, n;
  g_autofree gint64 *rows = NULL;

  if (conv == NULL)
    return TRUE;
  n = latent_pass_count_channels (conv) / area;
  rows = g_new (gint64, (gsize)(n * area));
  for (gint64 c = 0; c < n; c++)
    for (gint64 place = 0; place < area; place++)
      rows[place * n + c] = c * area + place;
  if (!latent_pass_permute_channels (graph, conv, rows, error))
    return FALSE;
  latent_node_set_string (shuffle, "mode", "DCR");
  return TRUE;
}

/* Whether a node does nothing but move its first input's numbers. */
static gboolean
is_mover (const LatentNode *node)
{
  return latent_node_is (node, "DepthToSpace") || latent_node_is (node, "Reshape") ||
         latent_node_is (node, "Transpose");
}

/* An elementwise node behind what only moves numbers changes places with it, so that it can be
 * fused into what comes before: x -> mover -> y -> node -> z becomes x -> node -> y -> mover -> z,
 * and so on. */
static void
swap_with_movers (LatentGraph *graph, guint i)
{
  LatentNode *node = g_ptr_array_index (graph->nodes, i);

  while (latent_node_get_output (node, 0) != NULL && latent_dnn_is_eltwise (node)) {
    LatentValue *y = latent_node_get_input (node, 0), *z = latent_node_get_output (node, 0);
    LatentNode *mover = latent_pass_get_only_producer (y);
    LatentValue *x;
    guint position = 0;
    if (mover == NULL || !is_mover (mover))
      return;
    x = latent_node_get_input (mover, 0);
    node->inputs->pdata[0] = x;
    node->outputs->pdata[0] = y;
    y->shape = x->shape;
    y->producer = node;
    mover->inputs->pdata[0] = y;
    mover->outputs->pdata[0] = z;
    z->producer = mover;
    g_ptr_array_find (graph->nodes, mover, &position);
    graph->nodes->pdata[position] = node;
    graph->nodes->pdata[i] = mover;
    i = position;
  }
}

static gboolean
rearrange_node (LatentGraph *graph, guint i, LatentPrecision precision, GError **error)
{
  LatentNode *node = g_ptr_array_index (graph->nodes, i);

  if (latent_node_is (node, "ConvTranspose") && node->outputs->len > 0 &&
      latent_node_get_output (node, 0) != NULL && latent_pass_has_constant_weights (node)) {
    LatentSpread spread = {0};
    return !latent_spread_find (&spread, node, precision) ||
           replace_transposed (graph, i, &spread, error);
  }
  if (latent_node_is (node, "DepthToSpace") &&
      strcmp (latent_node_get_string (node, "mode", "DCR"), "CRD") == 0)
    return reorder_channels (graph, node, error);
  if (node->outputs->len > 0)
    swap_with_movers (graph, i);
  return TRUE;
}

gboolean
latent_pass_rearrange (LatentGraph *graph, LatentPrecision precision, GError **error)
{
  for (guint i = 0; i < graph->nodes->len; i++)
    if (!rearrange_node (graph, i, precision, error)) {
      g_autofree char *name = latent_node_describe (g_ptr_array_index (graph->nodes, i));
      g_prefix_error (error, "%s: ", name);
      return FALSE;
    }
  latent_graph_prune (graph);
  return TRUE;
}
