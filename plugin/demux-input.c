/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/demux-private.h"

#include "src/gst/message.h"

GST_DEBUG_CATEGORY_EXTERN (latent_demux_debug);
#define GST_CAT_DEFAULT latent_demux_debug

/* Pulled at once, where no more is wanted. */
#define READ_BYTES (16u << 10)
/* That are told as messages; the log has the rest. */
#define MAX_DAMAGES 100

static void
queue_model (LatentDemux *self, const LatentFileEvent *event)
{
  g_array_set_size (self->tracks, latent_file_parser_get_n_streams (self->parser));
  g_queue_push_tail (
      &latent_demux_get_track (self, event->packet.stream)->models, g_bytes_ref (event->bytes));
}

static gboolean
get_ready (LatentDemux *self)
{
  g_array_set_size (self->tracks, latent_file_parser_get_n_streams (self->parser));
  for (guint i = 0; i < self->tracks->len; i++) {
    LatentDemuxTrack *track = latent_demux_get_track (self, i);
    track->has_new_segment = track->has_new_tags = track->is_discont = TRUE;
  }
  GST_OBJECT_LOCK (self);
  self->duration = latent_file_parser_get_duration (self->parser);
  if (self->duration > 0)
    self->segment.duration = self->duration;
  self->is_ready = TRUE;
  GST_OBJECT_UNLOCK (self);
  return latent_demux_add_tracks (self);
}

static void
tell_damage (LatentDemux *self, const LatentFileEvent *event)
{
  if (self->n_damages++ >= MAX_DAMAGES) {
    GST_WARNING_OBJECT (self, "byte %" G_GUINT64_FORMAT ": %s", event->offset, event->reason);
    return;
  }
  if (event->skipped > 0)
    GST_ELEMENT_WARNING (self, STREAM, DEMUX,
        ("byte %" G_GUINT64_FORMAT " of the .lat file: %s; %" G_GUINT64_FORMAT
         " bytes are concerned",
            event->offset, event->reason, event->skipped),
        (NULL));
  else
    GST_ELEMENT_WARNING (self, STREAM, DEMUX,
        ("byte %" G_GUINT64_FORMAT " of the .lat file: %s", event->offset, event->reason), (NULL));
}

GstFlowReturn
latent_demux_process (LatentDemux *self)
{
  GstFlowReturn flow = GST_FLOW_OK;
  g_autoptr (GError) error = NULL;
  LatentFileEvent event;

  while (flow == GST_FLOW_OK) {
    switch (latent_file_parser_next (self->parser, &event, &error)) {
    case LATENT_FILE_MORE:
      return GST_FLOW_OK;
    case LATENT_FILE_TAGS:
      for (guint i = 0; i < self->tracks->len; i++)
        latent_demux_get_track (self, i)->has_new_tags = TRUE;
      break;
    case LATENT_FILE_MODEL:
      queue_model (self, &event);
      break;
    case LATENT_FILE_READY:
      if (!get_ready (self))
        return GST_FLOW_ERROR;
      break;
    case LATENT_FILE_SEEKED:
      if (self->is_rewinding && event.packet.pts >= self->group_begin)
        return GST_FLOW_EOS; /* there is none before the first group, though it begin late */
      latent_demux_settle_seek (self, event.packet.pts);
      break;
    case LATENT_FILE_PACKET:
      flow = latent_demux_push_packet (self, &event);
      break;
    case LATENT_FILE_DAMAGE:
      tell_damage (self, &event);
      break;
    case LATENT_FILE_END:
      if (self->segment.rate < 0) {
        flow = latent_demux_rewind (self);
        break;
      }
      if (event.reason)
        GST_ELEMENT_INFO (self, STREAM, DEMUX,
            ("%s: it ends at byte %" G_GUINT64_FORMAT, event.reason, event.offset), (NULL));
      return GST_FLOW_EOS;
    default:
      latent_gst_post_error (GST_ELEMENT (self), error);
      return GST_FLOW_ERROR;
    }
  }
  return flow;
}

/* Where playing ends. */
static guint64
get_end (const GstSegment *segment)
{
  if (segment->rate < 0)
    return segment->start;
  return GST_CLOCK_TIME_IS_VALID (segment->stop) ? segment->stop : segment->duration;
}

