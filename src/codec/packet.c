/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/packet.h"

#include <latent/error.h>
#include <string.h>

#include "src/base/crc32c.h"
#include "src/base/reader.h"

#define KEY     0x80 /* bits of the first byte */
#define SHORT   0x40
#define QUALITY 0x3f

/* The first byte and the counter; of a compact packet all that stands before slices. */
#define FRONT_BYTES 3
/* Up to so many bytes of slices and their lengths have a shorter checksum: in streams of sound the
 * long one would be a fifth of all. */
#define SHORT_BYTES 127

/* What follows on the front; a compact packet's checksum is part of that. */
typedef enum {
  FORM_LONG,
  FORM_SHORT,
  FORM_COMPACT,
} Form;

static const guint check_bytes[] = {4, 2, 0};
#define LONG_CHECK   4
#define COMPACT_BITS 14
#define COMPACT_LOW  0x3f /* in the first byte; the others are the third */
#define COMPACT_HIGH 6    /* checksum bits 13..6, which the counter's upper half is xor'd with */
/* Of the counter: packets with one of 0 are not compact, so that who knows nothing of those before
 * learns it soon. */
#define COMPACT_NUMBER 0xff

/* Of a slice's length. */
#define LENGTH_BYTES 5

gsize
latent_packet_get_bound (guint n_slices, gsize slice_bytes)
{
  return FRONT_BYTES + LONG_CHECK + (gsize)n_slices * LENGTH_BYTES + slice_bytes;
}

static Form
get_form (const guint8 *packet)
{
  if (latent_packet_is_compact (packet))
    return FORM_COMPACT;
  return packet[0] & SHORT ? FORM_SHORT : FORM_LONG;
}

static guint32
fold (guint32 check, Form form)
{
  if (form == FORM_LONG)
    return check;
  if (form == FORM_SHORT)
    return (check ^ check >> 16) & 0xffff;
  return (check ^ check >> COMPACT_BITS ^ check >> 2 * COMPACT_BITS) & ((1 << COMPACT_BITS) - 1);
}

/* Of the front, the checksum left out. */
static guint32
begin_check (const guint8 *packet, Form form)
{
  const guint8 compact[] = {SHORT, packet[1]};

  return form == FORM_COMPACT ? latent_crc32c (0, compact, sizeof compact)
                              : latent_crc32c (0, packet, FRONT_BYTES);
}

static void
put_check (guint8 *packet, Form form, guint32 check)
{
  for (guint i = 0; i < check_bytes[form]; i++)
    packet[FRONT_BYTES + i] = (guint8)(check >> 8 * i);
  if (form != FORM_COMPACT)
    return;
  packet[0] |= (guint8)(check & COMPACT_LOW);
  packet[2] = (guint8)(check >> 6);
}

static guint32
get_check (const guint8 *packet, Form form)
{
  guint32 check = 0;

  if (form == FORM_COMPACT)
    return (packet[0] & COMPACT_LOW) | (guint32)packet[2] << 6;
  for (guint i = 0; i < check_bytes[form]; i++)
    check |= (guint32)packet[FRONT_BYTES + i] << 8 * i;
  return check;
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

static Form
choose_form (const LatentPacketInfo *info, gboolean is_alike, gsize size)
{
  if (size > SHORT_BYTES)
    return FORM_LONG;
  if (info->key)
    return FORM_SHORT;
  return is_alike && (info->number & COMPACT_NUMBER) != 0 ? FORM_COMPACT : FORM_LONG;
}

gsize
latent_packet_put (LatentPacketInfo *info, gboolean is_alike, guint n_slices,
    const LatentSlice *slices, guint8 *dst)
{
  gsize size = slices[n_slices - 1].size;
  guint8 *body, *end;
  guint32 check;
  Form form;

  for (guint i = 0; i + 1 < n_slices; i++)
    size += count_length (slices[i].size) + slices[i].size;
  form = choose_form (info, is_alike, size);
  dst[0] = (guint8)((info->key ? KEY : 0) | (form != FORM_LONG ? SHORT : 0));
  dst[0] |= (guint8)(form != FORM_COMPACT ? info->quality : 0);
  dst[1] = (guint8)info->number;
  dst[2] = (guint8)(info->number >> 8);
  body = end = dst + FRONT_BYTES + check_bytes[form];
  for (guint i = 0; i + 1 < n_slices; i++)
    end = put_length (end, slices[i].size);
  for (guint i = 0; i < n_slices; i++) {
    memcpy (end, slices[i].data, slices[i].size);
    end += slices[i].size;
  }
  check = fold (latent_crc32c (begin_check (dst, form), body, size), form);
  if (form == FORM_COMPACT)
    check ^= (guint32)info->number >> 8 << COMPACT_HIGH;
  put_check (dst, form, check);
  info->bytes = (gsize)(end - dst);
  return info->bytes;
}

static gboolean
fail (GError **error, const char *what)
{
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "the packet is damaged: %s", what);
  return FALSE;
}

