/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-latentmux
 * @title: latentmux
 * @short_description: writes .lat files
 *
 * Interleaves coded streams of video and audio by time into a .lat file: a header, packets with
 * their times, tags, and at the end an index of key packets. It never goes back in the file, so
 * that any sink does, and what is there when the process dies can be played.
 *
 * Packets are written in blocks of at most #LatentMux:block-duration, which is also the latency
 * that it adds; 0 writes every packet at once, at some 30 bytes each.
 *
 * Pads are requested before the first buffer. Caps carry the headers as `streamheader`, so that
 * tcpserversink serves who joins late.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=50 ! videoconvert ! latentvideoenc model=camera.onnx \
 *   ! latentmux ! filesink location=test.lat
 * ]| Two seconds of video.
 */

#include "plugin/mux-private.h"
#include "plugin/properties.h"

#include <string.h>

#include "src/gst/message.h"
#include "src/gst/stream-caps.h"

GST_DEBUG_CATEGORY (latent_mux_debug);
#define GST_CAT_DEFAULT latent_mux_debug

enum {
  PROP_0,
  PROP_BLOCK_DURATION,
  N_PROPERTIES,
};

G_DEFINE_TYPE_WITH_CODE (LatentMux, latent_mux, GST_TYPE_AGGREGATOR,
    G_IMPLEMENT_INTERFACE (GST_TYPE_TAG_SETTER, NULL)
        GST_DEBUG_CATEGORY_INIT (latent_mux_debug, "latentmux", 0, "latentmux element"))

static void
reset_pad (gpointer item, gpointer data)
{
  LatentMuxPad *pad = item;

  pad->stream = LATENT_FILE_WHOLE;
  pad->end = pad->pts = 0;
}

static gboolean
start (GstAggregator *aggregator)
{
  LatentMux *self = LATENT_MUX (aggregator);
  GstSegment segment;
  guint64 block;

  self->writer = latent_file_writer_new (g_random_int ());
  GST_OBJECT_LOCK (self);
  block = self->block_duration;
  self->has_begun = FALSE;
  g_list_foreach (GST_ELEMENT (self)->sinkpads, reset_pad, NULL);
  GST_OBJECT_UNLOCK (self);
  latent_file_writer_set_block_duration (self->writer, block);
  gst_aggregator_set_latency (aggregator, block, block);
  self->offset = self->end = 0;
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_aggregator_update_segment (aggregator, &segment);
  return TRUE;
}

static gboolean
stop (GstAggregator *aggregator)
{
  LatentMux *self = LATENT_MUX (aggregator);

  g_clear_pointer (&self->writer, latent_file_writer_unref);
  g_clear_pointer (&self->tags, gst_tag_list_unref);
  gst_tag_setter_reset_tags (GST_TAG_SETTER (self));
  return TRUE;
}

/* What follows on a flush begins where the file ends. */
static GstFlowReturn
flush (GstAggregator *aggregator)
{
  LatentMux *self = LATENT_MUX (aggregator);

  self->offset = self->end;
  return GST_FLOW_OK;
}

static GstAggregatorPad *
create_new_pad (
    GstAggregator *aggregator, GstPadTemplate *template, const char *wanted, const GstCaps *caps)
{
  LatentMux *self = LATENT_MUX (aggregator);
  const char *format = GST_PAD_TEMPLATE_NAME_TEMPLATE (template);
  gboolean is_video = g_str_has_prefix (format, "video");
  g_autofree char *name = NULL;
  gboolean is_late;
  guint *next = is_video ? &self->n_video : &self->n_audio;
  guint64 number = 0;

  GST_OBJECT_LOCK (self);
  is_late = self->has_begun;
  if (wanted && strlen (wanted) > strlen ("video_") &&
      g_ascii_string_to_unsigned (wanted + strlen ("video_"), 10, 0, G_MAXINT, &number, NULL))
    *next = MAX (*next, (guint)number);
  else
    number = *next;
  (*next)++;
  GST_OBJECT_UNLOCK (self);
  if (is_late) {
    GST_ELEMENT_WARNING (self, STREAM, MUX,
        ("a pad was requested after the file had begun: its stream is left out"), (NULL));
    return NULL;
  }
  name = g_strdup_printf (is_video ? "video_%u" : "audio_%u", (guint)number);
  return g_object_new (
      LATENT_TYPE_MUX_PAD, "name", name, "direction", GST_PAD_SINK, "template", template, NULL);
}

