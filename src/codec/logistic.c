/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/logistic.h"

/* exp (-1/256) in 1/2^22; 40 bits hold a power of it. */
#define DECAY       4177952
#define DECAY_SHIFT 22
#define POWER_ONE   (G_GUINT64_CONSTANT (1) << 40)

static LatentLogistic logistic;

static void
fill_squash (guint16 *squash)
{
  guint64 power = POWER_ONE; /* exp (-i / 256) */

  for (gint i = 0; i <= LATENT_LOGIT_LIMIT; i++) {
    /* 65536 / (1 + power), rounded */
    guint64 whole = POWER_ONE + power;
    guint p = (guint)(((POWER_ONE << 17) / (whole >> 6) + 64) >> 7);
    p = MIN (p, 65532);
    squash[LATENT_LOGIT_LIMIT + i] = p;
    squash[LATENT_LOGIT_LIMIT - i] = 65536 - p;
    power = (power * DECAY) >> DECAY_SHIFT;
  }
  squash[2 * LATENT_LOGIT_LIMIT + 1] = squash[2 * LATENT_LOGIT_LIMIT];
}

/* The logit whose probability comes next to (i + 1/2) / 4096 from below; symmetric. */
static void
fill_stretch (gint16 *stretch, const guint16 *squash)
{
  gint logit = 0;

  for (guint i = 2048; i < 4096; i++) {
    while (logit < LATENT_LOGIT_LIMIT && squash[LATENT_LOGIT_LIMIT + logit + 1] <= 16 * i + 8)
      logit++;
    stretch[i] = (gint16)logit;
    stretch[4095 - i] = (gint16)-logit;
  }
}

/* log2 by squaring: a bit of the fraction each time. */
static guint
find_cost (guint32 p)
{
  guint shift = 31 - g_bit_nth_msf (p, 32);
  guint64 mantissa = (guint64)p << shift; /* in [2^31, 2^32) */
  guint log = 0;

  for (guint i = 0; i < 9; i++) {
    mantissa = mantissa * mantissa >> 31;
    log = log << 1 | (mantissa >> 32 != 0);
    mantissa >>= mantissa >> 32 != 0;
  }
  return (shift * 512 + 512 - log) / 2;
}

static gpointer
fill (gpointer unused)
{
  fill_squash (logistic.squash);
  fill_stretch (logistic.stretch, logistic.squash);
  for (guint i = 0; i < G_N_ELEMENTS (logistic.squash); i++)
    for (guint bit = 0; bit < 2; bit++)
      logistic.errors[bit][i] = (gint16)(((bit ? 65535 : 0) - logistic.squash[i]) >> 1);
  for (guint i = 0; i < 4; i++) {
    logistic.targets[1][i] = 32767;
    logistic.rate_mask[i] = LATENT_RATE_MASK;
  }
  for (guint i = 0; i < 4096; i++)
    logistic.cost[i] = find_cost ((2 * i + 1) << 19);
  return &logistic;
}

const LatentLogistic *
latent_logistic_get (void)
{
  static GOnce once = G_ONCE_INIT;

  return g_once (&once, fill, NULL);
}
