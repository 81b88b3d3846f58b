/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/bars.h"

#include "src/cli/axes.h"

#define WIDTH  720 /* pixels */
#define HEIGHT 340
#define LEFT   88
#define TOP    46
#define RIGHT  20
#define BOTTOM 58
#define N_BINS 40

GBytes *
latent_bars_draw (const LatentBars *self, LatentChartFormat format, GError **error)
{
  cairo_surface_t *surface = latent_chart_new (format, WIDTH, HEIGHT);
  cairo_t *cairo = cairo_create (surface);
  LatentAxes axes = {
      .left = LEFT,
      .top = TOP,
      .width = WIDTH - LEFT - RIGHT,
      .height = HEIGHT - TOP - BOTTOM,
      .x_low = self->x_low,
      .x_high = self->x_low + self->n * self->x_step,
  };
  for (guint i = 0; i < self->n; i++)
    axes.y_high = MAX (axes.y_high, self->values[i]);
  latent_axes_draw (&axes, cairo, self->title, self->x_name, self->y_name);
  latent_chart_set_class_colour (cairo, 0, .85);
  for (guint i = 0; i < self->n; i++) {
    double left = latent_axes_get_x (&axes, self->x_low + i * self->x_step);
    double right = latent_axes_get_x (&axes, self->x_low + (i + 1) * self->x_step);
    double top = latent_axes_get_y (&axes, self->values[i]);
    double gap = right - left > 4 ? 1 : 0;
    cairo_rectangle (cairo, left, top, right - left - gap, latent_axes_get_y (&axes, 0) - top);
  }
  cairo_fill (cairo);
  cairo_destroy (cairo);
  return latent_chart_take (surface, error);
}

GBytes *
latent_bars_draw_spread (const LatentSpread *spread, const char *title, const char *x_name,
    LatentChartFormat format, GError **error)
{
  double counts[N_BINS] = {0};
  if (spread->n == 0)
    return NULL;
  double range = spread->max > spread->min ? spread->max - spread->min : 1;
  for (guint i = 0; i < spread->kept->len; i++) {
    double part = (g_array_index (spread->kept, float, i) - spread->min) / range;
    counts[(guint)CLAMP (part * N_BINS, 0, N_BINS - 1)] += (double)spread->every;
  }
  const LatentBars bars = {
      .title = title,
      .x_name = x_name,
      .y_name = "samples",
      .x_low = spread->min,
      .x_step = range / N_BINS,
      .values = counts,
      .n = N_BINS,
  };
  return latent_bars_draw (&bars, format, error);
}
