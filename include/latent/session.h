/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/program.h>

G_BEGIN_DECLS

/**
 * LatentPixelFormat:
 * @LATENT_PIXEL_FORMAT_GRAY8: one plane
 * @LATENT_PIXEL_FORMAT_RGB: 3 bytes a pixel
 * @LATENT_PIXEL_FORMAT_BGR: 3 bytes a pixel
 * @LATENT_PIXEL_FORMAT_RGBX: 4 bytes a pixel; the fourth is written as 255
 * @LATENT_PIXEL_FORMAT_BGRX: likewise
 * @LATENT_PIXEL_FORMAT_RGBA: 4 bytes a pixel; the fourth is written as 255
 * @LATENT_PIXEL_FORMAT_BGRA: likewise
 * @LATENT_PIXEL_FORMAT_I420: three planes, chroma halved (rounded up) each way
 * @LATENT_PIXEL_FORMAT_NV12: two planes, U and V interleaved
 */
typedef enum {
  LATENT_PIXEL_FORMAT_GRAY8,
  LATENT_PIXEL_FORMAT_RGB,
  LATENT_PIXEL_FORMAT_BGR,
  LATENT_PIXEL_FORMAT_RGBX,
  LATENT_PIXEL_FORMAT_BGRX,
  LATENT_PIXEL_FORMAT_RGBA,
  LATENT_PIXEL_FORMAT_BGRA,
  LATENT_PIXEL_FORMAT_I420,
  LATENT_PIXEL_FORMAT_NV12,
} LatentPixelFormat;

/**
 * LatentSampleFormat:
 * @LATENT_SAMPLE_FORMAT_F32: native float, full scale 1.0
 * @LATENT_SAMPLE_FORMAT_S16: native signed 16 bits
 */
typedef enum {
  LATENT_SAMPLE_FORMAT_F32,
  LATENT_SAMPLE_FORMAT_S16,
} LatentSampleFormat;

/**
 * LatentPicture:
 * @format: how pixels lie in memory
 * @width: in pixels
 * @height: in pixels
 * @data: first byte of each plane
 * @stride: bytes from a row to the next, for each plane
 *
 * A picture in somebody else's memory.
 */
typedef struct {
  LatentPixelFormat format;
  guint width;
  guint height;
  guint8 *data[3];
  gint stride[3];
} LatentPicture;

/**
 * LatentSession:
 *
 * A model at work on media: pixels or samples in, latents out, and back. What an element, a command
 * or an application needs of the library; built on #LatentProgram. One thread at a time.
 *
 * The order of calls: latent_session_new(), one of the latent_session_set_ functions (which
 * compiles, and may be called again), then for every batch: put, latent_session_run(), get. Setting
 * what is set already, or another picture size of the same padding, compiles nothing. A setting
 * that fails leaves the session as it was. After that nothing allocates memory but
 * latent_session_push_samples() and latent_session_add_window(), and these only while their queues
 * grow.
 *
 * A batch holds slots, one for each frame, window or vector. Where a net has a batch of 1 written
 * into it slots and tiles run one after the other; nobody needs to know.
 */
typedef struct _LatentSession LatentSession;

#define LATENT_TYPE_SESSION (latent_session_get_type ())
LATENT_API
GType latent_session_get_type (void);

/**
 * latent_session_new:
 * @model: a model; a reference is taken
 * @mode: which part runs
 * @precision: precision
 * @threads: 1 or more
 * @batch: frames, windows or vectors a run, 1 or more; 1 for a model with state
 * @error: return location for an error
 *
 * Returns: (transfer full): a session, or %NULL with %LATENT_ERROR_SETTINGS where the model lacks
 * the part that @mode needs, or cannot have that batch or precision
 */
LATENT_API
LatentSession *latent_session_new (LatentModel *model, LatentMode mode, LatentPrecision precision,
    guint threads, guint batch, GError **error);

LATENT_API
LatentSession *latent_session_ref (LatentSession *self);

LATENT_API
void latent_session_unref (LatentSession *self);

/**
 * latent_session_supports_format:
 * @model: a model
 * @format: a pixel format
 *
 * Returns: whether pictures of that format fit what @model eats (an RGB model the six RGB orders, a
 *   GRAY8 model GRAY8, I420 and NV12, an I420 model I420 and NV12)
 */
