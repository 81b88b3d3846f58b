/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/motion-phases.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "src/base/clones.h"
#include "src/codec/motion-filter.h"

#define MARGIN (LATENT_PHASES_REACH + 4)                  /* taps see three pixels more */
#define STRIP  128                                        /* columns at a time */
#define ROWS   (LATENT_MOTION_TILE + LATENT_PHASES_REACH) /* likewise rows */
#define TAPS   6
#define SLACK  8 /* bytes that are read behind the last pixel */

void
latent_phases_init (LatentPhases *self, gint width, gint height)
{
  const gsize rows = (gsize)height + 2 * MARGIN;

  *self = (LatentPhases){.width = width, .height = height, .stride = (gsize)width + 2 * MARGIN};
  self->memory = g_malloc0 (G_N_ELEMENTS (self->phases) * rows * self->stride + SLACK);
  for (guint i = 0; i < G_N_ELEMENTS (self->phases); i++)
    self->phases[i] = self->memory + (i * rows + MARGIN) * self->stride + MARGIN;
}

void
latent_phases_clear (LatentPhases *self)
{
  g_free (self->memory);
  *self = (LatentPhases){0};
}

static guint8 *
find_pixel (const LatentPhases *self, guint phase, gint x, gint y)
{
  return self->phases[phase] + y * (gssize)self->stride + x;
}

void
latent_phases_put (
    LatentPhases *self, const LatentPlane *plane, gint begin, gint end, gint left, gint right)
{
  for (gint y = begin; y < end; y++) {
    const guint8 *src = plane->data + (gsize)y * (gsize)plane->width;
    memcpy (find_pixel (self, 0, left, y), src + left, (gsize)(right - left));
    if (left == 0)
      memset (find_pixel (self, 0, -MARGIN, y), src[0], MARGIN);
    if (right == self->width)
      memset (find_pixel (self, 0, right, y), src[right - 1], MARGIN);
  }
}

void
latent_phases_close (LatentPhases *self)
{
  const gint last = self->height - 1;

  for (gint i = 1; i <= MARGIN; i++) {
    memcpy (find_pixel (self, 0, -MARGIN, -i), find_pixel (self, 0, -MARGIN, 0), self->stride);
    memcpy (
        find_pixel (self, 0, -MARGIN, last + i), find_pixel (self, 0, -MARGIN, last), self->stride);
  }
}

/* A row between columns: sums, and these rounded. src: where the first pixel's taps begin. Sixteen
 * bits hold all there is in between. */
LATENT_FOR_EACH_CPU static void
filter_row (const guint8 *restrict src, guint n, gint16 *restrict sums)
{
  gint16 pixels[STRIP + TAPS];

  for (guint x = 0; x < n + TAPS - 1; x++)
    pixels[x] = src[x];
  for (guint x = 0; x < n; x++) {
    const gint16 *p = pixels + x;
    sums[x] = (gint16)latent_motion_filter (p[0], p[1], p[2], p[3], p[4], p[5]);
  }
}

LATENT_FOR_EACH_CPU static void
round_row (const gint16 *restrict sums, guint n, guint8 *restrict dst)
{
  for (guint x = 0; x < n; x++)
    dst[x] = latent_motion_clip ((gint16)(sums[x] + 16) >> 5);
}

/* A row between rows, and one between rows of sums. */
LATENT_FOR_EACH_CPU static void
filter_column (const guint8 *restrict src, gsize stride, guint n, guint8 *restrict dst)
{
  for (guint x = 0; x < n; x++) {
    const guint8 *p = src + x;
    gint16 sum = (gint16)latent_motion_filter (
        p[0], p[stride], p[2 * stride], p[3 * stride], p[4 * stride], p[5 * stride]);
    dst[x] = latent_motion_clip ((gint16)(sum + 16) >> 5);
  }
}

LATENT_FOR_EACH_CPU static void
filter_sums (const gint16 *restrict sums, guint n, guint8 *restrict dst)
{
  for (guint x = 0; x < n; x++) {
    const gint16 *p = sums + x;
    gint sum = latent_motion_filter (
        p[0], p[STRIP], p[2 * STRIP], p[3 * STRIP], p[4 * STRIP], p[5 * STRIP]);
    dst[x] = latent_motion_clip ((sum + 512) >> 10);
  }
}

