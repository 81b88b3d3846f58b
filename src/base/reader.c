/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/base/reader.h"

void
latent_reader_init (LatentReader *self, const guint8 *data, gsize size)
{
  *self = (LatentReader){.data = data, .size = size};
}

gsize
latent_reader_get_left (const LatentReader *self)
{
  return self->failed ? 0 : self->size - self->pos;
}

const guint8 *
latent_reader_get_bytes (LatentReader *self, gsize n)
{
  const guint8 *bytes;

  if (self->failed || n > self->size - self->pos) {
    self->failed = TRUE;
    return NULL;
  }
  bytes = self->data + self->pos;
  self->pos += n;
  return bytes;
}

static guint64
get_le (LatentReader *self, guint n)
{
  const guint8 *bytes = latent_reader_get_bytes (self, n);
  guint64 value = 0;

  for (guint i = n; bytes != NULL && i-- > 0;)
    value = value << 8 | bytes[i];
  return value;
}

guint8
latent_reader_get_u8 (LatentReader *self)
{
  return (guint8)get_le (self, 1);
}

guint16
latent_reader_get_u16le (LatentReader *self)
{
  return (guint16)get_le (self, 2);
}

guint32
latent_reader_get_u32le (LatentReader *self)
{
  return (guint32)get_le (self, 4);
}

guint32
latent_reader_get_u32be (LatentReader *self)
{
  return GUINT32_SWAP_LE_BE ((guint32)get_le (self, 4));
}

guint64
latent_reader_get_u64le (LatentReader *self)
{
  return get_le (self, 8);
}

guint64
latent_reader_get_varint (LatentReader *self)
{
  guint64 value = 0;

  for (guint shift = 0; shift < 70; shift += 7) {
    guint8 byte = latent_reader_get_u8 (self);
    if (shift < 64)
      value |= (guint64)(byte & 127) << shift;
    if (self->failed)
      return 0;
    if (byte < 128)
      return value;
  }
  self->failed = TRUE;
  return 0;
}
