/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/onnx/slim.h"

#include "src/onnx/field.h"

/* Fields of ModelProto, GraphProto and TensorProto. */
#define MODEL_GRAPH       7
#define GRAPH_INITIALISER 5
#define TENSOR_RAW_DATA   9

/* Bytes from which on raw data are left out. */
#define LARGE 65536

typedef struct {
  int fd;
  GArray *ranges;
} Slim;

/* What becomes of a field of a message: its end is appended to `dst`. */
typedef gboolean (*SlimField) (const Slim *self, const LatentField *field, GByteArray *dst);

static void
append_varint (GByteArray *dst, guint64 number)
{
  guint8 byte;

  do {
    byte = (guint8)((number & 127) | (number > 127 ? 128 : 0));
    g_byte_array_append (dst, &byte, 1);
    number >>= 7;
  } while (number > 0);
}

static void
append_message (GByteArray *dst, guint number, const GByteArray *message)
{
  append_varint (dst, (guint64)number << 3 | LATENT_WIRE_BYTES);
  append_varint (dst, message->len);
  g_byte_array_append (dst, message->data, message->len);
}

static gboolean
append_field (const Slim *self, const LatentField *field, GByteArray *dst)
{
  guint64 size = field->start + field->size - field->begin;
  guint old = dst->len;

  if (size > G_MAXUINT - old)
    return FALSE;
  g_byte_array_set_size (dst, old + (guint)size);
  return latent_file_read_at (self->fd, dst->data + old, (gsize)size, field->begin);
}

static gboolean
slim_message (const Slim *self, guint64 begin, guint64 end, SlimField slim_field, GByteArray *dst)
{
  LatentField field;

  for (guint64 offset = begin; offset < end; offset = field.start + field.size)
    if (!latent_field_read (&field, self->fd, offset, end) || !slim_field (self, &field, dst))
      return FALSE;
  return TRUE;
}

/* Raw data that are set twice are left to who reads the whole file. */
static gboolean
slim_tensor_field (const Slim *self, const LatentField *field, GByteArray *dst)
{
  LatentRawData *range = &g_array_index (self->ranges, LatentRawData, self->ranges->len - 1);

  if (field->number != TENSOR_RAW_DATA || field->wire != LATENT_WIRE_BYTES || field->size < LARGE)
    return (field->number != TENSOR_RAW_DATA || range->size == 0) &&
           append_field (self, field, dst);
  if (range->size > 0)
    return FALSE;
  *range = (LatentRawData){field->start, field->size};
  return TRUE;
}

static gboolean
slim_graph_field (const Slim *self, const LatentField *field, GByteArray *dst)
{
  g_autoptr (GByteArray) message = NULL;

  if (field->number != GRAPH_INITIALISER || field->wire != LATENT_WIRE_BYTES)
    return append_field (self, field, dst);
  g_array_set_size (self->ranges, self->ranges->len + 1);
  if (field->size < LARGE)
    return append_field (self, field, dst);
  message = g_byte_array_new ();
  if (!slim_message (self, field->start, field->start + field->size, slim_tensor_field, message))
    return FALSE;
  append_message (dst, field->number, message);
  return TRUE;
}

static gboolean
slim_model_field (const Slim *self, const LatentField *field, GByteArray *dst)
{
  g_autoptr (GByteArray) message = NULL;

  if (field->number != MODEL_GRAPH || field->wire != LATENT_WIRE_BYTES)
    return append_field (self, field, dst);
  message = g_byte_array_new ();
  if (!slim_message (self, field->start, field->start + field->size, slim_graph_field, message))
    return FALSE;
  append_message (dst, field->number, message);
  return TRUE;
}

GByteArray *
latent_onnx_slim (const LatentFile *file, GArray *ranges)
{
  Slim self = {latent_file_get_fd (file), ranges};
  g_autoptr (GByteArray) slim = g_byte_array_new ();

  if (latent_file_get_size (file) < LARGE ||
      !slim_message (&self, 0, latent_file_get_size (file), slim_model_field, slim))
    return NULL;
  return g_steal_pointer (&slim);
}
