/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/model/private.h"

/* Pixels each way of a picture that a file which leaves sizes open is described by. */
#define DEFAULT_SIZE 256
/* Unknown sizes of a vector, likewise; and of the latents of a decoder alone. */
#define DEFAULT_LENGTH 16
/* Of what has planes but not the channels of pictures: room for kernels as large as tiles. */
#define DEFAULT_PLANE 512

/* What latent.input can be, with the channels of the tensor and the pixels that one of its elements
 * spans. */
static const struct {
  const char *name;
  LatentColor color;
  guint channels;
  guint pixels;
} videos[] = {
    {"video/RGB",   LATENT_COLOR_RGB,   3, 1},
    {"video/GRAY8", LATENT_COLOR_GRAY8, 1, 1},
    {"video/I420",  LATENT_COLOR_I420,  6, 2},
};

#define WANTED "video/RGB, video/GRAY8, video/I420, audio/RATE/CHANNELS or vector"

static gboolean
set_video (LatentMediaInfo *media, guint row)
{
  media->kind = LATENT_MEDIA_VIDEO;
  media->color = videos[row].color;
  media->channels = videos[row].channels;
  return TRUE;
}

static gboolean
parse_input (LatentMediaInfo *media, const char *text, GError **error)
{
  guint numbers[2];

  for (guint i = 0; i < G_N_ELEMENTS (videos); i++)
    if (g_str_equal (text, videos[i].name))
      return set_video (media, i);
  if (g_str_equal (text, "vector"))
    return TRUE;
  if (!g_str_has_prefix (text, "audio/") || !latent_parse_counts (text + 6, "/", 2, numbers) ||
      numbers[0] > 768000 || numbers[1] > 64)
    return latent_fail_key (error, "latent.input", text, WANTED);
  media->kind = LATENT_MEDIA_AUDIO;
  media->rate = numbers[0];
  media->channels = numbers[1];
  return TRUE;
}

/* Without latent.input the shape must do: I420 and audio cannot be told from other things. */
static void
guess_input (LatentMediaInfo *media, LatentDataType type, const LatentShape *shape)
{
  if (shape->n != 4 || type != LATENT_DATA_TYPE_FLOAT32)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (videos); i++)
    if (shape->dims[1] == videos[i].channels && videos[i].pixels == 1)
      set_video (media, i);
}

static gboolean
check_shape (
    const LatentMediaInfo *media, const char *name, const LatentShape *shape, GError **error)
{
  guint rank = media->kind == LATENT_MEDIA_VIDEO ? 4 : 3;
  g_autofree char *offered = latent_shape_to_string (shape);

  for (guint i = 0; i < shape->n; i++)
    if (shape->dims[i] == 0) {
      g_set_error (
          error, LATENT_ERROR, LATENT_ERROR_SHAPE, "'%s' is empty: its shape is %s", name, offered);
      return FALSE;
    }
  if (media->kind == LATENT_MEDIA_VECTOR)
    return TRUE;
  if (shape->n == rank && (shape->dims[1] < 0 || shape->dims[1] == media->channels))
    return TRUE;
  if (media->kind == LATENT_MEDIA_AUDIO && media->channels == 1 && shape->n == 2)
    return TRUE; /* NxL */
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "latent.input wants tensors of shape Nx%ux%s, '%s' is %s", media->channels,
      rank == 4 ? "HxW" : "L", name, offered);
  return FALSE;
}

static guint
get_pixels (const LatentMediaInfo *media)
{
  return videos[media->color].pixels;
}

static gboolean
is_decoder (const LatentModel *self)
{
  return self->parts[LATENT_PART_ENCODER] == NULL && self->parts[LATENT_PART_DECODER] != NULL;
}

static LatentValue *
find_entry (const LatentModel *self)
{
  return latent_graph_find_value (self->graph, latent_model_get_entry (self));
}

