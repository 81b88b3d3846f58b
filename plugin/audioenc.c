/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-latentaudioenc
 * @title: latentaudioenc
 *
 * Makes a stream of packets of raw audio with an autoencoder from an .onnx file
 * (#LatentAudioEnc:model), one for each hop of samples or some. Rate and channels are the model's;
 * audioconvert and audioresample before the element do what is needed.
 *
 * The last packet's duration says how many samples it stands for, so that latentaudiodec gives as
 * many as came in. Discontinuities begin with a key packet.
 *
 * With #LatentAudioEnc:frames-per-packet several hops share a packet, and what a packet costs
 * beside its latents; so many hops are waited for, which is the latency.
 *
 * With #LatentAudioEnc:dtx nothing but gap events is sent while the samples are all zero: the next
 * packet's timestamp tells how long, and the decoder is silent meanwhile.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 audiotestsrc num-buffers=50 ! audioconvert ! audioresample \
 *   ! latentaudioenc model=sound.onnx ! latentaudiodec model=sound.onnx ! audioconvert ! fakesink
 * ]| There and back.
 */

#include "plugin/audioenc.h"

#include <gst/video/video.h>

#include "plugin/enc-core.h"
#include "plugin/properties.h"
#include "src/gst/caps.h"
#include "src/gst/message.h"
#include "src/gst/stream-caps.h"

GST_DEBUG_CATEGORY_STATIC (latent_audio_enc_debug);
#define GST_CAT_DEFAULT latent_audio_enc_debug

enum { PROP_DTX = LATENT_ENC_N_PROPS, PROP_FRAMES };

struct _LatentAudioEnc {
  GstAudioEncoder parent;

  LatentEncCore core;
  gboolean dtx;   /* under the object lock */
  guint n_frames; /* of a packet; settable below PAUSED only */
  GstAudioInfo info;
  GArray *held;       /* guint: samples that the session's slots stand for */
  gint asked;         /* atomic: 1 a key packet was asked for, 2 with headers */
  guint64 n_taken;    /* samples since the stream began, of packets that were pushed */
  guint n_waiting;    /* samples of the packet at work */
  LatentEncWish wish; /* what was asked for */
  LatentEncWish made; /* of the packet at work */
  guint64 n_zeros;    /* samples in a row that were zero */
  GstClockTime end;   /* of the last packet, or none */
};

G_DEFINE_TYPE_WITH_CODE (LatentAudioEnc, latent_audio_enc, GST_TYPE_AUDIO_ENCODER,
    G_IMPLEMENT_INTERFACE (GST_TYPE_PRESET, NULL)
        GST_DEBUG_CATEGORY_INIT (latent_audio_enc_debug, "latentaudioenc", 0, "audio encoder"))

static const LatentMediaInfo *
get_media (LatentAudioEnc *self)
{
  return latent_model_get_media_info (self->core.model);
}

static GstClockTime
get_time (LatentAudioEnc *self, guint64 n)
{
  return gst_util_uint64_scale (n, GST_SECOND, get_media (self)->rate);
}

/* What was asked for of the next packet that begins. */
static void
collect_wishes (LatentAudioEnc *self)
{
  guint asked = g_atomic_int_and ((guint *)&self->asked, 0);

  self->wish.key |= asked > 0;
  self->wish.headers |= asked > 1;
}

/* The base class of audio does not know of key units. FALSE: the event is another. */
static gboolean
ask (LatentAudioEnc *self, GstEvent *event)
{
  gboolean headers = FALSE;

  if (!gst_video_event_is_force_key_unit (event))
    return FALSE;
  gst_structure_get_boolean (gst_event_get_structure (event), "all-headers", &headers);
  g_atomic_int_or ((guint *)&self->asked, headers ? 2 : 1);
  gst_event_unref (event);
  return TRUE;
}

static void
update_tags (LatentAudioEnc *self)
{
  g_autoptr (GstTagList) tags = latent_enc_core_new_tags (&self->core);

  gst_audio_encoder_merge_tags (GST_AUDIO_ENCODER (self), tags, GST_TAG_MERGE_REPLACE);
}

static GstFlowReturn
push_packet (LatentAudioEnc *self, GstBuffer *buffer, const LatentEncPacket *packet)
{
  GstAudioEncoder *encoder = GST_AUDIO_ENCODER (self);
  guint n = self->n_waiting;

  self->n_taken += n;
  self->n_waiting = 0;
  if (!packet->is_key)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  if (packet->has_new_tags)
    update_tags (self);
  if (packet->needs_headers)
    gst_audio_encoder_set_headers (
        encoder, latent_enc_core_new_headers (&self->core, GST_CLOCK_TIME_NONE, packet->is_first));
  return gst_audio_encoder_finish_frame (encoder, buffer, (gint)n);
}

