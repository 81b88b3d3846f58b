/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/calibration-private.h"

/* A copy of the graph in the making. */
typedef struct {
  const LatentCalibration *calibration;
  LatentGraph *graph;
  GHashTable *chosen; /* LatentNode *: layers in integers */
  GHashTable *needed; /* LatentValue * that get a pair -> LatentValue *, what the pair gives */
  GHashTable *made; /* LatentValue *: what layers in integers make, activations and sums included */
} Maker;

static gboolean
is_kept (const Maker *self, const LatentValue *value)
{
  return g_hash_table_contains (self->calibration->kept, value->name);
}

static gboolean
is_concat (const LatentNode *node)
{
  return g_str_equal (node->op_type, "Concat");
}

/* What primitives do besides, in one go. */
static gboolean
is_elementwise (const LatentNode *node)
{
  static const char *const ops[] = {"Add", "Sub", "Mul", "Relu", "LeakyRelu", "PRelu", "Clip",
      "Sigmoid", "Tanh", "Elu", "HardSigmoid", "HardSwish", "Gelu", "Mish", "Softplus", "Selu",
      "Celu", NULL};

  return *node->domain == '\0' && g_strv_contains (ops, node->op_type);
}

static gboolean
reads_made (const Maker *self, const LatentNode *node)
{
  for (guint i = 0; i < node->inputs->len; i++)
    if (g_hash_table_contains (self->made, node->inputs->pdata[i]))
      return TRUE;
  return FALSE;
}

/* Nodes are sorted. */
static void
find_made (Maker *self)
{
  for (guint i = 0; i < self->graph->nodes->len; i++) {
    const LatentNode *node = self->graph->nodes->pdata[i];
    LatentValue *dst = latent_node_get_output (node, 0);
    if (dst != NULL && !is_kept (self, dst) &&
        (g_hash_table_contains (self->chosen, node) ||
            ((is_elementwise (node) || latent_calibration_only_moves (node)) &&
                reads_made (self, node))))
      g_hash_table_add (self->made, dst);
  }
}

/* Whether input i, which has a pair or will have one, is read behind it. */
static gboolean
reads_pair (const Maker *self, const LatentNode *node, guint i)
{
  LatentValue *src = latent_node_get_input (node, i);
  LatentValue *dst = latent_node_get_output (node, 0);

  if (g_hash_table_contains (self->chosen, node) && i == 0)
    return TRUE;
  if (latent_calibration_only_moves (node) && (i == 0 || is_concat (node)) &&
      g_hash_table_contains (self->needed, dst) && !is_kept (self, dst))
    return TRUE;
  return g_hash_table_contains (self->made, src);
}

static gboolean
is_read_raw (const Maker *self, const LatentValue *value)
{
  for (guint i = 0; i < self->graph->nodes->len; i++) {
    const LatentNode *node = self->graph->nodes->pdata[i];
    for (guint j = 0; j < node->inputs->len; j++)
      if (node->inputs->pdata[j] == value && !reads_pair (self, node, j))
        return TRUE;
  }
  return FALSE;
}

/* Integers move as well as reals: the pair is wanted as early as can be, but not before what is
 * somebody else's, nor before what others read as it is. */
static void
find_needed (Maker *self)
{
  for (guint i = self->graph->nodes->len; i > 0; i--) { /* sorted: readers come first */
    const LatentNode *node = self->graph->nodes->pdata[i - 1];
    LatentValue *dst = latent_node_get_output (node, 0);
    guint n = is_concat (node) ? node->inputs->len : 1;
    if (g_hash_table_contains (self->chosen, node))
      g_hash_table_add (self->needed, latent_node_get_input (node, 0));
    if (!latent_calibration_only_moves (node) || !g_hash_table_contains (self->needed, dst) ||
        is_kept (self, dst) || is_read_raw (self, dst))
      continue;
    for (guint j = 0; j < n; j++)
      g_hash_table_add (self->needed, latent_node_get_input (node, j));
  }
}

static void
add_pairs (Maker *self)
{
  guint n_nodes = self->graph->nodes->len, n_values = self->graph->values->len;

  for (guint i = 0; i < n_values; i++) { /* in an order that does not change */
    LatentValue *value = self->graph->values->pdata[i];
    const LatentScaleGroup *group = g_hash_table_lookup (self->calibration->groups, value->name);
    if (g_hash_table_contains (self->needed, value))
      g_hash_table_insert (
          self->needed, value, latent_qdq_add_pair (self->graph, value, &group->step));
  }
  for (guint i = 0; i < n_nodes; i++) {
    LatentNode *node = self->graph->nodes->pdata[i];
    for (guint j = 0; j < node->inputs->len; j++) {
      LatentValue *pair = g_hash_table_lookup (self->needed, node->inputs->pdata[j]);
      if (pair != NULL && reads_pair (self, node, j))
        node->inputs->pdata[j] = pair;
    }
  }
}

/* What is left of it when the weights' part of the error is taken away. */
static gboolean
set_bias (
    LatentGraph *graph, LatentNode *node, const LatentLayer *layer, float src_scale, GError **error)
{
  const LatentValue *old = latent_node_get_input (node, 2);
  const float *numbers = old != NULL ? old->data->data : NULL;
  gsize n = layer->view.n_channels;
  g_autofree float *bias = g_new (float, n);
  g_autofree float *scales = g_new (float, n);

  for (gsize i = 0; i < n; i++) {
    bias[i] = (float)((numbers != NULL ? numbers[i] : 0) - layer->shifts[i]);
    scales[i] = src_scale * layer->scales[i % layer->view.n_scales];
  }
  return latent_qdq_set_bias (graph, node, bias, n, scales, error);
}

static gboolean
set_layer (Maker *self, LatentNode *node, const LatentLayer *layer, GError **error)
{
  const LatentScaleGroup *group = g_hash_table_lookup (self->calibration->groups, layer->src);

  return (!layer->has_bias || set_bias (self->graph, node, layer, group->step.scale, error)) &&
         latent_qdq_set_weights (
             self->graph, node, layer->integers, layer->view.axis, layer->scales, error);
}

static gboolean
make (Maker *self, const gboolean *integer, GError **error)
{
  const GPtrArray *layers = self->calibration->layers;

  latent_graph_index (self->graph);
  for (guint i = 0; i < layers->len; i++) {
    const LatentLayer *layer = layers->pdata[i];
    LatentNode *node = latent_graph_find_value (self->graph, layer->dst)->producer;
    if (!integer[i])
      continue;
    g_hash_table_add (self->chosen, node);
    if (!set_layer (self, node, layer, error))
      return FALSE;
  }
  find_made (self);
  find_needed (self);
  add_pairs (self);
  if (!latent_graph_sort (self->graph, error))
    return FALSE;
  latent_graph_prune (self->graph);
  latent_calibration_keep_named (self->calibration->model, self->graph);
  return TRUE;
}

LatentModel *
latent_calibration_make_model (LatentCalibration *self, const gboolean *integer, GError **error)
{
  g_autoptr (GHashTable) chosen = g_hash_table_new (NULL, NULL);
  g_autoptr (GHashTable) needed = g_hash_table_new (NULL, NULL);
  g_autoptr (GHashTable) made = g_hash_table_new (NULL, NULL);
  Maker maker = {self, latent_graph_copy (self->model->graph), chosen, needed, made};

  if (make (&maker, integer, error))
    return latent_model_new_changed (self->model, maker.graph, TRUE, error);
  latent_graph_free (maker.graph);
  return NULL;
}
