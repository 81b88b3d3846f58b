/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/decode-file.h"

#include <latent/codec.h>
#include <math.h>
#include <string.h>

#include "src/cli/interrupt.h"
#include "src/cli/media-sink.h"
#include "src/cli/net.h"
#include "src/cli/progress.h"
#include "src/cli/read-file.h"
#include "src/codec/model-packet.h"
#include "src/model/find.h"

#define DEFAULT_FPS 25

typedef struct {
  const LatentDecodeFile *settings;
  LatentDecodeFileResult *result;
  LatentProgress progress;
  LatentReadFile *file;
  guint stream;
  gboolean ready;        /* whether the stream is chosen */
  LatentModel *embedded; /* of the stream */
  LatentDecoder *decoder;
  LatentSynthesis *synthesis;
  float *latents;
  gboolean has_latents; /* of a good packet */
  gboolean has_state;   /* the net begins anew at key packets */
} Reading;

static void
clear_reading (Reading *self)
{
  g_clear_pointer (&self->embedded, latent_model_unref);
  g_clear_pointer (&self->decoder, latent_decoder_unref);
  g_clear_pointer (&self->synthesis, latent_synthesis_free);
  g_clear_pointer (&self->file, latent_read_file_free);
  g_clear_pointer (&self->latents, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reading, clear_reading)

/* Whether OUT takes what a stream has. */
static gboolean
is_wanted (const Reading *self, LatentMediaKind kind)
{
  const char *output = self->settings->synthesis.output;
  LatentModel *model = self->settings->model;
  if (model && latent_model_get_media_info (model)->kind != kind)
    return FALSE;
  return g_str_has_suffix (output, ".npy") || latent_media_sink_supports (output, kind);
}

static gboolean
choose_stream (Reading *self, GError **error)
{
  LatentFileParser *parser = latent_read_file_get_parser (self->file);
  guint n = latent_file_parser_get_n_streams (parser);
  self->ready = TRUE;
  for (guint i = 0; i < n; i++)
    if (is_wanted (self, latent_file_parser_get_kind (parser, i))) {
      self->stream = i;
      if (n > 1)
        latent_progress_note (&self->progress, "%u streams; only number %u is decoded", n, i);
      return TRUE;
    }
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE,
      "%s: no stream of it is what '%s' and the model take", self->settings->input,
      self->settings->synthesis.output);
  return FALSE;
}

/* The model of -m, of the file, or of the folders where models lie. */
static LatentModel *
find_model (const Reading *self, const char *id, GError **error)
{
  if (self->settings->model)
    return latent_model_ref (self->settings->model);
  if (self->embedded)
    return latent_model_ref (self->embedded);
  return latent_find_model (id, LATENT_MODE_DECODE, NULL, error);
}

/* As synthesis takes it: without a batch of 1, unless tiles are what it counts. */
static LatentShape
get_shape (const LatentDecoder *decoder, const LatentModel *model)
{
  LatentShape shape = {0};
  const gint64 *dims = latent_decoder_get_latent_dims (decoder, &shape.n);
  memcpy (shape.dims, dims, shape.n * sizeof shape.dims[0]);
  return latent_model_get_media_info (model)->tile_width > 0 ? shape
                                                             : latent_shape_drop_batch (&shape);
}

static gboolean
open_decoder (Reading *self, GError **error)
{
  LatentSynthesisOptions options = self->settings->synthesis;
  LatentFileParser *parser = latent_read_file_get_parser (self->file);
  LatentStreamInfo info;
  gsize size;
  guint n_dims;
  GBytes *header = latent_file_parser_get_header (parser, self->stream);
  const guint8 *data = g_bytes_get_data (header, &size);
  if (!latent_stream_info_parse (&info, data, size, error))
    return FALSE;
  g_autoptr (LatentModel) model = find_model (self, info.latent_id, error);
  self->decoder = model ? latent_decoder_new (model, data, size, options.threads, error) : NULL;
  if (!self->decoder)
    return FALSE;
  self->has_state = latent_model_get_metadata (model, "latent.state") != NULL;
  options.width = options.width ? options.width : info.width;
  options.height = options.height ? options.height : info.height;
  if (!options.rate_n) {
    options.rate_n = info.fps_n ? info.fps_n : DEFAULT_FPS;
    options.rate_d = info.fps_n ? info.fps_d : 1;
  }
  options.look = info.kind == LATENT_MEDIA_VIDEO ? &info : NULL;
  LatentShape shape = get_shape (self->decoder, model);
  gsize n = 1;
  const gint64 *dims = latent_decoder_get_latent_dims (self->decoder, &n_dims);
  for (guint i = 0; i < n_dims; i++)
    n *= (gsize)dims[i];
  self->latents = g_new (float, n);
  self->synthesis = latent_synthesis_new (model, &options, &shape, error);
  return self->synthesis != NULL;
}

