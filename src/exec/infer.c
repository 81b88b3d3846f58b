/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/exec/infer.h"

#include "src/base/limits.h"
#include "src/ops/op.h"
#include "src/ops/quantize.h"

/* What one call may spend on folding. */
typedef struct {
  guint64 bytes_left;
  guint64 macs_left;
} FoldBudget;

static FoldBudget
get_budget (const LatentGraph *graph)
{
  FoldBudget budget = {LATENT_LIMIT_FOLDED_BYTES, LATENT_LIMIT_FOLDED_MACS};

  for (guint i = 0; i < graph->values->len; i++) {
    const LatentValue *value = g_ptr_array_index (graph->values, i);
    if (value->data != NULL)
      budget.bytes_left += LATENT_LIMIT_FOLDED_RATIO * value->data->size;
  }
  return budget;
}

/* What training may write to; integers are shape arithmetic. */
static gboolean
is_weight (const LatentValue *value)
{
  return value->is_parameter && value->type == LATENT_DATA_TYPE_FLOAT32;
}

static gboolean
is_constant (const LatentNode *node, LatentFold fold)
{
  for (guint i = 0; i < node->inputs->len; i++) {
    const LatentValue *value = latent_node_get_input (node, i);
    if (value == NULL)
      continue;
    if (value->data == NULL || (fold == LATENT_FOLD_KEEP_PARAMETERS && is_weight (value)))
      return FALSE;
  }
  return TRUE;
}

/* Shape and Size read no data: known shapes make them constants. */
static gboolean
reads_shape_only (const LatentNode *node)
{
  return *node->domain == '\0' &&
         (g_str_equal (node->op_type, "Shape") || g_str_equal (node->op_type, "Size"));
}

static void
set_view (LatentView *view, const LatentValue *value)
{
  *view = (LatentView){0};
  if (value == NULL)
    return;
  view->type = value->type;
  view->shape = value->shape;
  view->n = latent_shape_product (&value->shape, 0, value->shape.n);
  view->data = value->data != NULL ? value->data->data : NULL;
}

static void
unref_tensor (gpointer tensor)
{
  latent_tensor_unref (tensor);
}

static guint64
count_steps (const LatentNode *node, const LatentOp *op)
{
  if (op->steps != NULL)
    return op->steps (node);
  return op->macs != NULL ? op->macs (node) : 0;
}

static gboolean
take_budget (FoldBudget *budget, const LatentNode *node, const LatentOp *op, GError **error)
{
  guint64 macs = count_steps (node, op);
  guint64 bytes = op->scratch_size != NULL ? op->scratch_size (node) : 0;

  for (guint i = 0; i < node->outputs->len; i++) {
    const LatentValue *value = latent_node_get_output (node, i);
    gsize size = 0;
    if (value == NULL)
      continue;
    if (!latent_shape_count (&value->shape, value->type, NULL, &size, error))
      return FALSE;
    bytes += size;
  }
  if (bytes > budget->bytes_left || macs > budget->macs_left) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
        "constants computed from constants would exceed the limit of %s",
        bytes > budget->bytes_left ? "bytes (LATENT_LIMIT_FOLDED_BYTES)"
                                   : "work (LATENT_LIMIT_FOLDED_MACS)");
    return FALSE;
  }
  budget->bytes_left -= bytes;
  budget->macs_left -= macs;
  return TRUE;
}

static gboolean
allocate_outputs (const LatentNode *node, GPtrArray *tensors, LatentView *dst, GError **error)
{
  for (guint i = 0; i < node->outputs->len; i++) {
    const LatentValue *value = latent_node_get_output (node, i);
    LatentTensor *tensor = NULL;
    set_view (&dst[i], value);
    if (value != NULL) {
      tensor = latent_tensor_new_shape (value->type, &value->shape, error);
      if (tensor == NULL)
        return FALSE;
      dst[i].data = latent_tensor_get_writable_data (tensor);
    }
    g_ptr_array_add (tensors, tensor);
  }
  return TRUE;
}

