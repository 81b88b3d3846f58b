/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-latentparse
 * @title: latentparse
 * @short_description: completes coded streams that have no container
 *
 * Takes coded video or audio, a unit a buffer (a packet, a sequence header that is repeated, a
 * model packet), as it comes out of a payload or from an application, and gives it complete caps,
 * whatever the caps that came: it reads the sequence header where it is met in the stream. Buffers
 * before it are dropped. It marks packets that depend on others, and headers; times that are
 * missing follow from the frame rate, or the samples of a packet. Packets that are damaged are
 * dropped.
 *
 * A packet does not say its own length: bytes that were not framed cannot be parsed.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=50 ! videoconvert ! latentvideoenc model=camera.onnx \
 *   ! rtpgstpay config-interval=1 ! rtpgstdepay ! latentparse ! latentvideodec model=camera.onnx \
 *   ! fakesink
 * ]| Over RTP, here without a network between.
 */

#include "plugin/parse.h"

#include <latent/codec.h>

#include "plugin/dec-core.h"
#include "src/gst/message.h"
#include "src/gst/stream-caps.h"

GST_DEBUG_CATEGORY_STATIC (latent_parse_debug);
#define GST_CAT_DEFAULT latent_parse_debug

struct _LatentParse {
  GstBaseParse parent;

  GBytes *header;  /* the caps' */
  gboolean embeds; /* a model was met, or the caps said that one comes */
  gboolean is_discont;
};

G_DEFINE_TYPE_WITH_CODE (LatentParse, latent_parse, GST_TYPE_BASE_PARSE,
    GST_DEBUG_CATEGORY_INIT (latent_parse_debug, "latentparse", 0, "latentparse element"))

static gboolean
start (GstBaseParse *parse)
{
  LatentParse *self = LATENT_PARSE (parse);

  self->embeds = self->is_discont = FALSE;
  gst_base_parse_set_min_frame_size (parse, 1);
  gst_base_parse_set_syncable (parse, FALSE);
  return TRUE;
}

static gboolean
stop (GstBaseParse *parse)
{
  LatentParse *self = LATENT_PARSE (parse);

  g_clear_pointer (&self->header, g_bytes_unref);
  return TRUE;
}

static void
set_caps (LatentParse *self, const LatentStreamInfo *info)
{
  g_autoptr (GstCaps) caps = latent_gst_stream_new_caps (info, self->header);

  if (self->embeds)
    gst_caps_set_simple (caps, LATENT_GST_EMBEDDED, G_TYPE_BOOLEAN, TRUE, NULL);
  gst_pad_set_caps (GST_BASE_PARSE_SRC_PAD (self), caps);
  if (info->kind == LATENT_MEDIA_AUDIO)
    gst_base_parse_set_frame_rate (GST_BASE_PARSE (self), info->rate, info->hop, 0, 0);
  else if (info->fps_n > 0)
    gst_base_parse_set_frame_rate (GST_BASE_PARSE (self), info->fps_n, info->fps_d, 0, 0);
}

static gboolean
take_header (LatentParse *self, GBytes *header)
{
  g_autoptr (GError) error = NULL;
  LatentStreamInfo info;

  if (self->header && g_bytes_equal (self->header, header))
    return TRUE;
  if (!latent_stream_info_parse (
          &info, g_bytes_get_data (header, NULL), g_bytes_get_size (header), &error)) {
    latent_gst_post_error (GST_ELEMENT (self), error);
    return FALSE;
  }
  g_clear_pointer (&self->header, g_bytes_unref);
  self->header = g_bytes_ref (header);
  set_caps (self, &info);
  return TRUE;
}

static void
take_model (LatentParse *self)
{
  LatentStreamInfo info;

  if (self->embeds || !self->header)
    return;
  self->embeds = TRUE;
  if (latent_stream_info_parse (
          &info, g_bytes_get_data (self->header, NULL), g_bytes_get_size (self->header), NULL))
    set_caps (self, &info);
}

