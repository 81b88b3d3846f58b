/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/onnx/field.h"

#include "src/base/file.h"
#include "src/base/reader.h"

/* Of a field before its payload: two numbers. */
#define FRONT_BYTES 20

/* Bytes of the payload of a field that has no length of its own; FALSE for an unknown kind. */
static gboolean
get_plain_size (LatentReader *reader, guint wire, guint64 *size)
{
  gsize pos = reader->pos;

  if (wire == 0)
    latent_reader_get_varint (reader);
  *size = wire == 0 ? reader->pos - pos : wire == 1 ? 8 : 4;
  reader->pos = pos;
  return wire == 0 || wire == 1 || wire == 5;
}

gboolean
latent_field_read (LatentField *self, int fd, guint64 offset, guint64 end)
{
  guint8 bytes[FRONT_BYTES];
  gsize n = (gsize)MIN (sizeof bytes, end - offset);
  LatentReader reader;
  guint64 tag;

  if (!latent_file_read_at (fd, bytes, n, offset))
    return FALSE;
  latent_reader_init (&reader, bytes, n);
  tag = latent_reader_get_varint (&reader);
  self->number = (guint)MIN (tag >> 3, G_MAXUINT);
  self->wire = (guint)(tag & 7);
  if (self->wire == LATENT_WIRE_BYTES)
    self->size = latent_reader_get_varint (&reader);
  else if (!get_plain_size (&reader, self->wire, &self->size))
    return FALSE;
  self->begin = offset;
  self->start = offset + reader.pos;
  return !reader.failed && self->size <= end - self->start;
}
