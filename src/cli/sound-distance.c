/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/sound-distance.h"

#include <complex.h>
#include <math.h>

#define FRAME 512
#define STEP  256
#define FLOOR 1e-10 /* of a level: -100 dB */

static double
multiply (const float *a, const float *b, gsize n)
{
  double sum = 0;
  for (gsize i = 0; i < n; i++)
    sum += (double)a[i] * b[i];
  return sum;
}

double
latent_sound_si_sdr (const float *original, const float *rebuilt, gsize n)
{
  double energy = multiply (original, original, n);
  double scale = multiply (original, rebuilt, n) / energy, distortion = 0;
  for (gsize i = 0; i < n; i++) {
    double difference = scale * original[i] - rebuilt[i];
    distortion += difference * difference;
  }
  return 10 * log10 (scale * scale * energy / distortion);
}

/* Radix 2, in place. */
static void
transform (double complex *values, guint n)
{
  for (guint i = 1, j = 0; i < n; i++) {
    guint bit = n >> 1;
    for (; j & bit; bit >>= 1)
      j ^= bit;
    j ^= bit;
    if (i < j) {
      double complex swap = values[i];
      values[i] = values[j];
      values[j] = swap;
    }
  }
  for (guint size = 2; size <= n; size *= 2)
    for (guint k = 0; k < size / 2; k++) {
      double complex turn = cexp (-2 * G_PI * I * k / size);
      for (guint i = k; i < n; i += size) {
        double complex low = values[i], high = turn * values[i + size / 2];
        values[i] = low + high;
        values[i + size / 2] = low - high;
      }
    }
}

/* Levels in dB; a sine of full scale has 0. */
static void
get_levels (const float *samples, double levels[FRAME / 2 + 1])
{
  double complex values[FRAME];
  for (guint i = 0; i < FRAME; i++)
    values[i] = samples[i] * (.5 - .5 * cos (2 * G_PI * i / FRAME));
  transform (values, FRAME);
  for (guint i = 0; i <= FRAME / 2; i++) {
    double size = cabs (values[i]) / (FRAME * .25);
    levels[i] = 10 * log10 (MAX (size * size, FLOOR));
  }
}

double
latent_sound_spectral_distance (const float *original, const float *rebuilt, gsize n)
{
  double sum = 0, a[FRAME / 2 + 1], b[FRAME / 2 + 1];
  gsize frames = 0;
  for (gsize at = 0; at + FRAME <= n; at += STEP, frames++) {
    double squares = 0;
    get_levels (original + at, a);
    get_levels (rebuilt + at, b);
    for (guint i = 0; i <= FRAME / 2; i++)
      squares += (a[i] - b[i]) * (a[i] - b[i]);
    sum += sqrt (squares / (FRAME * .5 + 1));
  }
  return frames ? sum / (double)frames : NAN;
}

gsize
latent_sound_find_delay (const float *original, const float *rebuilt, gsize n, gsize most)
{
  double best = -1;
  gsize delay = 0;
  for (gsize i = 0; i <= most; i++) {
    double found = fabs (multiply (original, rebuilt + i, n));
    if (found > best) {
      best = found;
      delay = i;
    }
  }
  return delay;
}
