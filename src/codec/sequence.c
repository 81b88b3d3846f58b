/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/sequence.h"

#include <latent/error.h>
#include <math.h>
#include <string.h>

#include "src/base/crc32c.h"
#include "src/base/limits.h"
#include "src/base/reader.h"

#define MAGIC   "LATs"
#define VERSION 2
/* For "error-resilient": it is not, and its compact packets say all of their counter. */
#define WHOLE_NUMBERS 2
/* latent.steps where a model has none. */
#define DEFAULT_STEP (1.f / 64)

/* A field of LatentStreamInfo as a number in base 128. */
typedef struct {
  const char *name;
  gsize offset;
  gsize size; /* in bytes, of the field in memory */
  guint32 min;
  guint32 max;
} Field;

#define FIELD(name, min, max)                                                                      \
  {                                                                                                \
#name, G_STRUCT_OFFSET(LatentStreamInfo, name), sizeof(((LatentStreamInfo *)NULL)->name), min, \
        max                                                                                        \
  }

static const Field common_fields[] = {
    FIELD (kind, LATENT_MEDIA_VECTOR, LATENT_MEDIA_AUDIO),
    FIELD (resilient, 0, WHOLE_NUMBERS),
    FIELD (slices, 1, LATENT_LIMIT_SLICES),
};

static const Field video_fields[] = {
    FIELD (width, 1, LATENT_LIMIT_PICTURE_SIZE),
    FIELD (height, 1, LATENT_LIMIT_PICTURE_SIZE),
    FIELD (fps_n, 0, G_MAXINT),
    FIELD (fps_d, 1, G_MAXINT),
    FIELD (par_n, 1, G_MAXINT),
    FIELD (par_d, 1, G_MAXINT),
    FIELD (color_range, 0, 2),
    FIELD (color_matrix, 0, 255),
    FIELD (color_transfer, 0, 255),
    FIELD (color_primaries, 0, 255),
    FIELD (interlace, 0, 2),
    FIELD (field_order, 0, 2),
};

/* That a header ends with where it is known. */
static const Field chroma_fields[] = {
    FIELD (chroma_site, 1, 6),
};

static const Field audio_fields[] = {
    FIELD (rate, 1, G_MAXINT),
    FIELD (audio_channels, 1, 64),
    FIELD (hop, 1, G_MAXINT),
};

/* That a header ends with where it is more than 1. */
static const Field frames_fields[] = {
    FIELD (frames, 2, LATENT_FRAMES_MAX),
};

static const struct {
  const Field *fields;
  guint n;
} media_fields[] = {
    [LATENT_MEDIA_VECTOR] = {NULL,         0                          },
    [LATENT_MEDIA_VIDEO] = {video_fields, G_N_ELEMENTS (video_fields)},
    [LATENT_MEDIA_AUDIO] = {audio_fields, G_N_ELEMENTS (audio_fields)},
};

void
latent_sequence_clear (LatentSequence *self)
{
  g_clear_pointer (&self->steps, g_free);
  *self = (LatentSequence){0};
}

static gboolean
check_numbers (const GArray *numbers, const char *key, guint channels, GError **error)
{
  if (numbers == NULL || numbers->len == 1 || numbers->len == channels)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
      "%s has %u numbers, wanted is one, or one for each of %u channels", key, numbers->len,
      channels);
  return FALSE;
}

static double
get_number (const GArray *numbers, guint channel, float fallback)
{
  return (double)(numbers != NULL ? g_array_index (numbers, float, numbers->len > 1 ? channel : 0)
                                  : fallback);
}

LatentStep *
latent_sequence_load_steps (const LatentModel *model, guint channels, GError **error)
{
  g_autoptr (GArray) steps = latent_model_get_steps (model);
  g_autoptr (GArray) slopes = latent_model_get_slopes (model);
  LatentStep *dst;

  if (!check_numbers (steps, "latent.steps", channels, error) ||
      !check_numbers (slopes, "latent.slopes", channels, error))
    return NULL;
  dst = g_new0 (LatentStep, channels);
  for (guint c = 0; c < channels; c++) {
    double step = rint (log2 (get_number (steps, c, DEFAULT_STEP)) * LATENT_STEP_ONE);
    dst[c].step = (gint16)CLAMP (step, LATENT_STEP_MIN, LATENT_STEP_MAX);
    dst[c].slope = (guint8)rint (get_number (slopes, c, 1) * LATENT_SLOPE_ONE);
  }
  return dst;
}

