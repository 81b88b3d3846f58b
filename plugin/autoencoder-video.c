/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/autoencoder-private.h"

#include "src/gst/caps.h"

#define GST_CAT_DEFAULT latent_autoencoder_debug

/* FALSE: the frame is not mapped. */
static gboolean
map_picture (const GstVideoInfo *info, GstBuffer *buffer, GstMapFlags flags, GstVideoFrame *frame,
    LatentPicture *picture)
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

gboolean
latent_autoencoder_put_picture (LatentAutoencoder *self, guint slot, GstBuffer *src)
{
  GstVideoFrame frame;
  LatentPicture picture = {0};

  if (!map_picture (&self->in_video, src, GST_MAP_READ, &frame, &picture)) {
    latent_autoencoder_post_bad_buffer (self, "does not hold a picture as the caps describe it");
    return FALSE;
  }
  latent_session_put_picture (self->session, slot, &picture);
  gst_video_frame_unmap (&frame);
  return TRUE;
}

GstFlowReturn
latent_autoencoder_get_picture (LatentAutoencoder *self, LatentHeld *held, GstBuffer **dst)
{
  GstVideoFrame frame;
  LatentPicture picture = {0};
  guint64 n_nonfinite;
  GstFlowReturn ret = latent_autoencoder_allocate (self, held->buffer, dst);

  if (ret != GST_FLOW_OK)
    return ret;
  if (!map_picture (&self->out_video, *dst, GST_MAP_WRITE, &frame, &picture)) {
    gst_clear_buffer (dst);
    latent_autoencoder_post_bad_buffer (self, "of the pool cannot be written to");
    return GST_FLOW_ERROR;
  }
  n_nonfinite = latent_session_get_picture (self->session, (guint)held->slot, &picture);
  gst_video_frame_unmap (&frame);
  latent_autoencoder_add_nonfinite (self, n_nonfinite);
  return GST_FLOW_OK;
}

/* Takes downstream's pool, or makes one of our own, and leaves strides to downstream where it can
 * tell them. */
static void
configure_pool (GstQuery *query, const GstVideoInfo *info)
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

/* Buffers of latents, vectors and samples are plain memory: no pool knows better. */
static void
drop_pools (GstQuery *query)
{
  while (gst_query_get_n_allocation_pools (query) > 0)
    gst_query_remove_nth_allocation_pool (query, 0);
}

gboolean
latent_autoencoder_decide_allocation (GstBaseTransform *trans, GstQuery *query)
{
  LatentAutoencoder *self = LATENT_AUTOENCODER (trans);
  gpointer klass = g_type_class_peek (GST_TYPE_BASE_TRANSFORM);

  if (self->output == LATENT_PORT_VIDEO)
    configure_pool (query, &self->out_video);
  else
    drop_pools (query);
  return GST_BASE_TRANSFORM_CLASS (klass)->decide_allocation (trans, query);
}

gboolean
latent_autoencoder_propose_allocation (
    GstBaseTransform *trans, GstQuery *decide_query, GstQuery *query)
{
  LatentAutoencoder *self = LATENT_AUTOENCODER (trans);
  gpointer klass = g_type_class_peek (GST_TYPE_BASE_TRANSFORM);

  if (!GST_BASE_TRANSFORM_CLASS (klass)->propose_allocation (trans, decide_query, query))
    return FALSE;
  /* any strides will do; what only passes by is downstream's affair */
  if (self->settings.mode != LATENT_MODE_EMBED && self->input == LATENT_PORT_VIDEO)
    gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  return TRUE;
}
