/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/codec/logistic.h"
#include "src/codec/range.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* A binary decision from adaptive probabilities: the weighted sum of their logits is the logit of
 * the decision; afterwards each probability and each weight moves towards what the bit was. */

/* An adaptive probability of a 1: 20 bits; below them the share of the way to the bit that it goes
 * at the next decision: 12 bits, 1/2 at most, falling as 1/n down to 63/4096.
 *
 *   31             12 11       0
 *   | probability    | rate    |
 */
typedef guint32 LatentSlot;

#define LATENT_SLOT_RATE_BITS 12
#define LATENT_SLOT_RATE_MASK ((1u << LATENT_SLOT_RATE_BITS) - 1)
#define LATENT_SLOT_NEW       (1u << 31 | 1600) /* knows nothing */

#define LATENT_MIXER_INPUTS 8
#define LATENT_MIXER_SHIFT  14 /* a weight of 1 is 1 << 14 */
#define LATENT_MIXER_RATE   8  /* sixteenths */

typedef struct {
  gint16 weights[LATENT_MIXER_INPUTS];
} __attribute__ ((aligned (16))) LatentMixer;

typedef enum {
  LATENT_ENCODE,
  LATENT_DECODE,
  LATENT_OBSERVE, /* writes nothing, counts what each probability met */
} LatentDirection;

typedef struct {
  const LatentLogistic *logistic;
  LatentRangeEncoder encoder;
  LatentRangeDecoder decoder;
  guint64 decisions;
  const LatentSlot *first; /* observing: where counts begin */
  guint32 (*counts)[2];    /* zeros and ones of each slot */
} LatentBitCoder;

static inline void
latent_slot_update (LatentSlot *slot, gboolean bit)
{
  gint32 rate = (gint32)(*slot & LATENT_SLOT_RATE_MASK);
  gint32 error = (bit ? 32767 : 0) - (gint32)(*slot >> 17);

  *slot += ((guint32)(error * rate) << 5 & ~LATENT_SLOT_RATE_MASK) - (guint32)(rate * rate >> 12);
}

#ifdef __SSE2__

typedef struct {
  __m128i slots[2]; /* four each */
  __m128i logits;
} LatentInputs;

static inline void
latent_inputs_load (LatentInputs *self, const gint16 *stretch, LatentSlot *const *slots, guint n)
{
#define SLOT(i)  ((i) < n ? (gint)*slots[i] : 0)
#define LOGIT(i) ((i) < n ? stretch[*slots[i] >> 20] : 0)
  self->slots[0] = _mm_set_epi32 (SLOT (3), SLOT (2), SLOT (1), SLOT (0));
  self->slots[1] = _mm_set_epi32 (SLOT (7), SLOT (6), SLOT (5), SLOT (4));
  self->logits = _mm_set_epi16 (
      LOGIT (7), LOGIT (6), LOGIT (5), LOGIT (4), LOGIT (3), LOGIT (2), LOGIT (1), LOGIT (0));
#undef SLOT
#undef LOGIT
}

static inline __m128i
latent_slots_move (__m128i slots, __m128i target)
{
  __m128i mask = _mm_set1_epi32 (LATENT_SLOT_RATE_MASK), rate = _mm_and_si128 (slots, mask);
  __m128i error = _mm_sub_epi32 (target, _mm_srli_epi32 (slots, 17));
  __m128i delta = _mm_andnot_si128 (mask, _mm_slli_epi32 (_mm_madd_epi16 (error, rate), 5));

  return _mm_sub_epi32 (
      _mm_add_epi32 (slots, delta), _mm_srli_epi32 (_mm_madd_epi16 (rate, rate), 12));
}

static inline void
latent_inputs_update (LatentInputs *self, LatentSlot *const *slots, guint n, gboolean bit)
{
  __m128i target = _mm_set1_epi32 (bit ? 32767 : 0);

  for (guint half = 0; half < 2; half++) {
    __m128i moved = latent_slots_move (self->slots[half], target);
    for (guint i = 4 * half; i < MIN (n, 4 * half + 4); i++) {
      *slots[i] = (guint32)_mm_cvtsi128_si32 (moved);
      moved = _mm_srli_si128 (moved, 4);
    }
  }
}

