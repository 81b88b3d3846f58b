/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/packet.h"

#include <latent/error.h>
#include <string.h>

#include "src/base/crc32c.h"
#include "src/base/reader.h"

#define KEY     0x80 /* bits of the first byte */
#define SHORT   0x40
#define QUALITY 0x3f

/* The first byte and the counter. */
#define FRONT_BYTES 3
/* Up to so many bytes of slices and their lengths have a checksum of 16 bits: in streams of sound
 * the long one would be a fifth of all. */
#define SHORT_BYTES 127
#define LONG_CHECK  4
#define SHORT_CHECK 2
/* Of a slice's length. */
#define LENGTH_BYTES 5

gsize
latent_packet_get_bound (guint n_slices, gsize slice_bytes)
{
  return FRONT_BYTES + LONG_CHECK + (gsize)n_slices * LENGTH_BYTES + slice_bytes;
}

static guint32
fold (guint32 check, gboolean is_short)
{
  return is_short ? (check ^ check >> 16) & 0xffff : check;
}

/* Over the front, and what follows on the checksum. */
static guint32
compute_check (const guint8 *packet, const guint8 *body, gsize size, gboolean is_short)
{
  return fold (latent_crc32c (latent_crc32c (0, packet, FRONT_BYTES), body, size), is_short);
}

static guint8 *
put_length (guint8 *dst, gsize length)
{
  for (; length >= 128; length >>= 7)
    *dst++ = (guint8)(length | 128);
  *dst++ = (guint8)length;
  return dst;
}

static gsize
count_length (gsize length)
{
  gsize n = 1;

  for (; length >= 128; length >>= 7)
    n++;
  return n;
}

gsize
latent_packet_put (LatentPacketInfo *info, guint n_slices, const LatentSlice *slices, guint8 *dst)
{
  gsize size = slices[n_slices - 1].size;
  gboolean is_short;
  guint check_bytes;
  guint32 check;
  guint8 *body, *end;

  for (guint i = 0; i + 1 < n_slices; i++)
    size += count_length (slices[i].size) + slices[i].size;
  is_short = size <= SHORT_BYTES;
  check_bytes = is_short ? SHORT_CHECK : LONG_CHECK;
  dst[0] = (guint8)(info->quality | (info->key ? KEY : 0) | (is_short ? SHORT : 0));
  dst[1] = (guint8)info->number;
  dst[2] = (guint8)(info->number >> 8);
  body = end = dst + FRONT_BYTES + check_bytes;
  for (guint i = 0; i + 1 < n_slices; i++)
    end = put_length (end, slices[i].size);
  for (guint i = 0; i < n_slices; i++) {
    memcpy (end, slices[i].data, slices[i].size);
    end += slices[i].size;
  }
  check = compute_check (dst, body, size, is_short);
  for (guint i = 0; i < check_bytes; i++)
    dst[FRONT_BYTES + i] = (guint8)(check >> 8 * i);
  info->bytes = (gsize)(end - dst);
  return info->bytes;
}

static gboolean
fail (GError **error, const char *what)
{
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "the packet is damaged: %s", what);
  return FALSE;
}

/* Reads what stands before the slices' lengths. */
static gboolean
get_front (LatentPacketInfo *info, LatentReader *reader, GError **error)
{
  guint8 first = latent_reader_get_u8 (reader);
  gboolean is_short = (first & SHORT) != 0;
  LatentPacketInfo found = {.key = (first & KEY) != 0, .quality = first & QUALITY};
  guint32 check;
  gsize size;

  found.number = latent_reader_get_u16le (reader);
  check = is_short ? latent_reader_get_u16le (reader) : latent_reader_get_u32le (reader);
  if (reader->failed)
    return fail (error, "it ends in its header");
  size = latent_reader_get_left (reader);
  if (is_short != (size <= SHORT_BYTES))
    return fail (error, "its checksum is not as long as its size asks for");
  if (compute_check (reader->data, reader->data + reader->pos, size, is_short) != check)
    return fail (error, "its checksum is not that of its bytes");
  found.bytes = reader->size;
  *info = found;
  return TRUE;
}

gboolean
latent_packet_get (LatentPacketInfo *info, guint n_slices, LatentSlice *slices,
    const guint8 *packet, gsize size, GError **error)
{
  LatentReader reader;

  latent_reader_init (&reader, packet, size);
  if (!get_front (info, &reader, error))
    return FALSE;
  for (guint i = 0; i + 1 < n_slices; i++) {
    guint64 length = latent_reader_get_varint (&reader);
    slices[i].size = (gsize)MIN (length, G_MAXUINT32);
  }
  for (guint i = 0; i < n_slices; i++) {
    if (i + 1 == n_slices)
      slices[i].size = latent_reader_get_left (&reader);
    slices[i].data = latent_reader_get_bytes (&reader, slices[i].size);
  }
  return !reader.failed || fail (error, "its slices are longer than it is");
}

gboolean
latent_packet_info_parse (LatentPacketInfo *self, const guint8 *packet, gsize size, GError **error)
{
  LatentReader reader;

  g_return_val_if_fail (self != NULL && (packet != NULL || size == 0), FALSE);
  latent_reader_init (&reader, packet, size);
  return get_front (self, &reader, error);
}

void
latent_packet_scan_init (LatentPacketScan *self, const guint8 *packet, gsize max)
{
  gboolean is_short = (packet[0] & SHORT) != 0;
  guint front = FRONT_BYTES + (is_short ? SHORT_CHECK : LONG_CHECK);

  *self = (LatentPacketScan){.packet = packet, .is_short = is_short, .front = front};
  self->check = latent_crc32c (0, packet, FRONT_BYTES);
  self->max = is_short ? MIN (max, front + SHORT_BYTES) : max;
}

gboolean
latent_packet_scan_next (LatentPacketScan *self, gsize size)
{
  const gsize max = MIN (size, self->max);
  const gsize first = self->is_short ? self->front : self->front + SHORT_BYTES + 1;
  guint32 wanted = 0;

  if (max < self->front)
    return FALSE;
  for (guint i = FRONT_BYTES; i < self->front; i++)
    wanted |= (guint32)self->packet[i] << 8 * (i - FRONT_BYTES);
  for (gsize at = self->at == 0 ? self->front : self->at + 1; at <= max; at++) {
    if (at > self->front)
      self->check = latent_crc32c (self->check, self->packet + at - 1, 1);
    self->at = at;
    if (at >= first && fold (self->check, self->is_short) == wanted)
      return TRUE;
  }
  return FALSE;
}
