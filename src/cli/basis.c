/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/basis.h"

#include <math.h>

#include "src/cli/net.h"
#include "src/cli/plot.h"
#include "src/media/format.h"

#define LEAST_SIZE 32 /* pixels of a picture in which a latent's place is the middle */

/* The input of one small sample. */
static LatentShape
choose_input (const LatentModel *model, guint64 d, guint *width, guint *height)
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
  guint stride = MAX (media->stride, 1);
  guint least = MAX (media->min_size, stride >= 8 ? stride : LEAST_SIZE);
  guint any = (least + stride - 1) / stride * stride;
  *width = media->tile_width ? media->tile_width : media->fixed_width ? media->fixed_width : any;
  *height = media->tile_height    ? media->tile_height
            : media->fixed_height ? media->fixed_height
                                  : any;
  return (LatentShape){
      4, {1, layout->n_lanes, *height / layout->density, *width / layout->density}
  };
}

/* Where latent (channel) c stands among the elements; the middle of its plane. */
static gsize
locate (const LatentShape *latents, gsize c)
{
  gsize index = c;
  for (guint i = 2; i < latents->n; i++)
    index = index * (gsize)latents->dims[i] + (gsize)latents->dims[i] / 2;
  return index;
}

typedef struct {
  LatentMediaInfo media;
  guint width, height;
  guint box;
} Canvas;

/* Differences around 0, the greatest of which becomes black or white. */
static cairo_surface_t *
plot_difference (const Canvas *canvas, float *values, gsize n)
{
  float peak = 0;
  for (gsize i = 0; i < n; i++)
    peak = fmaxf (peak, fabsf (values[i]));
  if (!canvas->width)
    return latent_plot_curve (values, n, -peak, peak, canvas->box);
  for (gsize i = 0; i < n; i++)
    values[i] = peak > 0 ? .5f + .5f * values[i] / peak : .5f;
  gboolean video = canvas->media.kind == LATENT_MEDIA_VIDEO;
  return latent_plot_tensor (values, video ? canvas->media.color : LATENT_COLOR_GRAY8,
      canvas->width, canvas->height, canvas->box);
}

static LatentNet *
open_decoder (LatentModel *model, const LatentShape *input, LatentShape *latents, GError **error)
{
  g_autoptr (LatentNet)
      encoder = latent_net_new (model, LATENT_MODE_ENCODE, LATENT_PRECISION_AUTO, 1, input, error);
  if (!encoder)
    return NULL;
  *latents = latent_net_get_output_shape (encoder);
  return latent_net_new (model, LATENT_MODE_DECODE, LATENT_PRECISION_AUTO, 1, latents, error);
}

static gboolean
plot_all (LatentNet *decoder, const LatentShape *latents, guint n, const Canvas *canvas,
    GPtrArray *dst, GError **error)
{
  LatentShape output = latent_net_get_output_shape (decoder);
  gsize n_latents = latent_shape_product (latents, 0, latents->n);
  gsize n_values = latent_shape_product (&output, 0, output.n);
  g_autofree float *unit = g_new0 (float, n_latents);
  const float *result = latent_net_run (decoder, unit, error);
  if (!result)
    return FALSE;
  g_autofree float *none = g_memdup2 (result, n_values * sizeof (float));
  g_autofree float *difference = g_new (float, n_values);
  gsize channels = latents->n > 1 ? (gsize)latents->dims[1] : n_latents;
  for (gsize c = 0; c < MIN (n, channels); c++) {
    unit[locate (latents, c)] = 1;
    result = latent_net_run (decoder, unit, error);
    if (!result)
      return FALSE;
    unit[locate (latents, c)] = 0;
    for (gsize i = 0; i < n_values; i++)
      difference[i] = result[i] - none[i];
    g_ptr_array_add (dst, plot_difference (canvas, difference, n_values));
  }
  return TRUE;
}

GPtrArray *
latent_basis_plot (
    LatentModel *model, guint n, guint box, guint shape_width, guint shape_height, GError **error)
{
  g_autoptr (GPtrArray)
      surfaces = g_ptr_array_new_with_free_func ((GDestroyNotify)cairo_surface_destroy);
  g_autoptr (GVariant) description = latent_model_describe (model, error);
  if (!description)
    return NULL;
  guint64 d = 0;
  g_variant_lookup (description, "d", "t", &d);
  Canvas canvas = {
      .media = *latent_model_get_media_info (model),
      .width = shape_width,
      .height = shape_height,
      .box = box,
  };
  LatentShape latents;
  LatentShape input = choose_input (model, d, &canvas.width, &canvas.height);
  g_autoptr (LatentNet) decoder = open_decoder (model, &input, &latents, error);
  if (!decoder || !plot_all (decoder, &latents, n, &canvas, surfaces, error))
    return NULL;
  return g_steal_pointer (&surfaces);
}
