/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/exec/effort.h"

#include "src/exec/pass-weights.h"
#include "src/ops/op.h"

/* What takes one thread some 10 us is not worth calling others for. */
#define SMALL_MACS  (1 << 19)
#define SMALL_BYTES (64 << 10)

static gsize
count_bytes (const GPtrArray *values)
{
  gsize bytes = 0;

  for (guint i = 0; i < values->len; i++) {
    const LatentValue *value = g_ptr_array_index (values, i);
    if (value != NULL && value->data == NULL)
      bytes += latent_shape_product (&value->shape, 0, value->shape.n) *
               latent_data_type_get_size (value->type);
  }
  return bytes;
}

/* Steps of a sequence, which come one after the other; 1 for nodes that are none. */
static guint64
count_steps (const LatentNode *node)
{
  const LatentValue *src = latent_node_get_input (node, 0);

  if (!latent_node_is (node, "GRU") && !latent_node_is (node, "LSTM") &&
      !latent_node_is (node, "RNN"))
    return 1;
  return (guint64)MAX (src->shape.dims[latent_node_get_int (node, "layout", 0) != 0 ? 1 : 0], 1);
}

guint
latent_effort_choose_threads (const LatentNode *node, guint threads)
{
  const LatentOp *op = latent_op_find (node->op_type, node->domain, node->opset);
  guint64 macs = op->macs != NULL ? op->macs (node) / count_steps (node) : 0;

  if (macs >= SMALL_MACS ||
      (macs == 0 && count_bytes (node->inputs) + count_bytes (node->outputs) >= SMALL_BYTES))
    return threads;
  return 1;
}