LATENT_API
gboolean latent_session_supports_format (const LatentModel *model, LatentPixelFormat format);

/**
 * latent_session_set_video:
 * @self: a session of a video model
 * @format: of the pictures
 * @width: of the pictures, 1 or more
 * @height: of the pictures, 1 or more
 * @error: return location for an error
 *
 * For reconstruct, encode and embed: compiles for pictures of that size, padded by their last row
 * and column to what the net takes. For decode: compiles for the latents that such pictures have,
 * and gives pictures of that size; after latent_session_set_latents() the latents stay, and the
 * size must fit them.
 *
 * Pictures that are put and got have that size; each may be of any format that the model takes.
 *
 * Returns: whether it is done; else %LATENT_ERROR_TYPE for another kind of media or format,
 *   %LATENT_ERROR_SHAPE for a size that the net or the latents cannot have
 */
LATENT_API
gboolean latent_session_set_video (
    LatentSession *self, LatentPixelFormat format, guint width, guint height, GError **error);

/**
 * latent_session_set_latents:
 * @self: a session in mode decode
 * @n_dims: dimensions of one frame's latents
 * @dims: (array length=n_dims): outermost first; the batch of one frame (1, or its tiles) included
 * @error: return location for an error
 *
 * Compiles for latents of that shape, whatever media they came from. Leading dimensions of 1 are
 * added or taken away until there are as many as the model's latents have.
 *
 * Where @self is of a video model the size of its pictures is then given by
 * latent_session_get_size() and can be made smaller, by no more than padding added, with
 * latent_session_set_video(). Several tiles do not tell the picture's size:
 * latent_session_set_video() must. Samples of audio are float until latent_session_set_audio() says
 * otherwise.
 *
 * Returns: whether it is done; else %LATENT_ERROR_SHAPE with the wanted and the offered shape
 */
LATENT_API
gboolean latent_session_set_latents (
    LatentSession *self, guint n_dims, const gint64 *dims, GError **error);

/**
 * latent_session_get_size:
 * @self: a session of a video model after latent_session_set_video() or
 * latent_session_set_latents()
 * @width: (out): in pixels; 0 while only a number of tiles is known
 * @height: (out): in pixels; likewise
 */
LATENT_API
void latent_session_get_size (const LatentSession *self, guint *width, guint *height);

/**
 * latent_session_set_audio:
 * @self: a session of an audio model
 * @format: of the samples
 * @error: return location for an error
 *
 * Rate and channels are the model's. The stream begins anew.
 */
LATENT_API
gboolean latent_session_set_audio (LatentSession *self, LatentSampleFormat format, GError **error);

/**
 * latent_session_set_vector:
 * @self: a session of a vector model
 * @error: return location for an error
 */
LATENT_API
gboolean latent_session_set_vector (LatentSession *self, GError **error);

/**
 * latent_session_get_latent_dims:
 * @self: a session that was set
 * @n_dims: (out): how many dimensions
 *
 * Returns: (array length=n_dims) (transfer none): shape of the latents of one frame or window,
 *   outermost first, the batch of one frame (1, or its tiles) included
 */
LATENT_API
const gint64 *latent_session_get_latent_dims (const LatentSession *self, guint *n_dims);

/**
 * latent_session_get_latent_size:
 * @self: a session that was set
 *
 * Returns: bytes of the latents of one frame or window (float32, row-major)
 */
LATENT_API
gsize latent_session_get_latent_size (const LatentSession *self);

/**
 * latent_session_put_picture:
 * @self: a session
 * @slot: which of the batch
 * @src: a picture as latent_session_set_video() was told
 */
LATENT_API
void latent_session_put_picture (LatentSession *self, guint slot, const LatentPicture *src);

/**
 * latent_session_get_picture:
 * @self: a session
 * @slot: which of the batch
 * @dst: where to write the picture, rounded and clamped
 *
 * Returns: how many elements of the output, inside the picture, were NaN or infinite (written as 0
 * and as the nearest end)
 */
LATENT_API
guint64 latent_session_get_picture (LatentSession *self, guint slot, const LatentPicture *dst);

/**
 * latent_session_put_vector:
 * @self: a session of a vector model, or any session whose net shall be fed as it is
 * @slot: which of the batch
 * @src: (array): float32, row-major, of one sample (all tiles of a frame), in the net's own units
 */
LATENT_API
void latent_session_put_vector (LatentSession *self, guint slot, const float *src);

