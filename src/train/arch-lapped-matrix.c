/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/arch-lapped.h"

#include <math.h>

/* Matrices that a lapped transform begins with, and small steps that its parts share. */

gint64
latent_lapped_get_hop (const LatentArch *self)
{
  return self->d / 2;
}

gint64
latent_lapped_get_lanes (const LatentArch *self)
{
  return latent_lapped_get_hop (self) / LATENT_LAPPED_BANDS;
}

/* A parameter of two dimensions, to be filled; NULL where there is an error already. */
static LatentValue *
add_matrix (
    LatentArch *self, const char *path, const char *name, gint64 rows, gint64 columns, float **data)
{
  LatentValue *value = latent_layers_parameter (&self->layers, path, name,
      &(LatentShape){
          2, {rows, columns}
  },
      &(LatentFill){0});

  *data = value->data != NULL ? latent_tensor_get_writable_data (value->data) : NULL;
  return value;
}

/* Sample i's share of coefficient k, but for latent_lapped_get_unit(). */
static double
get_wave (gint64 hop, gint64 i, gint64 k)
{
  double n = (double)hop;

  return cos (G_PI / n * ((double)i + .5 + n / 2) * ((double)k + .5));
}

float
latent_lapped_get_unit (const LatentArch *self)
{
  return sqrtf (2 / (float)latent_lapped_get_hop (self));
}

/* Windows are added up with the weights sin^2; what is cut out with sin^2 / (sin^4 + cos^4) comes
 * back whole then. */
static double
get_cut (gint64 hop, gint64 i)
{
  double sine = sin (G_PI * ((double)i + .5) / (2 * (double)hop));
  double a = sine * sine, b = 1 - a;

  return a / (a * a + b * b);
}

/* [window, hop], or the other way round for the decoder. */
LatentValue *
latent_lapped_basis (LatentArch *self, const char *path, gboolean cuts)
{
  gint64 hop = latent_lapped_get_hop (self), window = 2 * hop;
  float *data;
  LatentValue *basis = add_matrix (
      self, path, "basis", cuts ? window : hop, cuts ? hop : window, &data);

  for (gint64 i = 0; data != NULL && i < window; i++)
    for (gint64 k = 0; k < hop; k++) {
      if (cuts)
        data[i * hop + k] = (float)(get_wave (hop, i, k) * get_cut (hop, i));
      else
        data[k * window + i] = (float)get_wave (hop, i, k);
    }
  return basis;
}

LatentValue *
latent_lapped_scales (LatentArch *self, const char *path)
{
  gint64 hop = latent_lapped_get_hop (self);
  float *data;
  LatentValue *scales = add_matrix (self, path, "scales", 1, hop, &data);

  for (gint64 k = 0; data != NULL && k < hop; k++)
    data[k] = 1;
  return scales;
}

LatentValue *
latent_lapped_levels (LatentArch *self, const char *path)
{
  float *data;
  LatentValue *matrix = add_matrix (
      self, path, "matrix", LATENT_LAPPED_BANDS, LATENT_LAPPED_BANDS, &data);

  for (gint64 band = 0; data != NULL && band < LATENT_LAPPED_BANDS; band++)
    data[band * LATENT_LAPPED_BANDS + band] = 1;
  return matrix;
}

/* How much of band `band` coefficient k has, where loudness goes evenly from one middle of a band
 * to the next. */
static float
get_share (gint64 lanes, gint64 band, gint64 k)
{
  double place = ((double)k + .5) / (double)lanes - .5;
  double distance = fabs (CLAMP (place, 0, LATENT_LAPPED_BANDS - 1) - (double)band);

  return (float)MAX (1 - distance, 0);
}

