/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/curve.h"

#include <latent/error.h>
#include <math.h>
#include <string.h>

#include "src/base/file.h"
#include "src/base/output.h"
#include "src/cli/axes.h"
#include "src/cli/chart.h"

#define MAX_POINTS 2000 /* of a line; then two become one */
#define WIDTH      800
#define HEIGHT     480
#define HEADER     "set,step,loss"
#define MAX_STEP   1e15
#define MAX_FILE   (64u << 20) /* bytes of a table */

typedef struct {
  double step; /* the mean of what it is made of */
  double loss;
} Point;

/* A line whose points are means of `merged` steps each. */
typedef struct {
  GArray *points;
  guint merged;
  guint waiting; /* steps in `sum` */
  Point sum;
} Line;

enum { TRAIN, TEST, N_LINES };

struct _LatentCurve {
  Line lines[N_LINES];
};

static const struct {
  const char *name;
  double red, green, blue;
} looks[N_LINES] = {
    [TRAIN] = {"train", .45, .60, .85},
    [TEST] = {"test",  .80, .25, .15},
};

gboolean
latent_curve_check (const char *path, GError **error)
{
  if (g_str_has_suffix (path, ".png") || g_str_has_suffix (path, ".svg") ||
      g_str_has_suffix (path, ".csv"))
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
      "curve: '%s' does not end in .png, .svg or .csv", path);
  return FALSE;
}

LatentCurve *
latent_curve_new (void)
{
  LatentCurve *self = g_new0 (LatentCurve, 1);
  for (guint i = 0; i < N_LINES; i++)
    self->lines[i] = (Line){
        g_array_new (FALSE, FALSE, sizeof (Point)), 1, 0, {0, 0}
    };
  return self;
}

void
latent_curve_free (LatentCurve *self)
{
  if (!self)
    return;
  for (guint i = 0; i < N_LINES; i++)
    g_array_unref (self->lines[i].points);
  g_free (self);
}

static void
merge_points (Line *line)
{
  Point *points = (Point *)(gpointer)line->points->data;
  for (guint i = 0; i < line->points->len / 2; i++)
    points[i] = (Point){(points[2 * i].step + points[2 * i + 1].step) / 2,
        (points[2 * i].loss + points[2 * i + 1].loss) / 2};
  g_array_set_size (line->points, line->points->len / 2);
  line->merged *= 2;
}

static void
add_point (Line *line, double step, double loss)
{
  if (!isfinite (loss))
    return;
  line->sum.step += step;
  line->sum.loss += loss;
  if (++line->waiting < line->merged)
    return;
  Point point = {line->sum.step / line->waiting, line->sum.loss / line->waiting};
  g_array_append_val (line->points, point);
  line->sum = (Point){0, 0};
  line->waiting = 0;
  if (line->points->len == MAX_POINTS)
    merge_points (line);
}

void
latent_curve_add (LatentCurve *self, guint64 step, double loss)
{
  add_point (&self->lines[TRAIN], (double)step, loss);
}

void
latent_curve_add_test (LatentCurve *self, guint64 step, double loss)
{
  add_point (&self->lines[TEST], (double)step, loss);
}

static gboolean
write_table (const LatentCurve *self, const char *path, GError **error)
{
  g_autoptr (GString) text = g_string_new (HEADER "\n");
  for (guint i = 0; i < N_LINES; i++)
    for (guint j = 0; j < self->lines[i].points->len; j++) {
      const Point *point = &g_array_index (self->lines[i].points, Point, j);
      char step[G_ASCII_DTOSTR_BUF_SIZE], loss[G_ASCII_DTOSTR_BUF_SIZE];
      g_string_append_printf (text, "%s,%s,%s\n", looks[i].name,
          g_ascii_formatd (step, sizeof step, "%.10g", point->step),
          g_ascii_formatd (loss, sizeof loss, "%.9g", point->loss));
    }
  return latent_output_put (path, text->str, text->len, error);
}

