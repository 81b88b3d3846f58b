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

#include "plugin/audiodec-private.h"

#include "plugin/properties.h"
#include "src/gst/caps.h"
#include "src/gst/stream-caps.h"

GST_DEBUG_CATEGORY (latent_audio_dec_debug);
#define GST_CAT_DEFAULT latent_audio_dec_debug

G_DEFINE_TYPE_WITH_CODE (LatentAudioDec, latent_audio_dec, GST_TYPE_AUDIO_DECODER,
    GST_DEBUG_CATEGORY_INIT (latent_audio_dec_debug, "latentaudiodec", 0, "audio decoder"))

/* After headers that made another stream. */
static gboolean
begin_stream (LatentAudioDec *self)
{
  GstAudioDecoder *decoder = GST_AUDIO_DECODER (self);
  const LatentMediaInfo *media;
  const LatentStreamInfo *stream;
  GstClockTime latency;

  self->has_last = FALSE;
  self->n_concealed = 0;
  self->gain = 1;
  if (!self->core.decoder)
    return TRUE; /* its model is still to come */
  stream = latent_decoder_get_info (self->core.decoder);
  media = latent_model_get_media_info (self->core.model);
  self->hop = media->hop;
  self->n_frames = MAX (stream->frames, 1);
  gst_audio_info_set_format (
      &self->info, GST_AUDIO_FORMAT_F32, (gint)stream->rate, (gint)stream->audio_channels, NULL);
  latency = gst_util_uint64_scale (
      media->window - media->hop + (guint64)media->hop * (self->core.settings.batch_size - 1),
      GST_SECOND, stream->rate);
  gst_audio_decoder_set_latency (decoder, latency, latency);
  /* the base class of GStreamer 1.22 takes the time of a packet for that of each part of it */
  gst_audio_decoder_set_tolerance (decoder,
      self->n_frames > 1
          ? (GstClockTime)gst_util_uint64_scale (
                (2 * self->n_frames - 1) * (guint64)self->hop, GST_SECOND, 2 * stream->rate)
          : 0);
  return gst_audio_decoder_set_output_format (decoder, &self->info);
}

static GstFlowReturn
take_unit (LatentAudioDec *self, LatentUnit unit, const GstMapInfo *map)
{
  GstFlowReturn ret = GST_FLOW_OK;

  /* the base class takes what is finished for the oldest buffer that is not */
  if (self->owed->len > 0)
    g_array_index (self->owed, LatentAudioOwed, self->owed->len - 1).n_units++;
  else
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
    return latent_audio_dec_drain (self);
  kept = gst_buffer_ref (buffer);
  if (!gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    GST_ELEMENT_ERROR (self, RESOURCE, READ, ("a packet cannot be read"), (NULL));
    return GST_FLOW_ERROR;
  }
  unit = latent_unit_get (map.data, map.size);
  if (unit == LATENT_UNIT_PACKET)
    ret = latent_audio_dec_take_packet (self, buffer, map.data, map.size);
  else
    ret = take_unit (self, unit, &map);
  gst_buffer_unmap (buffer, &map);
  return ret;
}

static void
flush (GstAudioDecoder *decoder, gboolean hard)
{
  LatentAudioDec *self = LATENT_AUDIO_DEC (decoder);

  latent_audio_dec_restart (self);
  self->played = hard ? GST_CLOCK_TIME_NONE : MIN (self->played, self->first);
  self->first = GST_CLOCK_TIME_NONE;
  if (!hard)
    return; /* a discontinuity: the counters of packets tell what is missing */
  /* a packet whose first samples went out: else the base class waits for the others and holds back
   * the next segment; -1: all packets, be there any or not */
  gst_audio_decoder_finish_frame (decoder, NULL, -1);
  self->has_last = FALSE;
  self->n_concealed = 0;
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
    ret = latent_audio_dec_drain (self);
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

  latent_audio_dec_restart (self);
  self->played = self->first = GST_CLOCK_TIME_NONE;
  return TRUE;
}

static gboolean
stop (GstAudioDecoder *decoder)
{
  latent_audio_dec_restart (LATENT_AUDIO_DEC (decoder));
  return TRUE;
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
  self->owed = g_array_new (FALSE, FALSE, sizeof (LatentAudioOwed));
  gst_audio_decoder_set_needs_format (decoder, TRUE);
  gst_audio_decoder_set_drainable (decoder, TRUE);
  latent_stats_watch_end (GST_AUDIO_DECODER_SRC_PAD (self), latent_dec_core_get_stats, &self->core);
  latent_element_set_defaults (GST_ELEMENT (self));
}

static void
latent_audio_dec_class_init (LatentAudioDecClass *klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstAudioDecoderClass *decoder_class = GST_AUDIO_DECODER_CLASS (klass);
  g_autoptr (GstCaps) raw = latent_gst_new_raw_caps (LATENT_MEDIA_AUDIO);
  g_autoptr (GstCaps) coded = latent_gst_stream_new_template_caps (LATENT_MEDIA_AUDIO);

  G_OBJECT_CLASS (klass)->finalize = finalize;
  latent_dec_core_init_class (element_class, G_STRUCT_OFFSET (LatentAudioDec, core));
  latent_element_add_pads (element_class, coded, raw);
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
