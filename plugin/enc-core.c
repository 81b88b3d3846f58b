/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/enc-core.h"

#include <string.h>

#include "plugin/cores.h"
#include "plugin/loading.h"
#include "plugin/properties.h"
#include "src/codec/model-packet.h"
#include "src/gst/caps.h"
#include "src/gst/message.h"
#include "src/gst/stream-caps.h"

/* Headers are repeated at key packets, but for those that come in quicker succession: a receiver
 * waits no longer than this, and frames of a few hundred bytes are not doubled. */
#define HEADER_INTERVAL GST_SECOND

void
latent_enc_core_init (LatentEncCore *self, GstElement *element, LatentMediaKind kind)
{
  self->element = element;
  self->kind = kind;
  self->quality = LATENT_ENC_DEFAULT_QUALITY;
  latent_stats_init (&self->stats, element);
}

static void
take_model (LatentEncCore *self, LatentModel *model)
{
  LatentModel *old;

  GST_OBJECT_LOCK (self->element);
  old = self->model;
  self->model = model;
  GST_OBJECT_UNLOCK (self->element);
  g_clear_pointer (&old, latent_model_unref);
}

static void
clear_stream (LatentEncCore *self)
{
  g_clear_pointer (&self->encoder, latent_encoder_unref);
  g_clear_pointer (&self->latents, g_free);
}

static gboolean
load (LatentEncCore *self, GError **error)
{
  g_autoptr (LatentModel) model = NULL;

  if (self->model)
    return TRUE;
  model = latent_load_model (self->settings.model, LATENT_MODE_ENCODE, error);
  if (!model || !latent_check_media (model, self->kind, error))
    return FALSE;
  take_model (self, g_steal_pointer (&model));
  return TRUE;
}

static gboolean
load_or_post (LatentEncCore *self)
{
  g_autoptr (GError) error = NULL;

  if (load (self, &error))
    return TRUE;
  latent_gst_post_error (self->element, error);
  return FALSE;
}

static gboolean
open_model (LatentEncCore *self)
{
  return !self->settings.model || load_or_post (self);
}

void
latent_enc_core_forget_model (LatentEncCore *self)
{
  take_model (self, NULL);
}

/* What contradicts the model, whatever the media. */
static gboolean
check_settings (LatentEncCore *self, GError **error)
{
  self->has_state = latent_model_get_metadata (self->model, "latent.state") != NULL;
  if (!self->has_state || !self->settings.resilient)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
      "error-resilient=true: model '%s' carries state from frame to frame, so that none stands "
      "alone",
      self->settings.model);
  return FALSE;
}

static gboolean
embed (LatentEncCore *self, GError **error)
{
  g_clear_pointer (&self->model_packet, g_bytes_unref);
  if (self->settings.embed != LATENT_GST_EMBED_NO)
    self->model_packet = latent_model_packet_put (self->model, error);
  return self->settings.embed == LATENT_GST_EMBED_NO || self->model_packet;
}

static gboolean
start (LatentEncCore *self)
{
  g_autoptr (GError) error = NULL;

  if (!load_or_post (self))
    return FALSE;
  if (!check_settings (self, &error) || !embed (self, &error)) {
    latent_gst_post_error (self->element, error);
    return FALSE;
  }
  latent_stats_reset (&self->stats, self->model);
  self->bytes = self->keys = 0;
  latent_cores_join (&self->is_member);
  return TRUE;
}

static void
stop (LatentEncCore *self)
{
  latent_cores_leave (&self->is_member);
  clear_stream (self);
  g_clear_pointer (&self->session, latent_session_unref);
  g_clear_pointer (&self->model_packet, g_bytes_unref);
}

void
latent_enc_core_clear (LatentEncCore *self)
{
  stop (self);
  take_model (self, NULL);
  latent_stats_clear (&self->stats);
  g_clear_pointer (&self->settings.model, g_free);
}

GstStateChangeReturn
latent_enc_core_change_state (GstElement *element, GstStateChange transition)
{
  LatentEncCore *self = latent_core_get (element);
  GstElementClass *parent = g_type_class_peek_parent (GST_ELEMENT_GET_CLASS (element));
  GstStateChangeReturn result;

  if ((transition == GST_STATE_CHANGE_NULL_TO_READY && !open_model (self)) ||
      (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start (self)))
    return GST_STATE_CHANGE_FAILURE;
  result = parent->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY ||
      (transition == GST_STATE_CHANGE_READY_TO_PAUSED && result == GST_STATE_CHANGE_FAILURE))
    stop (self);
  if (transition == GST_STATE_CHANGE_READY_TO_NULL)
    latent_enc_core_forget_model (self);
  return result;
}

