/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/codec.h>

/* Bitrate to quality. Before each frame it is shown how large the frame's latents are, and chooses
 * a quality; afterwards it is told what the frame cost. */

/* How many latents are of each magnitude, in steps of the best quality: eight bins an octave from
 * 2^-8 on, so that a quality lower by one is one bin less. */
#define LATENT_RATE_BINS 256

typedef struct {
  float counts[LATENT_RATE_BINS];
} LatentRateProfile;

typedef struct {
  double bits; /* of a frame, over what its profile would let one expect; logarithm to base 2 */
  gboolean known;
} LatentRateGain;

typedef struct {
  guint best;         /* quality without a bitrate, and never more */
  guint64 bitrate;    /* bits a second; 0: none */
  guint key_interval; /* frames; 0 for none, 1 where all are */

  double debt;               /* bits spent beyond what the time was worth */
  double reserve;            /* of these, what key frames may take longer to pay back */
  double payment;            /* off the reserve, for each frame */
  LatentRateProfile now[2];  /* of the frame at work: as a key frame, as another */
  LatentRateProfile mean[2]; /* of the frames before, the older the less */
  gboolean has_mean[2];
  LatentRateGain gains[2];
  double expected[2]; /* of the frame at work at the quality chosen: bits without gain */
  guint last;         /* quality chosen */
} LatentRate;

void latent_rate_init (LatentRate *self);
/* A new rate begins without debt; the old one's savings are its own. */
void latent_rate_set_bitrate (LatentRate *self, guint64 bits);

/* Shows a frame: planes in the grid's order, and its channels' steps at the best quality. held: the
 * frame before it likewise; NULL where nothing is expected of a frame. */
void latent_rate_measure (LatentRate *self, const float *planes, const float *steps,
    const float *held, guint channels, guint places);

/* duration: of the frame in nanoseconds, 1 or more. */
guint latent_rate_choose (LatentRate *self, gboolean key, guint64 duration);
void latent_rate_add (LatentRate *self, gboolean key, gsize bytes, guint64 duration);
