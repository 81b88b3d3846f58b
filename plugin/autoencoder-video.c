/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/autoencoder-private.h"

#include "plugin/picture.h"

#define GST_CAT_DEFAULT latent_autoencoder_debug

gboolean
latent_autoencoder_put_picture (LatentAutoencoder *self, guint slot, GstBuffer *src)
{
  GstVideoFrame frame;
  LatentPicture picture = {0};

  if (!latent_picture_map (&self->in_video, src, GST_MAP_READ, &frame, &picture)) {
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
  if (!latent_picture_map (&self->out_video, *dst, GST_MAP_WRITE, &frame, &picture)) {
    gst_clear_buffer (dst);
    latent_autoencoder_post_bad_buffer (self, "of the pool cannot be written to");
    return GST_FLOW_ERROR;
  }
  n_nonfinite = latent_session_get_picture (self->session, (guint)held->slot, &picture);
  gst_video_frame_unmap (&frame);
  latent_stats_add_nonfinite (&self->stats, self->settings.model, n_nonfinite);
  return GST_FLOW_OK;
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
    latent_picture_configure_pool (query, &self->out_video);
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
