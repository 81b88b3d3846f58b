/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-latentaudiodec
 * @title: latentaudiodec
 *
 * Makes raw audio of the packets of latentaudioenc, with the model that they were made with: that
 * of #LatentAudioDec:model, or one that came in the stream, or one of the same latent id in a
 * folder of #LatentAudioDec:model-path. Where there is none the error names the id and the folders.
 *
 * As many samples come out as went in, as far as the last packet's duration is known. Where windows
 * overlap, samples wait for the last window that holds them, which is the latency.
 *
 * A packet that is damaged, or depends on one that is missing, is never played: until the next key
 * packet the last good one is heard again and fades (#LatentAudioDec:conceal; `none`: silence),
 * with the flag CORRUPTED. Where no packet came at all there is a gap.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 audiotestsrc num-buffers=50 ! audioconvert ! audioresample \
 *   ! latentaudioenc model=sound.onnx quality=50 ! rtpgstpay ! rtpgstdepay \
 *   ! latentaudiodec model=sound.onnx ! audioconvert ! fakesink
 * ]| Through packets of RTP.
 */

#include "plugin/audiodec.h"

#include <gst/video/video.h>

#include "plugin/dec-core.h"
#include "src/gst/caps.h"
#include "src/gst/message.h"
#include "src/gst/stream-caps.h"

GST_DEBUG_CATEGORY_STATIC (latent_audio_dec_debug);
#define GST_CAT_DEFAULT latent_audio_dec_debug

/* Concealed packets in a row until there is silence. */
#define FADE 5

/* A packet whose samples are still to come. */
typedef struct {
  guint n;    /* samples */
  float from; /* what they are multiplied with: first */
  float to;   /* and last */
} Owed;

struct _LatentAudioDec {
  GstAudioDecoder parent;

  LatentDecCore core;
  GstAudioInfo info;
  guint hop;
  GArray *owed;      /* Owed, in order */
  guint n_run;       /* of those, how many ran */
  float gain;        /* of the last packet's end */
  gboolean has_last; /* core.latents holds those of a good packet */
  GstClockTime next; /* PTS that continues what came, or none */
};

G_DEFINE_TYPE_WITH_CODE (LatentAudioDec, latent_audio_dec, GST_TYPE_AUDIO_DECODER,
    GST_DEBUG_CATEGORY_INIT (latent_audio_dec_debug, "latentaudiodec", 0, "audio decoder"))

/* What was concealed fades. */
static void
apply_gain (const Owed *owed, guint channels, float *samples)
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
  Owed owed = g_array_index (self->owed, Owed, 0);
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
  if (owed.to < 1) {
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_CORRUPTED);
    latent_dec_core_count_concealed (&self->core);
  }
  return gst_audio_decoder_finish_frame (decoder, buffer, 1);
}

/* Runs what waits, and gives what is finished; with `drain` everything. */
static GstFlowReturn
give (LatentAudioDec *self, gboolean drain)
{
  LatentSession *session = self->core.session;
  guint n = self->owed->len - self->n_run;
  GstFlowReturn ret = GST_FLOW_OK;

  if (n > 0 && (drain || n == self->core.settings.batch_size)) {
    if (!latent_stats_run (&self->core.stats, session, n))
      return GST_FLOW_ERROR;
    for (guint i = 0; i < n; i++)
      latent_stats_add_nonfinite (&self->core.stats, latent_model_get_id (self->core.model),
          latent_session_add_window (
              session, i, g_array_index (self->owed, Owed, self->n_run + i).n));
    self->n_run += n;
  }
  while (ret == GST_FLOW_OK && self->n_run > 0 &&
         latent_session_get_available_samples (session, drain) >=
             g_array_index (self->owed, Owed, 0).n)
    ret = pop (self);
  return ret;
}

/* What comes next does not continue what came. */
static void
restart (LatentAudioDec *self)
{
  g_array_set_size (self->owed, 0);
  self->n_run = 0;
  self->next = GST_CLOCK_TIME_NONE;
  if (self->core.decoder)
    latent_session_reset (self->core.session);
}

static GstFlowReturn
drain (LatentAudioDec *self)
{
  GstFlowReturn ret = self->core.decoder ? give (self, TRUE) : GST_FLOW_OK;

  restart (self);
  return ret;
}

