/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/audiodec-private.h"

#include <gst/video/video.h>

#include "src/gst/message.h"

#define GST_CAT_DEFAULT latent_audio_dec_debug

/* Concealed frames in a row until there is silence. */
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

/* The samples of the oldest packet. */
static GstFlowReturn
pop (LatentAudioDec *self)
{
  GstAudioDecoder *decoder = GST_AUDIO_DECODER (self);
  LatentAudioOwed owed = g_array_index (self->owed, LatentAudioOwed, 0);
  gsize size = owed.n * (gsize)GST_AUDIO_INFO_BPF (&self->info);
  GstBuffer *buffer = gst_audio_decoder_allocate_output_buffer (decoder, size);
  GstMapInfo map;
  GstFlowReturn ret;

  g_array_remove_index (self->owed, 0);
  self->n_run -= owed.n_windows;
  self->n_owed -= owed.n_windows;
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
    latent_dec_core_count_concealed (&self->core, owed.n_windows);
  }
  ret = gst_audio_decoder_finish_frame (decoder, buffer, 1);
  return ret == GST_FLOW_OK && owed.n_units > 0
             ? gst_audio_decoder_finish_frame (decoder, NULL, (gint)owed.n_units)
             : ret;
}

/* Samples of the windows that are put, one after the other: a hop each but for the last. */
static guint
count_fresh (const LatentAudioDec *self, guint window)
{
  guint i = 0;

  while (window >= g_array_index (self->owed, LatentAudioOwed, i).n_windows)
    window -= g_array_index (self->owed, LatentAudioOwed, i++).n_windows;
  return MIN (g_array_index (self->owed, LatentAudioOwed, i).n - window * self->hop, self->hop);
}

static GstFlowReturn
run (LatentAudioDec *self, guint n)
{
  LatentSession *session = self->core.session;

  if (!latent_stats_run (&self->core.stats, session, n))
    return GST_FLOW_ERROR;
  for (guint i = 0; i < n; i++)
    latent_stats_add_nonfinite (&self->core.stats, latent_model_get_id (self->core.model),
        latent_session_add_window (session, i, count_fresh (self, self->n_run + i)));
  self->n_run += n;
  return GST_FLOW_OK;
}

/* Runs what waits, and gives what is finished; with `drain` everything. */
static GstFlowReturn
give (LatentAudioDec *self, gboolean drain)
{
  guint n = self->n_owed - self->n_run;
  GstFlowReturn ret = GST_FLOW_OK;

  if (n > 0 && (drain || n == self->core.settings.batch_size))
    ret = run (self, n);
  while (ret == GST_FLOW_OK && self->owed->len > 0 &&
         self->n_run >= g_array_index (self->owed, LatentAudioOwed, 0).n_windows &&
         latent_session_get_available_samples (self->core.session, drain) >=
             g_array_index (self->owed, LatentAudioOwed, 0).n)
    ret = pop (self);
  return ret;
}

void
latent_audio_dec_restart (LatentAudioDec *self)
{
  g_array_set_size (self->owed, 0);
  self->n_run = self->n_owed = 0;
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

/* Puts core.latents into the next slot, for a packet of n samples, and those of the packet's other
 * frames behind them: where it is concealed, the same ones. */
static GstFlowReturn
put (LatentAudioDec *self, guint n, float gain)
{
  const guint n_windows = (n - 1) / self->hop + 1;
  LatentAudioOwed owed = {.n = n,
      .n_windows = n_windows,
      .from = gain < 1 ? self->gain : 1,
      .to = gain,
      .is_hidden = self->is_hidden};
  const gboolean is_short = n < self->hop * self->n_frames;
  GstFlowReturn ret = GST_FLOW_OK;

  g_array_append_val (self->owed, owed);
  self->gain = gain;
  for (guint i = 0; ret == GST_FLOW_OK && i < n_windows; i++) {
    if (i > 0 && gain >= 1)
      latent_dec_core_next (&self->core);
    latent_session_put_latent (self->core.session, self->n_owed - self->n_run, self->core.latents);
    self->n_owed++;
    ret = give (self, is_short && i + 1 == n_windows);
  }
  if (is_short)
    latent_audio_dec_restart (self);
  return ret;
}

/* Good windows and others are not mixed. */
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
  gboolean is_silent = self->core.settings.conceal == LATENT_GST_CONCEAL_NONE;
  GstFlowReturn ret = self->core.n_lost == 0 ? part (self) : GST_FLOW_OK;

  if (ret != GST_FLOW_OK)
    return ret;
  if (latent_dec_core_lose (&self->core, pts))
    gst_pad_push_event (GST_AUDIO_DECODER_SINK_PAD (self),
        gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE, FALSE, 0));
  if (!self->has_last) /* nothing was heard yet */
    return gst_audio_decoder_finish_frame (GST_AUDIO_DECODER (self), NULL, 1);
  return put (
      self, n, is_silent ? 0 : MAX (0, 1 - (float)(self->core.n_lost * self->n_frames) / FADE));
}

/* Where packets were left out, by dtx or on the way, what was held goes out before. */
static GstFlowReturn
follow (LatentAudioDec *self, GstBuffer *buffer, guint n)
{
  GstClockTime pts = GST_BUFFER_PTS (buffer);
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
  guint n = self->n_owed - self->n_run;
  GstFlowReturn ret = n > 0 ? run (self, n) : GST_FLOW_OK;

  latent_session_reset_state (self->core.session);
  return ret;
}

static GstFlowReturn
take_latents (LatentAudioDec *self, const LatentPacketInfo *info, guint n)
{
  GstFlowReturn ret = GST_FLOW_OK;

  if (self->core.n_lost > 0)
    ret = part (self);
  else if (info->key && self->core.has_state)
    ret = begin_state (self);
  self->has_last = TRUE;
  self->core.n_lost = 0;
  return ret == GST_FLOW_OK ? put (self, MIN (n, info->frames * self->hop), 1) : ret;
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

GstFlowReturn
latent_audio_dec_take_packet (
    LatentAudioDec *self, GstBuffer *buffer, const guint8 *packet, gsize size)
{
  g_autoptr (GError) error = NULL;
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
  self->is_hidden = was_played (self, GST_BUFFER_PTS (buffer));
  ret = follow (self, buffer, n);
  if (ret != GST_FLOW_OK)
    return ret;
  switch (latent_dec_core_decode (&self->core, packet, size, &info, &error)) {
  case LATENT_DECODE_OK:
    return take_latents (self, &info, n);
  case LATENT_DECODE_BAD:
    GST_AUDIO_DECODER_ERROR (self, 1, STREAM, DECODE, ("%s", error->message), (NULL), ret);
    break;
  default:
    GST_DEBUG_OBJECT (self, "%s", error->message);
    break;
  }
  return ret == GST_FLOW_OK ? conceal (self, GST_BUFFER_PTS (buffer), n) : ret;
}
