/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <latent/file.h>

#include <string.h>

#include "src/base/limits.h"
#include "src/codec/file-block.h"
#include "src/codec/file-bytes.h"
#include "src/codec/file-index.h"
#include "src/codec/file-parts.h"

/* A block ends when it has so many bytes, or so many packets. */
#define BLOCK_BYTES    8192
#define BLOCK_PACKETS  1024
#define BLOCK_DURATION (500 * G_GUINT64_CONSTANT (1000000)) /* ns */

/* What a writer knows of a stream besides its header. */
typedef struct {
  guint64 duration;
  guint64 pts;       /* of the last packet */
  gboolean has_key;  /* whether the block at work has a key packet of it */
  gboolean has_hash; /* of the last model */
  guint8 hash[LATENT_FILE_HASH_BYTES];
} StreamState;

typedef struct {
  GBytes *bytes;
  LatentFilePiece piece;
} Output;

struct _LatentFileWriter {
  gint refs;
  guint32 id;
  guint64 block_duration; /* ns */

  GArray *streams;
  StreamState states[LATENT_LIMIT_STREAMS];
  guint64 durations[LATENT_LIMIT_STREAMS];
  guint lead;      /* the stream before whose key packets a block ends: the first of video */
  GArray *tags;    /* not written yet */
  guint tag_bytes; /* of those, at most */

  gboolean has_begun;
  gboolean is_done;
  guint32 number; /* of the next chunk */
  guint64 offset; /* where it will be */
  GQueue outputs; /* of Output */
  LatentFileIndex index;

  GArray *rows; /* of the block at work */
  GByteArray *table;
  GByteArray *body;
};

G_DEFINE_BOXED_TYPE (
    LatentFileWriter, latent_file_writer, latent_file_writer_ref, latent_file_writer_unref)

LatentFileWriter *
latent_file_writer_new (guint32 id)
{
  LatentFileWriter *self = g_new0 (LatentFileWriter, 1);

  self->refs = 1;
  self->id = id;
  self->block_duration = BLOCK_DURATION;
  self->streams = latent_file_streams_new ();
  self->tags = latent_file_tags_new ();
  self->rows = g_array_new (FALSE, FALSE, sizeof (LatentFileRow));
  self->table = g_byte_array_new ();
  self->body = g_byte_array_new ();
  g_queue_init (&self->outputs);
  latent_file_index_init (&self->index);
  return self;
}

LatentFileWriter *
latent_file_writer_ref (LatentFileWriter *self)
{
  g_atomic_int_inc (&self->refs);
  return self;
}

static void
free_output (gpointer item)
{
  Output *self = item;

  g_bytes_unref (self->bytes);
  g_free (self);
}

void
latent_file_writer_unref (LatentFileWriter *self)
{
  if (!g_atomic_int_dec_and_test (&self->refs))
    return;
  g_array_unref (self->streams);
  g_array_unref (self->tags);
  g_array_unref (self->rows);
  g_byte_array_unref (self->table);
  g_byte_array_unref (self->body);
  g_queue_clear_full (&self->outputs, free_output);
  latent_file_index_clear (&self->index);
  g_free (self);
}

void
latent_file_writer_set_block_duration (LatentFileWriter *self, guint64 duration)
{
  self->block_duration = duration;
}

static gboolean
refuse (GError **error, LatentError code, const char *what)
{
  g_set_error (error, LATENT_ERROR, code, "a .lat file: %s", what);
  return FALSE;
}

static void
put_bytes (LatentFileWriter *self, GByteArray *bytes, const LatentFilePiece *piece)
{
  Output *output = g_new0 (Output, 1);

  self->offset += bytes->len;
  output->piece = *piece;
  output->bytes = g_byte_array_free_to_bytes (bytes);
  g_queue_push_tail (&self->outputs, output);
}

static void
put_chunk (LatentFileWriter *self, LatentChunkType type, const GByteArray *head,
    const GByteArray *body, const LatentFilePiece *piece)
{
  GByteArray *bytes = g_byte_array_new ();

  latent_chunk_put (bytes, type, self->number++, self->id, head, body);
  put_bytes (self, bytes, piece);
}

/* Notes where a chunk of tags or a model will be, if that is behind packets. */
static void
note_late (LatentFileWriter *self)
{
  if (self->index.entries->len > 0 && self->index.late->len < LATENT_LIMIT_LATE_CHUNKS)
    g_array_append_val (self->index.late, self->offset);
}

