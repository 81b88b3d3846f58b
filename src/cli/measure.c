/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/measure.h"

#include <math.h>
#include <string.h>

#include "src/media/format.h"

#define WINDOW 8 /* of SSIM, in pixels */
#define STEP   4

/* Sum of squared differences of two rows of bytes. */
static guint64
compare_row (const guint8 *a, const guint8 *b, gsize n)
{
  guint64 sum = 0;
  for (gsize begin = 0; begin < n; begin += 4096) {
    guint32 part = 0; /* 4096 times 255^2 fits */
    for (gsize i = begin; i < MIN (n, begin + 4096); i++) {
      gint difference = (gint)a[i] - b[i];
      part += (guint32)(difference * difference);
    }
    sum += part;
  }
  return sum;
}

/* Luma of one row; a picture of planes has it already. */
static const guint8 *
get_luma_row (const LatentPicture *self, guint y, guint8 *room)
{
  const guint8 *row = self->data[0] + (gssize)y * self->stride[0];
  if (self->format != LATENT_PIXEL_FORMAT_RGB)
    return row;
  for (guint x = 0; x < self->width; x++, row += 3)
    room[x] = (guint8)((299 * row[0] + 587 * row[1] + 114 * row[2] + 500) / 1000);
  return room;
}

/* SSIM of one window from its sums, with the usual constants for 8 bits (.01 and .03 of the range).
 */
static double
get_window_ssim (guint n, guint sa, guint sb, guint saa, guint sbb, guint sab)
{
  double ma = (double)sa / n, mb = (double)sb / n;
  double va = (double)saa / n - ma * ma, vb = (double)sbb / n - mb * mb;
  double cov = (double)sab / n - ma * mb;
  const double c1 = .01 * 255 * .01 * 255, c2 = .03 * 255 * .03 * 255;
  return (2 * ma * mb + c1) * (2 * cov + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2));
}

/* Pictures smaller than a window are one window. */
static double
get_ssim (const guint8 *a, const guint8 *b, guint width, guint height)
{
  guint w = MIN (width, WINDOW), h = MIN (height, WINDOW);
  double sum = 0;
  guint64 windows = 0;
  for (guint top = 0; top + h <= height; top += STEP)
    for (guint left = 0; left + w <= width; left += STEP) {
      guint sa = 0, sb = 0, saa = 0, sbb = 0, sab = 0;
      for (guint y = 0; y < h; y++) {
        const guint8 *p = a + (gsize)(top + y) * width + left;
        const guint8 *q = b + (gsize)(top + y) * width + left;
        for (guint x = 0; x < w; x++) {
          sa += p[x], sb += q[x];
          saa += p[x] * p[x], sbb += q[x] * q[x], sab += p[x] * q[x];
        }
      }
      sum += get_window_ssim (w * h, sa, sb, saa, sbb, sab);
      windows++;
    }
  return sum / (double)windows;
}

static guint8 *
gather_luma (const LatentPicture *self)
{
  guint8 *luma = g_malloc ((gsize)self->width * self->height);
  for (guint y = 0; y < self->height; y++) {
    guint8 *row = luma + (gsize)y * self->width;
    const guint8 *given = get_luma_row (self, y, row);
    if (given != row)
      memcpy (row, given, self->width);
  }
  return luma;
}

void
latent_measure_add_levels (
    LatentMeasure *self, const LatentPicture *original, const LatentPicture *rebuilt)
{
  const double unit = 1. / (255. * 255.);
  for (guint i = 0; i < latent_format_get (original->format)->n_planes; i++) {
    gsize row, rows;
    guint64 sum = 0;
    latent_picture_get_plane_size (original, i, &row, &rows);
    for (gsize y = 0; y < rows; y++)
      sum += compare_row (original->data[i] + (gssize)y * original->stride[i],
          rebuilt->data[i] + (gssize)y * rebuilt->stride[i], row);
    self->squares += (double)sum * unit;
    self->elements += row * rows;
  }
}

void
latent_measure_add_pictures (
    LatentMeasure *self, const LatentPicture *original, const LatentPicture *rebuilt)
{
  const double unit = 1. / (255. * 255.);
  latent_measure_add_levels (self, original, rebuilt);
  g_autofree guint8 *a = gather_luma (original);
  g_autofree guint8 *b = gather_luma (rebuilt);
  gsize n = (gsize)original->width * original->height;
  self->luma_squares += (double)compare_row (a, b, n) * unit;
  self->luma_elements += n;
  self->ssim += get_ssim (a, b, original->width, original->height);
  self->pictures++;
}

void
latent_measure_add_values (
    LatentMeasure *self, const float *original, const float *rebuilt, gsize n)
{
  double sum = 0;
  for (gsize i = 0; i < n; i++) {
    double difference = (double)original[i] - rebuilt[i];
    sum += difference * difference;
    self->not_finite += !isfinite (rebuilt[i]);
  }
  self->squares += sum;
  self->elements += n;
}

double
latent_measure_get_mse (const LatentMeasure *self)
{
  return self->elements ? self->squares / (double)self->elements : NAN;
}

double
latent_measure_get_psnr (double mse)
{
  return -10 * log10 (mse);
}

double
latent_measure_get_luma_mse (const LatentMeasure *self)
{
  return self->luma_elements ? self->luma_squares / (double)self->luma_elements : NAN;
}

double
latent_measure_get_ssim (const LatentMeasure *self)
{
  return self->pictures ? self->ssim / (double)self->pictures : NAN;
}