GstCaps *
latent_enc_core_get_caps (LatentEncCore *self, GstCaps *any)
{
  g_autoptr (LatentModel) model = NULL;

  GST_OBJECT_LOCK (self->element);
  model = self->model ? latent_model_ref (self->model) : NULL;
  GST_OBJECT_UNLOCK (self->element);
  return model ? latent_gst_new_media_caps (model) : gst_caps_ref (any);
}

LatentSession *
latent_enc_core_get_session (LatentEncCore *self, GError **error)
{
  const LatentEncSettings *settings = &self->settings;

  if (!self->session)
    self->session = latent_session_new (self->model, LATENT_MODE_ENCODE, settings->precision,
        latent_cores_choose (settings->threads), settings->batch_size, error);
  return self->session;
}

static guint
get_bitrate (LatentEncCore *self)
{
  guint bitrate;

  GST_OBJECT_LOCK (self->element);
  bitrate = self->bitrate;
  GST_OBJECT_UNLOCK (self->element);
  return bitrate;
}

static void
retune (LatentEncCore *self, gboolean always)
{
  guint quality, bitrate;
  gboolean is_retuned;

  GST_OBJECT_LOCK (self->element);
  bitrate = self->bitrate;
  quality = bitrate > 0 && !self->has_quality ? LATENT_QUALITY_MAX : self->quality;
  is_retuned = self->is_retuned;
  self->is_retuned = FALSE;
  GST_OBJECT_UNLOCK (self->element);
  if (!is_retuned && !always)
    return;
  latent_encoder_set_quality (self->encoder, quality);
  latent_encoder_set_bitrate (self->encoder, (guint64)bitrate * 1000);
}

gboolean
latent_enc_core_begin (LatentEncCore *self, const LatentStreamInfo *info, GError **error)
{
  guint n;
  const gint64 *dims = latent_session_get_latent_dims (self->session, &n);
  LatentStreamInfo stream = *info;

  clear_stream (self);
  stream.kind = self->kind;
  stream.resilient = self->settings.resilient;
  self->encoder = latent_encoder_new (
      self->model, n, dims, &stream, latent_cores_choose (self->settings.threads), error);
  if (!self->encoder)
    return FALSE;
  self->latents = g_malloc (latent_session_get_latent_size (self->session));
  latent_encoder_set_key_interval (self->encoder, self->settings.key_int_max);
  latent_encoder_set_key_gain (self->encoder, self->settings.key_gain);
  retune (self, TRUE);
  self->since_key = self->since_headers = self->n_waiting = 0;
  self->wants_key = TRUE;
  self->headed = GST_CLOCK_TIME_NONE;
  latent_session_reset (self->session);
  latent_stats_describe (&self->stats, self->session, FALSE, self->settings.batch_size);
  return TRUE;
}

GstCaps *
latent_enc_core_new_caps (LatentEncCore *self)
{
  GBytes *header = latent_encoder_get_header (self->encoder);
  LatentStreamInfo info;
  GstCaps *caps;

  /* as a decoder will read it */
  if (!latent_stream_info_parse (
          &info, g_bytes_get_data (header, NULL), g_bytes_get_size (header), NULL))
    g_return_val_if_reached (gst_caps_new_empty ());
  caps = latent_gst_stream_new_caps (&info, header);
  if (self->model_packet)
    gst_caps_set_simple (caps, LATENT_GST_EMBEDDED, G_TYPE_BOOLEAN, TRUE, NULL);
  return caps;
}

static void
count (LatentEncCore *self, gsize size, gboolean is_key)
{
  GST_OBJECT_LOCK (self->element);
  self->bytes += size;
  self->keys += is_key;
  GST_OBJECT_UNLOCK (self->element);
}

GList *
latent_enc_core_new_headers (LatentEncCore *self, GstClockTime pts, gboolean is_first)
{
  gboolean embeds = is_first || self->settings.embed == LATENT_GST_EMBED_KEYFRAMES;
  GBytes *const parts[] = {
      latent_encoder_get_header (self->encoder), embeds ? self->model_packet : NULL};
  GList *headers = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++) {
    GstBuffer *buffer = parts[i] ? gst_buffer_new_wrapped_bytes (parts[i]) : NULL;

    if (!buffer)
      continue;
    GST_BUFFER_PTS (buffer) = pts;
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_HEADER);
    headers = g_list_append (headers, buffer);
    count (self, g_bytes_get_size (parts[i]), FALSE);
  }
  return headers;
}

void
latent_enc_core_prepare (LatentEncCore *self, gboolean wants_key)
{
  guint interval = self->settings.key_int_max;

  self->wants_key |= wants_key || (interval > 0 && self->since_key >= interval);
  if (self->wants_key && self->has_state && self->n_waiting == 0)
    latent_session_reset_state (self->session);
}