static void
take_tags (LatentMux *self, LatentMuxPad *pad, GstTagList *tags)
{
  if (gst_tag_list_get_scope (tags) == GST_TAG_SCOPE_STREAM) {
    latent_mux_pad_take_tags (pad, tags);
    return;
  }
  gst_tag_setter_merge_tags (
      GST_TAG_SETTER (self), tags, gst_tag_setter_get_tag_merge_mode (GST_TAG_SETTER (self)));
}

static gboolean
sink_event (GstAggregator *aggregator, GstAggregatorPad *base_pad, GstEvent *event)
{
  LatentMux *self = LATENT_MUX (aggregator);
  LatentMuxPad *pad = LATENT_MUX_PAD (base_pad);
  g_autoptr (GError) error = NULL;
  GstTagList *tags;
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_CAPS:
    gst_event_parse_caps (event, &caps);
    if (!latent_mux_pad_take_caps (pad, caps, &error)) {
      latent_gst_post_error (GST_ELEMENT (self), error);
      gst_event_unref (event);
      return FALSE;
    }
    break;
  case GST_EVENT_TAG:
    gst_event_parse_tag (event, &tags);
    take_tags (self, pad, tags);
    break;
  default:
    break;
  }
  return GST_AGGREGATOR_CLASS (latent_mux_parent_class)->sink_event (aggregator, base_pad, event);
}

/* Pads in the order in which they were requested; transfer full. */
static GPtrArray *
get_pads (LatentMux *self)
{
  GPtrArray *pads = g_ptr_array_new_with_free_func (gst_object_unref);

  GST_OBJECT_LOCK (self);
  for (GList *item = GST_ELEMENT (self)->sinkpads; item; item = item->next)
    g_ptr_array_add (pads, gst_object_ref (item->data));
  GST_OBJECT_UNLOCK (self);
  return pads;
}

/* The time in the file of a pad's next buffer; FALSE where it has none. A gap stays until it is
 * over: as long as it lasts the others need not wait. */
static gboolean
peek_time (LatentMux *self, LatentMuxPad *pad, guint64 *time)
{
  g_autoptr (GstBuffer) buffer = gst_aggregator_pad_peek_buffer (GST_AGGREGATOR_PAD (pad));
  LatentFilePacket packet;

  if (!buffer)
    return FALSE;
  packet = latent_mux_pad_describe (pad, buffer, self->offset);
  *time = gst_buffer_get_size (buffer) > 0 ? packet.pts : packet.pts + packet.duration;
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_HEADER))
    *time = 0; /* goes out at once */
  return TRUE;
}

/* The pad whose buffer comes next; is_waiting: one that is not at its end has none. */
static LatentMuxPad *
choose_pad (LatentMux *self, GPtrArray *pads, gboolean *is_waiting)
{
  LatentMuxPad *best = NULL;
  guint64 earliest = G_MAXUINT64;

  *is_waiting = FALSE;
  for (guint i = 0; i < pads->len; i++) {
    LatentMuxPad *pad = pads->pdata[i];
    guint64 time;
    if (!peek_time (self, pad, &time)) {
      *is_waiting |= !gst_aggregator_pad_is_eos (GST_AGGREGATOR_PAD (pad));
      continue;
    }
    if (time < earliest) {
      earliest = time;
      best = pad;
    }
  }
  return best;
}

static GstFlowReturn
fail (LatentMux *self, const GError *error)
{
  latent_gst_post_error (GST_ELEMENT (self), error);
  return GST_FLOW_ERROR;
}

static GstFlowReturn
aggregate (GstAggregator *aggregator, gboolean timeout)
{
  LatentMux *self = LATENT_MUX (aggregator);
  g_autoptr (GPtrArray) pads = get_pads (self);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstBuffer) buffer = NULL;
  gboolean is_waiting;
  LatentMuxPad *pad = choose_pad (self, pads, &is_waiting);

  if (is_waiting && !timeout)
    return GST_AGGREGATOR_FLOW_NEED_DATA;
  if (!self->has_begun && (pad || !is_waiting) && !latent_mux_begin (self, pads, &error))
    return fail (self, error);
  if (!pad)
    return is_waiting ? GST_AGGREGATOR_FLOW_NEED_DATA : latent_mux_finish (self);
  buffer = gst_aggregator_pad_pop_buffer (GST_AGGREGATOR_PAD (pad));
  if (!buffer) /* flushed meanwhile */
    return GST_FLOW_OK;
  if (pad->stream == LATENT_FILE_WHOLE) {
    GST_WARNING_OBJECT (pad, "the file began without this stream");
    return GST_FLOW_OK;
  }
  latent_mux_add_tags (self, pads);
  if (!latent_mux_add_buffer (self, pad, buffer, &error))
    return fail (self, error);
  return latent_mux_push (self);
}

