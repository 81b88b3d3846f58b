/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/gallery.h"

#include <math.h>

#include "src/cli/basis.h"
#include "src/cli/plot.h"

#define WIDTH       1180 /* pixels of the sheet */
#define LARGE_CELL  380
#define SMALL_CELL  138
#define LARGE_COUNT 3
#define SMALL_COUNT 8
#define N_BASIS     16
#define CURVE_TIME  2000 /* samples of sound that one curve shows */

struct _LatentGallery {
  GPtrArray *originals; /* cairo_surface_t */
  GPtrArray *rebuilt;
  guint count; /* how many are wanted */
  guint cell;
  guint64 seen;
  guint64 stride;     /* between those that are kept */
  LatentShape sample; /* of the first vector */
};

LatentGallery *
latent_gallery_new (void)
{
  LatentGallery *self = g_new0 (LatentGallery, 1);
  self->originals = g_ptr_array_new_with_free_func ((GDestroyNotify)cairo_surface_destroy);
  self->rebuilt = g_ptr_array_new_with_free_func ((GDestroyNotify)cairo_surface_destroy);
  self->stride = 1;
  return self;
}

void
latent_gallery_free (LatentGallery *self)
{
  if (!self)
    return;
  g_ptr_array_unref (self->originals);
  g_ptr_array_unref (self->rebuilt);
  g_free (self);
}

static void
start (LatentGallery *self, const LatentPair *pair)
{
  guint width, height;
  gboolean large = TRUE; /* a curve */
  self->sample = pair->shape;
  if (pair->kind == LATENT_MEDIA_VIDEO)
    large = pair->pictures[0]->width > 2 * SMALL_CELL || pair->pictures[0]->height > 2 * SMALL_CELL;
  else if (pair->kind == LATENT_MEDIA_VECTOR)
    large = !latent_plot_find_size (&pair->shape, pair->n, &width, &height);
  self->cell = large ? LARGE_CELL : SMALL_CELL;
  self->count = large ? LARGE_COUNT : SMALL_COUNT;
}

cairo_surface_t *
latent_pair_draw (const LatentPair *pair, guint which, guint box)
{
  guint width, height;
  if (pair->kind == LATENT_MEDIA_VIDEO)
    return latent_plot_picture (pair->pictures[which], box);
  if (pair->kind == LATENT_MEDIA_VECTOR &&
      latent_plot_find_size (&pair->shape, pair->n, &width, &height))
    return latent_plot_tensor (pair->values[which], LATENT_COLOR_GRAY8, width, height, box);
  gsize n = MIN (pair->n, CURVE_TIME);
  double low = INFINITY, high = -INFINITY; /* of the original: both halves have its scale */
  for (gsize i = 0; i < n; i++) {
    low = fmin (low, pair->values[0][i]);
    high = fmax (high, pair->values[0][i]);
  }
  return latent_plot_curve (pair->values[which], n, low, high, box);
}

static void
drop_every_other (GPtrArray *surfaces)
{
  for (guint i = 1; i < surfaces->len; i++)
    g_ptr_array_remove_index (surfaces, i);
}

void
latent_gallery_add (const LatentPair *pair, gpointer data)
{
  LatentGallery *self = data;
  if (self->seen == 0)
    start (self, pair);
  if (self->seen++ % self->stride != 0)
    return;
  g_ptr_array_add (self->originals, latent_pair_draw (pair, 0, self->cell));
  g_ptr_array_add (self->rebuilt, latent_pair_draw (pair, 1, self->cell));
  if (self->originals->len < 2 * self->count)
    return;
  drop_every_other (self->originals);
  drop_every_other (self->rebuilt);
  self->stride *= 2;
}

static void
keep_spread (GPtrArray *surfaces, guint count)
{
  /* Between count and twice that: the last are left out. */
  if (surfaces->len > count)
    g_ptr_array_set_size (surfaces, (gint)count);
}

static gboolean
add_basis (LatentGallery *self, LatentModel *model, LatentSheet *sheet, GError **error)
{
  g_autoptr (GPtrArray)
      basis = latent_basis_plot (model, N_BASIS, SMALL_CELL, &self->sample, error);
  if (!basis)
    return FALSE;
  g_autofree char *label = g_strdup_printf (LATENT_BASIS_LABEL, basis->len);
  latent_sheet_add (sheet, label, basis, SMALL_CELL);
  return TRUE;
}

GBytes *
latent_gallery_draw (LatentGallery *self, LatentModel *model, const char *title, gboolean basis,
    LatentChartFormat format, GError **error)
{
  g_autoptr (LatentSheet) sheet = latent_sheet_new (title, WIDTH);
  keep_spread (self->originals, self->count);
  keep_spread (self->rebuilt, self->count);
  latent_sheet_add (sheet, "original", self->originals, self->cell);
  latent_sheet_add (sheet, "reconstruction", self->rebuilt, self->cell);
  if (basis && !add_basis (self, model, sheet, error))
    return NULL;
  return latent_sheet_draw (sheet, format, error);
}
