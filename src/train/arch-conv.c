/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/arch-private.h"

#include <math.h>

/* Convolutions over pictures or sound, each level of the encoder half as large as the one before:
 *
 *   x > gather (patch) > [conv, stride 2 > residual blocks] at each level > conv > latent
 *   latent > conv > [residual blocks > conv > spread (2)] at each level > y
 *
 * The last spread covers the patch too, so that its convolution runs at half the size. Flat nets
 * have dense layers in the middle, and crop where a size was odd. */

/* Trials for a frame's size end there. */
#define STRIDE_MAX 256

/* Elements of the input, each way, for one of the latents. */
static gint64
get_stride (const LatentArch *self)
{
  return self->patch << self->n_levels;
}

gint64
latent_arch_get_tile_size (const LatentRecipe *recipe)
{
  guint n = 0;
  latent_recipe_get_ints (recipe, "conv-channels", &n);
  return MIN (MAX (latent_recipe_get_int (recipe, "patch"), 1) << MIN (n, 16), 1 << 16);
}

static gboolean
check_flat (LatentArch *self, GError **error)
{
  for (guint i = 0; i < self->n_axes; i++)
    if (self->input.dims[2 + i] % self->patch != 0)
      return latent_arch_fail (error, "patch",
          "%" G_GINT64_FORMAT " does not divide samples of %" G_GINT64_FORMAT " elements",
          self->patch, self->input.dims[2 + i]);
  self->latent = (LatentShape){
      2, {-1, self->k}
  };
  return TRUE;
}

/* Any size, as long as samples are multiples of the stride: media are padded, samples are not. */
static gboolean
check_open (LatentArch *self, GError **error)
{
  gint64 stride = get_stride (self);
  const char *key = self->n_axes == 2 ? "crop" : "window";

  if (stride > STRIDE_MAX)
    return latent_arch_fail (error, self->patch > 1 ? "patch" : "conv-channels",
        "halvings and patch make a stride of %" G_GINT64_FORMAT ", wanted is %d at most", stride,
        STRIDE_MAX);
  self->latent = (LatentShape){
      2 + self->n_axes, {-1, self->k, -1, -1}
  };
  for (guint i = 0; i < self->n_axes; i++) {
    if (self->input.dims[2 + i] % stride != 0)
      return latent_arch_fail (error, key,
          "samples of %" G_GINT64_FORMAT " elements each way, wanted is a multiple of the net's "
          "stride of %" G_GINT64_FORMAT " (a flat net takes any)",
          self->input.dims[2 + i], stride);
    self->input.dims[2 + i] = -1;
  }
  return TRUE;
}

static gboolean
prepare (LatentArch *self, GError **error)
{
  guint n = 0;
  const gint64 *channels = latent_recipe_get_ints (self->recipe, "conv-channels", &n);
  gboolean is_flat = latent_recipe_get_bool (self->recipe, "flat");

  self->kernel = latent_recipe_get_int (self->recipe, "kernel");
  self->patch = MAX (latent_recipe_get_int (self->recipe, "patch"), 1);
  self->n_axes = self->spec->sample.n - 1;
  self->n_levels = n;
  if (self->spec->media.kind == LATENT_MEDIA_VECTOR)
    return latent_arch_fail (error,
        latent_recipe_is (self->recipe, "arch", "vae") ? "conv-channels" : "arch",
        "convolutions need pictures or sound, the samples are vectors (format says what they are)");
  if (n == 0 || n >= LATENT_ARCH_SIZES)
    return latent_arch_fail (
        error, "conv-channels", "%u sizes, wanted are 1 to %d", n, LATENT_ARCH_SIZES - 1);
  if (self->kernel % 2 == 0)
    return latent_arch_fail (
        error, "kernel", "%" G_GINT64_FORMAT ", wanted is an odd number", self->kernel);
  if (!is_flat && latent_recipe_has (self->recipe, "hidden"))
    return latent_arch_fail (error, "hidden", "a conv net has dense layers where it is flat");
  if (is_flat ? !check_flat (self, error) : !check_open (self, error))
    return FALSE;
  self->channels[0] = self->input.dims[1];
  for (guint level = 0; level <= n; level++) {
    if (level > 0)
      self->channels[level] = channels[level - 1];
    for (guint i = 0; i < self->n_axes; i++)
      self->sizes[level][i] = level == 0 ? self->input.dims[2 + i] / self->patch
                                         : (self->sizes[level - 1][i] + 1) / 2;
  }
  self->stride = get_stride (self);
  return latent_arch_load_direct (self, error);
}

static gint64
count_elements (const LatentArch *self, guint level)
{
  gint64 n = self->channels[level];

  for (guint i = 0; i < self->n_axes; i++)
    n *= self->sizes[level][i];
  return n;
}

/* block^axes */
static gint64
get_pieces (const LatentArch *self, gint64 block)
{
  return self->n_axes == 2 ? block * block : block;
}

static LatentValue *
add_conv (LatentArch *self, const char *path, LatentValue *src, gint64 n_src, gint64 n_dst,
    gint64 stride, const char *activation)
{
  gboolean is_output = g_str_equal (path, "decoder/output");
  gboolean is_beside = self->direct[0] != NULL &&
                       (is_output || g_str_equal (path, "encoder/latent"));
  LatentConvLayer conv = {self->n_axes, n_src, n_dst, self->kernel, stride, activation,
      is_beside   ? LATENT_ARCH_BESIDE_GAIN
      : is_output ? LATENT_ARCH_OUTPUT_GAIN
                  : 1};

  return latent_layers_conv (&self->layers, path, src, &conv);
}

