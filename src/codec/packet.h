/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/codec.h>

/* A packet: what it says of itself, and the bytes of its slices. Drawn in docs/bitstream.md. */

typedef struct {
  const guint8 *data; /* borrowed */
  gsize size;
} LatentSlice;

/* Bytes that a packet takes at most. */
gsize latent_packet_get_bound (guint n_slices, gsize slice_bytes);

/* Writes to dst (latent_packet_get_bound() bytes); sets info's bytes, and returns them. is_alike:
 * the packet before it has the same quality, so that a small one may be compact. */
gsize latent_packet_put (LatentPacketInfo *info, gboolean is_alike, guint n_slices,
    const LatentSlice *slices, guint8 *dst);

/* Bytes of a packet at least. */
#define LATENT_PACKET_MIN_BYTES 3

/* What compact packets of a stream say of their counter: its lower half alone (streams made
 * before), all of it (the upper half in the checksum), or nobody knows which. */
typedef enum {
  LATENT_NUMBERS_HALF,
  LATENT_NUMBERS_WHOLE,
  LATENT_NUMBERS_EITHER,
} LatentPacketNumbers;

/* Whether a packet's first bytes have the lower half of its counter alone, and no quality: that is
 * the one of the packet before. */
static inline gboolean
latent_packet_is_compact (const guint8 *packet)
{
  return (packet[0] & 0xc0) == 0x40;
}

/* The counter in a packet's first bytes; of a compact one that which comes first from `expected`
 * on. Nothing is checked. */
static inline guint
latent_packet_get_number (const guint8 *packet, guint expected)
{
  if (latent_packet_is_compact (packet))
    return (expected + (guint8)(packet[1] - expected)) & 0xffff;
  return packet[1] | (guint)packet[2] << 8;
}

/* Finds the lengths that a packet may have whose end is not known. */
typedef struct {
  const guint8 *packet; /* borrowed */
  gboolean is_short;    /* its checksum */
  guint front;          /* bytes before its slices */
  guint32 check;        /* of the bytes before `at`, its own left out */
  guint32 lacks;        /* what a compact one's may differ by, for its counter; G_MAXUINT: any */
  gsize at;             /* the length that was found, or up to where there was none */
  gsize max;
} LatentPacketScan;

/* packet: LATENT_PACKET_MIN_BYTES at least are there; number: its counter, G_MAXUINT: not
 * known; max: bytes that it may have. */
void latent_packet_scan_init (
    LatentPacketScan *self, const guint8 *packet, guint number, gsize max);
/* The next length with which the checksum is right, in self->at; FALSE where none is left among
 * the bytes that are there, or up to max. */
gboolean latent_packet_scan_next (LatentPacketScan *self, gsize size);

/* Fills info and slices, which then point into packet. held: number and quality of the packet
 * before, which a compact one needs. LATENT_ERROR_FORMAT says what is wrong. */
gboolean latent_packet_get (LatentPacketInfo *info, const LatentPacketInfo *held,
    LatentPacketNumbers numbers, guint n_slices, LatentSlice *slices, const guint8 *packet,
    gsize size, GError **error);
