/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/onnx/proto.h"

/* Names of ONNX's AttributeType, for messages. */
static const char *const type_names[] = {"UNDEFINED", "FLOAT", "INT", "STRING", "TENSOR", "GRAPH",
    "FLOATS", "INTS", "STRINGS", "TENSORS", "GRAPHS", "SPARSE_TENSOR", "SPARSE_TENSORS",
    "TYPE_PROTO", "TYPE_PROTOS"};

static const char *
get_type_name (int type)
{
  return type >= 0 && type < (int)G_N_ELEMENTS (type_names) ? type_names[type] : "unknown";
}

/* The types whose field is set: as a mask of 1 << AttributeType. */
static guint32
find_set (const Onnx__AttributeProto *proto)
{
  const gboolean set[] = {
      [ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT] = proto->has_f,
      [ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT] = proto->has_i,
      [ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING] = proto->has_s,
      [ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR] = proto->t != NULL,
      [ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH] = proto->g != NULL,
      [ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS] = proto->n_floats > 0,
      [ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS] = proto->n_ints > 0,
      [ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS] = proto->n_strings > 0,
      [ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSORS] = proto->n_tensors > 0,
      [ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPHS] = proto->n_graphs > 0,
      [ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSOR] = proto->sparse_tensor != NULL,
      [ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSORS] = proto->n_sparse_tensors > 0,
      [ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TYPE_PROTO] = proto->tp != NULL,
      [ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TYPE_PROTOS] = proto->n_type_protos > 0,
  };
  guint32 mask = 0;

  for (guint i = 0; i < G_N_ELEMENTS (set); i++)
    mask |= set[i] ? 1u << i : 0;
  return mask;
}

static char *
copy_string (ProtobufCBinaryData data)
{
  char *copy = g_malloc0 (data.len + 1);

  if (data.len > 0)
    memcpy (copy, data.data, data.len);
  return copy;
}

/* Text: what the library compares and prints. */
static gboolean
check_string (ProtobufCBinaryData data, GError **error)
{
  if (data.len < G_MAXINT32 && g_utf8_validate_len ((const char *)data.data, data.len, NULL))
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED, "a string that is not UTF-8");
  return FALSE;
}

static gboolean
get_strings (LatentAttribute *self, const Onnx__AttributeProto *proto, GError **error)
{
  self->n = (guint)proto->n_strings;
  self->strings = g_new0 (char *, proto->n_strings + 1);
  for (size_t i = 0; i < proto->n_strings; i++) {
    if (!check_string (proto->strings[i], error))
      return FALSE;
    self->strings[i] = copy_string (proto->strings[i]);
  }
  return TRUE;
}

static gboolean
get_contents (LatentAttribute *self, Onnx__AttributeProto *proto, LatentOnnxExternal *external,
    GError **error)
{
  switch (self->type) {
  case LATENT_ATTRIBUTE_FLOAT:
    self->f = proto->f;
    return TRUE;
  case LATENT_ATTRIBUTE_INT:
    self->i = proto->i;
    return TRUE;
  case LATENT_ATTRIBUTE_STRING:
    if (!check_string (proto->s, error))
      return FALSE;
    self->s = copy_string (proto->s);
    self->n = (guint)proto->s.len;
    return TRUE;
  case LATENT_ATTRIBUTE_TENSOR:
    if (proto->t != NULL)
      self->tensor = latent_onnx_get_tensor (proto->t, external, error);
    else
      g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "there is no tensor");
    return self->tensor != NULL;
  case LATENT_ATTRIBUTE_FLOATS:
    self->n = (guint)proto->n_floats;
    self->floats = g_steal_pointer (&proto->floats); /* malloc()'s, as all of protobuf-c's is */
    proto->n_floats = 0;
    return TRUE;
  case LATENT_ATTRIBUTE_INTS:
    self->n = (guint)proto->n_ints;
    self->ints = g_steal_pointer (&proto->ints);
    proto->n_ints = 0;
    return TRUE;
  case LATENT_ATTRIBUTE_STRINGS:
    return get_strings (self, proto, error);
  }
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED, "attributes of type %s",
      get_type_name ((int)self->type));
  return FALSE;
}

LatentAttribute *
latent_onnx_get_attribute (
    Onnx__AttributeProto *proto, LatentOnnxExternal *external, GError **error)
{
  g_autoptr (LatentAttribute) self = g_new0 (LatentAttribute, 1);
  const char *name = proto->name != NULL ? proto->name : "";
  guint32 others;

  self->name = g_strdup (name);
  self->type = (LatentAttributeType)proto->type;
  /* Fields that hold the default are left out by some writers: none set is sound. */
  others = proto->type > 0 && proto->type < 32 ? find_set (proto) & ~(1u << proto->type) : 0;
  if (name[0] == '\0' || proto->ref_attr_name != NULL || others != 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "attribute '%s' %s", name,
        name[0] == '\0'                ? "has no name"
        : proto->ref_attr_name != NULL ? "refers to one of a function"
                                       : "holds another type than it says");
    return NULL;
  }
  if (!get_contents (self, proto, external, error)) {
    g_prefix_error (error, "attribute '%s': ", name);
    return NULL;
  }
  return g_steal_pointer (&self);
}

static void
put_strings (Onnx__AttributeProto *proto, const LatentAttribute *attribute, GPtrArray *garbage)
{
  proto->n_strings = attribute->n;
  proto->strings = g_new0 (ProtobufCBinaryData, attribute->n + 1);
  g_ptr_array_add (garbage, proto->strings);
  for (guint i = 0; i < attribute->n; i++) {
    char *s = attribute->strings[i];
    proto->strings[i] = (ProtobufCBinaryData){strlen (s), (guint8 *)s};
  }
}

Onnx__AttributeProto *
latent_onnx_put_attribute (const LatentAttribute *attribute, GPtrArray *garbage)
{
  Onnx__AttributeProto *proto = g_new (Onnx__AttributeProto, 1);

  g_ptr_array_add (garbage, proto);
  onnx__attribute_proto__init (proto);
  proto->name = attribute->name;
  proto->has_type = TRUE;
  proto->type = (Onnx__AttributeProto__AttributeType)attribute->type;
  switch (attribute->type) {
  case LATENT_ATTRIBUTE_FLOAT:
    proto->has_f = TRUE;
    proto->f = attribute->f;
    break;
  case LATENT_ATTRIBUTE_INT:
    proto->has_i = TRUE;
    proto->i = attribute->i;
    break;
  case LATENT_ATTRIBUTE_STRING:
    proto->has_s = TRUE;
    proto->s = (ProtobufCBinaryData){attribute->n, (guint8 *)attribute->s};
    break;
  case LATENT_ATTRIBUTE_TENSOR:
    proto->t = latent_onnx_put_tensor (NULL, attribute->tensor, garbage);
    break;
  case LATENT_ATTRIBUTE_FLOATS:
    proto->n_floats = attribute->n;
    proto->floats = attribute->floats;
    break;
  case LATENT_ATTRIBUTE_INTS:
    proto->n_ints = attribute->n;
    proto->ints = attribute->ints;
    break;
  case LATENT_ATTRIBUTE_STRINGS:
    put_strings (proto, attribute, garbage);
    break;
  }
  return proto;
}
