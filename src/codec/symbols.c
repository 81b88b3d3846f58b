/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/symbols.h"

#include <string.h>

#include "src/codec/band.h"
#include "src/codec/classes.h"
#include "src/codec/prior-private.h"

#define RAW_PROBABILITY 32 /* of 65536: symbols that contexts would make larger */
/* Likewise, of a packet of several frames: that a frame is the last before the packet is full. */
#define LAST_PROBABILITY 32
#define COUNT_BITS       3 /* of the number of frames, less 1 */

struct _LatentSymbolCoder {
  LatentPrior *prior;
  LatentBand band;
  LatentState *states[2]; /* of frames that are foretold: the second */
  guint64 decisions;
};

LatentSymbolCoder *
latent_symbol_coder_new (
    LatentPrior *prior, guint channels, guint height, guint width, guint begin, guint end)
{
  LatentSymbolCoder *self;

  g_return_val_if_fail (channels == prior->channels, NULL);
  g_return_val_if_fail (begin < end && end <= height && width > 0, NULL);
  self = g_new0 (LatentSymbolCoder, 1);
  self->prior = latent_prior_ref (prior);
  latent_band_init (&self->band, channels, height, width, begin, end);
  for (guint i = 0; i < 2; i++)
    self->states[i] = g_malloc (latent_state_get_size (channels));
  self->band.weights = prior->weights;
  latent_symbol_coder_reset (self);
  return self;
}

void
latent_symbol_coder_free (LatentSymbolCoder *self)
{
  if (self == NULL)
    return;
  g_free (self->states[0]);
  g_free (self->states[1]);
  latent_band_clear (&self->band);
  latent_prior_unref (self->prior);
  g_free (self);
}

void
latent_symbol_coder_reset (LatentSymbolCoder *self)
{
  for (guint i = 0; i < 2; i++)
    memcpy (self->states[i], self->prior->states[i], latent_state_get_size (self->prior->channels));
  latent_band_forget (&self->band);
  self->band.state = self->states[0];
}

gsize
latent_symbol_coder_get_bound (const LatentSymbolCoder *self)
{
  const LatentBand *band = &self->band;
  gsize n = (gsize)band->channels * band->rows * band->width;

  /* What rounding in the range coder may add to 16 bits each is under a sixtieth. */
  n += (gsize)band->rows * band->width * (1 + 2 * LATENT_PLACE_VECTORS);
  return 2 * n + n / 30 + 16;
}

guint64
latent_symbol_coder_get_decisions (const LatentSymbolCoder *self)
{
  return self->decisions;
}

/* Modes in 3 bits, components of vectors in 16. */
static void
put_kinds (const LatentBand *band, LatentRangeEncoder *encoder)
{
  const LatentForetold *foretold = band->foretold;
  const gsize begin = (gsize)band->begin * band->width;

  for (gsize i = begin; i < begin + (gsize)band->rows * band->width; i++) {
    const LatentVector *vectors = foretold->vectors + i * LATENT_PLACE_VECTORS;
    latent_range_put_bits (encoder, foretold->modes[i], 3);
    for (guint k = 0; k < LATENT_PLACE_VECTORS && latent_foretold_is_moved (foretold, i); k++) {
      latent_range_put_bits (encoder, latent_vector_is_memory (vectors[k]), 1);
      if (latent_vector_is_memory (vectors[k]))
        continue;
      latent_range_put_bits (encoder, (guint16)vectors[k].x, 16);
      latent_range_put_bits (encoder, (guint16)vectors[k].y, 16);
    }
  }
}

static gint16
get_component (LatentRangeDecoder *decoder)
{
  gint16 component = (gint16)latent_range_get_bits (decoder, 16);

  return (gint16)CLAMP (component, -LATENT_VECTOR_MAX, LATENT_VECTOR_MAX);
}

/* Any bytes give modes and vectors that can be. */
static void
get_kinds (LatentBand *band, LatentRangeDecoder *decoder)
{
  LatentForetold *foretold = band->foretold;
  const gsize begin = (gsize)band->begin * band->width;
  const guint most = foretold->has_motion ? LATENT_PLACE_SPLIT : LATENT_PLACE_NEW;

  for (gsize i = begin; i < begin + (gsize)band->rows * band->width; i++) {
    LatentVector *vectors = foretold->vectors + i * LATENT_PLACE_VECTORS;
    const guint mode = latent_range_get_bits (decoder, 3);
    foretold->modes[i] = (guint8)MIN (mode, most);
    for (guint k = 0; k < LATENT_PLACE_VECTORS; k++) {
      vectors[k] = (LatentVector){0};
      if (!latent_foretold_is_moved (foretold, i))
        continue;
      if (latent_range_get_bits (decoder, 1)) {
        vectors[k] = LATENT_VECTOR_MEMORY;
        continue;
      }
      vectors[k].x = get_component (decoder);
      vectors[k].y = get_component (decoder);
    }
  }
  if (foretold->fill != NULL)
    foretold->fill (foretold, band->begin, band->begin + band->rows, foretold->data);
}

