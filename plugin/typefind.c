/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/typefind.h"

#include <string.h>

#include "plugin/mux-private.h"
#include "src/codec/file-chunk.h"

static void
find (GstTypeFind *input, gpointer data)
{
  const guint8 *bytes = gst_type_find_peek (input, 0, LATENT_FILE_MAGIC_BYTES);

  if (bytes && memcmp (bytes, LATENT_FILE_MAGIC, LATENT_FILE_MAGIC_BYTES) == 0)
    gst_type_find_suggest_empty_simple (input, GST_TYPE_FIND_MAXIMUM, LATENT_MUX_CAPS);
}

gboolean
latent_typefind_register (GstPlugin *plugin)
{
  g_autoptr (GstCaps) caps = gst_caps_new_empty_simple (LATENT_MUX_CAPS);

  return gst_type_find_register (
      plugin, LATENT_MUX_CAPS, GST_RANK_PRIMARY, find, "lat", caps, NULL, NULL);
}
