/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/scatter.h"

#include <latent/error.h>
#include <math.h>

#include "src/cli/axes.h"

#define SIDE         640 /* pixels of the frame */
#define LEFT         88
#define TOP          52
#define BOTTOM       58
#define LEGEND       112
#define MARGIN       20
#define LEGEND_LINE  22
#define MAX_LEGEND   25 /* classes; more have one line for the rest */
#define TEXT_SIZE    14
#define CLASS_SIZE   18
#define FEW          600 /* points that are drawn large */
#define PICTURE_ROOM 24. /* pixels between pictures */

/* Of what is shown: of planes, their means. */
static double
measure_deviation (const LatentCloud *cloud, guint latent)
{
  guint n = latent_cloud_get_n (cloud);
  double mean = 0, squares = 0;
  for (guint i = 0; i < n; i++)
    mean += latent_cloud_get_value (cloud, i, latent) / n;
  for (guint i = 0; i < n; i++)
    squares += pow (latent_cloud_get_value (cloud, i, latent) - mean, 2);
  return sqrt (squares / n);
}

/* The two latents of the greatest deviation, in their order. */
static void
choose_axes (const LatentCloud *cloud, guint axes[2])
{
  double greatest[2] = {-1, -1};
  for (guint i = 0; i < latent_cloud_get_n_latents (cloud); i++) {
    double deviation = measure_deviation (cloud, i);
    if (deviation > greatest[0]) {
      axes[1] = axes[0], greatest[1] = greatest[0];
      axes[0] = i, greatest[0] = deviation;
    } else if (deviation > greatest[1]) {
      axes[1] = i, greatest[1] = deviation;
    }
  }
  guint first = MIN (axes[0], axes[1]);
  axes[1] = MAX (axes[0], axes[1]);
  axes[0] = first;
}

static char *
name_axis (const LatentCloud *cloud, guint latent, gboolean chosen)
{
  gboolean plane = latent_cloud_get_n_latents (cloud) != latent_cloud_get_k (cloud);
  return g_strdup_printf ("%slatent %u (deviation %.3g%s)", plane ? "mean of " : "", latent,
      measure_deviation (cloud, latent),
      chosen && latent_cloud_get_n_latents (cloud) > 2 ? ", one of the two greatest" : "");
}

static void
draw_dot (cairo_t *cairo, double x, double y, double radius, guint class)
{
  latent_chart_set_class_colour (cairo, class, .75);
  cairo_arc (cairo, x, y, radius, 0, 2 * G_PI);
  cairo_fill (cairo);
}

/* Classes take turns so that none lies on top of all others. */
static void
draw_dots (cairo_t *cairo, const LatentAxes *frame, const LatentCloud *cloud, const guint *axes)
{
  guint n = latent_cloud_get_n (cloud);
  double radius = n > FEW ? 2.2 : 3.6;
  gboolean labelled = latent_cloud_get_n_classes (cloud) > 0;
  for (guint i = 0; i < n; i++)
    draw_dot (cairo, latent_axes_get_x (frame, latent_cloud_get_value (cloud, i, axes[0])),
        latent_axes_get_y (frame, latent_cloud_get_value (cloud, i, axes[1])), radius,
        labelled ? latent_cloud_get_class (cloud, i) : 0);
}

/* A picture in a border of its class's colour. */
static void
draw_picture (cairo_t *cairo, const LatentCloud *cloud, guint i, double x, double y)
{
  cairo_surface_t *picture = latent_cloud_get_thumbnail (cloud, i);
  int width = cairo_image_surface_get_width (picture);
  int height = cairo_image_surface_get_height (picture);
  double left = floor (x - width / 2.), top = floor (y - height / 2.);
  cairo_set_source_surface (cairo, picture, left, top);
  cairo_paint (cairo);
  if (latent_cloud_get_n_classes (cloud) == 0)
    return;
  latent_chart_set_class_colour (cairo, latent_cloud_get_class (cloud, i), 1);
  cairo_set_line_width (cairo, 2);
  cairo_rectangle (cairo, left, top, width, height);
  cairo_stroke (cairo);
}

/* Each picture where none is yet near. */
static void
draw_pictures (cairo_t *cairo, const LatentAxes *frame, const LatentCloud *cloud, const guint *axes)
{
  enum { CELLS = SIDE / 8 };
  g_autofree guint8 *taken = g_new0 (guint8, (gsize)CELLS * CELLS);
  gint reach = (gint)ceil (PICTURE_ROOM / 8);
  for (guint i = 0; i < latent_cloud_get_n (cloud); i++) {
    double x = latent_axes_get_x (frame, latent_cloud_get_value (cloud, i, axes[0]));
    double y = latent_axes_get_y (frame, latent_cloud_get_value (cloud, i, axes[1]));
    gint column = CLAMP ((gint)(x - frame->left) / 8, 0, CELLS - 1);
    gint row = CLAMP ((gint)(y - frame->top) / 8, 0, CELLS - 1);
    if (taken[row * CELLS + column])
      continue;
    draw_picture (cairo, cloud, i, x, y);
    for (gint v = MAX (row - reach, 0); v <= MIN (row + reach, CELLS - 1); v++)
      for (gint u = MAX (column - reach, 0); u <= MIN (column + reach, CELLS - 1); u++)
        taken[v * CELLS + u] = 1;
  }
}

