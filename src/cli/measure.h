/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/session.h>

#include "src/train/picture.h"

/* How near reconstructions come to their originals, summed up over any number of them. Differences
 * are in units where full scale is 1: 8-bit levels are divided by 255. */
typedef struct {
  double squares; /* of all elements: all channels, chroma planes as they are */
  guint64 elements;
  double luma_squares; /* of pictures; of RGB, of Y = .299 R + .587 G + .114 B */
  guint64 luma_elements;
  double ssim; /* sum over pictures, of luma: mean over windows of 8x8, every 4 pixels */
  guint64 pictures;
  guint64 not_finite; /* elements of reconstructions that are NaN or infinite */
} LatentMeasure;

/* Both of the same format, GRAY8, RGB or I420, and size. */
void latent_measure_add_pictures (
    LatentMeasure *self, const LatentPicture *original, const LatentPicture *rebuilt);
/* Squares and elements alone. */
void latent_measure_add_levels (
    LatentMeasure *self, const LatentPicture *original, const LatentPicture *rebuilt);
void latent_measure_add_values (
    LatentMeasure *self, const float *original, const float *rebuilt, gsize n);

/* NaN where there is nothing to tell from. */
double latent_measure_get_mse (const LatentMeasure *self);
double latent_measure_get_psnr (double mse); /* peak 1; infinite where equal */
double latent_measure_get_luma_mse (const LatentMeasure *self);
double latent_measure_get_ssim (const LatentMeasure *self);
