/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/train/arch-private.h"

/* What the files arch-lapped*.c share with one another only.
 *
 * Sound in windows that overlap by half, as transform codecs see it. What a window is cut into and
 * put together of is learned, from a lapped transform (MDCT: Princen and Bradley 1986) on:
 *
 *   x > basis > coefficients > evened, loudness of bands > [dense] > dense --+-> latent
 *                     \------------------------------------------> matrix --/
 *   latent, those before it > [dense] > shape x exp (loudness of bands) -----+> basis > y
 *         \           \                 noise x exp (loudness of bands) ----/
 *          \-----------------------------------------------> matrix ------/
 *
 * At first the latents are how loud bands are and the lowest coefficients, and windows that are
 * overlap-added give the sound below their frequencies back, and noise. */

#define LATENT_LAPPED_BANDS 32
/* Latents that say how loud bands are, the first place's. */
#define LATENT_LAPPED_LEVELS 8
/* Of a coefficient in a latent, at first: a step of 1 is -48 dB. */
#define LATENT_LAPPED_SCALE 32.f
/* Of loudness in a latent, at first: a step of 1 is 1.4 dB. */
#define LATENT_LAPPED_LEVEL_SCALE 15.f
/* Loudness is a natural logarithm: these make it about 0 and 1. */
#define LATENT_LAPPED_LOUD_MEAN  10.f
#define LATENT_LAPPED_LOUD_SCALE .2f

gint64 latent_lapped_get_hop (const LatentArch *self);
/* Waves to cut a window into coefficients by, [window, hop], or, where it does not cut, to put one
 * together of, [hop, window]. Products with them are to be multiplied by the unit: all matrices
 * have numbers of about 1 or more, so that a step of learning is small beside them. */
float latent_lapped_get_unit (const LatentArch *self);
LatentValue *latent_lapped_basis (LatentArch *self, const char *path, gboolean cuts);
/* [hop, coefficients]: those that are latents, times `scale`; or [latents, hop]: back. */
LatentValue *latent_lapped_diagonal (
    LatentArch *self, const char *path, gboolean encodes, float scale);
/* [bands, levels]: means of bands that follow one another; or [latents, bands]: back. */
LatentValue *latent_lapped_levels (
    LatentArch *self, const char *path, gboolean encodes, float scale);
/* What makes means of bands, [hop, bands], or spreads bands over coefficients, [bands, hop]. */
LatentValue *latent_lapped_bands (LatentArch *self, const char *path, gboolean spreads);
/* (src + offset) * factor */
LatentValue *latent_lapped_affine (
    LatentArch *self, const char *path, LatentValue *src, float offset, float factor);
LatentValue *latent_lapped_join (
    LatentArch *self, const char *path, LatentValue *a, LatentValue *b, gint64 axis);

LatentValue *latent_lapped_decode (LatentArch *self, LatentValue *places);