/* Branches of a chain add up: each starts smaller, so that their sum does not grow. */
static LatentValue *
add_blocks (LatentArch *self, const char *side, guint level, LatentValue *src)
{
  gint64 n = latent_recipe_get_int (self->recipe, "blocks");
  LatentConvLayer conv = {.n_axes = self->n_axes,
      .n_src = self->channels[level],
      .n_dst = self->channels[level],
      .kernel = self->kernel,
      .stride = 1,
      .activation = self->activation,
      .gain = 1 / sqrtf ((float)MAX (n * self->n_levels, 1))};

  for (gint64 i = 0; i < n; i++) {
    g_autofree char *path = g_strdup_printf (
        "%s/level%u/block%" G_GINT64_FORMAT, side, level, i + 1);
    src = latent_layers_residual (&self->layers, path, src, &conv);
  }
  return src;
}

static LatentValue *
encode (LatentArch *self, LatentValue *x)
{
  gint64 n_src = self->channels[0] * get_pieces (self, self->patch);
  gint64 n_dst;

  self->x = x;
  if (latent_arch_is_tiles_alone (self))
    return x;
  x = latent_layers_gather (
      &self->layers, "encoder/patches", x, self->n_axes, self->patch, self->channels[0]);
  for (guint level = 1; level <= self->n_levels; level++) {
    g_autofree char *path = g_strdup_printf ("encoder/level%u/halve", level);
    x = add_conv (self, path, x, n_src, self->channels[level], 2, self->activation);
    x = add_blocks (self, "encoder", level, x);
    n_src = self->channels[level];
  }
  if (self->latent.n > 2)
    return x;
  x = latent_layers_flatten (&self->layers, "encoder/flatten", x);
  return latent_arch_add_hidden (&self->layers, self->recipe, "hidden", "encoder/dense", x,
      count_elements (self, self->n_levels), &n_dst);
}

static LatentValue *
project (LatentArch *self, const char *path, LatentValue *features)
{
  guint n = 0;
  const gint64 *hidden = latent_recipe_get_ints (self->recipe, "hidden", &n);
  gint64 n_src = n > 0 ? hidden[n - 1] : count_elements (self, self->n_levels);

  if (latent_arch_is_tiles_alone (self))
    return latent_arch_encode_direct (self, self->x, NULL);
  if (self->latent.n > 2)
    return latent_arch_encode_direct (self, self->x,
        add_conv (self, path, features, self->channels[self->n_levels], self->k, 1, NULL));
  return latent_layers_dense (&self->layers, path, features, n_src, self->k, NULL);
}

/* Latents to the smallest level. */
static LatentValue *
decode_latent (LatentArch *self, LatentValue *latent)
{
  guint top = self->n_levels;
  gint64 shape[] = {0, self->channels[top], self->sizes[top][0], self->sizes[top][1]};
  gint64 n_src;

  if (self->latent.n > 2)
    return add_conv (
        self, "decoder/latent", latent, self->k, self->channels[top], 1, self->activation);
  latent = latent_arch_add_mirrored (self, latent, self->k, &n_src);
  latent = latent_layers_dense (
      &self->layers, "decoder/latent", latent, n_src, count_elements (self, top), self->activation);
  return latent_layers_reshape (&self->layers, "decoder/reshape", latent, shape, 2 + self->n_axes);
}

/* From a level to the next finer one, the last one's patch included. */
static LatentValue *
add_doubling (LatentArch *self, guint level, LatentValue *src)
{
  gboolean is_last = level == 1;
  gint64 block = is_last ? 2 * self->patch : 2;
  gint64 n_dst = self->channels[level - 1];
  gint64 sizes[2];
  gboolean is_larger = FALSE;
  g_autofree char *conv = is_last ? g_strdup ("decoder/output")
                                  : g_strdup_printf ("decoder/level%u/double", level);
  g_autofree char *spread = g_strdup_printf ("%s/spread", conv);
  g_autofree char *crop = g_strdup_printf ("%s/crop", conv);

  src = add_conv (self, conv, src, self->channels[level], n_dst * get_pieces (self, block), 1,
      is_last ? NULL : self->activation);
  src = latent_layers_spread (&self->layers, spread, src, self->n_axes, block, n_dst);
  for (guint i = 0; i < self->n_axes; i++) {
    sizes[i] = self->sizes[level - 1][i] * (is_last ? self->patch : 1);
    is_larger |= self->sizes[level - 1][i] % 2 != 0;
  }
  if (self->latent.n > 2 || !is_larger)
    return src;
  return latent_layers_crop (&self->layers, crop, src, self->n_axes, sizes);
}

static LatentValue *
decode (LatentArch *self, LatentValue *latent)
{
  LatentValue *src = latent_arch_begin_direct (self, latent);
  LatentValue *y;

  if (latent_recipe_get_int (self->recipe, "refine") > 0)
    return latent_arch_decode_direct (self, src, NULL);
  y = decode_latent (self, src);
  for (guint level = self->n_levels; level > 0; level--) {
    y = add_blocks (self, "decoder", level, y);
    y = add_doubling (self, level, y);
  }
  return latent_arch_decode_direct (self, src, y);
}

const LatentTrunk latent_trunk_conv = {prepare, encode, project, decode};
