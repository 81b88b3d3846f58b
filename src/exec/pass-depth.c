/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/exec/pass-weights.h"
#include "src/exec/passes.h"

/* Pixels on their way from channels and back, as of a net that makes a picture and then refines it
 * at half its size. */

static gint64
get_block (const LatentNode *node)
{
  return latent_node_get_int (node, "blocksize", 1);
}

static gboolean
is_column_row (const LatentNode *node)
{
  return strcmp (latent_node_get_string (node, "mode", "DCR"), "CRD") == 0;
}

/* The SpaceToDepth of `value`, before node `end`, that undoes a DepthToSpace of that block; NULL
 * where there is none. */
static LatentNode *
find_inverse (const LatentGraph *graph, const LatentValue *value, gint64 block, guint end)
{
  for (guint i = 0; i < end; i++) {
    LatentNode *node = g_ptr_array_index (graph->nodes, i);
    if (latent_node_is (node, "SpaceToDepth") && latent_node_get_input (node, 0) == value &&
        latent_node_get_output (node, 0) != NULL && get_block (node) == block)
      return node;
  }
  return NULL;
}

/* x + DepthToSpace (y) is DepthToSpace (SpaceToDepth (x) + y): where x is wanted as depth anyway
 * the sum can be fused into what makes y. */
static void
add_in_depth (LatentGraph *graph, guint i, guint input)
{
  LatentNode *add = g_ptr_array_index (graph->nodes, i);
  LatentValue *space = latent_node_get_input (add, input),
              *x = latent_node_get_input (add, 1 - input);
  LatentValue *sum = latent_node_get_output (add, 0), *y;
  LatentNode *shuffle = latent_pass_get_only_producer (space), *inverse;
  guint at = 0;

  if (shuffle == NULL || !latent_node_is (shuffle, "DepthToSpace") || is_column_row (shuffle) ||
      !latent_shape_equal (&x->shape, &space->shape) ||
      !g_ptr_array_find (graph->nodes, shuffle, &at))
    return;
  inverse = find_inverse (graph, x, get_block (shuffle), at);
  if (inverse == NULL)
    return;
  y = latent_node_get_input (shuffle, 0);
  space->shape = y->shape;
  add->inputs->pdata[input] = y;
  add->inputs->pdata[1 - input] = latent_node_get_output (inverse, 0);
  add->outputs->pdata[0] = space;
  shuffle->inputs->pdata[0] = space;
  shuffle->outputs->pdata[0] = sum;
  graph->nodes->pdata[at] = add;
  graph->nodes->pdata[i] = shuffle;
  latent_graph_index (graph);
}

/* Of DepthToSpace with block k m, and SpaceToDepth with block m: the channel of what the first
 * reads that channel i of what a DepthToSpace with block k reads must be, so that it alone makes
 * the result. */
static gint64
find_channel (gint64 i, gint64 k, gint64 m, gint64 n, gboolean column_row)
{
  gint64 channel = i % n, inner = i / n % (m * m), outer = i / (n * m * m);
  gint64 y = outer / k * m + inner / m, x = outer % k * m + inner % m;
  gint64 place = y * k * m + x;

  return column_row ? channel * k * m * k * m + place : place * n + channel;
}

/* A Conv's channels that become pixels, and these channels again: some of them at once. */
static gboolean
merge (LatentGraph *graph, LatentNode *gather, GError **error)
{
  LatentNode *spread = latent_pass_get_only_producer (latent_node_get_input (gather, 0)), *conv;
  g_autofree gint64 *channels = NULL;
  gint64 k, m = get_block (gather), n, all;

  if (spread == NULL || !latent_node_is (spread, "DepthToSpace") || get_block (spread) % m != 0 ||
      get_block (spread) == m)
    return TRUE;
  conv = latent_pass_find_convolution (latent_node_get_input (spread, 0));
  if (conv == NULL)
    return TRUE;
  k = get_block (spread) / m;
  all = latent_pass_count_channels (conv);
  n = all / (k * m * k * m);
  channels = g_new (gint64, (gsize)all);
  for (gint64 i = 0; i < all; i++)
    channels[i] = find_channel (i, k, m, n, is_column_row (spread));
  if (!latent_pass_permute_channels (graph, conv, channels, error))
    return FALSE;
  latent_node_set_int (spread, "blocksize", k);
  latent_node_set_string (spread, "mode", "DCR");
  spread->outputs->pdata[0] = latent_node_get_output (gather, 0);
  g_ptr_array_set_size (gather->outputs, 0); /* for prune */
  latent_graph_index (graph);
  return TRUE;
}

gboolean
latent_pass_depth (LatentGraph *graph, GError **error)
{
  for (guint i = 0; i < graph->nodes->len; i++) {
    const LatentNode *node = g_ptr_array_index (graph->nodes, i);
    for (guint input = 0;
         input < 2 && latent_node_is (node, "Add") && node->inputs->len == 2 &&
         latent_node_get_output (node, 0) != NULL && g_ptr_array_index (graph->nodes, i) == node;
         input++)
      add_in_depth (graph, i, input);
  }
  for (guint i = 0; i < graph->nodes->len; i++) {
    LatentNode *node = g_ptr_array_index (graph->nodes, i);
    if (latent_node_is (node, "SpaceToDepth") && latent_node_get_output (node, 0) != NULL &&
        !merge (graph, node, error))
      return FALSE;
  }
  latent_graph_prune (graph);
  return TRUE;
}
