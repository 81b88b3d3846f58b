/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <latent/codec.h>
#include <latent/error.h>
#include <math.h>
#include <string.h>

#include "src/base/parallel.h"
#include "src/codec/quantiser.h"
#include "src/codec/rate.h"
#include "src/codec/search.h"
#include "src/codec/stream.h"
#include "src/media/strided.h"

/* Frames a second of a stream that does not say. */
#define DEFAULT_FPS 30
/* Symbols that are worth a slice, and rows that one has at least; how many slices at most. Bytes
 * depend on it: never on the machine. */
#define SLICE_SYMBOLS (1u << 17)
#define SLICE_ROWS    4
#define MOST_SLICES   8

struct _LatentEncoder {
  gatomicrefcount ref_count;
  LatentStream stream;
  GBytes *header;
  LatentRate rate;
  gboolean wants_key;
  guint key_interval; /* frames; 0: none */
  guint key_gain;     /* qualities that a key frame is better */
  guint since_key;    /* frames */
  guint n_waiting;    /* frames of the packet at work, in stream.planes */
  guint64 waited;     /* their duration, ns */
  guint8 **buffers;   /* of each slice's bytes */
  guint8 *packet;
  gint16 *zeros;          /* what is expected where nothing is held */
  guint8 *changes;        /* the quantiser's, of each symbol */
  float *expected;        /* latents of the frame before, for the rate */
  float *best_steps;      /* of each channel at the best quality, for each frame of a packet */
  LatentSearch search;    /* of frames that are foretold */
  const gint16 *previous; /* of the frame at work */
  gboolean is_foretold;   /* the frame at work */
};

G_DEFINE_BOXED_TYPE (LatentEncoder, latent_encoder, latent_encoder_ref, latent_encoder_unref)

static guint
choose_slices (const LatentGrid *grid)
{
  gsize slices = latent_grid_count (grid) / SLICE_SYMBOLS;

  slices = MIN (slices, MIN (grid->height / SLICE_ROWS, MOST_SLICES));
  return (guint)MAX (slices, 1);
}

/* What a header cannot do without. */
static void
fill_info (LatentStreamInfo *info, const LatentModel *model, const LatentGrid *grid)
{
  g_strlcpy (info->latent_id, latent_model_get_id (model), sizeof info->latent_id);
  info->channels = grid->channels;
  info->grid_height = grid->height;
  info->grid_width = grid->width;
  if (info->slices == 0)
    info->slices = choose_slices (grid);
  info->slices = MIN (info->slices, grid->height);
  info->fps_d = MAX (info->fps_d, 1);
  info->par_n = MAX (info->par_n, 1);
  info->par_d = MAX (info->par_d, 1);
  info->frames = info->kind == LATENT_MEDIA_AUDIO ? MAX (info->frames, 1) : 0;
}

static gboolean
make_sequence (LatentSequence *sequence, LatentModel *model, guint n_dims, const gint64 *dims,
    const LatentStreamInfo *info, GError **error)
{
  gboolean is_video = info->kind == LATENT_MEDIA_VIDEO;

  sequence->info = *info;
  sequence->numbers = LATENT_NUMBERS_WHOLE;
  if (!latent_grid_init_for_model (&sequence->grid, model, n_dims, dims, is_video ? info->width : 0,
          is_video ? info->height : 0, error))
    return FALSE;
  fill_info (&sequence->info, model, &sequence->grid);
  sequence->steps = latent_sequence_load_steps (model, sequence->grid.channels, error);
  for (guint c = 0; sequence->steps != NULL && is_video && c < sequence->grid.channels; c++)
    sequence->steps[c].slope = LATENT_SLOPE_ONE;
  return sequence->steps != NULL;
}

static void
make_buffers (LatentEncoder *self)
{
  LatentStream *stream = &self->stream;
  const guint channels = stream->sequence.grid.channels;
  gsize total = 0;

  self->buffers = g_new0 (guint8 *, stream->n_slices);
  for (guint i = 0; i < stream->n_slices; i++) {
    gsize bound = latent_symbol_coder_get_bound (stream->coders[i]) * stream->n_frames;
    self->buffers[i] = g_malloc (bound);
    total += bound;
  }
  self->packet = g_malloc (latent_packet_get_bound (stream->n_slices, total));
  self->changes = g_malloc (stream->n_symbols);
  self->zeros = g_new0 (gint16, stream->n_symbols);
  self->expected = g_new (float, stream->n_symbols);
  self->best_steps = g_new (float, (gsize)channels * stream->n_frames);
  for (guint i = 0; i < stream->n_frames; i++)
    latent_quantiser_get_steps (stream->sequence.steps, channels, LATENT_QUALITY_MAX,
        self->best_steps + (gsize)i * channels);
}

