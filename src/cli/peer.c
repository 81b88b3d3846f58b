/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/peer.h"

#include <gst/app/app.h>
#include <gst/audio/audio.h>
#include <gst/gst.h>
#include <gst/video/video.h>
#include <string.h>

#include "src/media/format.h"

#define POLL         (100 * GST_MSECOND)
#define MAX_WAITING  64 /* pictures on their way */
#define DEFAULT_RATE 25 /* pictures a second, where they say none */

static const LatentPeer peers[] = {
    {.name = "x264",
     .kind = LATENT_MEDIA_VIDEO,
     .encoder = "videoconvert ! video/x-raw,format=I420 ! x264enc speed-preset=veryfast "
                   "tune=zerolatency key-int-max=250 threads=1 vbv-buf-capacity=0 pass=qual "
                   "quantizer=%d ! "
                   "video/x-h264,stream-format=byte-stream,alignment=au", .decoder = "avdec_h264",
     .needs = {"x264enc", "avdec_h264"},
     .qualities = {44, 39, 34, 29, 24, 19}},
    {.name = "jpeg",
     .kind = LATENT_MEDIA_VIDEO,
     .encoder = "videoconvert ! jpegenc quality=%d",
     .decoder = "jpegdec",
     .colorimetry = "1:4:0:0",
     .needs = {"jpegenc", "jpegdec"},
     .qualities = {5, 15, 30, 50, 75, 90}},
    {.name = "webp",
     .kind = LATENT_MEDIA_VIDEO,
     .encoder = "videoconvert ! webpenc quality=%d",
     .decoder = "webpdec",
     .colorimetry = "bt601",
     .needs = {"webpenc", "webpdec"},
     .qualities = {2, 10, 30, 50, 75, 90}},
    {.name = "opus",
     .kind = LATENT_MEDIA_AUDIO,
     .encoder = "audioconvert ! audioresample ! opusenc bitrate=%d000",
     .decoder = "opusdec",
     .needs = {"opusenc", "opusdec"},
     .qualities = {6, 8, 12, 16, 24, 48}                 },
    {.name = "speex",
     .kind = LATENT_MEDIA_AUDIO,
     .encoder = "audioconvert ! audioresample ! speexenc quality=%d",
     .decoder = "speexdec",
     .needs = {"speexenc", "speexdec"},
     .qualities = {0, 2, 4, 6, 8, 10}                },
};

struct _LatentPeerRun {
  const LatentPeer *peer;
  LatentScore *score;
  GstElement *pipeline;
  GstAppSrc *source;
  GstAppSink *sink;
  GstVideoInfo video;
  GstAudioInfo audio;
  GQueue waiting; /* LatentPicture: originals whose pictures are to come */
  guint64 count;  /* pictures or samples that went in */
  guint64 bytes;  /* under the object lock of the pipeline */
};

static gboolean
complain_name (const char *name, LatentMediaKind kind, GError **error)
{
  g_autoptr (GString) list = g_string_new (NULL);
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    if (peers[i].kind == kind)
      g_string_append_printf (list, "%s%s", list->len ? ", " : "", peers[i].name);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--against: '%s' is none of those for %s: %s", name,
      kind == LATENT_MEDIA_AUDIO ? "sound" : "pictures", list->str);
  return FALSE;
}

const LatentPeer *
latent_peer_find (const char *name, LatentMediaKind kind, GError **error)
{
  const LatentPeer *peer = NULL;
  gst_init (NULL, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    if (peers[i].kind == kind && g_ascii_strcasecmp (peers[i].name, name) == 0)
      peer = &peers[i];
  if (!peer) {
    complain_name (name, kind, error);
    return NULL;
  }
  for (guint i = 0; i < G_N_ELEMENTS (peer->needs); i++) {
    g_autoptr (GstElementFactory) factory = gst_element_factory_find (peer->needs[i]);
    if (factory)
      continue;
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_NOT_FOUND,
        "--against %s: GStreamer has no element %s; it is in Debian's gstreamer1.0-%s", name,
        peer->needs[i],
        g_str_has_prefix (peer->needs[i], "avdec")  ? "libav"
        : g_str_has_prefix (peer->needs[i], "x264") ? "plugins-ugly"
        : g_str_has_prefix (peer->needs[i], "webp") ? "plugins-bad"
                                                    : "plugins-good or -base");
    return NULL;
  }
  return peer;
}

static GstPadProbeReturn
count_bytes (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  LatentPeerRun *self = data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  GST_OBJECT_LOCK (self->pipeline);
  self->bytes += gst_buffer_get_size (buffer);
  GST_OBJECT_UNLOCK (self->pipeline);
  return GST_PAD_PROBE_OK;
}

