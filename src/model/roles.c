/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/base/limits.h"
#include "src/model/private.h"

static LatentValue *
find_port (const GPtrArray *ports, const char *name)
{
  for (guint i = 0; i < ports->len; i++) {
    LatentValue *value = ports->pdata[i];
    if (g_str_equal (value->name, name))
      return value;
  }
  return NULL;
}

/* "in:out": names may hold colons themselves, so every one is tried. */
static gboolean
add_state (LatentModel *self, const char *text)
{
  for (const char *colon = strchr (text, ':'); colon != NULL; colon = strchr (colon + 1, ':')) {
    g_autofree char *name = g_strndup (text, (gsize)(colon - text));
    const LatentValue *input = find_port (self->graph->inputs, g_strstrip (name));
    g_autofree char *rest = g_strstrip (g_strdup (colon + 1));
    const LatentValue *output = latent_graph_find_value (self->graph, rest);
    LatentStatePair pair = {
        input != NULL ? input->name : NULL, output != NULL ? output->name : NULL};
    if (input != NULL && output != NULL) {
      g_ptr_array_add (self->states, g_memdup2 (&pair, sizeof pair));
      return TRUE;
    }
  }
  return FALSE;
}

static gboolean
find_states (LatentModel *self, GError **error)
{
  const char *text = latent_onnx_extra_get (self->onnx, "latent.state");
  g_auto (GStrv) words = text != NULL ? latent_parse_names (text) : NULL;

  for (guint i = 0; words != NULL && words[i] != NULL; i++)
    if (i >= LATENT_LIMIT_STATES || !add_state (self, words[i]))
      return latent_fail_key (error, "latent.state", text,
          "INPUT:OUTPUT, an input of the graph and the tensor that becomes it, more separated by "
          "commas");
  return TRUE;
}

static gboolean
is_state (const LatentModel *self, const char *name)
{
  for (guint i = 0; i < self->states->len; i++) {
    const LatentStatePair *pair = self->states->pdata[i];
    if (g_str_equal (pair->input, name) || g_str_equal (pair->output, name))
      return TRUE;
  }
  return FALSE;
}

static gboolean
find_tagged_latents (LatentModel *self, const char *text, GError **error)
{
  g_auto (GStrv) names = latent_parse_names (text);

  for (guint i = 0; names[i] != NULL; i++) {
    const LatentValue *value = latent_graph_find_value (self->graph, names[i]);
    if (i >= LATENT_LIMIT_LATENTS || value == NULL || value->data != NULL ||
        is_state (self, names[i]) ||
        g_ptr_array_find_with_equal_func (self->latents, names[i], g_str_equal, NULL))
      return latent_fail_key (error, "latent.tensor", text,
          "the name of a tensor of the graph, more separated by commas");
    g_ptr_array_add (self->latents, g_strdup (names[i]));
  }
  return TRUE;
}

/* The graph's only output besides those of states, or NULL. */
static const LatentValue *
find_only_output (const LatentModel *self)
{
  const LatentValue *only = NULL;

  for (guint i = 0; i < self->graph->outputs->len; i++) {
    const LatentValue *value = self->graph->outputs->pdata[i];
    if (is_state (self, value->name))
      continue;
    if (only != NULL)
      return NULL;
    only = value;
  }
  return only;
}

/* Leaves latents empty where nothing says which tensor it is: such a file can still be tagged. */
static gboolean
find_latents (LatentModel *self, GError **error)
{
  const char *text = latent_onnx_extra_get (self->onnx, "latent.tensor");
  const LatentValue *value = find_port (self->graph->outputs, "latent");

  if (text != NULL)
    return find_tagged_latents (self, text, error);
  if (value == NULL)
    value = find_port (self->graph->inputs, "latent");
  if (value == NULL)
    value = find_only_output (self);
  if (value != NULL)
    g_ptr_array_add (self->latents, g_strdup (value->name));
  return TRUE;
}

static gboolean
is_latent (const LatentModel *self, const char *name)
{
  return g_ptr_array_find_with_equal_func (self->latents, name, g_str_equal, NULL);
}

void
latent_part_free (LatentPart *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->inputs);
  g_ptr_array_unref (self->outputs);
  g_array_unref (self->states);
  g_free (self);
}

/* Copies the graph between `from` (names that are given besides the graph's inputs) and the outputs
 * of the part and its states, so that the uses of its inputs can be looked at. */