/* Codes a window whose latents are ready; pushes the packet that it fills. */
static GstFlowReturn
finish_window (LatentAudioEnc *self, guint slot, guint n)
{
  guint64 end = self->n_taken + self->n_waiting;
  GstClockTime begin = get_time (self, self->n_taken);
  GstClockTime duration = get_time (self, end + n) - get_time (self, end);
  LatentEncPacket packet;
  GstBuffer *buffer;

  if (self->core.n_waiting == 0) {
    self->made = self->wish;
    self->wish = (LatentEncWish){0};
  }
  if (!latent_enc_core_encode (&self->core, slot, begin, duration, self->made, &packet, &buffer))
    return GST_FLOW_ERROR;
  self->n_waiting += n;
  return buffer ? push_packet (self, buffer, &packet) : GST_FLOW_OK;
}

static GstFlowReturn
run_held (LatentAudioEnc *self)
{
  guint n = self->held->len;
  GstFlowReturn ret = GST_FLOW_OK;

  if (n == 0)
    return ret;
  if (!latent_stats_run (&self->core.stats, self->core.session, n))
    ret = GST_FLOW_ERROR;
  for (guint i = 0; ret == GST_FLOW_OK && i < n; i++)
    ret = finish_window (self, i, g_array_index (self->held, guint, i));
  g_array_set_size (self->held, 0);
  return ret;
}

/* Everything that came goes out, in a packet of fewer frames if need be. */
static GstFlowReturn
drain (LatentAudioEnc *self)
{
  GstFlowReturn ret = run_held (self);
  LatentEncPacket packet;
  GstBuffer *buffer;

  if (ret != GST_FLOW_OK || self->core.n_waiting == 0)
    return ret;
  buffer = latent_enc_core_finish_packet (
      &self->core, get_time (self, self->n_taken), self->made, &packet);
  return buffer ? push_packet (self, buffer, &packet) : GST_FLOW_ERROR;
}

/* What comes next does not continue what came. */
static void
restart (LatentAudioEnc *self)
{
  g_array_set_size (self->held, 0);
  self->n_zeros = 0;
  self->n_waiting = 0;
  self->end = GST_CLOCK_TIME_NONE;
  latent_enc_core_reset (&self->core);
}

static gboolean
is_zero (const guint8 *bytes, gsize size)
{
  for (gsize i = 0; i < size; i++) {
    if (bytes[i])
      return FALSE;
  }
  return TRUE;
}

/* Whether a window has nothing but silence, after n new samples that were looked at. */
static gboolean
skips (LatentAudioEnc *self, const GstMapInfo *map, guint n)
{
  gboolean dtx;

  GST_OBJECT_LOCK (self);
  dtx = self->dtx;
  GST_OBJECT_UNLOCK (self);
  self->n_zeros = dtx && is_zero (map->data, map->size) ? self->n_zeros + n : 0;
  return self->n_zeros >= get_media (self)->window &&
         (GST_CLOCK_TIME_IS_VALID (self->end) || self->held->len > 0 || self->core.n_waiting > 0);
}

/* A window that is not sent. */
static GstFlowReturn
skip_window (LatentAudioEnc *self)
{
  GstFlowReturn ret = drain (self);
  guint n = latent_session_take_window (self->core.session, 0);
  GstClockTime begin, duration;

  if (ret != GST_FLOW_OK)
    return ret;
  latent_stats_add_dropped (&self->core.stats);
  ret = gst_audio_encoder_finish_frame (GST_AUDIO_ENCODER (self), NULL, (gint)n);
  begin = get_time (self, self->n_taken);
  self->n_taken += n;
  duration = get_time (self, self->n_taken) - begin;
  /* muxers and sinks need not wait */
  gst_pad_push_event (GST_AUDIO_ENCODER_SRC_PAD (self), gst_event_new_gap (self->end, duration));
  self->end += duration;
  return ret;
}

/* The base class alone knows timestamps. */
static GstFlowReturn
pre_push (GstAudioEncoder *encoder, GstBuffer **buffer)
{
  LatentAudioEnc *self = LATENT_AUDIO_ENC (encoder);

  self->end = GST_CLOCK_TIME_NONE;
  if (GST_BUFFER_PTS_IS_VALID (*buffer) && GST_BUFFER_DURATION_IS_VALID (*buffer))
    self->end = GST_BUFFER_PTS (*buffer) + GST_BUFFER_DURATION (*buffer);
  return GST_FLOW_OK;
}

