/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/gst/caps.h"

#include <gst/audio/audio.h>
#include <string.h>

/* In the order of preference among those that a model takes: what it eats as it is comes first. */
static const struct {
  GstVideoFormat video;
  LatentPixelFormat format;
} formats[] = {
    {GST_VIDEO_FORMAT_GRAY8, LATENT_PIXEL_FORMAT_GRAY8},
    {GST_VIDEO_FORMAT_I420,  LATENT_PIXEL_FORMAT_I420 },
    {GST_VIDEO_FORMAT_NV12,  LATENT_PIXEL_FORMAT_NV12 },
    {GST_VIDEO_FORMAT_RGB,   LATENT_PIXEL_FORMAT_RGB  },
    {GST_VIDEO_FORMAT_BGR,   LATENT_PIXEL_FORMAT_BGR  },
    {GST_VIDEO_FORMAT_RGBx,  LATENT_PIXEL_FORMAT_RGBX },
    {GST_VIDEO_FORMAT_BGRx,  LATENT_PIXEL_FORMAT_BGRX },
    {GST_VIDEO_FORMAT_RGBA,  LATENT_PIXEL_FORMAT_RGBA },
    {GST_VIDEO_FORMAT_BGRA,  LATENT_PIXEL_FORMAT_BGRA },
};

static const GstAudioFormat sample_formats[] = {GST_AUDIO_FORMAT_F32, GST_AUDIO_FORMAT_S16};

gboolean
latent_gst_format_from_video (GstVideoFormat video, LatentPixelFormat *format)
{
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    if (formats[i].video == video) {
      *format = formats[i].format;
      return TRUE;
    }
  }
  return FALSE;
}

LatentPixelFormat
latent_gst_get_preferred_format (const LatentModel *model)
{
  guint i = 0;

  while (
      i + 1 < G_N_ELEMENTS (formats) && !latent_session_supports_format (model, formats[i].format))
    i++;
  return formats[i].format;
}

static void
append_string (GValue *list, const char *text)
{
  GValue value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_string (&value, text);
  gst_value_list_append_and_take_value (list, &value);
}

/* A list of one is a plain value: lists do not count as fixed. */
static void
take_list (GstStructure *structure, const char *field, GValue *list)
{
  if (gst_value_list_get_size (list) == 1) {
    gst_structure_set_value (structure, field, gst_value_list_get_value (list, 0));
    g_value_unset (list);
  } else {
    gst_structure_take_value (structure, field, list);
  }
}

/* fixed is 0 for any. */
static void
set_count (GstStructure *structure, const char *field, guint fixed)
{
  if (fixed)
    gst_structure_set (structure, field, G_TYPE_INT, (gint)fixed, NULL);
  else
    gst_structure_set (structure, field, GST_TYPE_INT_RANGE, 1, G_MAXINT, NULL);
}

static void
set_any_framerate (GstStructure *structure)
{
  gst_structure_set (structure, "framerate", GST_TYPE_FRACTION_RANGE, 0, 1, G_MAXINT, 1, NULL);
}

/* model: NULL for whatever any model takes. */
static GstStructure *
new_video (const LatentModel *model)
{
  const LatentMediaInfo *info = model ? latent_model_get_media_info (model) : NULL;
  GstStructure *structure = gst_structure_new_empty ("video/x-raw");
  GValue list = G_VALUE_INIT;

  gst_value_list_init (&list, G_N_ELEMENTS (formats));
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    if (!model || latent_session_supports_format (model, formats[i].format))
      append_string (&list, gst_video_format_to_string (formats[i].video));
  }
  take_list (structure, "format", &list);
  set_count (structure, "width", info ? info->fixed_width : 0);
  set_count (structure, "height", info ? info->fixed_height : 0);
  set_any_framerate (structure);
  return structure;
}

static GstStructure *
new_audio (const LatentModel *model)
{
  const LatentMediaInfo *info = model ? latent_model_get_media_info (model) : NULL;
  GstStructure *structure = gst_structure_new (
      "audio/x-raw", "layout", G_TYPE_STRING, "interleaved", NULL);
  GValue list = G_VALUE_INIT;

  gst_value_list_init (&list, G_N_ELEMENTS (sample_formats));
  for (guint i = 0; i < G_N_ELEMENTS (sample_formats); i++)
    append_string (&list, gst_audio_format_to_string (sample_formats[i]));
  take_list (structure, "format", &list);
  set_count (structure, "rate", info ? info->rate : 0);
  set_count (structure, "channels", info ? info->channels : 0);
  return structure;
}

