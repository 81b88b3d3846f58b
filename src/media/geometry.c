/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/media/geometry.h"

#include <latent/error.h>

#include "src/media/format.h"

/* What a net of any size makes of a width or height: a multiple of its stride, and of the color's
 * density. */
static guint64
pad_size (const LatentMediaInfo *media, guint size)
{
  guint density = latent_layout_get (media->color)->density;
  guint64 stride = MAX (media->stride, 1);
  guint64 least = MAX (size, media->min_size);

  stride = stride % density ? stride * density : stride;
  return (least + stride - 1) / stride * stride;
}

/* A fixed size, or else the padded one; 0 where `size` is not the fixed one. */
static guint64
take_size (const LatentMediaInfo *media, guint fixed, guint size)
{
  if (fixed > 0)
    return size == fixed ? fixed : 0;
  return pad_size (media, size);
}

static gboolean
check_size (
    const LatentMediaInfo *media, guint width, guint height, guint64 x, guint64 y, GError **error)
{
  guint density = latent_layout_get (media->color)->density;

  if (x == 0 || y == 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "the model wants pictures of %ux%u, offered was %ux%u (0: any)", media->fixed_width,
        media->fixed_height, width, height);
    return FALSE;
  }
  if (x > G_MAXINT || y > G_MAXINT) {
    g_set_error (
        error, LATENT_ERROR, LATENT_ERROR_LIMIT, "a picture of %ux%u is too large", width, height);
    return FALSE;
  }
  if (x % density != 0 || y % density != 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "an I420 model needs an even size, its tile or picture is %ux%u", (guint)x, (guint)y);
    return FALSE;
  }
  return TRUE;
}

gboolean
latent_geometry_init (
    LatentGeometry *self, const LatentMediaInfo *media, guint width, guint height, GError **error)
{
  gboolean tiled = media->tile_width > 0 && media->tile_height > 0;
  guint64 x = tiled ? media->tile_width : take_size (media, media->fixed_width, width);
  guint64 y = tiled ? media->tile_height : take_size (media, media->fixed_height, height);

  if (!check_size (media, width, height, x, y, error))
    return FALSE;
  self->width = (guint)x;
  self->height = (guint)y;
  self->tiles_x = tiled ? (width - 1) / self->width + 1 : 1;
  self->tiles_y = tiled ? (height - 1) / self->height + 1 : 1;
  if ((guint64)self->tiles_x * self->tiles_y <= G_MAXINT)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT, "a picture of %ux%u has too many tiles",
      width, height);
  return FALSE;
}

gboolean
latent_geometry_is_padded (const LatentMediaInfo *media, guint wanted, guint size)
{
  return wanted <= size &&
         (size - wanted < MAX (media->stride, 1) || pad_size (media, wanted) == size);
}
