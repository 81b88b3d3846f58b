/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "src/cli/chart.h"

/* The loss over the steps of training, and the test's: a picture or a table. Memory is bounded:
 * where there are many steps a point is the mean of some. */
typedef struct _LatentCurve LatentCurve;

/* Whether `path` ends in what can be written. */
gboolean latent_curve_check (const char *path, GError **error);
LatentCurve *latent_curve_new (void);
void latent_curve_free (LatentCurve *self);
void latent_curve_add (LatentCurve *self, guint64 step, double loss);
void latent_curve_add_test (LatentCurve *self, guint64 step, double loss);
/* Reads a .csv that latent_curve_write() wrote. */
LatentCurve *latent_curve_load (const char *path, GError **error);
gboolean latent_curve_write (
    const LatentCurve *self, const char *title, const char *path, GError **error);

GBytes *latent_curve_draw (
    const LatentCurve *self, const char *title, LatentChartFormat format, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentCurve, latent_curve_free)
