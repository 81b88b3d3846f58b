/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "src/base/numeric.h"
#include "src/onnx/proto.h"
#include "src/onnx/scan.h"

#if G_BYTE_ORDER != G_LITTLE_ENDIAN
#error "ONNX's raw data are little-endian and are taken as they are"
#endif

/* A typed array of a TensorProto. */
typedef struct {
  LatentDataType type; /* of its elements */
  gpointer *data;      /* where the message points to it */
  size_t *n;
} Storage;

/* The array in which ONNX keeps elements of a type that are not raw. */
static gboolean
find_storage (Onnx__TensorProto *proto, LatentDataType type, Storage *storage)
{
  switch (type) {
  case LATENT_DATA_TYPE_FLOAT32:
    *storage = (Storage){type, (gpointer *)&proto->float_data, &proto->n_float_data};
    return TRUE;
  case LATENT_DATA_TYPE_FLOAT64:
    *storage = (Storage){type, (gpointer *)&proto->double_data, &proto->n_double_data};
    return TRUE;
  case LATENT_DATA_TYPE_INT64:
    *storage = (Storage){type, (gpointer *)&proto->int64_data, &proto->n_int64_data};
    return TRUE;
  case LATENT_DATA_TYPE_UINT32:
  case LATENT_DATA_TYPE_UINT64:
    *storage = (Storage){
        LATENT_DATA_TYPE_UINT64, (gpointer *)&proto->uint64_data, &proto->n_uint64_data};
    return TRUE;
  default:
    *storage = (Storage){
        LATENT_DATA_TYPE_INT32, (gpointer *)&proto->int32_data, &proto->n_int32_data};
    return latent_data_type_get_size (type) > 0;
  }
}

static gsize
count_elements (const Onnx__TensorProto *proto)
{
  return proto->n_float_data + proto->n_double_data + proto->n_int32_data + proto->n_int64_data +
         proto->n_uint64_data + proto->n_string_data;
}

static gboolean
get_shape (const Onnx__TensorProto *proto, LatentShape *shape, GError **error)
{
  if (proto->n_dims > LATENT_MAX_DIMS) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT, "%zu dimensions; the limit is %u",
        proto->n_dims, LATENT_MAX_DIMS);
    return FALSE;
  }
  *shape = (LatentShape){.n = (guint)proto->n_dims};
  for (size_t i = 0; i < proto->n_dims; i++) {
    shape->dims[i] = proto->dims[i];
    if (proto->dims[i] < 0) {
      g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "dimension %zu is %" G_GINT64_FORMAT,
          i, proto->dims[i]);
      return FALSE;
    }
  }
  return TRUE;
}

/* Memory of malloc()'s, as protobuf-c's is. */
static LatentTensor *
take (LatentDataType type, const LatentShape *shape, gpointer data, gsize size, GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new_with_free_func (data, size, free, data);

  return latent_tensor_new_from_bytes (type, shape->n, shape->dims, bytes, error);
}

/* int32_data and uint64_data hold narrower types too: float16 and bfloat16 as their bits. */
static LatentTensor *
narrow (const Storage *storage, LatentDataType type, const LatentShape *shape, GError **error)
{
  LatentTensor *tensor = latent_tensor_new_shape (type, shape, error);
  LatentDataType bits = latent_data_type_is_real (type) ? LATENT_DATA_TYPE_UINT16 : type;

  if (tensor == NULL)
    return NULL;
  latent_convert (storage->type, *storage->data, bits, tensor->data, 0, tensor->n_elements);
  for (gsize i = 0; i < tensor->n_elements && type != LATENT_DATA_TYPE_BOOL; i++) {
    gint64 wide, now;
    latent_load_ints (storage->type, *storage->data, i, 1, &wide);
    latent_load_ints (bits, tensor->data, i, 1, &now);
    if (wide == now)
      continue;
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
        "element %zu is %" G_GINT64_FORMAT ", which no %s is", i, wide,
        latent_data_type_get_name (type));
    latent_tensor_unref (tensor);
    return NULL;
  }
  return tensor;
}

static LatentTensor *
get_typed (Onnx__TensorProto *proto, LatentDataType type, const LatentShape *shape, gsize n,
    GError **error)
{
  Storage storage;
  gpointer data;

  find_storage (proto, type, &storage);
  if (*storage.n != n || count_elements (proto) != n) {
    g_autofree char *text = latent_shape_to_string (shape);
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "a %s tensor of shape %s has %zu elements, %zu of its type and %zu in all are given",
        latent_data_type_get_name (type), text, n, *storage.n, count_elements (proto));
    return NULL;
  }
  if (storage.type != type || n == 0)
    return narrow (&storage, type, shape, error);
  data = g_steal_pointer (storage.data);
  *storage.n = 0;
  return take (type, shape, data, n * latent_data_type_get_size (type), error);
}

static gpointer
fail_both (GError **error)
{
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "data are given both raw and as elements");
  return NULL;
}

