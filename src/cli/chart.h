/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <cairo.h>
#include <glib.h>

/* White pictures that are drawn on by cairo and become files: PNG, or SVG, which says its texts in
 * words as well (cairo draws them as shapes), so that they can be read aloud and searched for. */
typedef enum {
  LATENT_CHART_PNG,
  LATENT_CHART_SVG,
} LatentChartFormat;

/* By the ending, .png or .svg; `option` is named where it is neither. */
gboolean latent_chart_get_format (
    const char *option, const char *path, LatentChartFormat *format, GError **error);
cairo_surface_t *latent_chart_new (LatentChartFormat format, guint width, guint height);
/* The file's bytes. Takes the surface. */
GBytes *latent_chart_take (cairo_surface_t *surface, GError **error);
gboolean latent_chart_save (GBytes *bytes, const char *path, GError **error);

/* Dark text on a line at y; align: 0 begins at x, .5 is centred there, 1 ends there. */
void latent_chart_set_font (cairo_t *cairo, double size, gboolean bold);
void latent_chart_draw_text (cairo_t *cairo, double x, double y, double align, const char *text);
double latent_chart_get_text_width (cairo_t *cairo, const char *text);

/* Colours of classes: ten that can be told apart with any kind of colour vision as well as can be;
 * more repeat them. */
void latent_chart_set_class_colour (cairo_t *cairo, guint class, double alpha);
