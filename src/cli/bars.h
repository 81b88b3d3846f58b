/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/cli/chart.h"
#include "src/cli/spread.h"

/* A chart of bars that stand side by side from 0 up. */
typedef struct {
  const char *title, *x_name, *y_name;
  double x_low, x_step; /* where the first bar begins, and how wide each is */
  const double *values; /* n, none negative */
  guint n;              /* 1 or more */
} LatentBars;

GBytes *latent_bars_draw (const LatentBars *self, LatentChartFormat format, GError **error);

/* How many of the numbers lie where. NULL without an error where there are none. */
GBytes *latent_bars_draw_spread (const LatentSpread *spread, const char *title, const char *x_name,
    LatentChartFormat format, GError **error);
