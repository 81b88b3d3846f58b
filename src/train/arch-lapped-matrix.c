/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/arch-lapped.h"

#include <math.h>

/* Matrices that a lapped transform begins with, and small steps that its parts share. */

gint64
latent_lapped_get_hop (const LatentArch *self)
{
  return self->d / 2;
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

/* [rows, columns]: coefficient i is latent LATENT_LAPPED_LEVELS + i times `scale`, or the other way
 * round. */
LatentValue *
latent_lapped_diagonal (LatentArch *self, const char *path, gboolean encodes, float scale)
{
  gint64 n = self->k - LATENT_LAPPED_LEVELS, hop = latent_lapped_get_hop (self);
  float *data;
  LatentValue *matrix = add_matrix (
      self, path, "matrix", encodes ? hop : self->k, encodes ? n : hop, &data);

  for (gint64 i = 0; data != NULL && i < n; i++)
    data[encodes ? i * n + i : (LATENT_LAPPED_LEVELS + i) * hop + i] = scale;
  return matrix;
}

/* [LATENT_LAPPED_BANDS, LATENT_LAPPED_LEVELS]: means of bands that follow one another; or [latents,
 * LATENT_LAPPED_BANDS]: back from levels. */
LatentValue *
latent_lapped_levels (LatentArch *self, const char *path, gboolean encodes, float scale)
{
  const gint64 group = LATENT_LAPPED_BANDS / LATENT_LAPPED_LEVELS;
  float *data;
  LatentValue *matrix = add_matrix (self, path, "matrix", encodes ? LATENT_LAPPED_BANDS : self->k,
      encodes ? LATENT_LAPPED_LEVELS : LATENT_LAPPED_BANDS, &data);

  for (gint64 band = 0; data != NULL && band < LATENT_LAPPED_BANDS; band++)
    data[encodes ? band * LATENT_LAPPED_LEVELS + band / group
                 : band / group * LATENT_LAPPED_BANDS + band] = encodes ? scale / (float)group
                                                                        : scale;
  return matrix;
}

/* Bands are narrow below and wide above: the first that coefficient k is in. */
static gint64
find_band (gint64 hop, gint64 k)
{
  double place = (double)k / (double)hop;
  double part = log1p (9 * place) / log (10);

  return MIN ((gint64)(part * LATENT_LAPPED_BANDS), LATENT_LAPPED_BANDS - 1);
}

/* What makes means of bands [hop, LATENT_LAPPED_BANDS], or spreads bands over coefficients
 * [LATENT_LAPPED_BANDS, hop]. */
LatentValue *
latent_lapped_bands (LatentArch *self, const char *path, gboolean spreads)
{
  gint64 hop = latent_lapped_get_hop (self), sizes[LATENT_LAPPED_BANDS] = {0};
  g_autoptr (LatentTensor) tensor = latent_tensor_new_shape (LATENT_DATA_TYPE_FLOAT32,
      &(LatentShape){
          2, {spreads ? LATENT_LAPPED_BANDS : hop, spreads ? hop : LATENT_LAPPED_BANDS}
  },
      NULL);
  float *data = latent_tensor_get_writable_data (tensor);

  for (gint64 k = 0; k < hop; k++)
    sizes[find_band (hop, k)]++;
  for (gint64 k = 0; k < hop; k++) {
    gint64 band = find_band (hop, k);
    if (spreads)
      data[band * hop + k] = 1;
    else
      data[k * LATENT_LAPPED_BANDS + band] = 1 / (float)sizes[band];
  }
  return latent_layers_constant (&self->layers, path, g_steal_pointer (&tensor));
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
