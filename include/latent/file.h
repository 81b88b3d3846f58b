/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/model.h>

G_BEGIN_DECLS

/**
 * LATENT_FILE_WHOLE:
 *
 * In place of a stream's number: the whole file.
 */
#define LATENT_FILE_WHOLE 0xffffffffu

/**
 * LatentFilePacket:
 * @stream: number of its stream, from 0
 * @pts: when it begins, in nanoseconds from the file's begin
 * @duration: in nanoseconds, 0 where it is not known
 * @key: whether decoding can begin here
 * @discont: whether something before it was lost
 *
 * What a file says of a packet.
 */
typedef struct {
  guint stream;
  guint64 pts;
  guint64 duration;
  gboolean key;
  gboolean discont;
} LatentFilePacket;

/**
 * LatentFilePiece:
 * @is_header: whether a reader that joins late needs it before all else; a model, which may be
 *   large, never is
 * @is_key: whether such a reader can begin here
 * @has_packets: whether @pts and @end mean something
 * @pts: of the first packet in it
 * @end: of the last packet in it
 *
 * What bytes of a file are.
 */
typedef struct {
  gboolean is_header;
  gboolean is_key;
  gboolean has_packets;
  guint64 pts;
  guint64 end;
} LatentFilePiece;

/**
 * LatentFileWriter:
 *
 * Packets to a .lat file (docs/bitstream.md, section File): it does no output itself but gives the
 * bytes that are to be appended. Nothing is ever written twice, so that any sink does, and what is
 * there when the writer dies can be played.
 */
typedef struct _LatentFileWriter LatentFileWriter;

#define LATENT_TYPE_FILE_WRITER (latent_file_writer_get_type ())
LATENT_API
GType latent_file_writer_get_type (void);

/**
 * latent_file_writer_new:
 * @id: a random number that tells this file's parts from other files'
 *
 * Returns: (transfer full): a writer
 */
LATENT_API
LatentFileWriter *latent_file_writer_new (guint32 id);

LATENT_API
LatentFileWriter *latent_file_writer_ref (LatentFileWriter *self);

LATENT_API
void latent_file_writer_unref (LatentFileWriter *self);

/**
 * latent_file_writer_set_block_duration:
 * @self: a writer
 * @duration: nanoseconds; 500 ms at first
 *
 * Packets are written in blocks, which cost some 30 bytes each and end before a key packet of
 * video, when they hold 8 KiB, or when they last so long. With 0 every packet is written at once.
 */
LATENT_API
void latent_file_writer_set_block_duration (LatentFileWriter *self, guint64 duration);

/**
 * latent_file_writer_add_stream:
 * @self: a writer that was given no packet yet
 * @kind: %LATENT_MEDIA_VIDEO or %LATENT_MEDIA_AUDIO
 * @header: (array length=size): the sequence header
 * @size: its bytes
 * @duration: that most packets will have, in nanoseconds; 0 where it is not known
 * @error: return location for an error
 *
 * The first stream has the number 0.
 *
 * Returns: whether it could be added; else %LATENT_ERROR_LIMIT or %LATENT_ERROR_SETTINGS
 */
LATENT_API
gboolean latent_file_writer_add_stream (LatentFileWriter *self, LatentMediaKind kind,
    const guint8 *header, gsize size, guint64 duration, GError **error);

/**
 * latent_file_writer_add_tag:
 * @self: a writer
 * @stream: number of a stream, or %LATENT_FILE_WHOLE
 * @key: UTF-8; title, artist and the like
 * @value: UTF-8
 * @error: return location for an error
 *
 * Tags that are added before the first packet stand in front, others where they come.
 *
 * Returns: whether it could be added; else %LATENT_ERROR_LIMIT or %LATENT_ERROR_SETTINGS
 */
LATENT_API
gboolean latent_file_writer_add_tag (
    LatentFileWriter *self, guint stream, const char *key, const char *value, GError **error);

/**
 * latent_file_writer_add_model:
 * @self: a writer
 * @stream: number of the stream that it belongs to
 * @bytes: what an encoder gave as the decoder's half of its model
 * @error: return location for an error
 *
 * Stores a model with its hash. One that is the same as the last of its stream is stored but once.
 *
 * Returns: whether it could be added; else %LATENT_ERROR_LIMIT or %LATENT_ERROR_SETTINGS
 */
