/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/train/arch-private.h"

/* What the files arch-lapped*.c share with one another only.
 *
 * Sound in windows that overlap by half, as transform codecs see it. What a window is cut into and
 * put together of is learned, from a lapped transform (MDCT: Princen and Bradley 1986) on. Bands
 * are as many, and as wide, as the latents' places; each has a latent that says how loud it is, its
 * level, and one for each of its coefficients:
 *
 *   x > basis > coefficients > loudness of bands > levels ------> latent
 *                        \------------------ / gain (levels) -----/
 *
 *   latent > coefficients x gain (levels) --------------------------------------+> basis > y
 *     |  \-> what the levels say that is not in the coefficients: noise --------+
 *     \----> with those before it > [dense] > shape x loudness (levels) --------+
 *
 * The gain goes with the loudness, but not all the way: where it is loud a quantiser's error may be
 * louder, too. */

/* Of which windows' latents have places. */
#define LATENT_LAPPED_BANDS 16
/* Latents of a band's loudness, the natural logarithm of its power: (loudness + MEAN) x SCALE. A
 * step of 1 is 3.9 dB. */
#define LATENT_LAPPED_LEVEL_MEAN  12.f
#define LATENT_LAPPED_LEVEL_SCALE 1.1f
/* Of a coefficient in a latent, at first, in a band as loud as GAIN_LOUD. */
#define LATENT_LAPPED_SCALE     32.f
#define LATENT_LAPPED_GAIN_LOUD 6.9f /* -ln of the power: -30 dB */
/* Steps of levels are the quantiser's step to this power: how loud it is is worth little more than
 * it is at the lowest rates. */
#define LATENT_LAPPED_LEVEL_SLOPE .375

gint64 latent_lapped_get_hop (const LatentArch *self);
/* Coefficients of a band. */
gint64 latent_lapped_get_lanes (const LatentArch *self);
/* Waves to cut a window into coefficients by, [window, hop], or, where it does not cut, to put one
 * together of, [hop, window]. Products with them are to be multiplied by the unit: all matrices
 * have numbers of about 1 or more, so that a step of learning is small beside them. */
float latent_lapped_get_unit (const LatentArch *self);
LatentValue *latent_lapped_basis (LatentArch *self, const char *path, gboolean cuts);
/* A number for each coefficient, at first 1. */
LatentValue *latent_lapped_scales (LatentArch *self, const char *path);
/* [bands, bands], at first those themselves. */
LatentValue *latent_lapped_levels (LatentArch *self, const char *path);
/* [n, hop] to the means of bands, [n, bands], and back; between the middles of bands that goes
 * evenly from one to the next. */
LatentValue *latent_lapped_gather (LatentArch *self, const char *path, LatentValue *src);
LatentValue *latent_lapped_spread (LatentArch *self, const char *path, LatentValue *src);
/* What coefficients are divided by before they are latents and multiplied with after: [n, hop] of
 * latents of levels, [n, bands]. */
LatentValue *latent_lapped_gain (
    LatentArch *self, const char *path, LatentValue *levels, gboolean inverse);
/* (src + offset) * factor */
LatentValue *latent_lapped_affine (
    LatentArch *self, const char *path, LatentValue *src, float offset, float factor);
LatentValue *latent_lapped_join (
    LatentArch *self, const char *path, LatentValue *a, LatentValue *b, gint64 axis);
/* [begin, end) along an axis, counted from the end where negative. */
LatentValue *latent_lapped_slice (
    LatentArch *self, const char *path, LatentValue *src, gint64 axis, gint64 begin, gint64 end);

LatentValue *latent_lapped_decode (LatentArch *self, LatentValue *places);
