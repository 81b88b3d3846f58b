/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/file-parts.h"

#include <string.h>

#include "src/base/limits.h"
#include "src/codec/file-bytes.h"

/* In place of a stream's number: the file. */
#define WHOLE 255

static void
clear_stream (gpointer item)
{
  g_bytes_unref (((LatentFileStream *)item)->header);
}

static void
clear_tag (gpointer item)
{
  LatentFileTag *self = item;

  g_free ((char *)self->key);
  g_free ((char *)self->value);
}

GArray *
latent_file_streams_new (void)
{
  GArray *self = g_array_new (FALSE, TRUE, sizeof (LatentFileStream));

  g_array_set_clear_func (self, clear_stream);
  return self;
}

GArray *
latent_file_tags_new (void)
{
  GArray *self = g_array_new (FALSE, TRUE, sizeof (LatentFileTag));

  g_array_set_clear_func (self, clear_tag);
  return self;
}

static void
put_byte (GByteArray *dst, guint8 byte)
{
  g_byte_array_append (dst, &byte, 1);
}

void
latent_file_streams_put (GByteArray *head, GByteArray *body, guint32 id, const GArray *streams)
{
  latent_file_put_u32 (head, id);
  latent_file_put_u32 (head, streams->len);
  for (guint i = 0; i < streams->len; i++) {
    const LatentFileStream *stream = &g_array_index (streams, LatentFileStream, i);
    gsize size;
    const guint8 *header = g_bytes_get_data (stream->header, &size);
    put_byte (body, (guint8)stream->kind);
    latent_file_put_varint (body, stream->duration);
    latent_file_put_varint (body, size);
    g_byte_array_append (body, header, (guint)size);
  }
}

static gboolean
fail (GError **error, const char *what)
{
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "the .lat file's streams: %s", what);
  return FALSE;
}

static gboolean
get_stream (GArray *streams, LatentReader *reader, GError **error)
{
  LatentFileStream stream = {.kind = latent_reader_get_u8 (reader)};
  const guint8 *header;
  guint64 size;

  stream.duration = latent_reader_get_varint (reader);
  size = latent_reader_get_varint (reader);
  if (!reader->failed && size > LATENT_LIMIT_HEADER_BYTES) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
        "stream %u of the .lat file has a header of %" G_GUINT64_FORMAT " bytes, at most are %u",
        streams->len, size, LATENT_LIMIT_HEADER_BYTES);
    return FALSE;
  }
  header = latent_reader_get_bytes (reader, (gsize)size);
  if (!header || size == 0)
    return fail (error, "a header is cut short");
  if (stream.kind != LATENT_MEDIA_VIDEO && stream.kind != LATENT_MEDIA_AUDIO)
    return fail (error, "one is neither video nor audio");
  if (stream.duration >= LATENT_LIMIT_TIME)
    return fail (error, "packets would last for ever");
  stream.header = g_bytes_new (header, (gsize)size);
  g_array_append_val (streams, stream);
  return TRUE;
}

gboolean
latent_file_streams_get (
    GArray *streams, guint32 *id, const LatentChunk *chunk, const guint8 *body, GError **error)
{
  LatentReader reader;
  guint32 n;

  latent_reader_init (&reader, chunk->head, chunk->head_size);
  *id = latent_reader_get_u32le (&reader);
  n = latent_reader_get_u32le (&reader);
  if (reader.failed || n < 1 || n > LATENT_LIMIT_STREAMS) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
        "the .lat file has %u streams, wanted is 1 to %u", n, LATENT_LIMIT_STREAMS);
    return FALSE;
  }
  latent_reader_init (&reader, body, chunk->body_size);
  for (guint i = 0; i < n; i++) {
    if (!get_stream (streams, &reader, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
latent_file_tag_check (const LatentFileTag *tag, guint n_streams, GError **error)
{
  if (tag->stream != LATENT_FILE_WHOLE && tag->stream >= n_streams)
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "tag '%s' is of stream %u, there are %u", tag->key, tag->stream, n_streams);
  else if (!tag->key[0] || !g_utf8_validate (tag->key, -1, NULL) ||
           !g_utf8_validate (tag->value, -1, NULL))
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS, "a tag is no UTF-8 text");
  else if (strlen (tag->key) + strlen (tag->value) + 16 > LATENT_LIMIT_TAG_BYTES)
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
        "tag '%.40s' is of %" G_GSIZE_FORMAT " bytes, at most are %u", tag->key,
        strlen (tag->value), LATENT_LIMIT_TAG_BYTES);
  else
    return TRUE;
  return FALSE;
}

static void
put_text (GByteArray *body, const char *text)
{
  latent_file_put_varint (body, strlen (text));
  g_byte_array_append (body, (const guint8 *)text, (guint)strlen (text));
}

/* NULL where it is no text. */
static char *
get_text (LatentReader *reader)
{
  guint64 size = latent_reader_get_varint (reader);
  const char *text = (const char *)latent_reader_get_bytes (reader, (gsize)MIN (size, G_MAXUINT32));

  if (!text || !g_utf8_validate_len (text, (gsize)size, NULL))
    return NULL;
  return g_strndup (text, (gsize)size);
}

void
latent_file_tag_put (GByteArray *body, const LatentFileTag *tag)
{
  put_byte (body, tag->stream == LATENT_FILE_WHOLE ? WHOLE : (guint8)tag->stream);
  put_text (body, tag->key);
  put_text (body, tag->value);
}

gboolean
latent_file_tags_get (GArray *tags, guint n_streams, const LatentChunk *chunk, const guint8 *body)
{
  LatentReader reader;

  latent_reader_init (&reader, body, chunk->body_size);
  while (latent_reader_get_left (&reader) > 0) {
    guint stream = latent_reader_get_u8 (&reader);
    g_autofree char *key = get_text (&reader);
    g_autofree char *value = get_text (&reader);
    LatentFileTag tag = {stream == WHOLE ? LATENT_FILE_WHOLE : stream, key, value};
    if (!key || !value || tags->len >= LATENT_LIMIT_TAGS ||
        !latent_file_tag_check (&tag, n_streams, NULL))
      return FALSE;
    g_array_append_val (tags, tag);
    key = value = NULL;
  }
  return TRUE;
}

void
latent_file_hash (const guint8 *data, gsize size, guint8 hash[LATENT_FILE_HASH_BYTES])
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize n = LATENT_FILE_HASH_BYTES;

  g_checksum_update (checksum, data, (gssize)size);
  g_checksum_get_digest (checksum, hash, &n);
}

void
latent_file_model_put (GByteArray *head, guint stream, const guint8 *hash)
{
  put_byte (head, (guint8)stream);
  g_byte_array_append (head, hash, LATENT_FILE_HASH_BYTES);
}

gboolean
latent_file_model_get (guint *stream, guint n_streams, const LatentChunk *chunk, const guint8 *body)
{
  LatentReader reader;
  const guint8 *wanted;
  guint8 hash[LATENT_FILE_HASH_BYTES];

  latent_reader_init (&reader, chunk->head, chunk->head_size);
  *stream = latent_reader_get_u8 (&reader);
  wanted = latent_reader_get_bytes (&reader, LATENT_FILE_HASH_BYTES);
  if (!wanted || *stream >= n_streams)
    return FALSE;
  latent_file_hash (body, chunk->body_size, hash);
  return memcmp (hash, wanted, LATENT_FILE_HASH_BYTES) == 0;
}
