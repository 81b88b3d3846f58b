/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/train-private.h"

#include <latent/error.h>

#include "src/gst/caps.h"

#define ORIGIN "the stream" /* in messages */

/* The formats of pictures that samples are made of; the first is what converters choose. */
static const struct {
  const char *name; /* as GStreamer and recipes spell it */
  LatentPixelFormat format;
} formats[] = {
    {"I420",  LATENT_PIXEL_FORMAT_I420 },
    {"GRAY8", LATENT_PIXEL_FORMAT_GRAY8},
    {"RGB",   LATENT_PIXEL_FORMAT_RGB  },
};

static GstCaps *
new_caps (const char *format)
{
  g_autofree char *text = g_strdup_printf ("video/x-raw, format=%s; "
                                           "audio/x-raw, format={ F32LE, S16LE }, "
                                           "layout=interleaved; " LATENT_GST_TENSORS
                                           ", format=static, num_tensors=1, types=float32",
      format);
  return gst_caps_from_string (text);
}

GstCaps *
latent_train_new_template_caps (void)
{
  return new_caps ("{ I420, GRAY8, RGB }");
}

GstCaps *
latent_train_new_caps (const LatentRecipe *recipe, const LatentModel *init)
{
  const char *format = latent_recipe_get_string (recipe, "format");
  if (!init)
    return format ? new_caps (format) : latent_train_new_template_caps ();
  LatentPixelFormat wanted = latent_model_get_pixel_format (init);
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (formats[i].format == wanted)
      format = formats[i].name;
  g_autoptr (GstCaps) media = latent_gst_new_media_caps (init);
  g_autoptr (GstCaps) ours = new_caps (format);
  return gst_caps_intersect_full (ours, media, GST_CAPS_INTERSECT_FIRST);
}

GstCaps *
latent_train_get_caps (LatentTrain *self)
{
  GST_OBJECT_LOCK (self);
  GstCaps *offered = self->offered ? gst_caps_ref (self->offered) : NULL;
  GST_OBJECT_UNLOCK (self);
  return offered ? offered : latent_train_new_template_caps ();
}

/* Whether the pad is about to stream: what cannot be negotiated then ends in an error anyway. */
static gboolean
is_streaming (GstPad *pad)
{
  return GST_PAD_MODE (pad) != GST_PAD_MODE_NONE && gst_pad_is_linked (pad);
}

/* Upstream that can give nothing that fits would end with a bare "not negotiated". Told that we
 * take what any recipe could, it sends its caps, and the refusal says what is wanted. */
void
latent_train_answer_caps (LatentTrain *self, GstQuery *query)
{
  GstCaps *filter = NULL, *caps = NULL;
  gst_query_parse_caps (query, &filter);
  gst_query_parse_caps_result (query, &caps);
  if (!filter || !gst_caps_is_empty (caps) || !is_streaming (GST_BASE_TRANSFORM_SINK_PAD (self)))
    return;
  g_autoptr (GstCaps) any = latent_train_new_template_caps ();
  g_autoptr (GstCaps) taken = gst_caps_intersect_full (filter, any, GST_CAPS_INTERSECT_FIRST);
  gst_query_set_caps_result (query, taken);
}

gboolean
latent_train_accept_caps (GstBaseTransform *trans, GstPadDirection direction, GstCaps *caps)
{
  LatentTrain *self = LATENT_TRAIN (trans);
  gboolean later = direction == GST_PAD_SINK && is_streaming (trans->sinkpad);
  g_autoptr (GstCaps) taken = later ? latent_train_new_template_caps ()
                                    : latent_train_get_caps (self);
  return gst_caps_can_intersect (caps, taken);
}

gboolean
latent_train_check_caps (LatentTrain *self, GstCaps *caps, GError **error)
{
  g_autoptr (GstCaps) wanted = latent_train_get_caps (self);
  if (gst_caps_can_intersect (wanted, caps))
    return TRUE;
  g_autofree char *ours = gst_caps_to_string (wanted), *theirs = gst_caps_to_string (caps);
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE,
      "caps do not fit: the recipe wants %s; it was offered %s", ours, theirs);
  return FALSE;
}

static gboolean
read_video (LatentTrain *self, GstCaps *caps)
{
  if (!gst_video_info_from_caps (&self->video, caps))
    return FALSE;
  self->like.kind = LATENT_MEDIA_VIDEO;
  return latent_gst_format_from_video (
      GST_VIDEO_INFO_FORMAT (&self->video), &self->like.picture.format);
}

