/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/model.h>

/* The decoder half of a model as a header packet, drawn in docs/bitstream.md. */

/* NULL with an error where the model has no decoder, or one of more than
 * LATENT_LIMIT_EMBEDDED_BYTES. */
GBytes *latent_model_packet_put (const LatentModel *model, GError **error);
#define LATENT_MODEL_PACKET_MAGIC "LATm"

/* Whether the bytes begin as such a packet does: nothing else is checked. */
gboolean latent_model_packet_is (const guint8 *data, gsize size);
/* Bytes of the one that begins here, whose end is not known, by the fields of its .onnx file and
 * its hash: 0 for none, G_MAXSIZE where more bytes are wanted (never with is_end). */
gsize latent_model_packet_measure (const guint8 *data, gsize size, gboolean is_end);
/* LATENT_ERROR_FORMAT, UNSUPPORTED (version) or LIMIT, or what the model's own bytes give. */
LatentModel *latent_model_packet_get (const guint8 *data, gsize size, GError **error);
