/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/audiodec-private.h"

#include <gst/video/video.h>

#include "src/gst/message.h"

#define GST_CAT_DEFAULT latent_audio_dec_debug

/* Concealed windows in a row until there is silence. */
#define FADE 5

/* What was concealed fades. */
static void
apply_gain (const LatentAudioOwed *owed, guint channels, float *samples)
{
  float step = (owed->to - owed->from) / (float)owed->n;

  if (owed->from >= 1 && owed->to >= 1)
    return;
  for (guint i = 0; i < owed->n; i++) {
    for (guint c = 0; c < channels; c++)
      samples[i * channels + c] *= owed->from + step * (float)i;
  }
}

/* Gives the base class a window's samples; NULL: they were heard before. */
static GstFlowReturn
finish (LatentAudioDec *self, const LatentAudioOwed *owed, GstBuffer *buffer)
{
  GstAudioDecoder *decoder = GST_AUDIO_DECODER (self);
  GstFlowReturn ret;

  if (!owed->ends)
    return buffer ? gst_audio_decoder_finish_subframe (decoder, buffer) : GST_FLOW_OK;
  ret = gst_audio_decoder_finish_frame (decoder, buffer, 1);
  return ret == GST_FLOW_OK && owed->n_units > 0
             ? gst_audio_decoder_finish_frame (decoder, NULL, (gint)owed->n_units)
             : ret;
}

/* The samples of the oldest window. */
static GstFlowReturn
pop (LatentAudioDec *self)
{
  GstAudioDecoder *decoder = GST_AUDIO_DECODER (self);
  LatentAudioOwed owed = g_array_index (self->owed, LatentAudioOwed, 0);
  gsize size = owed.n * (gsize)GST_AUDIO_INFO_BPF (&self->info);
  GstBuffer *buffer = gst_audio_decoder_allocate_output_buffer (decoder, size);
  GstMapInfo map;

  g_array_remove_index (self->owed, 0);
  self->n_run--;
  if (!buffer || !gst_buffer_map (buffer, &map, GST_MAP_WRITE)) {
    gst_clear_buffer (&buffer);
    GST_ELEMENT_ERROR (self, RESOURCE, WRITE, ("a buffer of samples cannot be allocated"), (NULL));
    return GST_FLOW_ERROR;
  }
  latent_session_pop_samples (self->core.session, map.data, owed.n);
  apply_gain (&owed, (guint)GST_AUDIO_INFO_CHANNELS (&self->info), (float *)(gpointer)map.data);
  gst_buffer_unmap (buffer, &map);
  if (owed.is_hidden) {
    gst_clear_buffer (&buffer);
  } else if (owed.to < 1) {
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_CORRUPTED);
    latent_dec_core_count_concealed (&self->core, 1);
  }
  return finish (self, &owed, buffer);
}

/* Runs what waits. */
static GstFlowReturn
run (LatentAudioDec *self)
{
  LatentSession *session = self->core.session;
  guint n = self->owed->len - self->n_run;

  if (n == 0)
    return GST_FLOW_OK;
  if (!latent_stats_run (&self->core.stats, session, n))
    return GST_FLOW_ERROR;
  for (guint i = 0; i < n; i++)
    latent_stats_add_nonfinite (&self->core.stats, latent_model_get_id (self->core.model),
        latent_session_add_window (
            session, i, g_array_index (self->owed, LatentAudioOwed, self->n_run + i).n));
  self->n_run += n;
  return GST_FLOW_OK;
}

/* Runs what waits, where it is a batch, and gives what is finished; with `drain` everything. */
static GstFlowReturn
give (LatentAudioDec *self, gboolean drain)
{
  LatentSession *session = self->core.session;
  GstFlowReturn ret = GST_FLOW_OK;

  if (drain || self->owed->len - self->n_run == self->core.settings.batch_size)
    ret = run (self);
  while (ret == GST_FLOW_OK && self->n_run > 0 &&
         latent_session_get_available_samples (session, drain) >=
             g_array_index (self->owed, LatentAudioOwed, 0).n)
    ret = pop (self);
  return ret;
}

