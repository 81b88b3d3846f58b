/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-latentvideoenc
 * @title: latentvideoenc
 *
 * Makes a stream of packets of raw video with an autoencoder from an .onnx file
 * (#LatentVideoEnc:model): the net's latents, quantised and coded. The model settles the caps, as
 * with autoencoder. Packets of one machine decode on every other: past the quantiser all is
 * integer.
 *
 * #LatentVideoEnc:quality decides how fine latents are quantised; set beside
 * #LatentVideoEnc:bitrate it is the best quality that is used while the rate allows. Both can be
 * changed while frames flow.
 *
 * Between key frames packets depend on those before them. force-key-unit events make a key frame,
 * and so do discontinuities; with all-headers the sequence header comes again before it, as a
 * buffer of its own with the flag HEADER. It is repeated at other key frames too, but not more than
 * once a second. With #LatentVideoEnc:error-resilient every packet stands alone, which costs bytes.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=50 ! videoconvert ! latentvideoenc model=camera.onnx \
 *   ! latentvideodec model=camera.onnx ! videoconvert ! fakesink
 * ]| There and back.
 */

#include "plugin/videoenc.h"

#include "plugin/enc-core.h"
#include "plugin/picture.h"
#include "plugin/properties.h"
#include "src/gst/caps.h"
#include "src/gst/message.h"
#include "src/gst/stream-caps.h"

GST_DEBUG_CATEGORY_STATIC (latent_video_enc_debug);
#define GST_CAT_DEFAULT latent_video_enc_debug

enum { PROP_KEY_GAIN = LATENT_ENC_N_PROPS };

struct _LatentVideoEnc {
  GstVideoEncoder parent;

  LatentEncCore core;
  GstVideoInfo info;
  GPtrArray *held; /* GstVideoCodecFrame, in the slots of the session */
};

G_DEFINE_TYPE_WITH_CODE (LatentVideoEnc, latent_video_enc, GST_TYPE_VIDEO_ENCODER,
    G_IMPLEMENT_INTERFACE (GST_TYPE_PRESET, NULL)
        GST_DEBUG_CATEGORY_INIT (latent_video_enc_debug, "latentvideoenc", 0, "video encoder"))

static GstFlowReturn
refuse_buffer (LatentVideoEnc *self)
{
  GST_ELEMENT_ERROR (
      self, STREAM, FORMAT, ("a buffer does not hold a picture as the caps describe it"), (NULL));
  return GST_FLOW_ERROR;
}

/* What the frame's packet shall be. */
static LatentEncWish
get_wish (const GstVideoCodecFrame *frame)
{
  gboolean is_discont = GST_BUFFER_FLAG_IS_SET (frame->input_buffer, GST_BUFFER_FLAG_DISCONT);

  return (LatentEncWish){
      .key = GST_VIDEO_CODEC_FRAME_IS_FORCE_KEYFRAME (frame) || is_discont,
      .headers = GST_VIDEO_CODEC_FRAME_IS_FORCE_KEYFRAME_HEADERS (frame),
  };
}

static void
update_tags (LatentVideoEnc *self)
{
  g_autoptr (GstTagList) tags = latent_enc_core_new_tags (&self->core);

  gst_video_encoder_merge_tags (GST_VIDEO_ENCODER (self), tags, GST_TAG_MERGE_REPLACE);
}

/* Codes a frame whose latents are ready, and pushes it. */
static GstFlowReturn
finish_frame (LatentVideoEnc *self, guint slot, GstVideoCodecFrame *frame)
{
  GstVideoEncoder *encoder = GST_VIDEO_ENCODER (self);
  LatentEncPacket packet;
  GstBuffer *buffer;

  if (!latent_enc_core_encode (
          &self->core, slot, frame->pts, frame->duration, get_wish (frame), &packet, &buffer)) {
    gst_video_encoder_finish_frame (encoder, frame); /* drops it */
    return GST_FLOW_ERROR;
  }
  frame->output_buffer = buffer;
  frame->dts = frame->pts;
  if (packet.is_key)
    GST_VIDEO_CODEC_FRAME_SET_SYNC_POINT (frame);
  if (packet.has_new_tags)
    update_tags (self);
  if (packet.needs_headers)
    gst_video_encoder_set_headers (
        encoder, latent_enc_core_new_headers (&self->core, frame->pts, packet.is_first));
  return gst_video_encoder_finish_frame (encoder, frame);
}

