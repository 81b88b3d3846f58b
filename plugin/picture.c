/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/picture.h"

#include "src/gst/caps.h"

gboolean
latent_picture_map (const GstVideoInfo *info, GstBuffer *buffer, GstMapFlags flags,
    GstVideoFrame *frame, LatentPicture *picture)
{
  if (!gst_video_frame_map (frame, info, buffer, flags | GST_VIDEO_FRAME_MAP_FLAG_NO_REF))
    return FALSE;
  /* a GstVideoMeta tells strides and offsets, and must not contradict the caps */
  if (GST_VIDEO_FRAME_WIDTH (frame) != GST_VIDEO_INFO_WIDTH (info) ||
      GST_VIDEO_FRAME_HEIGHT (frame) != GST_VIDEO_INFO_HEIGHT (info) ||
      !latent_gst_format_from_video (GST_VIDEO_FRAME_FORMAT (frame), &picture->format) ||
      GST_VIDEO_FRAME_FORMAT (frame) != GST_VIDEO_INFO_FORMAT (info)) {
    gst_video_frame_unmap (frame);
    return FALSE;
  }
  picture->width = (guint)GST_VIDEO_FRAME_WIDTH (frame);
  picture->height = (guint)GST_VIDEO_FRAME_HEIGHT (frame);
  for (guint i = 0; i < GST_VIDEO_FRAME_N_PLANES (frame); i++) {
    picture->data[i] = GST_VIDEO_FRAME_PLANE_DATA (frame, i);
    picture->stride[i] = GST_VIDEO_FRAME_PLANE_STRIDE (frame, i);
  }
  return TRUE;
}

void
latent_picture_configure_pool (GstQuery *query, const GstVideoInfo *info)
{
  g_autoptr (GstBufferPool) pool = NULL;
  GstStructure *config;
  GstCaps *caps;
  guint size = 0, min = 0, max = 0;
  gboolean has_pool = gst_query_get_n_allocation_pools (query) > 0;

  gst_query_parse_allocation (query, &caps, NULL);
  if (has_pool)
    gst_query_parse_nth_allocation_pool (query, 0, &pool, &size, &min, &max);
  if (!pool)
    pool = gst_video_buffer_pool_new ();
  size = MAX (size, (guint)GST_VIDEO_INFO_SIZE (info));
  config = gst_buffer_pool_get_config (pool);
  gst_buffer_pool_config_set_params (config, caps, size, min, max);
  if (gst_query_find_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL))
    gst_buffer_pool_config_add_option (config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  gst_buffer_pool_set_config (pool, config);
  if (has_pool)
    gst_query_set_nth_allocation_pool (query, 0, pool, size, min, max);
  else
    gst_query_add_allocation_pool (query, pool, size, min, max);
}

GstBuffer *
latent_picture_strip (GstBuffer *buffer)
{
  GstBuffer *shell = gst_buffer_new ();

  gst_buffer_copy_into (shell, buffer, GST_BUFFER_COPY_METADATA, 0, -1);
  gst_buffer_unref (buffer);
  return shell;
}
