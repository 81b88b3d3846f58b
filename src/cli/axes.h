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

/* Widens the ranges a little so that points stand off the frame, draws it, its ticks, a title and
 * what the axes are. */
void latent_axes_draw (
    LatentAxes *self, cairo_t *cairo, const char *title, const char *x_name, const char *y_name);
double latent_axes_get_x (const LatentAxes *self, double x);
double latent_axes_get_y (const LatentAxes *self, double y);
