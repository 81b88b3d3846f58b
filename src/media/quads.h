/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Bytes of 4:2:0 pictures to and from where six channels lie together: quads of 2x2 pixels, of each
 * two levels of luma from one row, two from the next, and two of chroma. */
typedef struct {
  guint8 *luma[2];   /* rows */
  guint8 *chroma[2]; /* a row of each */
  gsize step;        /* of chroma, in bytes: 1, or 2 where both share a plane */
  guint block; /* quads that lie together; the next as many lie column_stride bytes from these */
  gsize column_stride;
} LatentQuadRow;

/* n quads of a row into six bytes each, */
void latent_quads_gather (const LatentQuadRow *row, gsize n, guint8 *dst);
/* and back. */
void latent_quads_spread (const LatentQuadRow *row, gsize n, const guint8 *src);