/* Live streams: when a buffer must go, though others may come before it. */
static GstClockTime
get_next_time (GstAggregator *aggregator)
{
  LatentMux *self = LATENT_MUX (aggregator);
  g_autoptr (GPtrArray) pads = get_pads (self);
  GstClockTime earliest = GST_CLOCK_TIME_NONE;

  for (guint i = 0; i < pads->len; i++) {
    GstAggregatorPad *pad = pads->pdata[i];
    g_autoptr (GstBuffer) buffer = gst_aggregator_pad_peek_buffer (pad);
    if (buffer && GST_BUFFER_PTS_IS_VALID (buffer)) {
      GstClockTime time = gst_segment_to_running_time (
          &pad->segment, GST_FORMAT_TIME, GST_BUFFER_PTS (buffer));
      if (GST_CLOCK_TIME_IS_VALID (time))
        earliest = MIN (earliest, time);
    }
  }
  return earliest;
}

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
  LatentMux *self = LATENT_MUX (object);

  if (id != PROP_BLOCK_DURATION) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
    return;
  }
  GST_OBJECT_LOCK (self);
  self->block_duration = g_value_get_uint64 (value);
  GST_OBJECT_UNLOCK (self);
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  LatentMux *self = LATENT_MUX (object);

  if (id != PROP_BLOCK_DURATION) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
    return;
  }
  GST_OBJECT_LOCK (self);
  g_value_set_uint64 (value, self->block_duration);
  GST_OBJECT_UNLOCK (self);
}

static void
latent_mux_init (LatentMux *self)
{
  latent_element_set_defaults (GST_ELEMENT (self));
}

static void
add_template (GstElementClass *klass, const char *name, GstPadDirection direction,
    GstPadPresence presence, GstCaps *caps, GType type)
{
  gst_element_class_add_pad_template (
      klass, gst_pad_template_new_with_gtype (name, direction, presence, caps, type));
  gst_caps_unref (caps);
}

static void
latent_mux_class_init (LatentMuxClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstAggregatorClass *aggregator_class = GST_AGGREGATOR_CLASS (klass);

  object_class->set_property = set_property;
  object_class->get_property = get_property;
  g_object_class_install_property (object_class, PROP_BLOCK_DURATION,
      g_param_spec_uint64 ("block-duration", "Block duration",
          "Packets that are written at once, in nanoseconds; 0: each by itself", 0, 60 * GST_SECOND,
          500 * GST_MSECOND,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_CONSTRUCT |
              GST_PARAM_MUTABLE_READY));

  add_template (element_class, "src", GST_PAD_SRC, GST_PAD_ALWAYS,
      gst_caps_new_empty_simple (LATENT_MUX_CAPS), GST_TYPE_AGGREGATOR_PAD);
  add_template (element_class, "video_%u", GST_PAD_SINK, GST_PAD_REQUEST,
      latent_gst_stream_new_template_caps (LATENT_MEDIA_VIDEO), LATENT_TYPE_MUX_PAD);
  add_template (element_class, "audio_%u", GST_PAD_SINK, GST_PAD_REQUEST,
      latent_gst_stream_new_template_caps (LATENT_MEDIA_AUDIO), LATENT_TYPE_MUX_PAD);
  gst_element_class_set_static_metadata (element_class, "Latent muxer", "Codec/Muxer",
      "Interleaves coded video and audio into a .lat file", "gst-latent");

  aggregator_class->start = start;
  aggregator_class->stop = stop;
  aggregator_class->flush = flush;
  aggregator_class->create_new_pad = create_new_pad;
  aggregator_class->sink_event = sink_event;
  aggregator_class->aggregate = aggregate;
  aggregator_class->get_next_time = get_next_time;
  aggregator_class->negotiate = NULL; /* push() sets the caps */
}
