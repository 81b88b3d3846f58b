/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "src/base/reader.h"

/* Numbers of a file, put and get. */

static inline void
latent_file_put_u32 (GByteArray *dst, guint32 value)
{
  guint32 bytes = GUINT32_TO_LE (value);

  g_byte_array_append (dst, (const guint8 *)&bytes, sizeof bytes);
}

static inline void
latent_file_put_u64 (GByteArray *dst, guint64 value)
{
  guint64 bytes = GUINT64_TO_LE (value);

  g_byte_array_append (dst, (const guint8 *)&bytes, sizeof bytes);
}

/* Base 128, the lowest seven bits first; latent_reader_get_varint() reads it. */
static inline void
latent_file_put_varint (GByteArray *dst, guint64 value)
{
  guint8 bytes[10];
  guint n = 0;

  for (; value >= 128; value >>= 7)
    bytes[n++] = (guint8)(value | 128);
  bytes[n++] = (guint8)value;
  g_byte_array_append (dst, bytes, n);
}

/* The difference `to` - `from`, modulo 2^64, small ones of either sign in few bytes: 0, -1, 1, -2,
 * ... are 0, 1, 2, 3, ... */
static inline void
latent_file_put_step (GByteArray *dst, guint64 from, guint64 to)
{
  guint64 step = to - from;

  latent_file_put_varint (dst, step << 1 ^ (step >> 63 ? G_MAXUINT64 : 0));
}

static inline guint64
latent_file_get_step (LatentReader *reader, guint64 from)
{
  guint64 code = latent_reader_get_varint (reader);

  return from + (code >> 1 ^ (code & 1 ? G_MAXUINT64 : 0));
}