static GstFlowReturn
handle_frame (GstAudioEncoder *encoder, GstBuffer *buffer)
{
  LatentAudioEnc *self = LATENT_AUDIO_ENC (encoder);
  LatentSession *session = self->core.session;
  GstFlowReturn ret;
  gboolean is_silent;
  GstMapInfo map;
  guint n;

  if (!buffer) { /* the end, or a discontinuity */
    ret = drain (self);
    restart (self);
    return ret;
  }
  if (!gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    GST_ELEMENT_ERROR (self, RESOURCE, READ, ("a buffer of samples cannot be read"), (NULL));
    return GST_FLOW_ERROR;
  }
  if (self->held->len == 0)
    collect_wishes (self);
  latent_enc_core_prepare (&self->core, self->wish.key && self->core.n_waiting == 0);
  n = (guint)(map.size / (gsize)GST_AUDIO_INFO_BPF (&self->info));
  latent_session_push_samples (session, map.data, n);
  is_silent = skips (self, &map, n);
  gst_buffer_unmap (buffer, &map);
  if (is_silent && n == get_media (self)->hop)
    return skip_window (self);
  if (latent_session_get_pending_windows (session, TRUE) == 0)
    return GST_FLOW_OK;
  n = latent_session_take_window (session, self->held->len);
  g_array_append_val (self->held, n);
  return self->held->len == self->core.settings.batch_size ? run_held (self) : GST_FLOW_OK;
}

static void
flush (GstAudioEncoder *encoder)
{
  LatentAudioEnc *self = LATENT_AUDIO_ENC (encoder);

  if (self->core.encoder)
    restart (self);
}

static gboolean
compile (LatentAudioEnc *self, GError **error)
{
  LatentSession *session = latent_enc_core_get_session (&self->core, error);
  gboolean is_s16 = GST_AUDIO_INFO_FORMAT (&self->info) == GST_AUDIO_FORMAT_S16;
  LatentStreamInfo stream = {
      .rate = (guint)GST_AUDIO_INFO_RATE (&self->info),
      .audio_channels = (guint)GST_AUDIO_INFO_CHANNELS (&self->info),
      .hop = get_media (self)->hop * self->n_frames,
      .frames = self->n_frames,
  };

  return session &&
         latent_session_set_audio (
             session, is_s16 ? LATENT_SAMPLE_FORMAT_S16 : LATENT_SAMPLE_FORMAT_F32, error) &&
         latent_enc_core_begin (&self->core, &stream, error);
}

/* Hops from a packet's first sample until it goes out, at most: where batches and packets end
 * together only now and then, its last window may wait for a batch. */
static guint
count_latency (guint n_frames, guint batch_size)
{
  guint a = n_frames, b = batch_size;

  while (b > 0) { /* the greatest common divisor */
    guint rest = a % b;
    a = b;
    b = rest;
  }
  return n_frames + batch_size - a;
}

/* One hop at a time, at the end what is left. */
static void
configure (LatentAudioEnc *self)
{
  GstAudioEncoder *encoder = GST_AUDIO_ENCODER (self);
  gint hop = (gint)get_media (self)->hop;
  GstClockTime latency = get_time (
      self, (guint64)hop * count_latency (self->n_frames, self->core.settings.batch_size));

  gst_audio_encoder_set_frame_samples_min (encoder, hop);
  gst_audio_encoder_set_frame_samples_max (encoder, hop);
  gst_audio_encoder_set_frame_max (encoder, 1);
  gst_audio_encoder_set_latency (encoder, latency, latency);
  update_tags (self);
}

static gboolean
set_format (GstAudioEncoder *encoder, GstAudioInfo *info)
{
  LatentAudioEnc *self = LATENT_AUDIO_ENC (encoder);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstCaps) caps = NULL;

  self->info = *info;
  g_array_set_size (self->held, 0);
  self->n_taken = self->n_zeros = 0;
  self->n_waiting = 0;
  self->end = GST_CLOCK_TIME_NONE;
  if (!compile (self, &error)) {
    latent_gst_post_error (GST_ELEMENT (self), error);
    return FALSE;
  }
  configure (self);
  caps = latent_enc_core_new_caps (&self->core);
  return gst_audio_encoder_set_output_format (encoder, caps) &&
         gst_audio_encoder_negotiate (encoder);
}

static GstCaps *
getcaps (GstAudioEncoder *encoder, GstCaps *filter)
{
  g_autoptr (GstCaps) any = gst_pad_get_pad_template_caps (GST_AUDIO_ENCODER_SINK_PAD (encoder));
  g_autoptr (GstCaps) caps = latent_enc_core_get_caps (&LATENT_AUDIO_ENC (encoder)->core, any);

  return gst_audio_encoder_proxy_getcaps (encoder, caps, filter);
}

