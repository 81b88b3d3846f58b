/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/arch-private.h"

#include <math.h>

/* Attention over tokens: patches of a picture, frames of sound, slices of a vector, rows of a
 * sequence.
 *
 *   x > tokens > embed + positions > blocks > norm > latent
 *   latent > widen + positions > blocks > norm > tokens > y
 *
 * A net that predicts looks back alone, and its latent is what stands before the last layer. What
 * it gives is added to the row that it was given, so that it begins with repeating: what changes is
 * little, and all that is to be learned. An output activation would bend that sum: then it is not
 * added. */

#define TOKENS_MAX    4096 /* attention grows with the square */
#define TOKENS_CHOSEN 64   /* at most, where `patch` is not set */
#define MASKED        -1e9f

static gboolean
predicts (const LatentArch *self)
{
  return latent_recipe_is (self->recipe, "task", "predict");
}

static gboolean
adds_to_input (const LatentArch *self)
{
  return predicts (self) && latent_recipe_is (self->recipe, "output-activation", "none");
}

static gboolean
is_sequence (const LatentArch *self)
{
  return self->spec->media.kind == LATENT_MEDIA_VECTOR && self->spec->sample.n == 2;
}

/* Elements along each axis that patches divide; a vector is one of one channel. */
static guint
get_axes (const LatentArch *self, gint64 sizes[2])
{
  const LatentShape *sample = &self->spec->sample;
  guint n_axes = MAX (sample->n, 2) - 1;

  for (guint i = 0; i < n_axes; i++)
    sizes[i] = sample->n == 1 ? sample->dims[0] : sample->dims[1 + i];
  return n_axes;
}

static gint64
count_patches (const gint64 *sizes, guint n_axes, gint64 patch)
{
  gint64 n = 1;

  for (guint i = 0; i < n_axes; i++) {
    if (sizes[i] % patch != 0)
      return G_MAXINT64;
    n *= sizes[i] / patch;
  }
  return n;
}

static gboolean
choose_patch (LatentArch *self, const gint64 *sizes, GError **error)
{
  gint64 patch = latent_recipe_get_int (self->recipe, "patch");

  if (patch == 0)
    while (count_patches (sizes, self->n_axes, ++patch) > TOKENS_CHOSEN && patch < sizes[0]) {
    }
  self->patch = patch;
  self->n_tokens = count_patches (sizes, self->n_axes, patch);
  if (self->n_tokens <= TOKENS_MAX)
    return TRUE;
  g_autofree char *offered = latent_shape_to_string (&self->spec->sample);
  return latent_arch_fail (error, "patch",
      "%" G_GINT64_FORMAT " does not cut samples of %s into %d tokens at most", patch, offered,
      TOKENS_MAX);
}

static gboolean
find_tokens (LatentArch *self, GError **error)
{
  const LatentShape *sample = &self->spec->sample;
  gint64 sizes[2];

  if (is_sequence (self)) {
    self->n_tokens = sample->dims[0];
    self->token_size = sample->dims[1];
    if (self->n_tokens <= TOKENS_MAX)
      return TRUE;
    return latent_arch_fail (error, "sequence", "%" G_GINT64_FORMAT " rows, wanted are %d at most",
        self->n_tokens, TOKENS_MAX);
  }
  self->n_axes = get_axes (self, sizes);
  if (!choose_patch (self, sizes, error))
    return FALSE;
  self->token_size = self->d / self->n_tokens;
  for (guint i = 0; i < self->n_axes; i++)
    self->grid[i] = sizes[i] / self->patch;
  return TRUE;
}

/* Latents of tokens stand as those of convolutions do, channels first; rows stay rows. */
static LatentShape
get_latent_shape (const LatentArch *self)
{
  if (predicts (self))
    return (LatentShape){
        3, {-1, self->n_tokens, latent_recipe_get_int (self->recipe, "width")}
    };
  if (!latent_recipe_get_bool (self->recipe, "per-token"))
    return (LatentShape){
        2, {-1, self->k}
    };
  if (self->spec->media.kind == LATENT_MEDIA_VECTOR)
    return (LatentShape){
        3, {-1, self->n_tokens, self->k}
    };
  return (LatentShape){
      2 + self->n_axes, {-1, self->k, self->grid[0], self->grid[1]}
  };
}