/* Samples that a packet stands for: the last of a stream for less than a hop. */
static guint
count_samples (LatentAudioDec *self, GstBuffer *buffer)
{
  guint64 n = self->hop;

  if (GST_BUFFER_DURATION_IS_VALID (buffer))
    n = gst_util_uint64_scale_round (
        GST_BUFFER_DURATION (buffer), (guint64)GST_AUDIO_INFO_RATE (&self->info), GST_SECOND);
  return (guint)CLAMP (n, 1, self->hop);
}

/* Puts core.latents into the next slot, for a packet of n samples. */
static GstFlowReturn
put (LatentAudioDec *self, guint n, float gain)
{
  Owed owed = {.n = n, .from = gain < 1 ? self->gain : 1, .to = gain};
  GstFlowReturn ret;

  latent_session_put_latent (self->core.session, self->owed->len - self->n_run, self->core.latents);
  g_array_append_val (self->owed, owed);
  self->gain = gain;
  ret = give (self, n < self->hop);
  if (n < self->hop)
    restart (self);
  return ret;
}

/* Good windows and others are not mixed. */
static GstFlowReturn
part (LatentAudioDec *self)
{
  GstClockTime next = self->next;
  GstFlowReturn ret = drain (self);

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
  return put (self, n, is_silent ? 0 : MAX (0, 1 - (float)self->core.n_lost / FADE));
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
    ret = drain (self);
  self->next = pts + gst_util_uint64_scale (n, GST_SECOND, rate);
  return ret;
}

static GstFlowReturn
take_latents (LatentAudioDec *self, const LatentPacketInfo *info, guint n)
{
  GstFlowReturn ret = GST_FLOW_OK;

  if (self->core.n_lost > 0 || (info->key && self->core.has_state)) /* then the net begins anew */
    ret = part (self);
  self->has_last = TRUE;
  self->core.n_lost = 0;
  return ret == GST_FLOW_OK ? put (self, n, 1) : ret;
}

static GstFlowReturn
take_packet (LatentAudioDec *self, GstBuffer *buffer, const guint8 *packet, gsize size)
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

/* After headers that made another stream. */
static gboolean
begin_stream (LatentAudioDec *self)
{
  GstAudioDecoder *decoder = GST_AUDIO_DECODER (self);
  const LatentMediaInfo *media;
  const LatentStreamInfo *stream;
  GstClockTime latency;

  self->has_last = FALSE;
  self->gain = 1;
  if (!self->core.decoder)
    return TRUE; /* its model is still to come */
  stream = latent_decoder_get_info (self->core.decoder);
  media = latent_model_get_media_info (self->core.model);
  self->hop = media->hop;
  gst_audio_info_set_format (
      &self->info, GST_AUDIO_FORMAT_F32, (gint)stream->rate, (gint)stream->audio_channels, NULL);
  latency = gst_util_uint64_scale (
      media->window - media->hop + (guint64)media->hop * (self->core.settings.batch_size - 1),
      GST_SECOND, stream->rate);
  gst_audio_decoder_set_latency (decoder, latency, latency);
  return gst_audio_decoder_set_output_format (decoder, &self->info);
}

static GstFlowReturn
take_unit (LatentAudioDec *self, LatentUnit unit, const GstMapInfo *map)
{
  GstFlowReturn ret = GST_FLOW_OK;

  gst_audio_decoder_finish_frame (GST_AUDIO_DECODER (self), NULL, 1);
  switch (latent_dec_core_take_unit (&self->core, unit, map->data, map->size)) {
  case LATENT_TAKEN_FAILED:
    return GST_FLOW_ERROR;
  case LATENT_TAKEN_NEW:
    return begin_stream (self) ? ret : GST_FLOW_NOT_NEGOTIATED;
  default:
    return ret;
  }
}

static GstFlowReturn
handle_frame (GstAudioDecoder *decoder, GstBuffer *buffer)
{
  LatentAudioDec *self = LATENT_AUDIO_DEC (decoder);
  g_autoptr (GstBuffer) kept = NULL; /* the base class lets go of it once its samples are there */
  GstMapInfo map;
  GstFlowReturn ret;
  LatentUnit unit;

  if (!buffer)
    return drain (self);
  kept = gst_buffer_ref (buffer);
  if (!gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    GST_ELEMENT_ERROR (self, RESOURCE, READ, ("a packet cannot be read"), (NULL));
    return GST_FLOW_ERROR;
  }
  unit = latent_dec_core_get_unit (map.data, map.size);
  if (unit == LATENT_UNIT_PACKET)
    ret = take_packet (self, buffer, map.data, map.size);
  else
    ret = take_unit (self, unit, &map);
  gst_buffer_unmap (buffer, &map);
  return ret;
}

