/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/grid.h"

#include <latent/error.h>
#include <string.h>

#include "src/base/limits.h"

static gboolean
fail_limit (GError **error, const char *name, guint64 value, guint64 limit)
{
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
      "%s of a frame's latents is %" G_GUINT64_FORMAT ", at most %" G_GUINT64_FORMAT
      " can be coded",
      name, value, limit);
  return FALSE;
}

/* The dimension of channels. */
static guint
get_axis (const LatentShape *dims, gboolean channels_last)
{
  return dims->n == 1 ? 0 : channels_last ? dims->n - 1 : 1;
}

static gboolean
check_dims (const LatentShape *dims, GError **error)
{
  guint64 count = 1;

  if (dims->n < 1 || dims->n > LATENT_MAX_DIMS) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
        "latents of a frame have 1 to %u dimensions, not %u", LATENT_MAX_DIMS, dims->n);
    return FALSE;
  }
  for (guint i = 0; i < dims->n; i++) {
    if (dims->dims[i] < 1) {
      g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
          "dimension %u of a frame's latents is %" G_GINT64_FORMAT, i, dims->dims[i]);
      return FALSE;
    }
    if (dims->dims[i] > LATENT_LIMIT_GRID_SYMBOLS)
      return fail_limit (error, "a dimension", (guint64)dims->dims[i], LATENT_LIMIT_GRID_SYMBOLS);
    count *= (guint64)dims->dims[i];
    if (count > LATENT_LIMIT_GRID_SYMBOLS)
      return fail_limit (error, "size", count, LATENT_LIMIT_GRID_SYMBOLS);
  }
  return TRUE;
}

static gboolean
check_row (const char *what, guint n, guint row, GError **error)
{
  if (row > 0 && n % row == 0)
    return TRUE;
  g_set_error (
      error, LATENT_ERROR, LATENT_ERROR_FORMAT, "%u %s do not fill rows of %u", n, what, row);
  return FALSE;
}

gboolean
latent_grid_init (LatentGrid *self, const LatentShape *dims, guint channels_last, guint tiles_x,
    guint columns, GError **error)
{
  guint axis;

  if (!check_dims (dims, error))
    return FALSE;
  if (channels_last > 1) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
        "channels_last of the stream is %u, wanted is 0 or 1", channels_last);
    return FALSE;
  }
  axis = get_axis (dims, channels_last);
  *self = (LatentGrid){.dims = *dims,
      .channels_last = channels_last != 0,
      .tiles_x = tiles_x,
      .columns = columns,
      .tiles = dims->n > 1 ? (guint)dims->dims[0] : 1,
      .places = 1,
      .channels = (guint)dims->dims[axis]};
  for (guint i = 1; i < dims->n; i++)
    if (i != axis)
      self->places *= (guint)dims->dims[i];
  if (self->channels > LATENT_LIMIT_GRID_CHANNELS)
    return fail_limit (error, "channels", self->channels, LATENT_LIMIT_GRID_CHANNELS);
  if (!check_row ("tiles", self->tiles, tiles_x, error) ||
      !check_row ("places", self->places, columns, error))
    return FALSE;
  self->height = self->tiles / tiles_x * (self->places / columns);
  self->width = tiles_x * columns;
  return TRUE;
}

/* The model's latents as its file declares them; n is 0 where it says nothing. */
static LatentShape
get_declared (const LatentModel *model)
{
  const char *const *names = latent_model_get_cut_inputs (model, LATENT_MODE_DECODE);
  const LatentValue *value;

  if (names == NULL)
    names = latent_model_get_cut_outputs (model, LATENT_MODE_ENCODE);
  value = names != NULL && names[0] != NULL ? latent_graph_find_value (model->graph, names[0])
                                            : NULL;
  return value != NULL && value->has_shape ? value->shape : (LatentShape){0};
}

/* As training has it: rows of tokens are the latents of three dimensions that are not sound. */
static gboolean
has_channels_last (const LatentModel *model, guint n_dims)
{
  return n_dims == 3 && model->media.kind != LATENT_MEDIA_AUDIO;
}

static gboolean
is_tiled (const LatentModel *model)
{
  return model->media.kind == LATENT_MEDIA_VIDEO && model->media.tile_width > 0;
}

/* The first dimension is one, or the tiles. */
static gboolean
has_declared_dims (const LatentModel *model, const LatentShape *dims, const LatentShape *declared)
{
  if (declared->n == 0)
    return TRUE;
  if (declared->n != dims->n)
    return FALSE;
  for (guint i = 0; i < dims->n; i++) {
    gboolean is_tiles = i == 0 && dims->n > 1 && is_tiled (model);
    if (!is_tiles && declared->dims[i] >= 0 && declared->dims[i] != dims->dims[i])
      return FALSE;
  }
  return TRUE;
}

