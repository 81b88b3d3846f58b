/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/arch-private.h"

#include "src/model/model.h"

/* Streams of random numbers from there on: no net of latent_arch_build() has so many parameters. */
#define FIRST_STREAM (G_GUINT64_CONSTANT (1) << 32)

/* What a head is put on. */
typedef struct {
  LatentShape shape; /* of one sample's latents, batch included */
  gboolean is_open;  /* whether the size depends on that of the media */
} Latents;

static gboolean
check (const LatentModel *model, const LatentRecipe *recipe, guint n_outputs, GError **error)
{
  gboolean classifies = latent_recipe_is (recipe, "task", "classify");

  if (!classifies && !latent_recipe_is (recipe, "task", "regress"))
    return latent_arch_fail (error, "task", "a head is for classify or regress, not for %s",
        latent_recipe_get_string (recipe, "task"));
  if (n_outputs < (classifies ? 2 : 1))
    return latent_arch_fail (error, "labels", "%u %s, wanted are %s", n_outputs,
        classifies ? "classes" : "values", classifies ? "2 or more" : "1 or more");
  if (model->latents->len != 1 || !latent_model_supports_mode (model, LATENT_MODE_ENCODE))
    return latent_arch_fail (error, "init",
        "a head needs a model with an encoder and one latent tensor, which latent.tensor names");
  if (model->states->len > 0)
    return latent_arch_fail (error, "init", "a head cannot be put on a model with latent.state");
  return TRUE;
}

static gboolean
find_latents (const LatentModel *model, Latents *latents, GError **error)
{
  const char *entry = latent_model_get_cut_inputs (model, LATENT_MODE_ENCODE)[0];
  const LatentShape *input = &latent_graph_find_value (model->graph, entry)->shape;
  g_autoptr (GVariant) about = latent_model_describe (model, error);
  g_autoptr (GVariant) shape = NULL;

  if (about == NULL)
    return FALSE;
  *latents = (Latents){0};
  for (guint i = 1; i < input->n; i++)
    latents->is_open |= input->dims[i] < 0;
  shape = g_variant_lookup_value (about, "latent_shape", G_VARIANT_TYPE ("ax"));
  latents->shape.n = shape != NULL ? (guint)g_variant_n_children (shape) : 0;
  if (latents->shape.n < 2 || latents->shape.n > LATENT_MAX_DIMS)
    return latent_arch_fail (error, "init", "latents without a batch, or of unknown shape");
  for (guint i = 0; i < latents->shape.n; i++)
    g_variant_get_child (shape, i, "x", &latents->shape.dims[i]);
  return TRUE;
}

/* To [n, *n_dst]: a mean over all places where their number is open, else every number. */
static LatentValue *
flatten (LatentLayers *layers, const Latents *latents, LatentValue *latent, gint64 *n_dst)
{
  *n_dst = (gint64)latent_shape_product (&latents->shape, 1, latents->shape.n);
  if (latents->is_open && latents->shape.n > 2) {
    latent = latent_layers_apply (layers, "GlobalAveragePool", "head/mean", latent, NULL);
    *n_dst = latents->shape.dims[1];
  }
  return latents->shape.n > 2 ? latent_layers_flatten (layers, "head/flatten", latent) : latent;
}

static void
add_layers (LatentLayers *layers, const LatentRecipe *recipe, const Latents *latents,
    LatentValue *latent, guint n_outputs)
{
  const LatentShape shape = {
      2, {-1, n_outputs}
  };
  GPtrArray *outputs = layers->graph->outputs;
  gint64 n_src;
  LatentValue *y = flatten (layers, latents, latent, &n_src);

  y = latent_arch_add_hidden (layers, recipe, "head-hidden", "head/dense", y, n_src, &n_src);
  y = latent_layers_dense (layers, "head/output", y, n_src, n_outputs, NULL);
  if (latent_recipe_is (recipe, "task", "classify")) {
    LatentNode *node = latent_layers_node (layers, "Softmax", "head/classes", y, NULL, NULL);
    latent_node_set_int (node, "axis", 1);
    y = latent_node_get_output (node, 0);
  }
  latent_layers_output (layers, y, "y", &shape, (const char *[]){"n"});
  /* Before the latent, as other models have it. */
  g_ptr_array_insert (outputs, 0, g_ptr_array_steal_index (outputs, outputs->len - 1));
}

/* All that the model says of its media and latents; its identity where the latents stay. */
static gboolean
copy_metadata (LatentModel *dst, const LatentModel *src, const LatentRecipe *recipe, GError **error)
{
  static const char *const left_out[] = {
      "latent.id", "latent.tensor", "latent.logvar", "latent.task", NULL};
  const char *key, *value;

  if (!latent_model_set_metadata (dst, "latent.tensor", src->latents->pdata[0], error))
    return FALSE;
  for (guint i = 0; latent_onnx_extra_get_nth (src->onnx, i, &key, &value); i++)
    if (!g_strv_contains (left_out, key) && !latent_model_set_metadata (dst, key, value, error))
      return FALSE;
  if (latent_recipe_get_bool (recipe, "freeze-encoder") &&
      !latent_model_set_metadata (dst, "latent.id", src->id, error))
    return FALSE;
  return latent_model_set_metadata (
      dst, "latent.head", latent_recipe_get_string (recipe, "task"), error);
}

LatentModel *
latent_arch_add_head (
    LatentModel *model, const LatentRecipe *recipe, guint n_outputs, GError **error)
{
  g_auto (LatentLayers) layers = {0};
  Latents latents;

  if (!check (model, recipe, n_outputs, error) || !find_latents (model, &latents, error))
    return NULL;
  const char *outputs[] = {model->latents->pdata[0], NULL};
  LatentGraph *graph = latent_graph_cut (
      model->graph, latent_model_get_cut_inputs (model, LATENT_MODE_ENCODE), outputs, error);
  if (graph == NULL)
    return NULL;
  latent_layers_init (
      &layers, graph, (guint64)latent_recipe_get_int (recipe, "seed"), FIRST_STREAM);
  add_layers (&layers, recipe, &latents, latent_graph_find_value (graph, outputs[0]), n_outputs);
  graph = latent_layers_finish (&layers, error);
  if (graph == NULL)
    return NULL;
  g_autoptr (LatentModel) headed = latent_model_new_from_graph (graph, error);
  if (headed == NULL || !copy_metadata (headed, model, recipe, error))
    return NULL;
  return g_steal_pointer (&headed);
}
