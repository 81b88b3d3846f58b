/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/cli/chart.h"
#include "src/cli/cloud.h"

#define LATENT_TRAVERSE_ROWS 10 /* latents that are shown where none are named */

/* What a model decodes where one latent at a time goes from 3 deviations below to 3 above the base,
 * which is the mean of the cloud, or the sample it was asked for. latents: n of them, or none: the
 * first. */
GBytes *latent_traverse_draw (LatentModel *model, const LatentCloud *cloud, const char *name,
    const guint *latents, guint n, LatentChartFormat format, GError **error);
