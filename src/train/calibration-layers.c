/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/ops/conv.h"
#include "src/ops/op.h"
#include "src/ops/product.h"
#include "src/train/calibration-private.h"

/* A layer that does less of all multiply-adds is not worth it. */
#define LEAST_PART (1. / 200)

void
latent_layer_free (LatentLayer *self)
{
  for (gsize i = 0; self->moments != NULL && i < self->view.groups; i++) {
    g_free (self->moments[i].sum);
    g_free (self->moments[i].rounded);
    g_free (self->moments[i].products);
  }
  g_free (self->moments);
  g_clear_pointer (&self->integers, latent_tensor_unref);
  g_free (self->scales);
  g_free (self->shifts);
  g_free (self->info.name);
  g_free (self->src);
  g_free (self->dst);
  g_free (self);
}

/* O x I/groups x kernel */
static gboolean
view_conv (const LatentNode *node, LatentWeightsView *view)
{
  LatentConvParams params;
  const LatentShape *shape = &latent_node_get_input (node, 1)->shape;

  if (!latent_conv_get_params (node, &params, NULL))
    return FALSE;
  view->groups = (gsize)params.groups;
  view->units = (gsize)(params.channels_out / params.groups);
  view->k = latent_shape_product (shape, 1, shape->n);
  view->group_stride = view->units * view->k;
  view->unit_stride = view->k;
  view->k_stride = view->taps = 1;
  view->axis = 0;
  view->n_scales = view->n_channels = (gsize)params.channels_out;
  view->overlap = 1;
  return TRUE;
}

/* I x O/groups x kernel */
static gboolean
view_conv_transpose (const LatentNode *node, LatentWeightsView *view)
{
  LatentConvParams params;
  const LatentShape *shape = &latent_node_get_input (node, 1)->shape;

  if (!latent_conv_transpose_get_params (node, &params, NULL))
    return FALSE;
  view->groups = (gsize)params.groups;
  view->taps = latent_shape_product (shape, 2, shape->n);
  view->units = (gsize)shape->dims[1] * view->taps;
  view->k = (gsize)(params.channels_in / params.groups);
  view->group_stride = view->k * view->units;
  view->unit_stride = 1;
  view->k_stride = view->units;
  view->axis = 1;
  view->n_scales = (gsize)shape->dims[1];
  view->n_channels = (gsize)params.channels_out;
  view->overlap = 1;
  for (guint i = 0; i < params.window.n; i++)
    view->overlap /= (double)params.window.strides[i];
  return TRUE;
}

static void
view_matrix (const LatentShape *shape, gboolean transposed, LatentWeightsView *view)
{
  gsize rows = (gsize)shape->dims[0], columns = (gsize)shape->dims[1];

  *view = (LatentWeightsView){.groups = 1, .taps = 1, .overlap = 1};
  view->units = view->n_scales = view->n_channels = transposed ? rows : columns;
  view->k = transposed ? columns : rows;
  view->unit_stride = transposed ? columns : 1;
  view->k_stride = transposed ? 1 : columns;
  view->axis = transposed ? 0 : 1;
}

static gboolean
view_gemm (const LatentNode *node, LatentWeightsView *view)
{
  LatentGemmParams params;
  const LatentValue *bias = latent_node_get_input (node, 2);

  if (!latent_gemm_get_params (node, &params, NULL) || params.transpose_a || params.alpha != 1 ||
      params.beta != 1 || (bias != NULL && (gint64)bias->data->n_elements != params.n))
    return FALSE;
  view_matrix (&latent_node_get_input (node, 1)->shape, params.transpose_b, view);
  return TRUE;
}

static gboolean
view_matmul (const LatentNode *node, LatentWeightsView *view)
{
  const LatentShape *shape = &latent_node_get_input (node, 1)->shape;

  if (shape->n != 2 || latent_node_get_input (node, 0)->shape.n < 2)
    return FALSE;
  view_matrix (shape, FALSE, view);
  return TRUE;
}

static const struct {
  const char *op;
  gboolean (*view) (const LatentNode *node, LatentWeightsView *view);
} layer_ops[] = {
    {"Conv",          view_conv          },
    {"ConvTranspose", view_conv_transpose},
    {"Gemm",          view_gemm          },
    {"MatMul",        view_matmul        },
};

static gboolean
is_float_constant (const LatentValue *value)
{
  return value != NULL && value->data != NULL && value->type == LATENT_DATA_TYPE_FLOAT32;
}

static gboolean
view_weights (const LatentNode *node, LatentWeightsView *view)
{
  const LatentValue *src = latent_node_get_input (node, 0);
  const LatentValue *bias = latent_node_get_input (node, 2);

  if (*node->domain != '\0' || src == NULL || src->data != NULL ||
      src->type != LATENT_DATA_TYPE_FLOAT32 ||
      !is_float_constant (latent_node_get_input (node, 1)) ||
      (bias != NULL && !is_float_constant (bias)))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (layer_ops); i++)
    if (g_str_equal (node->op_type, layer_ops[i].op))
      return layer_ops[i].view (node, view);
  return FALSE;
}

