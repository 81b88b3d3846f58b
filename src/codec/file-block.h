/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/file.h>

/* A block's table: what its packets are, in its chunk's head. */

typedef struct {
  LatentFilePacket packet;
  guint size; /* in bytes */
} LatentFileRow;

/* Appends a row. rows: those of the block before it; durations: of the streams' packets, in ns. */
void latent_file_row_put (
    GByteArray *table, const GArray *rows, const LatentFileRow *row, const guint64 *durations);
/* All rows of a table into a cleared array; FALSE where it is none of n_streams and body_size. */
gboolean latent_file_rows_get (GArray *rows, const guint8 *table, gsize size, guint n_streams,
    const guint64 *durations, gsize body_size);