LatentShape
latent_model_get_default_shape (const LatentModel *self)
{
  const LatentMediaInfo *media = &self->media;
  guint stride = MAX (media->stride, 1);
  gint64 size = (MAX (DEFAULT_SIZE, media->min_size) + stride - 1) / stride;
  gint64 height = DEFAULT_LENGTH, width = DEFAULT_LENGTH;

  if (media->kind == LATENT_MEDIA_VIDEO && is_decoder (self)) {
    height = width = size; /* one latent each way for a stride of pixels */
  } else if (media->kind == LATENT_MEDIA_VIDEO) {
    height = width = size * stride / get_pixels (media);
    if (media->tile_width > 0) {
      height = media->tile_height / get_pixels (media);
      width = media->tile_width / get_pixels (media);
    }
  } else if (media->kind == LATENT_MEDIA_AUDIO) {
    height = width = is_decoder (self) ? 1 : media->window;
  } else if (find_entry (self)->shape.n == 4) {
    height = width = DEFAULT_PLANE;
  }
  return latent_model_fill_shape (self, find_entry (self), height, width);
}

/* Shape of the tensor that is media: the entry, or what a decoder alone gives for small latents. */
static gboolean
get_media_shape (const LatentModel *self, LatentShape *shape, LatentDataType *type, GError **error)
{
  const LatentValue *entry = find_entry (self);
  const char *outputs[] = {latent_model_get_exit (self), NULL};
  LatentShape latents;
  g_autoptr (LatentGraph) part = NULL;
  const LatentValue *value = entry;

  if (is_decoder (self)) {
    latents = latent_model_fill_shape (self, entry, DEFAULT_LENGTH, DEFAULT_LENGTH);
    part = latent_graph_infer_part (self->graph, NULL, outputs, entry->name, &latents, error);
    if (part == NULL)
      return FALSE;
    value = latent_graph_find_value (part, outputs[0]);
  }
  *shape = value->shape;
  *type = value->type;
  return TRUE;
}

static gboolean
find_tile (LatentModel *self, const char *text, GError **error)
{
  LatentMediaInfo *media = &self->media;
  guint pixels = get_pixels (media);
  const LatentShape *shape = &find_entry (self)->shape;
  guint size[2];

  if (!latent_parse_counts (text, "x", 2, size) || size[0] % pixels != 0 || size[1] % pixels != 0)
    return latent_fail_key (error, "latent.tile", text,
        pixels == 2 ? "WIDTHxHEIGHT in pixels, both even" : "WIDTHxHEIGHT in pixels");
  if (!is_decoder (self) && ((shape->dims[3] >= 0 && shape->dims[3] * pixels != size[0]) ||
                                (shape->dims[2] >= 0 && shape->dims[2] * pixels != size[1]))) {
    g_autofree char *wanted = latent_shape_to_string (shape);
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "latent.tile is '%s', the input '%s' has shape %s", text, latent_model_get_entry (self),
        wanted);
    return FALSE;
  }
  media->tile_width = size[0];
  media->tile_height = size[1];
  return TRUE;
}

static gboolean
find_video (LatentModel *self, const LatentShape *shape, GError **error)
{
  LatentMediaInfo *media = &self->media;
  const char *tile = latent_onnx_extra_get (self->onnx, "latent.tile");
  const LatentShape *entry = &find_entry (self)->shape;
  guint pixels = get_pixels (media);
  LatentSizes sizes;

  media->stride = media->min_size = pixels;
  if (tile != NULL)
    return find_tile (self, tile, error);
  if (entry->n < 4 || entry->dims[3] >= 0)
    media->fixed_width = (guint)MIN (shape->dims[3], G_MAXINT / 2) * pixels;
  if (entry->n < 4 || entry->dims[2] >= 0)
    media->fixed_height = (guint)MIN (shape->dims[2], G_MAXINT / 2) * pixels;
  if (media->fixed_width > 0 && media->fixed_height > 0)
    return TRUE;
  if (!latent_model_find_sizes (self, &sizes, error))
    return latent_model_forgive (self, error);
  media->stride = pixels * (is_decoder (self) ? MAX (sizes.exit_stride, 1) : sizes.stride);
  media->min_size = pixels * (is_decoder (self) ? sizes.exit_min_size : sizes.min_size);
  return TRUE;
}

