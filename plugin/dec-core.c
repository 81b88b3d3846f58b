/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/dec-core.h"

#include <string.h>

#include "plugin/cores.h"
#include "plugin/loading.h"
#include "plugin/properties.h"
#include "src/codec/model-packet.h"
#include "src/gst/caps.h"
#include "src/gst/message.h"
#include "src/gst/stream-caps.h"
#include "src/model/find.h"

/* While packets are lost a key packet is asked for again: the one before may have been lost too. */
#define REQUEST_INTERVAL (250 * GST_MSECOND)

void
latent_dec_core_init (LatentDecCore *self, GstElement *element, LatentMediaKind kind)
{
  self->element = element;
  self->kind = kind;
  latent_stats_init (&self->stats, element);
}

static void
clear_stream (LatentDecCore *self)
{
  g_clear_pointer (&self->decoder, latent_decoder_unref);
  g_clear_pointer (&self->latents, g_free);
  latent_dec_core_end_past (self);
  g_clear_pointer (&self->header, g_bytes_unref);
  g_clear_error (&self->missing);
  self->n_lost = 0;
}

static void
take_model (LatentDecCore *self, LatentModel *model)
{
  if (model == self->model) {
    latent_model_unref (model);
    return;
  }
  g_clear_pointer (&self->session, latent_session_unref);
  g_clear_pointer (&self->model, latent_model_unref);
  self->model = model;
}

static gboolean
start (LatentDecCore *self)
{
  g_autoptr (GError) error = NULL;

  if (self->settings.model) {
    g_autoptr (LatentModel)
        model = latent_load_model (self->settings.model, LATENT_MODE_DECODE, &error);

    if (!model || !latent_check_media (model, self->kind, &error)) {
      latent_gst_post_error (self->element, error);
      return FALSE;
    }
    take_model (self, g_steal_pointer (&model));
  }
  latent_stats_reset (&self->stats, self->model);
  self->counts = (LatentDecCounts){0};
  latent_cores_join (&self->is_member);
  return TRUE;
}

static void
stop (LatentDecCore *self)
{
  latent_cores_leave (&self->is_member);
  clear_stream (self);
  g_clear_pointer (&self->session, latent_session_unref);
  g_clear_pointer (&self->model, latent_model_unref);
  g_clear_pointer (&self->embedded, latent_model_unref);
}

void
latent_dec_core_clear (LatentDecCore *self)
{
  stop (self);
  latent_stats_clear (&self->stats);
  g_clear_pointer (&self->settings.model, g_free);
  g_clear_pointer (&self->settings.model_path, g_free);
}

GstStateChangeReturn
latent_dec_core_change_state (GstElement *element, GstStateChange transition)
{
  LatentDecCore *self = latent_core_get (element);
  GstElementClass *parent = g_type_class_peek_parent (GST_ELEMENT_GET_CLASS (element));
  GstStateChangeReturn result;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start (self))
    return GST_STATE_CHANGE_FAILURE;
  result = parent->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY ||
      (transition == GST_STATE_CHANGE_READY_TO_PAUSED && result == GST_STATE_CHANGE_FAILURE))
    stop (self);
  return result;
}

/* The model that the property names must be the stream's. */
static gboolean
check_id (LatentDecCore *self, const char *wanted, GError **error)
{
  const char *offered = latent_model_get_id (self->model);

  if (g_str_equal (offered, wanted))
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE,
      "the stream wants a model of latent id %s, and '%s' is of %s", wanted, self->settings.model,
      offered);
  return FALSE;
}

static LatentModel *
find_model (LatentDecCore *self, const char *id, GError **error)
{
  const char *path = self->settings.model_path;
  g_auto (GStrv) folders = path ? g_strsplit (path, G_SEARCHPATH_SEPARATOR_S, -1) : NULL;

  return latent_find_model (id, LATENT_MODE_DECODE, (const char *const *)folders, error);
}

/* Makes the stream's model self->model. FALSE with an error, LATENT_ERROR_NOT_FOUND where there is
 * none. */
