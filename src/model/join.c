/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/model/private.h"

/* The graph that is made, and what becomes of the decoder's values and names in it. */
typedef struct {
  LatentGraph *graph;
  GHashTable *values; /* decoder's value -> joined value */
  GHashTable *names;  /* decoder's name -> joined name */
} Joint;

/* The names are the same, but for where the encoder has them already. */
static void
map_value (Joint *self, const LatentValue *src, LatentValue *dst)
{
  g_hash_table_insert (self->values, (gpointer)src, dst);
  g_hash_table_insert (self->names, src->name, dst->name);
}

static void
add_values (Joint *self, const LatentGraph *decoder)
{
  for (guint i = 0; i < decoder->values->len; i++) {
    const LatentValue *src = decoder->values->pdata[i];
    LatentValue *dst;
    if (g_hash_table_contains (self->values, src))
      continue;
    dst = latent_graph_add_value (self->graph, src->name);
    dst->type = src->type;
    dst->has_shape = src->has_shape;
    dst->shape = src->shape;
    dst->is_parameter = src->is_parameter;
    dst->data = src->data != NULL ? latent_tensor_ref (src->data) : NULL;
    for (guint j = 0; j < LATENT_MAX_DIMS; j++)
      dst->symbols[j] = g_strdup (src->symbols[j]);
    map_value (self, src, dst);
  }
}

static LatentValue *
find_joined (const Joint *self, const LatentValue *src)
{
  return src != NULL ? g_hash_table_lookup (self->values, src) : NULL;
}

static void
add_nodes (Joint *self, const LatentGraph *decoder)
{
  for (guint i = 0; i < decoder->nodes->len; i++) {
    const LatentNode *src = decoder->nodes->pdata[i];
    LatentNode *dst = latent_graph_add_node (self->graph, src->op_type, src->name);
    g_free (dst->domain);
    dst->domain = g_strdup (src->domain);
    dst->opset = src->opset;
    for (guint j = 0; j < src->inputs->len; j++)
      latent_node_add_input (dst, find_joined (self, latent_node_get_input (src, j)));
    for (guint j = 0; j < src->outputs->len; j++)
      latent_node_add_output (dst, find_joined (self, latent_node_get_output (src, j)));
    for (guint j = 0; j < src->attributes->len; j++)
      latent_node_take_attribute (dst, latent_attribute_copy (src->attributes->pdata[j]));
  }
}

static gboolean
fits (const LatentValue *latent, const LatentValue *input)
{
  if (latent->type != input->type)
    return FALSE;
  if (!latent->has_shape || !input->has_shape)
    return TRUE;
  if (latent->shape.n != input->shape.n)
    return FALSE;
  for (guint i = 0; i < input->shape.n; i++)
    if (latent->shape.dims[i] >= 0 && input->shape.dims[i] >= 0 &&
        latent->shape.dims[i] != input->shape.dims[i])
      return FALSE;
  return TRUE;
}

static gboolean
fail (GError **error, LatentError code, const char *what)
{
  g_set_error (error, LATENT_ERROR, (gint)code, "cannot join: %s", what);
  return FALSE;
}

static gboolean
check (const LatentModel *encoder, const LatentModel *decoder, GError **error)
{
  if (encoder->parts[LATENT_PART_ENCODER] == NULL)
    return fail (error, LATENT_ERROR_SETTINGS, "the first file holds no encoder");
  if (decoder->parts[LATENT_PART_DECODER] != NULL && encoder->latents->len == decoder->latents->len)
    return TRUE;
  if (decoder->parts[LATENT_PART_DECODER] != NULL)
    return fail (
        error, LATENT_ERROR_SHAPE, "the two files have different numbers of latent tensors");
  return fail (error, LATENT_ERROR_SETTINGS,
      "the second file holds no decoder: none of its inputs is called 'latent', and latent.tensor "
      "names none");
}

/* A file of one input and one output that says nothing else looks like an encoder; here it is known
 * to be the decoder. */
static LatentModel *
as_decoder (const LatentModel *model, GError **error)
{
  g_autoptr (LatentModel) copy = latent_model_copy (model);
  const LatentValue *input = copy->graph->inputs->pdata[0];

  if (copy->parts[LATENT_PART_DECODER] == NULL && copy->graph->inputs->len == 1 &&
      latent_onnx_extra_get (copy->onnx, "latent.tensor") == NULL &&
      !latent_model_set_metadata (copy, "latent.tensor", input->name, error))
    return NULL;
  return g_steal_pointer (&copy);
}

static gboolean
check_opsets (const LatentGraph *encoder, const LatentGraph *decoder, GError **error)
{
  if (encoder->opset == decoder->opset)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
      "cannot join: the encoder is of opset %u, the decoder of opset %u; export both with the same",
      encoder->opset, decoder->opset);
  return FALSE;
}

static gboolean
connect (Joint *self, const LatentGraph *decoder, const LatentPart *encoder_part, GError **error)
{
  for (guint i = 0; i + 1 < encoder_part->outputs->len; i++) { /* the last is NULL */
    LatentValue *latent = latent_graph_find_value (self->graph, encoder_part->outputs->pdata[i]);
    LatentValue *input = decoder->inputs->pdata[i];
    if (!fits (latent, input)) {
      g_autofree char *wanted = latent_shape_to_string (&input->shape);
      g_autofree char *offered = latent_shape_to_string (&latent->shape);
      g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
          "cannot join: the decoder's '%s' wants %s of shape %s, the encoder's '%s' is %s of shape "
          "%s",
          input->name, latent_data_type_get_name (input->type), wanted, latent->name,
          latent_data_type_get_name (latent->type), offered);
      return FALSE;
    }
    map_value (self, input, latent);
  }
  return TRUE;
}