static LatentLayer *
new_layer (const LatentNode *node, const LatentWeightsView *view, guint64 macs)
{
  LatentLayer *self = g_new0 (LatentLayer, 1);

  self->src = g_strdup (latent_node_get_input (node, 0)->name);
  self->dst = g_strdup (latent_node_get_output (node, 0)->name);
  self->info.name = g_strdup (*node->name != '\0' ? node->name : self->dst);
  self->info.op = latent_op_find (node->op_type, node->domain, node->opset)->name;
  self->info.macs = macs;
  self->view = *view;
  self->has_bias = !g_str_equal (node->op_type, "MatMul");
  self->moments = g_new0 (LatentMoments, view->groups);
  for (gsize i = 0; i < view->groups; i++)
    self->moments[i].k = view->k;
  return self;
}

/* All values that the latents are made of. */
static GHashTable *
find_encoder (const LatentModel *model)
{
  GHashTable *found = g_hash_table_new (g_str_hash, g_str_equal);
  const GPtrArray *nodes = model->graph->nodes; /* sorted */

  for (guint i = 0; i < model->latents->len; i++)
    g_hash_table_add (found, model->latents->pdata[i]);
  for (guint i = nodes->len; i > 0; i--) {
    const LatentNode *node = nodes->pdata[i - 1];
    gboolean needed = FALSE;
    for (guint j = 0; j < node->outputs->len && !needed; j++) {
      const LatentValue *value = latent_node_get_output (node, j);
      needed = value != NULL && g_hash_table_contains (found, value->name);
    }
    for (guint j = 0; j < node->inputs->len && needed; j++) {
      const LatentValue *value = latent_node_get_input (node, j);
      if (value != NULL)
        g_hash_table_add (found, value->name);
    }
  }
  return found;
}

gboolean
latent_calibration_find_layers (LatentCalibration *self, const LatentGraph *part, GError **error)
{
  g_autoptr (GHashTable) encoder = find_encoder (self->model);
  guint64 all = latent_exec_count_macs (part);

  for (guint i = 0; i < part->nodes->len; i++) {
    const LatentNode *node = part->nodes->pdata[i];
    const LatentOp *op = latent_op_find (node->op_type, node->domain, node->opset);
    guint64 macs = op->macs != NULL ? op->macs (node) : 0;
    LatentWeightsView view = {0};
    if ((double)macs < LEAST_PART * (double)all || !view_weights (node, &view))
      continue;
    LatentLayer *layer = new_layer (node, &view, macs);
    layer->info.in_encoder = g_hash_table_contains (encoder, layer->dst);
    g_ptr_array_add (self->layers, layer);
  }
  if (self->layers->len > 0)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
      "%s: nothing to quantise: no convolution or matrix product with constant weights",
      latent_model_get_path (self->model) ? latent_model_get_path (self->model) : "the model");
  return FALSE;
}

gboolean
latent_calibration_only_moves (const LatentNode *node)
{
  static const char *const ops[] = {"DepthToSpace", "SpaceToDepth", "Reshape", "Flatten",
      "Transpose", "Squeeze", "Unsqueeze", "Identity", "MaxPool", "Slice", "Concat", NULL};

  if (*node->domain != '\0' || !g_strv_contains (ops, node->op_type) || node->outputs->len != 1)
    return FALSE;
  for (guint i = 0; g_str_equal (node->op_type, "Concat") && i < node->inputs->len; i++)
    if (latent_node_get_input (node, i)->data != NULL)
      return FALSE;
  return latent_node_get_input (node, 0)->data == NULL;
}

/* The two groups become one: all that had `from` have `to`. */
static void
merge (LatentCalibration *self, const char *a, const char *b)
{
  LatentScaleGroup *to = g_hash_table_lookup (self->groups, a);
  LatentScaleGroup *from = g_hash_table_lookup (self->groups, b);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->groups);
  while (from != to && g_hash_table_iter_next (&iter, NULL, &value))
    if (value == from)
      g_hash_table_iter_replace (&iter, to);
}

void
latent_calibration_find_groups (LatentCalibration *self)
{
  const LatentGraph *graph = self->model->graph;

  for (guint i = 0; i < graph->values->len; i++) {
    const LatentValue *value = graph->values->pdata[i];
    LatentScaleGroup *group = g_new0 (LatentScaleGroup, 1);
    g_ptr_array_add (self->group_list, group);
    g_hash_table_insert (self->groups, value->name, group);
  }
  for (guint i = 0; i < graph->nodes->len; i++) {
    const LatentNode *node = graph->nodes->pdata[i];
    gboolean all = g_str_equal (node->op_type, "Concat");
    for (guint j = 0; latent_calibration_only_moves (node) && j < (all ? node->inputs->len : 1);
         j++)
      merge (self, latent_node_get_output (node, 0)->name, latent_node_get_input (node, j)->name);
  }
}