void
latent_demux_finish (LatentDemux *self)
{
  gboolean is_segment = (self->segment.flags & GST_SEGMENT_FLAG_SEGMENT) != 0;
  guint64 stop = get_end (&self->segment);
  GstEvent *event = is_segment ? gst_event_new_segment_done (GST_FORMAT_TIME, (gint64)stop)
                               : gst_event_new_eos ();

  self->is_finished = TRUE;
  latent_demux_push_pending (self);
  if (self->seqnum != GST_SEQNUM_INVALID)
    gst_event_set_seqnum (event, self->seqnum);
  if (is_segment) {
    GstMessage *message = gst_message_new_segment_done (
        GST_OBJECT (self), GST_FORMAT_TIME, (gint64)stop);
    if (self->seqnum != GST_SEQNUM_INVALID)
      gst_message_set_seqnum (message, self->seqnum);
    gst_element_post_message (GST_ELEMENT (self), message);
  }
  latent_demux_push_event (self, event);
}

static GstFlowReturn
pull (LatentDemux *self)
{
  g_autoptr (GstBuffer) buffer = NULL;
  guint64 offset;
  gsize wanted;
  GstMapInfo map;
  GstFlowReturn flow;

  latent_file_parser_get_wanted (self->parser, &offset, &wanted);
  flow = gst_pad_pull_range (self->sink, offset, (guint)MAX (wanted, READ_BYTES), &buffer);
  if (flow == GST_FLOW_EOS) {
    latent_file_parser_end (self->parser);
    return GST_FLOW_OK;
  }
  if (flow != GST_FLOW_OK)
    return flow;
  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return GST_FLOW_ERROR;
  latent_file_parser_push (self->parser, offset, map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  return GST_FLOW_OK;
}

void
latent_demux_loop (LatentDemux *self)
{
  GstFlowReturn flow = latent_demux_process (self);

  if (flow == GST_FLOW_OK)
    flow = pull (self);
  if (flow == GST_FLOW_OK)
    return;
  gst_pad_pause_task (self->sink);
  if (flow == GST_FLOW_NOT_LINKED || flow < GST_FLOW_EOS) {
    if (flow != GST_FLOW_ERROR) /* said already, or by who failed */
      GST_ELEMENT_FLOW_ERROR (self, flow);
    latent_demux_push_event (self, gst_event_new_eos ());
  } else if (flow == GST_FLOW_EOS) {
    latent_demux_finish (self);
  }
}

static gboolean
activate (GstPad *pad, GstObject *parent)
{
  g_autoptr (GstQuery) query = gst_query_new_scheduling ();
  gboolean can_pull = gst_pad_peer_query (pad, query) &&
                      gst_query_has_scheduling_mode_with_flags (
                          query, GST_PAD_MODE_PULL, GST_SCHEDULING_FLAG_SEEKABLE);

  return gst_pad_activate_mode (pad, can_pull ? GST_PAD_MODE_PULL : GST_PAD_MODE_PUSH, TRUE);
}

static gboolean
activate_mode (GstPad *pad, GstObject *parent, GstPadMode mode, gboolean active)
{
  LatentDemux *self = LATENT_DEMUX (parent);
  gint64 size;

  if (mode != GST_PAD_MODE_PULL)
    return mode == GST_PAD_MODE_PUSH;
  self->is_pull = active;
  if (!active)
    return gst_pad_stop_task (pad);
  if (gst_pad_peer_query_duration (pad, GST_FORMAT_BYTES, &size) && size > 0)
    latent_file_parser_set_size (self->parser, (guint64)size);
  return gst_pad_start_task (pad, (GstTaskFunction)latent_demux_loop, self, NULL);
}

void
latent_demux_init_input (LatentDemux *self)
{
  self->sink = gst_pad_new_from_template (
      gst_element_get_pad_template (GST_ELEMENT (self), "sink"), "sink");
  gst_pad_set_activate_function (self->sink, activate);
  gst_pad_set_activatemode_function (self->sink, activate_mode);
  gst_pad_set_chain_function (self->sink, latent_demux_chain);
  gst_pad_set_event_function (self->sink, latent_demux_sink_event);
  gst_element_add_pad (GST_ELEMENT (self), self->sink);
}
