/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/codec.h>

/* Where the units of a stream end, in bytes that were not framed. No packet says its own length,
 * but each has a checksum: a packet is as long as makes its checksum right and what follows the
 * next packet, a header, or the end. */

/* What a run of bytes is. */
typedef enum {
  LATENT_UNIT_PACKET,
  LATENT_UNIT_HEADER,
  LATENT_UNIT_MODEL,
} LatentUnit;

/* Of bytes that are one unit: by its beginning, and a header by its checksum. */
LatentUnit latent_unit_get (const guint8 *data, gsize size);

typedef struct {
  gsize limit;       /* bytes of a packet at most; 0: no sequence header was met yet */
  guint next;        /* counter of the packet that is expected */
  gboolean has_next; /* a packet said so */
  gboolean is_on;    /* what comes follows a whole unit */
  guint64 credit;    /* bytes that may still be looked at to find where garbage ends */
} LatentSplitter;

typedef enum {
  LATENT_SPLIT_MORE,    /* more bytes are wanted */
  LATENT_SPLIT_UNIT,    /* the first n bytes are one */
  LATENT_SPLIT_GARBAGE, /* the first n bytes are none */
} LatentSplit;

/* A zeroed self is at the begin of a stream. */
void latent_splitter_set_info (LatentSplitter *self, const LatentStreamInfo *info);
/* Looks at the bytes that come next; with is_end there are no others, and MORE is given for none
 * alone. n is what the caller takes away, before the next call. */
LatentSplit latent_splitter_next (LatentSplitter *self, const guint8 *data, gsize size,
    gboolean is_end, gsize *n, LatentUnit *unit);
