/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/onnx/proto.h"

/* What ONNX calls the kinds of values, for messages; by the number of their field in TypeProto. */
static const char *
get_kind_name (const Onnx__TypeProto *type)
{
  switch (type->value_case) {
  case ONNX__TYPE_PROTO__VALUE_SEQUENCE_TYPE:
    return "a sequence";
  case ONNX__TYPE_PROTO__VALUE_MAP_TYPE:
    return "a map";
  case ONNX__TYPE_PROTO__VALUE_OPTIONAL_TYPE:
    return "an optional";
  case ONNX__TYPE_PROTO__VALUE_SPARSE_TENSOR_TYPE:
    return "a sparse tensor";
  default:
    return "of no known kind";
  }
}

static gboolean
get_dim (LatentValue *value, guint i, const Onnx__TensorShapeProto__Dimension *dim, GError **error)
{
  gboolean sized = dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;

  value->shape.dims[i] = sized ? dim->dim_value : -1;
  if (dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM &&
      dim->dim_param[0] != '\0')
    value->symbols[i] = g_strdup (dim->dim_param);
  if (value->shape.dims[i] >= -1) /* some exporters write -1 for a size that is not known */
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "dimension %u is %" G_GINT64_FORMAT, i,
      dim->dim_value);
  return FALSE;
}

gboolean
latent_onnx_get_value_info (LatentValue *value, const Onnx__ValueInfoProto *proto, GError **error)
{
  const Onnx__TypeProto__Tensor *tensor;

  if (proto->type == NULL)
    return TRUE;
  if (proto->type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED, "it is %s, and not a tensor",
        get_kind_name (proto->type));
    return FALSE;
  }
  tensor = proto->type->tensor_type;
  value->type = (LatentDataType)tensor->elem_type;
  if (value->type != LATENT_DATA_TYPE_NONE && latent_data_type_get_size (value->type) == 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED, "a tensor of type %s (%d)",
        latent_data_type_get_name (value->type), tensor->elem_type);
    return FALSE;
  }
  value->has_shape = tensor->shape != NULL;
  if (tensor->shape == NULL)
    return TRUE;
  if (tensor->shape->n_dim > LATENT_MAX_DIMS) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT, "%zu dimensions; the limit is %u",
        tensor->shape->n_dim, LATENT_MAX_DIMS);
    return FALSE;
  }
  value->shape.n = (guint)tensor->shape->n_dim;
  for (guint i = 0; i < value->shape.n; i++)
    if (!get_dim (value, i, tensor->shape->dim[i], error))
      return FALSE;
  return !latent_shape_is_known (&value->shape) ||
         latent_shape_count (&value->shape, value->type, NULL, NULL, error);
}

static Onnx__TensorShapeProto *
put_shape (const LatentValue *value, GPtrArray *garbage)
{
  Onnx__TensorShapeProto *shape = g_new (Onnx__TensorShapeProto, 1);
  Onnx__TensorShapeProto__Dimension **dims = g_new (
      Onnx__TensorShapeProto__Dimension *, LATENT_MAX_DIMS);

  g_ptr_array_add (garbage, shape);
  g_ptr_array_add (garbage, dims);
  onnx__tensor_shape_proto__init (shape);
  shape->n_dim = value->shape.n;
  shape->dim = dims;
  for (guint i = 0; i < value->shape.n; i++) {
    dims[i] = g_new (Onnx__TensorShapeProto__Dimension, 1);
    g_ptr_array_add (garbage, dims[i]);
    onnx__tensor_shape_proto__dimension__init (dims[i]);
    if (value->shape.dims[i] >= 0) {
      dims[i]->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
      dims[i]->dim_value = value->shape.dims[i];
    } else if (value->symbols[i] != NULL) {
      dims[i]->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
      dims[i]->dim_param = value->symbols[i];
    }
  }
  return shape;
}

Onnx__ValueInfoProto *
latent_onnx_put_value_info (const LatentValue *value, GPtrArray *garbage)
{
  Onnx__ValueInfoProto *proto = g_new (Onnx__ValueInfoProto, 1);
  Onnx__TypeProto *type = g_new (Onnx__TypeProto, 1);
  Onnx__TypeProto__Tensor *tensor = g_new (Onnx__TypeProto__Tensor, 1);

  g_ptr_array_add (garbage, proto);
  g_ptr_array_add (garbage, type);
  g_ptr_array_add (garbage, tensor);
  onnx__value_info_proto__init (proto);
  onnx__type_proto__init (type);
  onnx__type_proto__tensor__init (tensor);
  proto->name = value->name;
  if (value->type == LATENT_DATA_TYPE_NONE)
    return proto;
  proto->type = type;
  type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
  type->tensor_type = tensor;
  tensor->has_elem_type = TRUE;
  tensor->elem_type = (int32_t)value->type;
  tensor->shape = value->has_shape ? put_shape (value, garbage) : NULL;
  return proto;
}
