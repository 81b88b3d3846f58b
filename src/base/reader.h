/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The one way to read untrusted bytes. The error is sticky: after a read past the end every read
 * gives zeros and `failed` stays set, so that parsing is straight-line code with one check at its
 * end. */
typedef struct {
  const guint8 *data;
  gsize size;
  gsize pos;
  gboolean failed;
} LatentReader;

void latent_reader_init (LatentReader *self, const guint8 *data, gsize size);
gsize latent_reader_get_left (const LatentReader *self);
guint8 latent_reader_get_u8 (LatentReader *self);
guint16 latent_reader_get_u16le (LatentReader *self);
guint32 latent_reader_get_u32le (LatentReader *self);
guint32 latent_reader_get_u32be (LatentReader *self);
guint64 latent_reader_get_u64le (LatentReader *self);
guint64 latent_reader_get_varint (LatentReader *self); /* protobuf's base 128, 10 bytes at most */
/* n bytes inside the data, or NULL (failed set). */
const guint8 *latent_reader_get_bytes (LatentReader *self, gsize n);
