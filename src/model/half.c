/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/model/private.h"

/* latent.input as find_media() would read it, so that a decoder alone need not be guessed at. */
static char *
describe_input (const LatentMediaInfo *media)
{
  static const char *const colors[] = {
      [LATENT_COLOR_RGB] = "video/RGB",
      [LATENT_COLOR_GRAY8] = "video/GRAY8",
      [LATENT_COLOR_I420] = "video/I420",
  };

  if (media->kind == LATENT_MEDIA_VIDEO)
    return g_strdup (colors[media->color]);
  if (media->kind == LATENT_MEDIA_AUDIO)
    return g_strdup_printf ("audio/%u/%u", media->rate, media->channels);
  return g_strdup ("vector");
}

static void
set_number (LatentOnnxExtra *onnx, const char *key, guint number)
{
  g_autofree char *text = g_strdup_printf ("%u", number);

  latent_onnx_extra_set (onnx, key, text);
}

/* "in:out,...", or NULL for none. */
static char *
describe_states (const LatentStatePair *states, guint n)
{
  GString *text = n > 0 ? g_string_new (NULL) : NULL;

  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, "%s%s:%s", i ? "," : "", states[i].input, states[i].output);
  return text ? g_string_free (text, FALSE) : NULL;
}

static char *
join_names (const GPtrArray *names)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < names->len; i++)
    g_string_append_printf (text, "%s%s", i ? "," : "", (const char *)names->pdata[i]);
  return g_string_free (text, FALSE);
}

/* What the decoder's file says of itself: all that was derived from the encoder is spelt out. */
static LatentOnnxExtra *
describe_decoder (const LatentModel *self)
{
  LatentOnnxExtra *onnx = latent_onnx_extra_copy (self->onnx);
  const LatentMediaInfo *media = &self->media;
  g_autofree char *input = describe_input (media);
  g_autofree char *latents = join_names (self->latents);
  guint n;
  const LatentStatePair *pairs = latent_model_get_states (self, LATENT_MODE_DECODE, &n);
  g_autofree char *states = describe_states (pairs, n);

  latent_onnx_extra_set (onnx, "latent.id", self->id);
  latent_onnx_extra_set (onnx, "latent.tensor", latents);
  latent_onnx_extra_set (onnx, "latent.input", input);
  latent_onnx_extra_set (onnx, "latent.state", states);
  if (media->kind == LATENT_MEDIA_AUDIO) {
    set_number (onnx, "latent.window", media->window);
    set_number (onnx, "latent.hop", media->hop);
  }
  return onnx;
}

/* Names of the decoder's outputs, those that are carried over included. Borrowed. */
static GPtrArray *
list_outputs (const LatentModel *self)
{
  GPtrArray *names = g_ptr_array_new ();
  const char *const *outputs = latent_model_get_cut_outputs (self, LATENT_MODE_DECODE);
  guint n;
  const LatentStatePair *states = latent_model_get_states (self, LATENT_MODE_DECODE, &n);

  for (guint i = 0; outputs[i]; i++)
    g_ptr_array_add (names, (gpointer)outputs[i]);
  for (guint i = 0; i < n; i++)
    g_ptr_array_add (names, (gpointer)states[i].output);
  g_ptr_array_add (names, NULL);
  return names;
}

/* The encoder's tensors that latent.motion names. */
static void
keep_motion (const LatentModel *self, LatentGraph *graph)
{
  const char *text = latent_model_get_metadata (self, "latent.motion");
  g_auto (GStrv) names = text ? g_strsplit (text, ",", -1) : NULL;

  for (char **name = names; name && *name; name++) {
    const LatentValue *value = latent_graph_find_value (self->graph, *name);
    if (value && value->data && !latent_graph_find_value (graph, *name))
      latent_graph_add_constant (graph, *name, value->data);
  }
}

GBytes *
latent_model_serialize_decoder (const LatentModel *self, GError **error)
{
  g_autoptr (LatentOnnxExtra) onnx = NULL;
  g_autoptr (GPtrArray) outputs = NULL;
  GBytes *bytes = NULL;
  LatentGraph *graph;

  if (!latent_model_supports_mode (self, LATENT_MODE_DECODE)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "model '%s' has no decoder, or one that needs more than latents",
        self->path ? self->path : self->id);
    return NULL;
  }
  outputs = list_outputs (self);
  graph = latent_graph_cut (self->graph, latent_model_get_cut_inputs (self, LATENT_MODE_DECODE),
      (const char *const *)outputs->pdata, error);
  if (!graph)
    return NULL;
  keep_motion (self, graph);
  onnx = describe_decoder (self);
  if (latent_graph_sort (graph, error))
    bytes = latent_onnx_serialize (graph, onnx, error);
  latent_graph_free (graph);
  return bytes;
}
