/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/demux-private.h"

GST_DEBUG_CATEGORY_EXTERN (latent_demux_debug);
#define GST_CAT_DEFAULT latent_demux_debug

/* Push: whether upstream can go anywhere, and the bytes that it has. */
static gboolean
query_upstream (LatentDemux *self, guint64 *size)
{
  g_autoptr (GstQuery) query = gst_query_new_seeking (GST_FORMAT_BYTES);
  gboolean seekable = FALSE;
  gint64 bytes = 0;

  if (!gst_pad_peer_query (self->sink, query))
    return FALSE;
  gst_query_parse_seeking (query, NULL, &seekable, NULL, NULL);
  if (!seekable || !gst_pad_peer_query_duration (self->sink, GST_FORMAT_BYTES, &bytes) ||
      bytes <= 0)
    return FALSE;
  *size = (guint64)bytes;
  return TRUE;
}

guint
latent_demux_get_lead (const LatentDemux *self)
{
  for (guint i = 0; i < self->tracks->len; i++) {
    if (latent_demux_get_track (self, i)->pad &&
        latent_file_parser_get_kind (self->parser, i) == LATENT_MEDIA_VIDEO)
      return i;
  }
  return 0;
}

static LatentFileSnap
get_snap (GstSeekFlags flags)
{
  const GstSeekFlags both = GST_SEEK_FLAG_SNAP_NEAREST;

  if (!(flags & GST_SEEK_FLAG_KEY_UNIT))
    return LATENT_FILE_SNAP_BEFORE;
  if ((flags & both) == both)
    return LATENT_FILE_SNAP_NEAREST;
  return flags & GST_SEEK_FLAG_SNAP_AFTER ? LATENT_FILE_SNAP_AFTER : LATENT_FILE_SNAP_BEFORE;
}

/* Works out where a seek goes to. */
static gboolean
plan_seek (LatentDemux *self, GstEvent *event)
{
  gdouble rate;
  GstFormat format;
  GstSeekFlags flags;
  GstSeekType start_type, stop_type;
  gint64 start, stop;
  gboolean moves;

  gst_event_parse_seek (event, &rate, &format, &flags, &start_type, &start, &stop_type, &stop);
  self->next = self->segment;
  if (!gst_segment_do_seek (&self->next, rate, format, flags, start_type, (guint64)start, stop_type,
          (guint64)stop, &moves))
    return FALSE;
  self->seek_flags = flags;
  if (rate < 0)
    return latent_demux_begin_reverse (self);
  return latent_file_parser_seek (
      self->parser, latent_demux_get_lead (self), self->next.position, get_snap (flags));
}

static void
forget_position (LatentDemux *self)
{
  gst_flow_combiner_reset (self->combiner);
  self->is_finished = FALSE;
  for (guint i = 0; i < self->tracks->len; i++) {
    LatentDemuxTrack *track = latent_demux_get_track (self, i);
    track->end = 0;
    track->is_done = FALSE;
    track->is_discont = TRUE;
  }
}

void
latent_demux_settle_seek (LatentDemux *self, guint64 time)
{
  GstSegment segment = self->next;

  self->group_begin = time;
  if (self->is_rewinding)
    return;
  if (segment.rate > 0 && (self->seek_flags & GST_SEEK_FLAG_KEY_UNIT)) {
    segment.start = segment.position = segment.time = time;
    if (GST_CLOCK_TIME_IS_VALID (segment.stop))
      segment.stop = MAX (segment.stop, time);
  }
  GST_OBJECT_LOCK (self);
  self->duration = latent_file_parser_get_duration (self->parser);
  if (self->duration > 0)
    segment.duration = self->duration;
  self->segment = segment;
  GST_OBJECT_UNLOCK (self);
  for (guint i = 0; i < self->tracks->len; i++)
    latent_demux_get_track (self, i)->has_new_segment = TRUE;
}

/* A pipeline sends a seek to each of its sinks, so that it comes here by each pad. */
static gboolean
is_done_already (LatentDemux *self, guint32 seqnum)
{
  gboolean is_same;

  GST_OBJECT_LOCK (self);
  is_same = self->is_ready && seqnum == self->seqnum;
  GST_OBJECT_UNLOCK (self);
  return is_same;
}

static gboolean
check_seek (LatentDemux *self, GstEvent *event, guint64 *size)
{
  gdouble rate;
  GstFormat format;
  gboolean is_ready;

  gst_event_parse_seek (event, &rate, &format, NULL, NULL, NULL, NULL, NULL);
  GST_OBJECT_LOCK (self);
  is_ready = self->is_ready;
  GST_OBJECT_UNLOCK (self);
  *size = 0;
  if (!is_ready || format != GST_FORMAT_TIME || rate == 0)
    return FALSE;
  return self->is_pull || (rate > 0 && query_upstream (self, size));
}

/* Has the streaming thread leave the element. */
static void
stop_flow (LatentDemux *self, gboolean flush, guint32 seqnum)
{
  GstEvent *event = gst_event_new_flush_start ();

  gst_event_set_seqnum (event, seqnum);
  if (flush && self->is_pull)
    gst_pad_push_event (self->sink, gst_event_ref (event));
  if (flush)
    latent_demux_push_event (self, gst_event_ref (event));
  else if (self->is_pull)
    gst_pad_pause_task (self->sink);
  gst_event_unref (event);
  GST_PAD_STREAM_LOCK (self->sink);
}

