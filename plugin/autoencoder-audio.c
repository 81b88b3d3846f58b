/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/autoencoder-private.h"

#define GST_CAT_DEFAULT latent_autoencoder_debug

/* As audio sinks have it: how far timestamps may stray from the count of samples, and for how long.
 */
#define ALIGNMENT_THRESHOLD (40 * GST_MSECOND)
#define DISCONT_WAIT        GST_SECOND

static guint
get_rate (const LatentAutoencoder *self)
{
  return latent_model_get_media_info (self->model)->rate;
}

/* Time of n samples of that rate. */
static GstClockTime
get_time (guint64 n, guint rate)
{
  return gst_util_uint64_scale (n, GST_SECOND, rate);
}

/* Stamps a buffer that stands for samples [first, first + n) of the timeline. */
static void
stamp (const LatentTimeline *timeline, GstBuffer *buffer, guint64 first, guint n, guint rate)
{
  GstClockTime begin = get_time (first, rate);

  if (GST_CLOCK_TIME_IS_VALID (timeline->start))
    GST_BUFFER_PTS (buffer) = timeline->start + begin;
  GST_BUFFER_DURATION (buffer) = get_time (first + n, rate) - begin;
}

static void
begin_timeline (LatentTimeline *self, GstClockTime start, guint64 offset)
{
  self->start = start;
  self->offset = offset;
  self->taken = 0;
  self->given = 0;
  self->is_begun = TRUE;
}

GstFlowReturn
latent_autoencoder_follow (
    LatentAutoencoder *self, gboolean is_discont, GstBuffer *src, guint n_samples)
{
  LatentTimeline *timeline = &self->timeline;
  GstClockTime pts = GST_BUFFER_PTS (src);
  gboolean jumps = is_discont;
  GstFlowReturn ret = GST_FLOW_OK;

  if (GST_CLOCK_TIME_IS_VALID (pts)) {
    if (!timeline->is_begun)
      gst_audio_stream_align_mark_discont (timeline->align);
    jumps = gst_audio_stream_align_process (
        timeline->align, is_discont, pts, n_samples, &pts, NULL, NULL);
  }
  if (timeline->is_begun && !jumps)
    return GST_FLOW_OK;
  ret = latent_autoencoder_drain (self);
  begin_timeline (timeline, pts, GST_BUFFER_OFFSET (src));
  return ret;
}

/* A window's latents stand for a hop, but the last ones of a stream for less. */
guint
latent_autoencoder_count_samples (const LatentAutoencoder *self, GstBuffer *latents)
{
  guint hop = latent_model_get_media_info (self->model)->hop;
  guint64 n;

  if (!GST_BUFFER_DURATION_IS_VALID (latents))
    return hop;
  n = gst_util_uint64_scale_round (GST_BUFFER_DURATION (latents), get_rate (self), GST_SECOND);
  return (guint)CLAMP (n, 1, hop);
}

GstFlowReturn
latent_autoencoder_push_samples (LatentAutoencoder *self, gboolean is_discont, GstBuffer *src)
{
  GstAudioBuffer samples;
  GstFlowReturn ret;

  if (!gst_audio_buffer_map (&samples, &self->in_audio, src, GST_MAP_READ)) {
    latent_autoencoder_post_bad_buffer (self, "does not hold samples as the caps describe them");
    gst_buffer_unref (src);
    return GST_FLOW_ERROR;
  }
  ret = latent_autoencoder_follow (self, is_discont, src, (guint)samples.n_samples);
  latent_session_push_samples (self->session, samples.planes[0], samples.n_samples);
  gst_audio_buffer_unmap (&samples);
  if (self->settings.mode == LATENT_MODE_EMBED)
    latent_autoencoder_hold (self, src, -1, 0);
  else
    gst_buffer_unref (src);
  return ret;
}

void
latent_autoencoder_take_windows (LatentAutoencoder *self, gboolean drain)
{
  LatentTimeline *timeline = &self->timeline;

  while (self->n_filled < self->settings.batch_size &&
         latent_session_get_pending_windows (self->session, drain) > 0) {
    guint n = latent_session_take_window (self->session, self->n_filled);
    GstBuffer *shell = gst_buffer_new ();

    stamp (timeline, shell, timeline->taken, n, get_rate (self));
    timeline->taken += n;
    latent_autoencoder_hold (self, shell, (gint)self->n_filled++, n);
  }
}

