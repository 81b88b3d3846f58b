/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/demux-private.h"

GST_DEBUG_CATEGORY_EXTERN (latent_demux_debug);
#define GST_CAT_DEFAULT latent_demux_debug

/* Bytes that come as upstream pushes them. Where the parser wants others, upstream is sent there by
 * a flushing seek: until its flush what comes is from before and is dropped, else an old end would
 * end the new place, and a thread that waits downstream would keep upstream from going. */

/* Rather read than gone past: a web server takes longer to answer anew. */
#define SKIP_BYTES (64u << 10)

gboolean
latent_demux_move_upstream (LatentDemux *self)
{
  guint64 offset;
  gsize size;
  GstEvent *event;

  latent_file_parser_get_wanted (self->parser, &offset, &size);
  GST_DEBUG_OBJECT (self, "upstream is to go to byte %" G_GUINT64_FORMAT, offset);
  event = gst_event_new_seek (1.0, GST_FORMAT_BYTES, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE,
      GST_SEEK_TYPE_SET, (gint64)offset, GST_SEEK_TYPE_NONE, -1);
  g_atomic_int_set (&self->move, LATENT_DEMUX_ASKED);
  if (gst_pad_push_event (self->sink, event))
    return TRUE;
  g_atomic_int_set (&self->move, LATENT_DEMUX_STAYS);
  GST_ELEMENT_ERROR (self, STREAM, DEMUX,
      ("what comes before cannot go to byte %" G_GUINT64_FORMAT, offset), (NULL));
  return FALSE;
}

/* What is wanted of a buffer, to the parser. */
static gboolean
feed (LatentDemux *self, GstBuffer *buffer)
{
  guint64 wanted, skip;
  gsize size;
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return FALSE;
  latent_file_parser_get_wanted (self->parser, &wanted, &size);
  skip = wanted >= self->offset ? wanted - self->offset : map.size;
  if (skip < map.size)
    latent_file_parser_push (self->parser, wanted, map.data + skip, map.size - skip);
  self->offset += map.size;
  gst_buffer_unmap (buffer, &map);
  return TRUE;
}

GstFlowReturn
latent_demux_chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  LatentDemux *self = LATENT_DEMUX (parent);
  g_autoptr (GstBuffer) owned = buffer;
  GstFlowReturn flow;
  guint64 wanted;
  gsize size;

  if (g_atomic_int_get (&self->move) == LATENT_DEMUX_ASKED)
    return GST_FLOW_OK;
  if (!feed (self, owned))
    return GST_FLOW_ERROR;
  flow = latent_demux_process (self);
  if (flow == GST_FLOW_EOS && !self->is_finished)
    latent_demux_finish (self);
  if (flow != GST_FLOW_OK || g_atomic_int_get (&self->move) == LATENT_DEMUX_ASKED)
    return flow;
  latent_file_parser_get_wanted (self->parser, &wanted, &size);
  if (wanted >= self->offset && wanted - self->offset <= SKIP_BYTES)
    return GST_FLOW_OK;
  return latent_demux_move_upstream (self) ? GST_FLOW_OK : GST_FLOW_ERROR;
}

static void
take_segment (LatentDemux *self, GstEvent *event)
{
  const GstSegment *segment;

  gst_event_parse_segment (event, &segment);
  if (segment->format == GST_FORMAT_BYTES)
    self->offset = segment->start;
  g_atomic_int_set (&self->move, LATENT_DEMUX_STAYS);
}

static void
take_eos (LatentDemux *self)
{
  GstFlowReturn flow;

  if (self->is_finished) /* so upstream was told; there may be more bytes */
    return;
  latent_file_parser_end (self->parser);
  flow = latent_demux_process (self);
  if (g_atomic_int_get (&self->move) == LATENT_DEMUX_ASKED)
    return;
  if (flow == GST_FLOW_OK) /* it wants what was before the end */
    flow = latent_demux_move_upstream (self) ? GST_FLOW_OK : GST_FLOW_ERROR;
  if (flow == GST_FLOW_EOS)
    latent_demux_finish (self);
  if (self->tracks->len == 0 && flow != GST_FLOW_ERROR)
    GST_ELEMENT_ERROR (self, STREAM, DEMUX, ("the .lat file has no streams"), (NULL));
}

/* Downstream is not told of a flush that is our own; of another it is, and of where it is then. */
static gboolean
take_flush (LatentDemux *self, GstEvent *event)
{
  const gboolean is_own = g_atomic_int_get (&self->move) == LATENT_DEMUX_ASKED;
  const gboolean is_stop = GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP;
  gboolean ok = is_own || latent_demux_push_event (self, gst_event_ref (event));

  if (!is_stop)
    return ok;
  gst_flow_combiner_reset (self->combiner);
  if (is_own) {
    g_atomic_int_set (&self->move, LATENT_DEMUX_FLUSHED);
    return ok;
  }
  self->is_finished = FALSE; /* who was told forgot it */
  latent_demux_renew_tracks (self);
  return ok;
}

gboolean
latent_demux_sink_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  LatentDemux *self = LATENT_DEMUX (parent);
  const gboolean is_old = g_atomic_int_get (&self->move) == LATENT_DEMUX_ASKED;
  gboolean ok = TRUE;

  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_SEGMENT:
    if (!is_old)
      take_segment (self, event);
    break;
  case GST_EVENT_EOS:
    if (!is_old)
      take_eos (self);
    break;
  case GST_EVENT_FLUSH_START:
  case GST_EVENT_FLUSH_STOP:
    ok = take_flush (self, event);
    break;
  case GST_EVENT_STREAM_START:
  case GST_EVENT_CAPS:
  case GST_EVENT_TAG:
    break;
  default:
    return gst_pad_event_default (pad, parent, event);
  }
  gst_event_unref (event);
  return ok;
}
