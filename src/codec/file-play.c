/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/file-private.h"

#include <latent/codec.h>

/* Blocks of packets, in order. */

void
latent_file_parser_drop_block (LatentFileParser *self)
{
  g_array_set_size (self->rows, 0);
  g_clear_pointer (&self->body, g_bytes_unref);
  self->next_row = 0;
  self->row_pos = 0;
}

gboolean
latent_file_parser_note_block (LatentFileParser *self, const LatentChunk *chunk)
{
  guint64 offset = latent_file_parser_get_offset (self);
  gboolean has_key[LATENT_LIMIT_STREAMS] = {FALSE};

  if (!latent_file_rows_get (self->rows, chunk->head, chunk->head_size, self->streams->len,
          self->durations, chunk->body_size)) {
    g_array_set_size (self->rows, 0);
    return FALSE;
  }
  if (self->has_index || offset < self->scanned || chunk->number < self->scan_number)
    return TRUE;
  for (guint i = 0; i < self->rows->len; i++) {
    const LatentFilePacket *packet = &g_array_index (self->rows, LatentFileRow, i).packet;
    LatentFileEntry entry = {offset, packet->pts, packet->stream};
    self->index.duration = MAX (self->index.duration, packet->pts + packet->duration);
    if (packet->key && !has_key[packet->stream])
      latent_file_index_add (&self->index, &entry);
    has_key[packet->stream] |= packet->key;
  }
  self->scanned = offset + latent_chunk_get_size (chunk);
  self->scan_number = chunk->number + 1;
  return TRUE;
}

/* The next packet that is wanted of the block that is given out; AGAIN: there is none. */
static LatentFileResult
give_packet (LatentFileParser *self, LatentFileEvent *event)
{
  while (self->next_row < self->rows->len) {
    const LatentFileRow *row = &g_array_index (self->rows, LatentFileRow, self->next_row++);
    const guint stream = row->packet.stream;
    gsize begin = self->row_pos, size;
    const guint8 *data = g_bytes_get_data (self->body, &size);
    LatentPacketInfo info;

    self->row_pos += row->size;
    if (row->packet.pts < self->start[stream])
      continue;
    if (self->is_doubtful && (self->row_pos > size || !latent_packet_info_parse (
                                                          &info, data + begin, row->size, NULL))) {
      self->discont[stream] = TRUE;
      continue;
    }
    event->packet = row->packet;
    event->packet.discont |= self->discont[stream];
    event->offset = self->block;
    event->bytes = self->given = g_bytes_new_from_bytes (self->body, begin, row->size);
    self->discont[stream] = FALSE;
    self->has_given = TRUE;
    return LATENT_FILE_PACKET;
  }
  latent_file_parser_drop_block (self);
  return LATENT_FILE_AGAIN;
}

/* A block whose body is not what was written may have packets that are, as the last one of a file
 * whose writer died has: those are found by their own checksums. Another block may begin within. */
static LatentFileResult
take_block (LatentFileParser *self, const LatentChunk *chunk)
{
  const guint8 *body;
  LatentFileResult result = latent_file_parser_load_body (self, chunk, &body);
  gsize size = chunk->body_size;

  if (result == LATENT_FILE_MORE)
    return result;
  latent_file_parser_drop_block (self);
  if (!latent_file_parser_note_block (self, chunk)) {
    latent_file_parser_note_damage (self, "a block's table is not what it should be");
    latent_file_parser_skip (self, chunk);
    return LATENT_FILE_AGAIN;
  }
  self->block = latent_file_parser_get_offset (self);
  self->is_doubtful = result == LATENT_FILE_END;
  if (self->is_doubtful) {
    self->pos += LATENT_CHUNK_FRONT_BYTES + chunk->head_size;
    size = MIN (size, latent_file_parser_get_left (self));
    latent_file_parser_note_damage (self, "packets of a block are not those that were written");
    self->body = g_bytes_new (chunk->head + chunk->head_size, size);
    return LATENT_FILE_AGAIN;
  }
  self->body = g_bytes_new (body, size);
  latent_file_parser_skip (self, chunk);
  return LATENT_FILE_AGAIN;
}

/* Whether the chunk follows on the last one. AGAIN: it does. */
static LatentFileResult
check_number (LatentFileParser *self, const LatentChunk *chunk, LatentFileEvent *event)
{
  guint32 number = self->number;
  gboolean is_known = self->has_number;

  if (chunk->number < number) {
    latent_file_parser_note_damage (self, "a part of the file comes again");
    latent_file_parser_skip (self, chunk);
    return LATENT_FILE_END;
  }
  self->number = chunk->number;
  self->has_number = TRUE;
  if (!is_known || chunk->number == number)
    return LATENT_FILE_AGAIN;
  for (guint i = 0; i < LATENT_LIMIT_STREAMS; i++)
    self->discont[i] = TRUE;
  if (!self->has_given) /* a reader that joined late */
    return LATENT_FILE_AGAIN;
  event->offset = latent_file_parser_get_offset (self);
  event->reason = "blocks are missing before this one";
  return LATENT_FILE_DAMAGE;
}

static gboolean
was_given (const LatentFileParser *self)
{
  guint64 offset = latent_file_parser_get_offset (self);

  for (guint i = 0; self->has_late && i < self->index.late->len; i++) {
    if (g_array_index (self->index.late, guint64, i) == offset)
      return TRUE;
  }
  return FALSE;
}

static LatentFileResult
take_chunk (LatentFileParser *self, const LatentChunk *chunk, LatentFileEvent *event)
{
  switch (chunk->type) {
  case LATENT_CHUNK_PACKETS:
    return take_block (self, chunk);
  case LATENT_CHUNK_TRAILER:
    self->is_whole = TRUE;
    self->has_index |= self->size == 0;
    self->phase = LATENT_FILE_PHASE_DONE;
    break;
  default:
    if (!was_given (self))
      return latent_file_parser_take_part (self, chunk, event, NULL);
  }
  latent_file_parser_skip (self, chunk);
  return LATENT_FILE_AGAIN;
}

LatentFileResult
latent_file_parser_do_play (LatentFileParser *self, LatentFileEvent *event, GError **error)
{
  LatentChunk chunk;
  LatentFileResult result = give_packet (self, event);

  if (result != LATENT_FILE_AGAIN)
    return result;
  result = latent_file_parser_find (self, &chunk, event);
  if (result == LATENT_FILE_END)
    self->phase = LATENT_FILE_PHASE_DONE;
  if (result != LATENT_FILE_AGAIN)
    return result == LATENT_FILE_END ? LATENT_FILE_AGAIN : result;
  result = check_number (self, &chunk, event);
  if (result != LATENT_FILE_AGAIN)
    return result == LATENT_FILE_END ? LATENT_FILE_AGAIN : result;
  result = take_chunk (self, &chunk, event);
  if (result != LATENT_FILE_MORE)
    self->number = chunk.number + 1;
  return result;
}
