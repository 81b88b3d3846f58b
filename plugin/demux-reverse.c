/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/demux-private.h"

GST_DEBUG_CATEGORY_EXTERN (latent_demux_debug);
#define GST_CAT_DEFAULT latent_demux_debug

/* Playing backwards: from key packet to key packet, the last group first, packets in a group as
 * they are; decoders turn them round. */

/* A packet so far behind the group's end says that no stream has more of the group: files are
 * interleaved more closely. */
#define MARGIN GST_SECOND

/* To the group that ends at a time. */
static gboolean
seek_before (LatentDemux *self, guint64 end)
{
  return latent_file_parser_seek (
      self->parser, latent_demux_get_lead (self), MAX (end, 1) - 1, LATENT_FILE_SNAP_BEFORE);
}

gboolean
latent_demux_begin_reverse (LatentDemux *self)
{
  for (guint i = 0; i < self->tracks->len; i++) {
    LatentDemuxTrack *track = latent_demux_get_track (self, i);
    track->limit = self->next.position;
    track->first = G_MAXUINT64;
  }
  return seek_before (self, self->next.position);
}

/* Decoders hold a group until a discontinuity says that it is whole. Where sound has few key
 * packets the next group may be seconds away, while queues of video are full: a sequence header
 * says it. */
static void
end_group (LatentDemux *self, guint stream)
{
  LatentDemuxTrack *track = latent_demux_get_track (self, stream);
  GstBuffer *buffer;

  if (!track->is_done && track->pad && track->first < track->limit &&
      latent_file_parser_get_kind (self->parser, stream) == LATENT_MEDIA_AUDIO) {
    buffer = gst_buffer_new_wrapped_bytes (latent_file_parser_get_header (self->parser, stream));
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_HEADER | GST_BUFFER_FLAG_DISCONT);
    gst_flow_combiner_update_pad_flow (
        self->combiner, track->pad, gst_pad_push (track->pad, buffer));
  }
  track->is_done = TRUE;
}

GstFlowReturn
latent_demux_rewind (LatentDemux *self)
{
  if (self->group_begin <= self->segment.start || self->group_begin == 0)
    return GST_FLOW_EOS;
  self->is_rewinding = TRUE;
  for (guint i = 0; i < self->tracks->len; i++) {
    LatentDemuxTrack *track = latent_demux_get_track (self, i);
    end_group (self, i);
    track->limit = MIN (track->limit, track->first);
    track->first = G_MAXUINT64;
    track->is_done = FALSE;
    track->is_discont = TRUE;
  }
  return seek_before (self, self->group_begin) ? GST_FLOW_OK : GST_FLOW_EOS;
}

gboolean
latent_demux_ends_group (LatentDemux *self, const LatentFilePacket *packet, GstFlowReturn *flow)
{
  LatentDemuxTrack *track = latent_demux_get_track (self, packet->stream);
  guint64 end = 0;

  track->first = MIN (track->first, packet->pts);
  if (packet->pts < track->limit)
    return FALSE;
  end_group (self, packet->stream);
  *flow = GST_FLOW_OK;
  for (guint i = 0; i < self->tracks->len; i++)
    end = MAX (end, latent_demux_get_track (self, i)->limit);
  if (packet->pts >= end + MARGIN || latent_demux_are_all_done (self))
    *flow = latent_demux_rewind (self);
  return TRUE;
}