static gboolean
choose_model (LatentDecCore *self, const char *id, GError **error)
{
  g_autoptr (LatentModel) model = NULL;

  if (self->settings.model)
    return check_id (self, id, error);
  if (self->model && g_str_equal (latent_model_get_id (self->model), id))
    return TRUE;
  if (self->embedded && g_str_equal (latent_model_get_id (self->embedded), id))
    model = latent_model_ref (self->embedded);
  else
    model = find_model (self, id, error);
  if (!model || !latent_check_media (model, self->kind, error))
    return FALSE;
  take_model (self, g_steal_pointer (&model));
  return TRUE;
}

static gboolean
make_session (LatentDecCore *self, GError **error)
{
  const LatentDecSettings *settings = &self->settings;
  const LatentStreamInfo *info = latent_decoder_get_info (self->decoder);
  guint n;
  const gint64 *dims = latent_decoder_get_latent_dims (self->decoder, &n);

  if (!self->session)
    self->session = latent_session_new (self->model, LATENT_MODE_DECODE, settings->precision,
        latent_cores_choose (settings->threads), settings->batch_size, error);
  if (!self->session || !latent_session_set_latents (self->session, n, dims, error))
    return FALSE;
  if (self->kind == LATENT_MEDIA_VIDEO &&
      !latent_session_set_video (self->session, latent_gst_get_preferred_format (self->model),
          info->width, info->height, error))
    return FALSE;
  latent_session_reset (self->session);
  return TRUE;
}

/* Everything that the header asks for, with self->model. */
static gboolean
make_stream (LatentDecCore *self, GBytes *header, GError **error)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (header, &size);

  self->decoder = latent_decoder_new (
      self->model, data, size, latent_cores_choose (self->settings.threads), error);
  if (!self->decoder || !make_session (self, error))
    return FALSE;
  self->has_state = latent_model_get_metadata (self->model, "latent.state") != NULL;
  self->latents = g_malloc (latent_session_get_latent_size (self->session));
  latent_dec_core_begin_past (self);
  latent_stats_set_model (&self->stats, self->model);
  latent_stats_describe (&self->stats, self->session, TRUE, self->settings.batch_size);
  return TRUE;
}

static gboolean
begin (LatentDecCore *self, GBytes *header, const LatentStreamInfo *info, GError **error)
{
  g_autoptr (GError) missing = NULL;

  clear_stream (self);
  self->header = g_bytes_ref (header);
  if (info->kind != self->kind) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE, "the stream is of another kind of media");
    return FALSE;
  }
  if (choose_model (self, info->latent_id, &missing))
    return make_stream (self, header, error);
  if (g_error_matches (missing, LATENT_ERROR, LATENT_ERROR_NOT_FOUND)) {
    self->missing = g_steal_pointer (&missing); /* it may come in the stream */
    return TRUE;
  }
  g_propagate_error (error, g_steal_pointer (&missing));
  return FALSE;
}

static LatentTaken
take_header (LatentDecCore *self, GBytes *header)
{
  g_autoptr (GError) error = NULL;
  gsize size;
  const guint8 *data = g_bytes_get_data (header, &size);
  LatentStreamInfo info;

  if (self->header && g_bytes_equal (self->header, header))
    return LATENT_TAKEN_SAME;
  if (latent_stream_info_parse (&info, data, size, &error) && begin (self, header, &info, &error))
    return LATENT_TAKEN_NEW;
  latent_gst_post_error (self->element, error);
  clear_stream (self);
  return LATENT_TAKEN_FAILED;
}

LatentTaken
latent_dec_core_take_caps (LatentDecCore *self, GstCaps *caps)
{
  g_autoptr (GBytes) header = latent_gst_stream_get_header (caps);
  gboolean embeds = FALSE;

  gst_structure_get_boolean (gst_caps_get_structure (caps, 0), LATENT_GST_EMBEDDED, &embeds);
  self->waits = embeds;
  return header ? take_header (self, header) : LATENT_TAKEN_SAME;
}

