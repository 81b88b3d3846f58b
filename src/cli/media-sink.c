/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/media-sink.h"

#include <glib/gstdio.h>
#include <gst/app/app.h>
#include <gst/audio/audio.h>
#include <gst/gst.h>
#include <gst/video/video.h>
#include <string.h>

#include "src/base/output.h"
#include "src/gst/stream-caps.h"
#include "src/media/format.h"

#define FINISH_POLL (100 * GST_MSECOND)
#define FULL_POLL   (2 * GST_MSECOND) /* while MAX_QUEUED buffers wait */
#define MAX_QUEUED  4

/* Elements before the file, by its ending. No .y4m: y4menc writes padded rows as pixels
 * (GStreamer 1.22). */
static const struct {
  const char *ending;
  LatentMediaKind kind;
  const char *elements;
  const char *sink;
} endings[] = {
    {".mkv",  LATENT_MEDIA_VIDEO, "videoconvert ! avenc_ffv1 ! matroskamux",          "filesink"     },
    {".avi",  LATENT_MEDIA_VIDEO, "videoconvert ! jpegenc quality=95 ! avimux",       "filesink"     },
    {".png",  LATENT_MEDIA_VIDEO, "videoconvert ! pngenc",                            "multifilesink"},
    {".wav",  LATENT_MEDIA_AUDIO, "audioconvert ! audio/x-raw,format=S16LE ! wavenc", "filesink"     },
    {".flac", LATENT_MEDIA_AUDIO, "audioconvert ! flacenc",                           "filesink"     },
};

struct _LatentMediaSink {
  char *output;
  LatentOutput *file; /* or NULL: gst-launch text, and pictures that are a file each */
  GstElement *pipeline;
  GstAppSrc *source;
  GstVideoInfo info;
  LatentPicture picture;
  GstBuffer *buffer; /* of the picture */
  GstVideoFrame frame;
  guint64 bytes;     /* of pictures that are a file each */
  GstClockTime time; /* of the next picture, or none: as the rate says */
  guint64 count;     /* pictures, or samples of each channel */
  guint rate;
  guint channels;
};

static gint
find_ending (const char *output, LatentMediaKind kind)
{
  for (guint i = 0; i < G_N_ELEMENTS (endings); i++)
    if (endings[i].kind == kind && g_str_has_suffix (output, endings[i].ending))
      return (gint)i;
  return -1;
}

gboolean
latent_media_sink_supports (const char *output, LatentMediaKind kind)
{
  return g_str_has_prefix (output, "gst:") || find_ending (output, kind) >= 0;
}

char *
latent_media_sink_list_endings (LatentMediaKind kind)
{
  GString *list = g_string_new (".npy");
  for (guint i = 0; i < G_N_ELEMENTS (endings); i++)
    if (endings[i].kind == kind)
      g_string_append_printf (list, ", %s", endings[i].ending);
  return g_string_free (list, FALSE);
}

void
latent_media_sink_free (LatentMediaSink *self)
{
  if (!self)
    return;
  if (self->buffer)
    gst_video_frame_unmap (&self->frame);
  gst_clear_buffer (&self->buffer);
  if (self->pipeline)
    gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_clear_object (&self->source);
  gst_clear_object (&self->pipeline);
  latent_output_free (self->file);
  g_free (self->output);
  g_free (self);
}

/* A GstPadProbeCallback. */
static GstPadProbeReturn
count_bytes (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  LatentMediaSink *self = data;
  self->bytes += gst_buffer_get_size (GST_PAD_PROBE_INFO_BUFFER (info));
  return GST_PAD_PROBE_OK;
}

/* Tells the last element, if it is one for files, where to write. */
static gboolean
open_file (LatentMediaSink *self, GError **error)
{
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (self->pipeline), "latent-file");
  if (!sink)
    return TRUE;
  g_autoptr (GstPad) pad = gst_element_get_static_pad (sink, "sink");
  gboolean many = g_object_class_find_property (G_OBJECT_GET_CLASS (sink), "next-file") != NULL;
  if (!many && !(self->file = latent_output_new (self->output, error)))
    return FALSE;
  if (many)
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, count_bytes, self, NULL);
  g_object_set (sink, "location", many ? self->output : latent_output_get_name (self->file), NULL);
  return TRUE;
}

