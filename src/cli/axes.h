/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <cairo.h>
#include <glib.h>

/* A frame with ticks and names, into which points are drawn. */
typedef struct {
  double left, top, width, height; /* of the frame, in pixels */
  double x_low, x_high;            /* what its ends stand for */
  double y_low, y_high;
  gboolean y_log; /* y is shown by its logarithm; above 0 */
} LatentAxes;

/* A white picture of width x height in a .png or .svg file (by `path`'s ending) and what is needed
 * to draw on it. NULL where the ending is another. */
cairo_surface_t *latent_chart_new (const char *path, guint width, guint height, GError **error);
/* Writes what was drawn, beside `path` and moved there once whole. Takes the surface. */
gboolean latent_chart_finish (cairo_surface_t *surface, const char *path, GError **error);

/* Widens the ranges a little so that points stand off the frame, draws it, its ticks, a title and
 * what the axes are. */
void latent_axes_draw (
    LatentAxes *self, cairo_t *cairo, const char *title, const char *x_name, const char *y_name);
double latent_axes_get_x (const LatentAxes *self, double x);
double latent_axes_get_y (const LatentAxes *self, double y);
