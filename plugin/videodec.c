/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-latentvideodec
 * @title: latentvideodec
 *
 * Makes raw video of the packets of latentvideoenc, with the model that they were made with: that
 * of #LatentVideoDec:model, or one that came in the stream, or one of the same latent id in a
 * folder of #LatentVideoDec:model-path. Where there is none the error names the id and the folders.
 *
 * Pictures have the size, pixel aspect ratio, colorimetry and interlacing of those that were coded.
 *
 * A packet that is damaged, or depends on one that is missing, is never shown: until the next key
 * frame, which is asked for upstream, #LatentVideoDec:conceal decides what comes instead, with the
 * flag CORRUPTED (the property discard-corrupted-frames drops such frames). With `predict` latents
 * change on as they did between the last two good frames, less and less.
 *
 * Late frames are decoded, since those after them may need it, but the net does not run for them.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=50 ! videoconvert \
 *   ! latentvideoenc model=camera.onnx error-resilient=true ! rtpgstpay ! rtpgstdepay \
 *   ! latentvideodec model=camera.onnx ! videoconvert ! fakesink
 * ]| Through packets of RTP.
 */

#include "plugin/videodec-private.h"

#include "plugin/picture.h"
#include "plugin/properties.h"
#include "src/gst/caps.h"
#include "src/gst/stream-caps.h"

GST_DEBUG_CATEGORY (latent_video_dec_debug);
#define GST_CAT_DEFAULT latent_video_dec_debug

G_DEFINE_TYPE_WITH_CODE (LatentVideoDec, latent_video_dec, GST_TYPE_VIDEO_DECODER,
    GST_DEBUG_CATEGORY_INIT (latent_video_dec_debug, "latentvideodec", 0, "video decoder"))

/* What downstream can take of what the model gives, the model's own format first. */
static GstVideoFormat
choose_format (LatentVideoDec *self)
{
  g_autoptr (GstCaps) given = latent_gst_new_media_caps (self->core.model);
  g_autoptr (GstCaps) wanted = gst_pad_get_allowed_caps (GST_VIDEO_DECODER_SRC_PAD (self));
  g_autoptr (GstCaps)
      common = gst_caps_intersect_full (given, wanted ? wanted : given, GST_CAPS_INTERSECT_FIRST);
  GstStructure *structure;

  if (gst_caps_is_empty (common))
    return GST_VIDEO_FORMAT_UNKNOWN;
  common = gst_caps_make_writable (common);
  structure = gst_caps_get_structure (common, 0);
  gst_structure_fixate_field (structure, "format");
  return gst_video_format_from_string (gst_structure_get_string (structure, "format"));
}

static void
refuse_output (LatentVideoDec *self)
{
  g_autoptr (GstCaps) given = latent_gst_new_media_caps (self->core.model);
  g_autoptr (GstCaps) wanted = gst_pad_peer_query_caps (GST_VIDEO_DECODER_SRC_PAD (self), NULL);
  g_autofree char *given_text = gst_caps_to_string (given);
  g_autofree char *wanted_text = gst_caps_to_string (wanted);

  GST_ELEMENT_ERROR (self, STREAM, WRONG_TYPE,
      ("caps do not fit: the model gives %s; downstream wants %s", given_text, wanted_text),
      (NULL));
}

static gboolean
negotiate (GstVideoDecoder *decoder)
{
  LatentVideoDec *self = LATENT_VIDEO_DEC (decoder);
  GstVideoFormat format;
  GstVideoInfo info;
  GstVideoCodecState *state;

  if (!self->core.decoder)
    return FALSE;
  format = choose_format (self);
  if (format == GST_VIDEO_FORMAT_UNKNOWN ||
      !latent_gst_stream_get_video (latent_decoder_get_info (self->core.decoder), format, &info)) {
    refuse_output (self);
    return FALSE;
  }
  state = gst_video_decoder_set_interlaced_output_state (decoder, format,
      GST_VIDEO_INFO_INTERLACE_MODE (&info), (guint)GST_VIDEO_INFO_WIDTH (&info),
      (guint)GST_VIDEO_INFO_HEIGHT (&info), self->input);
  if (!state)
    return FALSE;
  state->info = info; /* what the sequence header says, whatever the caps */
  gst_video_codec_state_unref (state);
  self->info = info;
  return GST_VIDEO_DECODER_CLASS (latent_video_dec_parent_class)->negotiate (decoder);
}

/* After headers that made another stream. */
static gboolean
begin_stream (LatentVideoDec *self)
{
  const LatentStreamInfo *info;
  GstClockTime latency = 0;

  self->has_shown = self->is_negotiated = FALSE;
  if (!self->core.decoder)
    return TRUE; /* its model is still to come */
  info = latent_decoder_get_info (self->core.decoder);
  if (info->fps_n > 0)
    latency = gst_util_uint64_scale (
        (self->core.settings.batch_size - 1) * GST_SECOND, info->fps_d, info->fps_n);
  gst_video_decoder_set_latency (GST_VIDEO_DECODER (self), latency, latency);
  self->is_negotiated = gst_video_decoder_negotiate (GST_VIDEO_DECODER (self));
  return self->is_negotiated;
}

