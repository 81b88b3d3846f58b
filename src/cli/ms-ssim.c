/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/ms-ssim.h"

#include <math.h>

#define TAPS   11
#define SIGMA  1.5
#define SCALES 5
#define C1     (.01 * 255 * .01 * 255)
#define C2     (.03 * 255 * .03 * 255)

static const double weights[SCALES] = {.0448, .2856, .3001, .2363, .1333};

/* What windows are summed up from: a, b, their squares and product. */
enum { A, B, AA, BB, AB, N_SUMS };

static void
make_window (double window[TAPS])
{
  double sum = 0;
  for (int i = 0; i < TAPS; i++) {
    double x = (i - (TAPS - 1) * .5) / SIGMA;
    sum += window[i] = exp (-x * x / 2);
  }
  for (int i = 0; i < TAPS; i++)
    window[i] /= sum;
}

static void
get_terms (double a, double b, double terms[N_SUMS])
{
  terms[A] = a;
  terms[B] = b;
  terms[AA] = a * a;
  terms[BB] = b * b;
  terms[AB] = a * b;
}

/* Means of the columns of a row of windows: rows y to y + TAPS - 1. */
static void
sum_columns (const float *a, const float *b, guint width, guint y, const double window[TAPS],
    double (*columns)[N_SUMS])
{
  for (guint x = 0; x < width; x++) {
    double terms[N_SUMS];
    for (int k = 0; k < N_SUMS; k++)
      columns[x][k] = 0;
    for (guint j = 0; j < TAPS; j++) {
      gsize at = (gsize)(y + j) * width + x;
      get_terms (a[at], b[at], terms);
      for (int k = 0; k < N_SUMS; k++)
        columns[x][k] += window[j] * terms[k];
    }
  }
}

/* Means of luminance, and of contrast with structure, over all windows. */
static void
compare (
    const float *a, const float *b, guint width, guint height, double *luminance, double *structure)
{
  double (*columns)[N_SUMS] = g_malloc_n (width, sizeof *columns);
  double window[TAPS], n = (double)(width - TAPS + 1) * (height - TAPS + 1);
  *luminance = *structure = 0;
  make_window (window);
  for (guint y = 0; y + TAPS <= height; y++) {
    sum_columns (a, b, width, y, window, columns);
    for (guint x = 0; x + TAPS <= width; x++) {
      double s[N_SUMS] = {0};
      for (guint i = 0; i < TAPS; i++)
        for (int k = 0; k < N_SUMS; k++)
          s[k] += window[i] * columns[x + i][k];
      double product = s[A] * s[B], squares = s[A] * s[A] + s[B] * s[B];
      *luminance += (2 * product + C1) / (squares + C1) / n;
      *structure += (2 * (s[AB] - product) + C2) / (s[AA] + s[BB] - squares + C2) / n;
    }
  }
  g_free (columns);
}

/* Means of 2x2, in place; what is odd is left out. */
static void
halve (float *picture, guint width, guint height)
{
  for (guint y = 0; y < height / 2; y++)
    for (guint x = 0; x < width / 2; x++) {
      const float *from = picture + (gsize)2 * y * width + 2 * x;
      picture[(gsize)y * (width / 2) + x] = (from[0] + from[1] + from[width] + from[width + 1]) / 4;
    }
}

static float *
widen (const guint8 *picture, gsize n)
{
  float *values = g_new (float, n);
  for (gsize i = 0; i < n; i++)
    values[i] = picture[i];
  return values;
}

double
latent_ms_ssim (const guint8 *a, const guint8 *b, guint width, guint height)
{
  g_autofree float *x = widen (a, (gsize)width * height);
  g_autofree float *y = widen (b, (gsize)width * height);
  double luminance, structure, product = 0, sum = 0;
  guint scales = 0;
  while (scales < SCALES && MIN (width, height) >> scales >= TAPS)
    sum += weights[scales++];
  if (scales == 0)
    return NAN;
  if (scales == SCALES)
    sum = 1; /* as published: they sum to 1.0001 */
  for (guint i = 0; i < scales; i++) {
    compare (x, y, width, height, &luminance, &structure);
    if (i + 1 == scales)
      structure *= luminance;
    product += weights[i] / sum * log (MAX (structure, 0));
    halve (x, width, height);
    halve (y, width, height);
    width /= 2;
    height /= 2;
  }
  return exp (product);
}
