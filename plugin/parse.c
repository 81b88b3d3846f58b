/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-latentparse
 * @title: latentparse
 * @short_description: completes coded streams that have no container
 *
 * Takes coded video or audio, a unit a buffer (a packet, a sequence header that is repeated, a
 * model packet), as it comes out of a payload or from an application, and gives it complete caps,
 * whatever the caps that came: it reads the sequence header where it is met in the stream. Buffers
 * before it are dropped. It marks packets that depend on others, and headers; times that are
 * missing follow from the frame rate, or the samples of a packet. Packets that are damaged are
 * dropped.
 *
 * Bytes that come without caps (from a file, a socket), or with the field alignment=byte, are cut
 * into units first: one stream's units, one behind the other, in buffers of any size. A sequence
 * header must be among them, or in the caps; `latentvideoenc embed-model=once ! filesink` writes
 * one in front. No packet says its own length, but all have a checksum and a counter: a packet ends
 * where both are right. Bytes that are no unit are left out, with a warning that names the first;
 * the packet before them may be lost with them where it is short. Times follow from the counters,
 * where the stream has a rate. A .lat file is for latentdemux.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=50 ! videoconvert ! latentvideoenc model=camera.onnx \
 *   ! rtpgstpay config-interval=1 ! rtpgstdepay ! latentparse ! latentvideodec model=camera.onnx \
 *   ! fakesink
 * ]| Over RTP, here without a network between.
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=50 ! videoconvert \
 *   ! latentvideoenc model=camera.onnx embed-model=once ! filesink location=clip.bin
 * gst-launch-1.0 filesrc location=clip.bin ! latentparse ! latentvideodec ! fakesink
 * ]| Through a file that has no container.
 */

#include "plugin/parse.h"

#include <latent/codec.h>
#include <string.h>

#include "src/codec/file-chunk.h"
#include "src/codec/packet.h"
#include "src/codec/split.h"
#include "src/gst/message.h"
#include "src/gst/stream-caps.h"

GST_DEBUG_CATEGORY_STATIC (latent_parse_debug);
#define GST_CAT_DEFAULT latent_parse_debug

/* That are told as messages; the log has the rest. */
#define MAX_DAMAGES 100

struct _LatentParse {
  GstBaseParse parent;

  GBytes *header;  /* the caps' */
  gboolean embeds; /* a model was met, or the caps said that one comes */
  gboolean is_discont;

  /* of bytes that were not framed */
  gboolean is_bytes;
  LatentSplitter splitter;
  guint64 at;          /* bytes that were taken */
  guint64 n_garbage;   /* of those the last so many were no unit */
  guint n_damages;     /* that were met */
  guint last;          /* counter of the last packet */
  guint64 n_steps;     /* from the first packet's to the last one's; as below */
  gboolean has_packet; /* one came */
  guint step_n;        /* what a packet lasts, in seconds; 0: not known */
  guint step_d;
};

G_DEFINE_TYPE_WITH_CODE (LatentParse, latent_parse, GST_TYPE_BASE_PARSE,
    GST_DEBUG_CATEGORY_INIT (latent_parse_debug, "latentparse", 0, "latentparse element"))

static gboolean
start (GstBaseParse *parse)
{
  LatentParse *self = LATENT_PARSE (parse);

  self->embeds = self->is_discont = self->has_packet = FALSE;
  self->last = 0;
  self->is_bytes = TRUE; /* as long as no caps say otherwise */
  self->splitter = (LatentSplitter){0};
  self->at = self->n_garbage = self->n_steps = 0;
  self->n_damages = self->step_n = 0;
  gst_base_parse_set_min_frame_size (parse, 1);
  gst_base_parse_set_syncable (parse, FALSE);
  return TRUE;
}

static gboolean
stop (GstBaseParse *parse)
{
  LatentParse *self = LATENT_PARSE (parse);

  g_clear_pointer (&self->header, g_bytes_unref);
  return TRUE;
}

static void
set_caps (LatentParse *self, const LatentStreamInfo *info)
{
  g_autoptr (GstCaps) caps = latent_gst_stream_new_caps (info, self->header);

  if (self->embeds)
    gst_caps_set_simple (caps, LATENT_GST_EMBEDDED, G_TYPE_BOOLEAN, TRUE, NULL);
  gst_pad_set_caps (GST_BASE_PARSE_SRC_PAD (self), caps);
  self->step_n = info->kind == LATENT_MEDIA_AUDIO ? info->hop : info->fps_d;
  self->step_d = info->kind == LATENT_MEDIA_AUDIO ? info->rate : info->fps_n;
  if (self->step_d > 0)
    gst_base_parse_set_frame_rate (GST_BASE_PARSE (self), self->step_d, self->step_n, 0, 0);
}

