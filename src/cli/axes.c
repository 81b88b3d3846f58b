/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/axes.h"

#include <cairo-svg.h>
#include <glib/gstdio.h>
#include <latent/error.h>
#include <math.h>
#include <string.h>

#define FONT       "sans-serif"
#define TITLE_SIZE 15.
#define TEXT_SIZE  12.
#define TICK       5. /* pixels */
#define MAX_TICKS  6  /* along an axis */

/* An SVG file is written while it is drawn: under a name beside its own. */
static char *
get_draft (const char *path)
{
  return g_strconcat (path, ".part", NULL);
}

cairo_surface_t *
latent_chart_new (const char *path, guint width, guint height, GError **error)
{
  g_autofree char *draft = get_draft (path);
  cairo_surface_t *surface;
  if (g_str_has_suffix (path, ".svg")) {
    surface = cairo_svg_surface_create (draft, width, height);
  } else if (g_str_has_suffix (path, ".png")) {
    surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, (int)width, (int)height);
  } else {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "%s: a picture's name ends in .png or .svg", path);
    return NULL;
  }
  cairo_t *cairo = cairo_create (surface);
  cairo_set_source_rgb (cairo, 1, 1, 1);
  cairo_paint (cairo);
  cairo_destroy (cairo);
  return surface;
}

gboolean
latent_chart_finish (cairo_surface_t *surface, const char *path, GError **error)
{
  g_autofree char *draft = get_draft (path);
  cairo_status_t status = cairo_surface_status (surface);
  if (cairo_surface_get_type (surface) == CAIRO_SURFACE_TYPE_IMAGE) {
    if (status == CAIRO_STATUS_SUCCESS)
      status = cairo_surface_write_to_png (surface, draft);
  } else {
    cairo_surface_finish (surface);
    status = cairo_surface_status (surface);
  }
  cairo_surface_destroy (surface);
  if (status == CAIRO_STATUS_SUCCESS && g_rename (draft, path) == 0)
    return TRUE;
  g_unlink (draft);
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_WRITE, "%s: %s", path,
      status == CAIRO_STATUS_SUCCESS ? "cannot be written" : cairo_status_to_string (status));
  return FALSE;
}

double
latent_axes_get_x (const LatentAxes *self, double x)
{
  return self->left + (x - self->x_low) / (self->x_high - self->x_low) * self->width;
}

double
latent_axes_get_y (const LatentAxes *self, double y)
{
  double part = self->y_log ? log (y / self->y_low) / log (self->y_high / self->y_low)
                            : (y - self->y_low) / (self->y_high - self->y_low);
  return self->top + (1 - part) * self->height;
}

static void
widen (double *low, double *high, double part)
{
  double more = (*high - *low) * part;
  if (!(more > 0))
    more = *low != 0 ? fabs (*low) * .1 : 1;
  *low -= more;
  *high += more;
}

/* A round step between ticks: 1, 2 or 5 times a power of ten. */
static double
choose_step (double range)
{
  double step = pow (10, floor (log10 (range / MAX_TICKS)));
  for (guint i = 0; range / step > MAX_TICKS; i++)
    step *= i % 3 == 1 ? 2.5 : 2;
  return step;
}

static void
draw_text (cairo_t *cairo, double x, double y, double align, const char *text)
{
  cairo_text_extents_t size;
  cairo_text_extents (cairo, text, &size);
  cairo_move_to (cairo, x - align * size.x_advance, y);
  cairo_show_text (cairo, text);
}

static void
draw_x_tick (const LatentAxes *self, cairo_t *cairo, double value)
{
  double x = latent_axes_get_x (self, value), y = self->top + self->height;
  g_autofree char *text = g_strdup_printf ("%.6g", value);
  cairo_move_to (cairo, x, y);
  cairo_line_to (cairo, x, y + TICK);
  cairo_stroke (cairo);
  draw_text (cairo, x, y + TICK + TEXT_SIZE + 2, .5, text);
}

static void
draw_y_tick (const LatentAxes *self, cairo_t *cairo, double value)
{
  double y = latent_axes_get_y (self, value);
  g_autofree char *text = g_strdup_printf ("%.3g", value);
  if (y < self->top - .5 || y > self->top + self->height + .5)
    return;
  cairo_move_to (cairo, self->left, y);
  cairo_line_to (cairo, self->left - TICK, y);
  cairo_stroke (cairo);
  draw_text (cairo, self->left - TICK - 3, y + TEXT_SIZE / 3, 1, text);
}

static void
draw_ticks (const LatentAxes *self, cairo_t *cairo)
{
  double step = choose_step (self->x_high - self->x_low);
  for (double x = ceil (self->x_low / step) * step; x <= self->x_high; x += step)
    draw_x_tick (self, cairo, fabs (x) < step / 1e6 ? 0 : x);
  if (self->y_log) {
    static const double steps[] = {1, 2, 5};
    for (double ten = pow (10, floor (log10 (self->y_low))); ten <= self->y_high; ten *= 10)
      for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
        draw_y_tick (self, cairo, ten * steps[i]);
    return;
  }
  step = choose_step (self->y_high - self->y_low);
  for (double y = ceil (self->y_low / step) * step; y <= self->y_high; y += step)
    draw_y_tick (self, cairo, fabs (y) < step / 1e6 ? 0 : y);
}

void
latent_axes_draw (
    LatentAxes *self, cairo_t *cairo, const char *title, const char *x_name, const char *y_name)
{
  widen (&self->x_low, &self->x_high, .02);
  if (self->y_log) {
    double more = pow (self->y_high / self->y_low, .05);
    self->y_low /= MAX (more, 1.02);
    self->y_high *= MAX (more, 1.02);
  } else {
    widen (&self->y_low, &self->y_high, .05);
  }
  cairo_set_source_rgb (cairo, .15, .15, .15);
  cairo_set_line_width (cairo, 1);
  cairo_rectangle (cairo, self->left, self->top, self->width, self->height);
  cairo_stroke (cairo);
  cairo_select_font_face (cairo, FONT, CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_BOLD);
  cairo_set_font_size (cairo, TITLE_SIZE);
  draw_text (cairo, self->left, self->top - TEXT_SIZE, 0, title);
  cairo_select_font_face (cairo, FONT, CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size (cairo, TEXT_SIZE);
  draw_ticks (self, cairo);
  draw_text (cairo, self->left + self->width / 2, self->top + self->height + TICK + 3 * TEXT_SIZE,
      .5, x_name);
  cairo_save (cairo);
  cairo_translate (cairo, self->left - 58, self->top + self->height / 2);
  cairo_rotate (cairo, -G_PI / 2);
  draw_text (cairo, 0, 0, .5, y_name);
  cairo_restore (cairo);
}
