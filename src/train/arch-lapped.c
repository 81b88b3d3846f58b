/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/arch-lapped.h"

/* The encoder, and what it wants. */

#define LANES       8     /* latents that lie at one place: neighbours in frequency */
#define LEAST_POWER 1e-9f /* of a band */

static gboolean
prepare (LatentArch *self, GError **error)
{
  const LatentMediaInfo *media = &self->spec->media;

  if (media->kind != LATENT_MEDIA_AUDIO || media->channels != 1)
    return latent_arch_fail (error, "arch", "lapped wants sound of one channel");
  if (self->d != 2 * (gint64)media->hop)
    return latent_arch_fail (error, "hop",
        "%u: lapped wants half of the window of %" G_GINT64_FORMAT, media->hop, self->d);
  if (self->k <= LATENT_LAPPED_LEVELS || self->k - LATENT_LAPPED_LEVELS > media->hop)
    return latent_arch_fail (error, "latent",
        "%" G_GINT64_FORMAT ", wanted are %d that say how loud bands are and 1 to %u coefficients",
        self->k, LATENT_LAPPED_LEVELS, media->hop);
  if (media->hop < LATENT_LAPPED_BANDS)
    return latent_arch_fail (
        error, "hop", "%u, wanted are %d at least", media->hop, LATENT_LAPPED_BANDS);
  if (self->k % LANES != 0)
    return latent_arch_fail (
        error, "latent", "%" G_GINT64_FORMAT ", lapped wants a multiple of %d", self->k, LANES);
  self->latent = (LatentShape){
      3, {-1, LANES, self->k / LANES}
  };
  return TRUE;
}

/* Each band's coefficients as if they were equally loud, and how loud they are. */
static LatentValue *
add_features (LatentArch *self, LatentValue *coefficients)
{
  LatentLayers *layers = &self->layers;
  LatentValue *power = latent_layers_apply (
      layers, "Mul", "encoder/square", coefficients, coefficients);
  power = latent_layers_apply (
      layers, "MatMul", "encoder/power", power, latent_lapped_bands (self, "encoder/bands", FALSE));
  power = latent_lapped_affine (self, "encoder/held", power, LEAST_POWER, 1);
  LatentValue *loudness = latent_layers_apply (layers, "Log", "encoder/loudness", power, NULL);
  LatentValue *root = latent_layers_apply (layers, "MatMul", "encoder/root",
      latent_lapped_affine (self, "encoder/half", loudness, 0, -.5f),
      latent_lapped_bands (self, "encoder/spread", TRUE));
  root = latent_layers_apply (layers, "Exp", "encoder/inverse", root, NULL);
  self->loudness = latent_lapped_affine (
      self, "encoder/level", loudness, LATENT_LAPPED_LOUD_MEAN, LATENT_LAPPED_LOUD_SCALE);
  return latent_lapped_join (self, "encoder/features",
      latent_layers_apply (layers, "Mul", "encoder/even", coefficients, root), self->loudness, 1);
}

static LatentValue *
encode (LatentArch *self, LatentValue *x)
{
  LatentLayers *layers = &self->layers;
  gint64 n_dst;
  LatentValue *flat = latent_layers_flatten (layers, "encoder/flatten", x);

  flat = latent_layers_apply (layers, "MatMul", "encoder/waves", flat,
      latent_lapped_basis (self, "encoder/coefficients", TRUE));
  self->coefficients = latent_lapped_affine (
      self, "encoder/coefficients", flat, 0, latent_lapped_get_unit (self));
  return latent_arch_add_hidden (layers, self->recipe, "hidden", "encoder/dense",
      add_features (self, self->coefficients), latent_lapped_get_hop (self) + LATENT_LAPPED_BANDS,
      &n_dst);
}

static gint64
get_last_hidden (const LatentArch *self, gint64 fallback)
{
  guint n = 0;
  const gint64 *hidden = latent_recipe_get_ints (self->recipe, "hidden", &n);

  return n > 0 ? hidden[n - 1] : fallback;
}

static LatentValue *
project (LatentArch *self, const char *path, LatentValue *features)
{
  LatentLayers *layers = &self->layers;
  gint64 n_src = get_last_hidden (self, latent_lapped_get_hop (self) + LATENT_LAPPED_BANDS);
  g_autofree char *dense = g_strdup_printf ("%s/dense", path);
  g_autofree char *places = g_strdup_printf ("%s/places", path);
  g_autofree char *direct = g_strdup_printf ("%s/direct", path);

  g_autofree char *levels = g_strdup_printf ("%s/levels", path);
  g_autofree char *plain = g_strdup_printf ("%s/plain", path);
  g_autofree char *sum = g_strdup_printf ("%s/sum", path);
  LatentValue *latent = latent_lapped_join (self, plain,
      latent_layers_apply (layers, "MatMul", levels, self->loudness,
          latent_lapped_levels (self, levels, TRUE, LATENT_LAPPED_LEVEL_SCALE)),
      latent_layers_apply (layers, "MatMul", direct, self->coefficients,
          latent_lapped_diagonal (self, direct, TRUE, LATENT_LAPPED_SCALE)),
      1);

  latent = latent_layers_apply (layers, "Add", sum, latent,
      latent_layers_dense (layers, dense, features, n_src, self->k, NULL));
  /* The codec's places are apart in frequency, its channels are what lies between. */
  latent = latent_layers_reshape (
      layers, places, latent, (gint64[]){-1, self->k / LANES, LANES}, 3);
  return latent_layers_transpose (layers, path, latent, (gint64[]){0, 2, 1}, 3);
}

const LatentTrunk latent_trunk_lapped = {prepare, encode, project, latent_lapped_decode};