static gboolean
take_header (LatentParse *self, GBytes *header)
{
  g_autoptr (GError) error = NULL;
  LatentStreamInfo info;

  if (self->header && g_bytes_equal (self->header, header))
    return TRUE;
  if (!latent_stream_info_parse (
          &info, g_bytes_get_data (header, NULL), g_bytes_get_size (header), &error)) {
    latent_gst_post_error (GST_ELEMENT (self), error);
    return FALSE;
  }
  g_clear_pointer (&self->header, g_bytes_unref);
  self->header = g_bytes_ref (header);
  latent_splitter_set_info (&self->splitter, &info);
  set_caps (self, &info);
  return TRUE;
}

static void
take_model (LatentParse *self)
{
  LatentStreamInfo info;

  if (self->embeds || !self->header)
    return;
  self->embeds = TRUE;
  if (latent_stream_info_parse (
          &info, g_bytes_get_data (self->header, NULL), g_bytes_get_size (self->header), NULL))
    set_caps (self, &info);
}

static gboolean
set_sink_caps (GstBaseParse *parse, GstCaps *caps)
{
  LatentParse *self = LATENT_PARSE (parse);
  g_autoptr (GBytes) header = latent_gst_stream_get_header (caps);
  gboolean embeds = FALSE;

  const GstStructure *structure = gst_caps_get_structure (caps, 0);

  gst_structure_get_boolean (structure, LATENT_GST_EMBEDDED, &embeds);
  self->embeds |= embeds;
  self->is_bytes = g_strcmp0 (gst_structure_get_string (structure, "alignment"), "byte") == 0;
  return !header || take_header (self, header);
}

/* Times by the counters of packets, so that those that are missing leave a gap. */
static void
set_time (LatentParse *self, GstBuffer *buffer, guint64 step, guint n)
{
  guint64 scale = GST_SECOND * self->step_n;

  if (self->step_d == 0)
    return;
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale (step, scale, self->step_d);
  GST_BUFFER_DTS (buffer) = GST_BUFFER_PTS (buffer); /* which the base class makes up otherwise */
  GST_BUFFER_DURATION (buffer) = gst_util_uint64_scale (n, scale, self->step_d);
}

static void
time_packet (LatentParse *self, GstBuffer *buffer, guint number)
{
  if (self->has_packet)
    self->n_steps += (guint16)(number - self->last);
  self->has_packet = TRUE;
  self->last = number;
  set_time (self, buffer, self->n_steps, 1);
}

/* Whether a unit is to go on; sets its buffer's flags. */
static gboolean
take_unit (LatentParse *self, GstBuffer *buffer, LatentUnit unit, const guint8 *data, gsize size)
{
  g_autoptr (GBytes) bytes = NULL;
  LatentPacketInfo info;

  if (unit == LATENT_UNIT_PACKET) {
    if (!latent_packet_info_parse (&info, data, size, NULL))
      return FALSE;
    if (self->is_bytes)
      time_packet (self, buffer, latent_packet_get_number (data, self->last + 1));
    GST_BUFFER_FLAG_UNSET (buffer, GST_BUFFER_FLAG_HEADER);
    if (info.key)
      GST_BUFFER_FLAG_UNSET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    else
      GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    return self->header != NULL;
  }
  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_HEADER);
  GST_BUFFER_FLAG_UNSET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  bytes = unit == LATENT_UNIT_HEADER ? g_bytes_new (data, size) : NULL;
  if (bytes && !take_header (self, bytes))
    return FALSE;
  if (!bytes)
    take_model (self);
  if (self->is_bytes)
    set_time (self, buffer, self->n_steps + self->has_packet, 0);
  return self->header != NULL;
}

/* What was left out ended before byte `at`. */
static void
tell_garbage (LatentParse *self)
{
  guint64 from = self->at - self->n_garbage;

  if (self->n_garbage > 0 && self->n_damages++ < MAX_DAMAGES)
    GST_ELEMENT_WARNING (self, STREAM, DECODE,
        ("byte %" G_GUINT64_FORMAT " of the stream: %" G_GUINT64_FORMAT
         " bytes are no packet and no header, and are left out",
            from, self->n_garbage),
        (NULL));
  self->n_garbage = 0;
}

/* FALSE: an error was posted. */
static gboolean
skip_garbage (LatentParse *self, const GstMapInfo *map, gsize n, gboolean is_end)
{
  if (self->at == 0 && map->size >= LATENT_FILE_MAGIC_BYTES &&
      memcmp (map->data, LATENT_FILE_MAGIC, LATENT_FILE_MAGIC_BYTES) == 0) {
    GST_ELEMENT_ERROR (self, STREAM, WRONG_TYPE,
        ("byte 0 of the stream: a .lat file begins here, which latentdemux reads"), (NULL));
    return FALSE;
  }
  self->at += n;
  self->n_garbage += n;
  if (!is_end || n < map->size)
    return TRUE;
  if (!self->header) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT,
        ("byte %" G_GUINT64_FORMAT " of the stream: it ends, and no sequence header came",
            self->at),
        (NULL));
    return FALSE;
  }
  tell_garbage (self);
  return TRUE;
}

