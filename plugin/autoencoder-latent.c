/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/autoencoder-private.h"

#include <latent/gst.h>
#include <string.h>

#define GST_CAT_DEFAULT latent_autoencoder_debug

gboolean
latent_autoencoder_put_floats (LatentAutoencoder *self, guint slot, GstBuffer *src)
{
  GstMapInfo map;
  g_autofree float *aligned = NULL;
  const float *data;

  if (gst_buffer_get_size (src) != self->in_size || !gst_buffer_map (src, &map, GST_MAP_READ)) {
    g_autofree char *what = g_strdup_printf ("has %" G_GSIZE_FORMAT " bytes, and its caps' "
                                             "dimensions make %" G_GSIZE_FORMAT,
        gst_buffer_get_size (src), self->in_size);

    latent_autoencoder_post_bad_buffer (self, what);
    return FALSE;
  }
  data = (gconstpointer)map.data;
  if (GPOINTER_TO_SIZE (map.data) % sizeof (float))
    data = aligned = g_memdup2 (map.data, map.size);
  if (self->input == LATENT_PORT_LATENT)
    latent_session_put_latent (self->session, slot, data);
  else
    latent_session_put_vector (self->session, slot, data);
  gst_buffer_unmap (src, &map);
  return TRUE;
}

GstFlowReturn
latent_autoencoder_get_floats (LatentAutoencoder *self, LatentHeld *held, GstBuffer **dst)
{
  guint slot = (guint)held->slot;
  GstMapInfo map;
  guint64 n_nonfinite;
  GstFlowReturn ret = latent_autoencoder_allocate (self, held->buffer, dst);

  if (ret != GST_FLOW_OK)
    return ret;
  if (!gst_buffer_map (*dst, &map, GST_MAP_WRITE)) {
    gst_clear_buffer (dst);
    latent_autoencoder_post_bad_buffer (self, "of latents cannot be written to");
    return GST_FLOW_ERROR;
  }
  if (self->output == LATENT_PORT_LATENT)
    n_nonfinite = latent_session_get_latent (self->session, slot, (gpointer)map.data);
  else
    n_nonfinite = latent_session_get_vector (self->session, slot, (gpointer)map.data);
  gst_buffer_unmap (*dst, &map);
  latent_stats_add_nonfinite (&self->stats, self->settings.model, n_nonfinite);
  return GST_FLOW_OK;
}

void
latent_autoencoder_attach (LatentAutoencoder *self, GstBuffer *buffer, GBytes *data, guint n)
{
  g_autofree char *name = g_path_get_basename (self->settings.model);
  g_autoptr (LatentTensor) latent = NULL;
  guint n_dims;
  const gint64 *one = latent_session_get_latent_dims (self->session, &n_dims);
  gint64 dims[LATENT_MAX_DIMS];

  memcpy (dims, one, n_dims * sizeof dims[0]);
  dims[0] *= n;
  latent = latent_tensor_new_from_bytes (LATENT_DATA_TYPE_FLOAT32, n_dims, dims, data, NULL);
  g_return_if_fail (latent);
  latent_gst_buffer_add_latent (buffer, latent_model_get_id (self->model), name, latent);
}

GstFlowReturn
latent_autoencoder_embed (LatentAutoencoder *self, LatentHeld *held, GstBuffer **dst)
{
  gsize size = latent_session_get_latent_size (self->session);
  float *data = NULL;
  g_autoptr (GBytes) bytes = NULL;

  *dst = g_steal_pointer (&held->buffer);
  if (held->slot < 0)
    return GST_FLOW_OK; /* a frame between those that inference-interval asks for */
  data = g_malloc (size);
  bytes = g_bytes_new_take (data, size);
  latent_stats_add_nonfinite (&self->stats, self->settings.model,
      latent_session_get_latent (self->session, (guint)held->slot, data));
  *dst = gst_buffer_make_writable (*dst);
  latent_autoencoder_attach (self, *dst, bytes, 1);
  return GST_FLOW_OK;
}
