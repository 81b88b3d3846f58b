/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/mux-pad.h"

#include <latent/codec.h>

#include "src/gst/stream-caps.h"

G_DEFINE_TYPE (LatentMuxPad, latent_mux_pad, GST_TYPE_AGGREGATOR_PAD)

LatentMediaKind
latent_mux_pad_get_kind (const LatentMuxPad *self)
{
  return g_str_has_prefix (GST_OBJECT_NAME (self), "video") ? LATENT_MEDIA_VIDEO
                                                            : LATENT_MEDIA_AUDIO;
}

static guint64
get_duration (const LatentStreamInfo *info)
{
  if (info->kind == LATENT_MEDIA_AUDIO)
    return gst_util_uint64_scale (info->hop, GST_SECOND, info->rate);
  return info->fps_n > 0 ? gst_util_uint64_scale (info->fps_d, GST_SECOND, info->fps_n) : 0;
}

gboolean
latent_mux_pad_take_caps (LatentMuxPad *self, GstCaps *caps, GError **error)
{
  g_autoptr (GBytes) header = latent_gst_stream_get_header (caps);
  LatentStreamInfo info;

  if (!header) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
        "pad %s: caps without codec_data; latentparse finds it in the stream",
        GST_OBJECT_NAME (self));
    return FALSE;
  }
  if (!latent_stream_info_parse (
          &info, g_bytes_get_data (header, NULL), g_bytes_get_size (header), error)) {
    g_prefix_error (error, "pad %s: ", GST_OBJECT_NAME (self));
    return FALSE;
  }
  if (self->stream != LATENT_FILE_WHOLE && !g_bytes_equal (self->header, header)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE,
        "pad %s: the stream changes, which a .lat file cannot do", GST_OBJECT_NAME (self));
    return FALSE;
  }
  g_clear_pointer (&self->header, g_bytes_unref);
  self->header = g_steal_pointer (&header);
  self->duration = get_duration (&info);
  return TRUE;
}

void
latent_mux_pad_take_tags (LatentMuxPad *self, GstTagList *tags)
{
  g_autoptr (GstTagList) all = gst_tag_list_merge (self->tags, tags, GST_TAG_MERGE_REPLACE);

  g_clear_pointer (&self->tags, gst_tag_list_unref);
  self->tags = g_steal_pointer (&all);
}

LatentFilePacket
latent_mux_pad_describe (const LatentMuxPad *self, GstBuffer *buffer, guint64 offset)
{
  const GstSegment *segment = &GST_AGGREGATOR_PAD (self)->segment;
  LatentFilePacket packet = {.stream = self->stream};
  GstClockTime pts = GST_BUFFER_PTS (buffer);
  guint64 time = self->end;

  if (GST_CLOCK_TIME_IS_VALID (pts)) {
    guint64 running = 0;
    gint sign = gst_segment_to_running_time_full (segment, GST_FORMAT_TIME, pts, &running);
    time = offset + (sign > 0 ? running : 0);
  }
  packet.pts = MAX (time, self->pts); /* a stream's time does not go back */
  packet.duration = GST_BUFFER_DURATION_IS_VALID (buffer) ? GST_BUFFER_DURATION (buffer)
                                                          : self->duration;
  packet.key = !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  packet.discont = GST_BUFFER_IS_DISCONT (buffer) && self->end > 0;
  return packet;
}

static void
finalize (GObject *object)
{
  LatentMuxPad *self = LATENT_MUX_PAD (object);

  g_clear_pointer (&self->header, g_bytes_unref);
  g_clear_pointer (&self->tags, gst_tag_list_unref);
  G_OBJECT_CLASS (latent_mux_pad_parent_class)->finalize (object);
}

static void
latent_mux_pad_init (LatentMuxPad *self)
{
  self->stream = LATENT_FILE_WHOLE;
}

static void
latent_mux_pad_class_init (LatentMuxPadClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = finalize;
}
