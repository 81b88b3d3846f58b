/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/coder.h"

#include <string.h>

#include "src/cli/analysis.h"

#define SECOND     G_GUINT64_CONSTANT (1000000000)
#define UNKNOWN    2 /* a matrix, a transfer function, primaries (ISO/IEC 23001-8) */
#define NANOSECOND G_GINT64_CONSTANT (1)

struct _LatentCoder {
  LatentModel *model;
  LatentCoderSettings settings;
  LatentPacketFunc func;
  gpointer data;
  LatentAnalysis *analysis;
  LatentEncoder *encoder;
  LatentStreamInfo stream;
  const LatentSample *sample; /* at work */
  gboolean has_state;         /* the net begins anew at key packets */
  guint64 frames;
  guint since_key; /* frames from the last key packet to the end of the last packet */
  guint n_waiting; /* frames of the packet at work */
  guint n_samples; /* of sound, of the packet at work */
  guint64 samples; /* of sound, of packets that were made */
  gint64 shift;    /* from the times of this input to the file's, nanoseconds */
  guint64 end;     /* of the last packet */
};

/* What n parts of a second are, in nanoseconds. */
static guint64
get_time (guint64 n, guint64 per, guint64 rate)
{
  return (guint64)((double)n * (double)per * (double)SECOND / (double)rate + .5);
}

static gboolean
has_rate (const LatentSample *sample)
{
  return sample->fps_n > 0 && sample->fps_d > 0;
}

static void
describe_video (LatentCoder *self)
{
  const LatentSample *sample = self->sample;
  const LatentStreamInfo *look = &sample->look;
  gboolean timed = has_rate (sample);
  self->stream.width = sample->picture.width;
  self->stream.height = sample->picture.height;
  self->stream.fps_n = timed ? sample->fps_n : self->settings.fps_n;
  self->stream.fps_d = timed ? sample->fps_d * MAX (self->settings.every, 1) : self->settings.fps_d;
  self->stream.par_n = MAX (sample->par_n, 1);
  self->stream.par_d = MAX (sample->par_d, 1);
  self->stream.color_matrix = self->stream.color_transfer = self->stream.color_primaries = UNKNOWN;
  if (look->width == 0)
    return; /* an array says nothing of it */
  self->stream.color_range = look->color_range;
  self->stream.color_matrix = look->color_matrix;
  self->stream.color_transfer = look->color_transfer;
  self->stream.color_primaries = look->color_primaries;
  self->stream.interlace = look->interlace;
  self->stream.field_order = look->field_order;
  self->stream.chroma_site = look->chroma_site;
}

static gboolean
open_encoder (LatentCoder *self, GError **error)
{
  const LatentMediaInfo *media = latent_model_get_media_info (self->model);
  guint n_dims;
  const gint64 *dims = latent_session_get_latent_dims (
      latent_analysis_get_session (self->analysis), &n_dims);
  self->stream.kind = media->kind;
  if (media->kind == LATENT_MEDIA_VIDEO) {
    describe_video (self);
  } else {
    self->stream.rate = media->rate;
    self->stream.audio_channels = media->channels;
    self->stream.frames = MAX (self->settings.frames, 1);
    self->stream.hop = media->hop * self->stream.frames;
  }
  self->encoder = latent_encoder_new (
      self->model, n_dims, dims, &self->stream, self->settings.threads, error);
  if (!self->encoder)
    return FALSE;
  latent_encoder_set_quality (self->encoder, self->settings.quality);
  latent_encoder_set_bitrate (self->encoder, self->settings.bitrate);
  latent_encoder_set_key_interval (self->encoder, self->settings.key_interval);
  latent_encoder_set_key_gain (self->encoder, self->settings.key_gain);
  return TRUE;
}

/* Times of a picture go on where those of the last input ended. */
static void
time_picture (LatentCoder *self, LatentFilePacket *packet)
{
  const LatentSample *sample = self->sample;
  guint fps_n = self->stream.fps_n, fps_d = self->stream.fps_d;
  packet->duration = get_time (1, fps_d, fps_n);
  packet->pts = self->frames > 0 ? self->end : 0;
  if (!has_rate (sample) || sample->pts == G_MAXUINT64 || sample->pts > G_MAXINT64 / 2)
    return;
  gint64 pts = (gint64)sample->pts + self->shift;
  if (self->frames == 0 || pts + NANOSECOND < (gint64)self->end)
    self->shift += (gint64)packet->pts - pts;
  packet->pts = (guint64)((gint64)sample->pts + self->shift);
}

