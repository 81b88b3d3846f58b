/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/gst/stream-caps.h"

#include "src/gst/caps.h"

/* How LatentStreamInfo numbers modes. */
static const GstVideoInterlaceMode modes[] = {
    GST_VIDEO_INTERLACE_MODE_PROGRESSIVE,
    GST_VIDEO_INTERLACE_MODE_INTERLEAVED,
    GST_VIDEO_INTERLACE_MODE_MIXED,
};

/* How it numbers places of chroma; others are unknown to GStreamer. */
static const GstVideoChromaSite sites[] = {
    GST_VIDEO_CHROMA_SITE_UNKNOWN,
    GST_VIDEO_CHROMA_SITE_MPEG2,
    GST_VIDEO_CHROMA_SITE_JPEG,
    GST_VIDEO_CHROMA_SITE_COSITED,
    GST_VIDEO_CHROMA_SITE_V_COSITED,
};

static GstCaps *
new_caps (LatentMediaKind kind)
{
  if (kind == LATENT_MEDIA_AUDIO)
    return gst_caps_new_simple (
        LATENT_GST_AUDIO_STREAM, "version", G_TYPE_INT, LATENT_GST_STREAM_VERSION, NULL);
  return gst_caps_new_simple (LATENT_GST_VIDEO_STREAM, "version", G_TYPE_INT,
      LATENT_GST_STREAM_VERSION, "alignment", G_TYPE_STRING, "frame", NULL);
}

GstCaps *
latent_gst_stream_new_template_caps (LatentMediaKind kind)
{
  return new_caps (kind);
}

static void
describe_video (GstCaps *caps, const LatentStreamInfo *info)
{
  GstVideoInfo video;
  const char *mode;
  g_autofree char *colorimetry = NULL;
  g_autofree char *chroma = NULL;

  if (!latent_gst_stream_get_video (info, GST_VIDEO_FORMAT_I420, &video))
    return;
  mode = gst_video_interlace_mode_to_string (GST_VIDEO_INFO_INTERLACE_MODE (&video));
  colorimetry = gst_video_colorimetry_to_string (&video.colorimetry);
  gst_caps_set_simple (caps, "width", G_TYPE_INT, (gint)info->width, "height", G_TYPE_INT,
      (gint)info->height, "framerate", GST_TYPE_FRACTION, GST_VIDEO_INFO_FPS_N (&video),
      GST_VIDEO_INFO_FPS_D (&video), "pixel-aspect-ratio", GST_TYPE_FRACTION,
      GST_VIDEO_INFO_PAR_N (&video), GST_VIDEO_INFO_PAR_D (&video), "interlace-mode", G_TYPE_STRING,
      mode, NULL);
  if (colorimetry)
    gst_caps_set_simple (caps, "colorimetry", G_TYPE_STRING, colorimetry, NULL);
  if (video.chroma_site != GST_VIDEO_CHROMA_SITE_UNKNOWN)
    chroma = gst_video_chroma_site_to_string (video.chroma_site);
  if (chroma)
    gst_caps_set_simple (caps, "chroma-site", G_TYPE_STRING, chroma, NULL);
}

GstCaps *
latent_gst_stream_new_caps (const LatentStreamInfo *info, GBytes *header)
{
  GstCaps *caps = new_caps (info->kind);
  g_autofree char *id = g_strndup (info->latent_id, LATENT_GST_SHORT_ID);
  g_autoptr (GstBuffer) codec_data = gst_buffer_new_wrapped_bytes (header);

  if (info->kind == LATENT_MEDIA_VIDEO)
    describe_video (caps, info);
  else
    gst_caps_set_simple (caps, "rate", G_TYPE_INT, (gint)info->rate, "channels", G_TYPE_INT,
        (gint)info->audio_channels, NULL);
  gst_caps_set_simple (
      caps, "latent-model", G_TYPE_STRING, id, "codec_data", GST_TYPE_BUFFER, codec_data, NULL);
  return caps;
}

GBytes *
latent_gst_stream_get_header (GstCaps *caps)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  GstBuffer *buffer = NULL;
  gpointer data;
  gsize size;

  if (!gst_structure_get (structure, "codec_data", GST_TYPE_BUFFER, &buffer, NULL))
    return NULL;
  gst_buffer_extract_dup (buffer, 0, gst_buffer_get_size (buffer), &data, &size);
  gst_buffer_unref (buffer);
  return g_bytes_new_take (data, size);
}

void
latent_gst_stream_put_video (LatentStreamInfo *self, const GstVideoInfo *info)
{
  const GstVideoColorimetry *color = &info->colorimetry;

  *self = (LatentStreamInfo){
      .kind = LATENT_MEDIA_VIDEO,
      .width = (guint)GST_VIDEO_INFO_WIDTH (info),
      .height = (guint)GST_VIDEO_INFO_HEIGHT (info),
      .fps_n = (guint)GST_VIDEO_INFO_FPS_N (info),
      .fps_d = (guint)MAX (GST_VIDEO_INFO_FPS_D (info), 1),
      .par_n = (guint)GST_VIDEO_INFO_PAR_N (info),
      .par_d = (guint)GST_VIDEO_INFO_PAR_D (info),
      .color_range = (guint8)color->range,
      .color_matrix = (guint8)gst_video_color_matrix_to_iso (color->matrix),
      .color_transfer = (guint8)gst_video_transfer_function_to_iso (color->transfer),
      .color_primaries = (guint8)gst_video_color_primaries_to_iso (color->primaries),
      .field_order = (guint8)GST_VIDEO_INFO_FIELD_ORDER (info),
  };
  for (guint i = 0; i < G_N_ELEMENTS (modes); i++) {
    if (GST_VIDEO_INFO_INTERLACE_MODE (info) == modes[i])
      self->interlace = (guint8)i;
  }
  for (guint i = 0; GST_VIDEO_INFO_IS_YUV (info) && i < G_N_ELEMENTS (sites); i++) {
    if (info->chroma_site == sites[i])
      self->chroma_site = (guint8)i;
  }
}

gboolean
latent_gst_stream_get_video (
    const LatentStreamInfo *self, GstVideoFormat format, GstVideoInfo *info)
{
  GstVideoInterlaceMode mode = modes[MIN (self->interlace, G_N_ELEMENTS (modes) - 1)];

  if (self->width > G_MAXINT || self->height > G_MAXINT ||
      !gst_video_info_set_interlaced_format (info, format, mode, self->width, self->height))
    return FALSE;
  GST_VIDEO_INFO_FPS_N (info) = (gint)self->fps_n;
  GST_VIDEO_INFO_FPS_D (info) = (gint)self->fps_d;
  GST_VIDEO_INFO_PAR_N (info) = (gint)self->par_n;
  GST_VIDEO_INFO_PAR_D (info) = (gint)self->par_d;
  if (mode != GST_VIDEO_INTERLACE_MODE_PROGRESSIVE)
    GST_VIDEO_INFO_FIELD_ORDER (info) = (GstVideoFieldOrder)self->field_order;
  info->colorimetry = (GstVideoColorimetry){
      .range = (GstVideoColorRange)self->color_range,
      .matrix = gst_video_color_matrix_from_iso (self->color_matrix),
      .transfer = gst_video_transfer_function_from_iso (self->color_transfer),
      .primaries = gst_video_color_primaries_from_iso (self->color_primaries),
  };
  info->chroma_site = GST_VIDEO_CHROMA_SITE_UNKNOWN;
  if (GST_VIDEO_INFO_IS_YUV (info) && self->chroma_site < G_N_ELEMENTS (sites))
    info->chroma_site = sites[self->chroma_site];
  return TRUE;
}