static gboolean
prepare (LatentArch *self, GError **error)
{
  gint64 width = latent_recipe_get_int (self->recipe, "width");
  gint64 heads = latent_recipe_get_int (self->recipe, "heads");

  if (width % heads != 0)
    return latent_arch_fail (error, "heads",
        "%" G_GINT64_FORMAT " does not divide the width, %" G_GINT64_FORMAT, heads, width);
  if (!find_tokens (self, error))
    return FALSE;
  self->latent = get_latent_shape (self);
  return TRUE;
}

/* To [n, tokens, token_size]. */
static LatentValue *
cut_tokens (LatentArch *self, LatentValue *x)
{
  LatentLayers *layers = &self->layers;
  gint64 channels = self->spec->sample.dims[0];

  if (is_sequence (self))
    return x;
  if (self->spec->sample.n == 1)
    return latent_layers_reshape (
        layers, "encoder/slices", x, (gint64[]){0, self->n_tokens, self->token_size}, 3);
  x = latent_layers_gather (layers, "encoder/patches", x, self->n_axes, self->patch, channels);
  if (self->n_axes == 2)
    x = latent_layers_reshape (
        layers, "encoder/row", x, (gint64[]){0, self->token_size, self->n_tokens}, 3);
  return latent_layers_transpose (layers, "encoder/tokens", x, (gint64[]){0, 2, 1}, 3);
}

static LatentValue *
join_tokens (LatentArch *self, LatentValue *tokens)
{
  LatentLayers *layers = &self->layers;
  gint64 channels = self->spec->sample.dims[0];

  if (is_sequence (self))
    return tokens;
  if (self->spec->sample.n == 1)
    return latent_layers_reshape (layers, "decoder/vector", tokens, (gint64[]){0, channels}, 2);
  tokens = latent_layers_transpose (layers, "decoder/row", tokens, (gint64[]){0, 2, 1}, 3);
  if (self->n_axes == 2)
    tokens = latent_layers_reshape (layers, "decoder/grid", tokens,
        (gint64[]){0, self->token_size, self->grid[0], self->grid[1]}, 4);
  return latent_layers_spread (
      layers, "decoder/patches", tokens, self->n_axes, self->patch, channels);
}

/* Vaswani et al. 2017: sines and cosines of wavelengths from 2 pi to 10,000 times that. */
static LatentTensor *
new_sinusoids (gint64 n, gint64 width)
{
  LatentShape shape = {
      2, {n, width}
  };
  LatentTensor *tensor = latent_tensor_new_shape (LATENT_DATA_TYPE_FLOAT32, &shape, NULL);
  float *dst = latent_tensor_get_writable_data (tensor);

  for (gint64 i = 0; i < n; i++)
    for (gint64 j = 0; j < width; j++) {
      double angle = (double)i / pow (10000, (double)(j - j % 2) / (double)width);
      dst[i * width + j] = (float)(j % 2 == 0 ? sin (angle) : cos (angle));
    }
  return tensor;
}

static LatentValue *
add_positions (LatentArch *self, const char *side, LatentValue *tokens)
{
  LatentLayers *layers = &self->layers;
  gint64 width = latent_recipe_get_int (self->recipe, "width");
  LatentShape shape = {
      2, {self->n_tokens, width}
  };
  g_autofree char *path = g_strdup_printf ("%s/positions", side);
  g_autofree char *sum = g_strdup_printf ("%s/placed", side);
  LatentValue *positions;

  if (latent_recipe_is (self->recipe, "positions", "sinusoidal"))
    positions = latent_layers_constant (layers, path, new_sinusoids (self->n_tokens, width));
  else
    positions = latent_layers_parameter (
        layers, side, "positions", &shape, &(LatentFill){.deviation = .02f});
  return latent_layers_apply (layers, "Add", sum, tokens, positions);
}

/* [tokens, tokens]: a place (row) sees itself and what was before. */
static LatentValue *
add_mask (LatentArch *self)
{
  gint64 n = self->n_tokens;
  LatentShape shape = {
      2, {n, n}
  };
  LatentTensor *tensor = latent_tensor_new_shape (LATENT_DATA_TYPE_FLOAT32, &shape, NULL);
  float *dst = latent_tensor_get_writable_data (tensor);

  for (gint64 i = 0; i < n; i++)
    for (gint64 j = i + 1; j < n; j++)
      dst[i * n + j] = MASKED;
  return latent_layers_constant (&self->layers, "encoder/past", tensor);
}

