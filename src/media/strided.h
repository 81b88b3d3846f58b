/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/base/shape.h"

/* Copies an array of any strides (in elements, along each dimension) to one of any others. */
void latent_strided_copy (float *dst, const gint64 *dst_strides, const float *src,
    const gint64 *src_strides, const LatentShape *shape);

/* How many of n values are NaN or infinite. */
guint64 latent_count_not_finite (const float *values, gsize n);
