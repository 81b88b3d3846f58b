/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/replay.h"
#include "src/cli/precision.h"

struct _LatentReplay {
  LatentModel *model;
  guint threads;
  LatentPairFunc func;
  gpointer data;
  LatentMeasure measure;
  LatentDecoder *decoder;
  LatentSession *session;
  gboolean has_state; /* the net begins anew at key packets */
  float *latents;
  LatentPicture *rebuilt;
  GArray *waiting; /* float: sound whose reconstruction has not come out yet */
  GArray *room;    /* float */
};

LatentReplay *
latent_replay_new (LatentModel *model, guint threads, LatentPairFunc func, gpointer data)
{
  LatentReplay *self = g_new0 (LatentReplay, 1);
  self->model = latent_model_ref (model);
  self->has_state = latent_model_get_metadata (model, "latent.state") != NULL;
  self->threads = threads;
  self->func = func;
  self->data = data;
  self->waiting = g_array_new (FALSE, FALSE, sizeof (float));
  self->room = g_array_new (FALSE, FALSE, sizeof (float));
  return self;
}

void
latent_replay_free (LatentReplay *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->decoder, latent_decoder_unref);
  g_clear_pointer (&self->session, latent_session_unref);
  g_clear_pointer (&self->rebuilt, latent_picture_free);
  g_array_unref (self->waiting);
  g_array_unref (self->room);
  g_free (self->latents);
  latent_model_unref (self->model);
  g_free (self);
}

static gboolean
set_media (LatentReplay *self, const LatentSample *picture, GError **error)
{
  if (!picture)
    return latent_session_set_audio (self->session, LATENT_SAMPLE_FORMAT_F32, error);
  self->rebuilt = latent_picture_new (
      picture->picture.format, picture->picture.width, picture->picture.height);
  return latent_session_set_video (self->session, picture->picture.format, picture->picture.width,
      picture->picture.height, error);
}

static gboolean
open_decoder (LatentReplay *self, GBytes *header, const LatentSample *picture, GError **error)
{
  gsize size;
  guint n_dims;
  const guint8 *data = g_bytes_get_data (header, &size);
  self->decoder = latent_decoder_new (self->model, data, size, self->threads, error);
  self->session = self->decoder ? latent_session_new (self->model, LATENT_MODE_DECODE,
                                      latent_precision_get (), self->threads, 1, error)
                                : NULL;
  if (!self->session)
    return FALSE;
  const gint64 *dims = latent_decoder_get_latent_dims (self->decoder, &n_dims);
  if (!latent_session_set_latents (self->session, n_dims, dims, error) ||
      !set_media (self, picture, error))
    return FALSE;
  self->latents = g_malloc (latent_session_get_latent_size (self->session));
  return TRUE;
}

static void
compare_picture (LatentReplay *self, const LatentPicture *original)
{
  self->measure.not_finite += latent_session_get_picture (self->session, 0, self->rebuilt);
  latent_measure_add_pictures (&self->measure, original, self->rebuilt);
  if (self->func)
    self->func (
        &(LatentPair){
            .kind = LATENT_MEDIA_VIDEO,
            .pictures = {original, self->rebuilt},
    },
        self->data);
}

/* Measures what of the sound has come out. */
static void
compare_sound (LatentReplay *self, gboolean drain)
{
  guint channels = latent_model_get_media_info (self->model)->channels;
  gsize n = latent_session_get_available_samples (self->session, drain);
  if (n == 0)
    return;
  g_array_set_size (self->room, (guint)n * channels);
  latent_session_pop_samples (self->session, self->room->data, n);
  guint count = MIN (self->room->len, self->waiting->len);
  const float *original = (const float *)(gpointer)self->waiting->data;
  const float *rebuilt = (const float *)(gpointer)self->room->data;
  latent_measure_add_values (&self->measure, original, rebuilt, count);
  if (self->func)
    self->func (
        &(LatentPair){
            .kind = LATENT_MEDIA_AUDIO,
            .values = {original, rebuilt},
            .n = count,
    },
        self->data);
  g_array_remove_range (self->waiting, 0, count);
}

void
latent_replay_put_sound (LatentReplay *self, const LatentSample *sample)
{
  g_array_append_vals (self->waiting, sample->values, (guint)sample->n * sample->channels);
}

/* The windows of a packet of n samples. */
static gboolean
put_windows (LatentReplay *self, guint n, GError **error)
{
  guint hop = latent_model_get_media_info (self->model)->hop;
  do {
    guint part = MIN (n, hop);
    latent_session_put_latent (self->session, 0, self->latents);
    if (!latent_session_run (self->session, error))
      return FALSE;
    self->measure.not_finite += latent_session_add_window (self->session, 0, part);
    compare_sound (self, FALSE);
    n -= part;
  } while (n > 0 && latent_decoder_next (self->decoder, self->latents));
  return TRUE;
}

gboolean
latent_replay_put (
    LatentReplay *self, GBytes *header, const LatentCodedPacket *packet, GError **error)
{
  LatentPacketInfo info;
  if (!self->decoder && !open_decoder (self, header, packet->picture, error))
    return FALSE;
  if (latent_decoder_decode (self->decoder, packet->data, packet->size, self->latents, &info,
          error) != LATENT_DECODE_OK)
    return FALSE;
  if (info.key && self->has_state)
    latent_session_reset_state (self->session);
  if (!packet->picture)
    return put_windows (self, packet->n_samples, error);
  latent_session_put_latent (self->session, 0, self->latents);
  if (!latent_session_run (self->session, error))
    return FALSE;
  compare_picture (self, &packet->picture->picture);
  return TRUE;
}

void
latent_replay_finish (LatentReplay *self)
{
  if (self->session && latent_model_get_media_info (self->model)->kind == LATENT_MEDIA_AUDIO)
    compare_sound (self, TRUE);
}

const LatentMeasure *
latent_replay_get_measure (const LatentReplay *self)
{
  return &self->measure;
}