static void
flush (GstAudioDecoder *decoder, gboolean hard)
{
  LatentAudioDec *self = LATENT_AUDIO_DEC (decoder);

  restart (self);
  if (!hard)
    return; /* a discontinuity: the counters of packets tell what is missing */
  self->has_last = FALSE;
  self->gain = 1;
  latent_dec_core_reset (&self->core);
}

static gboolean
set_format (GstAudioDecoder *decoder, GstCaps *caps)
{
  LatentAudioDec *self = LATENT_AUDIO_DEC (decoder);

  switch (latent_dec_core_take_caps (&self->core, caps)) {
  case LATENT_TAKEN_FAILED:
    return FALSE;
  case LATENT_TAKEN_NEW:
    return begin_stream (self);
  default:
    return TRUE;
  }
}

/* What is held stands before the gap. */
static gboolean
sink_event (GstAudioDecoder *decoder, GstEvent *event)
{
  LatentAudioDec *self = LATENT_AUDIO_DEC (decoder);
  GstFlowReturn ret = GST_FLOW_OK;

  if (GST_EVENT_TYPE (event) == GST_EVENT_GAP) {
    GST_AUDIO_DECODER_STREAM_LOCK (decoder);
    ret = drain (self);
    GST_AUDIO_DECODER_STREAM_UNLOCK (decoder);
  }
  if (ret != GST_FLOW_OK)
    GST_DEBUG_OBJECT (self, "draining: %s", gst_flow_get_name (ret));
  return GST_AUDIO_DECODER_CLASS (latent_audio_dec_parent_class)->sink_event (decoder, event);
}

static gboolean
start (GstAudioDecoder *decoder)
{
  LatentAudioDec *self = LATENT_AUDIO_DEC (decoder);

  restart (self);
  return latent_dec_core_start (&self->core);
}

static gboolean
stop (GstAudioDecoder *decoder)
{
  LatentAudioDec *self = LATENT_AUDIO_DEC (decoder);

  restart (self);
  latent_dec_core_stop (&self->core);
  return TRUE;
}

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
  latent_dec_core_set_property (&LATENT_AUDIO_DEC (object)->core, id, value, spec);
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  latent_dec_core_get_property (&LATENT_AUDIO_DEC (object)->core, id, value, spec);
}

static void
finalize (GObject *object)
{
  LatentAudioDec *self = LATENT_AUDIO_DEC (object);

  g_clear_pointer (&self->owed, g_array_unref);
  latent_dec_core_clear (&self->core);
  G_OBJECT_CLASS (latent_audio_dec_parent_class)->finalize (object);
}

static void
latent_audio_dec_init (LatentAudioDec *self)
{
  GstAudioDecoder *decoder = GST_AUDIO_DECODER (self);

  latent_dec_core_init (&self->core, GST_ELEMENT (self), LATENT_MEDIA_AUDIO);
  self->owed = g_array_new (FALSE, FALSE, sizeof (Owed));
  gst_audio_decoder_set_needs_format (decoder, TRUE);
  gst_audio_decoder_set_drainable (decoder, TRUE);
  latent_stats_watch_end (GST_AUDIO_DECODER_SRC_PAD (self), latent_dec_core_get_stats, &self->core);
}

static void
latent_audio_dec_class_init (LatentAudioDecClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstAudioDecoderClass *decoder_class = GST_AUDIO_DECODER_CLASS (klass);
  g_autoptr (GstCaps) raw = latent_gst_new_raw_caps (LATENT_MEDIA_AUDIO);
  g_autoptr (GstCaps) coded = latent_gst_stream_new_template_caps (LATENT_MEDIA_AUDIO);

  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  latent_dec_core_install_properties (object_class);
  gst_element_class_add_pad_template (
      element_class, gst_pad_template_new ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, coded));
  gst_element_class_add_pad_template (
      element_class, gst_pad_template_new ("src", GST_PAD_SRC, GST_PAD_ALWAYS, raw));
  gst_element_class_set_static_metadata (element_class, "Latent audio decoder",
      "Codec/Decoder/Audio", "Decodes audio that was coded as latents of an autoencoder",
      "gst-latent");
  decoder_class->start = start;
  decoder_class->stop = stop;
  decoder_class->set_format = set_format;
  decoder_class->handle_frame = handle_frame;
  decoder_class->flush = flush;
  decoder_class->sink_event = sink_event;
}
