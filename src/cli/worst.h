/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/cli/chart.h"
#include "src/cli/rebuild.h"

/* The pairs of the greatest errors. */
typedef struct _LatentWorst LatentWorst;

/* every: of so many samples of the input one is a pair; they are numbered by that. */
LatentWorst *latent_worst_new (guint every);
void latent_worst_free (LatentWorst *self);
/* The next pair, and its mean squared error. */
void latent_worst_add (LatentWorst *self, const LatentPair *pair, double mse);
/* Falling errors. NULL without an error where there was no pair. */
GBytes *latent_worst_draw (const LatentWorst *self, LatentChartFormat format, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentWorst, latent_worst_free)