static void
end_flush (LatentDemux *self, guint32 seqnum)
{
  GstEvent *event = gst_event_new_flush_stop (TRUE);

  gst_event_set_seqnum (event, seqnum);
  if (self->is_pull)
    gst_pad_push_event (self->sink, gst_event_ref (event));
  latent_demux_push_event (self, event);
}

/* Push: the parser may know at once where the seek ends, else upstream's bytes tell. */
static void
look_ahead (LatentDemux *self)
{
  LatentFileEvent event;

  if (latent_file_parser_next (self->parser, &event, NULL) == LATENT_FILE_SEEKED)
    latent_demux_settle_seek (self, event.packet.pts);
}

/* With the stream lock. */
static gboolean
do_seek (LatentDemux *self, GstEvent *event, guint64 size)
{
  gboolean ok;

  if (size > 0)
    latent_file_parser_set_size (self->parser, size);
  self->is_rewinding = FALSE;
  ok = plan_seek (self, event);
  forget_position (self);
  if (ok && !self->is_pull)
    look_ahead (self);
  if (!ok)
    latent_demux_renew_tracks (self);
  GST_OBJECT_LOCK (self);
  self->seqnum = gst_event_get_seqnum (event);
  GST_OBJECT_UNLOCK (self);
  return ok;
}

gboolean
latent_demux_seek (LatentDemux *self, GstEvent *event)
{
  guint32 seqnum = gst_event_get_seqnum (event);
  GstSeekFlags flags;
  guint64 size;
  gboolean ok, flush;

  if (is_done_already (self, seqnum))
    return TRUE;
  if (!check_seek (self, event, &size))
    return FALSE;
  gst_event_parse_seek (event, NULL, NULL, &flags, NULL, NULL, NULL, NULL);
  flush = (flags & GST_SEEK_FLAG_FLUSH) || !self->is_pull;
  stop_flow (self, flush, seqnum);
  ok = do_seek (self, event, size);
  if (flush)
    end_flush (self, seqnum);
  if (self->is_pull)
    gst_pad_start_task (self->sink, (GstTaskFunction)latent_demux_loop, self, NULL);
  else /* before others get the lock: what they bring is from before */
    g_atomic_int_set (&self->move, LATENT_DEMUX_ASKED);
  GST_PAD_STREAM_UNLOCK (self->sink);
  return (self->is_pull || latent_demux_move_upstream (self)) && ok;
}

gboolean
latent_demux_src_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  gboolean ok;

  if (GST_EVENT_TYPE (event) != GST_EVENT_SEEK)
    return gst_pad_event_default (pad, parent, event);
  ok = latent_demux_seek (LATENT_DEMUX (parent), event);
  gst_event_unref (event);
  return ok;
}

static gboolean
answer_position (GstQuery *query, const GstSegment *segment, GstFormat format)
{
  if (format != GST_FORMAT_TIME)
    return FALSE;
  gst_query_set_position (query, GST_FORMAT_TIME,
      (gint64)gst_segment_to_stream_time (segment, GST_FORMAT_TIME, segment->position));
  return TRUE;
}

static void
answer_segment (GstQuery *query, const GstSegment *segment)
{
  guint64 stop = GST_CLOCK_TIME_IS_VALID (segment->stop) ? segment->stop : segment->duration;

  gst_query_set_segment (query, segment->rate, GST_FORMAT_TIME,
      (gint64)gst_segment_to_stream_time (segment, GST_FORMAT_TIME, segment->start),
      GST_CLOCK_TIME_IS_VALID (stop)
          ? (gint64)gst_segment_to_stream_time (segment, GST_FORMAT_TIME, stop)
          : -1);
}

gboolean
latent_demux_src_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  LatentDemux *self = LATENT_DEMUX (parent);
  GstSegment segment;
  GstFormat format;
  guint64 duration, size;

  GST_OBJECT_LOCK (self);
  segment = self->segment;
  duration = self->duration;
  GST_OBJECT_UNLOCK (self);
  switch (GST_QUERY_TYPE (query)) {
  case GST_QUERY_POSITION:
    gst_query_parse_position (query, &format, NULL);
    return answer_position (query, &segment, format);
  case GST_QUERY_DURATION:
    gst_query_parse_duration (query, &format, NULL);
    if (format != GST_FORMAT_TIME || duration == 0)
      return FALSE;
    gst_query_set_duration (query, GST_FORMAT_TIME, (gint64)duration);
    return TRUE;
  case GST_QUERY_SEEKING:
    gst_query_parse_seeking (query, &format, NULL, NULL, NULL);
    gst_query_set_seeking (query, format,
        format == GST_FORMAT_TIME && (self->is_pull || query_upstream (self, &size)), 0,
        duration > 0 ? (gint64)duration : -1);
    return TRUE;
  case GST_QUERY_SEGMENT:
    answer_segment (query, &segment);
    return TRUE;
  default:
    return gst_pad_query_default (pad, parent, query);
  }
}
