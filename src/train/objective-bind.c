/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/exec/infer.h"
#include "src/model/model.h"
#include "src/train/objective-private.h"

static gboolean
is_head (const LatentObjectiveMaker *maker)
{
  return maker->task == LATENT_TASK_CLASSIFY || maker->task == LATENT_TASK_REGRESS;
}

/* Which mode's part is learned. A classifier needs no latent: all of it may be one encoder. */
static gboolean
find_mode (const LatentObjectiveMaker *maker, LatentMode *mode, GError **error)
{
  const char *task = latent_recipe_get_string (maker->recipe, "task");

  *mode = LATENT_MODE_RECONSTRUCT;
  if (latent_model_get_cut_outputs (maker->model, *mode) != NULL)
    return TRUE;
  *mode = LATENT_MODE_ENCODE;
  if (is_head (maker) && latent_model_get_cut_outputs (maker->model, *mode) != NULL)
    return TRUE;
  if (latent_model_get_cut_outputs (maker->model, LATENT_MODE_DECODE) != NULL)
    return latent_objective_fail (error, "task",
        "%s wants an encoder and what follows it, the model has a decoder alone", task);
  return latent_objective_fail (error, "task",
      "%s wants an output that is made from the latent tensor, the model has none; is "
      "latent.tensor "
      "the right one?",
      task);
}

static const char *
get_logvar_name (const LatentObjectiveMaker *maker)
{
  return is_head (maker) ? NULL : latent_model_get_metadata (maker->model, "latent.logvar");
}

/* Copies the part that is learned: outputs are the model's, then the latents, then the
 * log-variance.
 */
static gboolean
cut (LatentObjectiveMaker *maker, LatentMode mode, GError **error)
{
  g_autoptr (GPtrArray) ends = g_ptr_array_new ();
  const char *const *inputs = latent_model_get_cut_inputs (maker->model, mode);
  const char *const *outputs = latent_model_get_cut_outputs (maker->model, mode);
  const GPtrArray *latents = maker->model->latents;
  const char *logvar = get_logvar_name (maker);

  g_ptr_array_add (ends, (gpointer)outputs[0]);
  for (guint i = 0; mode == LATENT_MODE_RECONSTRUCT && i < latents->len; i++)
    g_ptr_array_add (ends, latents->pdata[i]);
  if (logvar != NULL)
    g_ptr_array_add (ends, (gpointer)logvar);
  g_ptr_array_add (ends, NULL);
  if (!latent_graph_hold_data (maker->model->graph, error))
    return FALSE;
  maker->graph = latent_graph_cut (
      maker->model->graph, inputs, (const char *const *)ends->pdata, error);
  maker->self->graph = maker->graph;
  return maker->graph != NULL && latent_graph_sort (maker->graph, error);
}

static void
find_tensors (LatentObjectiveMaker *maker, LatentMode mode)
{
  const char *logvar = get_logvar_name (maker);

  maker->input = g_ptr_array_index (maker->graph->inputs, 0);
  maker->output = g_ptr_array_index (maker->graph->outputs, 0);
  if (mode == LATENT_MODE_RECONSTRUCT)
    maker->latent = g_ptr_array_index (maker->graph->outputs, 1);
  if (logvar != NULL)
    maker->logvar = latent_graph_find_value (maker->graph, logvar);
}

/* Names that an objective gives. */
static gboolean
check_names (const LatentObjectiveMaker *maker, GError **error)
{
  for (guint i = 0; i < maker->graph->values->len; i++) {
    const LatentValue *value = g_ptr_array_index (maker->graph->values, i);
    if (!g_str_has_prefix (value->name, "train.") && !g_str_has_prefix (value->name, "grad/"))
      continue;
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
        "tensor '%s': names that begin with train. or grad/ are training's", value->name);
    return FALSE;
  }
  return TRUE;
}

static gboolean
is_state (const LatentObjectiveMaker *maker, const char *name)
{
  for (guint i = 0; i < maker->model->states->len; i++) {
    const LatentStatePair *pair = g_ptr_array_index (maker->model->states, i);
    if (g_str_equal (pair->input, name))
      return TRUE;
  }
  return FALSE;
}

/* Samples are learned from by themselves: states are zero, as after a reset. */
static gboolean
bind_states (LatentObjectiveMaker *maker, GError **error)
{
  GPtrArray *inputs = maker->graph->inputs;

  for (guint i = 1; i < inputs->len; i++) {
    LatentValue *value = g_ptr_array_index (inputs, i);
    if (!is_state (maker, value->name)) {
      g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
          "the model needs the input '%s' besides '%s': training feeds one input", value->name,
          maker->input->name);
      return FALSE;
    }
    value->data = latent_tensor_new_shape (value->type, &value->shape, error);
    if (value->data == NULL)
      return FALSE;
  }
  g_ptr_array_set_size (inputs, 1);
  return TRUE;
}

static gboolean
bind_shapes (LatentObjectiveMaker *maker, GError **error)
{
  const LatentShape *sample = &maker->self->sample;
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_RECONSTRUCT);
  gint64 dims[LATENT_MAX_DIMS] = {maker->self->batch};

  if (maker->input->type != LATENT_DATA_TYPE_FLOAT32) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE, "input '%s' is %s: training feeds float32",
        maker->input->name, latent_data_type_get_name (maker->input->type));
    return FALSE;
  }
  for (guint i = 0; i < sample->n; i++)
    dims[i + 1] = sample->dims[i];
  latent_request_set_shape (request, maker->input->name, sample->n + 1, dims);
  return latent_exec_bind (maker->graph, request, error) && bind_states (maker, error) &&
         latent_exec_infer_and_fold (maker->graph, LATENT_FOLD_KEEP_PARAMETERS, error);
}

/* Terms are means over the samples: the batch must still be the output's first dimension. */
static gboolean
check_batch (const LatentObjectiveMaker *maker, const LatentValue *value, GError **error)
{
  g_autofree char *shape = NULL;

  if (value == NULL || (value->type == LATENT_DATA_TYPE_FLOAT32 && value->shape.n >= 1 &&
                           value->shape.dims[0] == (gint64)maker->self->batch))
    return TRUE;
  shape = latent_shape_to_string (&value->shape);
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "'%s' is %s of shape %s: wanted is float32 with the batch of %u first", value->name,
      latent_data_type_get_name (value->type), shape, maker->self->batch);
  return FALSE;
}

gboolean
latent_objective_bind (LatentObjectiveMaker *maker, GError **error)
{
  LatentMode mode;

  if (!find_mode (maker, &mode, error) || !cut (maker, mode, error) ||
      !latent_objective_open_integers (maker, error))
    return FALSE;
  find_tensors (maker, mode);
  if (maker->self->same_space && maker->latent == NULL)
    return latent_objective_fail (
        error, "freeze-encoder", "the model has nothing that follows a latent tensor");
  latent_objective_freeze (maker);
  return check_names (maker, error) && bind_shapes (maker, error) &&
         check_batch (maker, maker->output, error) && check_batch (maker, maker->latent, error) &&
         check_batch (maker, maker->logvar, error) && latent_objective_collect (maker, error);
}
