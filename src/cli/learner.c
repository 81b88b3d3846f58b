/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/learner.h"

#include "src/media/format.h"
#include "src/media/pixels.h"
#include "src/media/samples.h"

#define WINDOW_SECONDS .02 /* of sound, where none is asked for */
#define AUDIO_SCALE    (1.f / 32768)

struct _LatentLearner {
  LatentMediaInfo media;
  LatentPca *pca;
  gsize d;
  char *first;         /* where the first sample came from */
  guint width, height; /* of the first picture */
  float *room;         /* tiles of a picture, or one window */
  gsize n_room;        /* tiles that fit */
  LatentCutter cutter;
  LatentWindowMap map;
  float scale[LATENT_MAX_LANES], offset[LATENT_MAX_LANES];
};

LatentLearner *
latent_learner_new (const LatentMediaInfo *media)
{
  LatentLearner *self = g_new0 (LatentLearner, 1);
  self->media = *media;
  return self;
}

void
latent_learner_free (LatentLearner *self)
{
  if (!self)
    return;
  latent_cutter_clear (&self->cutter);
  latent_pca_free (self->pca);
  g_free (self->first);
  g_free (self->room);
  g_free (self);
}

static gboolean
start_pca (LatentLearner *self, const LatentSample *sample, gsize d, GError **error)
{
  self->d = d;
  self->first = g_strdup (sample->origin);
  self->pca = latent_pca_new (d, error);
  if (!self->pca)
    g_prefix_error (error, "%s: ", sample->origin);
  return self->pca != NULL;
}

static gboolean
add_to_pca (
    LatentLearner *self, const LatentSample *sample, const float *values, gsize n, GError **error)
{
  if (latent_pca_add (self->pca, values, n, error))
    return TRUE;
  g_prefix_error (error, "%s: ", sample->origin);
  return FALSE;
}

static gboolean
put_vector (LatentLearner *self, const LatentSample *sample, GError **error)
{
  if (!self->pca && !start_pca (self, sample, sample->n, error))
    return FALSE;
  if (sample->n != self->d) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "%s: samples of %" G_GSIZE_FORMAT " elements, those of %s have %" G_GSIZE_FORMAT,
        sample->origin, sample->n, self->first, self->d);
    return FALSE;
  }
  return add_to_pca (self, sample, sample->values, 1, error);
}

/* The size of a tile, or of the frame where that is the tile. */
static gboolean
start_pictures (LatentLearner *self, const LatentSample *sample, GError **error)
{
  const LatentLayout *layout = latent_layout_get (self->media.color);
  LatentMediaInfo *media = &self->media;
  self->width = sample->picture.width;
  self->height = sample->picture.height;
  if (!media->tile_width) {
    /* Channels of half the size: an odd frame is one pixel larger inside. */
    media->fixed_width = (self->width + layout->density - 1) / layout->density * layout->density;
    media->fixed_height = (self->height + layout->density - 1) / layout->density * layout->density;
  }
  guint width = media->tile_width ? media->tile_width : media->fixed_width;
  guint height = media->tile_width ? media->tile_height : media->fixed_height;
  return start_pca (self, sample,
      (gsize)(width / layout->density) * (height / layout->density) * layout->n_lanes, error);
}

static gboolean
check_frame (LatentLearner *self, const LatentSample *sample, GError **error)
{
  const LatentPicture *picture = &sample->picture;
  if (self->media.tile_width || (picture->width == self->width && picture->height == self->height))
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "%s: %ux%u, %s is %ux%u: whole frames must be of one size; tiles need not be", sample->origin,
      picture->width, picture->height, self->first, self->width, self->height);
  return FALSE;
}