/* Views of a node's inputs; what keeps their data in memory is added to `tensors`. */
static gboolean
load_inputs (const LatentNode *node, GPtrArray *tensors, LatentView *src, GError **error)
{
  for (guint i = 0; i < node->inputs->len; i++) {
    const LatentValue *value = latent_node_get_input (node, i);
    LatentTensor *tensor = NULL;
    set_view (&src[i], value);
    if (value == NULL || value->data == NULL)
      continue;
    tensor = latent_tensor_load (value->data, error);
    if (tensor == NULL)
      return FALSE;
    g_ptr_array_add (tensors, tensor);
    src[i].data = tensor->data;
  }
  return TRUE;
}

static gboolean
evaluate (const LatentNode *node, const LatentOp *op, GPtrArray *tensors, GError **error)
{
  g_autoptr (GPtrArray) inputs = g_ptr_array_new_with_free_func (unref_tensor);
  g_autofree LatentView *src = g_new0 (LatentView, node->inputs->len + 1);
  g_autofree LatentView *dst = g_new0 (LatentView, node->outputs->len + 1);
  gsize scratch_size = op->scratch_size != NULL ? op->scratch_size (node) : 0;
  g_autofree guint8 *scratch = g_try_malloc (scratch_size + 64);
  LatentEval eval = {.node = node,
      .n_src = node->inputs->len,
      .src = src,
      .n_dst = node->outputs->len,
      .dst = dst,
      .threads = 1};

  if (scratch == NULL) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT, "out of memory: %zu bytes of scratch",
        scratch_size);
    return FALSE;
  }
  eval.scratch = scratch + (64 - (gsize)scratch % 64) % 64;
  return load_inputs (node, inputs, src, error) && allocate_outputs (node, tensors, dst, error) &&
         op->eval (&eval, error);
}

/* What a constant of reals was made from, see LatentQuantization. */
static void
note_quantization (const LatentNode *node)
{
  if (g_str_equal (node->op_type, "DequantizeLinear"))
    latent_value_set_quantization (latent_node_get_output (node, 0), latent_quantize_read (node));
}

static gboolean
fold_node (const LatentNode *node, const LatentOp *op, FoldBudget *budget, GError **error)
{
  g_autoptr (GPtrArray) tensors = g_ptr_array_new_with_free_func (unref_tensor);

  if (!take_budget (budget, node, op, error) || !evaluate (node, op, tensors, error)) {
    g_autofree char *name = latent_node_describe (node);
    g_prefix_error (error, "%s: ", name);
    return FALSE;
  }
  for (guint i = 0; i < node->outputs->len; i++) {
    LatentValue *value = latent_node_get_output (node, i);
    if (value != NULL)
      value->data = latent_tensor_ref (g_ptr_array_index (tensors, i));
  }
  note_quantization (node);
  return TRUE;
}

gboolean
latent_exec_infer_and_fold (LatentGraph *graph, LatentFold fold, GError **error)
{
  FoldBudget budget = get_budget (graph);
  gboolean folded = FALSE;

  for (guint i = 0; i < graph->nodes->len; i++) {
    LatentNode *node = g_ptr_array_index (graph->nodes, i);
    const LatentOp *op = latent_op_find (node->op_type, node->domain, node->opset);

    if (!latent_op_infer (node, error))
      return FALSE;
    if (op->eval == NULL || !(is_constant (node, fold) || reads_shape_only (node)))
      continue;
    if (!fold_node (node, op, &budget, error))
      return FALSE;
    g_ptr_array_set_size (node->outputs, 0); /* for prune: nobody needs it any more */
    folded = TRUE;
  }
  if (folded)
    latent_graph_prune (graph);
  latent_graph_index (graph);
  return TRUE;
}

gboolean
latent_exec_infer (LatentGraph *graph, GError **error)
{
  return latent_exec_infer_and_fold (graph, LATENT_FOLD_ALL, error);
}

guint64
latent_exec_count_macs (const LatentGraph *graph)
{
  guint64 macs = 0;

  for (guint i = 0; i < graph->nodes->len; i++) {
    const LatentNode *node = g_ptr_array_index (graph->nodes, i);
    const LatentOp *op = latent_op_find (node->op_type, node->domain, node->opset);
    if (op != NULL && op->macs != NULL)
      macs += op->macs (node);
  }
  return macs;
}
