/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/file.h>

#include "src/base/limits.h"
#include "src/base/reader.h"
#include "src/codec/file-block.h"
#include "src/codec/file-index.h"
#include "src/codec/file-parts.h"

/* The bytes that a parser holds, and what it does with them next. */

typedef enum {
  LATENT_FILE_PHASE_HEADER,  /* of the file */
  LATENT_FILE_PHASE_FRONT,   /* chunks before the first packets */
  LATENT_FILE_PHASE_TRAILER, /* looks where the index is */
  LATENT_FILE_PHASE_INDEX,
  LATENT_FILE_PHASE_LATE, /* chunks that the index names */
  LATENT_FILE_PHASE_SCAN, /* there is no index: heads of blocks alone */
  LATENT_FILE_PHASE_TURN, /* all is known that was looked for: to where packets are wanted */
  LATENT_FILE_PHASE_PLAY,
  LATENT_FILE_PHASE_DONE,
} LatentFilePhase;

struct _LatentFileParser {
  gint refs;
  LatentFilePhase phase;

  GByteArray *bytes; /* at hand */
  guint64 base;      /* offset in the file of the first of them */
  gsize pos;         /* of the next to be looked at, in `bytes` */
  gsize need;        /* so many are wanted from `pos` on */
  gboolean ended;    /* there are none behind `bytes` */
  guint64 size;      /* of the file where bytes can be had from anywhere, else 0 */

  gboolean has_id;
  guint32 id;
  GArray *streams;
  GArray *tags;
  guint64 durations[LATENT_LIMIT_STREAMS];

  gboolean is_ready; /* LATENT_FILE_READY was given */
  guint64 begin;     /* offset of what follows on the front */
  LatentFileIndex index;
  gboolean has_index;  /* of the whole file */
  gboolean has_late;   /* what it names was given already */
  gboolean has_looked; /* for a trailer */
  guint64 scanned;     /* else it is of the file up to here */
  guint32 scan_number; /* chunks before this one are in it */
  guint n_scanned;     /* chunks of this scan */
  guint next_late;

  gboolean has_given;  /* a packet, ever */
  gboolean has_number; /* whether the next chunk's is known, or just that it is no less */
  guint32 number;
  gboolean is_whole; /* the trailer was seen */

  gboolean is_damaged; /* from here on, and not told yet */
  guint64 damage;
  const char *reason;

  GArray *rows; /* of the block that is given out */
  guint next_row;
  gsize row_pos;
  GBytes *body;
  guint64 block;        /* its offset */
  gboolean is_doubtful; /* only packets that prove themselves are given */
  gboolean discont[LATENT_LIMIT_STREAMS];
  guint64 start[LATENT_LIMIT_STREAMS]; /* packets before this time are not wanted */

  gboolean is_seeking;
  guint seek_stream;
  guint64 seek_time;
  LatentFileSnap seek_snap;

  GBytes *given; /* the last event's */
};

/* Found nothing that the caller must hear of. */
#define LATENT_FILE_AGAIN ((LatentFileResult)-1)

guint64 latent_file_parser_get_offset (const LatentFileParser *self);
gsize latent_file_parser_get_left (const LatentFileParser *self);
/* Asks for n bytes from `pos` on. */
LatentFileResult latent_file_parser_want (LatentFileParser *self, gsize n);
/* Goes to an offset, forgetting the bytes at hand where it is not among them. */
void latent_file_parser_jump (LatentFileParser *self, guint64 offset);

/* From the current offset on the file is damaged; told by latent_file_parser_find(). */
void latent_file_parser_note_damage (LatentFileParser *self, const char *reason);
/* AGAIN: a chunk whose head is sound lies at `pos`; END: there is none any more; or MORE, DAMAGE.
 */
LatentFileResult latent_file_parser_find (
    LatentFileParser *self, LatentChunk *chunk, LatentFileEvent *event);
/* AGAIN: the body is whole; MORE; or END: it is not sound, or cut short. */
LatentFileResult latent_file_parser_load_body (
    LatentFileParser *self, const LatentChunk *chunk, const guint8 **body);
void latent_file_parser_skip (LatentFileParser *self, const LatentChunk *chunk);

/* What a chunk that holds no packets says. AGAIN: nothing, or it is damaged. Goes behind it, unless
 * it wants more. */
LatentFileResult latent_file_parser_take_part (
    LatentFileParser *self, const LatentChunk *chunk, LatentFileEvent *event, GError **error);
/* A block's table into `rows`, and its key packets into the index. FALSE: it has none. */
gboolean latent_file_parser_note_block (LatentFileParser *self, const LatentChunk *chunk);
void latent_file_parser_drop_block (LatentFileParser *self);
LatentFileResult latent_file_parser_begin_scan (LatentFileParser *self);

/* What latent_file_parser_next() does in a phase. */
#define LATENT_FILE_DO(phase)                                                                      \
  LatentFileResult latent_file_parser_do_##phase (                                                 \
      LatentFileParser *self, LatentFileEvent *event, GError **error)
LATENT_FILE_DO (header);
LATENT_FILE_DO (front);
LATENT_FILE_DO (trailer);
LATENT_FILE_DO (index);
LATENT_FILE_DO (late);
LATENT_FILE_DO (scan);
LATENT_FILE_DO (turn);
LATENT_FILE_DO (play);
