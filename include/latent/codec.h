/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/model.h>

G_BEGIN_DECLS

/**
 * LATENT_QUALITY_MAX:
 *
 * The best quality; 0 is the smallest. The step of channel c is 2^((63 - quality) / 8) times its
 * number in latent.steps.
 */
#define LATENT_QUALITY_MAX 63

/**
 * LATENT_FRAMES_MAX:
 *
 * Frames of latents that a packet of sound holds at most.
 */
#define LATENT_FRAMES_MAX 6

/**
 * LatentStreamInfo:
 * @kind: LATENT_MEDIA_VIDEO, LATENT_MEDIA_AUDIO, or LATENT_MEDIA_VECTOR
 * @latent_id: identity of the latent space, 64 hex digits as a rule; see latent_model_get_id()
 * @channels: of the grid of symbols
 * @grid_height: of the grid of symbols
 * @grid_width: of the grid of symbols
 * @slices: bands of rows of the grid, coded apart
 * @resilient: whether packets stand alone
 * @width: video: of the pictures, in pixels
 * @height: video: of the pictures, in pixels
 * @fps_n: video: frames a second, numerator; 0 where frames come at any time
 * @fps_d: video: denominator
 * @par_n: video: width of a pixel over
 * @par_d: video: its height
 * @color_range: video: 0 unknown, 1 full (0..255), 2 limited (16..235)
 * @color_matrix: video: as ISO/IEC 23001-8 (and H.264) number them; 2 unknown
 * @color_transfer: video: likewise
 * @color_primaries: video: likewise
 * @interlace: video: 0 progressive, 1 interleaved fields, 2 mixed; @field_order with it
 * @field_order: video: 0 unknown, 1 top field first, 2 bottom field first
 * @chroma_site: video: 0 unknown, else 1 more than ITU-T H.273 numbers where samples of halved
 *   chroma lie: 1 left, 2 centre, 3 top left, 4 top, 5 bottom left, 6 bottom
 * @rate: audio: samples a second
 * @audio_channels: audio: channels
 * @hop: audio: samples that a packet stands for
 * @frames: audio: frames of latents in a packet, 0 or 1 for one, %LATENT_FRAMES_MAX at most; each
 *   stands for as many samples. The last packet of a stream may hold fewer
 *
 * What a sequence header says of a stream.
 */
typedef struct {
  LatentMediaKind kind;
  char latent_id[132];
  guint channels;
  guint grid_height;
  guint grid_width;
  guint slices;
  gboolean resilient;
  guint width;
  guint height;
  guint fps_n;
  guint fps_d;
  guint par_n;
  guint par_d;
  guint8 color_range;
  guint8 color_matrix;
  guint8 color_transfer;
  guint8 color_primaries;
  guint8 interlace;
  guint8 field_order;
  guint8 chroma_site;
  guint rate;
  guint audio_channels;
  guint hop;
  guint frames;
} LatentStreamInfo;

/**
 * LatentPacketInfo:
 * @key: whether decoding can begin here
 * @quality: 0 to %LATENT_QUALITY_MAX
 * @number: counter of packets, modulo 65536
 * @bytes: of the packet
 * @frames: of latents in it, where it was made or decoded; else 0
 *
 * What a packet's header says. Small ones that are no key packets leave out the quality, which is
 * that of the packet before: a decoder fills it in, latent_packet_info_parse() gives 0. Those of
 * older streams leave out the upper half of the counter, too.
 */
typedef struct {
  gboolean key;
  guint quality;
  guint number;
  gsize bytes;
  guint frames;
} LatentPacketInfo;

/**
 * LatentDecodeResult:
 * @LATENT_DECODE_OK: latents were written
 * @LATENT_DECODE_LOST: the packet is whole, but what it depends on was lost; nothing was written
 * @LATENT_DECODE_BAD: the packet is damaged; nothing was written
 */
typedef enum {
  LATENT_DECODE_OK,
  LATENT_DECODE_LOST,
  LATENT_DECODE_BAD,
} LatentDecodeResult;

/**
 * LatentEncoder:
 *
 * Latents of one stream to packets. One thread at a time; nothing allocates after
 * latent_encoder_new().
 */
typedef struct _LatentEncoder LatentEncoder;