LatentEncoder *
latent_encoder_new (LatentModel *model, guint n_dims, const gint64 *dims,
    const LatentStreamInfo *info, guint threads, GError **error)
{
  g_autoptr (LatentEncoder) self = NULL;
  g_autoptr (LatentPrior) prior = NULL;
  g_autoptr (LatentMotionBasis) basis = NULL;
  g_auto (LatentSequence) sequence = {0};

  g_return_val_if_fail (model != NULL && dims != NULL && info != NULL, NULL);
  self = g_new0 (LatentEncoder, 1);
  g_atomic_ref_count_init (&self->ref_count);
  latent_rate_init (&self->rate);
  if (!make_sequence (&sequence, model, n_dims, dims, info, error))
    return NULL;
  prior = latent_stream_load_prior (model, sequence.grid.channels, error);
  if (prior == NULL || !latent_stream_load_motion (model, &sequence, &basis, error))
    return NULL;
  sequence.motion = basis != NULL ? latent_motion_basis_get_checksum (basis) : 0;
  sequence.prior = latent_prior_get_checksum (prior);
  self->header = latent_sequence_put (&sequence, error);
  if (self->header == NULL || !latent_stream_init (&self->stream, &sequence, prior,
                                  g_steal_pointer (&basis), threads, error))
    return NULL;
  if (self->stream.foretells &&
      !latent_search_init (&self->search, &self->stream.predictor, self->stream.threads)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
        "no memory for frames of %" G_GSIZE_FORMAT " symbols", self->stream.n_symbols);
    return NULL;
  }
  make_buffers (self);
  if (self->stream.sequence.info.resilient)
    self->rate.key_interval = 1;
  return g_steal_pointer (&self);
}

LatentEncoder *
latent_encoder_ref (LatentEncoder *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
latent_encoder_unref (LatentEncoder *self)
{
  g_return_if_fail (self != NULL);
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  for (guint i = 0; self->buffers != NULL && i < self->stream.n_slices; i++)
    g_free (self->buffers[i]);
  g_free (self->buffers);
  g_free (self->packet);
  g_free (self->best_steps);
  g_free (self->changes);
  g_free (self->zeros);
  g_free (self->expected);
  g_clear_pointer (&self->header, g_bytes_unref);
  latent_search_clear (&self->search);
  latent_stream_clear (&self->stream);
  g_free (self);
}

GBytes *
latent_encoder_get_header (const LatentEncoder *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->header;
}

void
latent_encoder_set_quality (LatentEncoder *self, guint quality)
{
  g_return_if_fail (self != NULL && quality <= LATENT_QUALITY_MAX);
  self->rate.best = quality;
}

void
latent_encoder_set_bitrate (LatentEncoder *self, guint64 bits)
{
  g_return_if_fail (self != NULL);
  latent_rate_set_bitrate (&self->rate, bits);
}

void
latent_encoder_set_key_interval (LatentEncoder *self, guint frames)
{
  g_return_if_fail (self != NULL);
  self->key_interval = frames;
  if (!self->stream.sequence.info.resilient)
    self->rate.key_interval = frames / self->stream.n_frames;
}

void
latent_encoder_set_key_gain (LatentEncoder *self, guint gain)
{
  g_return_if_fail (self != NULL && gain <= LATENT_QUALITY_MAX);
  self->key_gain = gain;
  latent_search_set_key_gain (&self->search, gain);
}

void
latent_encoder_request_key (LatentEncoder *self)
{
  g_return_if_fail (self != NULL);
  self->wants_key = TRUE;
}

static gboolean
check_finite (const float *latents, gsize n, GError **error)
{
  if (latent_count_not_finite (latents, n) == 0)
    return TRUE;
  for (gsize i = 0; i < n; i++) {
    if (isfinite (latents[i]))
      continue;
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE,
        "latent %" G_GSIZE_FORMAT " of the frame is %s: such latents cannot be coded", i,
        isnan (latents[i]) ? "NaN" : "infinite");
    break;
  }
  return FALSE;
}

static gboolean
is_key (const LatentEncoder *self)
{
  return self->stream.sequence.info.resilient || !self->stream.has_held || self->wants_key ||
         (self->key_interval > 0 && self->since_key >= self->key_interval);
}

static guint64
get_duration (const LatentEncoder *self, guint64 duration)
{
  const LatentStreamInfo *info = &self->stream.sequence.info;

  if (duration > 0)
    return duration;
  if (info->kind == LATENT_MEDIA_AUDIO)
    return G_GUINT64_CONSTANT (1000000000) * info->hop / self->stream.n_frames / info->rate;
  if (info->kind == LATENT_MEDIA_VIDEO && info->fps_n > 0)
    return G_GUINT64_CONSTANT (1000000000) * info->fps_d / info->fps_n;
  return G_GUINT64_CONSTANT (1000000000) / DEFAULT_FPS;
}

static void
encode_slice (gsize i, gpointer data)
{
  LatentEncoder *self = data;
  LatentStream *stream = &self->stream;
  LatentSymbolCoder *coder = stream->coders[i];
  guint8 *buffer = self->buffers[i];
  gsize size;

  if (stream->n_frames > 1) /* of one slice */
    size = latent_symbol_coder_encode_frames (
        coder, stream->symbols, self->n_waiting, stream->n_frames, self->previous, buffer);
  else if (self->is_foretold)
    size = latent_symbol_coder_encode_foretold (
        coder, stream->symbols, &stream->predictor.foretold, buffer);
  else
    size = latent_symbol_coder_encode (coder, stream->symbols, self->previous, buffer);
  stream->slices[i] = (LatentSlice){buffer, size};
}

