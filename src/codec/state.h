/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/codec/mixer.h"

/* What adapts: tables of probabilities, weights of mixers, numbers of each channel. The prior is
 * one of these at the start.
 *
 * Tables are named by the kind of decision (Z: not zero, S: negative, M: greater than k, P: place
 * is coded) and a number; docs/bitstream.md says what each is looked up by. */

#define LATENT_CLASSES_A 12 /* sums of neighbours' magnitudes; activity of channels before */
#define LATENT_CLASSES_T 5  /* frame before: there is none; then magnitude 0, 1, 2, more */
#define LATENT_CLASSES_D 5  /* how neighbours changed */
#define LATENT_CLASSES_C 8  /* how channels before changed here */
#define LATENT_UNARY     7  /* magnitudes that are told one by one */

/* Shared by all channels. */
enum {
  Z3 = 0,
  Z5 = Z3 + LATENT_CLASSES_A * LATENT_CLASSES_A,
  S2 = Z5 + LATENT_CLASSES_T * LATENT_CLASSES_D * LATENT_CLASSES_C,
  S4 = S2 + 9 * 6,
  S6 = S4 + 15 * 6,
  M2 = S6 + 6 * LATENT_CLASSES_D,
  M3 = M2 + LATENT_UNARY * 36,
  M5 = M3 + LATENT_UNARY * LATENT_CLASSES_A * LATENT_CLASSES_A,
  M7 = M5 + LATENT_UNARY * 4 * LATENT_CLASSES_D * LATENT_CLASSES_C,
  P0 = M7 + LATENT_UNARY * 27,
  P1 = P0 + 2 * 16,
  P2 = P1 + 2 * 14,
  P3 = P2 + 2 * 30,
  P4 = P3 + 2 * 32,
  P5 = P4 + 2 * 24,
  P6 = P5 + 2 * 24,
  P7 = P6 + 2 * 48,
  ESCAPE = P7 + 2,      /* two sets of 32: exponents, highest bits below them */
  OFFSET = ESCAPE + 64, /* exponents, highest bits, sign */
  MODE = OFFSET + 33,   /* which of the two others, by the mode before */
  LATENT_SHARED_SLOTS = MODE + 3
};

/* Of each channel. */
enum {
  Z2 = 0,
  Z4 = Z2 + 18 * 4,
  Z6 = Z4 + LATENT_CLASSES_A * 4,
  Z7 = Z6 + 18,
  S0 = Z7 + LATENT_CLASSES_D * 4,
  S1 = S0 + 1,
  S3 = S1 + 18,
  S5 = S3 + 9,
  S7 = S5 + 9,
  M0 = S7 + 9,
  M4 = M0 + LATENT_UNARY * LATENT_CLASSES_A,
  M6 = M4 + LATENT_UNARY * 8,
  NEW_OFFSET = M6 + LATENT_UNARY,
  IS_STILL,                /* the whole channel is its offset, or the frame before; two */
  NEW_MODE = IS_STILL + 2, /* at key frames, at others */
  LATENT_CHANNEL_SLOTS = NEW_MODE + 2
};

/* Mixers. */
enum {
  WZ = 0,
  WS = WZ + LATENT_CLASSES_T * LATENT_CLASSES_A,
  WM = WS + 6,
  WP = WM + LATENT_UNARY * 4,
  LATENT_MIXERS = WP + 2
};

/* What is coded of a symbol. */
typedef enum {
  LATENT_MODE_PLAIN,    /* its difference from the channel's offset */
  LATENT_MODE_SPATIAL,  /* from what neighbours foretell */
  LATENT_MODE_TEMPORAL, /* from what they and the frame before foretell */
} LatentSymbolMode;

typedef struct {
  LatentSlot slots[LATENT_CHANNEL_SLOTS];
  gint16 offset;
  guint8 modes[2]; /* at key frames, at others */
} LatentChannelState;

/* Of each channel, what does not adapt. */
typedef struct {
  gint8 spatial[4];  /* of W, N, NW, NE less the offset, 1/16 */
  gint8 temporal[5]; /* of how W, N, NW, NE changed, and of the frame before, 1/16 */
} LatentChannelWeights;

typedef struct {
  LatentSlot shared[LATENT_SHARED_SLOTS];
  LatentMixer mixers[LATENT_MIXERS];
  LatentChannelState channels[];
} LatentState;

/* Of places of foretold frames: they begin knowing nothing. Indices are of docs/bitstream.md. */
#define LATENT_VECTOR_CLASSES 4
typedef struct {
  LatentSlot moved[12];
  LatentSlot split[3];
  LatentSlot distant[6];
  LatentSlot fresh[3];
  LatentSlot remembered[10];
  LatentSlot vectors[LATENT_VECTOR_CLASSES * 2][33]; /* exponents, highest bits, sign */
} LatentPlaceSlots;

static inline gsize
latent_state_get_size (guint channels)
{
  return sizeof (LatentState) + channels * sizeof (LatentChannelState);
}
