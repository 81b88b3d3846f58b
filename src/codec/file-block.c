/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/file-block.h"

#include "src/base/limits.h"
#include "src/codec/file-bytes.h"

/* Bits of a row's first byte. */
#define STREAM   0x0f
#define KEY      0x10
#define TIME     0x20
#define DURATION 0x40
#define DISCONT  0x80

G_STATIC_ASSERT (LATENT_LIMIT_STREAMS <= STREAM + 1);

static const LatentFileRow *
get_row (const GArray *rows, guint i)
{
  return &g_array_index (rows, LatentFileRow, i);
}

/* What a row's time and duration are where it does not say: it follows on its stream's last packet
 * in this block, and lasts as long; the first begins with the block. */
static void
predict (LatentFilePacket *packet, const GArray *rows, const guint64 *durations)
{
  packet->duration = durations[packet->stream];
  packet->pts = rows->len > 0 ? get_row (rows, 0)->packet.pts : 0;
  for (guint i = rows->len; i-- > 0;) {
    const LatentFilePacket *last = &get_row (rows, i)->packet;
    if (last->stream == packet->stream) {
      packet->duration = last->duration;
      packet->pts = last->pts + last->duration;
      return;
    }
  }
}

void
latent_file_row_put (
    GByteArray *table, const GArray *rows, const LatentFileRow *row, const guint64 *durations)
{
  const LatentFilePacket *packet = &row->packet;
  LatentFilePacket predicted = {.stream = packet->stream};
  guint8 bits = (guint8)packet->stream;

  predict (&predicted, rows, durations);
  bits |= packet->key ? KEY : 0;
  bits |= packet->discont ? DISCONT : 0;
  bits |= packet->pts != predicted.pts ? TIME : 0;
  bits |= packet->duration != predicted.duration ? DURATION : 0;
  g_byte_array_append (table, &bits, 1);
  latent_file_put_varint (table, row->size);
  if (bits & TIME)
    latent_file_put_step (table, predicted.pts, packet->pts);
  if (bits & DURATION)
    latent_file_put_step (table, predicted.duration, packet->duration);
}

static gboolean
get_packet (LatentFilePacket *packet, const GArray *rows, LatentReader *reader, guint8 bits,
    const guint64 *durations)
{
  predict (packet, rows, durations);
  packet->key = (bits & KEY) != 0;
  packet->discont = (bits & DISCONT) != 0;
  if (bits & TIME)
    packet->pts = latent_file_get_step (reader, packet->pts);
  if (bits & DURATION)
    packet->duration = latent_file_get_step (reader, packet->duration);
  return !reader->failed && packet->pts < LATENT_LIMIT_TIME && packet->duration < LATENT_LIMIT_TIME;
}

gboolean
latent_file_rows_get (GArray *rows, const guint8 *table, gsize size, guint n_streams,
    const guint64 *durations, gsize body_size)
{
  LatentReader reader;

  g_array_set_size (rows, 0);
  latent_reader_init (&reader, table, size);
  while (latent_reader_get_left (&reader) > 0) {
    guint8 bits = latent_reader_get_u8 (&reader);
    guint64 bytes = latent_reader_get_varint (&reader);
    LatentFileRow row = {.packet.stream = bits & STREAM, .size = (guint)bytes};
    if (row.packet.stream >= n_streams || bytes < 1 || bytes > body_size ||
        bytes > LATENT_LIMIT_PACKET_BYTES ||
        !get_packet (&row.packet, rows, &reader, bits, durations))
      return FALSE;
    body_size -= bytes;
    g_array_append_val (rows, row);
  }
  return !reader.failed && body_size == 0 && rows->len > 0;
}
