/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/motion-sample.h"

#include <string.h>

#include "src/base/clones.h"
#include "src/codec/motion-filter.h"

#define ROW    LATENT_SAMPLE_ROW
#define MARGIN 3 /* pixels that six taps see to the left of a piece and its margin of one */
#define BEYOND 4 /* and to the right */

/* Where vectors may point, in pixels beyond the edge: further out nothing changes. */
#define FAR (LATENT_MOTION_TILE + MARGIN + BEYOND)

void
latent_plane_fetch (const LatentPlane *self, gint x, gint y, guint w, guint h, guint8 *dst)
{
  x = CLAMP (x, -FAR, self->width + FAR);
  y = CLAMP (y, -FAR, self->height + FAR);
  gboolean inside = x >= 0 && x + (gint)w <= self->width;
  for (guint i = 0; i < h; i++, dst += ROW) {
    const guint8 *src = self->data +
                        (gsize)CLAMP (y + (gint)i, 0, self->height - 1) * (gsize)self->width;
    if (inside)
      memcpy (dst, src + x, w);
    else
      for (guint j = 0; j < w; j++)
        dst[j] = src[CLAMP (x + (gint)j, 0, self->width - 1)];
  }
}

/* src: where the first pixel's taps begin. */
LATENT_FOR_EACH_CPU static void
filter_rows (const guint8 *src, guint w, guint h, guint8 *dst)
{
  for (guint y = 0; y < h; y++, src += ROW, dst += ROW)
    for (guint x = 0; x < w; x++) {
      const guint8 *p = src + x;
      dst[x] = latent_motion_clip (
          (latent_motion_filter (p[0], p[1], p[2], p[3], p[4], p[5]) + 16) >> 5);
    }
}

LATENT_FOR_EACH_CPU static void
filter_columns (const guint8 *src, guint w, guint h, guint8 *dst)
{
  for (guint y = 0; y < h; y++, src += ROW, dst += ROW)
    for (guint x = 0; x < w; x++) {
      const guint8 *p = src + x;
      gint sum = latent_motion_filter (
          p[0], p[ROW], p[2 * ROW], p[3 * ROW], p[4 * ROW], p[5 * ROW]);
      dst[x] = latent_motion_clip ((sum + 16) >> 5);
    }
}

/* Rows, not rounded, then columns. */
LATENT_FOR_EACH_CPU static void
filter_both (const guint8 *src, guint w, guint h, guint8 *dst)
{
  gint16 sums[LATENT_SAMPLE_ROOM];

  for (guint y = 0; y < h + 5; y++)
    for (guint x = 0; x < w; x++) {
      const guint8 *p = src + (gsize)y * ROW + x;
      sums[y * ROW + x] = (gint16)latent_motion_filter (p[0], p[1], p[2], p[3], p[4], p[5]);
    }
  for (guint y = 0; y < h; y++)
    for (guint x = 0; x < w; x++) {
      const gint16 *p = sums + y * ROW + x;
      gint sum = latent_motion_filter (
          p[0], p[ROW], p[2 * ROW], p[3 * ROW], p[4 * ROW], p[5 * ROW]);
      dst[y * ROW + x] = latent_motion_clip ((sum + 512) >> 10);
    }
}

void
latent_halves_init (
    LatentHalves *self, const LatentPlane *plane, gint x, gint y, guint w, guint h, guint mask)
{
  guint8 room[LATENT_SAMPLE_ROOM];
  guint columns = w + 2, rows = h + 2;

  self->w = w;
  self->h = h;
  latent_plane_fetch (
      plane, x - MARGIN, y - MARGIN, w + MARGIN + BEYOND, h + MARGIN + BEYOND, room);
  if (mask & 1)
    for (guint i = 0; i < rows; i++)
      memcpy (self->phases[0] + (gsize)i * ROW, room + (gsize)(i + 2) * ROW + 2, columns);
  if (mask & 2)
    filter_rows (room + 2 * ROW, columns, rows, self->phases[1]);
  if (mask & 4)
    filter_columns (room + 2, columns, rows, self->phases[2]);
  if (mask & 8)
    filter_both (room, columns, rows, self->phases[3]);
}

/* Halves on both sides of a quarter; the same twice where it is a half itself. */
static inline void
find_halves (gint quarter, gint *before, gint *after)
{
  *before = quarter >> 1;
  *after = (quarter + 1) >> 1;
}

guint
latent_halves_find (gint x, gint y)
{
  gint xs[2], ys[2];
  guint mask = 0;

  find_halves (x, &xs[0], &xs[1]);
  find_halves (y, &ys[0], &ys[1]);
  for (guint i = 0; i < 4; i++)
    mask |= 1u << ((xs[i & 1] & 1) + 2 * (ys[i >> 1] & 1));
  return mask;
}

static inline const guint8 *
find_half (const LatentHalves *self, gint x, gint y)
{
  return self->phases[(x & 1) + 2 * (y & 1)] + (1 + (y >> 1)) * ROW + 1 + (x >> 1);
}

LATENT_FOR_EACH_CPU static void
average_two (const guint8 *a, const guint8 *b, guint w, guint h, guint8 *dst)
{
  for (guint y = 0; y < h; y++, a += ROW, b += ROW, dst += ROW)
    for (guint x = 0; x < w; x++)
      dst[x] = (guint8)((a[x] + b[x] + 1) >> 1);
}

LATENT_FOR_EACH_CPU static void
average_four (const guint8 *const src[4], guint w, guint h, guint8 *dst)
{
  for (guint y = 0; y < h; y++)
    for (guint x = 0; x < w; x++) {
      guint i = y * ROW + x;
      dst[i] = (guint8)((src[0][i] + src[1][i] + src[2][i] + src[3][i] + 2) >> 2);
    }
}

void
latent_halves_get (const LatentHalves *self, gint x, gint y, guint8 *dst)
{
  gint xs[2], ys[2];

  find_halves (x, &xs[0], &xs[1]);
  find_halves (y, &ys[0], &ys[1]);
  const guint8 *const src[4] = {find_half (self, xs[0], ys[0]), find_half (self, xs[1], ys[0]),
      find_half (self, xs[0], ys[1]), find_half (self, xs[1], ys[1])};
  if (xs[0] != xs[1] && ys[0] != ys[1])
    average_four (src, self->w, self->h, dst);
  else if (src[0] != src[3])
    average_two (src[0], src[3], self->w, self->h, dst);
  else
    for (guint i = 0; i < self->h; i++)
      memcpy (dst + (gsize)i * ROW, src[0] + (gsize)i * ROW, self->w);
}

LATENT_FOR_EACH_CPU static void
blend (const guint8 *src, guint x, guint y, guint w, guint h, guint8 *dst)
{
  for (guint i = 0; i < h; i++, src += ROW, dst += ROW)
    for (guint j = 0; j < w; j++) {
      guint above = src[j] * (8 - x) + src[j + 1] * x;
      guint below = src[j + ROW] * (8 - x) + src[j + 1 + ROW] * x;
      dst[j] = (guint8)((above * (8 - y) + below * y + 32) >> 6);
    }
}

void
latent_plane_get_eighths (const LatentPlane *self, gint x, gint y, guint w, guint h, guint8 *dst)
{
  guint8 room[LATENT_SAMPLE_ROOM];

  latent_plane_fetch (self, x >> 3, y >> 3, w + 1, h + 1, room);
  blend (room, (guint)(x & 7), (guint)(y & 7), w, h, dst);
}
