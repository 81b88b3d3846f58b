/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-latentdemux
 * @title: latentdemux
 * @short_description: reads .lat files
 *
 * Gives the coded streams of a .lat file, a pad for each. It seeks by the file's index to key
 * packets; where there is none, as in a file whose writer was killed, it looks at the heads of the
 * blocks. Bytes that come in order (from a network) are played as they come; a seek then needs that
 * what is before can go to any byte. Playing backwards (a negative rate) goes from group to group
 * of packets that decoding can begin at; it needs that the element can pull.
 *
 * What is damaged is left out, with a warning that names the byte; the next packet of each stream
 * is marked as a discontinuity. No packet is given that is not what was written.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 filesrc location=clip.lat ! latentdemux ! latentvideodec model=camera.onnx \
 *   ! videoconvert ! fakesink
 * ]| The video of a file.
 */

#include "plugin/demux-private.h"
#include "plugin/mux-private.h"
#include "src/gst/stream-caps.h"

GST_DEBUG_CATEGORY (latent_demux_debug);
#define GST_CAT_DEFAULT latent_demux_debug

G_DEFINE_TYPE_WITH_CODE (LatentDemux, latent_demux, GST_TYPE_ELEMENT,
    GST_DEBUG_CATEGORY_INIT (latent_demux_debug, "latentdemux", 0, "latentdemux element"))

static void
reset (LatentDemux *self)
{
  latent_demux_remove_tracks (self);
  g_clear_pointer (&self->parser, latent_file_parser_unref);
  self->parser = latent_file_parser_new ();
  gst_flow_combiner_reset (self->combiner);
  self->offset = 0;
  self->n_damages = 0;
  self->move = LATENT_DEMUX_STAYS;
  self->is_finished = FALSE;
  GST_OBJECT_LOCK (self);
  gst_segment_init (&self->segment, GST_FORMAT_TIME);
  self->duration = 0;
  self->seqnum = GST_SEQNUM_INVALID;
  self->is_ready = FALSE;
  GST_OBJECT_UNLOCK (self);
}

static GstStateChangeReturn
change_state (GstElement *element, GstStateChange transition)
{
  LatentDemux *self = LATENT_DEMUX (element);
  GstStateChangeReturn result;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
    reset (self);
  result = GST_ELEMENT_CLASS (latent_demux_parent_class)->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    reset (self);
  return result;
}

static void
finalize (GObject *object)
{
  LatentDemux *self = LATENT_DEMUX (object);

  g_clear_pointer (&self->parser, latent_file_parser_unref);
  g_clear_pointer (&self->tracks, g_array_unref);
  g_clear_pointer (&self->combiner, gst_flow_combiner_unref);
  G_OBJECT_CLASS (latent_demux_parent_class)->finalize (object);
}

static void
latent_demux_init (LatentDemux *self)
{
  self->tracks = g_array_new (FALSE, TRUE, sizeof (LatentDemuxTrack));
  self->combiner = gst_flow_combiner_new ();
  reset (self);
  latent_demux_init_input (self);
}

static void
add_template (GstElementClass *klass, const char *name, GstPadDirection direction,
    GstPadPresence presence, GstCaps *caps)
{
  gst_element_class_add_pad_template (
      klass, gst_pad_template_new (name, direction, presence, caps));
  gst_caps_unref (caps);
}

static void
latent_demux_class_init (LatentDemuxClass *klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = finalize;
  element_class->change_state = change_state;
  add_template (element_class, "sink", GST_PAD_SINK, GST_PAD_ALWAYS,
      gst_caps_new_empty_simple (LATENT_MUX_CAPS));
  add_template (element_class, "video_%u", GST_PAD_SRC, GST_PAD_SOMETIMES,
      latent_gst_stream_new_template_caps (LATENT_MEDIA_VIDEO));
  add_template (element_class, "audio_%u", GST_PAD_SRC, GST_PAD_SOMETIMES,
      latent_gst_stream_new_template_caps (LATENT_MEDIA_AUDIO));
  gst_element_class_set_static_metadata (element_class, "Latent demuxer", "Codec/Demuxer",
      "Splits a .lat file into its coded video and audio", "gst-latent");
}