/* Decoders know what they give; webpdec (GStreamer 1.22) takes the encoder's word for it. */
static GstPadProbeReturn
forget_colorimetry (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  g_autoptr (GstCaps) caps = NULL;
  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS)
    return GST_PAD_PROBE_OK;
  gst_event_parse_caps (event, &caps);
  caps = gst_caps_copy (caps);
  gst_structure_remove_field (gst_caps_get_structure (caps, 0), "colorimetry");
  GST_PAD_PROBE_INFO_DATA (info) = gst_event_new_caps (caps);
  gst_event_unref (event);
  return GST_PAD_PROBE_OK;
}

static GstCaps *
make_caps (LatentPeerRun *self, const LatentSample *like)
{
  if (like->kind == LATENT_MEDIA_AUDIO) {
    gst_audio_info_set_format (
        &self->audio, GST_AUDIO_FORMAT_F32, (gint)like->rate, (gint)like->channels, NULL);
    return gst_audio_info_to_caps (&self->audio);
  }
  gst_video_info_set_format (&self->video,
      gst_video_format_from_string (latent_format_get (like->picture.format)->name),
      like->picture.width, like->picture.height);
  if (self->peer->colorimetry && GST_VIDEO_INFO_IS_YUV (&self->video))
    gst_video_colorimetry_from_string (&self->video.colorimetry, self->peer->colorimetry);
  self->video.fps_n = like->fps_n ? (gint)like->fps_n : DEFAULT_RATE;
  self->video.fps_d = like->fps_n ? (gint)like->fps_d : 1;
  return gst_video_info_to_caps (&self->video);
}

LatentPeerRun *
latent_peer_run_new (const LatentPeer *peer, int quality, const LatentSample *like,
    LatentScore *score, GError **error)
{
  g_autoptr (LatentPeerRun) self = g_new0 (LatentPeerRun, 1);
  g_auto (GStrv) parts = g_strsplit (peer->encoder, "%d", 2);
  g_autofree char *encoder = g_strdup_printf ("%s%d%s", parts[0], quality, parts[1]);
  g_autofree char *text = g_strdup_printf (
      "appsrc name=source format=time ! %s ! identity name=coded silent=true ! %s ! %s ! appsink "
      "name=sink sync=false",
      encoder, peer->decoder,
      peer->kind == LATENT_MEDIA_AUDIO ? "audioconvert ! audioresample" : "videoconvert");
  self->peer = peer;
  self->score = score;
  GstElement *pipeline = gst_parse_launch_full (text, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
  if (!pipeline)
    return NULL;
  self->pipeline = gst_object_ref_sink (pipeline);
  self->source = GST_APP_SRC (gst_bin_get_by_name (GST_BIN (pipeline), "source"));
  self->sink = GST_APP_SINK (gst_bin_get_by_name (GST_BIN (pipeline), "sink"));
  g_autoptr (GstCaps) caps = make_caps (self, like);
  gst_app_src_set_caps (self->source, caps);
  gst_app_sink_set_caps (self->sink, caps);
  g_autoptr (GstElement) coded = gst_bin_get_by_name (GST_BIN (pipeline), "coded");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (coded, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, count_bytes, self, NULL);
  if (peer->colorimetry)
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, forget_colorimetry, self, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  return g_steal_pointer (&self);
}

static void
free_picture (gpointer picture)
{
  latent_picture_free (picture);
}

void
latent_peer_run_free (LatentPeerRun *self)
{
  if (!self)
    return;
  if (self->pipeline)
    gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_clear_object (&self->source);
  gst_clear_object (&self->sink);
  gst_clear_object (&self->pipeline);
  g_queue_clear_full (&self->waiting, free_picture);
  g_free (self);
}

static gboolean
check_bus (LatentPeerRun *self, GError **error)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_autoptr (GError) cause = NULL;
  if (!message)
    return TRUE;
  gst_message_parse_error (message, &cause, NULL);
  g_set_error (
      error, LATENT_ERROR, LATENT_ERROR_FAILED, "%s: %s", self->peer->name, cause->message);
  return FALSE;
}