/* Runs what is held, a whole batch or less, and pushes it. */
static GstFlowReturn
run_held (LatentVideoEnc *self)
{
  guint n = self->held->len;
  GstFlowReturn ret = GST_FLOW_OK;

  if (n == 0)
    return ret;
  if (!latent_stats_run (&self->core.stats, self->core.session, n))
    ret = GST_FLOW_ERROR;
  for (guint i = 0; i < n; i++) {
    GstVideoCodecFrame *frame = g_steal_pointer (&self->held->pdata[i]);

    if (ret == GST_FLOW_OK)
      ret = finish_frame (self, i, frame);
    else
      gst_video_codec_frame_unref (frame);
  }
  g_ptr_array_set_size (self->held, 0);
  return ret;
}

static gboolean
put_picture (LatentVideoEnc *self, GstBuffer *src)
{
  GstVideoFrame frame;
  LatentPicture picture = {0};

  if (!latent_picture_map (&self->info, src, GST_MAP_READ, &frame, &picture))
    return FALSE;
  latent_session_put_picture (self->core.session, self->held->len, &picture);
  gst_video_frame_unmap (&frame);
  return TRUE;
}

/* Where the application asked for it (property qos): late frames are not coded. */
static gboolean
is_late (LatentVideoEnc *self, GstVideoCodecFrame *frame)
{
  return gst_video_encoder_is_qos_enabled (GST_VIDEO_ENCODER (self)) &&
         !GST_VIDEO_CODEC_FRAME_IS_FORCE_KEYFRAME (frame) &&
         gst_video_encoder_get_max_encode_time (GST_VIDEO_ENCODER (self), frame) < 0;
}

static GstFlowReturn
handle_frame (GstVideoEncoder *encoder, GstVideoCodecFrame *frame)
{
  LatentVideoEnc *self = LATENT_VIDEO_ENC (encoder);

  if (is_late (self, frame)) {
    latent_stats_add_dropped (&self->core.stats);
    return gst_video_encoder_finish_frame (encoder, frame);
  }
  latent_enc_core_prepare (&self->core, get_wish (frame).key);
  if (!put_picture (self, frame->input_buffer)) {
    gst_video_encoder_finish_frame (encoder, frame);
    return refuse_buffer (self);
  }
  if (self->core.settings.batch_size > 1)
    frame->input_buffer = latent_picture_strip (frame->input_buffer);
  g_ptr_array_add (self->held, frame);
  return self->held->len == self->core.settings.batch_size ? run_held (self) : GST_FLOW_OK;
}

static GstFlowReturn
finish (GstVideoEncoder *encoder)
{
  return run_held (LATENT_VIDEO_ENC (encoder));
}

static gboolean
flush (GstVideoEncoder *encoder)
{
  LatentVideoEnc *self = LATENT_VIDEO_ENC (encoder);

  g_ptr_array_set_size (self->held, 0);
  latent_enc_core_reset (&self->core);
  return TRUE;
}

static gboolean
compile (LatentVideoEnc *self, GError **error)
{
  LatentSession *session = latent_enc_core_get_session (&self->core, error);
  LatentStreamInfo stream;
  LatentPixelFormat format;

  if (!session)
    return FALSE;
  if (!latent_gst_format_from_video (GST_VIDEO_INFO_FORMAT (&self->info), &format)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE, "no net takes pictures of format %s",
        GST_VIDEO_INFO_NAME (&self->info));
    return FALSE;
  }
  latent_gst_stream_put_video (&stream, &self->info);
  return latent_session_set_video (session, format, stream.width, stream.height, error) &&
         latent_enc_core_begin (&self->core, &stream, error);
}

static void
update_latency (LatentVideoEnc *self)
{
  GstClockTime latency = 0;

  if (self->info.fps_n > 0)
    latency = gst_util_uint64_scale ((self->core.settings.batch_size - 1) * GST_SECOND,
        (guint64)self->info.fps_d, (guint64)self->info.fps_n);
  gst_video_encoder_set_latency (GST_VIDEO_ENCODER (self), latency, latency);
}

static gboolean
set_format (GstVideoEncoder *encoder, GstVideoCodecState *state)
{
  LatentVideoEnc *self = LATENT_VIDEO_ENC (encoder);
  g_autoptr (GError) error = NULL;
  GstVideoCodecState *output;

  if (run_held (self) == GST_FLOW_ERROR)
    return FALSE;
  self->info = state->info;
  if (!compile (self, &error)) {
    latent_gst_post_error (GST_ELEMENT (self), error);
    return FALSE;
  }
  output = gst_video_encoder_set_output_state (
      encoder, latent_enc_core_new_caps (&self->core), state);
  gst_video_codec_state_unref (output);
  update_latency (self);
  update_tags (self);
  return gst_video_encoder_negotiate (encoder);
}

