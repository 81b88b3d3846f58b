/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/split.h"

#include <string.h>

#include "src/base/crc32c.h"
#include "src/base/limits.h"
#include "src/codec/model-packet.h"
#include "src/codec/packet.h"

#define HEADER_MAGIC "LATs"
#define MAGIC_BYTES  4
/* Counters that may follow where packets were left out. */
#define MAX_GAP 64
/* Garbage is searched with so many looks at a byte for each that is left out: who makes bytes that
 * look like packets and are none finds that headers alone are looked for from then on. */
#define CREDIT     256
#define MAX_CREDIT (64u << 20)
/* A packet's bytes beside its slices' symbols of 16 bits: front, lengths, ends of slices. */
#define PACKET_EXTRA (16 + 16 * LATENT_LIMIT_SLICES)

LatentUnit
latent_unit_get (const guint8 *data, gsize size)
{
  LatentStreamInfo info;

  if (latent_stream_info_parse (&info, data, size, NULL))
    return LATENT_UNIT_HEADER;
  return latent_model_packet_is (data, size) ? LATENT_UNIT_MODEL : LATENT_UNIT_PACKET;
}

void
latent_splitter_set_info (LatentSplitter *self, const LatentStreamInfo *info)
{
  guint64 symbols = (guint64)info->channels * info->grid_height * info->grid_width *
                    MAX (info->frames, 1);

  self->limit = (gsize)MIN (2 * symbols + PACKET_EXTRA, LATENT_LIMIT_PACKET_BYTES);
  self->credit = MAX_CREDIT;
}

static gboolean
begins (const guint8 *data, gsize size, const char *magic)
{
  return size >= MAGIC_BYTES && memcmp (data, magic, MAGIC_BYTES) == 0;
}

/* How well something may follow a packet. is_half: of its counter the lower half alone is known. */
typedef enum {
  FOLLOWS_NOT,
  FOLLOWS_LATER, /* packets may be missing between */
  FOLLOWS,
  FOLLOWS_UNKNOWN, /* more bytes are wanted */
} Follows;

static Follows
follow (const guint8 *data, gsize size, gboolean is_end, guint number, gboolean is_half)
{
  guint gap;

  if (size == 0 && is_end)
    return FOLLOWS;
  if (size < (is_end ? LATENT_PACKET_MIN_BYTES : MAGIC_BYTES))
    return is_end ? FOLLOWS_NOT : FOLLOWS_UNKNOWN;
  if (begins (data, size, HEADER_MAGIC) || begins (data, size, LATENT_MODEL_PACKET_MAGIC))
    return FOLLOWS;
  gap = (guint16)(latent_packet_get_number (data, number + 1) - number - 1);
  gap = is_half ? (guint8)gap : gap;
  return gap == 0 ? FOLLOWS : gap <= MAX_GAP ? FOLLOWS_LATER : FOLLOWS_NOT;
}

/* Bytes of the packet that begins here: 0 for none; G_MAXSIZE where more bytes are wanted. What
 * follows counts, but where there is nothing better a long checksum is enough. */
static gsize
measure_packet (const LatentSplitter *self, const guint8 *data, gsize size, gboolean is_end)
{
  gsize best = 0;
  gboolean is_later = FALSE;
  LatentPacketScan scan;
  guint number;

  if (size < LATENT_PACKET_MIN_BYTES)
    return is_end ? 0 : G_MAXSIZE;
  number = latent_packet_get_number (data, self->next);
  latent_packet_scan_init (
      &scan, data, self->has_next || !self->is_on ? number : G_MAXUINT, self->limit);
  while (latent_packet_scan_next (&scan, size)) {
    switch (
        follow (data + scan.at, size - scan.at, is_end, number, latent_packet_is_compact (data))) {
    case FOLLOWS:
      return scan.at;
    case FOLLOWS_UNKNOWN:
      return G_MAXSIZE;
    case FOLLOWS_LATER:
      best = is_later ? best : scan.at;
      is_later = TRUE;
      break;
    default:
      best = best == 0 && !scan.is_short ? scan.at : best;
      break;
    }
  }
  return scan.at < scan.max && !is_end ? G_MAXSIZE : best;
}

