/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/demux-private.h"

#include <latent/codec.h>

#include "src/gst/stream-caps.h"
#include "src/gst/tags.h"

GST_DEBUG_CATEGORY_EXTERN (latent_demux_debug);
#define GST_CAT_DEFAULT latent_demux_debug

/* A stream without packets for so long gets a gap. */
#define GAP GST_SECOND

static GstCaps *
make_caps (LatentDemux *self, guint stream)
{
  GBytes *header = latent_file_parser_get_header (self->parser, stream);
  g_autoptr (GError) error = NULL;
  LatentStreamInfo info;
  GstCaps *caps;

  if (!latent_stream_info_parse (
          &info, g_bytes_get_data (header, NULL), g_bytes_get_size (header), &error) ||
      info.kind != latent_file_parser_get_kind (self->parser, stream)) {
    GST_ELEMENT_WARNING (self, STREAM, DEMUX,
        ("stream %u is left out: %s", stream,
            error ? error->message : "its header is of another kind of media"),
        (NULL));
    return NULL;
  }
  caps = latent_gst_stream_new_caps (&info, header);
  if (latent_demux_get_track (self, stream)->models.length > 0)
    gst_caps_set_simple (caps, LATENT_GST_EMBEDDED, G_TYPE_BOOLEAN, TRUE, NULL);
  return caps;
}

static void
push_stream_start (LatentDemux *self, GstPad *pad, guint stream)
{
  g_autofree char *id = gst_pad_create_stream_id_printf (pad, GST_ELEMENT (self), "%03u", stream);
  g_autoptr (GstEvent) upstream = gst_pad_get_sticky_event (self->sink, GST_EVENT_STREAM_START, 0);
  GstEvent *event = gst_event_new_stream_start (id);
  guint group;

  if (!upstream || !gst_event_parse_group_id (upstream, &group))
    group = gst_util_group_id_next ();
  gst_event_set_group_id (event, group);
  gst_pad_push_event (pad, event);
}

static void
add_pad (LatentDemux *self, guint stream, const char *kind, guint number, GstCaps *caps)
{
  LatentDemuxTrack *track = latent_demux_get_track (self, stream);
  g_autofree char *template_name = g_strdup_printf ("%s_%%u", kind);
  g_autofree char *name = g_strdup_printf ("%s_%u", kind, number);

  track->pad = gst_pad_new_from_template (
      gst_element_get_pad_template (GST_ELEMENT (self), template_name), name);
  gst_pad_set_event_function (track->pad, latent_demux_src_event);
  gst_pad_set_query_function (track->pad, latent_demux_src_query);
  gst_pad_use_fixed_caps (track->pad);
  gst_pad_set_active (track->pad, TRUE);
  push_stream_start (self, track->pad, stream);
  gst_pad_push_event (track->pad, gst_event_new_caps (caps));
  gst_flow_combiner_add_pad (self->combiner, track->pad);
}

gboolean
latent_demux_add_tracks (LatentDemux *self)
{
  guint n[2] = {0};
  gboolean has_any = FALSE;

  for (guint i = 0; i < self->tracks->len; i++) {
    g_autoptr (GstCaps) caps = make_caps (self, i);
    gboolean is_audio = latent_file_parser_get_kind (self->parser, i) == LATENT_MEDIA_AUDIO;
    if (!caps)
      continue;
    add_pad (self, i, is_audio ? "audio" : "video", n[is_audio]++, caps);
    has_any = TRUE;
  }
  if (!has_any) {
    GST_ELEMENT_ERROR (self, STREAM, DEMUX, ("no stream of the .lat file can be read"), (NULL));
    return FALSE;
  }
  latent_demux_push_pending (self);
  for (guint i = 0; i < self->tracks->len; i++) {
    GstPad *pad = latent_demux_get_track (self, i)->pad;
    if (pad)
      gst_element_add_pad (GST_ELEMENT (self), gst_object_ref (pad));
  }
  gst_element_no_more_pads (GST_ELEMENT (self));
  return TRUE;
}

