/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/error.h>
#include <protobuf-c/protobuf-c.h>

/* Walks the wire format of a message before protobuf-c does, which has no limit of nesting or
 * memory: refuses what is cut short, nests deeper than LATENT_LIMIT_NESTING, holds more than
 * LATENT_LIMIT_MESSAGES messages, sets a single message twice, has a string that is not UTF-8, or
 * would make protobuf-c take more than LATENT_LIMIT_PARSER_BYTES + twice `size`. */
gboolean latent_onnx_scan (
    const ProtobufCMessageDescriptor *type, const guint8 *data, gsize size, GError **error);