/* Finds the unit that begins a frame's bytes, and its size; 0: none ends in them, and `skip` of
 * them are no part of one. FALSE: an error was posted. */
static gboolean
find_unit (LatentParse *self, const GstMapInfo *map, LatentUnit *unit, gsize *size, gint *skip)
{
  gboolean is_end = GST_BASE_PARSE_DRAINING (self);

  *size = map->size;
  *skip = 0;
  if (!self->is_bytes) {
    *unit = latent_unit_get (map->data, map->size);
    return TRUE;
  }
  switch (latent_splitter_next (&self->splitter, map->data, map->size, is_end, size, unit)) {
  case LATENT_SPLIT_UNIT:
    tell_garbage (self);
    self->at += *size;
    return TRUE;
  case LATENT_SPLIT_GARBAGE:
    *skip = (gint)*size;
    *size = 0;
    self->is_discont = TRUE;
    return skip_garbage (self, map, (gsize)*skip, is_end);
  default:
    *size = 0;
    return TRUE;
  }
}

static GstFlowReturn
finish_unit (
    LatentParse *self, GstBaseParseFrame *frame, gboolean is_frame, gboolean ok, gsize size)
{
  if (!is_frame)
    frame->flags |= GST_BASE_PARSE_FRAME_FLAG_NO_FRAME;
  if (!ok) {
    GST_DEBUG_OBJECT (self, "%" G_GSIZE_FORMAT " bytes are dropped", size);
    frame->flags |= GST_BASE_PARSE_FRAME_FLAG_DROP;
    self->is_discont = TRUE;
  } else if (is_frame && self->is_discont) {
    GST_BUFFER_FLAG_SET (frame->buffer, GST_BUFFER_FLAG_DISCONT);
    self->is_discont = FALSE;
  }
  if (self->is_bytes)
    frame->out_buffer = gst_buffer_copy_region (frame->buffer, GST_BUFFER_COPY_ALL, 0, size);
  return gst_base_parse_finish_frame (GST_BASE_PARSE (self), frame, (gint)size);
}

static GstFlowReturn
handle_frame (GstBaseParse *parse, GstBaseParseFrame *frame, gint *skip)
{
  LatentParse *self = LATENT_PARSE (parse);
  LatentUnit unit = LATENT_UNIT_PACKET;
  gboolean ok, is_found;
  GstMapInfo map;
  gsize size;

  frame->buffer = gst_buffer_make_writable (frame->buffer);
  if (!gst_buffer_map (frame->buffer, &map, GST_MAP_READ))
    return GST_FLOW_ERROR;
  is_found = find_unit (self, &map, &unit, &size, skip);
  ok = is_found && size > 0 && take_unit (self, frame->buffer, unit, map.data, size);
  gst_buffer_unmap (frame->buffer, &map);
  if (!is_found)
    return GST_FLOW_ERROR;
  return size > 0 ? finish_unit (self, frame, unit == LATENT_UNIT_PACKET, ok, size) : GST_FLOW_OK;
}

static void
latent_parse_init (LatentParse *self)
{
}

static void
add_template (GstElementClass *klass, const char *name, GstPadDirection direction, GstCaps *caps)
{
  gst_element_class_add_pad_template (
      klass, gst_pad_template_new (name, direction, GST_PAD_ALWAYS, caps));
  gst_caps_unref (caps);
}

static void
latent_parse_class_init (LatentParseClass *klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseParseClass *parse_class = GST_BASE_PARSE_CLASS (klass);

  add_template (element_class, "sink", GST_PAD_SINK,
      gst_caps_from_string (LATENT_GST_VIDEO_STREAM ";" LATENT_GST_AUDIO_STREAM));
  add_template (element_class, "src", GST_PAD_SRC,
      gst_caps_merge (latent_gst_stream_new_template_caps (LATENT_MEDIA_VIDEO),
          latent_gst_stream_new_template_caps (LATENT_MEDIA_AUDIO)));
  gst_element_class_set_static_metadata (element_class, "Latent parser", "Codec/Parser",
      "Completes caps, flags and times of coded streams", "gst-latent");

  parse_class->start = start;
  parse_class->stop = stop;
  parse_class->set_sink_caps = set_sink_caps;
  parse_class->handle_frame = handle_frame;
}