static LatentGraph *
cut_all (const LatentModel *self, const GPtrArray *from, const LatentPart *part)
{
  g_autoptr (GPtrArray) inputs = g_ptr_array_new ();
  g_autoptr (GPtrArray) outputs = g_ptr_array_new ();

  for (guint i = 0; i < from->len; i++)
    g_ptr_array_add (inputs, from->pdata[i]);
  for (guint i = 0; i < self->graph->inputs->len; i++)
    if (!g_ptr_array_find_with_equal_func (
            inputs, ((LatentValue *)self->graph->inputs->pdata[i])->name, g_str_equal, NULL))
      g_ptr_array_add (inputs, ((LatentValue *)self->graph->inputs->pdata[i])->name);
  g_ptr_array_add (inputs, NULL);
  for (guint i = 0; i < part->outputs->len; i++)
    g_ptr_array_add (outputs, part->outputs->pdata[i]);
  for (guint i = 0; i < part->states->len; i++)
    g_ptr_array_add (outputs, (gpointer)g_array_index (part->states, LatentStatePair, i).output);
  g_ptr_array_add (outputs, NULL);
  return latent_graph_cut (
      self->graph, (const char *const *)inputs->pdata, (const char *const *)outputs->pdata, NULL);
}

static gboolean
has_state (const LatentPart *part, const LatentStatePair *pair)
{
  for (guint i = 0; i < part->states->len; i++)
    if (g_array_index (part->states, LatentStatePair, i).input == pair->input)
      return TRUE;
  return FALSE;
}

/* Adds the pairs whose input the part uses: what makes their outputs may use further ones. */
static gboolean
add_states (const LatentModel *self, LatentPart *part, const LatentGraph *graph)
{
  guint before = part->states->len;

  for (guint i = 0; i < self->states->len; i++) {
    const LatentStatePair *pair = self->states->pdata[i];
    const LatentValue *input = latent_graph_find_value (graph, pair->input);
    if (input->n_uses > 0 && !has_state (part, pair))
      g_array_append_val (part->states, *pair);
  }
  return part->states->len > before;
}

/* Inputs that are used, in the order: what is `from`, what is neither that nor a state's, states'.
 */
static void
add_inputs (LatentModel *self, LatentPart *part, const LatentGraph *graph, GPtrArray *from)
{
  part->complete = TRUE;
  for (guint i = 0; i < graph->inputs->len; i++) {
    LatentValue *value = latent_graph_find_value (
        self->graph, ((LatentValue *)graph->inputs->pdata[i])->name);
    gboolean is_from = g_ptr_array_find_with_equal_func (from, value->name, g_str_equal, NULL);
    if (is_state (self, value->name) ||
        (!is_from && ((LatentValue *)graph->inputs->pdata[i])->n_uses == 0))
      continue;
    part->complete &= is_from || (from->len == 0 && part->inputs->len == 0);
    g_ptr_array_add (part->inputs, value->name);
  }
  for (guint i = 0; i < part->states->len; i++)
    g_ptr_array_add (
        part->inputs, (gpointer)g_array_index (part->states, LatentStatePair, i).input);
}

/* The part that makes `outputs` (taken) from `from`, or from the graph's inputs where that is
 * empty. */
static LatentPart *
new_part (LatentModel *self, GPtrArray *from, GPtrArray *outputs)
{
  LatentPart *part = g_new0 (LatentPart, 1);
  g_autoptr (LatentGraph) graph = NULL;

  part->inputs = g_ptr_array_new ();
  part->outputs = outputs;
  part->states = g_array_new (FALSE, FALSE, sizeof (LatentStatePair));
  do {
    g_clear_pointer (&graph, latent_graph_free);
    graph = cut_all (self, from, part);
  } while (add_states (self, part, graph));
  add_inputs (self, part, graph, from);
  g_ptr_array_add (part->inputs, NULL);
  g_ptr_array_add (part->outputs, NULL);
  return part;
}

/* All values that depend on the latents. */
static GHashTable *
find_dependents (const LatentModel *self)
{
  GHashTable *found = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < self->latents->len; i++)
    g_hash_table_add (found, latent_graph_find_value (self->graph, self->latents->pdata[i]));
  for (guint i = 0; i < self->graph->nodes->len; i++) { /* sorted */
    const LatentNode *node = self->graph->nodes->pdata[i];
    gboolean depends = FALSE;
    for (guint j = 0; j < node->inputs->len && !depends; j++)
      depends = g_hash_table_contains (found, node->inputs->pdata[j]);
    for (guint j = 0; j < node->outputs->len && depends; j++)
      g_hash_table_add (found, node->outputs->pdata[j]);
  }
  return found;
}

