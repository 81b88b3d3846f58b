/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/base/numeric.h"
#include "src/model/private.h"

static char *
get_media_name (const LatentMediaInfo *media)
{
  static const char *const colors[] = {
      [LATENT_COLOR_RGB] = "video/RGB",
      [LATENT_COLOR_GRAY8] = "video/GRAY8",
      [LATENT_COLOR_I420] = "video/I420",
  };

  switch (media->kind) {
  case LATENT_MEDIA_VIDEO:
    return g_strdup (colors[media->color]);
  case LATENT_MEDIA_AUDIO:
    return g_strdup_printf ("audio/%u/%u", media->rate, media->channels);
  default:
    return g_strdup ("vector");
  }
}

/* A shape and, unless NULL, the elements of one sample of it: the first dimension counts samples.
 */
static void
add_shape (GVariantDict *dict, const char *key, const char *count_key, const LatentShape *shape)
{
  g_variant_dict_insert_value (dict, key,
      g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, shape->dims, shape->n, sizeof (gint64)));
  if (count_key != NULL)
    g_variant_dict_insert (dict, count_key, "t",
        (guint64)latent_shape_product (shape, shape->n > 1 ? 1 : 0, shape->n));
}

/* Adds what nodes read as scales and zero points to `steps`, and integers that they read as weights
 * to `weights`. */
static void
find_integers (const LatentGraph *graph, GHashTable *steps, GHashTable *weights)
{
  for (guint i = 0; i < graph->nodes->len; i++) {
    const LatentNode *node = graph->nodes->pdata[i];
    gboolean reads = g_str_equal (node->op_type, "DequantizeLinear");
    if (!reads && !g_str_equal (node->op_type, "QuantizeLinear"))
      continue;
    for (guint j = 1; j < node->inputs->len; j++)
      g_hash_table_add (steps, node->inputs->pdata[j]);
    if (reads)
      g_hash_table_add (weights, node->inputs->pdata[0]);
  }
}

/* Initialisers of reals, and of integers that stand for some. */
static guint64
count_parameters (const LatentGraph *graph)
{
  g_autoptr (GHashTable) steps = g_hash_table_new (NULL, NULL);
  g_autoptr (GHashTable) weights = g_hash_table_new (NULL, NULL);
  guint64 n = 0;

  find_integers (graph, steps, weights);
  for (guint i = 0; i < graph->values->len; i++) {
    const LatentValue *value = graph->values->pdata[i];
    if (value->is_parameter && value->n_uses > 0 && !g_hash_table_contains (steps, value) &&
        (latent_data_type_is_real (value->type) || g_hash_table_contains (weights, value)))
      n += value->data->n_elements;
  }
  return n;
}

static GVariant *
count_operators (const LatentGraph *graph)
{
  g_autoptr (GHashTable) counts = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GList) names = NULL;
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a{su}"));

  for (guint i = 0; i < graph->nodes->len; i++) {
    char *name = ((LatentNode *)graph->nodes->pdata[i])->op_type;
    guint n = GPOINTER_TO_UINT (g_hash_table_lookup (counts, name));
    g_hash_table_insert (counts, name, GUINT_TO_POINTER (n + 1));
  }
  names = g_list_sort (g_hash_table_get_keys (counts), (GCompareFunc)g_strcmp0);
  for (const GList *l = names; l != NULL; l = l->next)
    g_variant_builder_add (
        &builder, "{su}", l->data, GPOINTER_TO_UINT (g_hash_table_lookup (counts, l->data)));
  return g_variant_builder_end (&builder);
}

/* Infers a part for an entry of the given shape, adds its work under `key`, and gives the shape of
 * its first output. */
static gboolean
add_part (const LatentModel *self, LatentMode mode, const char *key, const LatentShape *entry,
    LatentShape *exit, GVariantDict *dict, GError **error)
{
  const char *const *inputs = latent_model_get_cut_inputs (self, mode);
  const char *const *outputs = latent_model_get_cut_outputs (self, mode);
  g_autoptr (LatentGraph) part = NULL;

  if (inputs[0] == NULL)
    return TRUE;
  part = latent_graph_infer_part (self->graph, inputs, outputs, inputs[0], entry, error);
  if (part == NULL)
    return FALSE;
  g_variant_dict_insert (dict, key, "t", latent_exec_count_macs (part));
  *exit = latent_graph_find_value (part, outputs[0])->shape;
  return TRUE;
}

GVariant *
latent_model_describe (const LatentModel *self, GError **error)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  g_autofree char *media = get_media_name (&self->media);
  LatentShape entry = latent_model_get_default_shape (self);
  LatentShape latent = entry, output;
  gboolean encodes = self->parts[LATENT_PART_ENCODER] != NULL;
  gboolean decodes = self->parts[LATENT_PART_DECODER] != NULL;

  g_variant_dict_insert (&dict, "id", "s", self->id);
  g_variant_dict_insert (&dict, "media", "s", media);
  if (encodes || !decodes)
    add_shape (&dict, "input_shape", "d", &entry);
  if (encodes &&
      !add_part (self, LATENT_MODE_ENCODE, "encoder_macs", &entry, &latent, &dict, error))
    return NULL;
  if (encodes || decodes)
    add_shape (&dict, "latent_shape", "k", &latent);
  if (decodes &&
      !add_part (self, LATENT_MODE_DECODE, "decoder_macs", &latent, &output, &dict, error))
    return NULL;
  if (decodes)
    add_shape (&dict, "output_shape", encodes ? NULL : "d", &output);
  g_variant_dict_insert (&dict, "parameters", "t", count_parameters (self->graph));
  g_variant_dict_insert (&dict, "nodes", "t", (guint64)self->graph->nodes->len);
  g_variant_dict_insert_value (&dict, "operators", count_operators (self->graph));
  return g_variant_ref_sink (g_variant_dict_end (&dict));
}
