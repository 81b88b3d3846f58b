/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/codec/motion-sample.h"

/* A plane at whole pixels and at halves, its edges repeated around it: what an encoder that tries
 * many vectors looks at. The numbers are those of LatentHalves. */

/* How far around the plane phases are known. */
#define LATENT_PHASES_REACH (LATENT_MOTION_TILE + 4)

typedef struct {
  gint width, height; /* of the plane */
  gsize stride;
  guint8 *memory;
  guint8 *phases[4]; /* where pixel (0, 0) is: half a pixel to the right 1, below 2, both 3 */
} LatentPhases;

void latent_phases_init (LatentPhases *self, gint width, gint height);
void latent_phases_clear (LatentPhases *self);

/* Takes rows [begin, end) of the plane, columns [left, right): first of all that changed; then
 * closes the edge above and below; then makes halves. All but the second may be called side by side
 * for other rows. */
void latent_phases_put (
    LatentPhases *self, const LatentPlane *plane, gint begin, gint end, gint left, gint right);
void latent_phases_close (LatentPhases *self);
/* Of rows and columns that may be up to LATENT_PHASES_REACH outside. They depend on three pixels to
 * all sides. */
void latent_phases_filter (LatentPhases *self, gint begin, gint end, gint left, gint right);

/* Whether a piece of w x h pixels at (x, y), in quarters of a pixel, is within reach. */
static inline gboolean
latent_phases_has (const LatentPhases *self, gint x, gint y, guint w, guint h)
{
  return x >= -4 * LATENT_PHASES_REACH && y >= -4 * LATENT_PHASES_REACH &&
         x / 4 + (gint)w < self->width + LATENT_PHASES_REACH &&
         y / 4 + (gint)h < self->height + LATENT_PHASES_REACH;
}

/* That piece: rows of *stride bytes, in the plane itself or in room, of LATENT_SAMPLE_ROOM bytes.
 */
const guint8 *latent_phases_look (
    const LatentPhases *self, gint x, gint y, guint w, guint h, guint8 *room, gsize *stride);
