/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/worst.h"

#include <math.h>

#include "src/cli/gallery.h"
#include "src/cli/grid.h"

#define MOST 8
#define BOX  112 /* pixels of a picture */

typedef struct {
  guint64 index; /* which sample */
  double mse;
  cairo_surface_t *halves[2]; /* original, reconstruction */
} Entry;

struct _LatentWorst {
  Entry entries[MOST]; /* falling errors */
  guint n;
  guint64 seen;
  guint every;
};

LatentWorst *
latent_worst_new (guint every)
{
  LatentWorst *self = g_new0 (LatentWorst, 1);
  self->every = every;
  return self;
}

static void
clear_entry (Entry *entry)
{
  for (guint i = 0; i < 2; i++)
    g_clear_pointer (&entry->halves[i], cairo_surface_destroy);
}

void
latent_worst_free (LatentWorst *self)
{
  if (!self)
    return;
  for (guint i = 0; i < self->n; i++)
    clear_entry (&self->entries[i]);
  g_free (self);
}

void
latent_worst_add (LatentWorst *self, const LatentPair *pair, double mse)
{
  guint64 index = self->seen++ * self->every;
  if (!isfinite (mse) || (self->n == MOST && mse <= self->entries[MOST - 1].mse))
    return;
  if (self->n == MOST)
    clear_entry (&self->entries[--self->n]);
  guint place = self->n++;
  for (; place > 0 && self->entries[place - 1].mse < mse; place--)
    self->entries[place] = self->entries[place - 1];
  self->entries[place] = (Entry){
      index, mse, {latent_pair_draw (pair, 0, BOX), latent_pair_draw (pair, 1, BOX)}
  };
}

GBytes *
latent_worst_draw (const LatentWorst *self, LatentChartFormat format, GError **error)
{
  if (self->n == 0)
    return NULL;
  g_autoptr (LatentGrid) grid = latent_grid_new ("The worst samples",
      "above each: which sample (from 0 on) and its mean squared error", self->n);
  for (guint i = 0; i < self->n; i++) {
    g_autofree char *name = g_strdup_printf (
        "%" G_GUINT64_FORMAT ": %.3g", self->entries[i].index, self->entries[i].mse);
    latent_grid_add_column (grid, name);
  }
  latent_grid_add_row (grid, "original", "");
  latent_grid_add_row (grid, "reconstruction", "");
  for (guint half = 0; half < 2; half++)
    for (guint i = 0; i < self->n; i++)
      latent_grid_add (grid, cairo_surface_reference (self->entries[i].halves[half]));
  return latent_grid_draw (grid, format, error);
}
