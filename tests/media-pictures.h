/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/session.h>

/* Pictures in memory of exactly their size, so that a sanitizer sees every byte read or written
 * beside it. */

typedef struct {
  const char *name;
  LatentPixelFormat format;
  guint n_planes;
  guint pixel_bytes; /* of plane 0 */
  guint chroma_bytes;
} TestFormat;

static const TestFormat test_formats[] = {
    {"GRAY8", LATENT_PIXEL_FORMAT_GRAY8, 1, 1, 0},
    {"RGB",   LATENT_PIXEL_FORMAT_RGB,   1, 3, 0},
    {"BGR",   LATENT_PIXEL_FORMAT_BGR,   1, 3, 0},
    {"RGBx",  LATENT_PIXEL_FORMAT_RGBX,  1, 4, 0},
    {"BGRx",  LATENT_PIXEL_FORMAT_BGRX,  1, 4, 0},
    {"RGBA",  LATENT_PIXEL_FORMAT_RGBA,  1, 4, 0},
    {"BGRA",  LATENT_PIXEL_FORMAT_BGRA,  1, 4, 0},
    {"I420",  LATENT_PIXEL_FORMAT_I420,  3, 1, 1},
    {"NV12",  LATENT_PIXEL_FORMAT_NV12,  2, 1, 2},
};

static inline guint
test_row_bytes (const TestFormat *format, guint plane, guint width)
{
  return plane == 0 ? width * format->pixel_bytes : (width + 1) / 2 * format->chroma_bytes;
}

static inline guint
test_rows (guint plane, guint height)
{
  return plane == 0 ? height : (height + 1) / 2;
}

/* The last row ends where its pixels end, whatever the padding. */
static inline LatentPicture
test_picture_new (const TestFormat *format, guint width, guint height, guint padding)
{
  LatentPicture picture = {.format = format->format, .width = width, .height = height};

  for (guint p = 0; p < format->n_planes; p++) {
    guint row = test_row_bytes (format, p, width);

    picture.stride[p] = (gint)(row + padding);
    picture.data[p] = g_malloc0 ((gsize)(row + padding) * (test_rows (p, height) - 1) + row);
  }
  return picture;
}

static inline void
test_picture_clear (LatentPicture *picture)
{
  for (guint p = 0; p < 3; p++)
    g_clear_pointer (&picture->data[p], g_free);
}

static inline void
test_picture_fill (const LatentPicture *picture, const TestFormat *format, guint32 *seed)
{
  for (guint p = 0; p < format->n_planes; p++) {
    for (guint y = 0; y < test_rows (p, picture->height); y++) {
      for (guint i = 0; i < test_row_bytes (format, p, picture->width); i++)
        picture->data[p][(gsize)y * (gsize)picture->stride[p] + i] =
            (guint8)((*seed = *seed * 1664525u + 1013904223u) >> 24);
    }
  }
}

/* Bytes that differ; the fourth byte of a pixel must be 255 in b. */
static inline guint
test_picture_compare (const LatentPicture *a, const LatentPicture *b, const TestFormat *format)
{
  guint differ = 0;

  for (guint p = 0; p < format->n_planes; p++) {
    for (guint y = 0; y < test_rows (p, a->height); y++) {
      for (guint i = 0; i < test_row_bytes (format, p, a->width); i++) {
        guint8 wanted = a->data[p][(gsize)y * (gsize)a->stride[p] + i];

        if (format->pixel_bytes == 4 && i % 4 == 3)
          wanted = 255;
        differ += wanted != b->data[p][(gsize)y * (gsize)b->stride[p] + i];
      }
    }
  }
  return differ;
}
