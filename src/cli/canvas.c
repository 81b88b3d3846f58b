/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/canvas.h"

#include <latent/error.h>
#include <math.h>

#include "src/cli/net.h"
#include "src/cli/plot.h"
#include "src/media/format.h"

#define LEAST_SIZE 32  /* pixels of a picture in which a latent's place is the middle */
#define SMALL_BOX  84  /* pixels that a small picture has, */
#define LARGE_BOX  160 /* and one of so many numbers: */
#define LARGE_FROM (128 * 128)

struct _LatentCanvas {
  LatentModel *model;
  LatentNet *decoder;
  LatentShape latents;
  gsize n_values;
  guint width, height; /* pixels; 0: a curve is drawn */
  guint box;
  double low, high; /* of curves */
};

/* Pixels of a small picture, one way. */
static guint
choose_size (const LatentMediaInfo *media, guint tile, guint fixed)
{
  guint stride = MAX (media->stride, 1);
  guint least = MAX (media->min_size, stride >= 8 ? stride : LEAST_SIZE);
  if (tile || fixed)
    return tile ? tile : fixed;
  return (least + stride - 1) / stride * stride;
}

/* The input of one small sample. */
static LatentShape
choose_input (const LatentModel *model, guint64 d)
{
  const LatentMediaInfo *media = latent_model_get_media_info (model);
  if (media->kind == LATENT_MEDIA_VECTOR)
    return (LatentShape){
        2, {1, (gint64)d}
    };
  if (media->kind == LATENT_MEDIA_AUDIO)
    return (LatentShape){
        3, {1, media->channels, media->window}
    };
  const LatentLayout *layout = latent_layout_get (media->color);
  guint width = choose_size (media, media->tile_width, media->fixed_width);
  guint height = choose_size (media, media->tile_height, media->fixed_height);
  return (LatentShape){
      4, {1, layout->n_lanes, height / layout->density, width / layout->density}
  };
}

/* The latents of one sample as the file has them. */
static gboolean
read_latents (LatentModel *model, GVariant *about, LatentShape *latents, GError **error)
{
  g_autoptr (GVariant) dims = g_variant_lookup_value (about, "latent_shape", G_VARIANT_TYPE ("ax"));
  *latents = (LatentShape){0};
  if (dims && g_variant_n_children (dims) < LATENT_MAX_DIMS)
    for (gsize i = 0; i < g_variant_n_children (dims); i++)
      g_variant_get_child (dims, i, "x", &latents->dims[latents->n++]);
  if (latents->n > 0 && latent_shape_is_known (latents))
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "%s: the shape of its latents is not fixed, and it has no encoder that would tell",
      latent_model_get_path (model));
  return FALSE;
}

/* The latents of one small sample. */
static gboolean
find_latents (LatentModel *model, LatentShape *latents, GError **error)
{
  guint64 d = 0;
  g_autoptr (GVariant) about = latent_model_describe (model, error);
  if (!about)
    return FALSE;
  if (!latent_model_supports_mode (model, LATENT_MODE_ENCODE))
    return read_latents (model, about, latents, error);
  g_variant_lookup (about, "d", "t", &d);
  LatentShape input = choose_input (model, d);
  g_autoptr (LatentNet)
      encoder = latent_net_new (model, LATENT_MODE_ENCODE, LATENT_PRECISION_AUTO, 1, &input, error);
  if (!encoder)
    return FALSE;
  *latents = latent_net_get_output_shape (encoder);
  return TRUE;
}

/* What is decoded as a picture. */
static void
find_size (LatentCanvas *self, const LatentShape *sample)
{
  const LatentMediaInfo *media = latent_model_get_media_info (self->model);
  LatentShape output = latent_net_get_output_shape (self->decoder);
  self->n_values = latent_shape_product (&output, 0, output.n);
  if (media->kind == LATENT_MEDIA_VIDEO && output.n == 4) {
    guint density = latent_layout_get (media->color)->density;
    self->height = (guint)output.dims[2] * density;
    self->width = (guint)output.dims[3] * density;
    return;
  }
  LatentShape own = latent_shape_drop_batch (&output);
  if (!sample || latent_shape_product (sample, 0, sample->n) != self->n_values)
    sample = &own;
  if (media->kind != LATENT_MEDIA_VECTOR ||
      !latent_plot_find_size (sample, self->n_values, &self->width, &self->height))
    self->width = self->height = 0;
}

LatentCanvas *
latent_canvas_new (LatentModel *model, const LatentShape *latents, const LatentShape *sample,
    guint box, GError **error)
{
  g_autoptr (LatentCanvas) self = g_new0 (LatentCanvas, 1);
  self->model = latent_model_ref (model);
  if (!latent_model_supports_mode (model, LATENT_MODE_DECODE)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS, "%s: the model has no decoder",
        latent_model_get_path (model));
    return NULL;
  }
  if (latents)
    self->latents = *latents;
  else if (!find_latents (model, &self->latents, error))
    return NULL;
  self->decoder = latent_net_new (
      model, LATENT_MODE_DECODE, LATENT_PRECISION_AUTO, 1, &self->latents, error);
  if (!self->decoder)
    return NULL;
  find_size (self, sample);
  self->low = INFINITY;
  self->high = -INFINITY;
  self->box = box ? box : self->n_values >= LARGE_FROM ? LARGE_BOX : SMALL_BOX;
  return g_steal_pointer (&self);
}

void
latent_canvas_free (LatentCanvas *self)
{
  if (!self)
    return;
  latent_net_free (self->decoder);
  latent_model_unref (self->model);
  g_free (self);
}

const LatentShape *
latent_canvas_get_latents (const LatentCanvas *self)
{
  return &self->latents;
}

gsize
latent_canvas_get_n_values (const LatentCanvas *self)
{
  return self->n_values;
}

const float *
latent_canvas_decode (LatentCanvas *self, const float *latents, GError **error)
{
  return latent_net_run (self->decoder, latents, error);
}

gboolean
latent_canvas_is_curve (const LatentCanvas *self)
{
  return self->width == 0;
}

void
latent_canvas_look_at (LatentCanvas *self, const float *values)
{
  for (gsize i = 0; i < self->n_values; i++) {
    if (!isfinite (values[i]))
      continue;
    self->low = fmin (self->low, values[i]);
    self->high = fmax (self->high, values[i]);
  }
}

cairo_surface_t *
latent_canvas_draw (const LatentCanvas *self, const float *values)
{
  if (!self->width)
    return latent_plot_curve (values, self->n_values, self->low, self->high, self->box);
  if (latent_model_get_media_info (self->model)->kind == LATENT_MEDIA_VIDEO)
    return latent_plot_output (self->model, values, self->width, self->height, self->box);
  return latent_plot_tensor (values, LATENT_COLOR_GRAY8, self->width, self->height, self->box);
}

cairo_surface_t *
latent_canvas_draw_difference (const LatentCanvas *self, float *values)
{
  const LatentMediaInfo *media = latent_model_get_media_info (self->model);
  float peak = 0;
  for (gsize i = 0; i < self->n_values; i++)
    peak = fmaxf (peak, fabsf (values[i]));
  if (!self->width)
    return latent_plot_curve (values, self->n_values, -peak, peak, self->box);
  for (gsize i = 0; i < self->n_values; i++)
    values[i] = peak > 0 ? .5f + .5f * values[i] / peak : .5f;
  return latent_plot_tensor (values,
      media->kind == LATENT_MEDIA_VIDEO ? media->color : LATENT_COLOR_GRAY8, self->width,
      self->height, self->box);
}