static gboolean
set_sink_caps (GstBaseParse *parse, GstCaps *caps)
{
  LatentParse *self = LATENT_PARSE (parse);
  g_autoptr (GBytes) header = latent_gst_stream_get_header (caps);
  gboolean embeds = FALSE;

  gst_structure_get_boolean (gst_caps_get_structure (caps, 0), LATENT_GST_EMBEDDED, &embeds);
  self->embeds |= embeds;
  return !header || take_header (self, header);
}

/* Whether a buffer is to go on; sets its flags. */
static gboolean
take_unit (LatentParse *self, GstBuffer *buffer, const GstMapInfo *map, gboolean *is_frame)
{
  LatentUnit unit = latent_dec_core_get_unit (map->data, map->size);
  g_autoptr (GBytes) bytes = NULL;
  LatentPacketInfo info;

  *is_frame = unit == LATENT_UNIT_PACKET;
  if (unit == LATENT_UNIT_PACKET) {
    if (!latent_packet_info_parse (&info, map->data, map->size, NULL))
      return FALSE;
    GST_BUFFER_FLAG_UNSET (buffer, GST_BUFFER_FLAG_HEADER);
    if (info.key)
      GST_BUFFER_FLAG_UNSET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    else
      GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    return self->header != NULL;
  }
  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_HEADER);
  GST_BUFFER_FLAG_UNSET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  if (unit == LATENT_UNIT_MODEL) {
    take_model (self);
    return self->header != NULL;
  }
  bytes = g_bytes_new (map->data, map->size);
  return take_header (self, bytes);
}

static GstFlowReturn
handle_frame (GstBaseParse *parse, GstBaseParseFrame *frame, gint *skip)
{
  LatentParse *self = LATENT_PARSE (parse);
  gboolean ok, is_frame;
  GstMapInfo map;
  gsize size;

  frame->buffer = gst_buffer_make_writable (frame->buffer);
  if (!gst_buffer_map (frame->buffer, &map, GST_MAP_READ))
    return GST_FLOW_ERROR;
  size = map.size;
  ok = take_unit (self, frame->buffer, &map, &is_frame);
  gst_buffer_unmap (frame->buffer, &map);
  if (!is_frame)
    frame->flags |= GST_BASE_PARSE_FRAME_FLAG_NO_FRAME;
  if (!ok) {
    GST_DEBUG_OBJECT (self, "%" G_GSIZE_FORMAT " bytes are dropped", size);
    frame->flags |= GST_BASE_PARSE_FRAME_FLAG_DROP;
    self->is_discont = TRUE;
  } else if (is_frame && self->is_discont) {
    GST_BUFFER_FLAG_SET (frame->buffer, GST_BUFFER_FLAG_DISCONT);
    self->is_discont = FALSE;
  }
  return gst_base_parse_finish_frame (parse, frame, (gint)size);
}

static void
latent_parse_init (LatentParse *self)
{
}

static void
add_template (GstElementClass *klass, const char *name, GstPadDirection direction, GstCaps *caps)
{
  gst_element_class_add_pad_template (
      klass, gst_pad_template_new (name, direction, GST_PAD_ALWAYS, caps));
  gst_caps_unref (caps);
}

static void
latent_parse_class_init (LatentParseClass *klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseParseClass *parse_class = GST_BASE_PARSE_CLASS (klass);

  add_template (element_class, "sink", GST_PAD_SINK,
      gst_caps_from_string (LATENT_GST_VIDEO_STREAM ";" LATENT_GST_AUDIO_STREAM));
  add_template (element_class, "src", GST_PAD_SRC,
      gst_caps_merge (latent_gst_stream_new_template_caps (LATENT_MEDIA_VIDEO),
          latent_gst_stream_new_template_caps (LATENT_MEDIA_AUDIO)));
  gst_element_class_set_static_metadata (element_class, "Latent parser", "Codec/Parser",
      "Completes caps, flags and times of coded streams", "gst-latent");

  parse_class->start = start;
  parse_class->stop = stop;
  parse_class->set_sink_caps = set_sink_caps;
  parse_class->handle_frame = handle_frame;
}