/* Ranges of all points; a logarithmic scale where the loss falls far. */
static LatentAxes
make_axes (const LatentCurve *self)
{
  LatentAxes axes = {
      .left = 80,
      .top = 46,
      .width = WIDTH - 80 - 20,
      .height = HEIGHT - 46 - 56,
      .x_low = 0,
      .x_high = 1,
      .y_low = INFINITY,
      .y_high = -INFINITY,
  };
  for (guint i = 0; i < N_LINES; i++)
    for (guint j = 0; j < self->lines[i].points->len; j++) {
      const Point *point = &g_array_index (self->lines[i].points, Point, j);
      axes.x_high = MAX (axes.x_high, point->step);
      axes.y_low = MIN (axes.y_low, point->loss);
      axes.y_high = MAX (axes.y_high, point->loss);
    }
  if (!(axes.y_low <= axes.y_high))
    axes.y_low = 0, axes.y_high = 1;
  axes.y_log = axes.y_low > 0 && axes.y_high > 3 * axes.y_low;
  return axes;
}

static void
draw_line (cairo_t *cairo, const LatentAxes *axes, const GArray *points)
{
  for (guint i = 0; i < points->len; i++) {
    const Point *point = &g_array_index (points, Point, i);
    cairo_line_to (
        cairo, latent_axes_get_x (axes, point->step), latent_axes_get_y (axes, point->loss));
  }
  cairo_stroke (cairo);
}

GBytes *
latent_curve_draw (
    const LatentCurve *self, const char *title, LatentChartFormat format, GError **error)
{
  cairo_surface_t *surface = latent_chart_new (format, WIDTH, HEIGHT);
  LatentAxes axes = make_axes (self);
  cairo_t *cairo = cairo_create (surface);
  latent_axes_draw (&axes, cairo, title, "step", "loss");
  for (guint i = 0; i < N_LINES; i++) {
    double right = axes.left + axes.width, y = axes.top + 20 + 18 * i;
    if (self->lines[i].points->len == 0)
      continue;
    cairo_set_source_rgb (cairo, looks[i].red, looks[i].green, looks[i].blue);
    cairo_set_line_width (cairo, i == TEST ? 2 : 1.2);
    draw_line (cairo, &axes, self->lines[i].points);
    cairo_move_to (cairo, right - 78, y - 4);
    cairo_line_to (cairo, right - 54, y - 4);
    cairo_stroke (cairo);
    latent_chart_draw_text (cairo, right - 48, y, 0, looks[i].name);
  }
  cairo_destroy (cairo);
  return latent_chart_take (surface, error);
}

gboolean
latent_curve_write (const LatentCurve *self, const char *title, const char *path, GError **error)
{
  LatentChartFormat format;
  if (g_str_has_suffix (path, ".csv"))
    return write_table (self, path, error);
  if (!latent_chart_get_format ("curve", path, &format, error))
    return FALSE;
  g_autoptr (GBytes) bytes = latent_curve_draw (self, title, format, error);
  return bytes && latent_chart_save (bytes, path, error);
}

/* "train,12,0.5" */
static gboolean
read_line (LatentCurve *self, const char *line)
{
  g_auto (GStrv) parts = g_strsplit (line, ",", -1);
  char *ends[2];
  guint which = 0;
  if (g_strv_length (parts) != 3)
    return FALSE;
  while (which < N_LINES && strcmp (parts[0], looks[which].name) != 0)
    which++;
  double step = g_ascii_strtod (parts[1], &ends[0]);
  double loss = g_ascii_strtod (parts[2], &ends[1]);
  if (which == N_LINES || ends[0] == parts[1] || *ends[0] || ends[1] == parts[2] || *ends[1] ||
      !(step >= 0 && step < MAX_STEP))
    return FALSE;
  add_point (&self->lines[which], step, loss);
  return TRUE;
}

LatentCurve *
latent_curve_load (const char *path, GError **error)
{
  g_autoptr (LatentCurve) self = latent_curve_new ();
  g_autoptr (GBytes) bytes = latent_file_read (path, MAX_FILE, error);
  if (!bytes)
    return NULL;
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);
  g_autofree char *text = g_strndup (data, size);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i]; i++) {
    char *line = g_strstrip (lines[i]);
    if (i == 0 ? g_str_equal (line, HEADER) : !*line || read_line (self, line))
      continue;
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "%s: line %u is not %s", path, i + 1,
        i == 0 ? "'" HEADER "', with which a table of --curve begins" : "a train or test loss");
    return NULL;
  }
  return g_steal_pointer (&self);
}
