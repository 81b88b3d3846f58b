/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include "src/base/tensor.h"
#include "src/codec/motion-basis.h"
#include "src/media/format.h"
#include "src/model/model.h"
#include "src/train/arch-private.h"

/* A linear path beside the convolutions of a net for pictures of any size: the tiles of `latent pca
 * --tile` that are as large as the net's stride. The net begins about as good as these, and its
 * convolutions, whose last layers begin near 0, learn what tiles cannot do. Where the encoder is
 * frozen it is the tiles alone. With `refine` the decoder's convolutions go over the picture that
 * tiles made, whose seams they see, instead of making another from the latents.
 *
 *   x > [tiles > components, and convolutions] > sum > times scale > latent
 *   latent > over scale > [components > tiles, and convolutions] > sum > y
 *
 * Components of a step s leave a squared error of about s^2 / 12, which falls by 2 ln 2 times
 * itself with each bit: that is the weight of the bits at which a step of 1 is right. Latents are
 * scaled so that it is `rate`, for which training then has not to change all weights. */

static double
get_scale (const LatentRecipe *recipe)
{
  double rate = latent_recipe_get_double (recipe, "rate");

  return rate > 0 ? sqrt (2 * G_LN2 / 12 / rate) : 1;
}

static gboolean
fail_tiles (const char *path, const LatentArch *self, GError **error)
{
  return latent_arch_fail (error, "direct",
      "%s: wanted is a model of latent pca --tile of %" G_GINT64_FORMAT
      " latents for each %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT " elements of %" G_GINT64_FORMAT
      " channels",
      path, self->k, self->stride, self->stride, self->channels[0]);
}

/* A parameter of the file; NULL where it is none of that shape. */
static LatentTensor *
find_tensor (const LatentModel *model, const char *name, const LatentShape *shape)
{
  const LatentValue *value = latent_graph_find_value (model->graph, name);

  if (value == NULL || value->data == NULL || value->data->type != LATENT_DATA_TYPE_FLOAT32 ||
      !latent_shape_equal (&value->data->shape, shape))
    return NULL;
  return value->data;
}

static LatentValue *
add_parameter (LatentArch *self, const char *path, const char *name, LatentTensor *tensor)
{
  g_autofree char *full = g_strdup_printf ("%s/%s", path, name);
  LatentValue *value = latent_graph_add_constant (self->layers.graph, full, tensor);

  value->is_parameter = TRUE;
  return value;
}

gboolean
latent_arch_is_tiles_alone (const LatentArch *self)
{
  return self->direct[0] != NULL && latent_recipe_get_bool (self->recipe, "freeze-encoder");
}

/* A file, or components of what is learned from. */
static LatentModel *
open_tiles (const LatentArch *self, const char *path, GError **error)
{
  if (!g_str_equal (path, "pca"))
    return latent_model_load (path, error);
  if (self->spec->tiles != NULL)
    return latent_model_ref (self->spec->tiles);
  latent_arch_fail (
      error, "direct", "pca: components are of files; a model of latent pca --tile can be named");
  return NULL;
}

gboolean
latent_arch_load_direct (LatentArch *self, GError **error)
{
  const char *path = latent_recipe_get_string (self->recipe, "direct");
  gint64 channels = self->channels[0], stride = self->stride, k = self->k;
  gint64 d = channels * stride * stride;
  const LatentShape shapes[] = {
      {4, {k, channels, stride, stride}},
      {1, {k}                          },
      {4, {d, k, 1, 1}                 },
      {1, {d}                          },
  };
  static const char *const names[] = {"encoder.weights", "encoder.bias", "decoder.weights", "mean"};
  g_autoptr (LatentModel) model = NULL;

  if (path == NULL)
    return latent_recipe_get_int (self->recipe, "refine") == 0 ||
           latent_arch_fail (error, "refine", "wants direct, whose output it goes over");
  if (self->n_axes != 2 || self->latent.n != 4 || !latent_recipe_is (self->recipe, "arch", "conv"))
    return latent_arch_fail (error, "direct", "is for arch conv and pictures, and not flat");
  model = open_tiles (self, path, error);
  if (model == NULL)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (self->direct); i++) {
    LatentTensor *tensor = find_tensor (model, names[i], &shapes[i]);
    if (tensor == NULL)
      return fail_tiles (path, self, error);
    self->direct[i] = latent_tensor_ref (tensor);
  }
  return TRUE;
}

void
latent_arch_clear_direct (LatentArch *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->direct); i++)
    g_clear_pointer (&self->direct[i], latent_tensor_unref);
}

static LatentValue *
add_scale (LatentArch *self, const char *path, LatentValue *src, double scale)
{
  LatentTensor *tensor;
  g_autofree char *factor = g_strconcat (path, "/factor", NULL);

  if (scale == 1)
    return src;
  tensor = latent_tensor_new_shape (LATENT_DATA_TYPE_FLOAT32, &(LatentShape){0}, NULL);
  *(float *)latent_tensor_get_writable_data (tensor) = (float)scale;
  return latent_layers_apply (
      &self->layers, "Mul", path, src, latent_layers_constant (&self->layers, factor, tensor));
}