/* Frames that are coded in one go: one, or some of a packet that holds `most` of them. */
typedef struct {
  guint n;
  guint most;
} Frames;

static const Frames one_frame = {1, 1};

static gsize
get_stride (const LatentBand *band)
{
  return (gsize)band->channels * band->height * band->width;
}

static void
put_raw_frame (const LatentBand *band, LatentRangeEncoder *encoder, const gint16 *symbols)
{
  for (guint c = 0; c < band->channels; c++) {
    const gint16 *q = symbols + latent_band_get_begin (band, c);
    for (gsize i = 0; i < (gsize)band->rows * band->width; i++)
      latent_range_put_bits (encoder, (guint16)q[i], 16);
  }
}

static void
get_raw_frame (const LatentBand *band, LatentRangeDecoder *decoder, gint16 *symbols)
{
  for (guint c = 0; c < band->channels; c++) {
    gint16 *q = symbols + latent_band_get_begin (band, c);
    for (gsize i = 0; i < (gsize)band->rows * band->width; i++)
      q[i] = (gint16)latent_range_get_bits (decoder, 16);
  }
}

/* 16 bits a symbol; the state starts anew. */
static void
encode_raw (
    LatentSymbolCoder *self, LatentRangeEncoder *encoder, const gint16 *symbols, Frames frames)
{
  latent_range_put (encoder, RAW_PROBABILITY, TRUE);
  if (self->band.foretold != NULL)
    put_kinds (&self->band, encoder);
  if (frames.most > 1)
    latent_range_put_bits (encoder, frames.n - 1, COUNT_BITS);
  for (guint i = 0; i < frames.n; i++)
    put_raw_frame (&self->band, encoder, symbols + i * get_stride (&self->band));
  latent_symbol_coder_reset (self);
}

static guint
decode_raw (LatentSymbolCoder *self, LatentRangeDecoder *decoder, guint most, gint16 *symbols)
{
  guint n = 1;

  if (self->band.foretold != NULL)
    get_kinds (&self->band, decoder);
  if (most > 1)
    n = MIN (latent_range_get_bits (decoder, COUNT_BITS) + 1, most);
  for (guint i = 0; i < n; i++)
    get_raw_frame (&self->band, decoder, symbols + i * get_stride (&self->band));
  latent_symbol_coder_reset (self);
  return n;
}

static gsize
encode (LatentSymbolCoder *self, const gint16 *symbols, Frames frames, const gint16 *previous,
    guint8 *dst)
{
  LatentBitCoder bits = {.logistic = latent_logistic_get ()};
  gsize bound = latent_symbol_coder_get_bound (self) * frames.n, size;

  latent_range_encoder_init (&bits.encoder, dst, bound);
  latent_range_put (&bits.encoder, RAW_PROBABILITY, FALSE);
  for (guint i = 0; i < frames.n; i++) {
    const gint16 *now = symbols + i * get_stride (&self->band);
    /* An encoder writes no symbols. */
    latent_band_code (&self->band, &bits, LATENT_ENCODE, (gint16 *)now, previous);
    if (i + 1 < frames.most)
      latent_range_put (&bits.encoder, LAST_PROBABILITY, i + 1 == frames.n);
    previous = now;
  }
  self->decisions += bits.decisions;
  size = latent_range_encoder_finish (&bits.encoder);
  if (!bits.encoder.full)
    return size;
  latent_range_encoder_init (&bits.encoder, dst, bound);
  encode_raw (self, &bits.encoder, symbols, frames);
  return latent_range_encoder_finish (&bits.encoder);
}

/* Returns how many frames there are. */
static guint
decode (LatentSymbolCoder *self, const guint8 *src, gsize size, guint most, const gint16 *previous,
    gint16 *symbols)
{
  LatentBitCoder bits = {.logistic = latent_logistic_get ()};
  gboolean is_last = FALSE;
  guint n = 0;

  latent_range_decoder_init (&bits.decoder, src, size);
  if (latent_range_get (&bits.decoder, RAW_PROBABILITY))
    return decode_raw (self, &bits.decoder, most, symbols);
  while (!is_last) {
    gint16 *now = symbols + n * get_stride (&self->band);
    latent_band_code (&self->band, &bits, LATENT_DECODE, now, previous);
    n++;
    is_last = n == most || latent_range_get (&bits.decoder, LAST_PROBABILITY);
    previous = now;
  }
  self->decisions += bits.decisions;
  return n;
}

gsize
latent_symbol_coder_encode (
    LatentSymbolCoder *self, const gint16 *symbols, const gint16 *previous, guint8 *dst)
{
  return encode (self, symbols, one_frame, previous, dst);
}

gboolean
latent_symbol_coder_decode (
    LatentSymbolCoder *self, const guint8 *src, gsize size, const gint16 *previous, gint16 *symbols)
{
  return decode (self, src, size, 1, previous, symbols) == 1;
}

