/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <latent/error.h>

G_BEGIN_DECLS

/**
 * LATENT_MAX_DIMS:
 *
 * The most dimensions a tensor can have.
 */
#define LATENT_MAX_DIMS 12

/**
 * LatentDataType:
 * @LATENT_DATA_TYPE_NONE: not known
 * @LATENT_DATA_TYPE_FLOAT32: IEEE 754 binary32
 * @LATENT_DATA_TYPE_UINT8: unsigned, 8 bits
 * @LATENT_DATA_TYPE_INT8: signed, 8 bits
 * @LATENT_DATA_TYPE_UINT16: unsigned, 16 bits
 * @LATENT_DATA_TYPE_INT16: signed, 16 bits
 * @LATENT_DATA_TYPE_INT32: signed, 32 bits
 * @LATENT_DATA_TYPE_INT64: signed, 64 bits
 * @LATENT_DATA_TYPE_STRING: named for messages only; no tensor holds it
 * @LATENT_DATA_TYPE_BOOL: one byte, 0 or 1
 * @LATENT_DATA_TYPE_FLOAT16: IEEE 754 binary16
 * @LATENT_DATA_TYPE_FLOAT64: IEEE 754 binary64
 * @LATENT_DATA_TYPE_UINT32: unsigned, 32 bits
 * @LATENT_DATA_TYPE_UINT64: unsigned, 64 bits
 * @LATENT_DATA_TYPE_BFLOAT16: the upper half of a binary32
 *
 * The type of a tensor's elements. The values are those of ONNX's TensorProto.DataType.
 */
typedef enum {
  LATENT_DATA_TYPE_NONE = 0,
  LATENT_DATA_TYPE_FLOAT32 = 1,
  LATENT_DATA_TYPE_UINT8 = 2,
  LATENT_DATA_TYPE_INT8 = 3,
  LATENT_DATA_TYPE_UINT16 = 4,
  LATENT_DATA_TYPE_INT16 = 5,
  LATENT_DATA_TYPE_INT32 = 6,
  LATENT_DATA_TYPE_INT64 = 7,
  LATENT_DATA_TYPE_STRING = 8,
  LATENT_DATA_TYPE_BOOL = 9,
  LATENT_DATA_TYPE_FLOAT16 = 10,
  LATENT_DATA_TYPE_FLOAT64 = 11,
  LATENT_DATA_TYPE_UINT32 = 12,
  LATENT_DATA_TYPE_UINT64 = 13,
  LATENT_DATA_TYPE_BFLOAT16 = 16,
} LatentDataType;

/**
 * latent_data_type_get_size:
 * @type: a data type
 *
 * Returns: bytes of one element; 0 for %LATENT_DATA_TYPE_NONE and strings
 */
LATENT_API
gsize latent_data_type_get_size (LatentDataType type);

/**
 * latent_data_type_get_name:
 * @type: a data type
 *
 * Returns: (transfer none): the name, as in "float32"
 */
LATENT_API
const char *latent_data_type_get_name (LatentDataType type);

/**
 * LatentTensor:
 *
 * A dense row-major array. Once it is shared it is not written to. Reference counted.
 */
typedef struct _LatentTensor LatentTensor;

#define LATENT_TYPE_TENSOR (latent_tensor_get_type ())
LATENT_API
GType latent_tensor_get_type (void);

/**
 * latent_tensor_new:
 * @type: the type of the elements
 * @n_dims: how many dimensions, 0 (a scalar) to %LATENT_MAX_DIMS
 * @dims: (array length=n_dims) (nullable): each 0 or more
 * @error: return location for an error
 *
 * Makes a tensor of zeros, aligned to 64 bytes.
 *
 * Returns: (transfer full): the tensor, or %NULL with %LATENT_ERROR_LIMIT where its size overflows
 * or memory is short
 */
LATENT_API
LatentTensor *latent_tensor_new (
    LatentDataType type, guint n_dims, const gint64 *dims, GError **error);

/**
 * latent_tensor_new_from_bytes:
 * @type: the type of the elements
 * @n_dims: how many dimensions
 * @dims: (array length=n_dims) (nullable): each 0 or more
 * @bytes: the elements, in the byte order of this machine; a reference is taken, and a copy only
 *   where the alignment of @type asks for it
 * @error: return location for an error
 *
 * Returns: (transfer full): the tensor, or %NULL with %LATENT_ERROR_SHAPE where @bytes has another
 * size
 */
LATENT_API
LatentTensor *latent_tensor_new_from_bytes (
    LatentDataType type, guint n_dims, const gint64 *dims, GBytes *bytes, GError **error);

/**
 * latent_tensor_ref:
 * @self: a tensor
 *
 * Returns: (transfer full): @self
 */
LATENT_API
LatentTensor *latent_tensor_ref (LatentTensor *self);

/**
 * latent_tensor_unref:
 * @self: (transfer full) (nullable): a tensor
 */
LATENT_API
void latent_tensor_unref (LatentTensor *self);

LATENT_API
LatentDataType latent_tensor_get_data_type (const LatentTensor *self);

/**
 * latent_tensor_get_dims:
 * @self: a tensor
 * @n_dims: (out): how many dimensions
 *
 * Returns: (array length=n_dims) (transfer none): the dimensions, outermost first
 */
LATENT_API
const gint64 *latent_tensor_get_dims (const LatentTensor *self, guint *n_dims);

/**
 * latent_tensor_get_data:
 * @self: a tensor
 * @size: (out) (optional): bytes
 *
 * Returns: (array length=size) (element-type guint8) (transfer none): the elements; they live as
 * long as @self
 */
LATENT_API
gconstpointer latent_tensor_get_data (const LatentTensor *self, gsize *size);

/**
 * latent_tensor_to_bytes:
 * @self: a tensor
 *
 * Returns: (transfer full): the elements, without a copy
 */
LATENT_API
GBytes *latent_tensor_to_bytes (LatentTensor *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentTensor, latent_tensor_unref)

G_END_DECLS