void
latent_demux_remove_tracks (LatentDemux *self)
{
  for (guint i = 0; i < self->tracks->len; i++) {
    LatentDemuxTrack *track = latent_demux_get_track (self, i);
    g_queue_clear_full (&track->models, (GDestroyNotify)g_bytes_unref);
    if (!track->pad)
      continue;
    gst_flow_combiner_remove_pad (self->combiner, track->pad);
    gst_element_remove_pad (GST_ELEMENT (self), track->pad);
    gst_clear_object (&track->pad);
  }
  g_array_set_size (self->tracks, 0);
}

gboolean
latent_demux_push_event (LatentDemux *self, GstEvent *event)
{
  gboolean ok = FALSE;

  for (guint i = 0; i < self->tracks->len; i++) {
    LatentDemuxTrack *track = latent_demux_get_track (self, i);
    if (track->pad)
      ok |= gst_pad_push_event (track->pad, gst_event_ref (event));
  }
  gst_event_unref (event);
  return ok;
}

void
latent_demux_renew_tracks (LatentDemux *self)
{
  for (guint i = 0; i < self->tracks->len; i++) {
    LatentDemuxTrack *track = latent_demux_get_track (self, i);
    track->has_new_segment = track->is_discont = TRUE;
  }
}

/* The file's tags, or a stream's. */
static GstTagList *
make_tags (LatentDemux *self, guint stream)
{
  GstTagList *tags = gst_tag_list_new_empty ();
  guint n;
  const LatentFileTag *found = latent_file_parser_get_tags (self->parser, &n);

  for (guint i = 0; i < n; i++) {
    if (found[i].stream == stream)
      latent_gst_tags_get (tags, found[i].key, found[i].value);
  }
  if (stream != LATENT_FILE_WHOLE && latent_demux_get_track (self, stream)->bitrate > 0)
    gst_tag_list_add (tags, GST_TAG_MERGE_REPLACE, GST_TAG_BITRATE,
        latent_demux_get_track (self, stream)->bitrate, NULL);
  if (stream == LATENT_FILE_WHOLE) {
    gst_tag_list_set_scope (tags, GST_TAG_SCOPE_GLOBAL);
    gst_tag_list_add (tags, GST_TAG_MERGE_REPLACE, GST_TAG_CONTAINER_FORMAT, "Latent", NULL);
  }
  return tags;
}

static void
push_tags (LatentDemux *self, guint stream)
{
  GstPad *pad = latent_demux_get_track (self, stream)->pad;
  GstTagList *tags = make_tags (self, stream);

  gst_pad_push_event (pad, gst_event_new_tag (make_tags (self, LATENT_FILE_WHOLE)));
  if (gst_tag_list_is_empty (tags))
    gst_tag_list_unref (tags);
  else
    gst_pad_push_event (pad, gst_event_new_tag (tags));
}

void
latent_demux_push_pending (LatentDemux *self)
{
  for (guint i = 0; i < self->tracks->len; i++) {
    LatentDemuxTrack *track = latent_demux_get_track (self, i);
    if (!track->pad)
      continue;
    if (track->has_new_segment) {
      GstEvent *event = gst_event_new_segment (&self->segment);
      if (self->seqnum != GST_SEQNUM_INVALID)
        gst_event_set_seqnum (event, self->seqnum);
      gst_pad_push_event (track->pad, event);
    }
    if (track->has_new_tags)
      push_tags (self, i);
    track->has_new_segment = track->has_new_tags = FALSE;
  }
}

static GstFlowReturn
push_models (LatentDemux *self, LatentDemuxTrack *track, guint64 pts)
{
  GstFlowReturn flow = GST_FLOW_OK;
  GBytes *bytes;

  while (flow == GST_FLOW_OK && (bytes = g_queue_pop_head (&track->models)) != NULL) {
    GstBuffer *buffer = gst_buffer_new_wrapped_bytes (bytes);
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_HEADER);
    GST_BUFFER_PTS (buffer) = pts;
    flow = gst_pad_push (track->pad, buffer);
    g_bytes_unref (bytes);
  }
  return flow;
}

