/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The loss over the steps of training, and the test's: a picture or a table. Memory is bounded:
 * where there are many steps a point is the mean of some. */
typedef struct _LatentCurve LatentCurve;

/* Whether `path` ends in what can be written. */
gboolean latent_curve_check (const char *path, GError **error);
LatentCurve *latent_curve_new (void);
void latent_curve_free (LatentCurve *self);
void latent_curve_add (LatentCurve *self, guint64 step, double loss);
void latent_curve_add_test (LatentCurve *self, guint64 step, double loss);
gboolean latent_curve_write (
    const LatentCurve *self, const char *title, const char *path, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentCurve, latent_curve_free)
