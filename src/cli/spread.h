/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* How numbers are spread: least, greatest, and what lies between. Of many only every other is kept,
 * and so on: memory is bounded. A zeroed one is empty. */
typedef struct {
  GArray *kept; /* float */
  guint64 n;
  guint64 every; /* of which one is kept */
  double min, max;
} LatentSpread;

/* Numbers that are not finite are left out. */
void latent_spread_add (LatentSpread *self, double value);
/* Below which a part (0 to 1) of the numbers lies; NaN of none. */
double latent_spread_get_quantile (LatentSpread *self, double part);
void latent_spread_clear (LatentSpread *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LatentSpread, latent_spread_clear)