static inline gint32
latent_mixer_dot (const LatentMixer *self, const LatentInputs *inputs)
{
  __m128i sums = _mm_madd_epi16 (*(const __m128i *)self->weights, inputs->logits);

  sums = _mm_add_epi32 (sums, _mm_shuffle_epi32 (sums, _MM_SHUFFLE (1, 0, 3, 2)));
  sums = _mm_add_epi32 (sums, _mm_shuffle_epi32 (sums, _MM_SHUFFLE (2, 3, 0, 1)));
  return _mm_cvtsi128_si32 (sums);
}

static inline void
latent_mixer_update (LatentMixer *self, const LatentInputs *inputs, gint32 error)
{
  __m128i *weights = (__m128i *)self->weights, errors = _mm_set1_epi16 ((gint16)error);
  __m128i half = _mm_srli_epi16 (_mm_mullo_epi16 (inputs->logits, errors), 15);
  __m128i delta = _mm_add_epi16 (_mm_mulhi_epi16 (inputs->logits, errors), half);

  *weights = _mm_adds_epi16 (*weights, delta);
}

#else

typedef struct {
  gint16 logits[LATENT_MIXER_INPUTS];
} LatentInputs;

static inline void
latent_inputs_load (LatentInputs *self, const gint16 *stretch, LatentSlot *const *slots, guint n)
{
  for (guint i = 0; i < LATENT_MIXER_INPUTS; i++)
    self->logits[i] = i < n ? stretch[*slots[i] >> 20] : 0;
}

static inline void
latent_inputs_update (LatentInputs *self, LatentSlot *const *slots, guint n, gboolean bit)
{
  for (guint i = 0; i < n; i++)
    latent_slot_update (slots[i], bit);
}

/* It fits: 8 x 32768 x 2323 < 2^31. */
static inline gint32
latent_mixer_dot (const LatentMixer *self, const LatentInputs *inputs)
{
  gint32 sum = 0;

  for (guint i = 0; i < LATENT_MIXER_INPUTS; i++)
    sum += self->weights[i] * inputs->logits[i];
  return sum;
}

/* weights += logits * error / 65536, rounded, saturated; error within 16 bits. */
static inline void
latent_mixer_update (LatentMixer *self, const LatentInputs *inputs, gint32 error)
{
  for (guint i = 0; i < LATENT_MIXER_INPUTS; i++) {
    gint32 weight = self->weights[i] + ((inputs->logits[i] * error + 32768) >> 16);
    self->weights[i] = (gint16)CLAMP (weight, G_MININT16, G_MAXINT16);
  }
}

#endif

static inline void
latent_bit_coder_count (LatentBitCoder *self, const LatentSlot *slot, gboolean bit)
{
  self->counts[slot - self->first][bit]++;
}

/* n slots, different ones; a bit that is decoded is not looked at. */
static inline __attribute__ ((always_inline)) gboolean
latent_bit_coder_mix (LatentBitCoder *self, const LatentDirection direction,
    LatentSlot *const *slots, const guint n, LatentMixer *mixer, gboolean bit)
{
  LatentInputs inputs;
  gint32 logit;
  guint p;

  latent_inputs_load (&inputs, self->logistic->stretch, slots, n);
  logit = latent_mixer_dot (mixer, &inputs) >> LATENT_MIXER_SHIFT;
  logit = CLAMP (logit, -LATENT_LOGIT_LIMIT, LATENT_LOGIT_LIMIT);
  p = self->logistic->squash[logit + LATENT_LOGIT_LIMIT];
  if (direction == LATENT_DECODE)
    bit = latent_range_get (&self->decoder, p);
  else if (direction == LATENT_ENCODE)
    latent_range_put (&self->encoder, p, bit);
  else
    for (guint i = 0; i < n; i++)
      latent_bit_coder_count (self, slots[i], bit);
  self->decisions++;
  latent_mixer_update (mixer, &inputs, ((bit ? 65535 : 0) - (gint32)p) * LATENT_MIXER_RATE >> 4);
  latent_inputs_update (&inputs, slots, n, bit);
  return bit;
}

/* By one adaptive probability alone. */
static inline gboolean
latent_bit_coder_code (
    LatentBitCoder *self, const LatentDirection direction, LatentSlot *slot, gboolean bit)
{
  guint p = CLAMP (*slot >> 16, 32, 65504);

  if (direction == LATENT_DECODE)
    bit = latent_range_get (&self->decoder, p);
  else if (direction == LATENT_ENCODE)
    latent_range_put (&self->encoder, p, bit);
  else
    latent_bit_coder_count (self, slot, bit);
  self->decisions++;
  latent_slot_update (slot, bit);
  return bit;
}