LATENT_API
gboolean latent_file_writer_add_model (
    LatentFileWriter *self, guint stream, GBytes *bytes, GError **error);

/**
 * latent_file_writer_add_packet:
 * @self: a writer
 * @packet: what it is; @pts is not before that of the stream's last packet
 * @data: (array length=size): its bytes
 * @size: how many
 * @error: return location for an error
 *
 * Returns: whether it could be added; else %LATENT_ERROR_LIMIT or %LATENT_ERROR_SETTINGS
 */
LATENT_API
gboolean latent_file_writer_add_packet (LatentFileWriter *self, const LatentFilePacket *packet,
    const guint8 *data, gsize size, GError **error);

/**
 * latent_file_writer_flush:
 * @self: a writer
 *
 * Ends the block that is being filled, so that latent_file_writer_take() gives it.
 */
LATENT_API
void latent_file_writer_flush (LatentFileWriter *self);

/**
 * latent_file_writer_finish:
 * @self: a writer; nothing can be added any more
 *
 * Ends the file with its index.
 */
LATENT_API
void latent_file_writer_finish (LatentFileWriter *self);

/**
 * latent_file_writer_take:
 * @self: a writer
 * @piece: (out) (optional): what they are
 *
 * Returns: (transfer full) (nullable): the next bytes to append to the file; %NULL where there are
 *   none yet
 */
LATENT_API
GBytes *latent_file_writer_take (LatentFileWriter *self, LatentFilePiece *piece);

/**
 * LatentFileTag:
 * @stream: number of a stream, or %LATENT_FILE_WHOLE
 * @key: UTF-8
 * @value: UTF-8
 *
 * A tag.
 */
typedef struct {
  guint stream;
  const char *key;
  const char *value;
} LatentFileTag;

/**
 * LatentFileResult:
 * @LATENT_FILE_MORE: bytes are wanted; latent_file_parser_get_wanted() says which
 * @LATENT_FILE_TAGS: there are new tags
 * @LATENT_FILE_MODEL: a model of a stream
 * @LATENT_FILE_READY: streams are known, and whatever is known of duration and index; comes once,
 *   before the first packet
 * @LATENT_FILE_SEEKED: a seek is done; the packets that follow begin there
 * @LATENT_FILE_PACKET: a packet
 * @LATENT_FILE_DAMAGE: bytes were left out
 * @LATENT_FILE_END: there is no more
 * @LATENT_FILE_ERROR: this cannot be read
 *
 * What latent_file_parser_next() found.
 */
typedef enum {
  LATENT_FILE_MORE,
  LATENT_FILE_TAGS,
  LATENT_FILE_MODEL,
  LATENT_FILE_READY,
  LATENT_FILE_SEEKED,
  LATENT_FILE_PACKET,
  LATENT_FILE_DAMAGE,
  LATENT_FILE_END,
  LATENT_FILE_ERROR,
} LatentFileResult;

/**
 * LatentFileEvent:
 * @packet: packet: what it is; model: its stream; seeked: @pts of it
 * @bytes: packet, model: the bytes, until the next call
 * @offset: where in the file: of a packet's block, of the first byte that is damaged, of the end
 * @skipped: damage: bytes up to where the file is sound again, 0 where blocks are missing between
 *   sound ones; packets in there that prove themselves were given before
 * @reason: (nullable): damage, and an end that is none: what is wrong
 *
 * Something that a parser found.
 */
typedef struct {
  LatentFilePacket packet;
  GBytes *bytes;
  guint64 offset;
  guint64 skipped;
  const char *reason;
} LatentFileEvent;

/**
 * LatentFileSnap:
 * @LATENT_FILE_SNAP_BEFORE: the key packet at or before the time
 * @LATENT_FILE_SNAP_AFTER: the one at or after it
 * @LATENT_FILE_SNAP_NEAREST: whichever is nearer
 *
 * Where a seek may end.
 */
typedef enum {
  LATENT_FILE_SNAP_BEFORE,
  LATENT_FILE_SNAP_AFTER,
  LATENT_FILE_SNAP_NEAREST,
} LatentFileSnap;

/**
 * LatentFileParser:
 *
 * A .lat file to packets. It does no input itself: it says which bytes it wants and is given them,
 * in order, or from anywhere where latent_file_parser_set_size() said that this can be had.
 *
 * Bytes are untrusted. Damage is left out up to where the file is sound again; a packet whose bytes
 * are not those that were written is never given.
 */