static GstStructure *
new_tensors (const LatentModel *model)
{
  GstStructure *structure = gst_structure_new (LATENT_GST_TENSORS, "format", G_TYPE_STRING,
      "static", "num_tensors", G_TYPE_INT, 1, "types", G_TYPE_STRING, "float32", NULL);

  set_any_framerate (structure);
  return structure;
}

static GstStructure *(*const new_media[]) (const LatentModel *model) = {
    [LATENT_MEDIA_VECTOR] = new_tensors,
    [LATENT_MEDIA_VIDEO] = new_video,
    [LATENT_MEDIA_AUDIO] = new_audio,
};

GstCaps *
latent_gst_new_template_caps (void)
{
  return gst_caps_new_full (new_video (NULL), new_audio (NULL), new_tensors (NULL), NULL);
}

GstCaps *
latent_gst_new_raw_caps (LatentMediaKind kind)
{
  return gst_caps_new_full (new_media[kind](NULL), NULL);
}

GstCaps *
latent_gst_new_media_caps (const LatentModel *model)
{
  return gst_caps_new_full (new_media[latent_model_get_media_info (model)->kind](model), NULL);
}

GstCaps *
latent_gst_new_tensors_caps (const char *id)
{
  GstStructure *structure = new_tensors (NULL);

  if (id) {
    g_autofree char *prefix = g_strndup (id, LATENT_GST_SHORT_ID);

    gst_structure_set (structure, "latent-model", G_TYPE_STRING, prefix, NULL);
  }
  return gst_caps_new_full (structure, NULL);
}

/* Dimensions left when outermost ones are dropped; one at least. */
static guint
count_significant (guint n, const gint64 *dims)
{
  guint skip = 0;

  while (skip + 1 < n && dims[skip] == 1)
    skip++;
  return n - skip;
}

char *
latent_gst_dims_to_string (guint n, const gint64 *dims, guint rank)
{
  guint significant = count_significant (n, dims);
  GString *text = g_string_new (NULL);

  rank = MAX (rank, significant);
  for (guint i = 0; i < rank; i++)
    g_string_append_printf (
        text, "%s%" G_GINT64_FORMAT, i ? ":" : "", i < significant ? dims[n - 1 - i] : 1);
  return g_string_free (text, FALSE);
}

void
latent_gst_set_dims (GstStructure *structure, guint n, const gint64 *dims)
{
  guint significant = MAX (count_significant (n, dims), 1);
  GValue list = G_VALUE_INIT;

  gst_value_list_init (&list, LATENT_GST_RANK);
  for (guint rank = MAX (LATENT_GST_RANK, significant); rank >= significant; rank--) {
    g_autofree char *text = latent_gst_dims_to_string (n, dims, rank);

    append_string (&list, text);
  }
  take_list (structure, "dimensions", &list);
}

gboolean
latent_gst_dims_from_string (const char *text, guint *n, gint64 dims[LATENT_MAX_DIMS])
{
  g_auto (GStrv) parts = g_strsplit (text, ":", LATENT_MAX_DIMS + 1);
  guint length = g_strv_length (parts);

  if (length == 0 || length > LATENT_MAX_DIMS)
    return FALSE;
  for (guint i = 0; i < length; i++) {
    const char *part = g_strstrip (parts[length - 1 - i]);

    if (!g_ascii_string_to_signed (part, 10, 1, G_MAXINT32, &dims[i], NULL))
      return FALSE;
  }
  *n = count_significant (length, dims);
  memmove (dims, dims + length - *n, *n * sizeof dims[0]);
  return TRUE;
}

gboolean
latent_gst_dims_equal (guint n_a, const gint64 *a, guint n_b, const gint64 *b)
{
  guint left_a = count_significant (n_a, a), left_b = count_significant (n_b, b);

  return left_a == left_b && memcmp (a + n_a - left_a, b + n_b - left_b, left_a * sizeof a[0]) == 0;
}