static LatentMediaSink *
open_sink (const char *output, LatentMediaKind kind, GstCaps *caps, GError **error)
{
  g_autoptr (LatentMediaSink) self = g_new0 (LatentMediaSink, 1);
  const char *head = "appsrc name=latent-source format=time max-buffers=0 max-bytes=0";
  gint index = find_ending (output, kind);
  gboolean launch = g_str_has_prefix (output, "gst:");
  g_autofree char *text = launch ? g_strdup_printf ("%s ! %s", head, output + strlen ("gst:"))
                                 : g_strdup_printf ("%s ! %s ! %s name=latent-file", head,
                                       endings[index].elements, endings[index].sink);
  self->output = g_strdup (output);
  self->time = GST_CLOCK_TIME_NONE;
  GstElement *pipeline = gst_parse_launch_full (text, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
  if (!pipeline) {
    g_prefix_error (error, "%s: ", output);
    return NULL;
  }
  self->pipeline = gst_object_ref_sink (pipeline);
  self->source = GST_APP_SRC (gst_bin_get_by_name (GST_BIN (pipeline), "latent-source"));
  gst_app_src_set_caps (self->source, caps);
  if (!open_file (self, error))
    return NULL;
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  return g_steal_pointer (&self);
}

/* What is not known stays as GStreamer takes it to be. */
static void
take_look (GstVideoInfo *info, const LatentStreamInfo *look)
{
  GstVideoInfo like;
  if (!latent_gst_stream_get_video (look, GST_VIDEO_INFO_FORMAT (info), &like))
    return;
  info->par_n = like.par_n;
  info->par_d = like.par_d;
  info->interlace_mode = like.interlace_mode;
  GST_VIDEO_INFO_FIELD_ORDER (info) = GST_VIDEO_INFO_FIELD_ORDER (&like);
  if (like.chroma_site != GST_VIDEO_CHROMA_SITE_UNKNOWN)
    info->chroma_site = like.chroma_site;
  if (like.colorimetry.matrix != GST_VIDEO_COLOR_MATRIX_UNKNOWN ||
      like.colorimetry.range != GST_VIDEO_COLOR_RANGE_UNKNOWN)
    info->colorimetry = like.colorimetry;
}

LatentMediaSink *
latent_media_sink_new_video (const char *output, LatentPixelFormat format, guint width,
    guint height, guint rate_n, guint rate_d, const LatentStreamInfo *look, GError **error)
{
  GstVideoInfo info;
  gst_init (NULL, NULL);
  gst_video_info_set_format (
      &info, gst_video_format_from_string (latent_format_get (format)->name), width, height);
  info.fps_n = (gint)rate_n;
  info.fps_d = (gint)rate_d;
  if (look)
    take_look (&info, look);
  g_autoptr (GstCaps) caps = gst_video_info_to_caps (&info);
  LatentMediaSink *self = open_sink (output, LATENT_MEDIA_VIDEO, caps, error);
  if (!self)
    return NULL;
  self->info = info;
  self->picture = (LatentPicture){.format = format, .width = width, .height = height};
  return self;
}

LatentMediaSink *
latent_media_sink_new_audio (const char *output, guint rate, guint channels, GError **error)
{
  gst_init (NULL, NULL);
  g_autoptr (GstCaps) caps = gst_caps_new_simple ("audio/x-raw", "format", G_TYPE_STRING,
      GST_AUDIO_NE (F32), "layout", G_TYPE_STRING, "interleaved", "rate", G_TYPE_INT, (int)rate,
      "channels", G_TYPE_INT, (int)channels, NULL);
  if (channels > 2)
    gst_caps_set_simple (caps, "channel-mask", GST_TYPE_BITMASK, G_GUINT64_CONSTANT (0), NULL);
  LatentMediaSink *self = open_sink (output, LATENT_MEDIA_AUDIO, caps, error);
  if (!self)
    return NULL;
  self->rate = rate;
  self->channels = channels;
  return self;
}

/* FALSE, with what a message says. */
static gboolean
tell_error (const LatentMediaSink *self, GstMessage *message, GError **error)
{
  g_autoptr (GError) cause = NULL;
  const GstStructure *details = NULL;
  int flow = GST_FLOW_OK;
  gst_message_parse_error (message, &cause, NULL);
  gst_message_parse_error_details (message, &details);
  if (details && gst_structure_get_int (details, "flow-return", &flow) &&
      flow == GST_FLOW_NOT_NEGOTIATED && self->info.width)
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_WRITE,
        "%s: pictures of %dx%d cannot be written so (.npy and .png take all)", self->output,
        self->info.width, self->info.height);
  else
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_WRITE, "%s: %s", self->output, cause->message);
  return FALSE;
}