static void
put_tags (LatentFileWriter *self)
{
  const LatentFilePiece piece = {.is_header = self->index.duration == 0};
  g_autoptr (GByteArray) body = g_byte_array_new ();

  if (self->tags->len == 0)
    return;
  for (guint i = 0; i < self->tags->len; i++)
    latent_file_tag_put (body, &g_array_index (self->tags, LatentFileTag, i));
  note_late (self);
  put_chunk (self, LATENT_CHUNK_TAGS, NULL, body, &piece);
  g_array_set_size (self->tags, 0);
  self->tag_bytes = 0;
}

/* The file's header, the streams, the tags that are known. */
static void
begin (LatentFileWriter *self)
{
  const LatentFilePiece piece = {.is_header = TRUE};
  g_autoptr (GByteArray) head = g_byte_array_new ();
  g_autoptr (GByteArray) body = g_byte_array_new ();
  GByteArray *header;

  if (self->has_begun)
    return;
  self->has_begun = TRUE;
  header = g_byte_array_new ();
  latent_file_header_put (header, self->id);
  put_bytes (self, header, &piece);
  latent_file_streams_put (head, body, self->id, self->streams);
  put_chunk (self, LATENT_CHUNK_STREAMS, head, body, &piece);
  put_tags (self);
}

gboolean
latent_file_writer_add_stream (LatentFileWriter *self, LatentMediaKind kind, const guint8 *header,
    gsize size, guint64 duration, GError **error)
{
  LatentFileStream stream = {.kind = kind, .duration = duration};
  const guint n = self->streams->len;

  if (self->has_begun)
    return refuse (error, LATENT_ERROR_SETTINGS, "a stream is added after the first packet");
  if (n >= LATENT_LIMIT_STREAMS)
    return refuse (error, LATENT_ERROR_LIMIT, "it can have 16 streams at most");
  if (size < 1 || size > LATENT_LIMIT_HEADER_BYTES)
    return refuse (error, LATENT_ERROR_LIMIT, "a sequence header is of 1 to 4096 bytes");
  if (kind != LATENT_MEDIA_VIDEO && kind != LATENT_MEDIA_AUDIO)
    return refuse (error, LATENT_ERROR_SETTINGS, "a stream is video or audio");
  if (duration >= LATENT_LIMIT_TIME)
    return refuse (error, LATENT_ERROR_LIMIT, "packets would last for ever");
  stream.header = g_bytes_new (header, size);
  g_array_append_val (self->streams, stream);
  self->durations[n] = duration;
  if (kind == LATENT_MEDIA_VIDEO &&
      g_array_index (self->streams, LatentFileStream, self->lead).kind != LATENT_MEDIA_VIDEO)
    self->lead = n;
  return TRUE;
}

gboolean
latent_file_writer_add_tag (
    LatentFileWriter *self, guint stream, const char *key, const char *value, GError **error)
{
  LatentFileTag tag = {stream, key, value};
  guint bytes;

  if (self->is_done)
    return refuse (error, LATENT_ERROR_SETTINGS, "a tag is added after its end");
  if (!latent_file_tag_check (&tag, self->streams->len, error))
    return FALSE;
  bytes = (guint)(strlen (key) + strlen (value) + 16);
  if (self->tag_bytes + bytes > LATENT_LIMIT_TAG_BYTES || self->tags->len >= LATENT_LIMIT_TAGS)
    return refuse (error, LATENT_ERROR_LIMIT, "too many tags at once, or too long");
  tag.key = g_strdup (key);
  tag.value = g_strdup (value);
  self->tag_bytes += bytes;
  g_array_append_val (self->tags, tag);
  return TRUE;
}

/* What is in the block at work goes out. */
static void
put_block (LatentFileWriter *self)
{
  LatentFilePiece piece = {.has_packets = TRUE};

  if (self->rows->len == 0)
    return;
  piece.pts = g_array_index (self->rows, LatentFileRow, 0).packet.pts;
  for (guint i = 0; i < self->rows->len; i++) {
    const LatentFilePacket *packet = &g_array_index (self->rows, LatentFileRow, i).packet;
    StreamState *state = &self->states[packet->stream];
    LatentFileEntry entry = {self->offset, packet->pts, packet->stream};
    piece.end = MAX (piece.end, packet->pts + packet->duration);
    if (!packet->key || state->has_key)
      continue;
    state->has_key = TRUE;
    piece.is_key |= packet->stream == self->lead;
    latent_file_index_add (&self->index, &entry);
  }
  self->index.duration = MAX (self->index.duration, piece.end);
  put_chunk (self, LATENT_CHUNK_PACKETS, self->table, self->body, &piece);
  for (guint i = 0; i < self->streams->len; i++)
    self->states[i].has_key = FALSE;
  g_array_set_size (self->rows, 0);
  g_byte_array_set_size (self->table, 0);
  g_byte_array_set_size (self->body, 0);
}