static void
compare_picture (LatentPeerRun *self, GstBuffer *buffer)
{
  g_autoptr (LatentPicture) original = g_queue_pop_head (&self->waiting);
  GstVideoFrame frame;
  if (!original || !gst_video_frame_map (&frame, &self->video, buffer, GST_MAP_READ))
    return;
  LatentPicture rebuilt = {
      .format = original->format, .width = original->width, .height = original->height};
  for (guint i = 0; i < GST_VIDEO_INFO_N_PLANES (&self->video); i++) {
    rebuilt.data[i] = GST_VIDEO_FRAME_PLANE_DATA (&frame, i);
    rebuilt.stride[i] = GST_VIDEO_FRAME_PLANE_STRIDE (&frame, i);
  }
  latent_score_add_pictures (self->score, original, &rebuilt);
  gst_video_frame_unmap (&frame);
}

static void
take_sound (LatentPeerRun *self, GstBuffer *buffer)
{
  GstMapInfo map;
  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return;
  latent_score_add_sound (self->score, FALSE, (const float *)(gpointer)map.data,
      map.size / (gsize)self->audio.bpf, (guint)self->audio.channels);
  gst_buffer_unmap (buffer, &map);
}

/* Whether something came out within that time. */
static gboolean
pull (LatentPeerRun *self, GstClockTime timeout)
{
  g_autoptr (GstSample) sample = gst_app_sink_try_pull_sample (self->sink, timeout);
  if (!sample)
    return FALSE;
  if (self->peer->kind == LATENT_MEDIA_AUDIO)
    take_sound (self, gst_sample_get_buffer (sample));
  else
    compare_picture (self, gst_sample_get_buffer (sample));
  return TRUE;
}

static GstBuffer *
new_picture (LatentPeerRun *self, const LatentSample *sample)
{
  const LatentPicture *picture = &sample->picture;
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (&self->video), NULL);
  GstVideoFrame frame;
  if (!gst_video_frame_map (&frame, &self->video, buffer, GST_MAP_WRITE)) {
    gst_buffer_unref (buffer);
    return NULL;
  }
  /* libjpeg codes what stands behind rows, too */
  memset (frame.map[0].data, 0, frame.map[0].size);
  for (guint i = 0; i < GST_VIDEO_INFO_N_PLANES (&self->video); i++) {
    gsize row, rows;
    latent_picture_get_plane_size (picture, i, &row, &rows);
    for (gsize y = 0; y < rows; y++)
      memcpy ((guint8 *)GST_VIDEO_FRAME_PLANE_DATA (&frame, i) +
                  (gssize)y * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, i),
          picture->data[i] + (gssize)y * picture->stride[i], row);
  }
  gst_video_frame_unmap (&frame);
  g_queue_push_tail (&self->waiting, latent_picture_copy (picture));
  return buffer;
}

gboolean
latent_peer_run_put (LatentPeerRun *self, const LatentSample *sample, GError **error)
{
  gboolean sound = sample->kind == LATENT_MEDIA_AUDIO;
  guint64 n = sound ? sample->n : 1, d = sound ? 1 : (guint64)self->video.fps_d;
  guint64 rate = (guint64)(sound ? self->audio.rate : self->video.fps_n);
  if (!sound && (sample->picture.width != (guint)self->video.width ||
                    sample->picture.height != (guint)self->video.height)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "--against: a picture of %ux%u after some of %dx%d: curves are of pictures of one size",
        sample->picture.width, sample->picture.height, self->video.width, self->video.height);
    return FALSE;
  }
  GstBuffer *buffer = sound ? gst_buffer_new_memdup (
                                  sample->values, sample->n * (gsize)self->audio.bpf)
                            : new_picture (self, sample);
  if (!buffer) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT, "memory is short");
    return FALSE;
  }
  if (sound)
    latent_score_add_sound (self->score, TRUE, sample->values, sample->n, sample->channels);
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale (self->count * d, GST_SECOND, rate);
  self->count += n;
  GST_BUFFER_DURATION (buffer) = gst_util_uint64_scale (self->count * d, GST_SECOND, rate) -
                                 GST_BUFFER_PTS (buffer);
  gst_app_src_push_buffer (self->source, buffer);
  while (pull (self, 0))
    ;
  if (self->waiting.length > MAX_WAITING)
    pull (self, GST_SECOND);
  return check_bus (self, error);
}

gboolean
latent_peer_run_finish (LatentPeerRun *self, guint64 *bytes, GError **error)
{
  gst_app_src_end_of_stream (self->source);
  while (!gst_app_sink_is_eos (self->sink)) {
    pull (self, POLL);
    if (!check_bus (self, error))
      return FALSE;
  }
  GST_OBJECT_LOCK (self->pipeline);
  *bytes = self->bytes;
  GST_OBJECT_UNLOCK (self->pipeline);
  return TRUE;
}