void
latent_audio_dec_restart (LatentAudioDec *self)
{
  g_array_set_size (self->owed, 0);
  self->n_run = 0;
  self->next = GST_CLOCK_TIME_NONE;
  if (self->core.decoder)
    latent_session_reset (self->core.session);
}

GstFlowReturn
latent_audio_dec_drain (LatentAudioDec *self)
{
  GstFlowReturn ret = self->core.decoder ? give (self, TRUE) : GST_FLOW_OK;

  latent_audio_dec_restart (self);
  return ret;
}

/* Samples that a packet stands for: the last of a stream for less than others. */
static guint
count_samples (LatentAudioDec *self, GstBuffer *buffer)
{
  guint64 n = (guint64)self->hop * self->n_frames;

  if (GST_BUFFER_DURATION_IS_VALID (buffer))
    n = gst_util_uint64_scale_round (
        GST_BUFFER_DURATION (buffer), (guint64)GST_AUDIO_INFO_RATE (&self->info), GST_SECOND);
  return (guint)CLAMP (n, 1, self->hop * self->n_frames);
}

/* Puts core.latents into the next slot, for n samples. */
static GstFlowReturn
put_window (LatentAudioDec *self, guint n, float gain, gboolean ends)
{
  LatentAudioOwed owed = {.n = n,
      .from = gain < 1 ? self->gain : 1,
      .to = gain,
      .is_hidden = self->is_hidden,
      .ends = ends};

  latent_session_put_latent (self->core.session, self->owed->len - self->n_run, self->core.latents);
  g_array_append_val (self->owed, owed);
  self->gain = gain;
  return give (self, FALSE);
}

/* Windows of what was heard last, for n samples. */
static GstFlowReturn
put_again (LatentAudioDec *self, guint n)
{
  gboolean is_silent = self->core.settings.conceal == LATENT_GST_CONCEAL_NONE;
  GstFlowReturn ret = GST_FLOW_OK;

  for (guint part; ret == GST_FLOW_OK && n > 0; n -= part) {
    part = MIN (n, self->hop);
    self->n_concealed++;
    ret = put_window (
        self, part, is_silent ? 0 : MAX (0, 1 - (float)self->n_concealed / FADE), n == part);
  }
  return ret;
}

/* The windows of a packet that was decoded, for n samples. */
static GstFlowReturn
put_packet (LatentAudioDec *self, guint n)
{
  GstFlowReturn ret = GST_FLOW_OK;

  for (guint part; ret == GST_FLOW_OK && n > 0; n -= part) {
    part = MIN (n, self->hop);
    ret = put_window (self, part, 1, n == part);
    if (n > part)
      latent_dec_core_next (&self->core);
  }
  return ret;
}

/* A packet that stands for less than others is the last before something else. */
static GstFlowReturn
end_packet (LatentAudioDec *self, GstFlowReturn ret, guint n)
{
  if (n == self->hop * self->n_frames)
    return ret;
  if (ret == GST_FLOW_OK)
    ret = give (self, TRUE);
  latent_audio_dec_restart (self);
  return ret;
}

/* Good samples are not mixed with what is made up behind them; those that are made up are, with the
 * good window behind them. */
static GstFlowReturn
part (LatentAudioDec *self)
{
  GstClockTime next = self->next;
  GstFlowReturn ret = latent_audio_dec_drain (self);

  self->next = next;
  return ret;
}

static GstFlowReturn
conceal (LatentAudioDec *self, GstClockTime pts, guint n)
{
  GstFlowReturn ret = self->n_concealed == 0 ? part (self) : GST_FLOW_OK;

  if (ret != GST_FLOW_OK)
    return ret;
  if (self->n_concealed == 0)
    self->gain = 0; /* what was lost is silent */
  if (latent_dec_core_lose (&self->core, pts))
    gst_pad_push_event (GST_AUDIO_DECODER_SINK_PAD (self),
        gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE, FALSE, 0));
  if (!self->has_last) /* nothing was heard yet */
    return gst_audio_decoder_finish_frame (GST_AUDIO_DECODER (self), NULL, 1);
  return end_packet (self, put_again (self, n), n);
}

