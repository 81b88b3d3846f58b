/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/base/numeric.h"
#include "src/cli/source.h"
#include "src/media/array.h"
#include "src/media/format.h"

/* NPY and IDX files: pictures where they are uint8 and pictures are asked for, sound where they are
 * int16 and sound is asked for, else vectors. */

#define BLOCK_SIZE (1u << 20) /* bytes read at a time, at least one sample */

typedef struct {
  LatentArrayFile *file;
  const LatentArrayHeader *header;
  LatentSourceSettings settings;
  char *path;
  LatentMediaKind kind;
  guint8 *block;
  gsize capacity; /* samples of the block */
  gsize begin, end;
  guint64 done;
  gsize elements;    /* of one sample */
  LatentShape shape; /* of one sample */
  float *values;
} ArraySource;

static void
free_array (gpointer data)
{
  ArraySource *self = data;
  if (!self)
    return;
  latent_array_file_free (self->file);
  g_free (self->path);
  g_free (self->block);
  g_free (self->values);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArraySource, free_array)

/* Bytes of a pixel if a sample is a picture of the wanted format: HxW or HxWxC. */
static guint
find_channels (const ArraySource *self)
{
  const LatentShape *shape = &self->shape;
  guint n = shape->n == 3 ? (guint)MIN (shape->dims[2], 255) : 1;
  const LatentFormat *format = latent_format_get (self->settings.format);
  gboolean fits = (shape->n == 2 || shape->n == 3) && format->n_planes == 1 &&
                  format->components[0].step == n;
  return fits ? n : 0;
}

static gboolean
check_picture (ArraySource *self, GError **error)
{
  const LatentFormat *format = latent_format_get (self->settings.format);
  guint pixel = format->components[0].step;
  gsize flat = (gsize)self->settings.width * self->settings.height * pixel;
  /* Flat pictures of the only size that a model takes. */
  if (self->shape.n == 1 && flat == self->elements && format->n_planes == 1) {
    self->shape = (LatentShape){
        3, {self->settings.height, self->settings.width, pixel}
    };
    return TRUE;
  }
  if (find_channels (self))
    return TRUE;
  g_autofree char *text = latent_shape_to_string (&self->shape);
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "%s: samples of shape %s are no %s pictures (HxW for GRAY8, HxWx3 for RGB)", self->path, text,
      format->name);
  return FALSE;
}

static gboolean
check_sound (ArraySource *self, GError **error)
{
  gsize channels = MAX (self->settings.channels, 1);
  if (self->elements % channels == 0)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "%s: %" G_GSIZE_FORMAT " elements a row do not hold whole samples of %" G_GSIZE_FORMAT
      " channels",
      self->path, self->elements, channels);
  return FALSE;
}

static gboolean
choose_kind (ArraySource *self, GError **error)
{
  LatentMediaKind wanted = self->settings.kind;
  LatentDataType type = self->header->type;
  self->kind = LATENT_MEDIA_VECTOR;
  if (wanted == LATENT_MEDIA_VIDEO && type == LATENT_DATA_TYPE_UINT8)
    self->kind = wanted;
  if (wanted == LATENT_MEDIA_AUDIO && type == LATENT_DATA_TYPE_INT16)
    self->kind = wanted;
  if (wanted != self->kind && !latent_data_type_is_real (type)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE,
        "%s: %s arrays are no %s; uint8 arrays are pictures, int16 arrays sound, float32 arrays "
        "what the net is fed",
        self->path, latent_data_type_get_name (type),
        wanted == LATENT_MEDIA_VIDEO ? "pictures" : "sound");
    return FALSE;
  }
  if (self->kind == LATENT_MEDIA_VIDEO)
    return check_picture (self, error);
  return self->kind == LATENT_MEDIA_VECTOR || check_sound (self, error);
}

