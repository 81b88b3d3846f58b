/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/classes.h"

#include "src/codec/state.h"

static LatentClasses classes;

/* floor (2^bits log2 (n)), the part behind the point taken as linear; n is 2^bits or more. */
static guint
find_octave (guint n, guint bits)
{
  guint log = g_bit_storage (n) - 1;

  return ((log - bits) << bits) + (n >> (log - bits) & ((1u << bits) - 1));
}

/* i to the first of n limits that it does not exceed. */
static void
fill_steps (guint8 *classes_of, guint size, const guint *limits, guint n)
{
  for (guint i = 0, class = 0; i < size; i++) {
    while (class + 1 < n && i > limits[class])
      class ++;
    classes_of[i] = (guint8) class;
  }
}

static gpointer
fill (gpointer unused)
{
  static const guint sums[LATENT_CLASSES_A] = {0, 1, 2, 3, 4, 6, 9, 14, 22, 40, 80};
  static const guint drifts[LATENT_CLASSES_D] = {0, 1, 3, 6};

  for (guint i = 0; i < 256; i++) {
    classes.ratios[i] = (guint8)MIN (find_octave (i + 2, 1), LATENT_CLASSES_A - 1);
    classes.shifts[i] = (guint8)MIN (1 + find_octave (i + 2, 1) / 2, LATENT_CLASSES_C - 1);
  }
  classes.shifts[0] = 0;
  fill_steps (classes.sums, 4096, sums, LATENT_CLASSES_A);
  fill_steps (classes.drifts, 16, drifts, LATENT_CLASSES_D);
  return &classes;
}

const LatentClasses *
latent_classes_get (void)
{
  static GOnce once = G_ONCE_INIT;

  return g_once (&once, fill, NULL);
}
