/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/model/model.h"

static gboolean
contains (const char *const *names, const char *name)
{
  return names != NULL && g_strv_contains (names, name);
}

/* States whose input is one of the cut's. */
static GArray *
find_states (const LatentModel *model, const char *const *inputs)
{
  GArray *states = g_array_new (FALSE, FALSE, sizeof (LatentStatePair));

  for (guint i = 0; model->states != NULL && i < model->states->len; i++) {
    const LatentStatePair *pair = g_ptr_array_index (model->states, i);
    if (contains (inputs, pair->input))
      g_array_append_val (states, *pair);
  }
  return states;
}

LatentProgram *
latent_program_new (LatentModel *model, const LatentRequest *request, GError **error)
{
  const char *const *inputs = (const char *const *)request->cut_inputs;
  const char *const *outputs = (const char *const *)request->cut_outputs;
  g_autoptr (GArray) states = NULL;
  LatentProgram *program;

  if (inputs == NULL)
    inputs = latent_model_get_cut_inputs (model, request->mode);
  if (outputs == NULL)
    outputs = latent_model_get_cut_outputs (model, request->mode);
  if (inputs == NULL || outputs == NULL) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "%s: the file lacks the part that %s needs", model->path != NULL ? model->path : "model",
        request->mode == LATENT_MODE_DECODE        ? "decode"
        : request->mode == LATENT_MODE_RECONSTRUCT ? "reconstruct"
                                                   : "encode");
    return NULL;
  }
  states = find_states (model, inputs);
  program = latent_exec_compile (model->graph, model->key, inputs, outputs,
      (const LatentStatePair *)(gpointer)states->data, states->len, request, error);
  if (program == NULL && model->path != NULL)
    g_prefix_error (error, "%s: ", model->path);
  return program;
}
