/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/codec.h>

#include "src/codec/grid.h"
#include "src/codec/packet.h"

/* The sequence header: what a decoder must know of a stream beside the model. Its bytes are drawn
 * in docs/bitstream.md. */

/* A channel's step is 2^(step / 256) at the best quality, and 2^(slope / 128) times that for each
 * quality less. */
typedef struct {
  gint16 step;
  guint8 slope; /* LATENT_SLOPE_ONE: doubles every eight qualities; 0: always the same */
} LatentStep;

#define LATENT_SLOPE_ONE 16
#define LATENT_STEP_ONE  256
#define LATENT_STEP_MIN  (-32 * LATENT_STEP_ONE)
#define LATENT_STEP_MAX  (32 * LATENT_STEP_ONE)

typedef struct {
  LatentStreamInfo info;
  LatentGrid grid;
  LatentPacketNumbers numbers; /* of compact packets */
  guint32 prior;               /* its checksum */
  guint32 motion;              /* video: that of the basis of motion; 0: none is used */
  LatentStep *steps;           /* of each channel of the grid; owned */
} LatentSequence;

void latent_sequence_clear (LatentSequence *self);

/* The model's latent.steps and latent.slopes as a header has them, for each of so many channels;
 * the caller's. Without the key all are 1/64: at quality 40 that is 0.11, good for latents whose
 * deviation is about 1. */
LatentStep *latent_sequence_load_steps (const LatentModel *model, guint channels, GError **error);

/* LATENT_ERROR_LIMIT where it would exceed LATENT_LIMIT_HEADER_BYTES, SETTINGS where a field of
 * info is out of its range. */
GBytes *latent_sequence_put (const LatentSequence *self, GError **error);
/* Fills a zeroed or cleared self, which is cleared on error. */
gboolean latent_sequence_get (
    LatentSequence *self, const guint8 *header, gsize size, GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LatentSequence, latent_sequence_clear)
