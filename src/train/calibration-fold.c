/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/exec/passes.h"
#include "src/train/calibration-private.h"

LatentGraph *
latent_calibration_infer (const LatentGraph *graph, LatentModel *model, LatentMode mode,
    const LatentShape *shape, GError **error)
{
  const char *const *inputs = latent_model_get_cut_inputs (model, mode);
  const char *const *outputs = latent_model_get_cut_outputs (model, mode);
  g_autoptr (LatentRequest) request = latent_request_new (mode);
  g_autoptr (LatentGraph) part = latent_graph_cut (graph, inputs, outputs, error);

  if (part == NULL)
    return NULL;
  latent_request_set_shape (request, inputs[0], shape->n, shape->dims);
  if (!latent_graph_sort (part, error) || !latent_exec_bind (part, request, error) ||
      !latent_exec_infer (part, error))
    return NULL;
  return g_steal_pointer (&part);
}

/* What a file says of a value. */
typedef struct {
  LatentDataType type;
  gboolean has_shape;
  LatentShape shape;
} Said;

/* Gives values the shapes that `part` has found. Returns what the file said of them, by name. */
static GHashTable *
lend_shapes (LatentGraph *graph, const LatentGraph *part)
{
  GHashTable *said = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  for (guint i = 0; i < graph->values->len; i++) {
    LatentValue *value = graph->values->pdata[i];
    const LatentValue *found = latent_graph_find_value (part, value->name);
    Said before = {value->type, value->has_shape, value->shape};
    if (value->data != NULL || found == NULL)
      continue;
    g_hash_table_insert (said, g_strdup (value->name), g_memdup2 (&before, sizeof before));
    value->type = found->type;
    value->has_shape = found->has_shape;
    value->shape = found->shape;
  }
  return said;
}

static void
give_back_shapes (LatentGraph *graph, GHashTable *said)
{
  for (guint i = 0; i < graph->values->len; i++) {
    LatentValue *value = graph->values->pdata[i];
    const Said *before = g_hash_table_lookup (said, value->name);
    if (before == NULL || value->data != NULL)
      continue;
    value->type = before->type;
    value->has_shape = before->has_shape;
    value->shape = before->shape;
  }
}

/* Tensors that metadata name are not to be folded away: for the time of the pass they are outputs.
 */
static void
add_named (LatentGraph *graph, const LatentModel *model)
{
  for (guint i = 0; i < model->latents->len; i++)
    g_ptr_array_add (graph->outputs, latent_graph_find_value (graph, model->latents->pdata[i]));
  for (guint i = 0; i < model->states->len; i++) {
    const LatentStatePair *pair = model->states->pdata[i];
    g_ptr_array_add (graph->outputs, latent_graph_find_value (graph, pair->output));
  }
}

void
latent_calibration_keep_named (const LatentModel *model, LatentGraph *graph)
{
  const char *text = latent_model_get_metadata (model, "latent.motion");
  g_auto (GStrv) names = text != NULL ? g_strsplit (text, ",", -1) : NULL;

  for (guint i = 0; names != NULL && names[i] != NULL; i++) {
    const LatentValue *value = latent_graph_find_value (model->graph, g_strstrip (names[i]));
    if (value != NULL && value->data != NULL && latent_graph_find_value (graph, names[i]) == NULL)
      latent_graph_add_constant (graph, names[i], value->data);
  }
}

static gboolean
fold (LatentGraph *graph, LatentModel *model, LatentMode mode, const LatentShape *shape,
    GError **error)
{
  g_autoptr (LatentGraph) part = latent_calibration_infer (graph, model, mode, shape, error);
  g_autoptr (GHashTable) said = NULL;
  guint n_outputs = graph->outputs->len;
  gboolean good;

  if (part == NULL)
    return FALSE;
  said = lend_shapes (graph, part);
  add_named (graph, model);
  latent_graph_index (graph);
  good = latent_pass_fold_weights (graph, error);
  g_ptr_array_set_size (graph->outputs, (gint)n_outputs);
  give_back_shapes (graph, said);
  latent_calibration_keep_named (model, graph);
  return good;
}

LatentModel *
latent_calibration_fold (
    LatentModel *model, LatentMode mode, const LatentShape *shape, GError **error)
{
  LatentGraph *graph = latent_graph_fold_constants (model->graph, error);

  if (graph == NULL)
    return NULL;
  if (!fold (graph, model, mode, shape, error)) {
    latent_graph_free (graph);
    return NULL;
  }
  return latent_model_new_changed (model, graph, TRUE, error);
}
