/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* How alike two pictures of 8-bit luma are, at several scales: 1 where they are equal (Wang,
 * Simoncelli, Bovik 2003: Gaussian windows of 11x11 with a deviation of 1.5, whole windows only,
 * five scales; a structure that is opposite counts as none). Pictures with fewer than 176 pixels
 * one way have fewer scales, whose weights are raised to sum to one. NaN below 11 pixels. */
double latent_ms_ssim (const guint8 *a, const guint8 *b, guint width, guint height);