/**
 * latent_session_get_vector:
 * @self: a session
 * @slot: which of the batch
 * @dst: (array): float32, row-major: the output as the net gives it
 *
 * Returns: how many elements are NaN or infinite
 */
LATENT_API
guint64 latent_session_get_vector (LatentSession *self, guint slot, float *dst);

/**
 * latent_session_put_latent:
 * @self: a session in mode decode
 * @slot: which of the batch
 * @src: latent_session_get_latent_size() bytes
 */
LATENT_API
void latent_session_put_latent (LatentSession *self, guint slot, const float *src);

/**
 * latent_session_get_latent:
 * @self: a session in mode encode or embed
 * @slot: which of the batch
 * @dst: room for latent_session_get_latent_size() bytes
 *
 * Returns: how many elements are NaN or infinite
 */
LATENT_API
guint64 latent_session_get_latent (LatentSession *self, guint slot, float *dst);

/**
 * latent_session_run:
 * @self: a session
 * @error: return location for an error
 *
 * Runs the batch; slots that were not put hold what they held.
 */
LATENT_API
gboolean latent_session_run (LatentSession *self, GError **error);

/**
 * latent_session_reset:
 * @self: a session
 *
 * Forgets state and queued samples: after a discontinuity, a flush, a seek, the end of a stream.
 */
LATENT_API
void latent_session_reset (LatentSession *self);

/**
 * latent_session_reset_state:
 * @self: a session
 *
 * Tensors that the net carries from run to run are 0 again, as at the beginning; samples go on: a
 * receiver can begin at the next window without a seam for those that were there before.
 */
LATENT_API
void latent_session_reset_state (LatentSession *self);

/**
 * latent_session_get_program:
 * @self: a session that was set
 *
 * Returns: (transfer none): the program that it runs
 */
LATENT_API
LatentProgram *latent_session_get_program (const LatentSession *self);

/* Audio. A stream of samples is cut into windows of LatentMediaInfo.window samples, one every
 * LatentMediaInfo.hop; window i holds the samples [(i + 1) * hop - window, (i + 1) * hop), those
 * before the stream's first sample being zero. Counts are of sample frames (one sample of each
 * channel). */

/**
 * latent_session_push_samples:
 * @self: a session of an audio model in mode reconstruct, encode or embed
 * @src: interleaved samples
 * @n: how many
 *
 * Queues samples.
 */
LATENT_API
void latent_session_push_samples (LatentSession *self, gconstpointer src, gsize n);

/**
 * latent_session_get_pending_windows:
 * @self: a session
 * @drain: whether the stream ends here: the last window is then padded with zeros
 *
 * Returns: windows that can be taken by latent_session_take_window()
 */
LATENT_API
guint latent_session_get_pending_windows (const LatentSession *self, gboolean drain);

/**
 * latent_session_take_window:
 * @self: a session
 * @slot: which of the batch is filled with the next window
 *
 * Returns: how many true new samples the window brought: the hop, or less for the last
 */
LATENT_API
guint latent_session_take_window (LatentSession *self, guint slot);

/**
 * latent_session_add_window:
 * @self: a session in mode reconstruct or decode
 * @slot: which of the batch is overlap-added to the output
 * @n: how many new samples the window stands for: the hop, or less for the last
 *
 * What all windows that hold a sample agree on is what comes out: an identity net gives every
 * sample back as it was. After a window with less than the hop the stream ends:
 * latent_session_reset().
 *
 * Returns: how many elements that stand for samples were NaN or infinite (taken as 0 and as the
 * nearest end)
 */
LATENT_API
guint64 latent_session_add_window (LatentSession *self, guint slot, guint n);

/**
 * latent_session_get_available_samples:
 * @self: a session in mode reconstruct or decode
 * @drain: whether the stream ends here
 *
 * Returns: finished samples that latent_session_pop_samples() can give; with @drain, as many in all
 *   as the windows that were added stood for
 */
LATENT_API
gsize latent_session_get_available_samples (const LatentSession *self, gboolean drain);

/**
 * latent_session_pop_samples:
 * @self: a session
 * @dst: room for @n interleaved samples; integers are rounded and clamped
 * @n: at most what is available
 */
LATENT_API
void latent_session_pop_samples (LatentSession *self, gpointer dst, gsize n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentSession, latent_session_unref)

G_END_DECLS
