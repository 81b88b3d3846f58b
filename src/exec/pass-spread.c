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

/* As many as there are dimensions. */
static gint64
get_power (const LatentSpread *self, gint64 size)
{
  return self->n == 2 ? size * size : size;
}

gint64
latent_spread_get_area (const LatentSpread *self)
{
  return get_power (self, self->block);
}

/* The Conv multiplies with zeros where windows overlap, but oneDNN's is 1.5 times as fast for each
 * multiplication (2.5 times in bf16), and takes what follows in. */
static gboolean
is_worth_spreading (const LatentSpread *self, gint64 channels, LatentPrecision precision)
{
  gint64 conv = round_up (latent_spread_get_area (self) * channels) *
                get_power (self, get_taps (self));
  gint64 gain = precision == LATENT_PRECISION_BF16 ? 5 : 3; /* halves */

  return 2 * conv <= gain * round_up (channels) * get_power (self, self->kernel);
}

/* Place i * block + r of the output is a sum over places i + d of the input, with tap r + pad -
 * block d of the kernel. */
static void
find_neighbours (LatentSpread *self)
{
  self->before = (self->kernel - 1 - self->pad) / self->block;
  self->after = (self->block - 1 + self->pad) / self->block;
}

/* Whether all dimensions are alike, and the output is a multiple of the input. */
static gboolean
find_sizes (LatentSpread *self, const LatentNode *node)
{
  const LatentShape *src = &latent_node_get_input (node, 0)->shape;
  const LatentShape *kernel = &latent_node_get_input (node, 1)->shape;
  const LatentShape *out = &latent_node_get_output (node, 0)->shape;
  guint n = 0, n_pads = 0;
  const gint64 *strides = latent_node_get_ints (node, "strides", &n);
  const gint64 *pads = latent_node_get_ints (node, "pads", &n_pads);

  self->n = kernel->n - 2;
  if (kernel->n < 3 || kernel->n > 4 || n != self->n || (n_pads != 0 && n_pads != 2 * n))
    return FALSE;
  self->block = strides[0];
  self->kernel = kernel->dims[2];
  self->pad = n_pads > 0 ? pads[0] : 0;
  if (!all_equal (strides, n, self->block) || !all_equal (kernel->dims + 2, n, self->kernel) ||
      (n_pads > 0 && !all_equal (pads, n, self->pad)))
    return FALSE;
  for (guint i = 2; i < kernel->n; i++)
    if (out->dims[i] != src->dims[i] * self->block)
      return FALSE;
  return self->block >= 2 && self->pad >= 0 && self->pad < self->kernel;
}

gboolean
latent_spread_find (LatentSpread *self, const LatentNode *node, LatentPrecision precision)
{
  guint n = 0;
  const gint64 *dilations = latent_node_get_ints (node, "dilations", &n);

  if (latent_node_get_int (node, "group", 1) != 1 || !all_equal (dilations, n, 1) ||
      strcmp (latent_node_get_string (node, "auto_pad", "NOTSET"), "NOTSET") != 0 ||
      !find_sizes (self, node))
    return FALSE;
  find_neighbours (self);
  return is_worth_spreading (self, latent_node_get_input (node, 1)->shape.dims[1], precision);
}

/* The tap of the kernel that neighbour `step` (from 0) has in pixel r of a block, or -1. */
static gint64
find_tap (const LatentSpread *self, gint64 r, gint64 step)
{
  gint64 tap = r + self->pad - self->block * (step - self->before);

  return tap >= 0 && tap < self->kernel ? tap : -1;
}

/* One filter of the Conv, that of number `place` of the block: `src` is a kernel of the
 * ConvTranspose. */
static void
spread_filter (const LatentSpread *self, gint64 place, const float *src, float *dst)
{
  gint64 n_rows = self->n == 2 ? get_taps (self) : 1;

  for (gint64 i = 0; i < n_rows; i++)
    for (gint64 j = 0; j < get_taps (self); j++) {
      gint64 row = self->n == 2 ? find_tap (self, place / self->block, i) : 0;
      gint64 column = find_tap (self, place % self->block, j);
      *dst++ = row >= 0 && column >= 0 ? src[row * self->kernel + column] : 0;
    }
}

LatentTensor *
latent_spread_weights (const LatentSpread *self, const LatentTensor *old, GError **error)
{
  gint64 n_in = old->shape.dims[0], n_out = old->shape.dims[1];
  gint64 area = latent_spread_get_area (self), taps = get_power (self, get_taps (self));
  const LatentShape shape = {
      self->n + 2, {area * n_out, n_in, get_taps (self), get_taps (self)}
  };
  LatentTensor *weights = latent_tensor_new_shape (old->type, &shape, error);
  const float *src = old->data;
  float *dst;

  if (weights == NULL)
    return NULL;
  dst = latent_tensor_get_writable_data (weights);
  for (gint64 place = 0; place < area; place++)
    for (gint64 o = 0; o < n_out; o++)
      for (gint64 i = 0; i < n_in; i++)
        spread_filter (self, place, src + (i * n_out + o) * get_power (self, self->kernel),
            dst + ((place * n_out + o) * n_in + i) * taps);
  return weights;
}
