/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/tensor.h>

G_BEGIN_DECLS

/**
 * LatentMode:
 * @LATENT_MODE_RECONSTRUCT: input to latent to output
 * @LATENT_MODE_ENCODE: input to latent
 * @LATENT_MODE_DECODE: latent to output
 * @LATENT_MODE_EMBED: input to latent, kept beside the media
 *
 * Which part of an autoencoder runs.
 */
typedef enum {
  LATENT_MODE_RECONSTRUCT,
  LATENT_MODE_ENCODE,
  LATENT_MODE_DECODE,
  LATENT_MODE_EMBED,
} LatentMode;

/**
 * LatentMediaKind:
 * @LATENT_MEDIA_VECTOR: plain vectors
 * @LATENT_MEDIA_VIDEO: pictures
 * @LATENT_MEDIA_AUDIO: samples
 */
typedef enum {
  LATENT_MEDIA_VECTOR,
  LATENT_MEDIA_VIDEO,
  LATENT_MEDIA_AUDIO,
} LatentMediaKind;

/**
 * LatentColor:
 * @LATENT_COLOR_RGB: three channels
 * @LATENT_COLOR_GRAY8: one channel, luma
 * @LATENT_COLOR_I420: six channels at half the picture's size: luma of the pixels (0,0), (0,1),
 * (1,0), (1,1) (row, column) of each 2x2 block, then U, then V
 *
 * The channels that a video model eats, in this order (NCHW).
 */
typedef enum {
  LATENT_COLOR_RGB,
  LATENT_COLOR_GRAY8,
  LATENT_COLOR_I420,
} LatentColor;

/**
 * LatentModel:
 *
 * An autoencoder from an .onnx file: a checked graph, its metadata, and what follows from both.
 * Immutable once shared; safe to use from several threads. Reference counted.
 */
typedef struct _LatentModel LatentModel;

/**
 * LatentMediaInfo:
 * @kind: what the model eats
 * @color: for video: the channels
 * @rate: for audio: samples per second
 * @channels: for audio: interleaved channels; for video: channels of the tensor
 * @hop: for audio: new samples per window (at most the window)
 * @window: for audio: samples the net sees at once
 * @tile_width: for video: width of a tile in pixels, 0 where the net sees whole frames
 * @tile_height: for video: likewise
 * @fixed_width: for video without tiles: the only width in pixels that the net takes, 0 for any
 * @fixed_height: for video: likewise
 * @stride: for video of any size: a frame is padded to a multiple of this many pixels each way
 * @min_size: for video of any size: and to at least so many pixels each way
 *
 * The media side of a model.
 */
typedef struct {
  LatentMediaKind kind;
  LatentColor color;
  guint rate;
  guint channels;
  guint hop;
  guint window;
  guint tile_width;
  guint tile_height;
  guint fixed_width;
  guint fixed_height;
  guint stride;
  guint min_size;
} LatentMediaInfo;

#define LATENT_TYPE_MODEL (latent_model_get_type ())
LATENT_API
GType latent_model_get_type (void);

/**
 * latent_model_load:
 * @path: (type filename): an .onnx file; external data is read from its folder
 * @error: return location for an error
 *
 * Loads and checks a model. Files of the same content share one model in the process.
 *
 * Returns: (transfer full): the model, or %NULL; the error names the file, and the node, operator,
 *   tensor or byte that is wrong
 */
LATENT_API
LatentModel *latent_model_load (const char *path, GError **error);

/**
 * latent_model_copy:
 * @self: a model
 *
 * Returns: (transfer full): a model of its own that shares the weights, to be given other metadata
 */
LATENT_API
LatentModel *latent_model_copy (const LatentModel *self);

/**
 * latent_model_save:
 * @self: a model
 * @path: (type filename): where to; written beside it and moved there once whole
 * @error: return location for an error
 *
 * Writes the model as one .onnx file, external data folded in; keys and fields that this library
 * does not know are kept. The file says its latent.id, so that it reads and writes the latents of
 * the file it was made from.
 */
LATENT_API
gboolean latent_model_save (LatentModel *self, const char *path, GError **error);

/**
 * latent_model_join:
 * @encoder: a model whose output is the latent
 * @decoder: a model whose input is the latent
 * @error: return location for an error
 *
 * Returns: (transfer full): one model, encoder's output fed to decoder's input; media keys are
 * taken from the encoder
 */
LATENT_API
LatentModel *latent_model_join (
    const LatentModel *encoder, const LatentModel *decoder, GError **error);

LATENT_API
LatentModel *latent_model_ref (LatentModel *self);

LATENT_API
void latent_model_unref (LatentModel *self);

/**
 * latent_model_get_id:
 * @self: a model
 *
 * Returns: (transfer none): the identity of the latent space, 64 hex digits as a rule: latent.id,
 * or the SHA-256 of the file and its external data
 */
LATENT_API
const char *latent_model_get_id (const LatentModel *self);

/**
 * latent_model_get_path:
 * @self: a model
 *
 * Returns: (transfer none) (nullable) (type filename): where it was loaded from first
 */
LATENT_API
const char *latent_model_get_path (const LatentModel *self);

/**
 * latent_model_get_media_info:
 * @self: a model
 *
 * Returns: (transfer none): what the net eats
 */
LATENT_API
const LatentMediaInfo *latent_model_get_media_info (const LatentModel *self);

/**
 * latent_model_supports_mode:
 * @self: a model
 * @mode: a mode
 *
 * Returns: whether the file holds the parts that @mode needs
 */
LATENT_API
gboolean latent_model_supports_mode (const LatentModel *self, LatentMode mode);

/**
 * latent_model_get_metadata:
 * @self: a model
 * @key: as in "latent.input"
 *
 * Returns: (transfer none) (nullable): the value as it stands in the file
 */
LATENT_API
const char *latent_model_get_metadata (const LatentModel *self, const char *key);

/**
 * latent_model_set_metadata:
 * @self: a model that nobody else holds (latent_model_copy())
 * @key: as in "latent.input"
 * @value: (nullable): %NULL takes the key away
 * @error: return location for an error
 *
 * What changes the latent space (another latent tensor, other media, scale, offset, tile, hop or
 * state) gives the model another id, made of the old content and the new meaning, unless latent.id
 * itself was set before; what changes nothing of that (latent.steps, keys of others) leaves the id.
 *
 * Returns: whether @value is one that @key can have; else @self is as it was
 */
LATENT_API
gboolean latent_model_set_metadata (
    LatentModel *self, const char *key, const char *value, GError **error);

/**
 * latent_model_describe:
 * @self: a model
 * @error: return location for an error
 *
 * Returns: (transfer full): a dictionary (a{sv}) with the keys of `latent info`: id (s), media (s),
 *   input_shape, latent_shape, output_shape (ax, for one sample; absent where the file lacks the
 * part), d, k (t), parameters (t), nodes (t), operators (a{su}), encoder_macs, decoder_macs (t)
 */
LATENT_API
GVariant *latent_model_describe (const LatentModel *self, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentModel, latent_model_unref)

G_END_DECLS
