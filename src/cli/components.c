/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/components.h"

#include <math.h>
#include <string.h>

#include "src/media/format.h"
#include "src/train/pca.h"

#define PCA_ROWS 64 /* samples handed to PCA at a time */

static void
note_samples (const LatentComponents *self, const LatentPca *pca)
{
  latent_progress_say (self->progress, -1, "principal components: %" G_GUINT64_FORMAT " samples",
      latent_pca_get_samples (pca));
}

LatentPca *
latent_components_of_samples (const LatentComponents *self, gsize k, GError **error)
{
  const LatentShape *sample = &self->spec->sample;
  gsize d = latent_shape_product (sample, 0, sample->n);
  g_autoptr (LatentPca) pca = latent_pca_new (d, error);
  g_autofree float *rows = g_try_malloc_n (d, PCA_ROWS * sizeof (float));
  LatentFeedResult result = LATENT_FEED_SAMPLE;
  if (!pca || !rows || !self->feed->start (self->feed, 0, error))
    return NULL;
  while (result == LATENT_FEED_SAMPLE && !*self->interrupted) {
    gsize n = 0;
    for (; n < PCA_ROWS; n++) {
      LatentSampleRoom room = {.src = rows + n * d};
      result = self->feed->next (self->feed, &room, error);
      if (result != LATENT_FEED_SAMPLE)
        break;
    }
    if (result == LATENT_FEED_ERROR || (n > 0 && !latent_pca_add (pca, rows, n, error)))
      return NULL;
    note_samples (self, pca);
  }
  if (!latent_pca_solve (pca, k, error))
    return NULL;
  return g_steal_pointer (&pca);
}

/* A sample's tiles, one after the other. */
typedef struct {
  gsize channels, height, width; /* of the sample, in elements */
  gsize size;                    /* of a tile, each way */
  float *sample, *weights;       /* weights: NULL where all pixels are alike */
  float *tile;
} Tiles;

static void
clear_tiles (Tiles *self)
{
  g_free (self->sample);
  g_free (self->weights);
  g_free (self->tile);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Tiles, clear_tiles)

static void
start_tiles (Tiles *self, const LatentSampleSpec *spec, const LatentRecipe *recipe)
{
  const gint64 *dims = spec->sample.dims;
  gsize d = latent_shape_product (&spec->sample, 0, spec->sample.n);
  *self = (Tiles){
      (gsize)dims[0], (gsize)dims[1], (gsize)dims[2], (gsize)latent_arch_get_tile_size (recipe)};
  self->sample = g_new (float, d);
  self->tile = g_new (float, self->channels * self->size * self->size);
  if (latent_recipe_get_double (recipe, "moving") > 0)
    self->weights = g_new (float, d);
}

static void
cut_tile (const Tiles *self, const float *sample, gsize x, gsize y, float *tile)
{
  for (gsize c = 0; c < self->channels; c++)
    for (gsize row = 0; row < self->size; row++)
      memcpy (tile + (c * self->size + row) * self->size,
          sample + (c * self->height + y + row) * self->width + x, self->size * sizeof (float));
}

/* How often the tile at (x, y) counts. */
static guint
count_tile (const Tiles *self, gsize x, gsize y)
{
  gsize n = self->channels * self->size * self->size;
  double sum = 0;
  if (!self->weights)
    return 1;
  cut_tile (self, self->weights, x, y, self->tile);
  for (gsize i = 0; i < n; i++)
    sum += self->tile[i];
  return (guint)MAX (lrint (sum / (double)n), 1);
}

static gboolean
add_tiles (const Tiles *self, LatentPca *pca, GError **error)
{
  for (gsize y = 0; y + self->size <= self->height; y += self->size)
    for (gsize x = 0; x + self->size <= self->width; x += self->size) {
      guint times = count_tile (self, x, y);
      cut_tile (self, self->sample, x, y, self->tile);
      for (guint i = 0; i < times; i++)
        if (!latent_pca_add (pca, self->tile, 1, error))
          return FALSE;
    }
  return TRUE;
}

/* Pictures are learned from pieces: so are their tiles. */
static gboolean
learn_tiles (
    const LatentComponents *self, const LatentRecipe *recipe, LatentPca *pca, GError **error)
{
  g_auto (Tiles) tiles = {0};
  LatentFeedResult result = LATENT_FEED_SAMPLE;
  start_tiles (&tiles, self->spec, recipe);
  if (!self->feed->start (self->feed, 0, error))
    return FALSE;
  while (result == LATENT_FEED_SAMPLE && !*self->interrupted) {
    LatentSampleRoom room = {.src = tiles.sample, .weights = tiles.weights};
    result = self->feed->next (self->feed, &room, error);
    if (result == LATENT_FEED_SAMPLE && !add_tiles (&tiles, pca, error))
      return FALSE;
    note_samples (self, pca);
  }
  return result != LATENT_FEED_ERROR;
}

LatentModel *
latent_components_of_tiles (
    const LatentComponents *self, const LatentRecipe *recipe, GError **error)
{
  gint64 size = latent_arch_get_tile_size (recipe);
  LatentMediaInfo media = self->spec->media;
  guint density = media.kind == LATENT_MEDIA_VIDEO ? latent_layout_get (media.color)->density : 0;
  if (!density || self->spec->sample.n != 3 ||
      size > MIN (self->spec->sample.dims[1], self->spec->sample.dims[2])) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "wants pictures, and samples (crop) of a tile of %" G_GINT64_FORMAT
        " elements each way at least",
        size);
    return NULL;
  }
  g_autoptr (LatentPca)
      pca = latent_pca_new ((gsize)(self->spec->sample.dims[0] * size * size), error);
  if (!pca || !learn_tiles (self, recipe, pca, error) ||
      !latent_pca_solve (pca, (gsize)latent_recipe_get_int (recipe, "latent"), error))
    return NULL;
  media.tile_width = media.tile_height = (guint)size * density;
  return latent_pca_to_model (pca, &media, self->spec->scale, error);
}
