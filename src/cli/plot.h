/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <cairo.h>
#include <latent/session.h>

#include "src/base/shape.h"
#include "src/cli/chart.h"

/* Small pictures, and a sheet of them. */

/* Of GRAY8, RGB or I420 (BT.601, full resolution by repeated chroma), no larger than box pixels
 * each way. */
cairo_surface_t *latent_plot_picture (const LatentPicture *src, guint box);
/* Of a video net's tensor: width x height pixels, levels 0 to 1; n_pixels as the color's layout has
 * them. */
cairo_surface_t *latent_plot_tensor (
    const float *values, LatentColor color, guint width, guint height, guint box);
/* The same of what a video model gives: its own scale and offset turn it into levels. */
cairo_surface_t *latent_plot_output (
    const LatentModel *model, const float *values, guint width, guint height, guint box);
/* Whether a vector can be looked at as a gray picture: of shape HxW (HxWx1 too), or as long as a
 * square of 8x8 or more. */
gboolean latent_plot_find_size (const LatentShape *shape, gsize n, guint *width, guint *height);
/* A line through values between low and high, in a box half as high as wide. */
cairo_surface_t *latent_plot_curve (
    const float *values, gsize n, double low, double high, guint box);

/* A sheet: rows of pictures under labels, under a title. */
typedef struct _LatentSheet LatentSheet;

LatentSheet *latent_sheet_new (const char *title, guint width);
void latent_sheet_free (LatentSheet *self);
/* surfaces (cairo_surface_t *) are kept; as many lines as needed. Each gets a cell of `cell` pixels
 * across. */
void latent_sheet_add (LatentSheet *self, const char *label, GPtrArray *surfaces, guint cell);
GBytes *latent_sheet_draw (const LatentSheet *self, LatentChartFormat format, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentSheet, latent_sheet_free)