/* Numbers in base 128, the lowest seven bits first, as protobuf has them. */
static void
put_varint (GByteArray *dst, guint64 value)
{
  guint8 bytes[10];
  guint n = 0;

  for (; value >= 128; value >>= 7)
    bytes[n++] = (guint8)(value | 128);
  bytes[n++] = (guint8)value;
  g_byte_array_append (dst, bytes, n);
}

static void
put_u16 (GByteArray *dst, guint16 value)
{
  guint16 bytes = GUINT16_TO_LE (value);

  g_byte_array_append (dst, (const guint8 *)&bytes, sizeof bytes);
}

static void
put_u32 (GByteArray *dst, guint32 value)
{
  guint32 bytes = GUINT32_TO_LE (value);

  g_byte_array_append (dst, (const guint8 *)&bytes, sizeof bytes);
}

static gboolean
check_field (const Field *field, guint64 value, LatentError code, GError **error)
{
  if (value >= field->min && value <= field->max)
    return TRUE;
  g_set_error (error, LATENT_ERROR, code,
      "%s of the stream is %" G_GUINT64_FORMAT ", wanted is %u to %u", field->name, value,
      field->min, field->max);
  return FALSE;
}

static gboolean
put_fields (
    GByteArray *dst, const LatentStreamInfo *info, const Field *fields, guint n, GError **error)
{
  for (guint i = 0; i < n; i++) {
    const guint8 *bytes = (const guint8 *)info + fields[i].offset;
    guint32 value = *bytes;
    if (fields[i].size == sizeof value)
      memcpy (&value, bytes, sizeof value);
    if (!check_field (&fields[i], value, LATENT_ERROR_SETTINGS, error))
      return FALSE;
    put_varint (dst, value);
  }
  return TRUE;
}

static gboolean
get_fields (
    LatentReader *reader, LatentStreamInfo *info, const Field *fields, guint n, GError **error)
{
  for (guint i = 0; i < n; i++) {
    guint8 *bytes = (guint8 *)info + fields[i].offset;
    guint64 number = latent_reader_get_varint (reader);
    guint32 value = (guint32)number;
    if (reader->failed)
      return TRUE; /* said once, at the end */
    if (!check_field (&fields[i], number, LATENT_ERROR_FORMAT, error))
      return FALSE;
    if (fields[i].size == sizeof value)
      memcpy (bytes, &value, sizeof value);
    else
      *bytes = (guint8)value;
  }
  return TRUE;
}

static gboolean
is_id (const char *id, gsize n)
{
  return n >= 1 && n < sizeof ((LatentStreamInfo *)NULL)->latent_id &&
         strspn (id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._-") >= n;
}

static void
put_id (GByteArray *dst, const char *id)
{
  put_varint (dst, strlen (id));
  g_byte_array_append (dst, (const guint8 *)id, (guint)strlen (id));
}

static gboolean
get_id (LatentReader *reader, char *id, GError **error)
{
  guint64 n = latent_reader_get_varint (reader);
  const guint8 *bytes = latent_reader_get_bytes (reader, MIN (n, G_MAXUINT16));

  if (reader->failed)
    return TRUE;
  if (n < sizeof ((LatentStreamInfo *)NULL)->latent_id)
    memcpy (id, bytes, n); /* the end is zero already */
  if (is_id (id, n))
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
      "latent_id of the stream is not 1 to 128 letters, digits, '.', '_' or '-'");
  return FALSE;
}

static void
put_grid (GByteArray *dst, const LatentGrid *grid)
{
  put_varint (dst, grid->dims.n);
  for (guint i = 0; i < grid->dims.n; i++)
    put_varint (dst, (guint64)grid->dims.dims[i]);
  put_varint (dst, grid->channels_last);
  put_varint (dst, grid->tiles_x);
  put_varint (dst, grid->columns);
}

static gint64
get_size (LatentReader *reader)
{
  guint64 value = latent_reader_get_varint (reader);

  return (gint64)MIN (value, G_MAXINT);
}

static gboolean
get_grid (LatentReader *reader, LatentGrid *grid, GError **error)
{
  LatentShape dims = {.n = (guint)get_size (reader)};
  guint channels_last, tiles_x, columns;

  for (guint i = 0; i < MIN (dims.n, LATENT_MAX_DIMS); i++)
    dims.dims[i] = get_size (reader);
  channels_last = (guint)get_size (reader);
  tiles_x = (guint)get_size (reader);
  columns = (guint)get_size (reader);
  if (reader->failed)
    return TRUE;
  return latent_grid_init (grid, &dims, channels_last, tiles_x, columns, error);
}