/* Samples that a packet of sound stands for. */
static guint
count_samples (const Reading *self, const LatentFilePacket *packet)
{
  const LatentStreamInfo *info = latent_decoder_get_info (self->decoder);
  double n = floor ((double)packet->duration * info->rate / 1e9 + .5);
  return packet->duration == 0 || n > info->hop ? info->hop : MAX ((guint)n, 1);
}

/* What decoded latents and those of the packet's other frames stand for; n_frames is 0 where it
 * could not be decoded, and they are the last good ones. */
static gboolean
put_frames (Reading *self, const LatentFilePacket *packet, guint n_frames, GError **error)
{
  const LatentStreamInfo *info = latent_decoder_get_info (self->decoder);
  guint hop = info->hop / MAX (info->frames, 1);
  guint n = count_samples (self, packet);
  if (info->frames > 1 && n_frames > 0)
    n = MIN (n, n_frames * hop);
  do {
    guint part = info->frames > 1 ? MIN (n, hop) : n;
    self->result->frames++;
    if (!latent_synthesis_put_at (self->synthesis, self->latents, packet->pts, part, error))
      return FALSE;
    n -= part;
  } while (n > 0 && (n_frames == 0 || latent_decoder_next (self->decoder, self->latents)));
  return TRUE;
}

/* A packet that cannot be decoded is shown as the last good one. */
static gboolean
take_packet (Reading *self, const LatentFileEvent *event, GError **error)
{
  g_autoptr (GError) reason = NULL;
  gsize size;
  const guint8 *data = g_bytes_get_data (event->bytes, &size);
  if (!self->decoder && !open_decoder (self, error))
    return FALSE;
  LatentPacketInfo about;
  LatentDecodeResult decoded = latent_decoder_decode (
      self->decoder, data, size, self->latents, &about, &reason);
  if (decoded == LATENT_DECODE_OK)
    self->has_latents = TRUE;
  else if (self->result->concealed++ == 0)
    latent_progress_note (&self->progress, "%s: %.3f s: %s", self->settings->input,
        (double)event->packet.pts / 1e9, reason ? reason->message : "a packet cannot be decoded");
  if (!self->has_latents)
    return TRUE;
  if (decoded == LATENT_DECODE_OK && about.key && self->has_state)
    latent_synthesis_reset_state (self->synthesis);
  return put_frames (self, &event->packet, decoded == LATENT_DECODE_OK ? about.frames : 0, error);
}

static gboolean
take_model (Reading *self, const LatentFileEvent *event, GError **error)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (event->bytes, &size);
  if (self->settings->model || self->embedded ||
      (self->ready && event->packet.stream != self->stream))
    return TRUE;
  LatentFileParser *parser = latent_read_file_get_parser (self->file);
  if (!is_wanted (self, latent_file_parser_get_kind (parser, event->packet.stream)))
    return TRUE;
  self->embedded = latent_model_packet_get (data, size, error);
  return self->embedded != NULL;
}

static gboolean
take_event (Reading *self, LatentFileResult result, const LatentFileEvent *event, GError **error)
{
  switch (result) {
  case LATENT_FILE_READY:
    return choose_stream (self, error);
  case LATENT_FILE_MODEL:
    return take_model (self, event, error);
  case LATENT_FILE_PACKET:
    if (event->packet.stream != self->stream)
      return TRUE;
    latent_progress_update (
        &self->progress, latent_read_file_get_progress (self->file), self->result->frames);
    return take_packet (self, event, error);
  case LATENT_FILE_DAMAGE:
    latent_progress_note (&self->progress,
        "%s: byte %" G_GUINT64_FORMAT ": %" G_GUINT64_FORMAT " bytes are left out: %s",
        self->settings->input, event->offset, event->skipped, event->reason);
    return TRUE;
  default:
    return TRUE;
  }
}

static gboolean
read_all (Reading *self, GError **error)
{
  LatentFileEvent event = {0};
  LatentFileResult result = latent_read_file_next (self->file, &event, error);
  for (; result != LATENT_FILE_END && result != LATENT_FILE_ERROR;
       result = latent_read_file_next (self->file, &event, error)) {
    if (!take_event (self, result, &event, error))
      return FALSE;
    if (latent_interrupt_came () && self->synthesis)
      return TRUE;
  }
  if (result == LATENT_FILE_END && event.reason)
    latent_progress_note (&self->progress, "%s: %s", self->settings->input, event.reason);
  return result == LATENT_FILE_END;
}

gboolean
latent_decode_file (const LatentDecodeFile *self, LatentDecodeFileResult *result, GError **error)
{
  g_auto (Reading) reading = {.settings = self, .result = result};
  *result = (LatentDecodeFileResult){0};
  reading.file = latent_read_file_new (self->input, error);
  if (!reading.file)
    return FALSE;
  latent_progress_init (&reading.progress, "frames");
  gboolean good = read_all (&reading, error);
  latent_progress_clear (&reading.progress);
  if (!good)
    return FALSE;
  if (reading.synthesis)
    return latent_synthesis_finish (reading.synthesis, &result->bytes, error);
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
      "%s: there is no packet in it that can be "
      "decoded",
      self->input);
  return FALSE;
}
