/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Sum of src[n] exp(-2 pi i k n / size) for k below size, in place; size is a power of 2. */

typedef struct {
  float re, im;
} LatentComplex;

/* exp(-2 pi i k / size) for k below size / 2. */
void latent_fourier_fill_roots (LatentComplex *roots, guint size);
void latent_fourier (LatentComplex *data, guint size, const LatentComplex *roots);