static gboolean
is_same (const LatentStep *a, const LatentStep *b)
{
  return a->step == b->step && a->slope == b->slope;
}

/* Frames of video are foretold by one step for all channels: their slopes are 1. */
static guint8
get_least_slope (const LatentStreamInfo *info)
{
  return info->kind == LATENT_MEDIA_VIDEO ? LATENT_SLOPE_ONE : 0;
}

/* Runs of channels with the same step and slope: how many, and these. */
static void
put_steps (GByteArray *dst, const LatentStep *steps, guint channels)
{
  guint run;

  for (guint c = 0; c < channels; c += run) {
    for (run = 1; c + run < channels && is_same (&steps[c + run], &steps[c]);)
      run++;
    put_varint (dst, run);
    put_u16 (dst, (guint16)steps[c].step);
    put_varint (dst, steps[c].slope);
  }
}

static gboolean
get_steps (LatentReader *reader, LatentStep *steps, guint channels, guint8 least, GError **error)
{
  for (guint c = 0; c < channels;) {
    guint64 run = latent_reader_get_varint (reader);
    gint16 step = (gint16)latent_reader_get_u16le (reader);
    guint8 slope = latent_reader_get_u8 (reader);
    if (reader->failed)
      return TRUE;
    if (run < 1 || run > channels - c || step < LATENT_STEP_MIN || step > LATENT_STEP_MAX ||
        slope < least || slope > LATENT_SLOPE_ONE) {
      g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
          "steps of the stream: %" G_GUINT64_FORMAT
          " channels of step %d, slope %u, from channel %u of %u",
          run, step, slope, c, channels);
      return FALSE;
    }
    for (guint i = 0; i < run; i++)
      steps[c++] = (LatentStep){step, slope};
  }
  return TRUE;
}

/* What a stream of several frames a packet must be. */
static gboolean
check_frames (const LatentSequence *self, LatentError code, GError **error)
{
  const LatentStreamInfo *info = &self->info;
  const gsize n = latent_grid_count (&self->grid);

  if (info->frames > 1 && info->slices > 1)
    g_set_error (error, LATENT_ERROR, code,
        "slices of the stream are %u, wanted is 1 where a packet has %u frames", info->slices,
        info->frames);
  else if (info->frames > 1 && info->hop % info->frames != 0)
    g_set_error (error, LATENT_ERROR, code,
        "hop of the stream is %u, wanted is a multiple of its %u frames a packet", info->hop,
        info->frames);
  else if (info->frames > 1 && n > LATENT_LIMIT_GRID_SYMBOLS / info->frames)
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
        "%u frames of %" G_GSIZE_FORMAT " symbols are in a packet, at most %u can be coded",
        info->frames, n, LATENT_LIMIT_GRID_SYMBOLS);
  else
    return TRUE;
  return FALSE;
}

/* The field that may follow on those of the media. */
static gboolean
get_ending (LatentSequence *self, LatentReader *reader, GError **error)
{
  LatentStreamInfo *info = &self->info;

  if (info->kind == LATENT_MEDIA_VIDEO && latent_reader_get_left (reader) > 0)
    return get_fields (reader, info, chroma_fields, G_N_ELEMENTS (chroma_fields), error);
  info->frames = info->kind == LATENT_MEDIA_AUDIO;
  if (info->kind == LATENT_MEDIA_AUDIO && latent_reader_get_left (reader) > 0)
    return get_fields (reader, info, frames_fields, G_N_ELEMENTS (frames_fields), error) &&
           check_frames (self, LATENT_ERROR_FORMAT, error);
  return TRUE;
}

