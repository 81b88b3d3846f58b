/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/app/app.h>
#include <gst/audio/audio.h>
#include <gst/gst.h>
#include <gst/pbutils/pbutils.h>
#include <gst/video/video.h>
#include <stdio.h>
#include <string.h>

#include "src/cli/source.h"
#include "src/gst/stream-caps.h"
#include "src/media/format.h"

/* What GStreamer opens: files, addresses, gst-launch text. A pipeline whose end is an appsink. */

#define POLL (100 * GST_MSECOND)

typedef struct {
  char *input;
  LatentSourceSettings settings;
  GstElement *pipeline;
  GstElement *tail; /* converts to what is asked for; NULL for gst-launch text */
  GstAppSink *sink;
  GstSample *sample; /* of which what was given is a part */
  GstVideoFrame frame;
  GstMapInfo map;
  GstBuffer *mapped; /* sound */
  gboolean framed;   /* whether frame is mapped */
  gint linked;       /* atomic: whether the wanted stream was found */
  gint others;       /* atomic: whether another was */
  gint missing;      /* atomic: whether all streams are known and it is not among them */
  gboolean noted;    /* whether the scaling was */
  char *lacking;     /* what GStreamer has no plugin for, or NULL */
} MediaSource;

static const char *
name_kind (const MediaSource *self)
{
  return self->settings.kind == LATENT_MEDIA_AUDIO ? "audio" : "video";
}

static void
drop_sample (MediaSource *self)
{
  if (self->framed)
    gst_video_frame_unmap (&self->frame);
  if (self->mapped)
    gst_buffer_unmap (self->mapped, &self->map);
  self->framed = FALSE;
  self->mapped = NULL;
  g_clear_pointer (&self->sample, gst_sample_unref);
}

static void
free_media (gpointer data)
{
  MediaSource *self = data;
  if (!self)
    return;
  drop_sample (self);
  if (self->pipeline)
    gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_clear_object (&self->sink);
  gst_clear_object (&self->pipeline);
  g_free (self->lacking);
  g_free (self->input);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MediaSource, free_media)

static void
link_pad (GstElement *decoder, GstPad *pad, gpointer data)
{
  MediaSource *self = data;
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  if (!caps)
    caps = gst_pad_query_caps (pad, NULL);
  const char *name = gst_caps_is_any (caps)
                         ? ""
                         : gst_structure_get_name (gst_caps_get_structure (caps, 0));
  if (!g_str_has_prefix (name, name_kind (self))) {
    g_atomic_int_set (&self->others, 1);
    return;
  }
  g_autoptr (GstPad) sink = gst_element_get_static_pad (self->tail, "sink");
  if (!gst_pad_is_linked (sink) && gst_pad_link (pad, sink) == GST_PAD_LINK_OK)
    g_atomic_int_set (&self->linked, 1);
}

static void
note_all_pads (GstElement *decoder, gpointer data)
{
  MediaSource *self = data;
  g_atomic_int_set (&self->missing, !g_atomic_int_get (&self->linked));
}

/* Elements that convert any stream of the kind to what is asked for. */
static char *
describe_tail (const LatentSourceSettings *settings)
{
  g_autoptr (GString) caps = g_string_new (NULL);
  if (settings->kind == LATENT_MEDIA_AUDIO) {
    g_string_append (caps, "audio/x-raw,format=" GST_AUDIO_NE (F32) ",layout=interleaved");
    if (settings->rate)
      g_string_append_printf (caps, ",rate=%u", settings->rate);
    if (settings->channels)
      g_string_append_printf (caps, ",channels=%u", settings->channels);
  } else {
    g_string_append_printf (
        caps, "video/x-raw,format=%s", latent_format_get (settings->format)->name);
    if (settings->width)
      g_string_append_printf (
          caps, ",width=%u,height=%u,pixel-aspect-ratio=1/1", settings->width, settings->height);
  }
  return g_strdup_printf ("%s ! appsink name=latent-sink sync=false max-buffers=2 caps=\"%s\"",
      settings->kind == LATENT_MEDIA_AUDIO ? "audioconvert ! audioresample"
      : settings->width ? "videoconvert name=latent-in ! videoscale add-borders=false"
                        : "videoconvert name=latent-in",
      caps->str);
}

static char *
make_uri (const char *input, GError **error)
{
  if (gst_uri_is_valid (input) && !g_file_test (input, G_FILE_TEST_EXISTS))
    return g_strdup (input);
  if (!g_file_test (input, G_FILE_TEST_EXISTS)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_NOT_FOUND, "%s: no such file or folder", input);
    return NULL;
  }
  return gst_filename_to_uri (input, error);
}