void
latent_autoencoder_add_windows (LatentAutoencoder *self)
{
  guint64 n_nonfinite = 0;

  for (guint i = 0; i < self->held->len; i++) {
    const LatentHeld *held = &g_array_index (self->held, LatentHeld, i);

    n_nonfinite += latent_session_add_window (self->session, (guint)held->slot, held->n_samples);
  }
  latent_stats_add_nonfinite (&self->stats, self->settings.model, n_nonfinite);
}

GstFlowReturn
latent_autoencoder_pop_samples (LatentAutoencoder *self, gboolean drain, GstBuffer **dst)
{
  LatentTimeline *timeline = &self->timeline;
  gsize n = latent_session_get_available_samples (self->session, drain);
  GstAllocator *allocator;
  GstAllocationParams params;
  GstMapInfo map;

  if (n == 0)
    return GST_FLOW_OK;
  gst_base_transform_get_allocator (GST_BASE_TRANSFORM (self), &allocator, &params);
  *dst = gst_buffer_new_allocate (
      allocator, n * (gsize)GST_AUDIO_INFO_BPF (&self->out_audio), &params);
  gst_clear_object (&allocator);
  if (!*dst || !gst_buffer_map (*dst, &map, GST_MAP_WRITE)) {
    gst_clear_buffer (dst);
    latent_autoencoder_post_bad_buffer (self, "of samples cannot be allocated");
    return GST_FLOW_ERROR;
  }
  latent_session_pop_samples (self->session, map.data, n);
  gst_buffer_unmap (*dst, &map);
  stamp (timeline, *dst, timeline->given, (guint)n, get_rate (self));
  if (timeline->offset != GST_BUFFER_OFFSET_NONE && self->input == LATENT_PORT_AUDIO) {
    GST_BUFFER_OFFSET (*dst) = timeline->offset + timeline->given;
    GST_BUFFER_OFFSET_END (*dst) = GST_BUFFER_OFFSET (*dst) + n;
  }
  timeline->given += n;
  return GST_FLOW_OK;
}

/* Appends the latents of up to a batch of windows. */
static gboolean
embed_windows (LatentAutoencoder *self, GByteArray *latents)
{
  gsize size = latent_session_get_latent_size (self->session);
  guint n = 0;

  while (n < self->settings.batch_size &&
         latent_session_get_pending_windows (self->session, FALSE) > 0) {
    latent_session_take_window (self->session, n);
    if (self->n_seen++ % self->settings.inference_interval == 0)
      n++;
  }
  if (n == 0)
    return TRUE;
  if (!latent_stats_run (&self->stats, self->session, n))
    return FALSE;
  for (guint i = 0; i < n; i++) {
    guint end = latents->len;

    g_byte_array_set_size (latents, end + (guint)size);
    latent_stats_add_nonfinite (&self->stats, self->settings.model,
        latent_session_get_latent (self->session, i, (gpointer)(latents->data + end)));
  }
  return TRUE;
}

GstFlowReturn
latent_autoencoder_embed_samples (LatentAutoencoder *self, GstBuffer **dst)
{
  g_autoptr (GByteArray) latents = NULL;
  g_autoptr (GBytes) bytes = NULL;
  guint n;

  if (self->held->len == 0)
    return GST_FLOW_OK;
  latents = g_byte_array_new ();
  while (latent_session_get_pending_windows (self->session, FALSE) > 0) {
    if (!embed_windows (self, latents))
      return GST_FLOW_ERROR;
  }
  *dst = g_steal_pointer (&g_array_index (self->held, LatentHeld, 0).buffer);
  g_array_set_size (self->held, 0);
  n = latents->len / (guint)latent_session_get_latent_size (self->session);
  if (n == 0)
    return GST_FLOW_OK;
  *dst = gst_buffer_make_writable (*dst);
  bytes = g_byte_array_free_to_bytes (g_steal_pointer (&latents));
  latent_autoencoder_attach (self, *dst, bytes, n);
  return GST_FLOW_OK;
}

void
latent_timeline_init (LatentTimeline *self, guint rate)
{
  latent_timeline_clear (self);
  self->align = gst_audio_stream_align_new ((gint)rate, ALIGNMENT_THRESHOLD, DISCONT_WAIT);
}

void
latent_timeline_clear (LatentTimeline *self)
{
  g_clear_pointer (&self->align, gst_audio_stream_align_free);
  *self = (LatentTimeline){.start = GST_CLOCK_TIME_NONE, .offset = GST_BUFFER_OFFSET_NONE};
}
