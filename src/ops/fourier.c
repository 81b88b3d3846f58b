/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/ops/fourier.h"

#include <math.h>

void
latent_fourier_fill_roots (LatentComplex *roots, guint size)
{
  for (guint k = 0; k < size / 2; k++) {
    double angle = -2 * G_PI * k / size;
    roots[k] = (LatentComplex){(float)cos (angle), (float)sin (angle)};
  }
}

/* To the order in which halves of halves follow one another: indices with their bits turned. */
static void
turn_bits (LatentComplex *data, guint size)
{
  guint j = 0;

  for (guint i = 1; i < size; i++) {
    guint bit = size >> 1;
    for (; j & bit; bit >>= 1)
      j ^= bit;
    j ^= bit;
    if (i < j) {
      LatentComplex held = data[i];
      data[i] = data[j];
      data[j] = held;
    }
  }
}

void
latent_fourier (LatentComplex *data, guint size, const LatentComplex *roots)
{
  turn_bits (data, size);
  for (guint half = 1; half < size; half *= 2)
    for (guint begin = 0; begin < size; begin += 2 * half)
      for (guint i = 0; i < half; i++) {
        LatentComplex root = roots[i * (size / 2 / half)];
        LatentComplex *a = data + begin + i, *b = a + half;
        LatentComplex turned = {
            b->re * root.re - b->im * root.im, b->re * root.im + b->im * root.re};
        *b = (LatentComplex){a->re - turned.re, a->im - turned.im};
        *a = (LatentComplex){a->re + turned.re, a->im + turned.im};
      }
}