static GstBuffer *
wrap (LatentDemuxTrack *track, const LatentFileEvent *event)
{
  const LatentFilePacket *packet = &event->packet;
  GstBuffer *buffer = gst_buffer_new_wrapped_bytes (event->bytes);

  GST_BUFFER_PTS (buffer) = packet->pts;
  if (packet->duration > 0)
    GST_BUFFER_DURATION (buffer) = packet->duration;
  if (!packet->key)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  if (packet->discont || track->is_discont)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  track->is_discont = FALSE;
  return buffer;
}

/* Tells how many bits a second a stream has, where that is known and is no longer what was told. */
static void
count (LatentDemuxTrack *track, const LatentFileEvent *event)
{
  guint64 before = track->span / GST_SECOND, rate;

  track->bytes += g_bytes_get_size (event->bytes);
  track->span += event->packet.duration;
  if (track->span / GST_SECOND == before)
    return;
  rate = gst_util_uint64_scale (track->bytes, 8 * GST_SECOND, track->span);
  if (rate > G_MAXUINT || ABS ((gint64)rate - (gint64)track->bitrate) <= track->bitrate / 10)
    return;
  track->bitrate = (guint)rate;
  track->has_new_tags = TRUE;
}

/* Streams that have nothing for long say so, lest who waits for them waits on. */
static void
push_gaps (LatentDemux *self, guint64 now)
{
  for (guint i = 0; i < self->tracks->len; i++) {
    LatentDemuxTrack *track = latent_demux_get_track (self, i);
    guint64 from = MAX (track->end, self->segment.start);
    if (!track->pad || track->is_done || from + GAP > now)
      continue;
    gst_pad_push_event (track->pad, gst_event_new_gap (from, now - from));
    track->end = now;
  }
}

gboolean
latent_demux_are_all_done (const LatentDemux *self)
{
  for (guint i = 0; i < self->tracks->len; i++) {
    const LatentDemuxTrack *track = latent_demux_get_track (self, i);
    if (track->pad && !track->is_done)
      return FALSE;
  }
  return TRUE;
}

GstFlowReturn
latent_demux_push_packet (LatentDemux *self, const LatentFileEvent *event)
{
  const LatentFilePacket *packet = &event->packet;
  LatentDemuxTrack *track = latent_demux_get_track (self, packet->stream);
  gboolean is_reverse = self->segment.rate < 0;
  GstFlowReturn flow;

  latent_demux_push_pending (self);
  if (is_reverse && latent_demux_ends_group (self, packet, &flow))
    return flow;
  if (!track->pad || track->is_done)
    return GST_FLOW_OK;
  if (!is_reverse && GST_CLOCK_TIME_IS_VALID (self->segment.stop) &&
      packet->pts >= self->segment.stop) {
    track->is_done = TRUE;
    return latent_demux_are_all_done (self) ? GST_FLOW_EOS : GST_FLOW_OK;
  }
  if ((self->segment.flags & GST_SEGMENT_FLAG_TRICKMODE_KEY_UNITS) && !packet->key)
    return GST_FLOW_OK;
  track->end = packet->pts + packet->duration;
  GST_OBJECT_LOCK (self);
  self->segment.position = is_reverse ? packet->pts : MAX (self->segment.position, packet->pts);
  GST_OBJECT_UNLOCK (self);
  if (!is_reverse)
    push_gaps (self, packet->pts);
  count (track, event);
  flow = push_models (self, track, packet->pts);
  if (flow == GST_FLOW_OK)
    flow = gst_pad_push (track->pad, wrap (track, event));
  return gst_flow_combiner_update_pad_flow (self->combiner, track->pad, flow);
}