/* A damaged model is as good as none: the next one may be whole. */
static LatentTaken
take_embedded (LatentDecCore *self, const guint8 *data, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) header = NULL;
  LatentModel *model;

  if (self->decoder)
    return LATENT_TAKEN_SAME; /* it has its model */
  model = latent_model_packet_get (data, size, &error);
  if (!model) {
    GST_ELEMENT_WARNING (self->element, STREAM, DECODE, ("%s", error->message), (NULL));
    return LATENT_TAKEN_SAME;
  }
  g_clear_pointer (&self->embedded, latent_model_unref);
  self->embedded = model;
  if (!self->header)
    return LATENT_TAKEN_SAME;
  header = g_steal_pointer (&self->header);
  return take_header (self, header);
}

LatentTaken
latent_dec_core_take_unit (LatentDecCore *self, LatentUnit unit, const guint8 *data, gsize size)
{
  g_autoptr (GBytes) header = NULL;

  GST_OBJECT_LOCK (self->element);
  self->counts.bytes += size;
  GST_OBJECT_UNLOCK (self->element);
  if (unit == LATENT_UNIT_MODEL)
    return take_embedded (self, data, size);
  header = g_bytes_new (data, size);
  return take_header (self, header);
}

gboolean
latent_dec_core_is_ready (LatentDecCore *self, const guint8 *packet, gsize size, GError **error)
{
  LatentPacketInfo info;

  if (self->decoder)
    return TRUE;
  if (!latent_packet_info_parse (&info, packet, size, NULL) || !info.key || self->waits)
    return FALSE;
  if (self->missing)
    g_propagate_error (error, g_error_copy (self->missing));
  else
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
        "a packet came before a sequence header: neither the caps nor the stream have one");
  return FALSE;
}

LatentDecodeResult
latent_dec_core_decode (
    LatentDecCore *self, const guint8 *packet, gsize size, LatentPacketInfo *info, GError **error)
{
  float *latents = self->spare ? self->spare : self->latents;
  LatentDecodeResult result = latent_decoder_decode (
      self->decoder, packet, size, latents, info, error);

  if (result == LATENT_DECODE_OK)
    latent_dec_core_keep_past (self, info->number);
  GST_OBJECT_LOCK (self->element);
  self->counts.bytes += size;
  self->counts.lost += result == LATENT_DECODE_LOST;
  self->counts.damaged += result == LATENT_DECODE_BAD;
  GST_OBJECT_UNLOCK (self->element);
  return result;
}

gboolean
latent_dec_core_next (LatentDecCore *self)
{
  return latent_decoder_next (self->decoder, self->latents);
}

gboolean
latent_dec_core_lose (LatentDecCore *self, GstClockTime pts)
{
  gboolean asks = self->n_lost++ == 0;

  if (GST_CLOCK_TIME_IS_VALID (pts) && GST_CLOCK_TIME_IS_VALID (self->asked))
    asks |= pts >= self->asked + REQUEST_INTERVAL;
  if (asks)
    self->asked = pts;
  return asks;
}

void
latent_dec_core_count_concealed (LatentDecCore *self, guint n)
{
  GST_OBJECT_LOCK (self->element);
  self->counts.concealed += n;
  GST_OBJECT_UNLOCK (self->element);
}

void
latent_dec_core_reset (LatentDecCore *self)
{
  self->n_lost = self->n_good = 0;
  if (!self->decoder)
    return;
  latent_decoder_reset (self->decoder);
  latent_session_reset (self->session);
}

GstStructure *
latent_dec_core_get_stats (gpointer data)
{
  LatentDecCore *self = data;
  GstStructure *stats = latent_stats_get (&self->stats);
  LatentDecCounts counts;

  GST_OBJECT_LOCK (self->element);
  counts = self->counts;
  GST_OBJECT_UNLOCK (self->element);
  gst_structure_set (stats, "bytes", G_TYPE_UINT64, counts.bytes, "lost", G_TYPE_UINT64,
      counts.lost, "damaged", G_TYPE_UINT64, counts.damaged, "concealed", G_TYPE_UINT64,
      counts.concealed, NULL);
  return stats;
}
