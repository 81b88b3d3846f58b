/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* A point of a curve: what a codec costs, and how good it is there. */
typedef struct {
  double rate; /* above 0 */
  double quality;
} LatentRatePoint;

/* Bjontegaard's difference: how much more (or, below 0, less) `other` costs than `reference` at
 * equal quality, in percent: the logarithms of rates are interpolated over quality by piecewise
 * cubics that keep what is monotone so (PCHIP), and their difference is averaged over the qualities
 * that both have. NaN where they have none in common. Points come in any order; of those of one
 * quality the cheapest counts. */
double latent_bd_rate (const LatentRatePoint *reference, guint n_reference,
    const LatentRatePoint *other, guint n_other);
