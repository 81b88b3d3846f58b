/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <latent/codec.h>
#include <latent/error.h>
#include <string.h>

#include "src/base/parallel.h"
#include "src/codec/stream.h"

struct _LatentDecoder {
  gatomicrefcount ref_count;
  LatentStream stream;
  gboolean *decoded;      /* whether each slice was, in the packet at work */
  const gint16 *previous; /* of the packet at work */
  gboolean is_foretold;   /* the packet at work */
  guint n_frames;         /* of the packet at work */
  guint n_given;          /* of the held one's frames, how many were asked for */
};

G_DEFINE_BOXED_TYPE (LatentDecoder, latent_decoder, latent_decoder_ref, latent_decoder_unref)

static gboolean
check_id (const LatentStreamInfo *info, const LatentModel *model, GError **error)
{
  if (g_str_equal (info->latent_id, latent_model_get_id (model)))
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE,
      "the stream's latents are of the latent space %s, the model's of %s", info->latent_id,
      latent_model_get_id (model));
  return FALSE;
}

/* Windows of another hop would be played at other times. */
static gboolean
check_hop (const LatentStreamInfo *info, const LatentModel *model, GError **error)
{
  const guint hop = model->media.kind == LATENT_MEDIA_AUDIO ? model->media.hop : 0;
  const guint frames = MAX (info->frames, 1);

  if (info->kind != LATENT_MEDIA_AUDIO || hop == 0 || info->hop == hop * frames)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "the stream's packets are of %u samples in %u frames, the model's frames are of %u",
      info->hop, frames, hop);
  return FALSE;
}

static LatentPrior *
load_prior (const LatentSequence *sequence, const LatentModel *model, GError **error)
{
  g_autoptr (LatentPrior) prior = latent_stream_load_prior (model, sequence->grid.channels, error);
  guint32 checksum;

  if (prior == NULL)
    return NULL;
  checksum = latent_prior_get_checksum (prior);
  if (checksum == sequence->prior)
    return g_steal_pointer (&prior);
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE,
      "the stream was made with another latent.prior than the model has (checksum %08x, not %08x): "
      "a copy of the model as it was then is needed",
      sequence->prior, checksum);
  return NULL;
}

static gboolean
load_motion (const LatentSequence *sequence, const LatentModel *model, LatentMotionBasis **basis,
    GError **error)
{
  guint32 checksum = 0;

  if (sequence->motion == 0)
    return TRUE;
  if (!latent_stream_load_motion (model, sequence, basis, error))
    return FALSE;
  if (*basis != NULL)
    checksum = latent_motion_basis_get_checksum (*basis);
  if (checksum == sequence->motion)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE,
      "the stream was made with another latent.motion than the model has (checksum %08x, not "
      "%08x): a copy of the model as it was then is needed",
      sequence->motion, checksum);
  return FALSE;
}

LatentDecoder *
latent_decoder_new (
    LatentModel *model, const guint8 *header, gsize size, guint threads, GError **error)
{
  g_autoptr (LatentDecoder) self = NULL;
  g_autoptr (LatentPrior) prior = NULL;
  g_autoptr (LatentMotionBasis) basis = NULL;
  g_auto (LatentSequence) sequence = {0};

  g_return_val_if_fail (model != NULL && (header != NULL || size == 0), NULL);
  if (!latent_sequence_get (&sequence, header, size, error) ||
      !check_id (&sequence.info, model, error) || !check_hop (&sequence.info, model, error) ||
      !latent_grid_check_model (&sequence.grid, model, error))
    return NULL;
  prior = load_prior (&sequence, model, error);
  if (prior == NULL || !load_motion (&sequence, model, &basis, error))
    return NULL;
  self = g_new0 (LatentDecoder, 1);
  g_atomic_ref_count_init (&self->ref_count);
  if (!latent_stream_init (
          &self->stream, &sequence, prior, g_steal_pointer (&basis), threads, error))
    return NULL;
  self->decoded = g_new0 (gboolean, self->stream.n_slices);
  return g_steal_pointer (&self);
}

