/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/media/npy.h"

#include <string.h>

#include "src/base/output.h"
#include "src/base/reader.h"

#define MAGIC "\x93NUMPY"

/* What the writer's header takes: room for any number of samples, and a multiple of 64 bytes, so
 * that the elements can be mapped. */
#define WRITER_HEADER_SIZE 256

static const struct {
  const char *code; /* without the byte order */
  LatentDataType type;
} types[] = {
    {"f4", LATENT_DATA_TYPE_FLOAT32},
    {"u1", LATENT_DATA_TYPE_UINT8  },
    {"i2", LATENT_DATA_TYPE_INT16  },
    {"f8", LATENT_DATA_TYPE_FLOAT64},
    {"i8", LATENT_DATA_TYPE_INT64  },
    {"f2", LATENT_DATA_TYPE_FLOAT16},
    {"i1", LATENT_DATA_TYPE_INT8   },
    {"u2", LATENT_DATA_TYPE_UINT16 },
    {"i4", LATENT_DATA_TYPE_INT32  },
    {"u4", LATENT_DATA_TYPE_UINT32 },
    {"u8", LATENT_DATA_TYPE_UINT64 },
    {"b1", LATENT_DATA_TYPE_BOOL   },
};

gboolean
latent_npy_parse_prefix (
    const guint8 *data, gsize size, gsize *begin, gsize *length, GError **error)
{
  LatentReader reader;
  latent_reader_init (&reader, data, size);
  const guint8 *magic = latent_reader_get_bytes (&reader, strlen (MAGIC));
  guint8 major = latent_reader_get_u8 (&reader);
  latent_reader_get_u8 (&reader);
  if (reader.failed || memcmp (magic, MAGIC, strlen (MAGIC)) != 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "not an NPY file");
    return FALSE;
  }
  if (major < 1 || major > 3) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
        "NPY version %u; versions 1 to 3 can be read", major);
    return FALSE;
  }

  *length = major == 1 ? latent_reader_get_u16le (&reader) : latent_reader_get_u32le (&reader);
  *begin = reader.pos;
  if (reader.failed || *length > LATENT_NPY_TEXT_LIMIT) {
    g_set_error (error, LATENT_ERROR, reader.failed ? LATENT_ERROR_FORMAT : LATENT_ERROR_LIMIT,
        "an NPY header of %" G_GSIZE_FORMAT " bytes; %d can be read", *length,
        LATENT_NPY_TEXT_LIMIT);
    return FALSE;
  }
  return TRUE;
}

/* A walk over the text, which is a literal of Python's. */
typedef struct {
  const char *at;
  const char *end;
} Text;

static gboolean
skip_text (Text *self, char c)
{
  while (self->at < self->end && g_ascii_isspace (*self->at))
    self->at++;
  if (self->at == self->end || *self->at != c)
    return FALSE;
  self->at++;
  return TRUE;
}

/* A string in either kind of quotes, without escapes; NULL where none stands here. */
static char *
take_string (Text *self)
{
  char quote = skip_text (self, '\'') ? '\'' : skip_text (self, '"') ? '"' : 0;
  if (!quote)
    return NULL;
  const char *close = memchr (self->at, quote, self->end - self->at);
  if (!close)
    return NULL;
  char *string = g_strndup (self->at, close - self->at);
  self->at = close + 1;
  return string;
}

static gboolean
take_word (Text *self, const char *word)
{
  while (self->at < self->end && g_ascii_isspace (*self->at))
    self->at++;
  if ((gsize)(self->end - self->at) < strlen (word) || strncmp (self->at, word, strlen (word)) != 0)
    return FALSE;
  self->at += strlen (word);
  return TRUE;
}

static gboolean
take_size (Text *self, gint64 *size)
{
  while (self->at < self->end && g_ascii_isspace (*self->at))
    self->at++;
  const char *begin = self->at;
  *size = 0;
  for (; self->at < self->end && g_ascii_isdigit (*self->at); self->at++) {
    if (*size > (G_MAXINT64 - 9) / 10)
      return FALSE;
    *size = *size * 10 + (*self->at - '0');
  }
  if (self->at < self->end && *self->at == 'L') /* Python 2 */
    self->at++;
  return self->at > begin;
}

static gboolean
take_shape (Text *self, LatentShape *shape)
{
  if (!skip_text (self, '('))
    return FALSE;
  for (shape->n = 0; !skip_text (self, ')'); shape->n++) {
    if (shape->n == LATENT_MAX_DIMS || (shape->n > 0 && !skip_text (self, ',')))
      return FALSE;
    if (shape->n > 0 && skip_text (self, ')'))
      break;
    if (!take_size (self, &shape->dims[shape->n]))
      return FALSE;
  }
  return TRUE;
}

