/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/file-private.h"

G_DEFINE_BOXED_TYPE (
    LatentFileParser, latent_file_parser, latent_file_parser_ref, latent_file_parser_unref)

LatentFileParser *
latent_file_parser_new (void)
{
  LatentFileParser *self = g_new0 (LatentFileParser, 1);

  self->refs = 1;
  self->bytes = g_byte_array_new ();
  self->streams = latent_file_streams_new ();
  self->tags = latent_file_tags_new ();
  self->rows = g_array_new (FALSE, FALSE, sizeof (LatentFileRow));
  latent_file_index_init (&self->index);
  return self;
}

LatentFileParser *
latent_file_parser_ref (LatentFileParser *self)
{
  g_atomic_int_inc (&self->refs);
  return self;
}

void
latent_file_parser_unref (LatentFileParser *self)
{
  if (!g_atomic_int_dec_and_test (&self->refs))
    return;
  g_byte_array_unref (self->bytes);
  g_array_unref (self->streams);
  g_array_unref (self->tags);
  g_array_unref (self->rows);
  latent_file_index_clear (&self->index);
  g_clear_pointer (&self->body, g_bytes_unref);
  g_clear_pointer (&self->given, g_bytes_unref);
  g_free (self);
}

void
latent_file_parser_set_size (LatentFileParser *self, guint64 size)
{
  self->size = size;
}

void
latent_file_parser_get_wanted (const LatentFileParser *self, guint64 *offset, gsize *size)
{
  gsize left = latent_file_parser_get_left (self);

  *offset = self->base + self->bytes->len;
  *size = self->need > left ? self->need - left : 0;
}

void
latent_file_parser_push (LatentFileParser *self, guint64 offset, const guint8 *data, gsize size)
{
  if (offset != self->base + self->bytes->len || self->phase == LATENT_FILE_PHASE_DONE)
    return;
  if (self->pos > self->bytes->len / 2) {
    g_byte_array_remove_range (self->bytes, 0, (guint)self->pos);
    self->base += self->pos;
    self->pos = 0;
  }
  g_byte_array_append (self->bytes, data, (guint)size);
}

void
latent_file_parser_end (LatentFileParser *self)
{
  self->ended = TRUE;
}

static LatentFileResult
do_done (LatentFileParser *self, LatentFileEvent *event, GError **error)
{
  const guint64 offset = latent_file_parser_get_offset (self);
  const guint64 end = MAX (self->base + self->bytes->len, self->size);

  event->offset = offset;
  if (self->is_whole && end > offset) {
    event->skipped = end - offset;
    event->reason = "bytes follow on the file's end";
    latent_file_parser_jump (self, end);
    return LATENT_FILE_DAMAGE;
  }
  event->reason = self->is_whole ? NULL : "the file was not finished";
  return LATENT_FILE_END;
}

LatentFileResult
latent_file_parser_next (LatentFileParser *self, LatentFileEvent *event, GError **error)
{
  static LatentFileResult (*const phases[]) (LatentFileParser *, LatentFileEvent *, GError **) = {
      [LATENT_FILE_PHASE_HEADER] = latent_file_parser_do_header,
      [LATENT_FILE_PHASE_FRONT] = latent_file_parser_do_front,
      [LATENT_FILE_PHASE_TRAILER] = latent_file_parser_do_trailer,
      [LATENT_FILE_PHASE_INDEX] = latent_file_parser_do_index,
      [LATENT_FILE_PHASE_LATE] = latent_file_parser_do_late,
      [LATENT_FILE_PHASE_SCAN] = latent_file_parser_do_scan,
      [LATENT_FILE_PHASE_TURN] = latent_file_parser_do_turn,
      [LATENT_FILE_PHASE_PLAY] = latent_file_parser_do_play,
      [LATENT_FILE_PHASE_DONE] = do_done,
  };
  LatentFileResult result;

  g_clear_pointer (&self->given, g_bytes_unref);
  *event = (LatentFileEvent){0};
  self->need = 0;
  do {
    result = phases[self->phase](self, event, error);
  } while (result == LATENT_FILE_AGAIN);
  return result;
}

gboolean
latent_file_parser_seek (LatentFileParser *self, guint stream, guint64 time, LatentFileSnap snap)
{
  gboolean is_known = self->has_index || time <= self->index.duration;

  if (!self->is_ready || stream >= self->streams->len || (!is_known && self->size == 0))
    return FALSE;
  self->is_seeking = TRUE;
  self->seek_stream = stream;
  self->seek_time = time;
  self->seek_snap = snap;
  self->is_damaged = FALSE;
  self->is_whole = FALSE;
  latent_file_parser_drop_block (self);
  if (self->has_index || self->size == 0)
    self->phase = LATENT_FILE_PHASE_TURN;
  else if (!self->has_looked)
    self->phase = LATENT_FILE_PHASE_TRAILER;
  else
    latent_file_parser_begin_scan (self);
  return TRUE;
}

guint64
latent_file_parser_get_duration (const LatentFileParser *self)
{
  return self->has_index ? self->index.duration : 0;
}

guint
latent_file_parser_get_n_streams (const LatentFileParser *self)
{
  return self->streams->len;
}

LatentMediaKind
latent_file_parser_get_kind (const LatentFileParser *self, guint stream)
{
  g_return_val_if_fail (stream < self->streams->len, LATENT_MEDIA_VECTOR);
  return g_array_index (self->streams, LatentFileStream, stream).kind;
}

GBytes *
latent_file_parser_get_header (const LatentFileParser *self, guint stream)
{
  g_return_val_if_fail (stream < self->streams->len, NULL);
  return g_array_index (self->streams, LatentFileStream, stream).header;
}

const LatentFileTag *
latent_file_parser_get_tags (const LatentFileParser *self, guint *n)
{
  *n = self->tags->len;
  return (const LatentFileTag *)self->tags->data;
}