/* The reconstruction: the first output that depends on the latents and is none of them, and no
 * state. */
static char *
find_reconstruction (const LatentModel *self)
{
  g_autoptr (GHashTable) dependents = find_dependents (self);

  for (guint i = 0; i < self->graph->outputs->len; i++) {
    LatentValue *value = self->graph->outputs->pdata[i];
    if (!is_latent (self, value->name) && !is_state (self, value->name) &&
        g_hash_table_contains (dependents, value))
      return value->name;
  }
  return NULL;
}

static GPtrArray *
list_one (char *name)
{
  GPtrArray *names = g_ptr_array_new ();

  g_ptr_array_add (names, name);
  return names;
}

/* Names as the graph holds them, which live as long as it does. */
static GPtrArray *
list_latents (const LatentModel *self)
{
  GPtrArray *names = g_ptr_array_new ();

  for (guint i = 0; i < self->latents->len; i++)
    g_ptr_array_add (names, latent_graph_find_value (self->graph, self->latents->pdata[i])->name);
  return names;
}

static gboolean
has_latent_inputs (const LatentModel *self)
{
  for (guint i = 0; i < self->latents->len; i++)
    if (find_port (self->graph->inputs, self->latents->pdata[i]) == NULL)
      return FALSE;
  return TRUE;
}

static gboolean
needs (const LatentPart *part, const char *input)
{
  return g_ptr_array_find (part->inputs, input, NULL);
}

static void
find_parts (LatentModel *self)
{
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  g_autoptr (GPtrArray) latents = list_latents (self);
  char *reconstruction = find_reconstruction (self);
  gboolean encodes = !has_latent_inputs (self);

  if (encodes)
    self->parts[LATENT_PART_ENCODER] = new_part (self, none, list_latents (self));
  if (reconstruction == NULL)
    return;
  if (encodes)
    self->parts[LATENT_PART_WHOLE] = new_part (self, none, list_one (reconstruction));
  self->parts[LATENT_PART_DECODER] = new_part (self, latents, list_one (reconstruction));
  /* A decoder that looks at the media too is none. */
  if (encodes && self->parts[LATENT_PART_ENCODER]->inputs->pdata[0] != NULL &&
      needs (self->parts[LATENT_PART_DECODER], self->parts[LATENT_PART_ENCODER]->inputs->pdata[0]))
    g_clear_pointer (&self->parts[LATENT_PART_DECODER], latent_part_free);
}

gboolean
latent_model_find_roles (LatentModel *self, GError **error)
{
  self->latents = g_ptr_array_new_with_free_func (g_free);
  self->states = g_ptr_array_new_with_free_func (g_free);
  if (!find_states (self, error) || !find_latents (self, error))
    return FALSE;
  if (self->latents->len > 0)
    find_parts (self);
  return TRUE;
}

const char *
latent_model_get_entry (const LatentModel *self)
{
  static const LatentPartKind order[] = {
      LATENT_PART_WHOLE, LATENT_PART_ENCODER, LATENT_PART_DECODER};

  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    if (self->parts[order[i]] != NULL && self->parts[order[i]]->inputs->pdata[0] != NULL)
      return self->parts[order[i]]->inputs->pdata[0];
  return self->graph->inputs->len > 0 ? ((LatentValue *)self->graph->inputs->pdata[0])->name : NULL;
}

const char *
latent_model_get_exit (const LatentModel *self)
{
  const LatentPart *part = self->parts[LATENT_PART_WHOLE] != NULL
                               ? self->parts[LATENT_PART_WHOLE]
                               : self->parts[LATENT_PART_DECODER];

  return part != NULL ? part->outputs->pdata[0] : NULL;
}

gboolean
latent_model_forgive (const LatentModel *self, GError **error)
{
  const char *entry = latent_model_get_entry (self);
  gboolean is_closed = TRUE;

  for (guint i = 0; i < self->graph->inputs->len; i++) {
    const char *name = ((LatentValue *)self->graph->inputs->pdata[i])->name;
    is_closed &= g_str_equal (name, entry) || is_latent (self, name) || is_state (self, name);
  }
  if (!is_closed)
    g_clear_error (error);
  return !is_closed;
}