/* Whether headers go out before a packet. Those of the first one are in the caps. */
static gboolean
choose_headers (LatentEncCore *self, gboolean is_key, gboolean asked, GstClockTime pts)
{
  const LatentEncSettings *settings = &self->settings;

  if (!is_key || asked)
    return is_key;
  if (self->since_headers == 0)
    return settings->embed != LATENT_GST_EMBED_NO;
  if (settings->resilient) /* all packets are key packets */
    return settings->key_int_max > 0 && self->since_headers >= settings->key_int_max;
  if (settings->embed == LATENT_GST_EMBED_KEYFRAMES || !GST_CLOCK_TIME_IS_VALID (self->headed))
    return TRUE;
  return GST_CLOCK_TIME_IS_VALID (pts) && pts >= self->headed + HEADER_INTERVAL;
}

/* What a packet that was made is. */
static GstBuffer *
wrap (LatentEncCore *self, const LatentPacketInfo *info, const guint8 *data, GstClockTime pts,
    LatentEncWish asked, LatentEncPacket *packet)
{
  self->wants_key = FALSE;
  packet->is_key = info->key;
  packet->has_new_tags = get_bitrate (self) != self->told;
  packet->needs_headers = choose_headers (self, info->key, asked.headers, pts);
  packet->is_first = self->since_headers == 0;
  if (packet->needs_headers || packet->is_first) {
    self->headed = pts;
    self->since_headers = 0;
  }
  self->since_headers += self->n_waiting;
  self->since_key = (info->key ? 0 : self->since_key) + self->n_waiting;
  self->n_waiting = 0;
  count (self, info->bytes, info->key);
  return gst_buffer_new_memdup (data, info->bytes);
}

gboolean
latent_enc_core_encode (LatentEncCore *self, guint slot, GstClockTime pts, GstClockTime duration,
    LatentEncWish asked, LatentEncPacket *packet, GstBuffer **buffer)
{
  g_autoptr (GError) error = NULL;
  LatentPacketInfo info;
  const guint8 *data;
  gsize size;

  *buffer = NULL;
  retune (self, FALSE);
  if (asked.key || self->wants_key)
    latent_encoder_request_key (self->encoder);
  latent_stats_add_nonfinite (&self->stats, self->settings.model,
      latent_session_get_latent (self->session, slot, self->latents));
  if (!latent_encoder_encode (self->encoder, self->latents,
          GST_CLOCK_TIME_IS_VALID (duration) ? duration : 0, &info, &data, &size, &error)) {
    g_prefix_error (&error, "model '%s': ", self->settings.model);
    latent_gst_post_error (self->element, error);
    return FALSE;
  }
  self->n_waiting++;
  if (data)
    *buffer = wrap (self, &info, data, pts, asked, packet);
  return TRUE;
}

GstBuffer *
latent_enc_core_finish_packet (
    LatentEncCore *self, GstClockTime pts, LatentEncWish asked, LatentEncPacket *packet)
{
  LatentPacketInfo info;
  const guint8 *data;
  gsize size;

  if (self->n_waiting == 0)
    return NULL;
  if (asked.key)
    latent_encoder_request_key (self->encoder);
  if (!latent_encoder_finish_packet (self->encoder, &info, &data, &size))
    g_return_val_if_reached (NULL);
  return wrap (self, &info, data, pts, asked, packet);
}

void
latent_enc_core_reset (LatentEncCore *self)
{
  self->wants_key = TRUE;
  self->n_waiting = 0;
  if (!self->session || !self->encoder)
    return;
  latent_session_reset (self->session);
  latent_encoder_finish_packet (self->encoder, NULL, NULL, NULL);
}

GstTagList *
latent_enc_core_new_tags (LatentEncCore *self)
{
  gboolean is_video = self->kind == LATENT_MEDIA_VIDEO;
  GstTagList *tags = gst_tag_list_new (is_video ? GST_TAG_VIDEO_CODEC : GST_TAG_AUDIO_CODEC,
      is_video ? "Latent video" : "Latent audio", GST_TAG_ENCODER,
      is_video ? "latentvideoenc" : "latentaudioenc", NULL);

  self->told = get_bitrate (self);
  if (self->told > 0)
    gst_tag_list_add (
        tags, GST_TAG_MERGE_REPLACE, GST_TAG_NOMINAL_BITRATE, self->told * 1000, NULL);
  return tags;
}

GstStructure *
latent_enc_core_get_stats (gpointer data)
{
  LatentEncCore *self = data;
  GstStructure *stats = latent_stats_get (&self->stats);
  guint64 bytes, keys;

  GST_OBJECT_LOCK (self->element);
  bytes = self->bytes;
  keys = self->keys;
  GST_OBJECT_UNLOCK (self->element);
  gst_structure_set (stats, "bytes", G_TYPE_UINT64, bytes, "keys", G_TYPE_UINT64, keys, NULL);
  return stats;
}