static LatentTensor *
get_raw (Onnx__TensorProto *proto, LatentDataType type, const LatentShape *shape, GError **error)
{
  gsize size = proto->raw_data.len;
  gpointer data = g_steal_pointer (&proto->raw_data.data);

  proto->raw_data.len = 0;
  if (count_elements (proto) > 0) {
    free (data);
    return fail_both (error);
  }
  return take (type, shape, data, size, error);
}

/* The rest of the library may rely on 0 and 1. */
static gboolean
check_bools (const LatentTensor *tensor, GError **error)
{
  const guint8 *data = tensor->data;

  for (gsize i = 0; tensor->type == LATENT_DATA_TYPE_BOOL && i < tensor->n_elements; i++)
    if (data[i] > 1) {
      g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "element %zu is %u, which no bool is",
          i, data[i]);
      return FALSE;
    }
  return TRUE;
}

/* Type and shape, and what they take. */
static gboolean
get_kind (const Onnx__TensorProto *proto, LatentShape *shape, gsize *n, gsize *size, GError **error)
{
  LatentDataType type = (LatentDataType)proto->data_type;

  if (!proto->has_data_type || proto->segment != NULL || latent_data_type_get_size (type) == 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED, "%s of type %s (%d)",
        proto->segment != NULL ? "a segment of a tensor" : "a tensor",
        latent_data_type_get_name (type), proto->data_type);
    return FALSE;
  }
  return get_shape (proto, shape, error) && latent_shape_count (shape, type, n, size, error);
}

LatentTensor *
latent_onnx_get_tensor (Onnx__TensorProto *proto, LatentOnnxExternal *external, GError **error)
{
  LatentDataType type = (LatentDataType)proto->data_type;
  g_autoptr (LatentTensor) tensor = NULL;
  g_autoptr (GBytes) bytes = NULL;
  LatentShape shape;
  gsize n, size;

  if (!get_kind (proto, &shape, &n, &size, error))
    return NULL;
  if (proto->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL) {
    if (external == NULL) {
      g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED, "external data");
      return NULL;
    }
    bytes = latent_onnx_external_read (external, proto, size, error);
    if (bytes != NULL)
      tensor = latent_tensor_new_from_bytes (type, shape.n, shape.dims, bytes, error);
  } else if (proto->has_raw_data && proto->raw_data.len > 0) {
    tensor = get_raw (proto, type, &shape, error);
  } else {
    tensor = get_typed (proto, type, &shape, n, error);
  }
  return tensor != NULL && check_bools (tensor, error) ? g_steal_pointer (&tensor) : NULL;
}

LatentTensor *
latent_onnx_get_tensor_in_file (
    const Onnx__TensorProto *proto, LatentFile *file, const LatentRawData *raw, GError **error)
{
  g_autoptr (LatentTensor) tensor = NULL;
  LatentShape shape;
  gsize n, size;

  if (!get_kind (proto, &shape, &n, &size, error))
    return NULL;
  if (count_elements (proto) > 0)
    return fail_both (error);
  if (raw->size != size) {
    g_autofree char *text = latent_shape_to_string (&shape);
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "a %s tensor of shape %s takes %zu bytes, %" G_GUINT64_FORMAT " are given",
        latent_data_type_get_name ((LatentDataType)proto->data_type), text, size, raw->size);
    return NULL;
  }
  tensor = latent_tensor_new_in_file (
      (LatentDataType)proto->data_type, &shape, file, raw->offset, error);
  if (tensor == NULL || (!latent_tensor_is_bulky (tensor) && !latent_tensor_hold (tensor, error)) ||
      !check_bools (tensor, error))
    return NULL;
  return g_steal_pointer (&tensor);
}

Onnx__TensorProto *
latent_onnx_put_tensor (const char *name, const LatentTensor *tensor, GPtrArray *garbage)
{
  Onnx__TensorProto *proto = g_new (Onnx__TensorProto, 1);

  g_ptr_array_add (garbage, proto);
  onnx__tensor_proto__init (proto);
  proto->name = (char *)name;
  proto->has_data_type = TRUE;
  proto->data_type = (int32_t)tensor->type;
  proto->n_dims = tensor->shape.n;
  proto->dims = (int64_t *)tensor->shape.dims;
  proto->has_raw_data = TRUE;
  proto->raw_data = (ProtobufCBinaryData){tensor->size, tensor->data};
  return proto;
}

LatentTensor *
latent_onnx_parse_tensor (const guint8 *data, gsize size, char **name, GError **error)
{
  Onnx__TensorProto *proto = NULL;
  LatentTensor *tensor;

  if (!latent_onnx_scan (&onnx__tensor_proto__descriptor, data, size, error))
    return NULL;
  proto = onnx__tensor_proto__unpack (NULL, size, data);
  if (proto == NULL) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "no TensorProto");
    return NULL;
  }
  tensor = latent_onnx_get_tensor (proto, NULL, error);
  if (name != NULL)
    *name = tensor != NULL ? g_strdup (proto->name != NULL ? proto->name : "") : NULL;
  onnx__tensor_proto__free_unpacked (proto, NULL);
  return tensor;
}