static GstCaps *
getcaps (GstVideoEncoder *encoder, GstCaps *filter)
{
  g_autoptr (GstCaps) any = gst_pad_get_pad_template_caps (GST_VIDEO_ENCODER_SINK_PAD (encoder));
  g_autoptr (GstCaps) caps = latent_enc_core_get_caps (&LATENT_VIDEO_ENC (encoder)->core, any);

  return gst_video_encoder_proxy_getcaps (encoder, caps, filter);
}

static gboolean
propose_allocation (GstVideoEncoder *encoder, GstQuery *query)
{
  gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL); /* any strides will do */
  return GST_VIDEO_ENCODER_CLASS (latent_video_enc_parent_class)
      ->propose_allocation (encoder, query);
}

static gboolean
sink_event (GstVideoEncoder *encoder, GstEvent *event)
{
  LatentVideoEnc *self = LATENT_VIDEO_ENC (encoder);
  GstFlowReturn ret = GST_FLOW_OK;

  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_SEGMENT:
  case GST_EVENT_GAP:
    GST_VIDEO_ENCODER_STREAM_LOCK (encoder);
    ret = run_held (self);
    GST_VIDEO_ENCODER_STREAM_UNLOCK (encoder);
    break;
  default:
    break;
  }
  if (ret != GST_FLOW_OK)
    GST_DEBUG_OBJECT (self, "draining: %s", gst_flow_get_name (ret));
  return GST_VIDEO_ENCODER_CLASS (latent_video_enc_parent_class)->sink_event (encoder, event);
}

static gboolean
stop (GstVideoEncoder *encoder)
{
  g_ptr_array_set_size (LATENT_VIDEO_ENC (encoder)->held, 0);
  return TRUE;
}

/* Beside what all encoders have. */
static const LatentSetting settings[] = {
    {PROP_KEY_GAIN, G_STRUCT_OFFSET (LatentVideoEnc, core.settings.key_gain)},
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
  LatentVideoEnc *self = LATENT_VIDEO_ENC (object);

  g_clear_pointer (&self->held, g_ptr_array_unref);
  latent_enc_core_clear (&self->core);
  G_OBJECT_CLASS (latent_video_enc_parent_class)->finalize (object);
}

/* Slots are emptied one by one. */
static void
release_frame (gpointer frame)
{
  if (frame)
    gst_video_codec_frame_unref (frame);
}

static void
latent_video_enc_init (LatentVideoEnc *self)
{
  latent_enc_core_init (&self->core, GST_ELEMENT (self), LATENT_MEDIA_VIDEO);
  latent_enc_core_watch_caps (&self->core, GST_VIDEO_ENCODER_SINK_PAD (self));
  latent_stats_watch_end (GST_VIDEO_ENCODER_SRC_PAD (self), latent_enc_core_get_stats, &self->core);
  self->held = g_ptr_array_new_with_free_func (release_frame);
  latent_element_set_defaults (GST_ELEMENT (self));
}

static void
latent_video_enc_class_init (LatentVideoEncClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstVideoEncoderClass *encoder_class = GST_VIDEO_ENCODER_CLASS (klass);
  g_autoptr (GstCaps) raw = latent_gst_new_raw_caps (LATENT_MEDIA_VIDEO);
  g_autoptr (GstCaps) coded = latent_gst_stream_new_template_caps (LATENT_MEDIA_VIDEO);

  object_class->finalize = finalize;
  latent_enc_core_init_class (element_class, G_STRUCT_OFFSET (LatentVideoEnc, core));
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  g_object_class_install_property (object_class, PROP_KEY_GAIN,
      g_param_spec_uint ("key-gain", "Key gain",
          "How much better than quality key frames are: of a camera that does not move 8 makes a "
          "smaller stream, of which the key frames are larger; not with a bitrate",
          0, LATENT_QUALITY_MAX, 0, LATENT_PROPERTY_EARLY));
  latent_element_add_pads (element_class, raw, coded);
  gst_element_class_set_static_metadata (element_class, "Latent video encoder",
      "Codec/Encoder/Video", "Codes video as latents of an autoencoder (ONNX)", "gst-latent");
  encoder_class->stop = stop;
  encoder_class->set_format = set_format;
  encoder_class->getcaps = getcaps;
  encoder_class->propose_allocation = propose_allocation;
  encoder_class->handle_frame = handle_frame;
  encoder_class->finish = finish;
  encoder_class->flush = flush;
  encoder_class->sink_event = sink_event;
}
