/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/file-private.h"

#include <string.h>

/* Finds chunks in the bytes at hand, and where the file is sound again behind damage. */

guint64
latent_file_parser_get_offset (const LatentFileParser *self)
{
  return self->base + self->pos;
}

gsize
latent_file_parser_get_left (const LatentFileParser *self)
{
  return self->bytes->len - self->pos;
}

LatentFileResult
latent_file_parser_want (LatentFileParser *self, gsize n)
{
  self->need = n;
  return LATENT_FILE_MORE;
}

void
latent_file_parser_jump (LatentFileParser *self, guint64 offset)
{
  self->need = 0;
  if (offset >= self->base && offset - self->base <= self->bytes->len) {
    self->pos = (gsize)(offset - self->base);
    return;
  }
  g_byte_array_set_size (self->bytes, 0);
  self->base = offset;
  self->pos = 0;
  self->ended = FALSE;
}

void
latent_file_parser_skip (LatentFileParser *self, const LatentChunk *chunk)
{
  latent_file_parser_jump (
      self, latent_file_parser_get_offset (self) + latent_chunk_get_size (chunk));
}

void
latent_file_parser_note_damage (LatentFileParser *self, const char *reason)
{
  if (self->is_damaged)
    return;
  self->is_damaged = TRUE;
  self->damage = latent_file_parser_get_offset (self);
  self->reason = reason;
}

static LatentFileResult
tell_damage (LatentFileParser *self, LatentFileEvent *event)
{
  self->is_damaged = FALSE;
  event->offset = self->damage;
  event->skipped = latent_file_parser_get_offset (self) - self->damage;
  event->reason = self->reason;
  if (self->phase == LATENT_FILE_PHASE_SCAN)
    return LATENT_FILE_DAMAGE; /* it is met again */
  self->has_number = FALSE;    /* blocks are missing, of course */
  for (guint i = 0; i < LATENT_LIMIT_STREAMS; i++)
    self->discont[i] = TRUE;
  return LATENT_FILE_DAMAGE;
}

/* Whether a file ends where it is known to end. */
static gboolean
is_at_end (const LatentFileParser *self)
{
  return self->ended || (self->size > 0 && self->base + self->bytes->len >= self->size);
}

static LatentFileResult
find_end (LatentFileParser *self, LatentFileEvent *event)
{
  self->pos = self->bytes->len;
  return self->is_damaged ? tell_damage (self, event) : LATENT_FILE_END;
}

LatentFileResult
latent_file_parser_find (LatentFileParser *self, LatentChunk *chunk, LatentFileEvent *event)
{
  for (;;) {
    const guint8 *data = self->bytes->data + self->pos;
    gsize left = latent_file_parser_get_left (self), need = 0;
    LatentChunkState state = LATENT_CHUNK_SHORT;

    if (left > 0)
      state = latent_chunk_get (chunk, data, left, self->id, &need);
    if (state == LATENT_CHUNK_SOUND)
      return self->is_damaged ? tell_damage (self, event) : LATENT_FILE_AGAIN;
    if (state == LATENT_CHUNK_SHORT && !is_at_end (self))
      return latent_file_parser_want (self, MAX (need, LATENT_CHUNK_FRONT_BYTES));
    if (left == 0)
      return find_end (self, event);
    latent_file_parser_note_damage (
        self, state == LATENT_CHUNK_SHORT ? "the file is cut short" : "no sound block begins here");
    self->pos += latent_chunk_find (data, left, 1);
  }
}

LatentFileResult
latent_file_parser_load_body (LatentFileParser *self, const LatentChunk *chunk, const guint8 **body)
{
  gsize size = latent_chunk_get_size (chunk);
  guint64 rest = self->size - MIN (latent_file_parser_get_offset (self), self->size);

  if (size > latent_file_parser_get_left (self)) {
    if (is_at_end (self))
      return LATENT_FILE_END;
    return latent_file_parser_want (self, self->size > 0 ? (gsize)MIN (size, rest) : size);
  }
  *body = chunk->head + chunk->head_size;
  return latent_chunk_check_body (chunk, *body, self->id) ? LATENT_FILE_AGAIN : LATENT_FILE_END;
}