/* The upper half of the counter is what a compact packet's checksum lacks of that of its bytes;
 * FALSE where more is amiss. */
static gboolean
get_upper_half (guint32 lacks, guint *number)
{
  if (lacks == 0 || lacks >> COMPACT_HIGH << COMPACT_HIGH != lacks)
    return lacks == 0;
  *number = (*number & 0xff) | lacks >> COMPACT_HIGH << 8;
  return TRUE;
}

/* Reads what stands before the slices' lengths. numbers: what compact packets say of theirs. */
static gboolean
get_front (LatentPacketInfo *info, const LatentPacketInfo *held, LatentPacketNumbers numbers,
    LatentReader *reader, GError **error)
{
  const guint8 *packet = latent_reader_get_bytes (reader, FRONT_BYTES);
  LatentPacketInfo found = {.bytes = reader->size};
  guint32 lacks;
  gsize size;
  Form form;

  if (reader->failed)
    return fail (error, "it ends in its header");
  form = get_form (packet);
  latent_reader_get_bytes (reader, check_bytes[form]);
  if (reader->failed)
    return fail (error, "it ends in its header");
  size = latent_reader_get_left (reader);
  found.key = (packet[0] & KEY) != 0;
  if ((form != FORM_LONG && size > SHORT_BYTES) ||
      (form == FORM_LONG && found.key && size <= SHORT_BYTES))
    return fail (error, "its checksum is not as long as its size asks for");
  found.quality = form == FORM_COMPACT ? held->quality : packet[0] & QUALITY;
  found.number = latent_packet_get_number (packet, held->number + 1);
  lacks = get_check (packet, form) ^
          fold (latent_crc32c (begin_check (packet, form), reader->data + reader->pos, size), form);
  if (form == FORM_COMPACT && numbers == LATENT_NUMBERS_WHOLE)
    found.number &= 0xff;
  if (form == FORM_COMPACT && numbers != LATENT_NUMBERS_HALF
          ? !get_upper_half (lacks, &found.number)
          : lacks != 0)
    return fail (error, "its checksum is not that of its bytes");
  *info = found;
  return TRUE;
}

gboolean
latent_packet_get (LatentPacketInfo *info, const LatentPacketInfo *held,
    LatentPacketNumbers numbers, guint n_slices, LatentSlice *slices, const guint8 *packet,
    gsize size, GError **error)
{
  LatentReader reader;

  latent_reader_init (&reader, packet, size);
  if (!get_front (info, held, numbers, &reader, error))
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
  const LatentPacketInfo none = {.number = G_MAXUINT}; /* the next is 0 */
  LatentReader reader;

  g_return_val_if_fail (self != NULL && (packet != NULL || size == 0), FALSE);
  latent_reader_init (&reader, packet, size);
  return get_front (self, &none, LATENT_NUMBERS_EITHER, &reader, error);
}

void
latent_packet_scan_init (LatentPacketScan *self, const guint8 *packet, guint number, gsize max)
{
  Form form = get_form (packet);
  guint front = FRONT_BYTES + check_bytes[form];

  *self = (LatentPacketScan){.packet = packet, .is_short = form != FORM_LONG, .front = front};
  self->check = begin_check (packet, form);
  if (form == FORM_COMPACT)
    self->lacks = number == G_MAXUINT ? G_MAXUINT : (number & 0xffff) >> 8 << COMPACT_HIGH;
  self->max = self->is_short ? MIN (max, front + SHORT_BYTES) : max;
}

gboolean
latent_packet_scan_next (LatentPacketScan *self, gsize size)
{
  const gsize max = MIN (size, self->max);
  const Form form = get_form (self->packet);
  const gboolean is_large = form == FORM_LONG && (self->packet[0] & KEY) != 0;
  const gsize first = is_large ? self->front + SHORT_BYTES + 1 : self->front;
  guint32 wanted;

  if (max < self->front)
    return FALSE;
  wanted = get_check (self->packet, form);
  for (gsize at = self->at == 0 ? self->front : self->at + 1; at <= max; at++) {
    if (at > self->front)
      self->check = latent_crc32c (self->check, self->packet + at - 1, 1);
    self->at = at;
    const guint32 lacks = fold (self->check, form) ^ wanted;
    const gboolean is_number = self->lacks == G_MAXUINT
                                   ? lacks >> COMPACT_HIGH << COMPACT_HIGH == lacks
                                   : lacks == self->lacks;
    if (at >= first && (lacks == 0 || is_number))
      return TRUE;
  }
  return FALSE;
}
