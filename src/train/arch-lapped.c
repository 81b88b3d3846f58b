/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/arch-lapped.h"

/* The encoder, and what it wants. */

#define LEAST_POWER 1e-9f /* of a coefficient */
/* By how much the logarithm of noise's power is above the mean of its coefficients' logarithms. */
#define LOG_BIAS 1.27f

static gboolean
prepare (LatentArch *self, GError **error)
{
  const LatentMediaInfo *media = &self->spec->media;
  gint64 bands = LATENT_LAPPED_BANDS;

  if (media->kind != LATENT_MEDIA_AUDIO || media->channels != 1)
    return latent_arch_fail (error, "arch", "lapped wants sound of one channel");
  if (self->d != 2 * (gint64)media->hop)
    return latent_arch_fail (error, "hop",
        "%u: lapped wants half of the window of %" G_GINT64_FORMAT, media->hop, self->d);
  if (media->hop % bands != 0)
    return latent_arch_fail (
        error, "hop", "%u: lapped wants a multiple of its %d bands", media->hop, (gint)bands);
  if (self->k != media->hop + bands)
    return latent_arch_fail (error, "latent",
        "%" G_GINT64_FORMAT ", lapped wants %u: one for each sample of the hop and of %d bands",
        self->k, media->hop + (guint)bands, (gint)bands);
  self->latent = (LatentShape){
      3, {-1, 1 + latent_lapped_get_lanes (self), bands}
  };
  self->level_slope = LATENT_LAPPED_LEVEL_SLOPE;
  return TRUE;
}

/* How loud bands are, as latents have it: what lies between a voice's harmonics counts as much as
 * these, since that is what noise will stand for. */
static LatentValue *
measure_levels (LatentArch *self)
{
  LatentLayers *layers = &self->layers;
  LatentValue *power = latent_layers_apply (
      layers, "Mul", "encoder/square", self->coefficients, self->coefficients);

  power = latent_lapped_affine (self, "encoder/held", power, LEAST_POWER, 1);
  power = latent_layers_apply (layers, "Log", "encoder/power", power, NULL);
  return latent_lapped_affine (self, "encoder/loudness",
      latent_lapped_gather (self, "encoder/loudness/mean", power),
      LATENT_LAPPED_LEVEL_MEAN + LOG_BIAS, LATENT_LAPPED_LEVEL_SCALE);
}

static LatentValue *
encode (LatentArch *self, LatentValue *x)
{
  LatentLayers *layers = &self->layers;
  LatentValue *flat = latent_layers_flatten (layers, "encoder/flatten", x);

  flat = latent_layers_apply (layers, "MatMul", "encoder/waves", flat,
      latent_lapped_basis (self, "encoder/coefficients", TRUE));
  self->coefficients = latent_lapped_affine (
      self, "encoder/coefficients", flat, 0, latent_lapped_get_unit (self));
  return self->coefficients;
}

/* There is no hidden layer before the latents: whatever is silent is 0, and nothing rests beside
 * it. */
static LatentValue *
project (LatentArch *self, const char *path, LatentValue *coefficients)
{
  LatentLayers *layers = &self->layers;
  gint64 bands = LATENT_LAPPED_BANDS, lanes = latent_lapped_get_lanes (self);
  g_autofree char *places = g_strconcat (path, "/places", NULL);
  LatentValue *levels = latent_layers_apply (layers, "MatMul", "encoder/levels",
      measure_levels (self), latent_lapped_levels (self, "encoder/levels"));
  LatentValue *direct = latent_layers_apply (layers, "Mul", "encoder/direct", coefficients,
      latent_lapped_gain (self, "encoder/gain", levels, TRUE));

  direct = latent_layers_apply (
      layers, "Mul", "encoder/direct", direct, latent_lapped_scales (self, "encoder/direct"));
  direct = latent_lapped_affine (self, "encoder/scaled", direct, 0, LATENT_LAPPED_SCALE);
  direct = latent_layers_reshape (
      layers, "encoder/direct/bands", direct, (gint64[]){-1, bands, lanes}, 3);
  levels = latent_layers_reshape (
      layers, "encoder/levels/bands", levels, (gint64[]){-1, bands, 1}, 3);
  /* The codec's places are apart in frequency, its channels are what lies between. */
  return latent_layers_transpose (
      layers, path, latent_lapped_join (self, places, levels, direct, 2), (gint64[]){0, 2, 1}, 3);
}

const LatentTrunk latent_trunk_lapped = {prepare, encode, project, latent_lapped_decode};
