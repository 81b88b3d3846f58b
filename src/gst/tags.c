/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/gst/tags.h"

static char *
to_text (const GValue *value)
{
  GType type = G_VALUE_TYPE (value);

  if (G_VALUE_HOLDS_STRING (value))
    return g_value_dup_string (value);
  if (type == GST_TYPE_SAMPLE || type == GST_TYPE_BUFFER)
    return NULL;
  return gst_value_serialize (value);
}

void
latent_gst_tags_put (const GstTagList *tags, LatentGstTagFunc func, gpointer data)
{
  for (gint i = 0; i < gst_tag_list_n_tags (tags); i++) {
    const char *key = gst_tag_list_nth_tag_name (tags, (guint)i);

    if (g_str_equal (key, GST_TAG_CONTAINER_FORMAT)) /* another container's */
      continue;
    for (guint j = 0; j < gst_tag_list_get_tag_size (tags, key); j++) {
      g_autofree char *text = to_text (gst_tag_list_get_value_index (tags, key, j));
      if (text)
        func (key, text, data);
    }
  }
}

void
latent_gst_tags_get (GstTagList *tags, const char *key, const char *value)
{
  g_auto (GValue) typed = G_VALUE_INIT;
  g_autofree char *comment = NULL;
  GType type = gst_tag_exists (key) ? gst_tag_get_type (key) : G_TYPE_INVALID;
  GstTagMergeMode mode = GST_TAG_MERGE_APPEND;

  if (type != G_TYPE_INVALID && gst_tag_is_fixed (key))
    mode = GST_TAG_MERGE_REPLACE; /* the last one said it */
  if (type == G_TYPE_STRING) {
    if (value[0])
      gst_tag_list_add (tags, mode, key, value, NULL);
    return;
  }
  if (type != G_TYPE_INVALID && type != GST_TYPE_SAMPLE && type != GST_TYPE_BUFFER) {
    g_value_init (&typed, type);
    if (gst_value_deserialize (&typed, value))
      gst_tag_list_add_value (tags, mode, key, &typed);
    return;
  }
  comment = g_strdup_printf ("%s=%s", key, value);
  gst_tag_list_add (tags, GST_TAG_MERGE_APPEND, GST_TAG_EXTENDED_COMMENT, comment, NULL);
}