/* The number of each class where its samples are in the mean, dark on white. */
static void
draw_classes (cairo_t *cairo, const LatentAxes *frame, const LatentCloud *cloud, const guint *axes)
{
  typedef struct {
    double x, y;
    guint n;
  } Sum;
  guint n_classes = latent_cloud_get_n_classes (cloud);
  g_autofree Sum *sums = g_new0 (Sum, MAX (n_classes, 1));
  for (guint i = 0; n_classes > 0 && i < latent_cloud_get_n (cloud); i++) {
    Sum *sum = &sums[latent_cloud_get_class (cloud, i)];
    sum->x += latent_axes_get_x (frame, latent_cloud_get_value (cloud, i, axes[0]));
    sum->y += latent_axes_get_y (frame, latent_cloud_get_value (cloud, i, axes[1]));
    sum->n++;
  }
  latent_chart_set_font (cairo, CLASS_SIZE, TRUE);
  for (guint i = 0; i < n_classes && n_classes <= MAX_LEGEND; i++) {
    if (sums[i].n == 0)
      continue;
    g_autofree char *text = g_strdup_printf ("%u", i);
    double x = sums[i].x / sums[i].n, y = sums[i].y / sums[i].n;
    cairo_set_source_rgba (cairo, 1, 1, 1, .8);
    cairo_arc (cairo, x, y, CLASS_SIZE * .7, 0, 2 * G_PI);
    cairo_fill (cairo);
    latent_chart_draw_text (cairo, x, y + CLASS_SIZE * .36, .5, text);
  }
}

static void
draw_legend (cairo_t *cairo, guint n_classes)
{
  double x = LEFT + SIDE + MARGIN, y = TOP + LEGEND_LINE;
  latent_chart_set_font (cairo, TEXT_SIZE, TRUE);
  latent_chart_draw_text (cairo, x, TOP + 4, 0, "class");
  latent_chart_set_font (cairo, TEXT_SIZE, FALSE);
  for (guint i = 0; i < MIN (n_classes, MAX_LEGEND); i++, y += LEGEND_LINE) {
    g_autofree char *text = g_strdup_printf ("%u", i);
    draw_dot (cairo, x + 6, y, 6, i);
    latent_chart_draw_text (cairo, x + 22, y + 5, 0, text);
  }
  if (n_classes <= MAX_LEGEND)
    return;
  g_autofree char *text = g_strdup_printf ("and %u more", n_classes - MAX_LEGEND);
  latent_chart_draw_text (cairo, x, y + 5, 0, text);
}

static LatentAxes
make_frame (const LatentCloud *cloud, const guint *axes)
{
  LatentAxes frame = {.left = LEFT, .top = TOP, .width = SIDE, .height = SIDE};
  latent_cloud_get_range (cloud, axes[0], &frame.x_low, &frame.x_high);
  latent_cloud_get_range (cloud, axes[1], &frame.y_low, &frame.y_high);
  return frame;
}

static char *
make_title (const LatentCloud *cloud, const char *name)
{
  guint n = latent_cloud_get_n (cloud);
  guint64 all = latent_cloud_get_n_samples (cloud);
  g_autofree char *of = n < all ? g_strdup_printf (" of %" G_GUINT64_FORMAT, all) : g_strdup ("");
  return g_strdup_printf ("%s: k = %" G_GSIZE_FORMAT " of d = %" G_GSIZE_FORMAT ", %u%s samples",
      name, latent_cloud_get_k (cloud), latent_cloud_get_d (cloud), n, of);
}

GBytes *
latent_scatter_draw (const LatentCloud *cloud, const char *name, const guint *axes,
    gboolean pictures, LatentChartFormat format, GError **error)
{
  guint chosen[2] = {0, 1}, n_classes = latent_cloud_get_n_classes (cloud);
  if (latent_cloud_get_n_latents (cloud) < 2) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "--kind scatter shows two latents; %s has one", name);
    return NULL;
  }
  if (axes)
    chosen[0] = axes[0], chosen[1] = axes[1];
  else
    choose_axes (cloud, chosen);
  cairo_surface_t *surface = latent_chart_new (
      format, LEFT + SIDE + (n_classes ? LEGEND : MARGIN), TOP + SIDE + BOTTOM);
  cairo_t *cairo = cairo_create (surface);
  LatentAxes frame = make_frame (cloud, chosen);
  g_autofree char *title = make_title (cloud, name);
  g_autofree char *x_name = name_axis (cloud, chosen[0], !axes);
  g_autofree char *y_name = name_axis (cloud, chosen[1], !axes);
  latent_axes_draw (&frame, cairo, title, x_name, y_name);
  if (pictures)
    draw_pictures (cairo, &frame, cloud, chosen);
  else
    draw_dots (cairo, &frame, cloud, chosen);
  if (!pictures)
    draw_classes (cairo, &frame, cloud, chosen);
  if (n_classes)
    draw_legend (cairo, n_classes);
  cairo_destroy (cairo);
  return latent_chart_take (surface, error);
}
