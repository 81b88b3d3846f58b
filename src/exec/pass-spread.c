/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/exec/pass-spread.h"

#include <string.h>

static gboolean
all_equal (const gint64 *values, guint n, gint64 number)
{
  for (guint i = 0; i < n; i++)
    if (values[i] != number)
      return FALSE;
  return TRUE;
}

static gint64
get_taps (const LatentSpread *self)
{
  return self->before + 1 + self->after;
}

/* What oneDNN computes with: vectors of 16. */
static gint64
round_up (gint64 n)
{
  return (n + 15) / 16 * 16;
}

/* The Conv multiplies with zeros where windows overlap, but oneDNN's is 1.5 times as fast for each
 * multiplication (4 times or more in bf16), and takes what follows in. */
static gboolean
is_worth_spreading (const LatentSpread *self, gint64 channels, LatentPrecision precision)
{
  gint64 conv = round_up (self->block * self->block * channels) * get_taps (self) * get_taps (self);
  gint64 gain = precision == LATENT_PRECISION_BF16 ? 8 : 3; /* halves */

  return 2 * conv <= gain * round_up (channels) * self->kernel * self->kernel;
}

/* Place i * block + r of the output is a sum over places i + d of the input, with tap r + pad -
 * block d of the kernel. */
static void
find_neighbours (LatentSpread *self)
{
  self->before = (self->kernel - 1 - self->pad) / self->block;
  self->after = (self->block - 1 + self->pad) / self->block;
}

gboolean
latent_spread_find (LatentSpread *self, const LatentNode *node, LatentPrecision precision)
{
  const LatentValue *src = latent_node_get_input (node, 0);
  const LatentShape *kernel = &latent_node_get_input (node, 1)->shape;
  const LatentShape *out = &latent_node_get_output (node, 0)->shape;
  guint n = 0, n_pads = 0, n_dilations = 0;
  const gint64 *strides = latent_node_get_ints (node, "strides", &n);
  const gint64 *pads = latent_node_get_ints (node, "pads", &n_pads);
  const gint64 *dilations = latent_node_get_ints (node, "dilations", &n_dilations);

  if (kernel->n != 4 || n != 2 || strides[0] < 2 || latent_node_get_int (node, "group", 1) != 1 ||
      strcmp (latent_node_get_string (node, "auto_pad", "NOTSET"), "NOTSET") != 0)
    return FALSE;
  self->block = strides[0];
  self->kernel = kernel->dims[2];
  self->pad = n_pads == 4 ? pads[0] : 0;
  if (strides[1] != self->block || kernel->dims[3] != self->kernel ||
      !all_equal (dilations, n_dilations, 1) || (n_pads == 4 && pads[1] != self->pad) ||
      self->pad < 0 || self->pad >= self->kernel ||
      out->dims[2] != src->shape.dims[2] * self->block ||
      out->dims[3] != src->shape.dims[3] * self->block)
    return FALSE;
  find_neighbours (self);
  return is_worth_spreading (self, kernel->dims[1], precision);
}

/* The tap of the kernel that neighbour `step` (from 0) has in pixel r of a block, or -1. */
static gint64
find_tap (const LatentSpread *self, gint64 r, gint64 step)
{
  gint64 tap = r + self->pad - self->block * (step - self->before);

  return tap >= 0 && tap < self->kernel ? tap : -1;
}

/* One filter of the Conv, that of pixel y, x of the block: `src` is a kernel of the ConvTranspose.
 */
static void
spread_filter (const LatentSpread *self, gint64 y, gint64 x, const float *src, float *dst)
{
  for (gint64 i = 0; i < get_taps (self); i++)
    for (gint64 j = 0; j < get_taps (self); j++) {
      gint64 row = find_tap (self, y, i), column = find_tap (self, x, j);
      *dst++ = row >= 0 && column >= 0 ? src[row * self->kernel + column] : 0;
    }
}

LatentTensor *
latent_spread_weights (const LatentSpread *self, const LatentTensor *old, GError **error)
{
  gint64 n_in = old->shape.dims[0], n_out = old->shape.dims[1], block = self->block;
  gint64 taps = get_taps (self);
  const LatentShape shape = {
      4, {block * block * n_out, n_in, taps, taps}
  };
  LatentTensor *weights = latent_tensor_new_shape (old->type, &shape, error);
  const float *src = old->data;
  float *dst;

  if (weights == NULL)
    return NULL;
  dst = latent_tensor_get_writable_data (weights);
  for (gint64 place = 0; place < block * block; place++)
    for (gint64 o = 0; o < n_out; o++)
      for (gint64 i = 0; i < n_in; i++)
        spread_filter (self, place / block, place % block,
            src + (i * n_out + o) * self->kernel * self->kernel,
            dst + ((place * n_out + o) * n_in + i) * taps * taps);
  return weights;
}
