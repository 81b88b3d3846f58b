/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/grid.h"

#include <string.h>

#define MARGIN     16 /* pixels */
#define GAP        6
#define TITLE_SIZE 15
#define TEXT_SIZE  13
#define LINE       18
#define LEAST      360 /* pixels across */

struct _LatentGrid {
  char *title, *footer;
  guint columns;
  GPtrArray *column_names;
  GPtrArray *row_names; /* two for each row */
  GPtrArray *pictures;
};

LatentGrid *
latent_grid_new (const char *title, const char *footer, guint columns)
{
  LatentGrid *self = g_new0 (LatentGrid, 1);
  self->title = g_strdup (title);
  self->footer = g_strdup (footer);
  self->columns = columns;
  self->column_names = g_ptr_array_new_with_free_func (g_free);
  self->row_names = g_ptr_array_new_with_free_func (g_free);
  self->pictures = g_ptr_array_new_with_free_func ((GDestroyNotify)cairo_surface_destroy);
  return self;
}

void
latent_grid_free (LatentGrid *self)
{
  if (!self)
    return;
  g_free (self->title);
  g_free (self->footer);
  g_ptr_array_unref (self->column_names);
  g_ptr_array_unref (self->row_names);
  g_ptr_array_unref (self->pictures);
  g_free (self);
}

void
latent_grid_add_column (LatentGrid *self, const char *name)
{
  g_ptr_array_add (self->column_names, g_strdup (name));
}

void
latent_grid_add_row (LatentGrid *self, const char *name, const char *more)
{
  g_ptr_array_add (self->row_names, g_strdup (name));
  g_ptr_array_add (self->row_names, g_strdup (more));
}

void
latent_grid_add (LatentGrid *self, cairo_surface_t *picture)
{
  g_ptr_array_add (self->pictures, picture);
}

/* Where things are, in pixels. */
typedef struct {
  double left, top;
  double cell_width, cell_height;
  guint rows;
  double width, height; /* of all */
} Plan;

static double
measure_text (double size, gboolean bold, const char *text)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, 1, 1);
  cairo_t *cairo = cairo_create (surface);
  latent_chart_set_font (cairo, size, bold);
  double width = latent_chart_get_text_width (cairo, text);
  cairo_destroy (cairo);
  cairo_surface_destroy (surface);
  return width;
}

static Plan
make_plan (const LatentGrid *self)
{
  Plan plan = {.left = MARGIN, .top = MARGIN + TITLE_SIZE + GAP};
  for (guint i = 0; i < self->pictures->len; i++) {
    cairo_surface_t *picture = g_ptr_array_index (self->pictures, i);
    plan.cell_width = MAX (plan.cell_width, cairo_image_surface_get_width (picture));
    plan.cell_height = MAX (plan.cell_height, cairo_image_surface_get_height (picture));
  }
  for (guint i = 0; i < self->row_names->len; i++)
    plan.left = MAX (plan.left,
        MARGIN + 2 * GAP + measure_text (TEXT_SIZE, FALSE, g_ptr_array_index (self->row_names, i)));
  if (self->column_names->len > 0)
    plan.top += LINE;
  plan.rows = (self->pictures->len + self->columns - 1) / self->columns;
  plan.width = plan.left + self->columns * (plan.cell_width + GAP) - GAP + MARGIN;
  plan.width = MAX (plan.width, MARGIN * 2 + measure_text (TITLE_SIZE, TRUE, self->title));
  if (self->footer)
    plan.width = MAX (plan.width, MARGIN * 2 + measure_text (TEXT_SIZE, FALSE, self->footer));
  plan.width = MAX (plan.width, LEAST);
  plan.height = plan.top + plan.rows * (plan.cell_height + GAP) + (self->footer ? LINE : 0) + GAP;
  return plan;
}

static void
draw_names (const LatentGrid *self, cairo_t *cairo, const Plan *plan)
{
  latent_chart_set_font (cairo, TITLE_SIZE, TRUE);
  latent_chart_draw_text (cairo, MARGIN, MARGIN + TITLE_SIZE - 4, 0, self->title);
  latent_chart_set_font (cairo, TEXT_SIZE, FALSE);
  for (guint i = 0; i < self->column_names->len; i++)
    latent_chart_draw_text (cairo, plan->left + i * (plan->cell_width + GAP) + plan->cell_width / 2,
        plan->top - GAP, .5, g_ptr_array_index (self->column_names, i));
  for (guint i = 0; i < self->row_names->len; i++) {
    guint row = i / 2;
    double middle = plan->top + row * (plan->cell_height + GAP) + plan->cell_height / 2;
    latent_chart_draw_text (cairo, plan->left - 2 * GAP, middle + (i % 2 ? LINE - 4 : -2), 1,
        g_ptr_array_index (self->row_names, i));
  }
  if (self->footer)
    latent_chart_draw_text (cairo, MARGIN, plan->height - GAP - 2, 0, self->footer);
}

GBytes *
latent_grid_draw (const LatentGrid *self, LatentChartFormat format, GError **error)
{
  Plan plan = make_plan (self);
  cairo_surface_t *surface = latent_chart_new (
      format, (guint)(plan.width + .5), (guint)(plan.height + .5));
  cairo_t *cairo = cairo_create (surface);
  draw_names (self, cairo, &plan);
  for (guint i = 0; i < self->pictures->len; i++) {
    cairo_surface_t *picture = g_ptr_array_index (self->pictures, i);
    guint row = i / self->columns, column = i % self->columns;
    double x = plan.left + column * (plan.cell_width + GAP);
    double y = plan.top + row * (plan.cell_height + GAP);
    cairo_set_source_surface (cairo, picture, (int)x, (int)y);
    cairo_paint (cairo);
  }
  cairo_destroy (cairo);
  return latent_chart_take (surface, error);
}
