/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <string.h>

/* Writes protobuf's wire format by hand, sound or not: what loaders are tested with. Field numbers
 * are those of onnx.proto. */

static inline void
wire_varint (GByteArray *self, guint64 value)
{
  do {
    guint8 byte = (guint8)((value & 127) | (value > 127 ? 128 : 0));
    g_byte_array_append (self, &byte, 1);
    value >>= 7;
  } while (value > 0);
}

static inline void
wire_int (GByteArray *self, guint field, guint64 value)
{
  wire_varint (self, field << 3);
  wire_varint (self, value);
}

static inline void
wire_data (GByteArray *self, guint field, gconstpointer data, gsize size)
{
  wire_varint (self, field << 3 | 2);
  wire_varint (self, size);
  g_byte_array_append (self, data, (guint)size);
}

static inline void
wire_text (GByteArray *self, guint field, const char *text)
{
  wire_data (self, field, text, strlen (text));
}

/* Takes the message. */
static inline void
wire_message (GByteArray *self, guint field, GByteArray *message)
{
  wire_data (self, field, message->data, message->len);
  g_byte_array_unref (message);
}

/* A TensorProto without data. */
static inline GByteArray *
wire_tensor (const char *name, guint type, guint n_dims, const gint64 *dims)
{
  GByteArray *self = g_byte_array_new ();

  for (guint i = 0; i < n_dims; i++)
    wire_int (self, 1, (guint64)dims[i]);
  wire_int (self, 2, type);
  wire_text (self, 8, name);
  return self;
}

/* A ValueInfoProto of a tensor; a size of -1 is the symbol "n". */
static inline GByteArray *
wire_value (const char *name, guint type, guint n_dims, const gint64 *dims)
{
  GByteArray *self = g_byte_array_new ();
  GByteArray *shape = g_byte_array_new ();
  GByteArray *tensor = g_byte_array_new ();
  GByteArray *any = g_byte_array_new ();

  for (guint i = 0; i < n_dims; i++) {
    GByteArray *dim = g_byte_array_new ();
    if (dims[i] == -1)
      wire_text (dim, 2, "n");
    else
      wire_int (dim, 1, (guint64)dims[i]);
    wire_message (shape, 1, dim);
  }
  wire_int (tensor, 1, type);
  wire_message (tensor, 2, shape);
  wire_message (any, 1, tensor);
  wire_text (self, 1, name);
  wire_message (self, 2, any);
  return self;
}

/* A NodeProto of one or two inputs (b may be NULL) and one output. */
static inline GByteArray *
wire_node (const char *op, const char *a, const char *b, const char *output)
{
  GByteArray *self = g_byte_array_new ();

  wire_text (self, 1, a);
  if (b != NULL)
    wire_text (self, 1, b);
  wire_text (self, 2, output);
  wire_text (self, 4, op);
  return self;
}

/* A GraphProto with the input x and the output y, float32 of 1x4, and nothing between them. */
static inline GByteArray *
wire_graph (void)
{
  GByteArray *self = g_byte_array_new ();
  const gint64 dims[] = {1, 4};

  wire_message (self, 11, wire_value ("x", 1, 2, dims));
  wire_message (self, 12, wire_value ("y", 1, 2, dims));
  return self;
}

/* A ModelProto around a graph, which is taken. */
static inline GByteArray *
wire_model_of (guint64 ir_version, guint64 opset, GByteArray *graph)
{
  GByteArray *self = g_byte_array_new ();
  GByteArray *import = g_byte_array_new ();

  wire_int (self, 1, ir_version);
  wire_int (import, 2, opset);
  wire_message (self, 8, import);
  wire_message (self, 7, graph);
  return self;
}

static inline GByteArray *
wire_model (GByteArray *graph)
{
  return wire_model_of (8, 13, graph);
}

static inline void
wire_metadata (GByteArray *model, const char *key, const char *value)
{
  GByteArray *entry = g_byte_array_new ();

  wire_text (entry, 1, key);
  wire_text (entry, 2, value);
  wire_message (model, 14, entry);
}
