/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/check/gstcheck.h>
#include <latent/file.h>

/* A small .lat file of two streams, and what came out of a parser. */

#define FILE_CASE_SECOND G_GUINT64_CONSTANT (1000000000)
#define FILE_CASE_STEP   (FILE_CASE_SECOND / 10) /* from packet to packet of each stream */
#define FILE_CASE_FRAMES 20                      /* of each stream: video and audio in turn */
#define FILE_CASE_KEYS   5                       /* frames from a key packet of video to the next */

typedef struct {
  LatentFilePacket packet;
  GBytes *bytes;
} FileCasePacket;

/* How a parser is fed. */
typedef enum {
  FILE_CASE_WHOLE,  /* in order, all at once */
  FILE_CASE_BYTES,  /* in order, byte by byte */
  FILE_CASE_SEEKED, /* from where it wants */
  FILE_CASE_N_FEEDS,
} FileCaseFeed;

typedef struct {
  LatentFileParser *parser;
  FileCaseFeed feed;
  const guint8 *data; /* borrowed */
  gsize size;
  GArray *packets; /* FileCasePacket */
  guint n_damages;
  guint n_models;
  gboolean is_whole; /* the end had no reason */
  gboolean is_ready;
  GError *error;
} FileCaseRun;

/* The bytes of packet `frame` of a stream: a real packet, so that it proves itself. */
GBytes *file_case_packet (guint stream, guint frame);
LatentFilePacket file_case_describe (guint stream, guint frame);
/* A file; frames: of each stream. */
GByteArray *file_case_write (guint32 id, guint frames, gboolean finish);
void file_case_take (LatentFileWriter *writer, GByteArray *file);

void file_case_run_init (FileCaseRun *self, FileCaseFeed feed, const guint8 *data, gsize size);
void file_case_run_clear (FileCaseRun *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (FileCaseRun, file_case_run_clear)
/* Until the end, an error, or a seek is done, whose time it returns. */
guint64 file_case_run (FileCaseRun *self);

static inline const FileCasePacket *
file_case_get (const FileCaseRun *self, guint i)
{
  return &g_array_index (self->packets, FileCasePacket, i);
}
