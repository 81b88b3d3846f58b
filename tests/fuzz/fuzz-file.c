/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <latent/latent.h>
#include <string.h>

#include "src/base/crc32c.h"
#include "src/codec/file-chunk.h"

/* Parses bytes as a .lat file, as they are and with all checksums made right, in order and from
 * where the parser wants, and seeks in them. */

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

#define MAX_FILE  (64u << 10)
#define MAX_SEEKS 3

static guint32
get_u32 (const guint8 *at)
{
  guint32 value;

  memcpy (&value, at, sizeof value);
  return GUINT32_FROM_LE (value);
}

static void
set_u32 (guint8 *at, guint32 value)
{
  value = GUINT32_TO_LE (value);
  memcpy (at, &value, sizeof value);
}

/* Sets the checksums of all that looks like a chunk, so that what lies behind them is reached. */
static void
correct (guint8 *data, gsize size)
{
  guint32 id;

  if (size < LATENT_FILE_HEADER_BYTES)
    return;
  id = get_u32 (data + 12);
  set_u32 (data + 16, latent_crc32c (0, data, 16));
  for (gsize at = latent_chunk_find (data, size, LATENT_FILE_HEADER_BYTES);
       at + LATENT_CHUNK_FRONT_BYTES <= size; at = latent_chunk_find (data, size, at + 1)) {
    guint8 *chunk = data + at, *head = chunk + LATENT_CHUNK_FRONT_BYTES;
    const guint32 seed = chunk[4] == LATENT_CHUNK_STREAMS ? 0 : id;
    const gsize left = size - at - LATENT_CHUNK_FRONT_BYTES;
    const gsize head_size = get_u32 (chunk + 4) >> 8, body_size = get_u32 (chunk + 8);
    if (head_size > left)
      continue;
    if (chunk[4] == LATENT_CHUNK_STREAMS && head_size >= 4)
      set_u32 (head, id);
    if (body_size <= left - head_size)
      set_u32 (chunk + 16, latent_crc32c (seed, head + head_size, body_size));
    set_u32 (chunk + 20, latent_crc32c (latent_crc32c (seed, chunk, 20), head, head_size));
  }
}

static void
feed (LatentFileParser *parser, const guint8 *data, gsize size, gsize most)
{
  guint64 offset;
  gsize wanted, given;

  latent_file_parser_get_wanted (parser, &offset, &wanted);
  g_assert_cmpuint (wanted, >, 0);
  given = (gsize)MIN (MAX (wanted, most), size - MIN (offset, size));
  if (given > 0)
    latent_file_parser_push (parser, offset, data + offset, given);
  else
    latent_file_parser_end (parser);
}

static void
parse (const guint8 *data, gsize size, gsize most, gboolean is_seekable)
{
  g_autoptr (LatentFileParser) parser = latent_file_parser_new ();
  LatentFileResult result;
  LatentFileEvent event;
  guint n_seeks = 0, sum = 0;

  if (is_seekable)
    latent_file_parser_set_size (parser, size);
  do {
    result = latent_file_parser_next (parser, &event, NULL);
    if (result == LATENT_FILE_MORE)
      feed (parser, data, size, most);
    if (result == LATENT_FILE_PACKET) { /* read every byte */
      gsize n;
      const guint8 *packet = g_bytes_get_data (event.bytes, &n);
      g_assert_cmpuint (event.packet.stream, <, latent_file_parser_get_n_streams (parser));
      sum += latent_crc32c (0, packet, n);
    }
    if (result == LATENT_FILE_END && n_seeks++ < MAX_SEEKS &&
        latent_file_parser_seek (parser, 0, latent_file_parser_get_duration (parser) / n_seeks,
            (LatentFileSnap)(sum % 3)))
      result = LATENT_FILE_SEEKED;
  } while (result != LATENT_FILE_END && result != LATENT_FILE_ERROR);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree guint8 *corrected = NULL;

  if (size < 1 || size > MAX_FILE)
    return 0;
  parse (data, size, 1 + data[size - 1], FALSE);
  parse (data, size, 1, TRUE);
  corrected = g_memdup2 (data, size);
  correct (corrected, size);
  parse (corrected, size, size, FALSE);
  parse (corrected, size, 1, TRUE);
  return 0;
}