/* Of the samples that wait. */
static void
time_sound (LatentCoder *self, LatentFilePacket *packet)
{
  packet->pts = get_time (self->samples, 1, self->stream.rate);
  self->samples += self->n_samples;
  packet->duration = get_time (self->samples, 1, self->stream.rate) - packet->pts;
}

static gboolean
check_size (const LatentCoder *self, GError **error)
{
  const LatentPicture *picture = &self->sample->picture;
  if (self->stream.kind != LATENT_MEDIA_VIDEO ||
      (picture->width == self->stream.width && picture->height == self->stream.height))
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "a picture of %ux%u after some of %ux%u: a stream has pictures of one size", picture->width,
      picture->height, self->stream.width, self->stream.height);
  return FALSE;
}

/* What a packet is that was made of the frames that wait. */
static gboolean
hand_over (
    LatentCoder *self, LatentCodedPacket *packet, const LatentPacketInfo *info, GError **error)
{
  guint interval = self->settings.key_interval;
  if (self->stream.kind == LATENT_MEDIA_VIDEO) {
    packet->picture = self->sample;
    time_picture (self, &packet->file);
  } else {
    packet->n_samples = self->n_samples;
    time_sound (self, &packet->file);
  }
  packet->n_frames = self->n_waiting;
  packet->file.key = info->key;
  self->frames += self->n_waiting;
  self->end = packet->file.pts + packet->file.duration;
  self->since_key = (info->key ? 0 : self->since_key) + self->n_waiting;
  self->n_waiting = self->n_samples = 0;
  if (self->has_state && interval > 0 && self->since_key >= interval)
    latent_session_reset_state (latent_analysis_get_session (self->analysis));
  return self->func (self, packet, self->data, error);
}

/* Of the frame whose latents have come, in nanoseconds. */
static guint64
get_duration (const LatentCoder *self, guint n_new)
{
  guint64 before = self->samples + self->n_samples, rate = self->stream.rate;
  if (self->stream.kind == LATENT_MEDIA_VIDEO)
    return get_time (1, self->stream.fps_d, self->stream.fps_n);
  return get_time (before + n_new, 1, rate) - get_time (before, 1, rate);
}

/* A LatentLatentsFunc. */
static gboolean
code_latents (const float *latents, const LatentShape *shape, gpointer data, GError **error)
{
  LatentCoder *self = data;
  LatentCodedPacket packet = {0};
  LatentPacketInfo info;
  if (!(self->encoder || open_encoder (self, error)) || !check_size (self, error))
    return FALSE;
  guint n_new = latent_analysis_get_new_samples (self->analysis);
  if (!latent_encoder_encode (self->encoder, latents, get_duration (self, n_new), &info,
          &packet.data, &packet.size, error))
    return FALSE;
  self->n_waiting++;
  self->n_samples += n_new;
  return !packet.data || hand_over (self, &packet, &info, error);
}

LatentCoder *
latent_coder_new (
    LatentModel *model, const LatentCoderSettings *settings, LatentPacketFunc func, gpointer data)
{
  LatentCoder *self = g_new0 (LatentCoder, 1);
  self->model = latent_model_ref (model);
  self->settings = *settings;
  self->has_state = latent_model_get_metadata (model, "latent.state") != NULL;
  self->func = func;
  self->data = data;
  self->analysis = latent_analysis_new (model, settings->threads, code_latents, self);
  return self;
}

void
latent_coder_free (LatentCoder *self)
{
  if (!self)
    return;
  latent_analysis_free (self->analysis);
  g_clear_pointer (&self->encoder, latent_encoder_unref);
  latent_model_unref (self->model);
  g_free (self);
}

gboolean
latent_coder_put (LatentCoder *self, const LatentSample *sample, GError **error)
{
  if (sample->kind == LATENT_MEDIA_VECTOR) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE,
        "%s: packets are of pictures or sound, not of vectors", sample->origin);
    return FALSE;
  }
  self->sample = sample;
  return latent_analysis_put (self->analysis, sample, error);
}

gboolean
latent_coder_finish (LatentCoder *self, GError **error)
{
  LatentCodedPacket packet = {0};
  LatentPacketInfo info;
  if (!latent_analysis_finish (self->analysis, error))
    return FALSE;
  if (self->n_waiting == 0)
    return TRUE;
  return latent_encoder_finish_packet (self->encoder, &info, &packet.data, &packet.size) &&
         hand_over (self, &packet, &info, error);
}

GBytes *
latent_coder_get_header (const LatentCoder *self)
{
  return self->encoder ? latent_encoder_get_header (self->encoder) : NULL;
}