static gboolean
set_type (LatentArrayHeader *header, const char *descr, GError **error)
{
  gboolean ordered = descr[0] != 0 && strchr ("<>|=", descr[0]) != NULL;
  char native = G_BYTE_ORDER == G_LITTLE_ENDIAN ? '<' : '>';
  for (guint i = 0; ordered && i < G_N_ELEMENTS (types); i++) {
    if (strcmp (descr + 1, types[i].code) != 0)
      continue;
    header->type = types[i].type;
    header->swap = descr[0] != native && strchr ("<>", descr[0]) != NULL;
    return TRUE;
  }
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
      "elements of type '%.32s'; float32 ('<f4'), uint8 ('|u1'), int16 ('<i2'), float64, float16 "
      "and the other integers can be read",
      descr);
  return FALSE;
}

/* One "key: value" of the dictionary. FALSE without an error where the text is not well formed. */
static gboolean
take_entry (Text *text, LatentArrayHeader *header, guint *seen, GError **error)
{
  g_autofree char *key = take_string (text);
  if (!key || !skip_text (text, ':'))
    return FALSE;
  if (strcmp (key, "descr") == 0) {
    g_autofree char *descr = take_string (text);
    *seen |= 1;
    return descr && set_type (header, descr, error);
  }
  if (strcmp (key, "shape") == 0) {
    *seen |= 2;
    return take_shape (text, &header->shape);
  }
  if (strcmp (key, "fortran_order") != 0)
    return FALSE;
  *seen |= 4;
  if (take_word (text, "False"))
    return TRUE;
  if (take_word (text, "True"))
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
        "the array is in Fortran order; save numpy.ascontiguousarray(a)");
  return FALSE;
}

gboolean
latent_npy_parse_text (const char *text, gsize length, LatentArrayHeader *header, GError **error)
{
  Text walk = {text, text + length};
  guint seen = 0;
  GError *cause = NULL;
  *header = (LatentArrayHeader){0};
  gboolean good = skip_text (&walk, '{');
  while (good && !skip_text (&walk, '}')) {
    good = take_entry (&walk, header, &seen, &cause);
    if (good && !skip_text (&walk, ',')) {
      good = skip_text (&walk, '}');
      break;
    }
  }
  if (cause) {
    g_propagate_error (error, cause);
    return FALSE;
  }
  if (!good || seen != 7) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
        "the NPY header is not a dictionary of 'descr', 'fortran_order' and 'shape'");
    return FALSE;
  }
  if (header->shape.n == 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "the array is a scalar; samples are counted along the first axis");
    return FALSE;
  }
  return TRUE;
}

struct _LatentNpyWriter {
  LatentOutput *output;
  LatentShape shape;
  gsize n_elements;
  guint64 n_samples;
};

static gboolean
write_header (LatentNpyWriter *self, GError **error)
{
  g_autoptr (GString) text = g_string_new ("{'descr': '<f4', 'fortran_order': False, 'shape': (");
  g_string_append_printf (text, "%" G_GUINT64_FORMAT ",", self->n_samples);
  for (guint i = 0; i < self->shape.n; i++)
    g_string_append_printf (
        text, " %" G_GINT64_FORMAT "%s", self->shape.dims[i], i + 1 < self->shape.n ? "," : "");
  g_string_append (text, "), }");

  char header[WRITER_HEADER_SIZE];
  guint16 length = WRITER_HEADER_SIZE - 10;
  memset (header, ' ', sizeof header);
  memcpy (header, MAGIC, strlen (MAGIC));
  header[6] = 1; /* version 1.0 */
  header[7] = 0;
  header[8] = length & 0xff;
  header[9] = length >> 8;
  memcpy (header + 10, text->str, MIN (text->len, length - 1u));
  header[WRITER_HEADER_SIZE - 1] = '\n';
  return latent_output_write (self->output, header, sizeof header, error);
}

LatentNpyWriter *
latent_npy_writer_new (const char *path, const LatentShape *shape, GError **error)
{
  g_autoptr (LatentNpyWriter) self = g_new0 (LatentNpyWriter, 1);
  gsize size;
  self->shape = *shape;
  if (!latent_shape_count (shape, LATENT_DATA_TYPE_FLOAT32, &self->n_elements, &size, error))
    return NULL;
  self->output = latent_output_new (path, error);
  return self->output && write_header (self, error) ? g_steal_pointer (&self) : NULL;
}

gboolean
latent_npy_writer_put (LatentNpyWriter *self, const float *sample, GError **error)
{
#if G_BYTE_ORDER != G_LITTLE_ENDIAN
#error "float32 is written as it lies in memory"
#endif
  if (!latent_output_write (self->output, sample, self->n_elements * sizeof (float), error))
    return FALSE;
  self->n_samples++;
  return TRUE;
}

gboolean
latent_npy_writer_finish (LatentNpyWriter *self, guint64 *size, GError **error)
{
  if (!latent_output_rewind (self->output, error) || !write_header (self, error) ||
      !latent_output_finish (self->output, error))
    return FALSE;
  if (size)
    *size = WRITER_HEADER_SIZE + self->n_samples * self->n_elements * sizeof (float);
  return TRUE;
}

void
latent_npy_writer_free (LatentNpyWriter *self)
{
  if (!self)
    return;
  latent_output_free (self->output);
  g_free (self);
}
