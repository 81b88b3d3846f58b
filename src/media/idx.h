/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/media/array.h"

/* The format of the MNIST files, big endian:
 *
 *   offset  bytes
 *   0       2      zero
 *   2       1      type: 0x08 uint8, 0x09 int8, 0x0B int16, 0x0C int32, 0x0D float32, 0x0E float64
 *   3       1      dimensions n, 1 or more
 *   4       4 n    their sizes
 *   4 + 4n  ...    the elements, row-major */

#define LATENT_IDX_PREFIX_SIZE 4

gboolean latent_idx_matches (const guint8 *data, gsize size);
/* Bytes of the whole header, from its first LATENT_IDX_PREFIX_SIZE bytes, which match. */
gsize latent_idx_get_header_size (const guint8 *data);
gboolean latent_idx_parse_header (
    const guint8 *data, gsize size, LatentArrayHeader *header, GError **error);
