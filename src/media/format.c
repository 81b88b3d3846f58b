/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/media/format.h"

/* clang-format off */
/* Components: plane, offset, step, halved. */
#define PACKED(r, g, b, step) {{0, r, step, 0}, {0, g, step, 0}, {0, b, step, 0}}

static const LatentFormat formats[] = {
  /*                               name     color                planes, components */
  [LATENT_PIXEL_FORMAT_GRAY8] = {"GRAY8", LATENT_COLOR_GRAY8, 1, 1, {{0, 0, 1, 0}}},
  [LATENT_PIXEL_FORMAT_RGB]   = {"RGB",   LATENT_COLOR_RGB,   1, 3, PACKED (0, 1, 2, 3)},
  [LATENT_PIXEL_FORMAT_BGR]   = {"BGR",   LATENT_COLOR_RGB,   1, 3, PACKED (2, 1, 0, 3)},
  [LATENT_PIXEL_FORMAT_RGBX]  = {"RGBx",  LATENT_COLOR_RGB,   1, 3, PACKED (0, 1, 2, 4)},
  [LATENT_PIXEL_FORMAT_BGRX]  = {"BGRx",  LATENT_COLOR_RGB,   1, 3, PACKED (2, 1, 0, 4)},
  [LATENT_PIXEL_FORMAT_RGBA]  = {"RGBA",  LATENT_COLOR_RGB,   1, 3, PACKED (0, 1, 2, 4)},
  [LATENT_PIXEL_FORMAT_BGRA]  = {"BGRA",  LATENT_COLOR_RGB,   1, 3, PACKED (2, 1, 0, 4)},
  [LATENT_PIXEL_FORMAT_I420]  = {"I420",  LATENT_COLOR_I420,  3, 3,
                                 {{0, 0, 1, 0}, {1, 0, 1, 1}, {2, 0, 1, 1}}},
  [LATENT_PIXEL_FORMAT_NV12]  = {"NV12",  LATENT_COLOR_I420,  2, 3,
                                 {{0, 0, 1, 0}, {1, 0, 2, 1}, {1, 1, 2, 1}}},
};

static const LatentLayout layouts[] = {
  /*                      name   density lanes: component, density, dx, dy */
  [LATENT_COLOR_RGB]   = {"RGB",   1, 3, {{0, 1, 0, 0}, {1, 1, 0, 0}, {2, 1, 0, 0}}},
  [LATENT_COLOR_GRAY8] = {"GRAY8", 1, 1, {{0, 1, 0, 0}}},
  [LATENT_COLOR_I420]  = {"I420",  2, 6, {{0, 2, 0, 0}, {0, 2, 1, 0}, {0, 2, 0, 1}, {0, 2, 1, 1},
                                          {1, 1, 0, 0}, {2, 1, 0, 0}}},
};
/* clang-format on */

const LatentFormat *
latent_format_get (LatentPixelFormat format)
{
  return (guint)format < G_N_ELEMENTS (formats) ? &formats[format] : NULL;
}

const LatentLayout *
latent_layout_get (LatentColor color)
{
  return (guint)color < G_N_ELEMENTS (layouts) ? &layouts[color] : NULL;
}

gboolean
latent_format_fits (LatentPixelFormat format, LatentColor color)
{
  const LatentFormat *self = latent_format_get (format);

  if (!self)
    return FALSE;
  /* Luma is the first component of all that has it. */
  return self->color == color || (color == LATENT_COLOR_GRAY8 && self->color == LATENT_COLOR_I420);
}

guint
latent_component_get_size (const LatentComponent *self, guint size)
{
  return self->halved ? size / 2 + size % 2 : size;
}
