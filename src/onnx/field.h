/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* How protobuf writes what has a length of its own. */
#define LATENT_WIRE_BYTES 2

/* A field of a message in a file. */
typedef struct {
  guint number;
  guint wire;
  guint64 begin; /* in the file */
  guint64 start; /* of the payload */
  guint64 size;  /* of the payload, which ends where the next field begins */
} LatentField;

/* The field at `offset` of what ends at `end`; FALSE where there is none, or it does not end there.
 */
gboolean latent_field_read (LatentField *self, int fd, guint64 offset, guint64 end);