/* FALSE with what goes wrong in the pipeline within `wait`, if something does. */
static gboolean
check_bus (LatentMediaSink *self, GstClockTime wait, GError **error)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus, wait, GST_MESSAGE_ERROR);
  return !message || tell_error (self, message, error);
}

static gboolean
push_buffer (LatentMediaSink *self, GstBuffer *buffer, GError **error)
{
  /* Not by appsrc's own waiting (block): where its task ended for an error it waits for ever. */
  while (gst_app_src_get_current_level_buffers (self->source) >= MAX_QUEUED)
    if (!check_bus (self, FULL_POLL, error)) {
      gst_buffer_unref (buffer);
      return FALSE;
    }
  GstFlowReturn flow = gst_app_src_push_buffer (self->source, buffer);
  if (!check_bus (self, 0, error))
    return FALSE;
  if (flow == GST_FLOW_OK)
    return TRUE;
  g_set_error (
      error, LATENT_ERROR, LATENT_ERROR_WRITE, "%s: %s", self->output, gst_flow_get_name (flow));
  return FALSE;
}

const LatentPicture *
latent_media_sink_get_picture (LatentMediaSink *self, GError **error)
{
  self->buffer = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (&self->info), NULL);
  if (!self->buffer ||
      !gst_video_frame_map (&self->frame, &self->info, self->buffer, GST_MAP_WRITE)) {
    gst_clear_buffer (&self->buffer);
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT, "%s: memory is short", self->output);
    return NULL;
  }
  for (guint i = 0; i < GST_VIDEO_INFO_N_PLANES (&self->info); i++) {
    self->picture.data[i] = GST_VIDEO_FRAME_PLANE_DATA (&self->frame, i);
    self->picture.stride[i] = GST_VIDEO_FRAME_PLANE_STRIDE (&self->frame, i);
  }
  return &self->picture;
}

void
latent_media_sink_set_time (LatentMediaSink *self, guint64 pts)
{
  self->time = pts;
}

gboolean
latent_media_sink_put_picture (LatentMediaSink *self, GError **error)
{
  gint n = GST_VIDEO_INFO_FPS_N (&self->info), d = GST_VIDEO_INFO_FPS_D (&self->info);
  gst_video_frame_unmap (&self->frame);
  GST_BUFFER_PTS (self->buffer) = gst_util_uint64_scale (self->count++, d * GST_SECOND, n);
  GST_BUFFER_DURATION (self->buffer) = gst_util_uint64_scale (self->count, d * GST_SECOND, n) -
                                       GST_BUFFER_PTS (self->buffer);
  if (GST_CLOCK_TIME_IS_VALID (self->time))
    GST_BUFFER_PTS (self->buffer) = self->time;
  self->time = GST_CLOCK_TIME_NONE;
  return push_buffer (self, g_steal_pointer (&self->buffer), error);
}

gboolean
latent_media_sink_put_samples (LatentMediaSink *self, const float *samples, gsize n, GError **error)
{
  gsize size = n * self->channels * sizeof (float);
  GstBuffer *buffer = gst_buffer_new_memdup (samples, size);
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale (self->count, GST_SECOND, self->rate);
  self->count += n;
  GST_BUFFER_DURATION (buffer) = gst_util_uint64_scale (self->count, GST_SECOND, self->rate) -
                                 GST_BUFFER_PTS (buffer);
  return push_buffer (self, buffer, error);
}

gboolean
latent_media_sink_finish (LatentMediaSink *self, guint64 *size, GError **error)
{
  gst_app_src_end_of_stream (self->source);
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);
  g_autoptr (GstMessage) message = NULL;
  while (!message)
    message = gst_bus_timed_pop_filtered (
        bus, FINISH_POLL, (GstMessageType)(GST_MESSAGE_ERROR | GST_MESSAGE_EOS));
  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_EOS)
    return tell_error (self, message, error);
  GStatBuf status;
  if (self->file && !latent_output_finish (self->file, error))
    return FALSE;
  *size = self->file && g_stat (self->output, &status) == 0 ? (guint64)status.st_size : self->bytes;
  return TRUE;
}
