/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/codec/foretold.h"
#include "src/codec/state.h"

/* A band of rows of a grid at work: the planes that contexts are read from. A plane has a border of
 * PAD columns at either side, and of two rows above and below. */

#define LATENT_BAND_PAD 4

/* What a value that is not zero adds to the places for which it is a neighbour: the contexts of the
 * first decision at a place, in one word.
 *
 *   30      24 23      16 15   12 11      0
 *   | far     | near     | drift | sum     |
 *
 * sum: 2 W + 2 N + NW + NE + WW + NN of magnitudes, 255 at most each.
 * near: 24 W + 8 N + 4 (NE > 0) of magnitudes, 2 at most each.
 * far: 12 WW + 4 NN + 2 (NW > 0) + (NE > 0) likewise.
 * drift: 2 W + 2 N + NW + NE of |symbol - frame before|, 2 at most each. */
#define LATENT_NEAR_SUM(word)   ((word)&4095)
#define LATENT_NEAR_DRIFT(word) ((word) >> 12 & 15)
#define LATENT_NEAR_NEAR(word)  ((word) >> 16 & 255)
#define LATENT_NEAR_FAR(word)   ((word) >> 24)

typedef struct {
  guint channels;
  guint height; /* of the grid */
  guint width;
  guint begin; /* first row in the grid */
  guint rows;
  gssize stride; /* of planes */
  gsize plane;   /* elements */
  gpointer memory;
  gsize size; /* of memory */

  /* of places */
  guint8 *active;        /* 1: coded in this frame */
  guint8 *active_before; /* in the frame before, if this one has it as context */
  guint8 *history;       /* how often it was, 15 at most */
  guint8 *kinds;         /* of foretold places that are coded: how, in classes of contexts */
  guint *visits;         /* columns of active places, row after row */
  guint *first_visit;    /* of each row, and behind the last */

  /* Of places, over the channels before: magnitudes, 15 at most each, and symbols that changed.
   * Each place has 4 times its own and once those of the four beside it. */
  guint32 *activity;
  guint32 *changed;
  guint64 activity_sum; /* over all active places, before smoothing */
  guint64 changed_sum;

  /* of this channel, and of the two that were coded before it */
  gint16 *values[3]; /* what was coded */
  guint8 *digits[3]; /* magnitudes, 2 at most */
  guint32 *near;
  guint *found; /* places where the value is not zero, or the symbol changed */
  guint n_found;
  guint32
      activity_scale; /* times activity: 4096 times its ratio to the mean in 1/16; 0: no activity */
  guint32 changed_scale;

  gint16 *foretold_row; /* a row's symbols as its neighbours foretell them */
  gint32 *around[3];    /* rows that they are made of, a 0 before and behind */

  guint8 *still;   /* of each channel: not coded in this frame */
  guint8 *resting; /* was still in the foretold frame before that said so */
  LatentState *state;
  const LatentChannelWeights *weights;
  LatentForetold *foretold;     /* of a frame that is foretold, else NULL */
  LatentPlaceSlots place_slots; /* of such frames' places */
} LatentBand;

void latent_band_init (
    LatentBand *self, guint channels, guint height, guint width, guint begin, guint end);
void latent_band_clear (LatentBand *self);
/* What is remembered of frames before, but for the state. */
void latent_band_forget (LatentBand *self);

/* Reads or writes a frame's symbols; q and p are those of the whole grid, p may be NULL. Where
 * foretold is set q are differences from what it foretells, and p is NULL. */
void latent_band_code (
    LatentBand *self, LatentBitCoder *bits, LatentDirection direction, gint16 *q, const gint16 *p);

/* Which channels are still, what offset and mode each has. */
void latent_band_code_headers (LatentBand *self, LatentBitCoder *bits, LatentDirection direction,
    const gint16 *q, const gint16 *p);
/* Which places are coded. */
void latent_band_code_places (LatentBand *self, LatentBitCoder *bits, LatentDirection direction,
    const gint16 *q, const gint16 *p);

/* How a coded place of a foretold frame is foretold. */
void latent_band_code_kind (
    LatentBand *self, LatentBitCoder *bits, LatentDirection direction, guint y, guint x);

/* Before channels; before a channel; after it. */
void latent_band_start (LatentBand *self);
void latent_band_start_channel (LatentBand *self);
void latent_band_end_channel (LatentBand *self, const gint16 *q, const gint16 *p);

static inline gsize
latent_band_get_begin (const LatentBand *self, guint channel)
{
  return ((gsize)channel * self->height + self->begin) * self->width;
}

/* An integer of 0 or more by Exp-Golomb: 32 slots, for exponents and the bit below the highest. */
static inline guint
latent_bit_coder_code_golomb (
    LatentBitCoder *self, const LatentDirection direction, LatentSlot *slots, guint value)
{
  guint n = 0, low = 1;

  while (n < 15 && latent_bit_coder_code (self, direction, &slots[n], (value + 1) >> n > 1))
    n++;
  for (guint i = n; i-- > 0;) {
    gboolean bit = (value + 1) >> i & 1;
    if (i + 1 == n)
      bit = latent_bit_coder_code (self, direction, &slots[16 + n], bit);
    else if (direction == LATENT_DECODE)
      bit = latent_range_get (&self->decoder, LATENT_RANGE_HALF);
    else if (direction == LATENT_ENCODE)
      latent_range_put (&self->encoder, LATENT_RANGE_HALF, bit);
    low = low << 1 | (guint)bit;
  }
  return low - 1;
}