static gboolean
build_from_text (MediaSource *self, const char *tail, GError **error)
{
  g_autofree char *text = g_strdup_printf ("%s ! %s", self->input + strlen ("gst:"), tail);
  GstElement *pipeline = gst_parse_launch_full (text, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
  if (!pipeline)
    return FALSE;
  self->pipeline = gst_object_ref_sink (pipeline);
  return TRUE;
}

static gboolean
build_from_uri (MediaSource *self, const char *text, GError **error)
{
  g_autofree char *uri = make_uri (self->input, error);
  if (!uri)
    return FALSE;
  GstElement *decoder = gst_element_factory_make ("uridecodebin", NULL);
  self->tail = gst_parse_bin_from_description (text, TRUE, error);
  if (!self->tail || !decoder) {
    gst_clear_object (&decoder);
    if (error && !*error)
      g_set_error (error, LATENT_ERROR, LATENT_ERROR_FAILED,
          "GStreamer has no uridecodebin: gst-plugins-base is missing");
    return FALSE;
  }
  self->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  gst_bin_add_many (GST_BIN (self->pipeline), decoder, self->tail, NULL);
  g_object_set (decoder, "uri", uri, NULL);
  g_signal_connect (decoder, "pad-added", G_CALLBACK (link_pad), self);
  g_signal_connect (decoder, "no-more-pads", G_CALLBACK (note_all_pads), self);
  return TRUE;
}

static gpointer
open_media (const char *input, const LatentSourceSettings *settings, GError **error)
{
  gst_init (NULL, NULL);
  g_autoptr (MediaSource) self = g_new0 (MediaSource, 1);
  self->input = g_strdup (input);
  self->settings = *settings;
  if (settings->kind == LATENT_MEDIA_VECTOR) {
    if (g_file_test (input, G_FILE_TEST_EXISTS) || g_str_has_prefix (input, "gst:"))
      g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE,
          "%s: neither NPY nor IDX, which is what vectors are read from", input);
    else
      g_set_error (
          error, LATENT_ERROR, LATENT_ERROR_NOT_FOUND, "%s: no such file or folder", input);
    return NULL;
  }
  g_autofree char *tail = describe_tail (settings);
  gboolean text = g_str_has_prefix (input, "gst:");
  if (!(text ? build_from_text (self, tail, error) : build_from_uri (self, tail, error))) {
    if (text)
      g_prefix_error (error, "%s: ", input);
    return NULL;
  }
  self->sink = GST_APP_SINK (gst_bin_get_by_name (GST_BIN (self->pipeline), "latent-sink"));
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  return g_steal_pointer (&self);
}

/* An error of the pipeline, if there is one; takes note of plugins that it lacks, which are said
 * before. */
static GstMessage *
pop_error (MediaSource *self)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);
  for (;;) {
    GstMessage *message = gst_bus_pop_filtered (
        bus, (GstMessageType)(GST_MESSAGE_ERROR | GST_MESSAGE_ELEMENT));
    if (!message || GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
      return message;
    if (gst_is_missing_plugin_message (message)) {
      g_free (self->lacking);
      self->lacking = gst_missing_plugin_message_get_description (message);
    }
    gst_message_unref (message);
  }
}

static void
tell_error (const MediaSource *self, GstMessage *message, GError **error)
{
  g_autoptr (GError) cause = NULL;
  gst_message_parse_error (message, &cause, NULL);
  gboolean absent = g_error_matches (cause, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND);
  if (self->lacking)
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_READ,
        "%s: GStreamer has no %s; most that can be had are in Debian's gstreamer1.0-plugins-bad "
        "(PNM among them) and gstreamer1.0-libav",
        self->input, self->lacking);
  else
    g_set_error (error, LATENT_ERROR, absent ? LATENT_ERROR_NOT_FOUND : LATENT_ERROR_READ, "%s: %s",
        self->input, cause->message);
}

/* Whether the pipeline failed, or lacks the stream. */
static gboolean
check_bus (MediaSource *self, GError **error)
{
  g_autoptr (GstMessage) message = pop_error (self);
  /* What is linked to nothing may fail before all streams are known. */
  gboolean alone = g_atomic_int_get (&self->others) && !g_atomic_int_get (&self->linked);
  if (message && !alone) {
    tell_error (self, message, error);
    return FALSE;
  }
  if (message || g_atomic_int_get (&self->missing)) {
    g_set_error (
        error, LATENT_ERROR, LATENT_ERROR_TYPE, "%s: no %s in it", self->input, name_kind (self));
    return FALSE;
  }
  return TRUE;
}