LatentDecoder *
latent_decoder_ref (LatentDecoder *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
latent_decoder_unref (LatentDecoder *self)
{
  g_return_if_fail (self != NULL);
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_free (self->decoded);
  latent_stream_clear (&self->stream);
  g_free (self);
}

const LatentStreamInfo *
latent_decoder_get_info (const LatentDecoder *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return &self->stream.sequence.info;
}

const gint64 *
latent_decoder_get_latent_dims (const LatentDecoder *self, guint *n_dims)
{
  g_return_val_if_fail (self != NULL && n_dims != NULL, NULL);
  *n_dims = self->stream.sequence.grid.dims.n;
  return self->stream.sequence.grid.dims.dims;
}

/* A delta packet is one step from the frame that is held. */
static gboolean
follows (const LatentDecoder *self, const LatentPacketInfo *info, GError **error)
{
  const LatentStream *stream = &self->stream;

  if (info->key)
    return TRUE;
  if (stream->has_held && info->number == ((stream->number + 1) & 0xffff))
    return TRUE;
  if (stream->has_held)
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FAILED,
        "packet %u depends on the one before it, held is %u", info->number, stream->number);
  else
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FAILED,
        "packet %u depends on the one before it; a key packet must come first", info->number);
  return FALSE;
}

static void
decode_slice (gsize i, gpointer data)
{
  LatentDecoder *self = data;
  LatentStream *stream = &self->stream;
  LatentSymbolCoder *coder = stream->coders[i];
  const LatentSlice *slice = &stream->slices[i];

  if (stream->n_frames > 1) { /* of one slice */
    self->n_frames = latent_symbol_coder_decode_frames (
        coder, slice->data, slice->size, stream->n_frames, self->previous, stream->symbols);
    self->decoded[i] = self->n_frames > 0;
  } else if (self->is_foretold) {
    self->decoded[i] = latent_symbol_coder_decode_foretold (
        coder, slice->data, slice->size, &stream->predictor.foretold, stream->symbols);
  } else {
    self->decoded[i] = latent_symbol_coder_decode (
        coder, slice->data, slice->size, self->previous, stream->symbols);
  }
}

static gboolean
decode_symbols (LatentDecoder *self, const LatentPacketInfo *info)
{
  LatentStream *stream = &self->stream;
  gboolean ok = TRUE;

  self->n_frames = 1;
  self->previous = latent_stream_begin (stream, info->key, info->quality);
  self->is_foretold = latent_stream_is_foretold (stream, info->key);
  if (self->is_foretold)
    latent_predictor_begin (&stream->predictor, info->quality, TRUE);
  latent_parallel_each (stream->threads, stream->n_slices, decode_slice, self);
  for (guint i = 0; i < stream->n_slices; i++)
    ok &= self->decoded[i];
  return ok;
}

LatentDecodeResult
latent_decoder_decode (LatentDecoder *self, const guint8 *packet, gsize size, float *latents,
    LatentPacketInfo *info, GError **error)
{
  LatentStream *stream;
  LatentPacketInfo found, held;

  g_return_val_if_fail (self != NULL && latents != NULL, LATENT_DECODE_BAD);
  g_return_val_if_fail (packet != NULL || size == 0, LATENT_DECODE_BAD);
  stream = &self->stream;
  held = (LatentPacketInfo){.number = stream->number, .quality = stream->held_quality};
  if (!latent_packet_get (&found, &held, stream->sequence.numbers, stream->n_slices, stream->slices,
          packet, size, error))
    return LATENT_DECODE_BAD;
  if (stream->sequence.info.resilient && !found.key) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
        "packet %u is damaged: it depends on another in a stream whose packets stand alone",
        found.number);
    return LATENT_DECODE_BAD;
  }
  if (info != NULL)
    *info = found;
  if (!follows (self, &found, error))
    return LATENT_DECODE_LOST;
  if (!decode_symbols (self, &found)) {
    stream->has_held = FALSE; /* the coders' state is of no use any more */
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
        "packet %u is damaged: its slices are not what an encoder makes", found.number);
    return LATENT_DECODE_BAD;
  }
  stream->number = found.number;
  latent_stream_end (stream, found.key, found.quality, self->n_frames);
  self->n_given = 0;
  latent_decoder_next (self, latents);
  if (info != NULL)
    info->frames = self->n_frames;
  return LATENT_DECODE_OK;
}

gboolean
latent_decoder_next (LatentDecoder *self, float *latents)
{
  LatentStream *stream;

  g_return_val_if_fail (self != NULL && latents != NULL, FALSE);
  stream = &self->stream;
  if (!stream->has_held || self->n_given == stream->n_held)
    return FALSE;
  latent_stream_get_held (stream, self->n_given++, stream->planes);
  latent_grid_scatter (&stream->sequence.grid, stream->planes, latents);
  return TRUE;
}

void
latent_decoder_reset (LatentDecoder *self)
{
  g_return_if_fail (self != NULL);
  self->stream.has_held = FALSE;
}
