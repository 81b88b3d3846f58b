/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <latent/gst.h>

#include <string.h>

#include "src/gst/analytics.h"

/* Field names of the meta's structure. */
#define FIELD_ID    "id"
#define FIELD_MODEL "model"
#define FIELD_DIMS  "dims"
#define FIELD_TYPE  "type"
#define FIELD_DATA  "data"

void
latent_gst_register_meta (void)
{
  static gsize done = 0;
  static const char *no_tags[] = {NULL};

  if (!g_once_init_enter (&done))
    return;
  /* another copy of this library in the process may have been first */
  if (!gst_meta_get_info (LATENT_GST_META_NAME))
    gst_meta_register_custom (LATENT_GST_META_NAME, no_tags, NULL, NULL, NULL);
  g_once_init_leave (&done, 1);
}

static char *
format_dims (const LatentTensor *tensor)
{
  guint n;
  const gint64 *dims = latent_tensor_get_dims (tensor, &n);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, "%s%" G_GINT64_FORMAT, i ? "," : "", dims[i]);
  return g_string_free (text, FALSE);
}

static gboolean
parse_dims (const char *text, guint *n, gint64 dims[LATENT_MAX_DIMS])
{
  g_auto (GStrv) parts = g_strsplit (text, ",", LATENT_MAX_DIMS + 1);

  *n = 0;
  for (char **part = parts; *part; part++) {
    if (*n == LATENT_MAX_DIMS ||
        !g_ascii_string_to_signed (*part, 10, 0, G_MAXINT64, &dims[(*n)++], NULL))
      return FALSE;
  }
  return TRUE;
}

void
latent_gst_buffer_add_latent (
    GstBuffer *buffer, const char *id, const char *model, LatentTensor *latent)
{
  GstCustomMeta *meta;
  g_autofree char *dims = NULL;
  g_autoptr (GBytes) data = NULL;

  g_return_if_fail (gst_buffer_is_writable (buffer));
  g_return_if_fail (latent_tensor_get_data_type (latent) == LATENT_DATA_TYPE_FLOAT32);

  latent_gst_register_meta ();
  dims = format_dims (latent);
  data = latent_tensor_to_bytes (latent);
  meta = gst_buffer_add_custom_meta (buffer, LATENT_GST_META_NAME);
  gst_structure_set (gst_custom_meta_get_structure (meta), FIELD_ID, G_TYPE_STRING, id, FIELD_MODEL,
      G_TYPE_STRING, model, FIELD_DIMS, G_TYPE_STRING, dims, FIELD_TYPE, G_TYPE_STRING,
      latent_data_type_get_name (LATENT_DATA_TYPE_FLOAT32), FIELD_DATA, G_TYPE_BYTES, data, NULL);
  latent_gst_buffer_add_tensor_meta (buffer, id, latent);
}

static const GstStructure *
find_structure (GstBuffer *buffer)
{
  GstCustomMeta *meta;

  g_return_val_if_fail (GST_IS_BUFFER (buffer), NULL);

  latent_gst_register_meta ();
  meta = gst_buffer_get_custom_meta (buffer, LATENT_GST_META_NAME);
  return meta ? gst_custom_meta_get_structure (meta) : NULL;
}

LatentTensor *
latent_gst_buffer_get_latent (GstBuffer *buffer)
{
  const GstStructure *structure = find_structure (buffer);
  const char *type, *text;
  g_autoptr (GBytes) data = NULL;
  gint64 dims[LATENT_MAX_DIMS];
  guint n;

  if (!structure)
    return NULL;
  type = gst_structure_get_string (structure, FIELD_TYPE);
  text = gst_structure_get_string (structure, FIELD_DIMS);
  if (!type || !text || !gst_structure_get (structure, FIELD_DATA, G_TYPE_BYTES, &data, NULL))
    return NULL;
  if (strcmp (type, latent_data_type_get_name (LATENT_DATA_TYPE_FLOAT32)) != 0 ||
      !parse_dims (text, &n, dims))
    return NULL;
  return latent_tensor_new_from_bytes (LATENT_DATA_TYPE_FLOAT32, n, dims, data, NULL);
}

const char *
latent_gst_buffer_get_latent_id (GstBuffer *buffer)
{
  const GstStructure *structure = find_structure (buffer);

  return structure ? gst_structure_get_string (structure, FIELD_ID) : NULL;
}

const char *
latent_gst_buffer_get_model_name (GstBuffer *buffer)
{
  const GstStructure *structure = find_structure (buffer);

  return structure ? gst_structure_get_string (structure, FIELD_MODEL) : NULL;
}
