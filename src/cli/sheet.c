/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/plot.h"

#define MARGIN     12 /* pixels */
#define GAP        6
#define LABEL_SIZE 15
#define TITLE_SIZE 18

typedef struct {
  char *label;
  GPtrArray *surfaces;
  guint cell;
} Row;

struct _LatentSheet {
  char *title;
  guint width;
  GPtrArray *rows;
};

static void
free_row (gpointer data)
{
  Row *row = data;
  g_free (row->label);
  g_ptr_array_unref (row->surfaces);
  g_free (row);
}

LatentSheet *
latent_sheet_new (const char *title, guint width)
{
  LatentSheet *self = g_new0 (LatentSheet, 1);
  self->title = g_strdup (title);
  self->width = width;
  self->rows = g_ptr_array_new_with_free_func (free_row);
  return self;
}

void
latent_sheet_free (LatentSheet *self)
{
  if (!self)
    return;
  g_ptr_array_unref (self->rows);
  g_free (self->title);
  g_free (self);
}

void
latent_sheet_add (LatentSheet *self, const char *label, GPtrArray *surfaces, guint cell)
{
  Row *row = g_new0 (Row, 1);
  row->label = g_strdup (label);
  row->surfaces = g_ptr_array_ref (surfaces);
  row->cell = cell;
  g_ptr_array_add (self->rows, row);
}

static double
draw_text (cairo_t *cr, double y, const char *text, double size, gboolean bold)
{
  latent_chart_set_font (cr, size, bold);
  latent_chart_draw_text (cr, MARGIN, y + size, 0, text);
  return y + size * 1.5;
}

static double
draw_row (const LatentSheet *self, cairo_t *cr, double y, const Row *row)
{
  double x = MARGIN, line = 0;
  y = draw_text (cr, y, row->label, LABEL_SIZE, FALSE);
  for (guint i = 0; i < row->surfaces->len; i++) {
    cairo_surface_t *surface = g_ptr_array_index (row->surfaces, i);
    if (x + row->cell > self->width - MARGIN + 1 && x > MARGIN) {
      x = MARGIN;
      y += line + GAP;
      line = 0;
    }
    cairo_set_source_surface (cr, surface, x, y);
    cairo_paint (cr);
    line = MAX (line, cairo_image_surface_get_height (surface));
    x += row->cell + GAP;
  }
  return y + line + MARGIN;
}

/* Returns the height of all. */
static double
draw_sheet (const LatentSheet *self, cairo_t *cr)
{
  double y = draw_text (cr, MARGIN, self->title, TITLE_SIZE, TRUE);
  for (guint i = 0; i < self->rows->len; i++)
    y = draw_row (self, cr, y, g_ptr_array_index (self->rows, i));
  return y;
}

GBytes *
latent_sheet_draw (const LatentSheet *self, LatentChartFormat format, GError **error)
{
  /* Drawn twice: the first time for its height. */
  cairo_surface_t *surface = latent_chart_new (LATENT_CHART_PNG, 1, 1);
  double height = 1;
  for (guint pass = 0; pass < 2; pass++) {
    cairo_t *cr = cairo_create (surface);
    height = draw_sheet (self, cr);
    cairo_destroy (cr);
    if (pass == 1)
      break;
    cairo_surface_destroy (surface);
    surface = latent_chart_new (format, self->width, (guint)height);
  }
  return latent_chart_take (surface, error);
}