/* Waves do not stand still: a symbol of sound does not stay as it was. */
static gboolean
is_sound (const LatentEncoder *self)
{
  return self->stream.sequence.info.kind == LATENT_MEDIA_AUDIO;
}

/* stream->steps are still those of the frame before. */
static guint
choose_quality (LatentEncoder *self, gboolean key, guint64 duration)
{
  LatentStream *stream = &self->stream;
  const LatentGrid *grid = &stream->sequence.grid;
  gboolean has_held = stream->has_held && !stream->sequence.info.resilient && !is_sound (self);

  if (self->rate.bitrate > 0) {
    if (has_held)
      latent_stream_get_held (stream, 0, self->expected);
    latent_rate_measure (&self->rate, stream->planes, self->best_steps,
        has_held ? self->expected : NULL, grid->channels * self->n_waiting,
        grid->height * grid->width);
  }
  return latent_rate_choose (&self->rate, key, duration);
}

/* Where frames follow that a key frame foretells. */
static guint
choose_gain (const LatentEncoder *self)
{
  return self->stream.foretells && self->rate.bitrate == 0 && self->key_interval != 1
             ? self->key_gain
             : 0;
}

static void
quantise (LatentEncoder *self, gboolean key)
{
  LatentStream *stream = &self->stream;
  LatentRule rule = is_sound (self) ? LATENT_RULE_SOUND : key ? LATENT_RULE_KEY : LATENT_RULE_HELD;

  for (guint i = 0; i < self->n_waiting; i++)
    latent_quantiser_put (&stream->sequence.grid, stream->planes + i * stream->n_symbols,
        stream->steps, rule, rule == LATENT_RULE_HELD ? self->previous : self->zeros,
        stream->threads, self->changes, stream->symbols + i * stream->n_symbols);
}

static void
encode_packet (LatentEncoder *self, LatentPacketInfo *info)
{
  LatentStream *stream = &self->stream;

  self->previous = latent_stream_begin (stream, info->key, info->quality);
  self->is_foretold = latent_stream_is_foretold (stream, info->key);
  if (self->is_foretold) {
    latent_predictor_begin (&stream->predictor, info->quality, FALSE);
    latent_search_frame (&self->search, stream->planes, stream->n_slices, stream->symbols);
  } else {
    quantise (self, info->key);
  }
  latent_parallel_each (stream->threads, stream->n_slices, encode_slice, self);
  latent_packet_put (info, stream->has_held && info->quality == stream->held_quality,
      stream->n_slices, stream->slices, self->packet);
  latent_stream_end (stream, info->key, info->quality, self->n_waiting);
}

/* No packet is made. Returns whether frames waited. */
static gboolean
forget (LatentEncoder *self, const guint8 **packet, gsize *size)
{
  const gboolean waited = self->n_waiting > 0;

  self->n_waiting = 0;
  self->waited = 0;
  if (packet != NULL) {
    *packet = NULL;
    *size = 0;
  }
  return waited;
}

gboolean
latent_encoder_finish_packet (
    LatentEncoder *self, LatentPacketInfo *info, const guint8 **packet, gsize *size)
{
  LatentPacketInfo made;

  g_return_val_if_fail (self != NULL && (packet == NULL) == (size == NULL), FALSE);
  if (packet == NULL || self->n_waiting == 0)
    return forget (self, packet, size);
  made = (LatentPacketInfo){
      .key = is_key (self), .number = self->stream.number, .frames = self->n_waiting};
  made.quality = choose_quality (self, made.key, self->waited);
  if (made.key)
    made.quality = MIN (made.quality + choose_gain (self), LATENT_QUALITY_MAX);
  encode_packet (self, &made);
  latent_rate_add (&self->rate, made.key, made.bytes, self->waited);
  self->stream.number = (self->stream.number + 1) & 0xffff;
  self->since_key = (made.key ? 0 : self->since_key) + self->n_waiting;
  self->wants_key = FALSE;
  self->n_waiting = 0;
  self->waited = 0;
  *packet = self->packet;
  *size = made.bytes;
  if (info != NULL)
    *info = made;
  return TRUE;
}

gboolean
latent_encoder_encode (LatentEncoder *self, const float *latents, guint64 duration,
    LatentPacketInfo *info, const guint8 **packet, gsize *size, GError **error)
{
  LatentStream *stream;

  g_return_val_if_fail (self != NULL && latents != NULL && packet != NULL && size != NULL, FALSE);
  stream = &self->stream;
  *packet = NULL;
  *size = 0;
  if (!check_finite (latents, stream->n_symbols, error))
    return FALSE;
  latent_grid_gather (
      &stream->sequence.grid, latents, stream->planes + self->n_waiting * stream->n_symbols);
  self->waited += get_duration (self, duration);
  self->n_waiting++;
  if (self->n_waiting == stream->n_frames)
    latent_encoder_finish_packet (self, info, packet, size);
  return TRUE;
}
