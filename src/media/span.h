/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/media/pixels.h"

/* A row of one lane in one sample: where it lies in the picture, and how much of it is inside. */
typedef struct {
  guint8 *bytes; /* the first column, NULL where none is inside */
  guint8 *edge;  /* the picture's last column in that row, or in the last row where the row is below
                    it */
  gsize step;    /* bytes from column to column */
  guint n;       /* columns inside */
  gboolean below;
} LatentSpan;

LatentSpan latent_span_find (const LatentPixelMap *map, const LatentPicture *picture,
    const LatentLane *lane, const LatentComponent *component, guint sample, guint row);