/* A whole number of samples, `fallback` where the key is absent. */
static gboolean
get_samples (const LatentModel *self, const char *key, guint most, guint fallback, guint *samples,
    GError **error)
{
  const char *text = latent_onnx_extra_get (self->onnx, key);
  g_autofree char *wanted = NULL;

  *samples = fallback;
  if (text == NULL || (latent_parse_counts (text, "/", 1, samples) && *samples <= most))
    return TRUE;
  wanted = g_strdup_printf ("a number of samples from 1 to %u", most);
  return latent_fail_key (error, key, text, wanted);
}

/* Whether more than the batch is open. */
static gboolean
is_open (const LatentShape *shape)
{
  for (guint i = 1; i < shape->n; i++) {
    if (shape->dims[i] < 0)
      return TRUE;
  }
  return FALSE;
}

/* The window is what the net says, else latent.window, else latent.hop, else 20 ms; of a decoder
 * alone that takes latents of any length latent.window, else what it makes of the shortest. */
static gboolean
find_audio (LatentModel *self, const LatentShape *shape, GError **error)
{
  LatentMediaInfo *media = &self->media;
  guint most = 1u << 24;

  if (shape->dims[shape->n - 1] >= 0 && !is_decoder (self)) {
    media->window = (guint)MIN (shape->dims[shape->n - 1], most);
  } else if (is_decoder (self)) {
    const char *outputs[] = {latent_model_get_exit (self), NULL};
    LatentShape latents = latent_model_fill_shape (self, find_entry (self), 1, 1);
    g_autoptr (LatentGraph) part = latent_graph_infer_part (
        self->graph, NULL, outputs, latent_model_get_entry (self), &latents, error);
    if (part == NULL)
      return FALSE;
    shape = &latent_graph_find_value (part, outputs[0])->shape;
    media->window = (guint)MIN (shape->dims[shape->n - 1], most);
    if (is_open (&find_entry (self)->shape) &&
        !get_samples (self, "latent.window", most, media->window, &media->window, error))
      return FALSE;
  } else if (!get_samples (
                 self, "latent.hop", most, MAX (media->rate / 50, 1), &media->window, error) ||
             !get_samples (self, "latent.window", most, media->window, &media->window, error)) {
    return FALSE;
  }
  return get_samples (self, "latent.hop", media->window, media->window, &media->hop, error);
}

gboolean
latent_model_find_media (LatentModel *self, GError **error)
{
  const char *text = latent_onnx_extra_get (self->onnx, "latent.input");
  const char *name = is_decoder (self) ? latent_model_get_exit (self)
                                       : latent_model_get_entry (self);
  LatentMediaInfo *media = &self->media;
  LatentShape shape;
  LatentDataType type;

  *media = (LatentMediaInfo){.kind = LATENT_MEDIA_VECTOR};
  if (name == NULL) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED, "the graph has no input");
    return FALSE;
  }
  if (!find_entry (self)->has_shape) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
        "graph input '%s' does not even say how many dimensions it has",
        latent_model_get_entry (self));
    return FALSE;
  }
  if (!get_media_shape (self, &shape, &type, error))
    return FALSE;
  if (text == NULL)
    guess_input (media, type, &shape);
  else if (!parse_input (media, text, error))
    return FALSE;
  if (!check_shape (media, name, &shape, error))
    return FALSE;
  if (media->kind == LATENT_MEDIA_VIDEO)
    return find_video (self, &shape, error);
  if (media->kind == LATENT_MEDIA_AUDIO)
    return find_audio (self, &shape, error);
  return TRUE;
}