gboolean
latent_file_writer_add_model (LatentFileWriter *self, guint stream, GBytes *bytes, GError **error)
{
  const LatentFilePiece piece = {0};
  g_autoptr (GByteArray) head = g_byte_array_new ();
  g_autoptr (GByteArray) body = NULL;
  guint8 hash[LATENT_FILE_HASH_BYTES];
  StreamState *state;
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  if (self->is_done || stream >= self->streams->len)
    return refuse (error, LATENT_ERROR_SETTINGS, "a model of a stream that it does not have");
  if (size < 1 || size > LATENT_LIMIT_EMBEDDED_BYTES)
    return refuse (error, LATENT_ERROR_LIMIT, "a model within is of 1 byte to 64 MiB");
  state = &self->states[stream];
  latent_file_hash (data, size, hash);
  if (state->has_hash && memcmp (state->hash, hash, sizeof hash) == 0)
    return TRUE;
  state->has_hash = TRUE;
  memcpy (state->hash, hash, sizeof hash);
  begin (self);
  put_block (self);
  note_late (self);
  latent_file_model_put (head, stream, hash);
  body = g_byte_array_sized_new ((guint)size);
  g_byte_array_append (body, data, (guint)size);
  put_chunk (self, LATENT_CHUNK_MODEL, head, body, &piece);
  return TRUE;
}

static gboolean
check_packet (
    const LatentFileWriter *self, const LatentFilePacket *packet, gsize size, GError **error)
{
  if (self->is_done || packet->stream >= self->streams->len)
    return refuse (error, LATENT_ERROR_SETTINGS, "a packet of a stream that it does not have");
  if (size < 1 || size > LATENT_LIMIT_PACKET_BYTES)
    return refuse (error, LATENT_ERROR_LIMIT, "a packet is of 1 byte to 16 MiB");
  if (packet->pts >= LATENT_LIMIT_TIME || packet->duration >= LATENT_LIMIT_TIME)
    return refuse (error, LATENT_ERROR_LIMIT, "a packet is out of time");
  if (packet->pts < self->states[packet->stream].pts)
    return refuse (
        error, LATENT_ERROR_SETTINGS, "a packet begins before the last one of its stream");
  return TRUE;
}

/* Whether a packet must not go into the block at work. */
static gboolean
wants_new_block (const LatentFileWriter *self, const LatentFilePacket *packet, gsize size)
{
  const LatentFileStream *lead = &g_array_index (self->streams, LatentFileStream, self->lead);
  const LatentFilePacket *first;

  if (self->rows->len == 0)
    return FALSE;
  first = &g_array_index (self->rows, LatentFileRow, 0).packet;
  if (lead->kind == LATENT_MEDIA_VIDEO && packet->stream == self->lead && packet->key &&
      !(first->stream == self->lead && first->key))
    return TRUE;
  return self->body->len + size > LATENT_LIMIT_BLOCK_BYTES || self->tags->len > 0 ||
         packet->pts >= first->pts + self->block_duration;
}

gboolean
latent_file_writer_add_packet (LatentFileWriter *self, const LatentFilePacket *packet,
    const guint8 *data, gsize size, GError **error)
{
  const LatentFileRow row = {*packet, (guint)size};

  if (!check_packet (self, packet, size, error))
    return FALSE;
  begin (self);
  if (wants_new_block (self, packet, size))
    put_block (self);
  put_tags (self);
  latent_file_row_put (self->table, self->rows, &row, self->durations);
  g_array_append_val (self->rows, row);
  g_byte_array_append (self->body, data, (guint)size);
  self->states[packet->stream].pts = packet->pts;
  if (self->body->len >= BLOCK_BYTES || self->rows->len >= BLOCK_PACKETS ||
      self->block_duration == 0)
    put_block (self);
  return TRUE;
}

void
latent_file_writer_flush (LatentFileWriter *self)
{
  put_block (self);
}

void
latent_file_writer_finish (LatentFileWriter *self)
{
  const LatentFilePiece piece = {0};
  g_autoptr (GByteArray) body = g_byte_array_new ();
  g_autoptr (GByteArray) head = g_byte_array_new ();

  if (self->is_done || self->streams->len == 0)
    return;
  begin (self);
  put_block (self);
  put_tags (self);
  self->is_done = TRUE;
  latent_file_put_u64 (head, self->offset);
  latent_file_index_put (&self->index, body);
  put_chunk (self, LATENT_CHUNK_INDEX, NULL, body, &piece);
  put_chunk (self, LATENT_CHUNK_TRAILER, head, NULL, &piece);
}

GBytes *
latent_file_writer_take (LatentFileWriter *self, LatentFilePiece *piece)
{
  g_autofree Output *output = g_queue_pop_head (&self->outputs);

  if (!output)
    return NULL;
  if (piece)
    *piece = output->piece;
  return output->bytes;
}