static gpointer
open_array (const char *input, const LatentSourceSettings *settings, GError **error)
{
  g_autoptr (ArraySource) self = g_new0 (ArraySource, 1);
  self->settings = *settings;
  self->path = g_strdup (input);
  self->file = latent_array_file_open (input, error);
  if (!self->file)
    return NULL;
  self->header = latent_array_file_get_header (self->file);
  self->elements = latent_array_file_get_sample_elements (self->file);
  self->shape = (LatentShape){.n = self->header->shape.n - 1};
  memcpy (self->shape.dims, self->header->shape.dims + 1, self->shape.n * sizeof (gint64));
  if (self->shape.n == 0) /* a list of numbers: samples of one element */
    self->shape = (LatentShape){1, {1}};
  if (!choose_kind (self, error))
    return NULL;

  gsize size = latent_array_file_get_sample_size (self->file);
  self->capacity = MAX (BLOCK_SIZE / size, 1);
  self->block = g_try_malloc (self->capacity * size);
  if (self->kind != LATENT_MEDIA_VIDEO)
    self->values = g_try_malloc_n (
        self->elements * (self->kind == LATENT_MEDIA_AUDIO ? self->capacity : 1), sizeof (float));
  if (!self->block || (self->kind != LATENT_MEDIA_VIDEO && !self->values)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
        "%s: memory is short for samples of %" G_GSIZE_FORMAT " bytes", input, size);
    return NULL;
  }
  return g_steal_pointer (&self);
}

static LatentSourceResult
fill_block (ArraySource *self, GError **error)
{
  gssize n = latent_array_file_read (self->file, self->block, self->capacity, error);
  self->begin = 0;
  self->end = (gsize)MAX (n, 0);
  return n < 0 ? LATENT_SOURCE_ERROR : n == 0 ? LATENT_SOURCE_END : LATENT_SOURCE_SAMPLE;
}

/* n samples from the block's first on as floats. */
static void
convert (ArraySource *self, gsize n)
{
  LatentDataType type = self->header->type;
  gsize first = self->begin * self->elements;
  gsize count = n * self->elements;
  double scale = type == LATENT_DATA_TYPE_UINT8   ? 1. / 255
                 : type == LATENT_DATA_TYPE_INT16 ? 1. / 32768
                                                  : 1;
  double offset = 0;
  if (self->settings.scale != 0 && !latent_data_type_is_real (type))
    scale = self->settings.scale, offset = self->settings.offset;

  if (type == LATENT_DATA_TYPE_UINT8) {
    float table[256];
    for (guint i = 0; i < 256; i++)
      table[i] = (float)(i * scale + offset);
    for (gsize i = 0; i < count; i++)
      self->values[i] = table[self->block[first + i]];
    return;
  }
  double part[256];
  for (gsize i = 0; i < count; i += G_N_ELEMENTS (part)) {
    gsize m = MIN (count - i, G_N_ELEMENTS (part));
    latent_load_doubles (type, self->block, first + i, m, part);
    for (gsize j = 0; j < m; j++)
      self->values[i + j] = (float)(part[j] * scale + offset);
  }
}

static LatentSourceResult
next_array (gpointer data, LatentSample *sample, GError **error)
{
  ArraySource *self = data;
  if (self->begin == self->end) {
    LatentSourceResult result = fill_block (self, error);
    if (result != LATENT_SOURCE_SAMPLE)
      return result;
  }
  gsize taken = self->kind == LATENT_MEDIA_AUDIO ? self->end - self->begin : 1;
  sample->kind = self->kind;
  if (self->kind == LATENT_MEDIA_VIDEO) {
    guint pixel = (guint)(self->elements / (gsize)(self->shape.dims[0] * self->shape.dims[1]));
    sample->picture = (LatentPicture){
        .format = self->settings.format,
        .width = (guint)self->shape.dims[1],
        .height = (guint)self->shape.dims[0],
        .data = {self->block + self->begin * self->elements},
        .stride = {(gint)(self->shape.dims[1] * pixel)},
    };
  } else {
    convert (self, taken);
    sample->values = self->values;
    sample->n = self->elements;
    sample->shape = self->shape;
  }
  if (self->kind == LATENT_MEDIA_AUDIO) {
    sample->channels = MAX (self->settings.channels, 1);
    sample->rate = self->settings.rate;
    sample->n = taken * self->elements / sample->channels;
  }
  self->begin += taken;
  self->done += taken;
  return LATENT_SOURCE_SAMPLE;
}

static double
get_array_progress (gpointer data)
{
  ArraySource *self = data;
  return (double)self->done / (double)MAX (self->header->shape.dims[0], 1);
}

const LatentSourceClass latent_source_array = {
    open_array,
    next_array,
    get_array_progress,
    free_array,
};
