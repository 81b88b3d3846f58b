/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/exec/host-step.h"

/* LatentStep.data of a host step. */
typedef struct {
  const LatentOp *op;
  gint *src; /* for each input of the node its operand, -1 where it is left out */
  gint *dst;
} HostStep;

typedef struct {
  LatentEval eval;
  LatentView *src;
  LatentView *dst;
} BoundHostStep;

static LatentView *
bind_views (const LatentStep *self, const LatentFrame *frame, const gint *operands, guint n)
{
  LatentView *views = g_new0 (LatentView, n + 1);

  for (guint i = 0; i < n; i++) {
    if (operands[i] < 0)
      continue;
    const LatentOperand *operand = latent_step_get_operand (self, (guint)operands[i]);
    const LatentShape *shape = &operand->layout->shape;
    views[i].type = operand->layout->type;
    views[i].shape = *shape;
    views[i].n = latent_shape_product (shape, 0, shape->n);
    views[i].data = latent_frame_get_address (frame, operand);
  }
  return views;
}

static gpointer
bind_host_step (const LatentStep *self, const LatentFrame *frame, GError **error)
{
  const HostStep *data = self->data;
  BoundHostStep *bound = g_new0 (BoundHostStep, 1);

  bound->src = bind_views (self, frame, data->src, self->node->inputs->len);
  bound->dst = bind_views (self, frame, data->dst, self->node->outputs->len);
  bound->eval = (LatentEval){.node = self->node,
      .n_src = self->node->inputs->len,
      .src = bound->src,
      .n_dst = self->node->outputs->len,
      .dst = bound->dst,
      .scratch = frame->scratch,
      .threads = self->threads};
  return bound;
}

static gboolean
run_host_step (const LatentStep *self, gpointer bound, GError **error)
{
  const HostStep *data = self->data;
  const BoundHostStep *step = bound;

  if (data->op->eval (&step->eval, error))
    return TRUE;
  if (error != NULL && *error != NULL) {
    g_autofree char *name = latent_node_describe (self->node);
    g_prefix_error (error, "%s: ", name);
  }
  return FALSE;
}

static void
unbind_host_step (const LatentStep *self, gpointer bound)
{
  BoundHostStep *step = bound;
  if (step == NULL)
    return;
  g_free (step->src);
  g_free (step->dst);
  g_free (step);
}

static void
clear_host_step (LatentStep *self)
{
  HostStep *data = self->data;
  g_free (data->src);
  g_free (data->dst);
  g_free (data);
}

static const LatentStepClass host_class = {
    bind_host_step, run_host_step, unbind_host_step, clear_host_step};

static LatentStep *
new_host_step (const LatentNode *node, const LatentOp *op)
{
  LatentStep *step = latent_step_new (&host_class, node, "loops");
  HostStep *data = g_new0 (HostStep, 1);

  data->op = op;
  data->src = g_new0 (gint, node->inputs->len + 1);
  data->dst = g_new0 (gint, node->outputs->len + 1);
  step->data = data;
  step->scratch_size = op->scratch_size != NULL ? op->scratch_size (node) : 0;
  return step;
}

/* Whether an input's elements are to lie as the outputs' do; one element lies as it likes. */
static gboolean
follows (const LatentValue *value, const LatentShape *shape)
{
  return value != NULL && latent_shape_equal (&value->shape, shape);
}

static gboolean
is_single (const LatentValue *value)
{
  return value == NULL || latent_shape_product (&value->shape, 0, value->shape.n) == 1;
}

/* Whether all that lies as `common` does are floats: oneDNN's blocks are of nothing else. */
static gboolean
has_floats_only (const GPtrArray *values, const LatentShape *shape)
{
  for (guint i = 0; i < values->len; i++) {
    const LatentValue *value = g_ptr_array_index (values, i);
    if (follows (value, shape) && value->type != LATENT_DATA_TYPE_FLOAT32)
      return FALSE;
  }
  return TRUE;
}

/* Convolutions of integers read channels-last data, so that is how their quantiser's input, where
 * nobody has settled it, had better come. */
