/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/file-chunk.h"

#include <latent/error.h>
#include <string.h>

#include "src/base/crc32c.h"
#include "src/base/limits.h"
#include "src/base/reader.h"
#include "src/codec/file-bytes.h"

/* What its checksum covers of a chunk's front. */
#define CHECKED_BYTES (LATENT_CHUNK_FRONT_BYTES - 4)

static const struct {
  guint32 head; /* bytes at most */
  guint32 body;
} sizes[] = {
    [LATENT_CHUNK_STREAMS] = {8,                        LATENT_LIMIT_STREAMS *(LATENT_LIMIT_HEADER_BYTES + 16)},
    [LATENT_CHUNK_TAGS] = {0,                        LATENT_LIMIT_TAG_BYTES                                },
    [LATENT_CHUNK_MODEL] = {64,                       LATENT_LIMIT_EMBEDDED_BYTES                           },
    [LATENT_CHUNK_PACKETS] = {LATENT_LIMIT_TABLE_BYTES, LATENT_LIMIT_BLOCK_BYTES                              },
    [LATENT_CHUNK_INDEX] = {0,                        LATENT_LIMIT_INDEX_BYTES                              },
    [LATENT_CHUNK_TRAILER] = {8,                        0                                                     },
};

void
latent_file_header_put (GByteArray *dst, guint32 id)
{
  guint begin = dst->len;

  g_byte_array_append (dst, (const guint8 *)LATENT_FILE_MAGIC, LATENT_FILE_MAGIC_BYTES);
  latent_file_put_u32 (dst, LATENT_FILE_VERSION);
  latent_file_put_u32 (dst, id);
  latent_file_put_u32 (dst, latent_crc32c (0, dst->data + begin, dst->len - begin));
}

gboolean
latent_file_header_get (
    const guint8 *data, gsize size, guint32 *id, gboolean *has_id, GError **error)
{
  LatentReader reader;
  const guint8 *magic;
  guint32 version;

  latent_reader_init (&reader, data, size);
  magic = latent_reader_get_bytes (&reader, LATENT_FILE_MAGIC_BYTES);
  version = latent_reader_get_u32le (&reader);
  *id = latent_reader_get_u32le (&reader);
  *has_id = latent_reader_get_u32le (&reader) ==
                latent_crc32c (0, data, MIN (size, LATENT_FILE_HEADER_BYTES - 4)) &&
            !reader.failed;
  if (!magic || memcmp (magic, LATENT_FILE_MAGIC, LATENT_FILE_MAGIC_BYTES) != 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
        "not a .lat file: the first %u bytes are not those of one", LATENT_FILE_MAGIC_BYTES);
    return FALSE;
  }
  if (!*has_id || version == LATENT_FILE_VERSION)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
      ".lat file of version %u; version %u can be read", version, LATENT_FILE_VERSION);
  return FALSE;
}

/* The streams' chunk can be read before the file's id is known. */
static guint32
get_seed (guint type, guint32 id)
{
  return type == LATENT_CHUNK_STREAMS ? 0 : id;
}

void
latent_chunk_put (GByteArray *dst, LatentChunkType type, guint32 number, guint32 id,
    const GByteArray *head, const GByteArray *body)
{
  const guint8 *begin;
  guint start = dst->len;
  guint32 seed = get_seed (type, id);

  g_byte_array_append (dst, (const guint8 *)LATENT_CHUNK_SYNC, LATENT_CHUNK_SYNC_BYTES);
  latent_file_put_u32 (dst, (guint32)type | (head ? head->len : 0) << 8);
  latent_file_put_u32 (dst, body ? body->len : 0);
  latent_file_put_u32 (dst, number);
  latent_file_put_u32 (dst, body ? latent_crc32c (seed, body->data, body->len) : 0);
  begin = dst->data + start;
  seed = latent_crc32c (seed, begin, CHECKED_BYTES);
  latent_file_put_u32 (dst, head ? latent_crc32c (seed, head->data, head->len) : seed);
  if (head)
    g_byte_array_append (dst, head->data, head->len);
  if (body)
    g_byte_array_append (dst, body->data, body->len);
}

static LatentChunkState
fall_short (gsize *need, gsize bytes)
{
  *need = bytes;
  return LATENT_CHUNK_SHORT;
}

/* Types that are not known yet are sound too: what they hold is left out. */
static gboolean
has_sound_sizes (const LatentChunk *self)
{
  gboolean is_known = self->type >= LATENT_CHUNK_STREAMS && self->type <= LATENT_CHUNK_TRAILER;

  if (!is_known)
    return self->head_size <= LATENT_LIMIT_TABLE_BYTES &&
           self->body_size <= LATENT_LIMIT_BLOCK_BYTES;
  return self->head_size <= sizes[self->type].head && self->body_size <= sizes[self->type].body;
}

LatentChunkState
latent_chunk_get (LatentChunk *self, const guint8 *data, gsize size, guint32 id, gsize *need)
{
  LatentReader reader;
  guint32 word, crc;

  if (memcmp (data, LATENT_CHUNK_SYNC, MIN (size, LATENT_CHUNK_SYNC_BYTES)) != 0)
    return LATENT_CHUNK_BAD;
  if (size < LATENT_CHUNK_FRONT_BYTES)
    return fall_short (need, LATENT_CHUNK_FRONT_BYTES);
  latent_reader_init (&reader, data, size);
  latent_reader_get_bytes (&reader, LATENT_CHUNK_SYNC_BYTES);
  word = latent_reader_get_u32le (&reader);
  self->type = word & 255;
  self->head_size = word >> 8;
  self->body_size = latent_reader_get_u32le (&reader);
  self->number = latent_reader_get_u32le (&reader);
  self->body_crc = latent_reader_get_u32le (&reader);
  crc = latent_reader_get_u32le (&reader);
  if (!has_sound_sizes (self))
    return LATENT_CHUNK_BAD;
  self->head = latent_reader_get_bytes (&reader, self->head_size);
  if (!self->head)
    return fall_short (need, LATENT_CHUNK_FRONT_BYTES + (gsize)self->head_size);
  if (latent_crc32c (latent_crc32c (get_seed (self->type, id), data, CHECKED_BYTES), self->head,
          self->head_size) != crc)
    return LATENT_CHUNK_BAD;
  return LATENT_CHUNK_SOUND;
}

gboolean
latent_chunk_check_body (const LatentChunk *self, const guint8 *body, guint32 id)
{
  return self->body_size == 0 ||
         latent_crc32c (get_seed (self->type, id), body, self->body_size) == self->body_crc;
}

gsize
latent_chunk_find (const guint8 *data, gsize size, gsize from)
{
  while (from < size) {
    const guint8 *found = memchr (data + from, LATENT_CHUNK_SYNC[0] & 255, size - from);
    gsize left;
    if (!found)
      return size;
    left = (gsize)(data + size - found);
    if (memcmp (found, LATENT_CHUNK_SYNC, MIN (left, LATENT_CHUNK_SYNC_BYTES)) == 0)
      return (gsize)(found - data);
    from = (gsize)(found - data) + 1;
  }
  return size;
}