/* Where packets were left out, by dtx or on the way, what was held goes out before. */
static GstFlowReturn
follow (LatentAudioDec *self, GstClockTime pts, guint n)
{
  guint64 rate = (guint64)GST_AUDIO_INFO_RATE (&self->info);
  GstClockTime half = gst_util_uint64_scale (self->hop, GST_SECOND, 2 * rate);
  GstFlowReturn ret = GST_FLOW_OK;

  if (!GST_CLOCK_TIME_IS_VALID (pts))
    return ret;
  if (GST_CLOCK_TIME_IS_VALID (self->next) && ABS (GST_CLOCK_DIFF (self->next, pts)) > (gint64)half)
    ret = latent_audio_dec_drain (self);
  self->next = pts + gst_util_uint64_scale (n, GST_SECOND, rate);
  return ret;
}

/* The net begins anew, and the sound goes on. */
static GstFlowReturn
begin_state (LatentAudioDec *self)
{
  GstFlowReturn ret = run (self);

  latent_session_reset_state (self->core.session);
  return ret;
}

static GstFlowReturn
take_latents (LatentAudioDec *self, const LatentPacketInfo *info, guint n)
{
  GstFlowReturn ret = GST_FLOW_OK;

  n = MIN (n, info->frames * self->hop);
  if (info->key && self->core.has_state)
    ret = begin_state (self);
  self->has_last = TRUE;
  self->core.n_lost = 0;
  self->n_concealed = 0;
  return ret == GST_FLOW_OK ? end_packet (self, put_packet (self, n), n) : ret;
}

/* Backwards the base class gives the first packet of a group again behind the group before, since
 * nothing came of it at once: it has the windows that end that group, and was played itself. */
static gboolean
was_played (LatentAudioDec *self, GstClockTime pts)
{
  if (GST_AUDIO_DECODER (self)->input_segment.rate > 0 || !GST_CLOCK_TIME_IS_VALID (pts))
    return FALSE;
  if (pts >= self->played)
    return TRUE;
  self->first = MIN (self->first, pts);
  return FALSE;
}

/* A packet that was decoded, or not: as `result` says. */
static GstFlowReturn
take_result (LatentAudioDec *self, LatentDecodeResult result, const LatentPacketInfo *info,
    const GError *error, GstClockTime pts, guint n)
{
  GstFlowReturn ret = GST_FLOW_OK;

  switch (result) {
  case LATENT_DECODE_OK:
    return take_latents (self, info, n);
  case LATENT_DECODE_BAD:
    GST_AUDIO_DECODER_ERROR (self, 1, STREAM, DECODE, ("%s", error->message), (NULL), ret);
    break;
  default:
    GST_DEBUG_OBJECT (self, "%s", error->message);
    break;
  }
  return ret == GST_FLOW_OK ? conceal (self, pts, n) : ret;
}

GstFlowReturn
latent_audio_dec_take_packet (
    LatentAudioDec *self, GstBuffer *buffer, const guint8 *packet, gsize size)
{
  g_autoptr (GError) error = NULL;
  GstClockTime pts = GST_BUFFER_PTS (buffer);
  LatentDecodeResult result;
  LatentPacketInfo info;
  GstFlowReturn ret;
  guint n;

  if (!latent_dec_core_is_ready (&self->core, packet, size, &error)) {
    if (!error)
      return gst_audio_decoder_finish_frame (GST_AUDIO_DECODER (self), NULL, 1);
    latent_gst_post_error (GST_ELEMENT (self), error);
    return GST_FLOW_ERROR;
  }
  n = count_samples (self, buffer);
  self->is_hidden = was_played (self, pts);
  ret = follow (self, pts, n);
  if (ret != GST_FLOW_OK)
    return ret;
  result = latent_dec_core_decode (&self->core, packet, size, &info, &error);
  return take_result (self, result, &info, error, pts, n);
}
