/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/traverse.h"

#include "src/cli/canvas.h"
#include "src/cli/grid.h"

#define COLUMNS 7
#define STEP    1. /* deviations from column to column */

typedef struct {
  LatentCanvas *canvas;
  const LatentCloud *cloud;
  LatentGrid *grid;
  const float *base;
  float *moved; /* k */
} Traverse;

static void
clear_traverse (Traverse *self)
{
  g_clear_pointer (&self->canvas, latent_canvas_free);
  g_clear_pointer (&self->grid, latent_grid_free);
  g_free (self->moved);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Traverse, clear_traverse)

/* How far column i is from the base, in deviations. */
static double
get_change (gint i)
{
  gint middle = COLUMNS / 2;
  return (i - middle) * STEP;
}

/* look: it is not drawn yet. */
static gboolean
draw_cell (Traverse *self, guint latent, gint column, gboolean look, GError **error)
{
  gsize k = latent_cloud_get_k (self->cloud);
  gsize inner = k / latent_cloud_get_n_latents (self->cloud);
  double change = get_change (column) * latent_cloud_get_deviation (self->cloud, latent);
  for (gsize i = 0; i < k; i++)
    self->moved[i] = self->base[i] + (i / inner == latent ? (float)change : 0);
  const float *values = latent_canvas_decode (self->canvas, self->moved, error);
  if (!values)
    return FALSE;
  if (look)
    latent_canvas_look_at (self->canvas, values);
  else
    latent_grid_add (self->grid, latent_canvas_draw (self->canvas, values));
  return TRUE;
}

static gboolean
draw_row (Traverse *self, guint latent, gboolean look, GError **error)
{
  g_autofree char *name = g_strdup_printf ("latent %u", latent);
  g_autofree char *more = g_strdup_printf (
      "sd %.3g", latent_cloud_get_deviation (self->cloud, latent));
  if (!look)
    latent_grid_add_row (self->grid, name, more);
  for (gint i = 0; i < COLUMNS; i++)
    if (!draw_cell (self, latent, i, look, error))
      return FALSE;
  return TRUE;
}

static gboolean
draw_rows (Traverse *self, const guint *latents, guint n, gboolean look, GError **error)
{
  guint rows = n ? n : MIN (LATENT_TRAVERSE_ROWS, latent_cloud_get_n_latents (self->cloud));
  for (guint i = 0; i < rows; i++)
    if (!draw_row (self, n ? latents[i] : i, look, error))
      return FALSE;
  return TRUE;
}

static void
name_columns (LatentGrid *grid)
{
  for (gint i = 0; i < COLUMNS; i++) {
    double change = get_change (i);
    g_autofree char *name = change == 0 ? g_strdup ("base") : g_strdup_printf ("%+g sd", change);
    latent_grid_add_column (grid, name);
  }
}

GBytes *
latent_traverse_draw (LatentModel *model, const LatentCloud *cloud, const char *name,
    const guint *latents, guint n, LatentChartFormat format, GError **error)
{
  g_auto (Traverse) self = {.cloud = cloud, .base = latent_cloud_get_wanted (cloud)};
  g_autofree char *title = g_strdup_printf ("%s: one latent moved at a time", name);
  const char *footer = self.base ? "base: the latents of the chosen sample; sd: over all samples"
                                 : "base: the mean of all samples' latents; sd: over all samples";
  if (!self.base)
    self.base = latent_cloud_get_mean (cloud);
  self.canvas = latent_canvas_new (
      model, latent_cloud_get_shape (cloud), latent_cloud_get_sample_shape (cloud), 0, error);
  if (!self.canvas)
    return NULL;
  self.moved = g_new (float, latent_cloud_get_k (cloud));
  self.grid = latent_grid_new (title, footer, COLUMNS);
  name_columns (self.grid);
  if (latent_canvas_is_curve (self.canvas) && !draw_rows (&self, latents, n, TRUE, error))
    return NULL;
  return draw_rows (&self, latents, n, FALSE, error) ? latent_grid_draw (self.grid, format, error)
                                                     : NULL;
}
