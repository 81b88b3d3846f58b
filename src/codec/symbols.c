/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/symbols.h"

#include <math.h>
#include <string.h>

#include "src/codec/range.h"

#define UNARY    14
#define CONTEXTS 36

typedef struct {
  guint16 more[CONTEXTS][UNARY];
  guint16 sign[9];
  guint16 escape[16];
} ChannelState;

struct _LatentSymbolCoder {
  LatentPrior *prior;
  guint channels;
  guint height;
  guint width;
  guint begin;
  guint end;
  guint16 is_raw;
  ChannelState *state; /* of each channel */
  guint16 *dead;       /* of each channel */
};

/* One of both directions. */
typedef struct {
  LatentRangeEncoder *encoder;
  LatentRangeDecoder *decoder;
} Coder;

static inline gboolean
code_bit (Coder *coder, guint16 *p, gboolean bit)
{
  if (coder->encoder != NULL)
    latent_range_put (coder->encoder, *p, bit);
  else
    bit = latent_range_get (coder->decoder, *p);
  *p += bit ? (65472 - *p) >> 5 : -((*p - 64) >> 5);
  return bit;
}

LatentSymbolCoder *
latent_symbol_coder_new (
    LatentPrior *prior, guint channels, guint height, guint width, guint begin, guint end)
{
  LatentSymbolCoder *self = g_new0 (LatentSymbolCoder, 1);

  self->prior = latent_prior_ref (prior);
  self->channels = channels;
  self->height = height;
  self->width = width;
  self->begin = begin;
  self->end = end;
  self->state = g_new (ChannelState, channels);
  self->dead = g_new (guint16, channels);
  latent_symbol_coder_reset (self);
  return self;
}

void
latent_symbol_coder_free (LatentSymbolCoder *self)
{
  if (self == NULL)
    return;
  latent_prior_unref (self->prior);
  g_free (self->state);
  g_free (self->dead);
  g_free (self);
}

void
latent_symbol_coder_reset (LatentSymbolCoder *self)
{
  guint16 *p = (guint16 *)self->state;

  for (gsize i = 0; i < self->channels * sizeof (ChannelState) / sizeof *p; i++)
    p[i] = LATENT_RANGE_HALF;
  for (guint c = 0; c < self->channels; c++)
    self->dead[c] = LATENT_RANGE_HALF;
  self->is_raw = 64;
}

static gsize
count_symbols (const LatentSymbolCoder *self)
{
  return (gsize)self->channels * (self->end - self->begin) * self->width;
}

gsize
latent_symbol_coder_get_bound (const LatentSymbolCoder *self)
{
  gsize n = count_symbols (self);

  return 2 * n + n / 32 + 16;
}

static inline guint
level (guint a)
{
  return a == 0 ? 0 : a < 3 ? 1 : a < 6 ? 2 : a < 12 ? 3 : a < 32 ? 4 : 5;
}

static guint
find_context (
    const LatentSymbolCoder *self, const gint16 *q, const gint16 *previous, guint y, guint x)
{
  guint sum = 0;

  if (x > 0)
    sum += 2 * ABS (q[-1]);
  if (y > self->begin)
    sum += 2 * ABS (q[-(gssize)self->width]);
  if (y > self->begin && x > 0)
    sum += ABS (q[-(gssize)self->width - 1]);
  if (y > self->begin && x + 1 < self->width)
    sum += ABS (q[-(gssize)self->width + 1]);
  return level (sum) * 6 + (previous != NULL ? level (2 * ABS (*previous)) : 0);
}

/* A magnitude from UNARY on: Exp-Golomb. */
static guint
code_escape (Coder *coder, guint16 *p, guint rest)
{
  guint n = 0, bits = 0;

  while (code_bit (coder, &p[n], (rest + 1) >> (n + 1) != 0) && n < 15)
    n++;
  if (coder->encoder != NULL)
    latent_range_put_bits (coder->encoder, rest + 1 - (1u << n), n);
  else
    bits = latent_range_get_bits (coder->decoder, n);
  return coder->encoder != NULL ? rest : (1u << n) + bits - 1;
}

static gint
code_symbol (Coder *coder, ChannelState *state, guint context, gint value)
{
  guint magnitude = ABS (value), n = 0;
  guint16 *more = state->more[context];
  gboolean negative;

  while (n < UNARY && code_bit (coder, &more[n], magnitude > n))
    n++;
  if (n == 0)
    return 0;
  if (n == UNARY)
    n += code_escape (coder, state->escape, magnitude - UNARY);
  negative = code_bit (coder, &state->sign[0], value < 0);
  return negative ? -(gint)n : (gint)n;
}

