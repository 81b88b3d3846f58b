/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "onnx.pb-c.h"
#include "src/onnx/external.h"
#include "src/onnx/onnx.h"
#include "src/onnx/slim.h"

/* Between ONNX's messages and the graph. get_ reads a message and may take memory out of it; put_
 * fills a message that points into what it was made of, with arrays that `garbage` (free function:
 * g_free) owns. */

/* A tensor's data are taken out of the message where their encoding is that of memory. `external`
 * may be NULL: then external data are refused. */
LatentTensor *latent_onnx_get_tensor (
    Onnx__TensorProto *proto, LatentOnnxExternal *external, GError **error);
/* One whose raw data were left in the file, at `raw`, and stay there where they are bulky. */
LatentTensor *latent_onnx_get_tensor_in_file (
    const Onnx__TensorProto *proto, LatentFile *file, const LatentRawData *raw, GError **error);
Onnx__TensorProto *latent_onnx_put_tensor (
    const char *name, const LatentTensor *tensor, GPtrArray *garbage);

LatentAttribute *latent_onnx_get_attribute (
    Onnx__AttributeProto *proto, LatentOnnxExternal *external, GError **error);
Onnx__AttributeProto *latent_onnx_put_attribute (
    const LatentAttribute *attribute, GPtrArray *garbage);

/* Type, shape and symbols of a value: tensors only. */
gboolean latent_onnx_get_value_info (
    LatentValue *value, const Onnx__ValueInfoProto *proto, GError **error);
Onnx__ValueInfoProto *latent_onnx_put_value_info (const LatentValue *value, GPtrArray *garbage);

/* Takes in what the graph does not hold. */
LatentOnnxExtra *latent_onnx_extra_new_from_proto (const Onnx__ModelProto *proto);
/* What was taken in, as messages that the caller frees; NULL for none. The model has no node,
 * initialiser or metadata_props. The node is the one that makes `output`: its doc_string and
 * unknown fields. */
Onnx__ModelProto *latent_onnx_extra_unpack_model (const LatentOnnxExtra *self);
Onnx__NodeProto *latent_onnx_extra_unpack_node (const LatentOnnxExtra *self, const char *output);