#define LATENT_TYPE_ENCODER (latent_encoder_get_type ())
LATENT_API
GType latent_encoder_get_type (void);

/**
 * latent_encoder_new:
 * @model: the model whose latents come (its latent.steps and latent.prior are used)
 * @n_dims: dimensions of one frame's latents
 * @dims: (array length=n_dims): outermost first, as latent_session_get_latent_dims() gives them
 * @info: the media; latent_id and the grid are filled in from @model and @dims. slices 0: as many
 *   as pay for a grid of that size, whatever @threads, so that every machine makes the same bytes
 * @threads: 1 or more
 * @error: return location for an error
 *
 * Returns: (transfer full): an encoder of quality 40 without a bitrate; or %NULL with
 *   %LATENT_ERROR_SHAPE or %LATENT_ERROR_LIMIT for a grid that no stream can have
 */
LATENT_API
LatentEncoder *latent_encoder_new (LatentModel *model, guint n_dims, const gint64 *dims,
    const LatentStreamInfo *info, guint threads, GError **error);

LATENT_API
LatentEncoder *latent_encoder_ref (LatentEncoder *self);

LATENT_API
void latent_encoder_unref (LatentEncoder *self);

/**
 * latent_encoder_get_header:
 * @self: an encoder
 *
 * Returns: (transfer none): the sequence header, 4 KiB at most
 */
LATENT_API
GBytes *latent_encoder_get_header (const LatentEncoder *self);

/**
 * latent_encoder_set_quality:
 * @self: an encoder
 * @quality: 0 to %LATENT_QUALITY_MAX; with a bitrate the best that is used
 */
LATENT_API
void latent_encoder_set_quality (LatentEncoder *self, guint quality);

/**
 * latent_encoder_set_bitrate:
 * @self: an encoder
 * @bits: bits a second, 0 for none
 */
LATENT_API
void latent_encoder_set_bitrate (LatentEncoder *self, guint64 bits);

/**
 * latent_encoder_set_key_interval:
 * @self: an encoder
 * @frames: frames from a key packet to the next; 0 for the first alone
 */
LATENT_API
void latent_encoder_set_key_interval (LatentEncoder *self, guint frames);

/**
 * latent_encoder_set_key_gain:
 * @self: an encoder
 * @gain: how much better than the quality that was set key frames are; 0 is what an encoder begins
 *   with
 *
 * For video that mostly stands still: what a key frame has said need not be said by those that
 * follow on it, so that a larger key frame makes a smaller stream. Of video alone, where quality
 * alone decides: not with a bitrate, nor where every packet is a key packet.
 */
LATENT_API
void latent_encoder_set_key_gain (LatentEncoder *self, guint gain);

/**
 * latent_encoder_request_key:
 * @self: an encoder
 *
 * The next packet will be a key packet: asked for by a receiver, or after a discontinuity.
 */
LATENT_API
void latent_encoder_request_key (LatentEncoder *self);

/**
 * latent_encoder_encode:
 * @self: an encoder
 * @latents: (array): float32, row-major, of one frame
 * @duration: of the frame in nanoseconds; 0 where it is not known (then as the stream's frame rate
 *   says)
 * @info: (out) (optional): what the packet is
 * @packet: (out) (array length=size) (transfer none) (nullable): the packet, until the next call;
 *   %NULL where the frame waits for others of its packet
 * @size: (out): its bytes
 * @error: return location for an error
 *
 * Returns: whether it is done; else %LATENT_ERROR_TYPE for latents that are NaN or infinite: the
 *   stream goes on as if they had never come
 */
LATENT_API
gboolean latent_encoder_encode (LatentEncoder *self, const float *latents, guint64 duration,
    LatentPacketInfo *info, const guint8 **packet, gsize *size, GError **error);

/**
 * latent_encoder_finish_packet:
 * @self: an encoder
 * @info: (out) (optional): what the packet is
 * @packet: (out) (optional) (array length=size) (transfer none): the packet, until the next call;
 *   %NULL: the frames are forgotten
 * @size: (out) (optional): its bytes
 *
 * Makes a packet of the frames that wait for others, fewer than a packet holds: at the end of a
 * stream, and before a discontinuity.
 *
 * Returns: whether there were any
 */