static LatentValue *
add_blocks (LatentArch *self, const char *side, LatentValue *tokens)
{
  gint64 n = latent_recipe_get_int (self->recipe, "layers");
  g_autofree char *norm = g_strdup_printf ("%s/norm", side);
  LatentAttentionBlock block = {
      .width = latent_recipe_get_int (self->recipe, "width"),
      .n_heads = latent_recipe_get_int (self->recipe, "heads"),
      .activation = self->activation,
      .gain = 1 / sqrtf (2 * (float)n),
      .mask = predicts (self) ? add_mask (self) : NULL,
  };

  for (gint64 i = 0; i < n; i++) {
    g_autofree char *path = g_strdup_printf ("%s/block%" G_GINT64_FORMAT, side, i + 1);
    tokens = latent_layers_transformer (&self->layers, path, tokens, &block);
  }
  return latent_layers_norm (&self->layers, norm, tokens, block.width);
}

static LatentValue *
encode (LatentArch *self, LatentValue *x)
{
  gint64 width = latent_recipe_get_int (self->recipe, "width");
  LatentValue *tokens = latent_layers_tokens (
      &self->layers, "encoder/embed", cut_tokens (self, x), self->token_size, width, NULL, 1);

  self->rows = x;
  tokens = add_positions (self, "encoder", tokens);
  return add_blocks (self, "encoder", tokens);
}

static LatentValue *
project (LatentArch *self, const char *path, LatentValue *features)
{
  LatentLayers *layers = &self->layers;
  gint64 width = latent_recipe_get_int (self->recipe, "width");
  gint64 grid[] = {0, self->k, self->grid[0], self->grid[1]};

  if (predicts (self))
    return features;
  if (self->latent.n == 2) {
    features = latent_layers_flatten (layers, "encoder/flatten", features);
    return latent_layers_dense (layers, path, features, self->n_tokens * width, self->k, NULL);
  }
  features = latent_layers_tokens (layers, path, features, width, self->k, NULL, 1);
  if (self->spec->media.kind == LATENT_MEDIA_VECTOR)
    return features;
  features = latent_layers_transpose (
      layers, "encoder/latent/row", features, (gint64[]){0, 2, 1}, 3);
  if (self->n_axes == 1)
    return features;
  return latent_layers_reshape (layers, "encoder/latent/grid", features, grid, 4);
}

/* Latents to [n, tokens, width]. */
static LatentValue *
widen (LatentArch *self, LatentValue *latent)
{
  LatentLayers *layers = &self->layers;
  gint64 width = latent_recipe_get_int (self->recipe, "width");

  if (self->latent.n == 2) {
    latent = latent_layers_dense (
        layers, "decoder/latent", latent, self->k, self->n_tokens * width, NULL);
    return latent_layers_reshape (
        layers, "decoder/tokens", latent, (gint64[]){0, self->n_tokens, width}, 3);
  }
  if (self->latent.n == 4)
    latent = latent_layers_reshape (
        layers, "decoder/latent/row", latent, (gint64[]){0, self->k, self->n_tokens}, 3);
  if (self->spec->media.kind != LATENT_MEDIA_VECTOR)
    latent = latent_layers_transpose (
        layers, "decoder/latent/tokens", latent, (gint64[]){0, 2, 1}, 3);
  return latent_layers_tokens (layers, "decoder/latent", latent, self->k, width, NULL, 1);
}

static LatentValue *
decode (LatentArch *self, LatentValue *latent)
{
  gint64 width = latent_recipe_get_int (self->recipe, "width");

  if (!predicts (self)) {
    latent = add_positions (self, "decoder", widen (self, latent));
    latent = add_blocks (self, "decoder", latent);
  }
  latent = latent_layers_tokens (&self->layers, "decoder/output", latent, width, self->token_size,
      NULL, LATENT_ARCH_OUTPUT_GAIN);
  if (adds_to_input (self))
    return latent_layers_apply (&self->layers, "Add", "decoder/next", self->rows, latent);
  return join_tokens (self, latent);
}

const LatentTrunk latent_trunk_transformer = {prepare, encode, project, decode};
