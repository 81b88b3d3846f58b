/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/cli/chart.h"
#include "src/cli/cloud.h"

/* Two latents of each sample as a point, of the colour of its class; or where the cloud has
 * thumbnails, as its picture, as far as they do not hide each other. name: of the model. axes: two
 * latents, or NULL: those of the greatest deviation. */
GBytes *latent_scatter_draw (const LatentCloud *cloud, const char *name, const guint *axes,
    gboolean pictures, LatentChartFormat format, GError **error);
