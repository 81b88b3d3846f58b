/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/file-private.h"

#include <latent/error.h>

/* The file's header, and what chunks say that hold no packets. */

LatentFileResult
latent_file_parser_do_header (LatentFileParser *self, LatentFileEvent *event, GError **error)
{
  gsize left = latent_file_parser_get_left (self);

  if (left < LATENT_FILE_HEADER_BYTES && !self->ended)
    return latent_file_parser_want (self, LATENT_FILE_HEADER_BYTES);
  if (!latent_file_header_get (
          self->bytes->data, MIN (left, LATENT_FILE_HEADER_BYTES), &self->id, &self->has_id, error))
    return LATENT_FILE_ERROR;
  if (!self->has_id)
    latent_file_parser_note_damage (self, "the file's header is damaged");
  self->pos += MIN (left, LATENT_FILE_HEADER_BYTES);
  self->phase = LATENT_FILE_PHASE_FRONT;
  return LATENT_FILE_AGAIN;
}

static LatentFileResult
fail (GError **error, const char *what)
{
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "the .lat file %s", what);
  return LATENT_FILE_ERROR;
}

static LatentFileResult
take_streams (LatentFileParser *self, const LatentChunk *chunk, const guint8 *body, GError **error)
{
  guint32 id = 0;

  if (self->streams->len > 0) { /* another file's */
    latent_file_parser_note_damage (self, "another file begins here");
    return LATENT_FILE_AGAIN;
  }
  if (!latent_file_streams_get (self->streams, &id, chunk, body, error))
    return LATENT_FILE_ERROR;
  if (self->has_id && self->id != id)
    return fail (error, "has another file's streams");
  self->id = id;
  self->has_id = TRUE;
  for (guint i = 0; i < self->streams->len; i++)
    self->durations[i] = g_array_index (self->streams, LatentFileStream, i).duration;
  return LATENT_FILE_AGAIN;
}

static LatentFileResult
take_body (LatentFileParser *self, const LatentChunk *chunk, const guint8 *body,
    LatentFileEvent *event, GError **error)
{
  switch (chunk->type) {
  case LATENT_CHUNK_STREAMS:
    return take_streams (self, chunk, body, error);
  case LATENT_CHUNK_TAGS:
    if (!latent_file_tags_get (self->tags, self->streams->len, chunk, body))
      latent_file_parser_note_damage (self, "tags are not what they should be");
    return LATENT_FILE_TAGS;
  case LATENT_CHUNK_MODEL:
    if (!latent_file_model_get (&event->packet.stream, self->streams->len, chunk, body)) {
      latent_file_parser_note_damage (self, "a model's hash is not that of its bytes");
      return LATENT_FILE_AGAIN;
    }
    self->given = g_bytes_new (body, chunk->body_size);
    event->bytes = self->given;
    event->offset = latent_file_parser_get_offset (self);
    return LATENT_FILE_MODEL;
  default:
    return LATENT_FILE_AGAIN; /* for who knows more */
  }
}

LatentFileResult
latent_file_parser_take_part (
    LatentFileParser *self, const LatentChunk *chunk, LatentFileEvent *event, GError **error)
{
  const guint8 *body;
  LatentFileResult result = latent_file_parser_load_body (self, chunk, &body);

  if (result == LATENT_FILE_MORE)
    return result;
  if (result == LATENT_FILE_END) {
    latent_file_parser_note_damage (self, "bytes of a block are not those that were written");
    self->pos += LATENT_CHUNK_FRONT_BYTES; /* another may begin within */
    return LATENT_FILE_AGAIN;
  }
  result = take_body (self, chunk, body, event, error);
  latent_file_parser_skip (self, chunk);
  return result;
}

LatentFileResult
latent_file_parser_do_front (LatentFileParser *self, LatentFileEvent *event, GError **error)
{
  LatentChunk chunk;
  LatentFileResult result = latent_file_parser_find (self, &chunk, event);
  gboolean has_streams = self->streams->len > 0;

  if (result == LATENT_FILE_MORE || result == LATENT_FILE_DAMAGE)
    return result;
  if (result == LATENT_FILE_END || (chunk.type != LATENT_CHUNK_STREAMS && !has_streams)) {
    if (!has_streams)
      return fail (error, "has no sound headers of streams");
  } else if (chunk.type < LATENT_CHUNK_PACKETS || chunk.type > LATENT_CHUNK_TRAILER) {
    result = latent_file_parser_take_part (self, &chunk, event, error);
    if (result != LATENT_FILE_MORE) {
      self->has_number = TRUE;
      self->number = chunk.number + 1;
    }
    return result;
  }
  self->begin = self->scanned = latent_file_parser_get_offset (self);
  self->phase = self->size > 0 ? LATENT_FILE_PHASE_TRAILER : LATENT_FILE_PHASE_TURN;
  return LATENT_FILE_AGAIN;
}