static void
filter_strip (LatentPhases *self, gint begin, gint end, gint left, guint n)
{
  gint16 sums[(ROWS + TAPS - 1) * STRIP];

  for (gint y = begin - 2; y < end + 3; y++)
    filter_row (find_pixel (self, 0, left - 2, y), n, sums + (y - begin + 2) * STRIP);
  for (gint y = begin; y < end; y++) {
    const gint16 *first = sums + (y - begin) * STRIP;
    round_row (first + 2 * STRIP, n, find_pixel (self, 1, left, y));
    filter_column (
        find_pixel (self, 0, left, y - 2), self->stride, n, find_pixel (self, 2, left, y));
    filter_sums (first, n, find_pixel (self, 3, left, y));
  }
}

void
latent_phases_filter (LatentPhases *self, gint begin, gint end, gint left, gint right)
{
  for (gint y = begin; y < end; y += ROWS)
    for (gint x = left; x < right; x += STRIP)
      filter_strip (self, y, MIN (y + ROWS, end), x, (guint)MIN (STRIP, right - x));
}

#ifdef __SSE2__

static inline __m128i
load (const guint8 *src)
{
  return _mm_loadl_epi64 ((const __m128i *)src);
}

/* Eight pixels at a time, which may be more than w: rows of room are longer. */
static void
average_two (const guint8 *a, const guint8 *b, gsize stride, guint w, guint h, guint8 *dst)
{
  for (guint y = 0; y < h; y++, a += stride, b += stride, dst += LATENT_SAMPLE_ROW)
    for (guint x = 0; x < w; x += 8)
      _mm_storel_epi64 ((__m128i *)(dst + x), _mm_avg_epu8 (load (a + x), load (b + x)));
}

static void
average_four (const guint8 *const src[4], gsize stride, guint w, guint h, guint8 *dst)
{
  const __m128i zero = _mm_setzero_si128 (), two = _mm_set1_epi16 (2);

  for (guint y = 0; y < h; y++, dst += LATENT_SAMPLE_ROW)
    for (guint x = 0; x < w; x += 8) {
      const gsize at = y * stride + x;
      __m128i sum = two;
      for (guint i = 0; i < 4; i++)
        sum = _mm_add_epi16 (sum, _mm_unpacklo_epi8 (load (src[i] + at), zero));
      sum = _mm_srli_epi16 (sum, 2);
      _mm_storel_epi64 ((__m128i *)(dst + x), _mm_packus_epi16 (sum, sum));
    }
}

#else

static void
average_two (const guint8 *a, const guint8 *b, gsize stride, guint w, guint h, guint8 *dst)
{
  for (guint y = 0; y < h; y++, a += stride, b += stride, dst += LATENT_SAMPLE_ROW)
    for (guint x = 0; x < w; x++)
      dst[x] = (guint8)((a[x] + b[x] + 1) >> 1);
}

static void
average_four (const guint8 *const src[4], gsize stride, guint w, guint h, guint8 *dst)
{
  for (guint y = 0; y < h; y++, dst += LATENT_SAMPLE_ROW)
    for (guint x = 0; x < w; x++) {
      const gsize i = y * stride + x;
      dst[x] = (guint8)((src[0][i] + src[1][i] + src[2][i] + src[3][i] + 2) >> 2);
    }
}

#endif

/* In halves. */
static const guint8 *
find_half (const LatentPhases *self, gint x, gint y)
{
  return find_pixel (self, (guint)((x & 1) + 2 * (y & 1)), x >> 1, y >> 1);
}

const guint8 *
latent_phases_look (
    const LatentPhases *self, gint x, gint y, guint w, guint h, guint8 *room, gsize *stride)
{
  const gint left = x >> 1, right = (x + 1) >> 1, top = y >> 1, bottom = (y + 1) >> 1;
  const guint8 *const src[4] = {find_half (self, left, top), find_half (self, right, top),
      find_half (self, left, bottom), find_half (self, right, bottom)};

  *stride = self->stride;
  if (src[0] == src[3])
    return src[0];
  if (left != right && top != bottom)
    average_four (src, self->stride, w, h, room);
  else
    average_two (src[0], src[3], self->stride, w, h, room);
  *stride = LATENT_SAMPLE_ROW;
  return room;
}