typedef struct _LatentFileParser LatentFileParser;

#define LATENT_TYPE_FILE_PARSER (latent_file_parser_get_type ())
LATENT_API
GType latent_file_parser_get_type (void);

/**
 * latent_file_parser_new:
 *
 * Returns: (transfer full): a parser at the begin of a file
 */
LATENT_API
LatentFileParser *latent_file_parser_new (void);

LATENT_API
LatentFileParser *latent_file_parser_ref (LatentFileParser *self);

LATENT_API
void latent_file_parser_unref (LatentFileParser *self);

/**
 * latent_file_parser_set_size:
 * @self: a parser
 * @size: bytes of the file
 *
 * Says that bytes can be had from anywhere. Told before the first packet, the index is read before
 * it; told later, when it is needed.
 */
LATENT_API
void latent_file_parser_set_size (LatentFileParser *self, guint64 size);

/**
 * latent_file_parser_get_wanted:
 * @self: a parser
 * @offset: (out): of the first byte that is wanted
 * @size: (out): bytes without which nothing comes; more are welcome
 */
LATENT_API
void latent_file_parser_get_wanted (const LatentFileParser *self, guint64 *offset, gsize *size);

/**
 * latent_file_parser_push:
 * @self: a parser
 * @offset: of @data; where it is not what is wanted, all of @data is ignored
 * @data: (array length=size): bytes of the file, copied
 * @size: how many
 */
LATENT_API
void latent_file_parser_push (
    LatentFileParser *self, guint64 offset, const guint8 *data, gsize size);

/**
 * latent_file_parser_end:
 * @self: a parser
 *
 * Says that there is nothing behind what was pushed.
 */
LATENT_API
void latent_file_parser_end (LatentFileParser *self);

/**
 * latent_file_parser_next:
 * @self: a parser
 * @event: (out caller-allocates): what was found
 * @error: return location for an error: %LATENT_ERROR_FORMAT, %LATENT_ERROR_UNSUPPORTED (version)
 *   or %LATENT_ERROR_LIMIT
 *
 * Returns: what @event is
 */
LATENT_API
LatentFileResult latent_file_parser_next (
    LatentFileParser *self, LatentFileEvent *event, GError **error);

/**
 * latent_file_parser_seek:
 * @self: a parser that was ready
 * @stream: number of the stream whose key packets count
 * @time: where to, in nanoseconds
 * @snap: where it may end
 *
 * Goes elsewhere: %LATENT_FILE_SEEKED comes, with the time of the key packet; then the packets of
 * @stream from there, and those of the others from their key packets before it.
 *
 * Returns: whether that can be done: the size is known, or the place was passed before
 */
LATENT_API
gboolean latent_file_parser_seek (
    LatentFileParser *self, guint stream, guint64 time, LatentFileSnap snap);

/**
 * latent_file_parser_get_duration:
 * @self: a parser
 *
 * Returns: of the whole, in nanoseconds; 0 where it is not known
 */
LATENT_API
guint64 latent_file_parser_get_duration (const LatentFileParser *self);

/**
 * latent_file_parser_get_n_streams:
 * @self: a parser
 *
 * Returns: how many streams the file has, 0 as long as it is not known
 */
LATENT_API
guint latent_file_parser_get_n_streams (const LatentFileParser *self);

/**
 * latent_file_parser_get_kind:
 * @self: a parser
 * @stream: number of a stream
 *
 * Returns: %LATENT_MEDIA_VIDEO or %LATENT_MEDIA_AUDIO
 */
LATENT_API
LatentMediaKind latent_file_parser_get_kind (const LatentFileParser *self, guint stream);

/**
 * latent_file_parser_get_header:
 * @self: a parser
 * @stream: number of a stream
 *
 * Returns: (transfer none): its sequence header, unchecked
 */
LATENT_API
GBytes *latent_file_parser_get_header (const LatentFileParser *self, guint stream);

/**
 * latent_file_parser_get_tags:
 * @self: a parser
 * @n: (out): how many
 *
 * Returns: (array length=n) (transfer none): the tags, as far as they are known
 */
LATENT_API
const LatentFileTag *latent_file_parser_get_tags (const LatentFileParser *self, guint *n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentFileWriter, latent_file_writer_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentFileParser, latent_file_parser_unref)

G_END_DECLS