static gboolean
sink_event (GstAudioEncoder *encoder, GstEvent *event)
{
  return ask (LATENT_AUDIO_ENC (encoder), event) ||
         GST_AUDIO_ENCODER_CLASS (latent_audio_enc_parent_class)->sink_event (encoder, event);
}

static gboolean
src_event (GstAudioEncoder *encoder, GstEvent *event)
{
  return ask (LATENT_AUDIO_ENC (encoder), event) ||
         GST_AUDIO_ENCODER_CLASS (latent_audio_enc_parent_class)->src_event (encoder, event);
}

static gboolean
stop (GstAudioEncoder *encoder)
{
  g_array_set_size (LATENT_AUDIO_ENC (encoder)->held, 0);
  return TRUE;
}

/* Beside what all encoders have. */
static const LatentSetting settings[] = {
    {PROP_DTX,    G_STRUCT_OFFSET (LatentAudioEnc, dtx)     },
    {PROP_FRAMES, G_STRUCT_OFFSET (LatentAudioEnc, n_frames)},
};

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
  if (id >= LATENT_ENC_N_PROPS)
    latent_settings_set (
        GST_ELEMENT (object), object, settings, G_N_ELEMENTS (settings), value, spec, id);
  else
    latent_enc_core_set_property (object, id, value, spec);
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  if (id >= LATENT_ENC_N_PROPS)
    latent_settings_get (
        GST_ELEMENT (object), object, settings, G_N_ELEMENTS (settings), value, id);
  else
    latent_enc_core_get_property (object, id, value, spec);
}

static void
finalize (GObject *object)
{
  LatentAudioEnc *self = LATENT_AUDIO_ENC (object);

  g_clear_pointer (&self->held, g_array_unref);
  latent_enc_core_clear (&self->core);
  G_OBJECT_CLASS (latent_audio_enc_parent_class)->finalize (object);
}

static void
latent_audio_enc_init (LatentAudioEnc *self)
{
  GstAudioEncoder *encoder = GST_AUDIO_ENCODER (self);

  latent_enc_core_init (&self->core, GST_ELEMENT (self), LATENT_MEDIA_AUDIO);
  self->held = g_array_new (FALSE, FALSE, sizeof (guint));
  gst_audio_encoder_set_drainable (encoder, TRUE);
  /* without these samples on both sides of a gap share a window */
  gst_audio_encoder_set_perfect_timestamp (encoder, TRUE);
  gst_audio_encoder_set_hard_resync (encoder, TRUE);
  latent_enc_core_watch_caps (&self->core, GST_AUDIO_ENCODER_SINK_PAD (self));
  latent_stats_watch_end (GST_AUDIO_ENCODER_SRC_PAD (self), latent_enc_core_get_stats, &self->core);
  latent_element_set_defaults (GST_ELEMENT (self));
}

static void
latent_audio_enc_class_init (LatentAudioEncClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstAudioEncoderClass *encoder_class = GST_AUDIO_ENCODER_CLASS (klass);
  g_autoptr (GstCaps) raw = latent_gst_new_raw_caps (LATENT_MEDIA_AUDIO);
  g_autoptr (GstCaps) coded = latent_gst_stream_new_template_caps (LATENT_MEDIA_AUDIO);

  object_class->finalize = finalize;
  latent_enc_core_init_class (element_class, G_STRUCT_OFFSET (LatentAudioEnc, core));
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  g_object_class_install_property (object_class, PROP_DTX,
      g_param_spec_boolean ("dtx", "DTX", "Send nothing while the samples are all zero", FALSE,
          LATENT_PROPERTY_LATE));
  g_object_class_install_property (object_class, PROP_FRAMES,
      g_param_spec_uint ("frames-per-packet", "Frames per packet",
          "Hops of samples in a packet: more need fewer bytes and are later", 1, LATENT_FRAMES_MAX,
          1, LATENT_PROPERTY_EARLY));
  latent_element_add_pads (element_class, raw, coded);
  gst_element_class_set_static_metadata (element_class, "Latent audio encoder",
      "Codec/Encoder/Audio", "Codes audio as latents of an autoencoder (ONNX)", "gst-latent");
  encoder_class->stop = stop;
  encoder_class->set_format = set_format;
  encoder_class->getcaps = getcaps;
  encoder_class->handle_frame = handle_frame;
  encoder_class->flush = flush;
  encoder_class->pre_push = pre_push;
  encoder_class->sink_event = sink_event;
  encoder_class->src_event = src_event;
}