LATENT_API
gboolean latent_encoder_finish_packet (
    LatentEncoder *self, LatentPacketInfo *info, const guint8 **packet, gsize *size);

/**
 * latent_stream_info_parse:
 * @self: (out): what @header says
 * @header: (array length=size): a sequence header
 * @size: its bytes
 * @error: return location for an error
 *
 * Returns: whether @header is one; else %LATENT_ERROR_FORMAT, %LATENT_ERROR_UNSUPPORTED (version)
 *   or %LATENT_ERROR_LIMIT, naming the field
 */
LATENT_API
gboolean latent_stream_info_parse (
    LatentStreamInfo *self, const guint8 *header, gsize size, GError **error);

/**
 * latent_packet_info_parse:
 * @self: (out): what the packet says of itself
 * @packet: (array length=size): a packet
 * @size: its bytes
 * @error: return location for an error
 *
 * Reads a packet's own header and checks the packet's checksum; decodes nothing.
 *
 * Returns: whether it is a packet; else %LATENT_ERROR_FORMAT
 */
LATENT_API
gboolean latent_packet_info_parse (
    LatentPacketInfo *self, const guint8 *packet, gsize size, GError **error);

/**
 * LatentDecoder:
 *
 * Packets of one stream to latents. One thread at a time.
 */
typedef struct _LatentDecoder LatentDecoder;

#define LATENT_TYPE_DECODER (latent_decoder_get_type ())
LATENT_API
GType latent_decoder_get_type (void);

/**
 * latent_decoder_new:
 * @model: the model of the stream's latents
 * @header: (array length=size): a sequence header
 * @size: its bytes
 * @threads: 1 or more
 * @error: return location for an error
 *
 * Returns: (transfer full): a decoder, or %NULL: what latent_stream_info_parse() gives,
 *   %LATENT_ERROR_TYPE where @model is of another latent space or was given another prior,
 *   %LATENT_ERROR_SHAPE where its latents cannot have that grid
 */
LATENT_API
LatentDecoder *latent_decoder_new (
    LatentModel *model, const guint8 *header, gsize size, guint threads, GError **error);

LATENT_API
LatentDecoder *latent_decoder_ref (LatentDecoder *self);

LATENT_API
void latent_decoder_unref (LatentDecoder *self);

/**
 * latent_decoder_get_info:
 * @self: a decoder
 *
 * Returns: (transfer none): the stream
 */
LATENT_API
const LatentStreamInfo *latent_decoder_get_info (const LatentDecoder *self);

/**
 * latent_decoder_get_latent_dims:
 * @self: a decoder
 * @n_dims: (out): how many dimensions
 *
 * Returns: (array length=n_dims) (transfer none): shape of the latents of one frame, as
 *   latent_session_set_latents() takes it
 */
LATENT_API
const gint64 *latent_decoder_get_latent_dims (const LatentDecoder *self, guint *n_dims);

/**
 * latent_decoder_decode:
 * @self: a decoder
 * @packet: (array length=size): a packet
 * @size: its bytes
 * @latents: (array): room for the latents of one frame; written where the result is
 *   %LATENT_DECODE_OK
 * @info: (out) (optional): what the packet says of itself, where it is not %LATENT_DECODE_BAD
 * @error: return location for what is wrong with the packet, where it is not %LATENT_DECODE_OK
 *
 * Of a packet of several frames these are the first one's latents; latent_decoder_next() gives the
 * others.
 *
 * Returns: how it went
 */
LATENT_API
LatentDecodeResult latent_decoder_decode (LatentDecoder *self, const guint8 *packet, gsize size,
    float *latents, LatentPacketInfo *info, GError **error);

/**
 * latent_decoder_next:
 * @self: a decoder
 * @latents: (array): room for the latents of one frame; written where there is one
 *
 * Returns: whether the packet that was decoded last has another frame
 */
LATENT_API
gboolean latent_decoder_next (LatentDecoder *self, float *latents);

/**
 * latent_decoder_reset:
 * @self: a decoder
 *
 * Forgets what it holds: after a seek or a flush. The next packet that it takes is a key packet (or
 * any of a resilient stream).
 */
LATENT_API
void latent_decoder_reset (LatentDecoder *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentEncoder, latent_encoder_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentDecoder, latent_decoder_unref)

G_END_DECLS
