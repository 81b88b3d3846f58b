/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/exec/depth-output.h"

#include <string.h>

#include "src/exec/pass-weights.h"

const LatentNode *
latent_depth_output_find (const LatentGraph *graph, const LatentRequest *request)
{
  const LatentValue *value = graph->outputs->len == 1 ? g_ptr_array_index (graph->outputs, 0)
                                                      : NULL;
  const LatentNode *node = value != NULL && value->n_uses == 1 ? value->producer : NULL;
  gint64 block;

  if (!request->leaves_depth || node == NULL || !latent_node_is (node, "DepthToSpace") ||
      (value->type != LATENT_DATA_TYPE_FLOAT32 && request->level == 0))
    return NULL;
  block = latent_node_get_int (node, "blocksize", 1);
  return (block == 2 || block == 4) &&
                 strcmp (latent_node_get_string (node, "mode", "DCR"), "DCR") == 0
             ? node
             : NULL;
}

gboolean
latent_depth_output_is_left (const LatentNode *node, LatentBuilder *builder)
{
  const LatentValue *src = latent_node_get_input (node, 0);
  const LatentLayout *layout = latent_builder_get_layout (builder, src);
  g_autoptr (LatentLayout) last = latent_layout_new_channels_last (src->type, &src->shape);

  return layout != NULL && layout->is_strided && latent_layout_equal (layout, last);
}
