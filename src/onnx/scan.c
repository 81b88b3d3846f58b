/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/onnx/scan.h"

#include "src/base/limits.h"
#include "src/base/reader.h"

/* What protobuf-c keeps for each field of a message while it reads that message, in arrays that
 * grow by doubling; and what malloc() adds to each block. Both on 64-bit machines. */
#define BYTES_PER_MEMBER 64
#define BYTES_PER_BLOCK  16

typedef struct {
  const guint8 *data; /* of the whole file: positions in messages count from it */
  guint messages;
  guint64 kept; /* bytes that stay allocated for what was scanned so far */
  guint64 live; /* bytes that are allocated only while the messages around this one are read */
  guint64 budget;
} Scan;

typedef enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 } WireType;

typedef struct {
  const ProtobufCFieldDescriptor *known; /* NULL: the schema has no such field */
  guint32 number;
  WireType wire;
  const guint8 *payload; /* for BYTES */
  gsize size;            /* of the payload */
} Field;

static gboolean
fail (const Scan *self, GError **error, LatentError code, const ProtobufCMessageDescriptor *type,
    const guint8 *at, const char *what)
{
  gboolean is_outermost = strcmp (type->short_name, "ModelProto") == 0;

  /* who gave another kind of file is told what was wanted */
  g_set_error (error, LATENT_ERROR, (gint)code, "byte %zu, in %s %s: %s", (gsize)(at - self->data),
      is_outermost ? "an .onnx file's" : "a", type->short_name, what);
  return FALSE;
}

/* FALSE where the bytes are no field. */
static gboolean
get_field (LatentReader *reader, const ProtobufCMessageDescriptor *type, Field *field)
{
  guint64 tag = latent_reader_get_varint (reader);

  *field = (Field){.number = (guint32)(tag >> 3), .wire = (WireType)(tag & 7)};
  if (reader->failed || tag >> 3 == 0 || tag >> 3 > 0x1fffffff)
    return FALSE;
  field->known = protobuf_c_message_descriptor_get_field (type, field->number);
  switch (field->wire) {
  case VARINT:
    field->size = 8;
    latent_reader_get_varint (reader);
    break;
  case FIXED64:
  case FIXED32:
    field->size = field->wire == FIXED64 ? 8 : 4;
    latent_reader_get_bytes (reader, field->size);
    break;
  case BYTES: {
    guint64 size = latent_reader_get_varint (reader);
    field->size = (gsize)size;
    field->payload = latent_reader_get_bytes (reader, (gsize)size);
    break;
  }
  default:
    return FALSE;
  }
  return !reader->failed;
}

static gsize
get_element_size (ProtobufCType type)
{
  switch (type) {
  case PROTOBUF_C_TYPE_INT64:
  case PROTOBUF_C_TYPE_SINT64:
  case PROTOBUF_C_TYPE_UINT64:
  case PROTOBUF_C_TYPE_FIXED64:
  case PROTOBUF_C_TYPE_SFIXED64:
  case PROTOBUF_C_TYPE_DOUBLE:
    return 8;
  case PROTOBUF_C_TYPE_STRING:
  case PROTOBUF_C_TYPE_MESSAGE:
    return sizeof (gpointer);
  case PROTOBUF_C_TYPE_BYTES:
    return sizeof (ProtobufCBinaryData);
  default:
    return 4;
  }
}

static gboolean
is_scalar (ProtobufCType type)
{
  return type != PROTOBUF_C_TYPE_STRING && type != PROTOBUF_C_TYPE_BYTES &&
         type != PROTOBUF_C_TYPE_MESSAGE;
}

/* Elements of a packed array: a varint ends with the only byte of it below 128. */
static gsize
count_packed (const Field *field)
{
  ProtobufCType type = field->known->type;
  gsize n = 0;

  if (type == PROTOBUF_C_TYPE_FLOAT || type == PROTOBUF_C_TYPE_FIXED32 ||
      type == PROTOBUF_C_TYPE_SFIXED32)
    return field->size / 4;
  if (type == PROTOBUF_C_TYPE_DOUBLE || type == PROTOBUF_C_TYPE_FIXED64 ||
      type == PROTOBUF_C_TYPE_SFIXED64)
    return field->size / 8;
  for (gsize i = 0; i < field->size; i++)
    n += field->payload[i] < 128;
  return n;
}