/* A header ends with a checksum of all before. */
static gsize
measure_header (const guint8 *data, gsize size, gboolean is_end)
{
  const gsize max = MIN (size, LATENT_LIMIT_HEADER_BYTES);
  LatentStreamInfo info;
  guint32 check = 0;

  for (gsize n = 0; n + 4 <= max; n++) {
    guint32 told = data[n] | (guint32)data[n + 1] << 8 | (guint32)data[n + 2] << 16 |
                   (guint32)data[n + 3] << 24;
    if (n > 0 && check == told && latent_stream_info_parse (&info, data, n + 4, NULL))
      return n + 4;
    check = latent_crc32c (check, data + n, 1);
  }
  return size < LATENT_LIMIT_HEADER_BYTES && !is_end ? G_MAXSIZE : 0;
}

/* Of whatever unit begins here. */
static gsize
measure (LatentSplitter *self, const guint8 *data, gsize size, gboolean is_end, LatentUnit *unit)
{
  gsize n = 0;

  if (size < MAGIC_BYTES && !is_end)
    return G_MAXSIZE;
  if (begins (data, size, HEADER_MAGIC)) {
    *unit = LATENT_UNIT_HEADER;
    n = measure_header (data, size, is_end);
  } else if (begins (data, size, LATENT_MODEL_PACKET_MAGIC)) {
    *unit = LATENT_UNIT_MODEL;
    n = latent_model_packet_measure (data, size, is_end);
  }
  if (n > 0 || self->limit == 0)
    return n;
  *unit = LATENT_UNIT_PACKET;
  return measure_packet (self, data, size, is_end);
}

/* Whether a unit may begin here, behind garbage. */
static gboolean
is_likely (const LatentSplitter *self, const guint8 *data, gsize size)
{
  if (begins (data, size, HEADER_MAGIC))
    return TRUE;
  if (self->limit == 0 || self->credit == 0)
    return FALSE;
  if (begins (data, size, LATENT_MODEL_PACKET_MAGIC))
    return TRUE;
  return (guint16)(latent_packet_get_number (data, self->next) - self->next) <= MAX_GAP;
}

/* Bytes before the next place where a unit may begin; the last few wait for others. */
static gsize
skip (LatentSplitter *self, const guint8 *data, gsize size, gboolean is_end)
{
  gsize n = 1;

  while (n + MAGIC_BYTES <= size && !is_likely (self, data + n, size - n)) {
    self->credit = MIN (self->credit + CREDIT, MAX_CREDIT);
    n++;
  }
  if (n + MAGIC_BYTES > size && is_end)
    n = size;
  return n;
}

/* The first packet says what others are told by. */
static void
count_packet (LatentSplitter *self, const guint8 *data, gsize size)
{
  LatentPacketInfo info = {.number = latent_packet_get_number (data, self->next)};

  if (!self->has_next)
    latent_packet_info_parse (&info, data, size, NULL);
  self->next = (guint16)(info.number + 1);
  self->has_next = TRUE;
}

LatentSplit
latent_splitter_next (LatentSplitter *self, const guint8 *data, gsize size, gboolean is_end,
    gsize *n, LatentUnit *unit)
{
  *n = 0;
  if (size == 0)
    return LATENT_SPLIT_MORE;
  if (self->is_on || (size >= MAGIC_BYTES && is_likely (self, data, size)) ||
      (size < MAGIC_BYTES && !is_end)) {
    *n = measure (self, data, size, is_end, unit);
    if (*n == G_MAXSIZE)
      return LATENT_SPLIT_MORE;
    if (!self->is_on)
      self->credit -= MIN (self->credit, MIN (size, self->limit));
  }
  self->is_on = *n > 0;
  if (!self->is_on) {
    *n = skip (self, data, size, is_end);
    return LATENT_SPLIT_GARBAGE;
  }
  if (*unit == LATENT_UNIT_PACKET)
    count_packet (self, data, *n);
  return LATENT_SPLIT_UNIT;
}