static gboolean
is_dead (const LatentSymbolCoder *self, const gint16 *symbols)
{
  for (gsize i = (gsize)self->begin * self->width; i < (gsize)self->end * self->width; i++)
    if (symbols[i] != 0)
      return FALSE;
  return TRUE;
}

static gboolean
code_channel (
    LatentSymbolCoder *self, Coder *coder, guint c, gint16 *symbols, const gint16 *previous)
{
  gsize size = (gsize)self->height * self->width * c;
  gboolean sound = TRUE;

  symbols += size;
  previous = previous != NULL ? previous + size : NULL;
  if (code_bit (coder, &self->dead[c], coder->encoder != NULL && is_dead (self, symbols))) {
    if (coder->decoder != NULL)
      memset (symbols + (gsize)self->begin * self->width, 0,
          (gsize)(self->end - self->begin) * self->width * sizeof *symbols);
    return TRUE;
  }
  for (guint y = self->begin; y < self->end; y++) {
    for (guint x = 0; x < self->width; x++) {
      gsize i = (gsize)y * self->width + x;
      guint context = find_context (
          self, symbols + i, previous != NULL ? previous + i : NULL, y, x);
      gint value = code_symbol (
          coder, &self->state[c], context, coder->encoder != NULL ? symbols[i] : 0);
      sound = sound && value >= G_MININT16 && value <= G_MAXINT16;
      if (coder->decoder != NULL)
        symbols[i] = value;
    }
  }
  return sound;
}

/* Symbols that contexts would make larger: 16 bits each. */
static gboolean
code_raw (LatentSymbolCoder *self, Coder *coder, gint16 *symbols)
{
  gsize rows = (gsize)(self->end - self->begin) * self->width;

  for (guint c = 0; c < self->channels; c++) {
    gint16 *q = symbols + ((gsize)self->height * c + self->begin) * self->width;
    for (gsize i = 0; i < rows; i++) {
      if (coder->encoder != NULL)
        latent_range_put_bits (coder->encoder, (guint16)q[i], 16);
      else
        q[i] = (gint16)latent_range_get_bits (coder->decoder, 16);
    }
  }
  latent_symbol_coder_reset (self);
  return TRUE;
}

static gboolean
code_slice (
    LatentSymbolCoder *self, Coder *coder, gint16 *symbols, const gint16 *previous, gboolean raw)
{
  gboolean sound = TRUE;

  if (code_bit (coder, &self->is_raw, raw))
    return code_raw (self, coder, symbols);
  for (guint c = 0; c < self->channels; c++)
    sound = code_channel (self, coder, c, symbols, previous) && sound;
  return sound;
}

gsize
latent_symbol_coder_encode (
    LatentSymbolCoder *self, const gint16 *symbols, const gint16 *previous, guint8 *dst)
{
  LatentRangeEncoder range;
  Coder coder = {.encoder = &range};
  guint16 is_raw = self->is_raw;

  /* An encoder writes no symbols. */
  latent_range_encoder_init (&range, dst, latent_symbol_coder_get_bound (self));
  code_slice (self, &coder, (gint16 *)symbols, previous, FALSE);
  latent_range_encoder_finish (&range);
  if (!range.full)
    return range.pos;
  self->is_raw = is_raw;
  latent_range_encoder_init (&range, dst, latent_symbol_coder_get_bound (self));
  code_slice (self, &coder, (gint16 *)symbols, previous, TRUE);
  return latent_range_encoder_finish (&range);
}

gboolean
latent_symbol_coder_decode (
    LatentSymbolCoder *self, const guint8 *src, gsize size, const gint16 *previous, gint16 *symbols)
{
  LatentRangeDecoder range;
  Coder coder = {.decoder = &range};

  latent_range_decoder_init (&range, src, size);
  return code_slice (self, &coder, symbols, previous, FALSE);
}

static guint
get_bits (guint16 p, gboolean bit)
{
  return (guint)(-256 * log2 ((bit ? p : 65536 - p) / 65536.0));
}

guint
latent_symbol_coder_get_cost (const LatentSymbolCoder *self, const gint16 *symbols,
    const gint16 *previous, guint channel, guint y, guint x, gint value)
{
  gsize i = ((gsize)self->height * channel + y) * self->width + x;
  guint context = find_context (self, symbols + i, previous != NULL ? previous + i : NULL, y, x);
  const ChannelState *state = &self->state[channel];
  guint magnitude = ABS (value), cost = 0, n = 0;

  for (; n < UNARY && n < magnitude; n++)
    cost += get_bits (state->more[context][n], TRUE);
  if (n < UNARY)
    cost += get_bits (state->more[context][n], FALSE);
  else
    cost += 512 * (guint)log2 (magnitude - UNARY + 1) + 256;
  return magnitude > 0 ? cost + get_bits (state->sign[0], value < 0) : cost;
}
