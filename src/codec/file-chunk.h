/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What a .lat file is made of: a short header, then chunks that prove themselves. Drawn in
 * docs/bitstream.md. */

#define LATENT_FILE_MAGIC        "\x89LAT\r\n\x1a\n"
#define LATENT_FILE_MAGIC_BYTES  8
#define LATENT_FILE_VERSION      1
#define LATENT_FILE_HEADER_BYTES 20
#define LATENT_CHUNK_SYNC        "\xb7lat"
#define LATENT_CHUNK_SYNC_BYTES  4
/* Before a chunk's head. */
#define LATENT_CHUNK_FRONT_BYTES 24

typedef enum {
  LATENT_CHUNK_STREAMS = 1,
  LATENT_CHUNK_TAGS = 2,
  LATENT_CHUNK_MODEL = 3,
  LATENT_CHUNK_PACKETS = 4,
  LATENT_CHUNK_INDEX = 5,
  LATENT_CHUNK_TRAILER = 6,
} LatentChunkType;

typedef struct {
  LatentChunkType type;
  guint head_size;
  guint body_size;
  guint32 number; /* of chunks before it in the file */
  guint32 body_crc;
  const guint8 *head; /* borrowed from the bytes that it was read from */
} LatentChunk;

typedef enum {
  LATENT_CHUNK_SOUND,
  LATENT_CHUNK_SHORT, /* as far as it can be seen; `need` says how many bytes would tell */
  LATENT_CHUNK_BAD,
} LatentChunkState;

/* The first bytes of a file. get: LATENT_ERROR_FORMAT, or UNSUPPORTED for another version; where
 * the bytes are damaged but may be a file's, has_id is FALSE and it is no error. */
void latent_file_header_put (GByteArray *dst, guint32 id);
gboolean latent_file_header_get (
    const guint8 *data, gsize size, guint32 *id, gboolean *has_id, GError **error);

/* Appends a chunk. head and body may be NULL, for none. id: of the file; a chunk of another file is
 * never taken for one of this. */
void latent_chunk_put (GByteArray *dst, LatentChunkType type, guint32 number, guint32 id,
    const GByteArray *head, const GByteArray *body);
/* Looks at the front and the head of a chunk; the body is checked by itself. */
LatentChunkState latent_chunk_get (
    LatentChunk *self, const guint8 *data, gsize size, guint32 id, gsize *need);
gboolean latent_chunk_check_body (const LatentChunk *self, const guint8 *body, guint32 id);
/* The first place from `from` on where a chunk may begin, or bytes that may become one; size where
 * there is none. */
gsize latent_chunk_find (const guint8 *data, gsize size, gsize from);

static inline gsize
latent_chunk_get_size (const LatentChunk *self)
{
  return LATENT_CHUNK_FRONT_BYTES + (gsize)self->head_size + self->body_size;
}