static LatentSourceResult
pull_sample (MediaSource *self, GError **error)
{
  for (;;) {
    self->sample = gst_app_sink_try_pull_sample (self->sink, POLL);
    if (self->sample)
      return LATENT_SOURCE_SAMPLE;
    if (!check_bus (self, error))
      return LATENT_SOURCE_ERROR;
    if (gst_app_sink_is_eos (self->sink))
      return LATENT_SOURCE_END;
  }
}

/* Says once that pictures are scaled to the only size that a model takes. */
static void
note_scaling (MediaSource *self)
{
  self->noted = TRUE;
  if (!self->settings.width)
    return;
  g_autoptr (GstElement) first = gst_bin_get_by_name (GST_BIN (self->pipeline), "latent-in");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (first, "sink");
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  GstVideoInfo info;
  if (!caps || !gst_video_info_from_caps (&info, caps))
    return;
  if ((guint)info.width != self->settings.width || (guint)info.height != self->settings.height)
    fprintf (stderr, "%s: %s: %dx%d is scaled to %ux%u, the only size the model takes\n",
        g_get_prgname (), self->input, info.width, info.height, self->settings.width,
        self->settings.height);
}

static gboolean
give_picture (MediaSource *self, LatentSample *sample)
{
  GstVideoInfo info;
  if (!gst_video_info_from_caps (&info, gst_sample_get_caps (self->sample)) ||
      !gst_video_frame_map (
          &self->frame, &info, gst_sample_get_buffer (self->sample), GST_MAP_READ))
    return FALSE;
  self->framed = TRUE;
  if (!self->noted)
    note_scaling (self);
  sample->kind = LATENT_MEDIA_VIDEO;
  sample->picture = (LatentPicture){
      .format = self->settings.format,
      .width = (guint)info.width,
      .height = (guint)info.height,
  };
  sample->fps_n = (guint)info.fps_n;
  sample->fps_d = (guint)info.fps_d;
  sample->par_n = (guint)info.par_n;
  sample->par_d = (guint)info.par_d;
  latent_gst_stream_put_video (&sample->look, &info);
  sample->pts = GST_BUFFER_PTS (gst_sample_get_buffer (self->sample));
  sample->duration = GST_BUFFER_DURATION (gst_sample_get_buffer (self->sample));
  for (guint i = 0; i < GST_VIDEO_INFO_N_PLANES (&info); i++) {
    sample->picture.data[i] = GST_VIDEO_FRAME_PLANE_DATA (&self->frame, i);
    sample->picture.stride[i] = GST_VIDEO_FRAME_PLANE_STRIDE (&self->frame, i);
  }
  return TRUE;
}

static gboolean
give_sound (MediaSource *self, LatentSample *sample)
{
  GstAudioInfo info;
  GstBuffer *buffer = gst_sample_get_buffer (self->sample);
  if (!gst_audio_info_from_caps (&info, gst_sample_get_caps (self->sample)) ||
      !gst_buffer_map (buffer, &self->map, GST_MAP_READ))
    return FALSE;
  self->mapped = buffer;
  sample->kind = LATENT_MEDIA_AUDIO;
  sample->values = (const float *)self->map.data;
  sample->n = self->map.size / (gsize)info.bpf;
  sample->rate = (guint)info.rate;
  sample->channels = (guint)info.channels;
  return TRUE;
}

static LatentSourceResult
next_media (gpointer data, LatentSample *sample, GError **error)
{
  MediaSource *self = data;
  drop_sample (self);
  LatentSourceResult result = pull_sample (self, error);
  if (result != LATENT_SOURCE_SAMPLE)
    return result;
  gboolean given = self->settings.kind == LATENT_MEDIA_AUDIO ? give_sound (self, sample)
                                                             : give_picture (self, sample);
  if (given)
    return LATENT_SOURCE_SAMPLE;
  g_set_error (
      error, LATENT_ERROR, LATENT_ERROR_READ, "%s: a buffer cannot be mapped", self->input);
  return LATENT_SOURCE_ERROR;
}

static double
get_media_progress (gpointer data)
{
  MediaSource *self = data;
  gint64 position, duration;
  if (!gst_element_query_duration (self->pipeline, GST_FORMAT_TIME, &duration) || duration <= 0)
    return -1;
  GstBuffer *buffer = self->sample ? gst_sample_get_buffer (self->sample) : NULL;
  if (!buffer || !GST_BUFFER_PTS_IS_VALID (buffer))
    return -1;
  position = (gint64)gst_segment_to_stream_time (
      gst_sample_get_segment (self->sample), GST_FORMAT_TIME, GST_BUFFER_PTS (buffer));
  return CLAMP ((double)position / (double)duration, 0, 1);
}

const LatentSourceClass latent_source_media = {
    open_media,
    next_media,
    get_media_progress,
    free_media,
};
