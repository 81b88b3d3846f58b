/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/plot.h"

#include <math.h>

#include "src/cli/measure.h"
#include "src/media/format.h"
#include "src/media/pixels.h"
#include "src/model/model.h"

static guint8
clamp_level (double level)
{
  return (guint8)CLAMP (level + .5, 0, 255);
}

/* One pixel as 0xRRGGBB. */
static guint32
get_pixel (const LatentPicture *src, guint x, guint y)
{
  const guint8 *p = src->data[0] + (gssize)y * src->stride[0];
  if (src->format == LATENT_PIXEL_FORMAT_RGB)
    return (guint32)p[3 * x] << 16 | (guint32)p[3 * x + 1] << 8 | p[3 * x + 2];
  if (src->format != LATENT_PIXEL_FORMAT_I420)
    return p[x] * 0x010101u;
  /* BT.601: luma 16 to 235, chroma 16 to 240. */
  double luma = 1.164 * (p[x] - 16);
  const guint8 *u_row = src->data[1] + (gssize)(y / 2) * src->stride[1];
  const guint8 *v_row = src->data[2] + (gssize)(y / 2) * src->stride[2];
  double u = (gint)u_row[x / 2] - 128;
  double v = (gint)v_row[x / 2] - 128;
  return (guint32)clamp_level (luma + 1.596 * v) << 16 |
         (guint32)clamp_level (luma - .392 * u - .813 * v) << 8 | clamp_level (luma + 2.017 * u);
}

/* Makes it fit into the box: smaller by filtering, larger by whole pixels. */
static cairo_surface_t *
fit_surface (cairo_surface_t *src, guint box)
{
  guint width = (guint)cairo_image_surface_get_width (src);
  guint height = (guint)cairo_image_surface_get_height (src);
  double scale = (double)box / MAX (width, height);
  if (scale > 1)
    scale = floor (scale);
  cairo_surface_t *dst = cairo_image_surface_create (
      CAIRO_FORMAT_RGB24, MAX ((int)(width * scale + .5), 1), MAX ((int)(height * scale + .5), 1));
  cairo_t *cr = cairo_create (dst);
  cairo_scale (cr, scale, scale);
  cairo_set_source_surface (cr, src, 0, 0);
  cairo_pattern_set_filter (
      cairo_get_source (cr), scale >= 1 ? CAIRO_FILTER_NEAREST : CAIRO_FILTER_GOOD);
  cairo_pattern_set_extend (cairo_get_source (cr), CAIRO_EXTEND_PAD);
  cairo_paint (cr);
  cairo_destroy (cr);
  cairo_surface_destroy (src);
  return dst;
}

cairo_surface_t *
latent_plot_picture (const LatentPicture *src, guint box)
{
  cairo_surface_t *surface = cairo_image_surface_create (
      CAIRO_FORMAT_RGB24, (int)src->width, (int)src->height);
  guint8 *data = cairo_image_surface_get_data (surface);
  int stride = cairo_image_surface_get_stride (surface);
  if (!data) /* larger than cairo can hold: an empty picture stands for it */
    return surface;
  for (guint y = 0; y < src->height; y++) {
    guint32 *row = (guint32 *)(gpointer)(data + (gssize)y * stride);
    for (guint x = 0; x < src->width; x++)
      row[x] = get_pixel (src, x, y);
  }
  cairo_surface_mark_dirty (surface);
  return fit_surface (surface, box);
}

static const LatentPixelFormat pixel_formats[] = {
    [LATENT_COLOR_RGB] = LATENT_PIXEL_FORMAT_RGB,
    [LATENT_COLOR_GRAY8] = LATENT_PIXEL_FORMAT_GRAY8,
    [LATENT_COLOR_I420] = LATENT_PIXEL_FORMAT_I420,
};

/* How one picture lies in a row-major tensor. Scales are still to be set. */
static LatentPixelMap
make_map (LatentColor color, guint width, guint height)
{
  const LatentLayout *layout = latent_layout_get (color);
  LatentPixelMap map = {
      .color = color,
      .tiles_x = 1,
      .tiles_y = 1,
      .width = width / layout->density,
      .height = height / layout->density,
      .column_stride = 1,
      .threads = 1,
  };
  map.row_stride = map.width;
  map.channel_stride = (gint64)map.width * map.height;
  map.sample_stride = map.channel_stride * layout->n_lanes;
  return map;
}

static cairo_surface_t *
plot_mapped (const LatentPixelMap *map, const float *values, guint width, guint height, guint box)
{
  g_autoptr (LatentPicture) picture = latent_picture_new (pixel_formats[map->color], width, height);
  latent_pixel_map_store (map, values, picture);
  return latent_plot_picture (picture, box);
}

cairo_surface_t *
latent_plot_tensor (const float *values, LatentColor color, guint width, guint height, guint box)
{
  LatentPixelMap map = make_map (color, width, height);
  for (guint i = 0; i < LATENT_MAX_LANES; i++)
    map.scale[i] = 1.f / 255;
  return plot_mapped (&map, values, width, height, box);
}

cairo_surface_t *
latent_plot_output (
    const LatentModel *model, const float *values, guint width, guint height, guint box)
{
  LatentColor color = latent_model_get_media_info (model)->color;
  LatentPixelMap map = make_map (color, width, height);
  for (guint i = 0; i < latent_layout_get (color)->n_lanes; i++) {
    map.scale[i] = latent_model_get_scale (model, i);
    map.offset[i] = latent_model_get_offset (model, i);
  }
  return plot_mapped (&map, values, width, height, box);
}

gboolean
latent_plot_find_size (const LatentShape *shape, gsize n, guint *width, guint *height)
{
  guint side = (guint)(sqrt ((double)n) + .5);
  gboolean plane = shape->n == 2 || (shape->n == 3 && shape->dims[2] == 1);
  if (plane && shape->dims[0] > 1 && shape->dims[1] > 1 && shape->dims[0] < G_MAXUINT16 &&
      shape->dims[1] < G_MAXUINT16) {
    *height = (guint)shape->dims[0];
    *width = (guint)shape->dims[1];
    return TRUE;
  }
  *width = *height = side;
  return side >= 8 && (gsize)side * side == n;
}

cairo_surface_t *
latent_plot_curve (const float *values, gsize n, double low, double high, guint box)
{
  guint height = box / 2;
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, (int)box, (int)height);
  cairo_t *cr = cairo_create (surface);
  cairo_set_source_rgb (cr, .94, .94, .94);
  cairo_paint (cr);
  cairo_set_source_rgb (cr, .1, .3, .6);
  cairo_set_line_width (cr, 1);
  double range = high > low ? high - low : 1;
  for (gsize i = 0; i < n; i++) {
    double x = n > 1 ? (double)i / (double)(n - 1) * (box - 2) + 1 : box / 2.;
    double part = isfinite (values[i]) ? (values[i] - low) / range : .5;
    cairo_line_to (cr, x, (1 - CLAMP (part, 0, 1)) * (height - 4) + 2);
  }
  cairo_stroke (cr);
  cairo_destroy (cr);
  return surface;
}
