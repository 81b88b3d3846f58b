/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/arch-private.h"

/* Matrix products over whole samples: linear nets, and those of hidden layers. */

LatentValue *
latent_arch_add_hidden (LatentLayers *layers, const LatentRecipe *recipe, const char *key,
    const char *prefix, LatentValue *src, gint64 n_src, gint64 *n_dst)
{
  const char *activation = latent_recipe_get_string (recipe, "activation");
  guint n = 0;
  const gint64 *sizes = latent_recipe_get_ints (recipe, key, &n);

  *n_dst = n_src;
  for (guint i = 0; i < n; i++) {
    g_autofree char *path = g_strdup_printf ("%s%u", prefix, i + 1);
    src = latent_layers_dense (layers, path, src, *n_dst, sizes[i], activation);
    *n_dst = sizes[i];
  }
  return src;
}

LatentValue *
latent_arch_add_mirrored (LatentArch *self, LatentValue *src, gint64 n_src, gint64 *n_dst)
{
  guint n = 0;
  const gint64 *sizes = latent_recipe_get_ints (self->recipe, "hidden", &n);

  *n_dst = n_src;
  for (guint i = 0; i < n; i++) {
    g_autofree char *path = g_strdup_printf ("decoder/dense%u", i + 1);
    src = latent_layers_dense (
        &self->layers, path, src, *n_dst, sizes[n - 1 - i], self->activation);
    *n_dst = sizes[n - 1 - i];
  }
  return src;
}

static gboolean
is_linear (const LatentArch *self)
{
  return latent_recipe_is (self->recipe, "arch", "linear");
}

static gboolean
prepare (LatentArch *self, GError **error)
{
  static const char *const nonlinear[] = {"latent-activation", "output-activation"};
  const LatentRecipe *recipe = self->recipe;

  self->latent = (LatentShape){
      2, {-1, self->k}
  };
  if (!is_linear (self) && latent_recipe_get_bool (recipe, "tied"))
    return latent_arch_fail (error, "tied", "only the arch linear shares its weights, not %s",
        latent_recipe_get_string (recipe, "arch"));
  if (!is_linear (self))
    return TRUE;
  if (latent_recipe_has (recipe, "hidden"))
    return latent_arch_fail (error, "hidden", "the arch linear has no hidden layers, dense has");
  for (guint i = 0; i < G_N_ELEMENTS (nonlinear); i++)
    if (!latent_recipe_is (recipe, nonlinear[i], "none"))
      return latent_arch_fail (
          error, nonlinear[i], "the arch linear has no activations, dense has");
  return TRUE;
}

static LatentValue *
encode (LatentArch *self, LatentValue *x)
{
  gint64 n_dst;

  if (self->input.n > 2)
    x = latent_layers_flatten (&self->layers, "encoder/flatten", x);
  return latent_arch_add_hidden (
      &self->layers, self->recipe, "hidden", "encoder/dense", x, self->d, &n_dst);
}

static LatentValue *
project (LatentArch *self, const char *path, LatentValue *features)
{
  guint n = 0;
  const gint64 *sizes = latent_recipe_get_ints (self->recipe, "hidden", &n);

  return latent_layers_dense (
      &self->layers, path, features, n > 0 ? sizes[n - 1] : self->d, self->k, NULL);
}

/* The encoder's weights, the other way round. */
static LatentValue *
decode_tied (LatentArch *self, LatentValue *latent)
{
  LatentLayers *layers = &self->layers;
  LatentValue *weights = latent_graph_find_value (layers->graph, "encoder/latent/weights");
  LatentValue *bias = latent_layers_parameter (
      layers, "decoder/output", "bias", &(LatentShape){1, {self->d}}, &(LatentFill){0});

  return latent_node_get_output (
      latent_layers_node (layers, "Gemm", "decoder/output", latent, weights, bias), 0);
}

static LatentValue *
decode (LatentArch *self, LatentValue *latent)
{
  LatentShape shape = self->input;
  gint64 n_dst;

  shape.dims[0] = 0;
  if (latent_recipe_get_bool (self->recipe, "tied")) {
    latent = decode_tied (self, latent);
  } else {
    latent = latent_arch_add_mirrored (self, latent, self->k, &n_dst);
    latent = latent_layers_dense (&self->layers, "decoder/output", latent, n_dst, self->d, NULL);
  }
  if (shape.n == 2)
    return latent;
  return latent_layers_reshape (&self->layers, "decoder/reshape", latent, shape.dims, shape.n);
}

const LatentTrunk latent_trunk_dense = {prepare, encode, project, decode};
