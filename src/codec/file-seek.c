/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/file-private.h"

/* What is read out of turn: the trailer and the index, or the heads of all blocks where there is
 * none; and where a seek ends. */

/* Blocks whose heads are looked at before the first packet to know the duration of a file without
 * an index: some hours. */
#define SCAN_BLOCKS 65536

#define TRAILER_BYTES (LATENT_CHUNK_FRONT_BYTES + 8)

/* A chunk of that type where the parser stands, and nowhere behind. AGAIN, MORE, or END. */
static LatentFileResult
look_at (LatentFileParser *self, LatentChunkType type, LatentChunk *chunk, const guint8 **body)
{
  gsize left = latent_file_parser_get_left (self), need = LATENT_CHUNK_FRONT_BYTES;
  LatentChunkState state = LATENT_CHUNK_SHORT;

  if (left > 0)
    state = latent_chunk_get (chunk, self->bytes->data + self->pos, left, self->id, &need);
  if (state == LATENT_CHUNK_SHORT && !self->ended)
    return latent_file_parser_want (self, need);
  if (state != LATENT_CHUNK_SOUND || chunk->type != type)
    return LATENT_FILE_END;
  return latent_file_parser_load_body (self, chunk, body);
}

LatentFileResult
latent_file_parser_begin_scan (LatentFileParser *self)
{
  self->n_scanned = 0;
  self->phase = LATENT_FILE_PHASE_SCAN;
  latent_file_parser_jump (self, self->scanned);
  return LATENT_FILE_AGAIN;
}

LatentFileResult
latent_file_parser_do_trailer (LatentFileParser *self, LatentFileEvent *event, GError **error)
{
  LatentFileResult result;
  LatentChunk chunk;
  LatentReader reader;
  const guint8 *body;
  guint64 offset;

  self->has_looked = TRUE;
  if (self->size < self->begin + TRAILER_BYTES)
    return latent_file_parser_begin_scan (self);
  if (latent_file_parser_get_offset (self) != self->size - TRAILER_BYTES)
    latent_file_parser_jump (self, self->size - TRAILER_BYTES);
  result = look_at (self, LATENT_CHUNK_TRAILER, &chunk, &body);
  if (result == LATENT_FILE_MORE)
    return result;
  if (result == LATENT_FILE_END)
    return latent_file_parser_begin_scan (self);
  latent_reader_init (&reader, chunk.head, chunk.head_size);
  offset = latent_reader_get_u64le (&reader);
  if (reader.failed || offset < self->begin || offset >= self->size)
    return latent_file_parser_begin_scan (self);
  self->phase = LATENT_FILE_PHASE_INDEX;
  latent_file_parser_jump (self, offset);
  return LATENT_FILE_AGAIN;
}

LatentFileResult
latent_file_parser_do_index (LatentFileParser *self, LatentFileEvent *event, GError **error)
{
  LatentChunk chunk;
  const guint8 *body;
  LatentFileResult result = look_at (self, LATENT_CHUNK_INDEX, &chunk, &body);

  if (result == LATENT_FILE_MORE)
    return result;
  if (result == LATENT_FILE_END ||
      !latent_file_index_get (&self->index, self->streams->len,
          latent_file_parser_get_offset (self), body, chunk.body_size)) {
    self->scanned = self->begin; /* what was noted in passing is gone */
    self->scan_number = 0;
    return latent_file_parser_begin_scan (self);
  }
  self->has_index = TRUE;
  self->next_late = 0;
  self->phase = self->is_ready ? LATENT_FILE_PHASE_TURN : LATENT_FILE_PHASE_LATE;
  return LATENT_FILE_AGAIN;
}