static gboolean
put_picture (LatentLearner *self, const LatentSample *sample, GError **error)
{
  if (!self->pca && !start_pictures (self, sample, error))
    return FALSE;
  if (!check_frame (self, sample, error))
    return FALSE;
  const LatentLayout *layout = latent_layout_get (self->media.color);
  guint width = self->media.tile_width ? self->media.tile_width : self->media.fixed_width;
  guint height = self->media.tile_width ? self->media.tile_height : self->media.fixed_height;
  LatentPixelMap map = {
      .color = self->media.color,
      .tiles_x = (sample->picture.width + width - 1) / width,
      .tiles_y = (sample->picture.height + height - 1) / height,
      .width = width / layout->density,
      .height = height / layout->density,
      .column_stride = 1,
      .threads = 1,
  };
  map.row_stride = map.width;
  map.channel_stride = (gint64)map.width * map.height;
  map.sample_stride = (gint64)self->d;
  for (guint i = 0; i < layout->n_lanes; i++)
    map.scale[i] = 1.f / 255;

  gsize n = (gsize)map.tiles_x * map.tiles_y;
  if (n > self->n_room) {
    g_free (self->room);
    self->room = g_try_malloc_n (n, self->d * sizeof (float));
    self->n_room = self->room ? n : 0;
  }
  if (!self->room) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
        "%s: memory is short for a picture of %ux%u", sample->origin, sample->picture.width,
        sample->picture.height);
    return FALSE;
  }
  latent_pixel_map_load (&map, self->room, &sample->picture);
  return add_to_pca (self, sample, self->room, n, error);
}

static gboolean
start_sound (LatentLearner *self, const LatentSample *sample, GError **error)
{
  LatentMediaInfo *media = &self->media;
  media->rate = sample->rate;
  media->channels = sample->channels;
  if (media->rate == 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "%s: the file does not say how many samples a second has: --rate does", sample->origin);
    return FALSE;
  }
  if (!media->window)
    media->window = MAX ((guint)(media->rate * WINDOW_SECONDS), 2);
  if (!media->hop)
    media->hop = media->window;
  if (media->channels > LATENT_MAX_LANES) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
        "%s: %u channels of sound; --channels takes %d at most", sample->origin, media->channels,
        LATENT_MAX_LANES);
    return FALSE;
  }
  for (guint i = 0; i < media->channels; i++)
    self->scale[i] = AUDIO_SCALE;
  self->map = (LatentWindowMap){
      .window = media->window,
      .hop = media->hop,
      .channels = media->channels,
      .channel_stride = media->window,
      .time_stride = 1,
      .scale = self->scale,
      .offset = self->offset,
  };
  latent_cutter_reset (&self->cutter, &self->map);
  if (!start_pca (self, sample, (gsize)media->window * media->channels, error))
    return FALSE;
  self->room = g_new (float, self->d);
  return TRUE;
}

static gboolean
put_sound (LatentLearner *self, const LatentSample *sample, GError **error)
{
  if (!self->pca && !start_sound (self, sample, error))
    return FALSE;
  if (sample->rate != self->media.rate || sample->channels != self->media.channels) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE,
        "%s: %u channels at %u Hz, %s has %u at %u Hz: --rate and --channels make them alike",
        sample->origin, sample->channels, sample->rate, self->first, self->media.channels,
        self->media.rate);
    return FALSE;
  }
  latent_cutter_push (
      &self->cutter, &self->map, LATENT_SAMPLE_FORMAT_F32, sample->values, sample->n);
  while (latent_cutter_get_pending (&self->cutter, &self->map, FALSE) > 0) {
    latent_cutter_take (&self->cutter, &self->map, self->room);
    if (!add_to_pca (self, sample, self->room, 1, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
latent_learner_put (LatentLearner *self, const LatentSample *sample, GError **error)
{
  if (sample->kind != self->media.kind) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE,
        "%s: floats are vectors; pictures are uint8, sound int16", sample->origin);
    return FALSE;
  }
  if (sample->kind == LATENT_MEDIA_VIDEO)
    return put_picture (self, sample, error);
  return sample->kind == LATENT_MEDIA_AUDIO ? put_sound (self, sample, error)
                                            : put_vector (self, sample, error);
}

LatentModel *
latent_learner_finish (LatentLearner *self, gsize k, double scale, GError **error)
{
  if (!self->pca) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS, "there is nothing to learn from");
    return NULL;
  }
  if (!latent_pca_solve (self->pca, k, error)) {
    g_prefix_error (error, "%s: ", self->first);
    return NULL;
  }
  return latent_pca_to_model (self->pca, &self->media, scale, error);
}

const LatentPca *
latent_learner_get_pca (const LatentLearner *self)
{
  return self->pca;
}

gsize
latent_learner_get_size (const LatentLearner *self)
{
  return self->d;
}
