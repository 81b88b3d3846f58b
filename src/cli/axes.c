/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/axes.h"

#include <math.h>

#include "src/cli/chart.h"

#define TITLE_SIZE  15.
#define TEXT_SIZE   12.
#define TICK        5.   /* pixels */
#define MAX_TICKS   6    /* along an axis */
#define LEAST_RANGE 1e-9 /* of numbers, in parts of them, that is shown as it is */
#define FEW_DECADES 4    /* of a logarithmic axis that have ticks between */
#define MAX_DECADES 8    /* that have a tick each */

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
  if (!(more > LEAST_RANGE * fmax (fabs (*low), fabs (*high)))) /* as good as one number */
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
draw_x_tick (const LatentAxes *self, cairo_t *cairo, double value)
{
  double x = latent_axes_get_x (self, value), y = self->top + self->height;
  g_autofree char *text = g_strdup_printf ("%.6g", value);
  cairo_move_to (cairo, x, y);
  cairo_line_to (cairo, x, y + TICK);
  cairo_stroke (cairo);
  latent_chart_draw_text (cairo, x, y + TICK + TEXT_SIZE + 2, .5, text);
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
  latent_chart_draw_text (cairo, self->left - TICK - 3, y + TEXT_SIZE / 3, 1, text);
}

static void
draw_ticks (const LatentAxes *self, cairo_t *cairo)
{
  double step = choose_step (self->x_high - self->x_low);
  for (double x = ceil (self->x_low / step) * step; x <= self->x_high; x += step)
    draw_x_tick (self, cairo, fabs (x) < step / 1e6 ? 0 : x);
  if (self->y_log) {
    static const double steps[] = {1, 2, 5};
    double decades = log10 (self->y_high / self->y_low);
    guint n = decades > FEW_DECADES ? 1 : G_N_ELEMENTS (steps);
    double factor = pow (10, ceil (decades / MAX_DECADES));
    for (double ten = pow (10, floor (log10 (self->y_low))); ten <= self->y_high; ten *= factor)
      for (guint i = 0; i < n; i++)
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
  latent_chart_set_font (cairo, TITLE_SIZE, TRUE);
  latent_chart_draw_text (cairo, self->left, self->top - TEXT_SIZE, 0, title);
  latent_chart_set_font (cairo, TEXT_SIZE, FALSE);
  draw_ticks (self, cairo);
  latent_chart_draw_text (cairo, self->left + self->width / 2,
      self->top + self->height + TICK + 3 * TEXT_SIZE, .5, x_name);
  cairo_save (cairo);
  cairo_translate (cairo, self->left - 58, self->top + self->height / 2);
  cairo_rotate (cairo, -G_PI / 2);
  latent_chart_draw_text (cairo, 0, 0, .5, y_name);
  cairo_restore (cairo);
}