gsize
latent_symbol_coder_encode_frames (LatentSymbolCoder *self, const gint16 *symbols, guint n,
    guint most, const gint16 *previous, guint8 *dst)
{
  g_return_val_if_fail (n >= 1 && n <= most && most <= 1 << COUNT_BITS, 0);
  return encode (self, symbols, (Frames){n, most}, previous, dst);
}

guint
latent_symbol_coder_decode_frames (LatentSymbolCoder *self, const guint8 *src, gsize size,
    guint most, const gint16 *previous, gint16 *symbols)
{
  return decode (self, src, size, most, previous, symbols);
}

/* The band works by the other state meanwhile. */
static void
begin_foretold (LatentSymbolCoder *self, LatentForetold *foretold)
{
  self->band.foretold = foretold;
  self->band.state = self->states[1];
}

static void
end_foretold (LatentSymbolCoder *self)
{
  self->band.foretold = NULL;
  self->band.state = self->states[0];
}

gsize
latent_symbol_coder_encode_foretold (
    LatentSymbolCoder *self, const gint16 *symbols, LatentForetold *foretold, guint8 *dst)
{
  gsize size;

  begin_foretold (self, foretold);
  size = encode (self, symbols, one_frame, NULL, dst);
  end_foretold (self);
  return size;
}

gboolean
latent_symbol_coder_decode_foretold (LatentSymbolCoder *self, const guint8 *src, gsize size,
    LatentForetold *foretold, gint16 *symbols)
{
  gboolean ok;

  begin_foretold (self, foretold);
  ok = decode (self, src, size, 1, NULL, symbols) == 1;
  end_foretold (self);
  return ok;
}

static guint
get_bits (const LatentLogistic *logistic, LatentSlot slot, gboolean bit)
{
  return logistic->cost[bit ? slot >> 20 : 4095 - (slot >> 20)];
}

/* A symbol less the offset; rows and columns outside count as the offset. */
static guint
get_magnitude (const LatentBand *band, const gint16 *symbols, guint channel, gint y, gint x)
{
  gint value;

  if (x < 0 || x >= (gint)band->width || y < (gint)band->begin)
    return 0;
  value = symbols[((gsize)channel * band->height + (gsize)y) * band->width + (gsize)x] -
          band->state->channels[channel].offset;
  return (guint)ABS (value);
}

/* Within a place that is coded: from one table for each kind of decision. */
static guint
get_cost_within (const LatentBand *band, guint channel, const guint near[3], gint value,
    gint before, gboolean delta)
{
  const LatentLogistic *logistic = latent_logistic_get ();
  const LatentSlot *slots = band->state->channels[channel].slots;
  const guint magnitude = (guint)ABS (value);
  const guint same = (before < 0) == (value < 0) ? (guint)ABS (before) : 0;
  guint t = delta ? 1 + MIN ((guint)ABS (before), 2) : 0;
  guint cost = get_bits (logistic,
      slots[Z2 + MIN (near[0], 2) * 24 + MIN (near[1], 2) * 8 + (near[2] > 0) * 4 + t],
      magnitude > 0);

  if (magnitude == 0)
    return cost;
  t = delta ? (guint)CLAMP (before, -2, 2) + 2 : 5;
  cost += get_bits (logistic, slots[S1 + t * 3], value < 0);
  for (guint k = 1; k <= MIN (magnitude, LATENT_UNARY); k++) {
    t = !delta ? 0 : same < k ? 1 : same == k ? 2 : 3;
    cost += get_bits (logistic, slots[M4 + ((k - 1) * 4 + t) * 2], magnitude > k);
  }
  if (magnitude > LATENT_UNARY)
    cost += 256 * (2 * g_bit_storage (magnitude - LATENT_UNARY) - 1);
  return cost;
}

guint
latent_symbol_coder_get_cost (const LatentSymbolCoder *self, const gint16 *symbols,
    const gint16 *previous, guint channel, guint y, guint x, gint value)
{
  const LatentLogistic *logistic = latent_logistic_get ();
  const LatentBand *band = &self->band;
  const gsize i = ((gsize)channel * band->height + y) * band->width + x;
  const gint offset = band->state->channels[channel].offset;
  const gint still = previous != NULL ? previous[i] : offset;
  const LatentSlot place = band->state->shared[P7 + (previous != NULL)];
  const guint near[3] = {get_magnitude (band, symbols, channel, (gint)y, (gint)x - 1),
      get_magnitude (band, symbols, channel, (gint)y - 1, (gint)x),
      get_magnitude (band, symbols, channel, (gint)y - 1, (gint)x + 1)};
  guint cost = get_cost_within (
      band, channel, near, value - offset, still - offset, previous != NULL);

  cost += get_bits (logistic, place, TRUE);
  return value == still ? MIN (cost, get_bits (logistic, place, FALSE)) : cost;
}