LatentFileResult
latent_file_parser_do_late (LatentFileParser *self, LatentFileEvent *event, GError **error)
{
  LatentFileResult result;
  LatentChunk chunk;
  const guint8 *body;
  guint64 offset;

  if (self->next_late >= self->index.late->len) {
    self->has_late = TRUE;
    self->phase = LATENT_FILE_PHASE_TURN;
    return LATENT_FILE_AGAIN;
  }
  offset = g_array_index (self->index.late, guint64, self->next_late);
  if (latent_file_parser_get_offset (self) != offset)
    latent_file_parser_jump (self, offset);
  result = look_at (self, LATENT_CHUNK_TAGS, &chunk, &body);
  if (result == LATENT_FILE_END)
    result = look_at (self, LATENT_CHUNK_MODEL, &chunk, &body);
  if (result == LATENT_FILE_MORE)
    return result;
  self->next_late++;
  if (result == LATENT_FILE_END)
    return LATENT_FILE_AGAIN;
  return latent_file_parser_take_part (self, &chunk, event, NULL);
}

/* Whether the heads that were looked at tell where the seek ends. */
static gboolean
has_seen_enough (const LatentFileParser *self)
{
  const LatentFileEntry *entry;

  if (!self->is_seeking)
    return self->n_scanned >= SCAN_BLOCKS;
  entry = latent_file_index_find (
      &self->index, self->seek_stream, self->seek_time, LATENT_FILE_SNAP_AFTER);
  return entry && entry->time > self->seek_time;
}

static LatentFileResult
end_scan (LatentFileParser *self, gboolean is_whole)
{
  self->has_index |= is_whole;
  self->is_damaged = FALSE; /* it is met again, and told then */
  self->phase = LATENT_FILE_PHASE_TURN;
  return LATENT_FILE_AGAIN;
}

LatentFileResult
latent_file_parser_do_scan (LatentFileParser *self, LatentFileEvent *event, GError **error)
{
  LatentChunk chunk;
  LatentFileResult result;

  if (self->n_scanned % 64 == 0 && has_seen_enough (self))
    return end_scan (self, FALSE);
  result = latent_file_parser_find (self, &chunk, event);
  if (result == LATENT_FILE_DAMAGE)
    return LATENT_FILE_AGAIN;
  if (result == LATENT_FILE_END)
    return end_scan (self, TRUE);
  if (result != LATENT_FILE_AGAIN)
    return result;
  self->n_scanned++;
  if (chunk.type == LATENT_CHUNK_TRAILER)
    return end_scan (self, TRUE);
  if (chunk.type == LATENT_CHUNK_PACKETS)
    latent_file_parser_note_block (self, &chunk);
  latent_file_parser_drop_block (self);
  latent_file_parser_skip (self, &chunk);
  return LATENT_FILE_AGAIN;
}

/* Where the packets of the seek begin. */
static guint64
settle_seek (LatentFileParser *self, guint64 *time)
{
  const LatentFileEntry *lead = latent_file_index_find (
      &self->index, self->seek_stream, self->seek_time, self->seek_snap);
  guint64 offset = lead ? lead->offset : self->begin;

  *time = lead ? lead->time : 0;
  for (guint i = 0; i < self->streams->len; i++) {
    const LatentFileEntry *entry = i == self->seek_stream ? lead
                                                          : latent_file_index_find (&self->index, i,
                                                                *time, LATENT_FILE_SNAP_BEFORE);
    self->start[i] = entry ? MIN (entry->time, *time) : 0;
    self->discont[i] = TRUE;
    if (entry)
      offset = MIN (offset, entry->offset);
  }
  return offset;
}

LatentFileResult
latent_file_parser_do_turn (LatentFileParser *self, LatentFileEvent *event, GError **error)
{
  gboolean was_ready = self->is_ready;

  self->phase = LATENT_FILE_PHASE_PLAY;
  self->is_ready = TRUE;
  if (!self->is_seeking) {
    latent_file_parser_jump (self, self->begin);
    return was_ready ? LATENT_FILE_AGAIN : LATENT_FILE_READY;
  }
  self->is_seeking = FALSE;
  self->has_number = FALSE;
  self->number = 0;
  latent_file_parser_jump (self, settle_seek (self, &event->packet.pts));
  event->packet.stream = self->seek_stream;
  event->offset = latent_file_parser_get_offset (self);
  return LATENT_FILE_SEEKED;
}
