/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <cblas.h>
#include <string.h>

#include "src/base/random.h"
#include "src/ops/conv.h"
#include "src/ops/product.h"
#include "src/train/calibration-private.h"

#define ROWS 256 /* summed up at a time */

/* Rows of k numbers of one group. */
typedef struct {
  LatentMoments *moments;
  const LatentQdqStep *step;
  float *rows;
  gsize n;
} Block;

static void
flush (Block *self)
{
  LatentMoments *moments = self->moments;
  int k = (int)moments->k;

  for (gsize i = 0; i < self->n; i++) {
    float *row = self->rows + i * moments->k;
    for (gsize j = 0; j < moments->k; j++) {
      moments->sum[j] += row[j];
      row[j] = latent_qdq_apply (self->step, row[j]);
      moments->rounded[j] += row[j];
    }
  }
  if (moments->products != NULL && self->n > 0)
    cblas_ssyrk (CblasRowMajor, CblasUpper, CblasTrans, k, (int)self->n, 1, self->rows, k, 1,
        moments->products, k);
  moments->n += (double)self->n;
  self->n = 0;
}

static float *
next_row (Block *self)
{
  if (self->n == ROWS)
    flush (self);
  return self->rows + self->n++ * self->moments->k;
}

/* Reads the k numbers that group `group` multiplies at a place of the output. */
typedef struct {
  const LatentNode *node;
  const float *src;
  LatentConvParams conv;
  LatentWindow window; /* of conv, with three dimensions */
  gsize k;
  gsize places;
} Reader;

typedef void (*ReadFunc) (const Reader *self, guint64 place, gsize group, float *row);

static void
read_conv (const Reader *self, guint64 place, gsize group, float *row)
{
  const LatentWindow *window = &self->window;
  gsize plane = (gsize)(window->src[0] * window->src[1] * window->src[2]);
  gsize channels = (gsize)(self->conv.channels_in / self->conv.groups);
  gint64 from[3], at[3];

  for (guint i = 3; i-- > 0; place /= (guint64)window->dst[i])
    from[i] = (gint64)(place % (guint64)window->dst[i]) * window->strides[i] -
              window->pads_begin[i];
  const float *src = self->src +
                     ((gsize)place * (gsize)self->conv.channels_in + group * channels) * plane;
  for (gsize c = 0; c < channels; c++, src += plane)
    for (gint64 z = 0; z < window->kernel[0]; z++)
      for (gint64 y = 0; y < window->kernel[1]; y++)
        for (gint64 x = 0; x < window->kernel[2]; x++) {
          at[0] = from[0] + z * window->dilations[0];
          at[1] = from[1] + y * window->dilations[1];
          at[2] = from[2] + x * window->dilations[2];
          gboolean inside = at[0] >= 0 && at[0] < window->src[0] && at[1] >= 0 &&
                            at[1] < window->src[1] && at[2] >= 0 && at[2] < window->src[2];
          *row++ = inside ? src[(at[0] * window->src[1] + at[1]) * window->src[2] + at[2]] : 0;
        }
}

/* All channels of a place of the input. */
static void
read_channels (const Reader *self, guint64 place, gsize group, float *row)
{
  const LatentWindow *window = &self->window; /* over the output: dst is the input's size */
  gsize plane = (gsize)(window->dst[0] * window->dst[1] * window->dst[2]);
  const float *src = self->src +
                     (place / plane * (gsize)self->conv.channels_in + group * self->k) * plane +
                     place % plane;

  for (gsize i = 0; i < self->k; i++)
    row[i] = src[i * plane];
}

static void
read_row (const Reader *self, guint64 place, gsize group, float *row)
{
  memcpy (row, self->src + place * self->k, self->k * sizeof *row);
}

static ReadFunc
init_reader (Reader *self, const LatentNode *node, const LatentTensor *src, gsize k)
{
  *self = (Reader){.node = node, .src = src->data, .k = k};
  if (g_str_equal (node->op_type, "Conv") && latent_conv_get_params (node, &self->conv, NULL)) {
    self->window = latent_window_expand (&self->conv.window);
    self->places = (gsize)(self->conv.batch * self->window.dst[0] * self->window.dst[1] *
                           self->window.dst[2]);
    return read_conv;
  }
  if (g_str_equal (node->op_type, "ConvTranspose") &&
      latent_conv_transpose_get_params (node, &self->conv, NULL)) {
    self->window = latent_window_expand (&self->conv.window);
    self->places = (gsize)(self->conv.batch * self->window.dst[0] * self->window.dst[1] *
                           self->window.dst[2]);
    return read_channels;
  }
  self->places = src->n_elements / k;
  return read_row;
}

void
latent_moments_see (LatentLayer *layer, const LatentNode *node, const LatentTensor *src,
    const LatentQdqStep *step, gsize most, guint64 seed)
{
  g_autofree float *rows = g_new (float, ROWS * layer->view.k);
  Reader reader;
  ReadFunc read = init_reader (&reader, node, src, layer->view.k);
  LatentRandom random;

  for (gsize group = 0; group < layer->view.groups && reader.places > 0; group++) {
    Block block = {&layer->moments[group], step, rows, 0};
    latent_random_init (&random, seed, LATENT_RANDOM_SAMPLE, group);
    for (gsize i = 0; i < MIN (most, reader.places); i++)
      read (&reader,
          reader.places > most ? latent_random_below (&random, reader.places) : (guint64)i, group,
          next_row (&block));
    flush (&block);
  }
}
