/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/file-case.h"

#include <string.h>

#include "src/codec/packet.h"

GBytes *
file_case_packet (guint stream, guint frame)
{
  LatentPacketInfo info = {.key = frame % FILE_CASE_KEYS == 0, .quality = 40, .number = frame};
  guint8 body[24], packet[64];
  LatentSlice slice = {body, 8 + frame % 16};

  for (guint i = 0; i < sizeof body; i++)
    body[i] = (guint8)(i * 31 + frame * 7 + stream * 101);
  return g_bytes_new (packet, latent_packet_put (&info, FALSE, 1, &slice, packet));
}

LatentFilePacket
file_case_describe (guint stream, guint frame)
{
  return (LatentFilePacket){.stream = stream,
      .pts = frame * FILE_CASE_STEP,
      .duration = FILE_CASE_STEP,
      .key = stream == 1 || frame % FILE_CASE_KEYS == 0};
}

void
file_case_take (LatentFileWriter *writer, GByteArray *file)
{
  GBytes *bytes;

  while ((bytes = latent_file_writer_take (writer, NULL)) != NULL) {
    gsize size;
    const guint8 *data = g_bytes_get_data (bytes, &size);
    g_byte_array_append (file, data, (guint)size);
    g_bytes_unref (bytes);
  }
}

GByteArray *
file_case_write (guint32 id, guint frames, gboolean finish)
{
  g_autoptr (LatentFileWriter) writer = latent_file_writer_new (id);
  GByteArray *file = g_byte_array_new ();

  latent_file_writer_set_block_duration (writer, 3 * FILE_CASE_STEP);
  g_assert_true (latent_file_writer_add_stream (
      writer, LATENT_MEDIA_VIDEO, (const guint8 *)"video", 5, FILE_CASE_STEP, NULL));
  g_assert_true (latent_file_writer_add_stream (
      writer, LATENT_MEDIA_AUDIO, (const guint8 *)"audio!", 6, 0, NULL));
  g_assert_true (
      latent_file_writer_add_tag (writer, LATENT_FILE_WHOLE, "title", "Stra\303\237e", NULL));
  g_assert_true (latent_file_writer_add_tag (writer, 1, "artist", "Nobody", NULL));
  for (guint i = 0; i < frames * 2; i++) {
    const LatentFilePacket packet = file_case_describe (i % 2, i / 2);
    g_autoptr (GBytes) bytes = file_case_packet (i % 2, i / 2);
    gsize size;
    const guint8 *data = g_bytes_get_data (bytes, &size);
    g_assert_true (latent_file_writer_add_packet (writer, &packet, data, size, NULL));
  }
  if (finish)
    latent_file_writer_finish (writer);
  else
    latent_file_writer_flush (writer);
  file_case_take (writer, file);
  return file;
}

static void
clear_packet (gpointer item)
{
  g_bytes_unref (((FileCasePacket *)item)->bytes);
}

void
file_case_run_init (FileCaseRun *self, FileCaseFeed feed, const guint8 *data, gsize size)
{
  *self = (FileCaseRun){.feed = feed, .data = data, .size = size};
  self->parser = latent_file_parser_new ();
  self->packets = g_array_new (FALSE, FALSE, sizeof (FileCasePacket));
  g_array_set_clear_func (self->packets, clear_packet);
  if (feed == FILE_CASE_SEEKED)
    latent_file_parser_set_size (self->parser, size);
}

void
file_case_run_clear (FileCaseRun *self)
{
  latent_file_parser_unref (self->parser);
  g_array_unref (self->packets);
  g_clear_error (&self->error);
}

static void
feed (FileCaseRun *self)
{
  guint64 offset;
  gsize wanted, given;

  latent_file_parser_get_wanted (self->parser, &offset, &wanted);
  g_assert_cmpuint (wanted, >, 0);
  g_assert_true (self->feed == FILE_CASE_SEEKED || offset <= self->size);
  given = self->feed == FILE_CASE_WHOLE ? self->size : self->feed == FILE_CASE_BYTES ? 1 : wanted;
  given = MIN (given, self->size - MIN (offset, self->size));
  if (given > 0)
    latent_file_parser_push (self->parser, offset, self->data + offset, given);
  else
    latent_file_parser_end (self->parser);
}

guint64
file_case_run (FileCaseRun *self)
{
  LatentFileEvent event;

  for (;;) {
    FileCasePacket packet;
    switch (latent_file_parser_next (self->parser, &event, &self->error)) {
    case LATENT_FILE_MORE:
      feed (self);
      break;
    case LATENT_FILE_READY:
      g_assert_true (!self->is_ready);
      self->is_ready = TRUE;
      break;
    case LATENT_FILE_PACKET:
      g_assert_true (self->is_ready);
      packet = (FileCasePacket){event.packet, g_bytes_ref (event.bytes)};
      g_array_append_val (self->packets, packet);
      break;
    case LATENT_FILE_DAMAGE:
      g_assert_true (event.reason != NULL);
      self->n_damages++;
      break;
    case LATENT_FILE_SEEKED:
      return event.packet.pts;
    case LATENT_FILE_MODEL:
      self->n_models++;
      break;
    case LATENT_FILE_TAGS:
      break;
    case LATENT_FILE_END:
      self->is_whole = event.reason == NULL;
      return G_MAXUINT64;
    default:
      g_assert_true (self->error != NULL);
      return G_MAXUINT64;
    }
  }
}
