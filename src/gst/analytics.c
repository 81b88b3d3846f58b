/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/gst/analytics.h"

#ifdef LATENT_HAVE_TENSOR_META

#define GST_USE_UNSTABLE_API
#include <gst/analytics/analytics.h>

void
latent_gst_buffer_add_tensor_meta (GstBuffer *buffer, const char *id, LatentTensor *latent)
{
  g_autofree char *name = g_strconcat ("latent-", id, NULL);
  g_autoptr (GBytes) bytes = latent_tensor_to_bytes (latent);
  guint n;
  const gint64 *dims = latent_tensor_get_dims (latent, &n);
  gsize sizes[LATENT_MAX_DIMS];
  GstTensor **tensors = g_new (GstTensor *, 1); /* the meta takes it */

  for (guint i = 0; i < n; i++)
    sizes[i] = (gsize)dims[i];
  tensors[0] = gst_tensor_new_simple (g_quark_from_string (name), GST_TENSOR_DATA_TYPE_FLOAT32,
      gst_buffer_new_wrapped_bytes (bytes), GST_TENSOR_DIM_ORDER_ROW_MAJOR, n, sizes);
  gst_tensor_meta_set (gst_buffer_add_tensor_meta (buffer), 1, tensors);
}

#else

void
latent_gst_buffer_add_tensor_meta (GstBuffer *buffer, const char *id, LatentTensor *latent)
{
}

#endif