static gboolean
check_declared (const LatentModel *model, const LatentShape *dims, GError **error)
{
  LatentShape declared = get_declared (model);
  g_autofree char *wanted = NULL;
  g_autofree char *offered = NULL;

  if (has_declared_dims (model, dims, &declared))
    return TRUE;
  wanted = latent_shape_to_string (&declared);
  offered = latent_shape_to_string (dims);
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "the model's latents are %s, a frame of %s was offered", wanted, offered);
  return FALSE;
}

/* How many of n tokens make a row of a picture: what divides n and is nearest to the picture's
 * shape, in ratio. All, where there is no picture. */
static guint
fold_tokens (guint n, guint width, guint height)
{
  double best = G_MAXDOUBLE;
  guint columns = n;

  for (guint i = 1; width > 0 && height > 0 && i <= n; i++) {
    double ratio = (double)i * i * height / ((double)n * width);
    double distance = ratio > 1 ? ratio : 1 / ratio;
    if (n % i != 0 || distance >= best)
      continue;
    best = distance;
    columns = i;
  }
  return columns;
}

gboolean
latent_grid_init_for_model (LatentGrid *self, const LatentModel *model, guint n_dims,
    const gint64 *dims, guint width, guint height, GError **error)
{
  LatentShape shape = {.n = n_dims};
  gboolean channels_last = has_channels_last (model, n_dims);
  guint tiles_x = 1, columns = 1;

  memcpy (shape.dims, dims, MIN (n_dims, LATENT_MAX_DIMS) * sizeof *dims);
  if (!check_dims (&shape, error) || !check_declared (model, &shape, error))
    return FALSE;
  if (channels_last)
    columns = fold_tokens ((guint)dims[1], width, height);
  else if (n_dims > 2)
    columns = (guint)dims[n_dims - 1];
  if (n_dims > 1) {
    guint tiles = (guint)dims[0];
    tiles_x = is_tiled (model) && width > 0 ? (width - 1) / model->media.tile_width + 1 : tiles;
    if (tiles % tiles_x != 0) {
      g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
          "latents of %u tiles are not those of a picture of %ux%u in tiles of %ux%u", tiles, width,
          height, model->media.tile_width, model->media.tile_height);
      return FALSE;
    }
  }
  return latent_grid_init (self, &shape, channels_last, tiles_x, columns, error);
}

gboolean
latent_grid_check_model (const LatentGrid *self, const LatentModel *model, GError **error)
{
  if (!check_declared (model, &self->dims, error))
    return FALSE;
  if (self->channels_last == has_channels_last (model, self->dims.n))
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "the stream has channels %s, the model's latents have them %s",
      self->channels_last ? "last" : "first", self->channels_last ? "first" : "last");
  return FALSE;
}

gsize
latent_grid_count (const LatentGrid *self)
{
  return (gsize)self->channels * self->height * self->width;
}

/* One order to the other, a row of a tile at a time: `src` or `dst` are the latents, whichever
 * `to_planes` says. */
static void
copy_row (const LatentGrid *self, const float *src, float *dst, gboolean to_planes)
{
  gsize stride = self->channels_last ? self->channels : 1;

  if (stride == 1)
    memcpy (dst, src, self->columns * sizeof *dst);
  else if (to_planes)
    for (gsize x = 0; x < self->columns; x++)
      dst[x] = src[x * stride];
  else
    for (gsize x = 0; x < self->columns; x++)
      dst[x * stride] = src[x];
}

/* Where a row of a tile stands in the latents and in the planes. */
typedef struct {
  gsize latent;
  gsize plane;
} Place;

static Place
find_row (const LatentGrid *self, guint channel, guint tile, guint row)
{
  gsize rows = self->places / self->columns;
  gsize y = tile / self->tiles_x * rows + row;
  gsize x = (gsize)(tile % self->tiles_x) * self->columns;
  gsize place = (gsize)row * self->columns;
  gsize base = (gsize)tile * self->channels * self->places;

  return (Place){.latent = base + (self->channels_last ? place * self->channels + channel
                                                       : (gsize)channel * self->places + place),
      .plane = ((gsize)channel * self->height + y) * self->width + x};
}

static gboolean
is_plain (const LatentGrid *self)
{
  return self->tiles == 1 && (!self->channels_last || self->channels == 1);
}

static void
copy (const LatentGrid *self, const float *src, float *dst, gboolean to_planes)
{
  guint rows = self->places / self->columns;

  if (is_plain (self)) {
    memcpy (dst, src, latent_grid_count (self) * sizeof *dst);
    return;
  }
  for (guint tile = 0; tile < self->tiles; tile++)
    for (guint channel = 0; channel < self->channels; channel++)
      for (guint row = 0; row < rows; row++) {
        Place place = find_row (self, channel, tile, row);
        copy_row (self, src + (to_planes ? place.latent : place.plane),
            dst + (to_planes ? place.plane : place.latent), to_planes);
      }
}

void
latent_grid_gather (const LatentGrid *self, const float *latents, float *planes)
{
  copy (self, latents, planes, TRUE);
}

void
latent_grid_scatter (const LatentGrid *self, const float *planes, float *latents)
{
  copy (self, planes, latents, FALSE);
}