static gboolean
read_audio (LatentTrain *self, GstCaps *caps)
{
  if (!gst_audio_info_from_caps (&self->audio, caps))
    return FALSE;
  self->like.kind = LATENT_MEDIA_AUDIO;
  self->like.rate = (guint)self->audio.rate;
  self->like.channels = (guint)self->audio.channels;
  return TRUE;
}

static gboolean
read_vectors (LatentTrain *self, GstCaps *caps)
{
  const char *text = gst_structure_get_string (gst_caps_get_structure (caps, 0), "dimensions");
  LatentShape *shape = &self->like.shape;
  gsize n = 1;
  if (!text || !latent_gst_dims_from_string (text, &shape->n, shape->dims))
    return FALSE;
  for (guint i = 0; i < shape->n; i++)
    if (!g_size_checked_mul (&n, n, (gsize)shape->dims[i]))
      return FALSE;
  self->like.kind = LATENT_MEDIA_VECTOR;
  self->like.n = n;
  return g_size_checked_mul (&self->size, n, sizeof (float));
}

gboolean
latent_train_read_caps (LatentTrain *self, GstCaps *caps)
{
  const char *name = gst_structure_get_name (gst_caps_get_structure (caps, 0));
  self->like = (LatentSample){.origin = ORIGIN};
  if (g_str_has_prefix (name, "video/"))
    return read_video (self, caps);
  return g_str_has_prefix (name, "audio/") ? read_audio (self, caps) : read_vectors (self, caps);
}

static gboolean
complain_buffer (gsize size, GError **error)
{
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      ORIGIN ": a buffer of %" G_GSIZE_FORMAT " bytes is not what the caps say", size);
  return FALSE;
}

static gboolean
put_video (LatentTrain *self, LatentLive *live, GstBuffer *buffer, GError **error)
{
  LatentSample sample = self->like;
  GstVideoFrame frame;
  if (!gst_video_frame_map (&frame, &self->video, buffer, GST_MAP_READ))
    return complain_buffer (gst_buffer_get_size (buffer), error);
  sample.picture.width = (guint)GST_VIDEO_FRAME_WIDTH (&frame);
  sample.picture.height = (guint)GST_VIDEO_FRAME_HEIGHT (&frame);
  for (guint i = 0; i < GST_VIDEO_FRAME_N_PLANES (&frame); i++) {
    sample.picture.data[i] = GST_VIDEO_FRAME_PLANE_DATA (&frame, i);
    sample.picture.stride[i] = GST_VIDEO_FRAME_PLANE_STRIDE (&frame, i);
  }
  gboolean done = latent_live_put (live, &sample, error);
  gst_video_frame_unmap (&frame);
  return done;
}

/* Full scale is 1. */
static float *
read_samples (const LatentTrain *self, const GstMapInfo *map, gsize n)
{
  float *values = g_new (float, MAX (n, 1));
  gboolean floats = GST_AUDIO_INFO_FORMAT (&self->audio) == GST_AUDIO_FORMAT_F32LE;
  for (gsize i = 0; i < n; i++)
    values[i] = floats ? GST_READ_FLOAT_LE (map->data + 4 * i)
                       : (float)(gint16)GST_READ_UINT16_LE (map->data + 2 * i) / 32768;
  return values;
}

static gboolean
put_audio (LatentTrain *self, LatentLive *live, const GstMapInfo *map, GError **error)
{
  LatentSample sample = self->like;
  gsize frame = (gsize)GST_AUDIO_INFO_BPF (&self->audio);
  if (map->size % frame != 0)
    return complain_buffer (map->size, error);
  sample.n = map->size / frame;
  g_autofree float *values = read_samples (self, map, sample.n * sample.channels);
  sample.values = values;
  return latent_live_put (live, &sample, error);
}

static gboolean
put_vector (LatentTrain *self, LatentLive *live, const GstMapInfo *map, GError **error)
{
  LatentSample sample = self->like;
  if (map->size != self->size)
    return complain_buffer (map->size, error);
  g_autofree float *values = g_memdup2 (map->data, map->size); /* aligned */
  sample.values = values;
  return latent_live_put (live, &sample, error);
}

gboolean
latent_train_put_buffer (LatentTrain *self, LatentLive *live, GstBuffer *buffer, GError **error)
{
  GstMapInfo map;
  if (self->like.kind == LATENT_MEDIA_VIDEO)
    return put_video (self, live, buffer, error);
  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return complain_buffer (gst_buffer_get_size (buffer), error);
  gboolean done = self->like.kind == LATENT_MEDIA_AUDIO ? put_audio (self, live, &map, error)
                                                        : put_vector (self, live, &map, error);
  gst_buffer_unmap (buffer, &map);
  return done;
}
