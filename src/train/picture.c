/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/picture.h"

#include <string.h>

#include "src/media/format.h"

void
latent_picture_get_plane_size (const LatentPicture *self, guint plane, gsize *row, gsize *rows)
{
  const LatentFormat *format = latent_format_get (self->format);
  *row = *rows = 0;
  for (guint i = 0; i < format->n_components; i++) {
    const LatentComponent *component = &format->components[i];
    if (component->plane != plane)
      continue;
    *row = (gsize)latent_component_get_size (component, self->width) * component->step;
    *rows = latent_component_get_size (component, self->height);
  }
}

LatentPicture *
latent_picture_new (LatentPixelFormat format, guint width, guint height)
{
  LatentPicture *self = g_new0 (LatentPicture, 1);
  *self = (LatentPicture){.format = format, .width = width, .height = height};
  for (guint i = 0; i < latent_format_get (format)->n_planes; i++) {
    gsize row, rows;
    latent_picture_get_plane_size (self, i, &row, &rows);
    self->stride[i] = (gint)row;
    self->data[i] = g_malloc0 (row * rows);
  }
  return self;
}

void
latent_picture_free (LatentPicture *self)
{
  if (!self)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (self->data); i++)
    g_free (self->data[i]);
  g_free (self);
}

LatentPicture *
latent_picture_copy (const LatentPicture *self)
{
  LatentPicture *copy = latent_picture_new (self->format, self->width, self->height);
  for (guint i = 0; i < latent_format_get (self->format)->n_planes; i++) {
    gsize row, rows;
    latent_picture_get_plane_size (self, i, &row, &rows);
    for (gsize y = 0; y < rows; y++)
      memcpy (copy->data[i] + y * row, self->data[i] + (gssize)y * self->stride[i], row);
  }
  return copy;
}

/* A plane of a picture: all its pixels have `step` bytes. */
typedef struct {
  const LatentComponent *component;
  guint width, height;
  gsize step;
} Plane;

static Plane
get_plane (const LatentPicture *picture, guint i)
{
  const LatentFormat *format = latent_format_get (picture->format);
  const LatentComponent *component = &format->components[format->n_planes > 1 ? i : 0];
  return (Plane){
      .component = component,
      .width = latent_component_get_size (component, picture->width),
      .height = latent_component_get_size (component, picture->height),
      .step = component->step,
  };
}

static guint
count_planes (const LatentPicture *picture)
{
  return latent_format_get (picture->format)->n_planes;
}

static guint8 *
get_row (const LatentPicture *picture, guint plane, guint y)
{
  return picture->data[plane] + (gssize)y * picture->stride[plane];
}

LatentPicture
latent_picture_wrap (LatentPixelFormat format, guint width, guint height, guint8 *data)
{
  LatentPicture picture = {.format = format, .width = width, .height = height};
  for (guint i = 0; i < count_planes (&picture); i++) {
    Plane plane = get_plane (&picture, i);
    picture.data[i] = data;
    picture.stride[i] = (gint)(plane.width * plane.step);
    if (data)
      data += plane.width * plane.step * plane.height;
  }
  return picture;
}

gsize
latent_picture_get_size (LatentPixelFormat format, guint width, guint height)
{
  LatentPicture picture = {.format = format, .width = width, .height = height};
  gsize size = 0;
  for (guint i = 0; i < count_planes (&picture); i++) {
    Plane plane = get_plane (&picture, i);
    size += plane.width * plane.step * plane.height;
  }
  return size;
}

static void
mirror_row (guint8 *dst, const guint8 *src, guint n, gsize step)
{
  for (guint i = 0; i < n; i++)
    memcpy (dst + i * step, src + (n - 1 - i) * step, step);
}

void
latent_picture_cut (
    const LatentPicture *dst, const LatentPicture *src, guint x, guint y, gboolean mirrored)
{
  for (guint i = 0; i < count_planes (dst); i++) {
    Plane plane = get_plane (dst, i);
    guint shift = plane.component->halved;
    for (guint row = 0; row < plane.height; row++) {
      const guint8 *from = get_row (src, i, (y >> shift) + row) + (x >> shift) * plane.step;
      if (mirrored)
        mirror_row (get_row (dst, i, row), from, plane.width, plane.step);
      else
        memcpy (get_row (dst, i, row), from, plane.width * plane.step);
    }
  }
}

LatentPicture *
latent_picture_halve (const LatentPicture *src)
{
  guint even = latent_layout_get (latent_format_get (src->format)->color)->density;
  LatentPicture *dst = latent_picture_new (
      src->format, src->width / 2 / even * even, src->height / 2 / even * even);
  for (guint i = 0; i < count_planes (dst); i++) {
    Plane plane = get_plane (dst, i);
    for (guint y = 0; y < plane.height; y++) {
      guint8 *to = get_row (dst, i, y);
      const guint8 *a = get_row (src, i, 2 * y), *b = get_row (src, i, 2 * y + 1);
      for (guint j = 0; j < plane.width * plane.step; j++) {
        gsize from = j / plane.step * 2 * plane.step + j % plane.step;
        gsize next = from + plane.step;
        to[j] = (guint8)((a[from] + a[next] + b[from] + b[next] + 2) / 4);
      }
    }
  }
  return dst;
}

void
latent_picture_get_luma (const LatentPicture *src, guint8 *luma)
{
  gboolean packed = src->format == LATENT_PIXEL_FORMAT_RGB;
  for (guint y = 0; y < src->height; y++) {
    const guint8 *row = get_row (src, 0, y);
    guint8 *to = luma + (gsize)y * src->width;
    for (guint x = 0; packed && x < src->width; x++)
      to[x] = (guint8)((77 * row[3 * x] + 150 * row[3 * x + 1] + 29 * row[3 * x + 2]) >> 8);
    if (!packed)
      memcpy (to, row, src->width);
  }
}

void
latent_picture_mark (const LatentPicture *dst, const guint8 *luma, const guint8 *other, guint most)
{
  for (guint i = 0; i < count_planes (dst); i++) {
    Plane plane = get_plane (dst, i);
    for (guint y = 0; y < plane.height; y++)
      memset (get_row (dst, i, y), 0, plane.width * plane.step);
  }
  for (guint y = 0; y < dst->height; y++)
    for (guint x = 0; x < dst->width; x++) {
      gsize place = (gsize)y * dst->width + x;
      if ((guint)ABS (luma[place] - other[place]) <= most)
        continue;
      for (guint i = 0; i < count_planes (dst); i++) {
        Plane plane = get_plane (dst, i);
        guint shift = plane.component->halved;
        memset (get_row (dst, i, y >> shift) + (x >> shift) * plane.step, 255, plane.step);
      }
    }
}