LatentValue *
latent_arch_encode_direct (LatentArch *self, LatentValue *x, LatentValue *latent)
{
  static const char path[] = "encoder/direct";
  const gint64 size[] = {self->stride, self->stride};
  LatentNode *node;
  LatentValue *sum;

  if (self->direct[0] == NULL)
    return latent;
  node = latent_layers_node (&self->layers, "Conv", path, x,
      add_parameter (self, path, "weights", self->direct[0]),
      add_parameter (self, path, "bias", self->direct[1]));
  latent_node_set_ints (node, "kernel_shape", size, 2);
  latent_node_set_ints (node, "strides", size, 2);
  sum = latent_node_get_output (node, 0);
  if (latent != NULL)
    sum = latent_layers_apply (&self->layers, "Add", "encoder/sum", latent, sum);
  return add_scale (self, "encoder/scale", sum, get_scale (self->recipe));
}

LatentValue *
latent_arch_begin_direct (LatentArch *self, LatentValue *latent)
{
  if (self->direct[0] == NULL)
    return latent;
  return add_scale (self, "decoder/scale", latent, 1 / get_scale (self->recipe));
}

/* y + what convolutions make of pieces of it. */
static LatentValue *
refine (LatentArch *self, LatentValue *y)
{
  gint64 width = latent_recipe_get_int (self->recipe, "refine");
  gint64 n = self->channels[0] * self->patch * self->patch;
  gint64 blocks = latent_recipe_get_int (self->recipe, "blocks");
  LatentConvLayer first = {2, n, width, self->kernel, 1, self->activation, 1};
  LatentConvLayer block = {
      2, width, width, self->kernel, 1, self->activation, 1 / sqrtf ((float)MAX (blocks, 1))};
  LatentConvLayer last = {2, width, n, self->kernel, 1, NULL, LATENT_ARCH_REFINE_GAIN};
  LatentLayers *layers = &self->layers;
  LatentValue *x = latent_layers_gather (
      layers, "decoder/refine/patches", y, 2, self->patch, self->channels[0]);

  x = latent_layers_conv (layers, "decoder/refine/first", x, &first);
  for (gint64 i = 0; i < blocks; i++) {
    g_autofree char *path = g_strdup_printf ("decoder/refine/block%" G_GINT64_FORMAT, i + 1);
    x = latent_layers_residual (layers, path, x, &block);
  }
  x = latent_layers_conv (layers, "decoder/refine/last", x, &last);
  x = latent_layers_spread (layers, "decoder/refine/spread", x, 2, self->patch, self->channels[0]);
  return latent_layers_apply (layers, "Add", "decoder/output", y, x);
}

LatentValue *
latent_arch_decode_direct (LatentArch *self, LatentValue *latent, LatentValue *y)
{
  static const char path[] = "decoder/direct";
  LatentNode *node, *tiles;

  if (self->direct[0] == NULL)
    return y;
  node = latent_layers_node (&self->layers, "Conv", path, latent,
      add_parameter (self, path, "weights", self->direct[2]),
      add_parameter (self, path, "bias", self->direct[3]));
  tiles = latent_layers_node (&self->layers, "DepthToSpace", "decoder/direct/tiles",
      latent_node_get_output (node, 0), NULL, NULL);
  latent_node_set_int (tiles, "blocksize", self->stride);
  latent_node_set_string (tiles, "mode", "CRD");
  if (y == NULL)
    return refine (self, latent_node_get_output (tiles, 0));
  return latent_layers_apply (
      &self->layers, "Add", "decoder/sum", y, latent_node_get_output (tiles, 0));
}

/* Whether a component is the colour of whole tiles: the part of it that is alike in all pixels of
 * U, and of V, is most of it. */
static gboolean
is_colour (const LatentArch *self, gint64 component)
{
  const LatentMediaInfo *media = &self->spec->media;
  const LatentLayout *layout = latent_layout_get (media->color);
  gint64 n = self->stride * self->stride;
  const float *row = (const float *)self->direct[0]->data + component * self->channels[0] * n;
  double square = 0;

  for (guint lane = 0; media->color == LATENT_COLOR_I420 && lane < layout->n_lanes; lane++) {
    double sum = 0;
    if (layout->lanes[lane].component == 0)
      continue;
    for (gint64 i = 0; i < n; i++)
      sum += row[lane * n + i];
    square += sum * sum / (double)n;
  }
  return square > .5;
}

/* Two levels at the best quality, as latent pca has it, and one of colour: where that is wrong for
 * whole tiles one sees it. */
gboolean
latent_arch_describe_direct (const LatentArch *self, LatentModel *model, GError **error)
{
  g_autoptr (GString) steps = g_string_new (NULL);
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  if (!latent_arch_is_tiles_alone (self) || get_scale (self->recipe) != 1)
    return TRUE;
  for (gint64 i = 0; i < self->k; i++) {
    double levels = is_colour (self, i) ? 1 : 2;
    g_ascii_formatd (
        number, sizeof number, "%.6g", levels * (double)latent_model_get_scale (model, 0));
    g_string_append_printf (steps, "%s%s", i > 0 ? "," : "", number);
  }
  latent_motion_basis_declare (model, "encoder/direct/weights", "encoder/direct/bias");
  return latent_model_set_metadata (model, "latent.steps", steps->str, error);
}