static GstFlowReturn
take_unit (LatentVideoDec *self, LatentUnit unit, const GstMapInfo *map)
{
  GstFlowReturn ret = latent_video_dec_run (self); /* the session may be another afterwards */

  if (ret != GST_FLOW_OK)
    return ret;
  switch (latent_dec_core_take_unit (&self->core, unit, map->data, map->size)) {
  case LATENT_TAKEN_FAILED:
    return GST_FLOW_ERROR;
  case LATENT_TAKEN_NEW:
    return begin_stream (self) ? GST_FLOW_OK : GST_FLOW_NOT_NEGOTIATED;
  default:
    return GST_FLOW_OK;
  }
}

static GstFlowReturn
handle_frame (GstVideoDecoder *decoder, GstVideoCodecFrame *frame)
{
  LatentVideoDec *self = LATENT_VIDEO_DEC (decoder);
  g_autoptr (GstBuffer) buffer = gst_buffer_ref (frame->input_buffer);
  GstMapInfo map;
  GstFlowReturn ret;
  LatentUnit unit;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    gst_video_decoder_release_frame (decoder, frame);
    GST_ELEMENT_ERROR (self, RESOURCE, READ, ("a packet cannot be read"), (NULL));
    return GST_FLOW_ERROR;
  }
  unit = latent_unit_get (map.data, map.size);
  if (unit == LATENT_UNIT_PACKET) {
    ret = latent_video_dec_take_packet (self, frame, map.data, map.size);
  } else {
    gst_video_decoder_release_frame (decoder, frame);
    ret = take_unit (self, unit, &map);
  }
  gst_buffer_unmap (buffer, &map);
  return ret;
}

static GstFlowReturn
drain (GstVideoDecoder *decoder)
{
  return latent_video_dec_run (LATENT_VIDEO_DEC (decoder));
}

static gboolean
flush (GstVideoDecoder *decoder)
{
  LatentVideoDec *self = LATENT_VIDEO_DEC (decoder);

  latent_video_dec_forget (self);
  self->has_shown = FALSE;
  latent_dec_core_reset (&self->core);
  return TRUE;
}

static gboolean
set_format (GstVideoDecoder *decoder, GstVideoCodecState *state)
{
  LatentVideoDec *self = LATENT_VIDEO_DEC (decoder);
  GstFlowReturn ret = latent_video_dec_run (self);

  if (ret != GST_FLOW_OK)
    GST_DEBUG_OBJECT (self, "draining: %s", gst_flow_get_name (ret));
  g_clear_pointer (&self->input, gst_video_codec_state_unref);
  self->input = gst_video_codec_state_ref (state);
  switch (latent_dec_core_take_caps (&self->core, state->caps)) {
  case LATENT_TAKEN_FAILED:
    return FALSE;
  case LATENT_TAKEN_NEW:
    return begin_stream (self);
  default:
    return TRUE;
  }
}

static gboolean
decide_allocation (GstVideoDecoder *decoder, GstQuery *query)
{
  latent_picture_configure_pool (query, &LATENT_VIDEO_DEC (decoder)->info);
  return GST_VIDEO_DECODER_CLASS (latent_video_dec_parent_class)
      ->decide_allocation (decoder, query);
}

static gboolean
stop (GstVideoDecoder *decoder)
{
  LatentVideoDec *self = LATENT_VIDEO_DEC (decoder);

  latent_video_dec_forget (self);
  self->has_shown = FALSE;
  g_clear_pointer (&self->input, gst_video_codec_state_unref);
  return TRUE;
}

static void
finalize (GObject *object)
{
  LatentVideoDec *self = LATENT_VIDEO_DEC (object);

  g_clear_pointer (&self->held, g_array_unref);
  latent_dec_core_clear (&self->core);
  G_OBJECT_CLASS (latent_video_dec_parent_class)->finalize (object);
}

static void
latent_video_dec_init (LatentVideoDec *self)
{
  GstVideoDecoder *decoder = GST_VIDEO_DECODER (self);

  latent_dec_core_init (&self->core, GST_ELEMENT (self), LATENT_MEDIA_VIDEO);
  self->held = g_array_new (FALSE, FALSE, sizeof (LatentVideoHeld));
  gst_video_decoder_set_packetized (decoder, TRUE);
  gst_video_decoder_set_needs_format (decoder, TRUE);
  latent_stats_watch_end (GST_VIDEO_DECODER_SRC_PAD (self), latent_dec_core_get_stats, &self->core);
  latent_element_set_defaults (GST_ELEMENT (self));
}

static void
latent_video_dec_class_init (LatentVideoDecClass *klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstVideoDecoderClass *decoder_class = GST_VIDEO_DECODER_CLASS (klass);
  g_autoptr (GstCaps) raw = latent_gst_new_raw_caps (LATENT_MEDIA_VIDEO);
  g_autoptr (GstCaps) coded = latent_gst_stream_new_template_caps (LATENT_MEDIA_VIDEO);

  G_OBJECT_CLASS (klass)->finalize = finalize;
  latent_dec_core_init_class (element_class, G_STRUCT_OFFSET (LatentVideoDec, core));
  latent_element_add_pads (element_class, coded, raw);
  gst_element_class_set_static_metadata (element_class, "Latent video decoder",
      "Codec/Decoder/Video", "Decodes video that was coded as latents of an autoencoder",
      "gst-latent");
  decoder_class->stop = stop;
  decoder_class->set_format = set_format;
  decoder_class->negotiate = negotiate;
  decoder_class->decide_allocation = decide_allocation;
  decoder_class->handle_frame = handle_frame;
  decoder_class->drain = drain;
  decoder_class->finish = drain;
  decoder_class->flush = flush;
}
