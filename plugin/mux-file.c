/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/mux-private.h"

#include <latent/codec.h>

#include "src/codec/split.h"
#include "src/gst/tags.h"

GST_DEBUG_CATEGORY_EXTERN (latent_mux_debug);
#define GST_CAT_DEFAULT latent_mux_debug

typedef struct {
  LatentMux *self;
  guint stream;
} TagTarget;

static void
add_tag (const char *key, const char *value, gpointer data)
{
  const TagTarget *target = data;
  g_autoptr (GError) error = NULL;

  if (!latent_file_writer_add_tag (target->self->writer, target->stream, key, value, &error))
    GST_WARNING_OBJECT (target->self, "tag %s is left out: %s", key, error->message);
}

static void
add_pad_tags (LatentMux *self, LatentMuxPad *pad)
{
  TagTarget target = {self, pad->stream};

  if (!pad->tags)
    return;
  latent_gst_tags_put (pad->tags, add_tag, &target);
  g_clear_pointer (&pad->tags, gst_tag_list_unref);
}

static void
add_file_tags (LatentMux *self)
{
  const GstTagList *tags = gst_tag_setter_get_tag_list (GST_TAG_SETTER (self));
  TagTarget target = {self, LATENT_FILE_WHOLE};

  if (!tags)
    return;
  latent_gst_tags_put (tags, add_tag, &target);
  gst_tag_setter_reset_tags (GST_TAG_SETTER (self));
}

void
latent_mux_add_tags (LatentMux *self, GPtrArray *pads)
{
  add_file_tags (self);
  for (guint i = 0; i < pads->len; i++) {
    if (((LatentMuxPad *)pads->pdata[i])->stream != LATENT_FILE_WHOLE)
      add_pad_tags (self, pads->pdata[i]);
  }
}

gboolean
latent_mux_begin (LatentMux *self, GPtrArray *pads, GError **error)
{
  guint n = 0;

  GST_OBJECT_LOCK (self);
  self->has_begun = TRUE;
  GST_OBJECT_UNLOCK (self);
  for (guint i = 0; i < pads->len; i++) {
    LatentMuxPad *pad = pads->pdata[i];
    gsize size;
    const guint8 *header;
    if (!pad->header)
      continue;
    header = g_bytes_get_data (pad->header, &size);
    if (!latent_file_writer_add_stream (
            self->writer, latent_mux_pad_get_kind (pad), header, size, pad->duration, error))
      return FALSE;
    pad->stream = n++;
  }
  return TRUE;
}

/* The caps say the headers of the file. */
static void
set_caps (LatentMux *self, GPtrArray *headers)
{
  g_autoptr (GstCaps) caps = gst_caps_new_empty_simple (LATENT_MUX_CAPS);
  g_auto (GValue) array = G_VALUE_INIT;

  g_value_init (&array, GST_TYPE_ARRAY);
  for (guint i = 0; i < headers->len; i++) {
    g_auto (GValue) value = G_VALUE_INIT;
    g_value_init (&value, GST_TYPE_BUFFER);
    gst_value_set_buffer (&value, headers->pdata[i]);
    gst_value_array_append_value (&array, &value);
  }
  gst_structure_set_value (gst_caps_get_structure (caps, 0), "streamheader", &array);
  gst_aggregator_set_src_caps (GST_AGGREGATOR (self), caps);
}

static GstBuffer *
wrap (GBytes *bytes, const LatentFilePiece *piece)
{
  GstBuffer *buffer = gst_buffer_new_wrapped_bytes (bytes);

  if (piece->has_packets) {
    GST_BUFFER_PTS (buffer) = piece->pts;
    GST_BUFFER_DURATION (buffer) = piece->end - piece->pts;
  }
  if (piece->is_header)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_HEADER);
  else if (!piece->is_key)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  return buffer;
}

GstFlowReturn
latent_mux_push (LatentMux *self)
{
  g_autoptr (GPtrArray) buffers = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_buffer_unref);
  GstFlowReturn flow = GST_FLOW_OK;
  gboolean is_first = FALSE;
  LatentFilePiece piece;
  GBytes *bytes;

  while ((bytes = latent_file_writer_take (self->writer, &piece)) != NULL) {
    is_first |= piece.is_header && !gst_pad_has_current_caps (GST_AGGREGATOR (self)->srcpad);
    self->end = piece.has_packets ? MAX (self->end, piece.end) : self->end;
    g_ptr_array_add (buffers, wrap (bytes, &piece));
    g_bytes_unref (bytes);
  }
  if (is_first) {
    g_autoptr (GPtrArray) headers = g_ptr_array_new ();
    for (guint i = 0; i < buffers->len; i++) {
      if (GST_BUFFER_FLAG_IS_SET (buffers->pdata[i], GST_BUFFER_FLAG_HEADER))
        g_ptr_array_add (headers, buffers->pdata[i]);
    }
    set_caps (self, headers);
  }
  for (guint i = 0; i < buffers->len && flow == GST_FLOW_OK; i++)
    flow = gst_aggregator_finish_buffer (GST_AGGREGATOR (self), gst_buffer_ref (buffers->pdata[i]));
  return flow;
}

/* A header buffer: the sequence header, which the file has, or a model. */
static gboolean
add_header (LatentMux *self, LatentMuxPad *pad, const GstMapInfo *map, GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new (map->data, map->size);
  LatentStreamInfo info;

  if (g_bytes_equal (bytes, pad->header))
    return TRUE;
  if (!latent_stream_info_parse (&info, map->data, map->size, NULL))
    return latent_file_writer_add_model (self->writer, pad->stream, bytes, error);
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE,
      "pad %s: the stream's sequence header changes, which a .lat file cannot do",
      GST_OBJECT_NAME (pad));
  return FALSE;
}

gboolean
latent_mux_add_buffer (LatentMux *self, LatentMuxPad *pad, GstBuffer *buffer, GError **error)
{
  LatentFilePacket packet = latent_mux_pad_describe (pad, buffer, self->offset);
  gboolean is_header, ok;
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FAILED, "a buffer cannot be read");
    return FALSE;
  }
  /* a payload does not keep the flag HEADER */
  is_header = latent_unit_get (map.data, map.size) != LATENT_UNIT_PACKET ||
              GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_HEADER);
  if (map.size == 0) /* a gap */
    ok = TRUE;
  else if (is_header)
    ok = add_header (self, pad, &map, error);
  else
    ok = latent_file_writer_add_packet (self->writer, &packet, map.data, map.size, error);
  gst_buffer_unmap (buffer, &map);
  if (!is_header) {
    pad->pts = packet.pts;
    pad->end = MAX (pad->end, packet.pts + packet.duration);
  }
  return ok;
}

GstFlowReturn
latent_mux_finish (LatentMux *self)
{
  GstFlowReturn flow;

  add_file_tags (self);
  latent_file_writer_finish (self->writer);
  flow = latent_mux_push (self);
  return flow == GST_FLOW_OK ? GST_FLOW_EOS : flow;
}
