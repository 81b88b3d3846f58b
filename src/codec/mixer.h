/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/codec/logistic.h"
#include "src/codec/range.h"
#if defined(__SSE2__) && defined(__x86_64__)
#define LATENT_MIXER_VECTORS
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
#define LATENT_SLOT_NEW       (1u << 31 | 1600) /* knows nothing */

#define LATENT_MIXER_INPUTS 8
#define LATENT_MIXER_SHIFT  14 /* a weight of 1 is 1 << 14 */

typedef struct {
  gint16 weights[LATENT_MIXER_INPUTS];
} __attribute__ ((aligned (16))) LatentMixer;

#define LATENT_INLINE static inline __attribute__ ((always_inline))

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
  gint32 rate = (gint32)(*slot & LATENT_RATE_MASK);
  gint32 error = (bit ? 32767 : 0) - (gint32)(*slot >> 17);

  *slot += ((guint32)(error * rate) << 5 & ~LATENT_RATE_MASK) - (guint32)(rate * rate >> 12);
}

#ifdef LATENT_MIXER_VECTORS

typedef struct {
  __m128i slots[2]; /* four each */
  __m128i logits;
} LatentInputs;

LATENT_INLINE void
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

/* mask: LATENT_RATE_MASK, four times. */
LATENT_INLINE __m128i
latent_slots_move (__m128i slots, __m128i target, __m128i mask)
{
  const __m128i rate = _mm_and_si128 (slots, mask);
  const __m128i error = _mm_sub_epi32 (target, _mm_srli_epi32 (slots, 17));
  const __m128i delta = _mm_srli_epi32 (_mm_madd_epi16 (error, rate), 7);

  return _mm_sub_epi32 (_mm_add_epi32 (slots, _mm_slli_epi32 (delta, LATENT_SLOT_RATE_BITS)),
      _mm_srli_epi32 (_mm_madd_epi16 (rate, rate), 12));
}

LATENT_INLINE void
latent_inputs_update (LatentInputs *self, const LatentLogistic *logistic, LatentSlot *const *slots,
    guint n, gboolean bit)
{
  const __m128i target = *(const __m128i *)logistic->targets[bit];
  const __m128i mask = *(const __m128i *)logistic->rate_mask;
  const __v4si moved[2] = {(__v4si)latent_slots_move (self->slots[0], target, mask),
      (__v4si)latent_slots_move (self->slots[1], target, mask)};

#define STORE(i)                                                                                   \
  if ((i) < n)                                                                                     \
  *slots[i] = (guint32)moved[(i) / 4][(i) % 4]
  STORE (0);
  STORE (1);
  STORE (2);
  STORE (3);
  STORE (4);
  STORE (5);
  STORE (6);
  STORE (7);
#undef STORE
}

LATENT_INLINE gint32
latent_mixer_dot (const LatentMixer *self, const LatentInputs *inputs)
{
  __m128i sums = _mm_madd_epi16 (*(const __m128i *)self->weights, inputs->logits);

  sums = _mm_add_epi32 (sums, _mm_shuffle_epi32 (sums, _MM_SHUFFLE (1, 0, 3, 2)));
  const guint64 two = (guint64)_mm_cvtsi128_si64 (sums);
  return (gint32)((guint32)two + (guint32)(two >> 32));
}

LATENT_INLINE void
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

LATENT_INLINE void
latent_inputs_load (LatentInputs *self, const gint16 *stretch, LatentSlot *const *slots, guint n)
{
  for (guint i = 0; i < LATENT_MIXER_INPUTS; i++)
    self->logits[i] = i < n ? stretch[*slots[i] >> 20] : 0;
}

LATENT_INLINE void
latent_inputs_update (LatentInputs *self, const LatentLogistic *logistic, LatentSlot *const *slots,
    guint n, gboolean bit)
{
  for (guint i = 0; i < n; i++)
    latent_slot_update (slots[i], bit);
}

/* It fits: 8 x 32768 x 2323 < 2^31. */
LATENT_INLINE gint32
latent_mixer_dot (const LatentMixer *self, const LatentInputs *inputs)
{
  gint32 sum = 0;

  for (guint i = 0; i < LATENT_MIXER_INPUTS; i++)
    sum += self->weights[i] * inputs->logits[i];
  return sum;
}

/* weights += logits * error / 65536, rounded, saturated; error within 16 bits. */
LATENT_INLINE void
latent_mixer_update (LatentMixer *self, const LatentInputs *inputs, gint32 error)
{
  for (guint i = 0; i < LATENT_MIXER_INPUTS; i++) {
    gint32 weight = self->weights[i] + ((inputs->logits[i] * error + 32768) >> 16);
    self->weights[i] = (gint16)CLAMP (weight, G_MININT16, G_MAXINT16);
  }
}

#endif

LATENT_INLINE void
latent_bit_coder_count (LatentBitCoder *self, const LatentSlot *slot, gboolean bit)
{
  self->counts[slot - self->first][bit]++;
}

/* n slots, different ones; is_likely: the bit can be foretold well; a bit that is decoded is not
 * looked at. */
LATENT_INLINE gboolean
latent_bit_coder_mix (LatentBitCoder *self, const LatentDirection direction,
    LatentSlot *const *slots, const guint n, LatentMixer *mixer, const gboolean is_likely,
    gboolean bit)
{
  LatentInputs inputs;
  gint32 logit;
  guint p;

  latent_inputs_load (&inputs, self->logistic->stretch, slots, n);
  logit = latent_mixer_dot (mixer, &inputs) >> LATENT_MIXER_SHIFT;
  if (G_UNLIKELY ((guint)(logit + LATENT_LOGIT_LIMIT) > 2 * LATENT_LOGIT_LIMIT))
    logit = latent_range_keep (logit < 0 ? -LATENT_LOGIT_LIMIT : LATENT_LOGIT_LIMIT);
  p = self->logistic->squash[logit + LATENT_LOGIT_LIMIT];
  if (direction == LATENT_DECODE)
    bit = is_likely ? latent_range_get_likely (&self->decoder, p)
                    : latent_range_get (&self->decoder, p);
  else if (direction == LATENT_ENCODE)
    latent_range_put (&self->encoder, p, bit);
  else
    for (guint i = 0; i < n; i++)
      latent_bit_coder_count (self, slots[i], bit);
  self->decisions++;
  latent_mixer_update (mixer, &inputs, self->logistic->errors[bit][logit + LATENT_LOGIT_LIMIT]);
  latent_inputs_update (&inputs, self->logistic, slots, n, bit);
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
