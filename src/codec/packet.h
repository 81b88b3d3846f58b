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

/* Writes to dst (latent_packet_get_bound() bytes); sets info's bytes, and returns them. */
gsize latent_packet_put (
    LatentPacketInfo *info, guint n_slices, const LatentSlice *slices, guint8 *dst);

/* Fills info and slices, which then point into packet. LATENT_ERROR_FORMAT says what is wrong. */
gboolean latent_packet_get (LatentPacketInfo *info, guint n_slices, LatentSlice *slices,
    const guint8 *packet, gsize size, GError **error);