/* The outputs are the reconstruction, the latents, and what becomes of states. */
static void
add_outputs (Joint *self, const LatentGraph *decoder)
{
  g_autoptr (GPtrArray) encoder_outputs = g_ptr_array_copy (self->graph->outputs, NULL, NULL);

  g_ptr_array_set_size (self->graph->outputs, 0);
  for (guint i = 0; i < decoder->outputs->len; i++)
    g_ptr_array_add (self->graph->outputs, find_joined (self, decoder->outputs->pdata[i]));
  for (guint i = 0; i < encoder_outputs->len; i++)
    if (!g_ptr_array_find (self->graph->outputs, encoder_outputs->pdata[i], NULL))
      g_ptr_array_add (self->graph->outputs, encoder_outputs->pdata[i]);
  for (guint i = 0; i < decoder->inputs->len; i++) {
    LatentValue *value = find_joined (self, decoder->inputs->pdata[i]);
    if (value->producer == NULL && !g_ptr_array_find (self->graph->inputs, value, NULL))
      g_ptr_array_add (self->graph->inputs, value);
  }
}

static LatentGraph *
cut_part (const LatentModel *model, LatentMode mode, GError **error)
{
  g_autoptr (GPtrArray) outputs = g_ptr_array_new ();
  const char *const *names = latent_model_get_cut_outputs (model, mode);
  guint n_states;
  const LatentStatePair *states = latent_model_get_states (model, mode, &n_states);

  for (guint i = 0; names[i] != NULL; i++)
    g_ptr_array_add (outputs, (gpointer)names[i]);
  for (guint i = 0; i < n_states; i++)
    g_ptr_array_add (outputs, (gpointer)states[i].output);
  g_ptr_array_add (outputs, NULL);
  return latent_graph_cut (model->graph, latent_model_get_cut_inputs (model, mode),
      (const char *const *)outputs->pdata, error);
}

static void
append_states (GString *text, const LatentModel *model, LatentMode mode, GHashTable *names)
{
  guint n;
  const LatentStatePair *states = latent_model_get_states (model, mode, &n);

  for (guint i = 0; i < n; i++) {
    const char *input = names != NULL ? g_hash_table_lookup (names, states[i].input) : NULL;
    const char *output = names != NULL ? g_hash_table_lookup (names, states[i].output) : NULL;
    g_string_append_printf (text, "%s%s:%s", text->len > 0 ? "," : "",
        input != NULL ? input : states[i].input, output != NULL ? output : states[i].output);
  }
}

/* All keys of both, the encoder's where both have one; the latent space is the encoder's. */
static LatentOnnxExtra *
join_extra (const LatentModel *encoder, const LatentModel *decoder, GHashTable *names)
{
  LatentOnnxExtra *extra = latent_onnx_extra_copy (encoder->onnx);
  g_autofree char *latents = NULL;
  g_autoptr (GString) states = g_string_new (NULL);
  const char *key, *value;

  for (guint i = 0; latent_onnx_extra_get_nth (decoder->onnx, i, &key, &value); i++)
    if (latent_onnx_extra_get (extra, key) == NULL)
      latent_onnx_extra_set (extra, key, value);
  latent_onnx_extra_add_nodes (extra, decoder->onnx, names);
  append_states (states, encoder, LATENT_MODE_ENCODE, NULL);
  append_states (states, decoder, LATENT_MODE_DECODE, names);
  latents = g_strjoinv (
      ",", (char **)(gpointer)latent_model_get_cut_outputs (encoder, LATENT_MODE_ENCODE));
  latent_onnx_extra_set (extra, "latent.tensor", latents);
  latent_onnx_extra_set (extra, "latent.state", states->len > 0 ? states->str : NULL);
  latent_onnx_extra_set (extra, "latent.id", encoder->id);
  return extra;
}

static gboolean
join_graphs (Joint *self, const LatentModel *encoder, const LatentGraph *decoder, GError **error)
{
  if (self->graph == NULL || decoder == NULL || !check_opsets (self->graph, decoder, error) ||
      !connect (self, decoder, encoder->parts[LATENT_PART_ENCODER], error))
    return FALSE;
  add_values (self, decoder);
  add_nodes (self, decoder);
  add_outputs (self, decoder);
  return latent_graph_sort (self->graph, error);
}

LatentModel *
latent_model_join (const LatentModel *encoder, const LatentModel *decoder, GError **error)
{
  g_autoptr (LatentModel) back = as_decoder (decoder, error);
  g_autoptr (LatentGraph) part = NULL;
  g_autoptr (LatentGraph) graph = NULL;
  g_autoptr (GHashTable) values = g_hash_table_new (NULL, NULL);
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);
  g_autofree char *key = NULL;
  Joint joint;

  if (back == NULL || !check (encoder, back, error))
    return NULL;
  graph = cut_part (encoder, LATENT_MODE_ENCODE, error);
  part = graph != NULL ? cut_part (back, LATENT_MODE_DECODE, error) : NULL;
  joint = (Joint){graph, values, names};
  if (!join_graphs (&joint, encoder, part, error))
    return NULL;
  key = latent_hash_two (encoder->key, decoder->key);
  return latent_model_new_settled (
      g_steal_pointer (&graph), join_extra (encoder, back, names), key, error);
}