GBytes *
latent_sequence_put (const LatentSequence *self, GError **error)
{
  g_autoptr (GByteArray) dst = g_byte_array_new ();
  const LatentStreamInfo *info = &self->info;
  LatentStreamInfo told = *info;

  told.resilient = info->resilient ? 1 : self->numbers == LATENT_NUMBERS_WHOLE ? WHOLE_NUMBERS : 0;
  g_byte_array_append (dst, (const guint8 *)MAGIC, 4);
  put_varint (dst, VERSION);
  if (!put_fields (dst, &told, common_fields, G_N_ELEMENTS (common_fields), error))
    return NULL;
  put_id (dst, info->latent_id);
  put_u32 (dst, self->prior);
  if (info->kind == LATENT_MEDIA_VIDEO)
    put_u32 (dst, self->motion);
  put_grid (dst, &self->grid);
  put_steps (dst, self->steps, self->grid.channels);
  if (!put_fields (dst, info, media_fields[info->kind].fields, media_fields[info->kind].n, error))
    return NULL;
  if (info->kind == LATENT_MEDIA_VIDEO && info->chroma_site != 0 &&
      !put_fields (dst, info, chroma_fields, G_N_ELEMENTS (chroma_fields), error))
    return NULL;
  if (info->kind == LATENT_MEDIA_AUDIO && info->frames > 1 &&
      (!check_frames (self, LATENT_ERROR_SETTINGS, error) ||
          !put_fields (dst, info, frames_fields, G_N_ELEMENTS (frames_fields), error)))
    return NULL;
  put_u32 (dst, latent_crc32c (0, dst->data, dst->len));
  if (dst->len <= LATENT_LIMIT_HEADER_BYTES)
    return g_byte_array_free_to_bytes (g_steal_pointer (&dst));
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
      "the sequence header would take %u bytes, at most are %u; give latent.steps fewer different "
      "numbers",
      dst->len, LATENT_LIMIT_HEADER_BYTES);
  return NULL;
}

/* The checksum stands at the end; the version comes first, since all else depends on it. */
static gboolean
check_frame (const guint8 *header, gsize size, GError **error)
{
  guint32 wanted;

  if (size > LATENT_LIMIT_HEADER_BYTES) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
        "the sequence header is of %" G_GSIZE_FORMAT " bytes, at most are %u", size,
        LATENT_LIMIT_HEADER_BYTES);
    return FALSE;
  }
  if (size < 9 || memcmp (header, MAGIC, 4) != 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
        "not a sequence header: it does not begin with " MAGIC);
    return FALSE;
  }
  if (header[4] != VERSION) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
        "the sequence header is of version %u, version %u can be read", header[4], VERSION);
    return FALSE;
  }
  memcpy (&wanted, header + size - 4, 4);
  if (latent_crc32c (0, header, size - 4) == GUINT32_FROM_LE (wanted))
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
      "the sequence header is damaged: its checksum is not that of its bytes");
  return FALSE;
}

static gboolean
get_all (LatentSequence *self, LatentReader *reader, GError **error)
{
  LatentStreamInfo *info = &self->info;

  if (!get_fields (reader, info, common_fields, G_N_ELEMENTS (common_fields), error) ||
      !get_id (reader, info->latent_id, error))
    return FALSE;
  self->numbers = info->resilient == WHOLE_NUMBERS ? LATENT_NUMBERS_WHOLE : LATENT_NUMBERS_HALF;
  info->resilient = info->resilient == 1;
  self->prior = latent_reader_get_u32le (reader);
  if (info->kind == LATENT_MEDIA_VIDEO)
    self->motion = latent_reader_get_u32le (reader);
  if (!get_grid (reader, &self->grid, error))
    return FALSE;
  self->steps = g_new0 (LatentStep, self->grid.channels);
  if (!get_steps (reader, self->steps, self->grid.channels, get_least_slope (info), error) ||
      !get_fields (
          reader, info, media_fields[info->kind].fields, media_fields[info->kind].n, error))
    return FALSE;
  if (!get_ending (self, reader, error))
    return FALSE;
  info->channels = self->grid.channels;
  info->grid_height = self->grid.height;
  info->grid_width = self->grid.width;
  if (!reader->failed && latent_reader_get_left (reader) == 0 && info->slices <= info->grid_height)
    return TRUE;
  if (reader->failed)
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "the sequence header ends too early");
  else if (info->slices > info->grid_height)
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
        "slices of the stream are %u in a grid of %u rows", info->slices, info->grid_height);
  else
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
        "%" G_GSIZE_FORMAT " bytes follow on the sequence header's fields",
        latent_reader_get_left (reader));
  return FALSE;
}

gboolean
latent_sequence_get (LatentSequence *self, const guint8 *header, gsize size, GError **error)
{
  LatentReader reader;

  if (!check_frame (header, size, error))
    return FALSE;
  latent_reader_init (&reader, header, size - 4);
  latent_reader_get_bytes (&reader, 5);
  if (get_all (self, &reader, error))
    return TRUE;
  latent_sequence_clear (self);
  return FALSE;
}

gboolean
latent_stream_info_parse (LatentStreamInfo *self, const guint8 *header, gsize size, GError **error)
{
  g_auto (LatentSequence) sequence = {0};

  g_return_val_if_fail (self != NULL && (header != NULL || size == 0), FALSE);
  if (!latent_sequence_get (&sequence, header, size, error))
    return FALSE;
  *self = sequence.info;
  return TRUE;
}
