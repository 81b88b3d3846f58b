/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Random numbers that depend on a key and a place alone, so that a run that is resumed at step n
 * draws what an uninterrupted one does: Philox 4x32-10 (Salmon et al., SC 2011). */
typedef struct {
  guint64 key;
  guint64 stream; /* what the numbers are for, and the step: latent_random_init() mixes them */
  guint64 counter;
} LatentRandom;

/* What numbers are drawn for: streams of different purposes never meet. */
typedef enum {
  LATENT_RANDOM_WEIGHTS,
  LATENT_RANDOM_EPSILON, /* of the variational latent */
  LATENT_RANDOM_NOISE,   /* of the quantiser */
  LATENT_RANDOM_INPUT,   /* of denoising */
  LATENT_RANDOM_SHUFFLE,
  LATENT_RANDOM_CROP,
  LATENT_RANDOM_SAMPLE, /* drawing from a prior to look at */
} LatentRandomPurpose;

void latent_random_init (
    LatentRandom *self, guint64 seed, LatentRandomPurpose purpose, guint64 step);
guint64 latent_random_next (LatentRandom *self);
/* In [0, n), each equally likely; n is 1 or more. */
guint64 latent_random_below (LatentRandom *self, guint64 n);
/* Fills n floats: uniform in [low, high), or normal with the given deviation (Box and Muller). */
void latent_random_fill_uniform (LatentRandom *self, float *dst, gsize n, float low, float high);
void latent_random_fill_normal (LatentRandom *self, float *dst, gsize n, float deviation);