/* Bytes that protobuf-c will keep for a field, but for the message in it. */
static guint64
get_kept (const Field *field)
{
  guint64 kept = 0;

  if (field->known == NULL)
    return sizeof (ProtobufCMessageUnknownField) + field->size + 2 * BYTES_PER_BLOCK;
  if (field->known->label == PROTOBUF_C_LABEL_REPEATED)
    kept = get_element_size (field->known->type);
  if (is_scalar (field->known->type))
    return field->wire == BYTES ? kept * count_packed (field) : kept;
  if (field->known->type != PROTOBUF_C_TYPE_MESSAGE)
    kept += field->size + 2 * BYTES_PER_BLOCK;
  return kept;
}

/* doc_string is for people: what it holds is nobody's identifier. */
static gboolean
is_sound_string (const Field *field)
{
  return field->known == NULL || field->known->type != PROTOBUF_C_TYPE_STRING ||
         field->wire != BYTES || g_str_equal (field->known->name, "doc_string") ||
         g_utf8_validate_len ((const char *)field->payload, field->size, NULL);
}

static gboolean
is_message (const Field *field)
{
  return field->known != NULL && field->known->type == PROTOBUF_C_TYPE_MESSAGE &&
         field->wire == BYTES;
}

/* Counts the fields of a message, without looking into them. */
static gboolean
count_fields (const Scan *self, const ProtobufCMessageDescriptor *type, LatentReader reader,
    guint64 *n, GError **error)
{
  Field field;

  for (*n = 0; latent_reader_get_left (&reader) > 0; ++*n) {
    const guint8 *at = reader.data + reader.pos;
    if (!get_field (&reader, type, &field))
      return fail (self, error, LATENT_ERROR_FORMAT, type, at,
          reader.failed ? "a field is cut short"
                        : "a field with a number or wire type that is none");
  }
  return TRUE;
}

static gboolean scan_message (Scan *self, const ProtobufCMessageDescriptor *type,
    const guint8 *data, gsize size, guint depth, GError **error);

static gboolean
scan_fields (Scan *self, const ProtobufCMessageDescriptor *type, LatentReader reader, guint depth,
    GError **error)
{
  guint64 seen = 0; /* single messages, by their place in the schema */
  Field field;

  while (latent_reader_get_left (&reader) > 0) {
    const guint8 *at = reader.data + reader.pos;
    get_field (&reader, type, &field);
    self->kept += get_kept (&field);
    if (self->kept + self->live > self->budget)
      return fail (self, error, LATENT_ERROR_LIMIT, type, at,
          "what was read so far takes far more memory than the file (LATENT_LIMIT_PARSER_BYTES)");
    if (!is_sound_string (&field))
      return fail (self, error, LATENT_ERROR_FORMAT, type, at, "a string is not UTF-8");
    if (!is_message (&field))
      continue;
    if (field.known->label != PROTOBUF_C_LABEL_REPEATED) {
      guint64 bit = G_GUINT64_CONSTANT (1) << ((field.known - type->fields) & 63);
      /* Legal, but protobuf-c's merging takes time that is quadratic in the number of repeats. */
      if (seen & bit)
        return fail (self, error, LATENT_ERROR_FORMAT, type, at, "a field is set twice");
      seen |= bit;
    }
    if (!scan_message (self, field.known->descriptor, field.payload, field.size, depth + 1, error))
      return FALSE;
  }
  return TRUE;
}

/* Recursion is as deep as LATENT_LIMIT_NESTING at most. */
static gboolean
scan_message (Scan *self, const ProtobufCMessageDescriptor *type, const guint8 *data, gsize size,
    guint depth, GError **error)
{
  LatentReader reader;
  guint64 n_fields = 0;
  gboolean ok;

  latent_reader_init (&reader, data, size);
  if (depth > LATENT_LIMIT_NESTING)
    return fail (self, error, LATENT_ERROR_LIMIT, type, data,
        "messages nest deeper than the limit of " G_STRINGIFY (LATENT_LIMIT_NESTING));
  if (++self->messages > LATENT_LIMIT_MESSAGES)
    return fail (self, error, LATENT_ERROR_LIMIT, type, data,
        "more messages than the limit of " G_STRINGIFY (LATENT_LIMIT_MESSAGES));
  if (!count_fields (self, type, reader, &n_fields, error))
    return FALSE;
  self->kept += type->sizeof_message + BYTES_PER_BLOCK;
  self->live += n_fields * BYTES_PER_MEMBER;
  ok = scan_fields (self, type, reader, depth, error);
  self->live -= n_fields * BYTES_PER_MEMBER;
  return ok;
}

gboolean
latent_onnx_scan (
    const ProtobufCMessageDescriptor *type, const guint8 *data, gsize size, GError **error)
{
  Scan scan = {.data = data, .budget = LATENT_LIMIT_PARSER_BYTES + 2 * (guint64)size};

  return scan_message (&scan, type, data, size, 1, error);
}
