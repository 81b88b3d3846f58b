/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/cli/chart.h"
#include "src/cli/cloud.h"

/* Whether a model's latents are meant to be normal (0, 1): a variational one's. */
gboolean latent_model_is_variational (const LatentModel *model);

/* A grid of what random latents decode to: normal (0, 1) ones where cloud is NULL, else from the
 * normal distribution that has the cloud's mean and covariance. */
GBytes *latent_draws_draw (LatentModel *model, const LatentCloud *cloud, const char *name,
    guint count, guint64 seed, LatentChartFormat format, GError **error);
