/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/base/gstflowcombiner.h>
#include <gst/gst.h>
#include <latent/file.h>

#include "plugin/demux.h"

/* latentdemux: a parser that is fed, and a pad for each stream. */

/* Push: upstream is asked to go elsewhere. */
typedef enum {
  LATENT_DEMUX_STAYS,
  LATENT_DEMUX_ASKED,   /* what comes is from before; nothing of it counts, its end neither */
  LATENT_DEMUX_FLUSHED, /* a segment follows, that says where upstream went */
} LatentDemuxMove;

typedef struct {
  GstPad *pad;   /* NULL: a stream that cannot be read is left out */
  GQueue models; /* GBytes, not pushed yet */
  guint64 end;   /* of the last packet or gap, in ns */
  guint64 first; /* backwards: PTS of the first packet of the group */
  guint64 limit; /* backwards: PTS that is behind the group */
  guint64 bytes; /* of packets that were pushed, and */
  guint64 span;  /* what they last, in ns */
  guint bitrate; /* that was told, 0: none */
  gboolean has_new_segment;
  gboolean has_new_tags;
  gboolean is_discont;
  gboolean is_done; /* behind the segment's stop */
} LatentDemuxTrack;

struct _LatentDemux {
  GstElement parent;

  GstPad *sink;
  gboolean is_pull;

  /* under the sink pad's stream lock */
  LatentFileParser *parser;
  guint64 offset;       /* push: of the next byte that comes */
  gint move;            /* LatentDemuxMove; atomic, written under the lock */
  gboolean is_finished; /* downstream was told of the end */
  GArray *tracks;       /* LatentDemuxTrack, by number of stream; empty before the file is ready */
  GstFlowCombiner *combiner;
  guint n_damages; /* that were met */
  GstSegment next; /* that begins where the parser's seek ends */
  GstSeekFlags seek_flags;
  guint64 group_begin;   /* backwards: the lead's key packet of the packets that come */
  gboolean is_rewinding; /* the parser's seek goes to the group before */

  /* written under that lock and the object lock */
  GstSegment segment;
  guint64 duration; /* ns, 0: not known */
  guint32 seqnum;
  gboolean is_ready;
};

static inline LatentDemuxTrack *
latent_demux_get_track (const LatentDemux *self, guint i)
{
  return &g_array_index (self->tracks, LatentDemuxTrack, i);
}

/* demux-track.c */
/* Adds the pads. FALSE: there is none; an error was posted. */
gboolean latent_demux_add_tracks (LatentDemux *self);
void latent_demux_remove_tracks (LatentDemux *self);
GstFlowReturn latent_demux_push_packet (LatentDemux *self, const LatentFileEvent *event);
/* Pushes an event to all pads; takes it. */
gboolean latent_demux_push_event (LatentDemux *self, GstEvent *event);
/* What comes next is preceded by a segment, and new to who decodes. */
void latent_demux_renew_tracks (LatentDemux *self);
/* Segments and tags that were not pushed yet. */
void latent_demux_push_pending (LatentDemux *self);

gboolean latent_demux_are_all_done (const LatentDemux *self);

/* demux-reverse.c */
/* A seek to self->next, which goes backwards. FALSE: it cannot be done. */
gboolean latent_demux_begin_reverse (LatentDemux *self);
/* Goes to the group before; EOS where there is none. */
GstFlowReturn latent_demux_rewind (LatentDemux *self);
/* Whether a packet is behind its stream's group, and what came of that. */
gboolean latent_demux_ends_group (
    LatentDemux *self, const LatentFilePacket *packet, GstFlowReturn *flow);

/* demux-seek.c */
/* The stream whose key packets a seek goes by: the first of video, or the first. */
guint latent_demux_get_lead (const LatentDemux *self);
gboolean latent_demux_seek (LatentDemux *self, GstEvent *event);
/* The parser's seek ended at a key packet's time. */
void latent_demux_settle_seek (LatentDemux *self, guint64 time);
gboolean latent_demux_src_query (GstPad *pad, GstObject *parent, GstQuery *query);
gboolean latent_demux_src_event (GstPad *pad, GstObject *parent, GstEvent *event);

/* demux-push.c: bytes that come. */
/* Has upstream go to where the parser wants; the stream lock need not be held if the move is
 * LATENT_DEMUX_ASKED already. FALSE: it cannot; an error was posted. */
gboolean latent_demux_move_upstream (LatentDemux *self);
GstFlowReturn latent_demux_chain (GstPad *pad, GstObject *parent, GstBuffer *buffer);
gboolean latent_demux_sink_event (GstPad *pad, GstObject *parent, GstEvent *event);

/* demux-input.c: bytes that are pulled; what the parser makes of bytes. */
void latent_demux_init_input (LatentDemux *self);
void latent_demux_loop (LatentDemux *self);
/* Does what the parser finds until it wants bytes (OK), or until the end (EOS). */
GstFlowReturn latent_demux_process (LatentDemux *self);
/* Tells downstream of the end. */
void latent_demux_finish (LatentDemux *self);
