/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/autoencoder-private.h"

#define GST_CAT_DEFAULT latent_autoencoder_debug

/* Samples that came in, and whose output still waits for what follows, at most. */
static guint64
count_held_samples (const LatentAutoencoder *self)
{
  const LatentMediaInfo *info = latent_model_get_media_info (self->model);
  guint64 n = 0;

  if (self->settings.mode == LATENT_MODE_EMBED)
    return 0;
  if (self->output == LATENT_PORT_AUDIO)
    n += info->window - info->hop; /* until the last window that a sample is in */
  if (self->input == LATENT_PORT_AUDIO)
    n += (guint64)info->hop * self->settings.batch_size;
  else
    n += (guint64)info->hop * (self->settings.batch_size - 1);
  return n;
}

static GstClockTime
compute_latency (const LatentAutoencoder *self, GstCaps *incaps)
{
  const LatentMediaInfo *info = latent_model_get_media_info (self->model);
  guint64 n_frames = self->settings.batch_size - 1;
  gint numerator = 0, denominator = 1;

  if (info->kind == LATENT_MEDIA_AUDIO)
    return gst_util_uint64_scale (count_held_samples (self), GST_SECOND, info->rate);
  if (self->settings.mode == LATENT_MODE_EMBED)
    n_frames *= self->settings.inference_interval;
  gst_structure_get_fraction (
      gst_caps_get_structure (incaps, 0), "framerate", &numerator, &denominator);
  if (numerator <= 0)
    return 0;
  return gst_util_uint64_scale (n_frames * GST_SECOND, (guint64)denominator, (guint64)numerator);
}

void
latent_autoencoder_update_latency (LatentAutoencoder *self, GstCaps *incaps)
{
  GstClockTime latency = compute_latency (self, incaps);
  gboolean differs;

  GST_OBJECT_LOCK (self);
  differs = self->latency != latency;
  self->latency = latency;
  GST_OBJECT_UNLOCK (self);
  if (differs)
    gst_element_post_message (GST_ELEMENT (self), gst_message_new_latency (GST_OBJECT (self)));
}

static gboolean
query_latency (LatentAutoencoder *self, GstQuery *query)
{
  GstClockTime min, max, own;
  gboolean live;

  if (!gst_pad_peer_query (GST_BASE_TRANSFORM_SINK_PAD (self), query))
    return FALSE;
  gst_query_parse_latency (query, &live, &min, &max);
  GST_OBJECT_LOCK (self);
  own = self->latency;
  GST_OBJECT_UNLOCK (self);
  min += own;
  if (GST_CLOCK_TIME_IS_VALID (max))
    max += own;
  gst_query_set_latency (query, live, min, max);
  return TRUE;
}

gboolean
latent_autoencoder_query (GstBaseTransform *trans, GstPadDirection direction, GstQuery *query)
{
  LatentAutoencoder *self = LATENT_AUTOENCODER (trans);
  gpointer klass = g_type_class_peek (GST_TYPE_BASE_TRANSFORM);

  switch (GST_QUERY_TYPE (query)) {
  case GST_QUERY_CAPS:
    return latent_autoencoder_query_caps (self, direction, query);
  case GST_QUERY_LATENCY:
    if (direction == GST_PAD_SRC)
      return query_latency (self, query);
    break;
  case GST_QUERY_DRAIN:
    latent_autoencoder_drain (self);
    break;
  default:
    break;
  }
  return GST_BASE_TRANSFORM_CLASS (klass)->query (trans, direction, query);
}
