/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/base/crc32c.h"

#include <string.h>

/* What four bits leave behind. */
static const guint32 table[16] = {
    0x00000000,
    0x105ec76f,
    0x20bd8ede,
    0x30e349b1,
    0x417b1dbc,
    0x5125dad3,
    0x61c69362,
    0x7198540d,
    0x82f63b78,
    0x92a8fc17,
    0xa24bb5a6,
    0xb21572c9,
    0xc38d26c4,
    0xd3d3e1ab,
    0xe330a81a,
    0xf36e6f75,
};

guint32
latent_crc32c_by_table (guint32 crc, const guint8 *data, gsize size)
{
  crc = ~crc;
  for (gsize i = 0; i < size; i++) {
    crc ^= data[i];
    crc = crc >> 4 ^ table[crc & 15];
    crc = crc >> 4 ^ table[crc & 15];
  }
  return ~crc;
}

#if defined(__x86_64__)
/* SSE4.2 has the very polynomial. */
__attribute__ ((target ("sse4.2"))) static guint32
add_by_instruction (guint32 crc, const guint8 *data, gsize size)
{
  guint64 sum = crc;

  for (; size >= 8; data += 8, size -= 8) {
    guint64 word;
    memcpy (&word, data, 8);
    sum = __builtin_ia32_crc32di (sum, word);
  }
  crc = (guint32)sum;
  for (; size > 0; data++, size--)
    crc = __builtin_ia32_crc32qi (crc, *data);
  return crc;
}
#endif

guint32
latent_crc32c (guint32 crc, const guint8 *data, gsize size)
{
#if defined(__x86_64__)
  if (__builtin_cpu_supports ("sse4.2"))
    return ~add_by_instruction (~crc, data, size);
#endif
  return latent_crc32c_by_table (crc, data, size);
}