static gboolean
wants_channels_last (LatentBuilder *builder, const LatentNode *node, const LatentValue *src)
{
  return src->shape.n > 2 && g_str_equal (node->op_type, "QuantizeLinear") &&
         latent_value_is_integer (latent_node_get_output (node, 0)) &&
         latent_builder_is_open (builder, src);
}

/* The layout that all arrays of an elementwise node can have: that of the first input that has its
 * output's shape (rather one that is no constant); channels-last where that lies in padded blocks.
 * NULL: row-major it is. */
static LatentLayout *
find_common_layout (LatentBuilder *builder, const LatentNode *node)
{
  const LatentValue *first = NULL;
  const LatentShape *shape = &latent_node_get_output (node, 0)->shape;
  const LatentLayout *home;
  g_autoptr (LatentLayout) dense = NULL;

  for (guint i = node->inputs->len; i-- > 0;) {
    const LatentValue *value = latent_node_get_input (node, i);
    if (follows (value, shape))
      first = first == NULL || value->data == NULL ? value : first;
    else if (!is_single (value))
      return NULL;
  }
  if (first != NULL && wants_channels_last (builder, node, first))
    return latent_layout_new_channels_last (first->type, shape);
  home = first != NULL ? latent_builder_get_layout (builder, first) : NULL;
  if (home == NULL || !latent_shape_equal (&home->shape, shape))
    return NULL;
  dense = latent_layout_new (first->type, shape);
  if (home->type != first->type) {
    g_autoptr (LatentLayout) typed = latent_layout_retype (home, first->type);
    return typed->size == dense->size ? g_steal_pointer (&typed) : NULL;
  }
  if (home->size == dense->size &&
      (home->is_strided ||
          (has_floats_only (node->inputs, shape) && has_floats_only (node->outputs, shape))))
    return latent_layout_ref ((LatentLayout *)home);
  return home->is_strided ? NULL : latent_layout_new_channels_last (first->type, shape);
}

static LatentLayout *
get_layout (LatentLayout *common, const LatentValue *value)
{
  if (common == NULL || !follows (value, &common->shape))
    return latent_layout_new (value->type, &value->shape);
  if (value->type == common->type)
    return latent_layout_ref (common);
  return latent_layout_new_strided (value->type, &value->shape, common->strides);
}

static gboolean
add_sources (LatentStep *step, LatentBuilder *builder, const LatentNode *node, LatentLayout *common,
    GError **error)
{
  HostStep *data = step->data;

  for (guint i = 0; i < node->inputs->len; i++) {
    const LatentValue *value = latent_node_get_input (node, i);
    g_autoptr (LatentLayout) layout = value != NULL ? get_layout (common, value) : NULL;
    LatentOperand operand;
    data->src[i] = -1;
    if (value == NULL)
      continue;
    if (!latent_builder_get (builder, value, layout, &operand, error))
      return FALSE;
    data->src[i] = (gint)latent_step_add_operand (step, operand, LATENT_ACCESS_READ);
  }
  return TRUE;
}

gboolean
latent_host_step_emit (
    LatentBuilder *builder, const LatentNode *node, const LatentOp *op, GError **error)
{
  g_autoptr (LatentStep) step = new_host_step (node, op);
  g_autoptr (LatentLayout) common = op->elementwise ? find_common_layout (builder, node) : NULL;
  HostStep *data = step->data;

  if (!add_sources (step, builder, node, common, error))
    return FALSE;
  for (guint i = 0; i < node->outputs->len; i++) {
    const LatentValue *value = latent_node_get_output (node, i);
    g_autoptr (LatentLayout) layout = value != NULL ? get_layout (common, value) : NULL;
    data->dst[i] = -1;
    if (value == NULL || value->n_uses == 0)
      continue;
    data->dst[i] = (gint)latent_step_add_operand (
        step, latent_builder_define (builder, value, layout), LATENT_ACCESS_WRITE);
  }
  latent_builder_add_step (builder, g_steal_pointer (&step));
  return TRUE;
}