LatentValue *
latent_lapped_gather (LatentArch *self, const char *path, LatentValue *src)
{
  gint64 hop = latent_lapped_get_hop (self), lanes = latent_lapped_get_lanes (self);
  g_autofree char *name = g_strconcat (path, "/means", NULL);

  if (self->means == NULL) {
    LatentTensor *tensor = latent_tensor_new (
        LATENT_DATA_TYPE_FLOAT32, 2, (const gint64[]){hop, LATENT_LAPPED_BANDS}, NULL);
    float *data = latent_tensor_get_writable_data (tensor);
    for (gint64 k = 0; k < hop; k++)
      data[k * LATENT_LAPPED_BANDS + k / lanes] = 1 / (float)lanes;
    self->means = latent_layers_constant (&self->layers, name, tensor);
  }
  return latent_layers_apply (&self->layers, "MatMul", path, src, self->means);
}

LatentValue *
latent_lapped_spread (LatentArch *self, const char *path, LatentValue *src)
{
  gint64 hop = latent_lapped_get_hop (self), lanes = latent_lapped_get_lanes (self);
  g_autofree char *name = g_strconcat (path, "/shares", NULL);

  if (self->shares == NULL) {
    LatentTensor *tensor = latent_tensor_new (
        LATENT_DATA_TYPE_FLOAT32, 2, (const gint64[]){LATENT_LAPPED_BANDS, hop}, NULL);
    float *data = latent_tensor_get_writable_data (tensor);
    for (gint64 band = 0; band < LATENT_LAPPED_BANDS; band++)
      for (gint64 k = 0; k < hop; k++)
        data[band * hop + k] = get_share (lanes, band, k);
    self->shares = latent_layers_constant (&self->layers, name, tensor);
  }
  return latent_layers_apply (&self->layers, "MatMul", path, src, self->shares);
}

LatentValue *
latent_lapped_gain (LatentArch *self, const char *path, LatentValue *levels, gboolean inverse)
{
  float half = (float)LATENT_SOUND_SHAPE / 2;
  float scale = half / LATENT_LAPPED_LEVEL_SCALE;
  float offset = (LATENT_LAPPED_GAIN_LOUD - LATENT_LAPPED_LEVEL_MEAN) * LATENT_LAPPED_LEVEL_SCALE;
  g_autofree char *power = g_strconcat (path, "/power", NULL);
  g_autofree char *spread = g_strconcat (path, "/spread", NULL);
  LatentValue *value = latent_lapped_affine (self, power, levels, offset, inverse ? -scale : scale);

  return latent_layers_apply (
      &self->layers, "Exp", path, latent_lapped_spread (self, spread, value), NULL);
}

/* (src + offset) * factor */
LatentValue *
latent_lapped_affine (
    LatentArch *self, const char *path, LatentValue *src, float offset, float factor)
{
  g_autofree char *sum = g_strdup_printf ("%s/sum", path);
  g_autofree char *a = g_strdup_printf ("%s/offset", path);
  g_autofree char *b = g_strdup_printf ("%s/factor", path);
  LatentLayers *layers = &self->layers;

  src = latent_layers_apply (layers, "Add", sum, src,
      latent_layers_constant (layers, a, latent_tensor_new_float (offset)));
  return latent_layers_apply (layers, "Mul", path, src,
      latent_layers_constant (layers, b, latent_tensor_new_float (factor)));
}

LatentValue *
latent_lapped_join (LatentArch *self, const char *path, LatentValue *a, LatentValue *b, gint64 axis)
{
  LatentNode *node = latent_layers_node (&self->layers, "Concat", path, a, b, NULL);

  latent_node_set_int (node, "axis", axis);
  return latent_node_get_output (node, 0);
}

LatentValue *
latent_lapped_slice (
    LatentArch *self, const char *path, LatentValue *src, gint64 axis, gint64 begin, gint64 end)
{
  const struct {
    const char *name;
    const gint64 *value;
  } inputs[] = {
      {"begin", &begin},
      {"end",   &end  },
      {"axes",  &axis }
  };
  LatentNode *node = latent_layers_node (&self->layers, "Slice", path, src, NULL, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (inputs); i++) {
    g_autofree char *full = g_strdup_printf ("%s/%s", path, inputs[i].name);
    g_autoptr (LatentTensor) tensor = latent_tensor_new_int64s (inputs[i].value, 1);
    latent_node_add_input (node, latent_graph_add_constant (self->layers.graph, full, tensor));
  }
  return latent_node_get_output (node, 0);
}
