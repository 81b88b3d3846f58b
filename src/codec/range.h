/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* A binary range coder. p is the probability that the bit is 1, in 1/65536, from 1 to 65535. The
 * interval [low, low + range) is split at range / 65536 * p: the lower part is 1. Whole bytes leave
 * at the top once the range is under 2^24. The stream is a fraction of 2^32, its bytes the digits;
 * the digits behind its last byte are zeros, so that trailing zeros are not written. */

typedef struct {
  guint8 *dst;
  gsize capacity;
  gsize pos;
  guint32 low;
  guint32 range;
  gboolean full; /* more bytes were wanted than dst has; what it holds is of no use */
} LatentRangeEncoder;

typedef struct {
  const guint8 *src;
  const guint8 *end;
  guint32 offset; /* the stream's value above low */
  guint32 range;
} LatentRangeDecoder;

#define LATENT_RANGE_HALF 32768u
#define LATENT_RANGE_TOP  (1u << 24)

static inline void
latent_range_encoder_init (LatentRangeEncoder *self, guint8 *dst, gsize capacity)
{
  *self = (LatentRangeEncoder){.dst = dst, .capacity = capacity, .range = G_MAXUINT32};
}

static inline void
latent_range_decoder_init (LatentRangeDecoder *self, const guint8 *src, gsize size)
{
  /* src may be NULL where there is nothing */
  *self = (LatentRangeDecoder){
      .src = src, .end = size > 0 ? src + size : src, .range = G_MAXUINT32};
  for (guint i = 0; i < 4; i++)
    self->offset = self->offset << 8 | (self->src < self->end ? *self->src++ : 0);
}

static inline void
latent_range_carry (LatentRangeEncoder *self)
{
  for (gsize i = self->pos; i > 0 && ++self->dst[i - 1] == 0; i--) {
  }
}

static inline void
latent_range_put_byte (LatentRangeEncoder *self, guint8 byte)
{
  if (self->pos < self->capacity)
    self->dst[self->pos++] = byte;
  else
    self->full = TRUE;
}

/* Bits here are those that are hard to foretell, or known long before: nothing branches on them. */
static inline void
latent_range_put (LatentRangeEncoder *self, guint32 p, gboolean bit)
{
  const guint32 bound = (self->range >> 16) * p, zero = (guint32)(bit != 0) - 1;

  if (G_UNLIKELY (__builtin_add_overflow (self->low, bound & zero, &self->low)))
    latent_range_carry (self);
  self->range = bit ? bound : self->range - bound;
  while (G_UNLIKELY (self->range < LATENT_RANGE_TOP)) {
    latent_range_put_byte (self, self->low >> 24);
    self->low <<= 8;
    self->range <<= 8;
  }
}

static inline void
latent_range_fill (LatentRangeDecoder *self)
{
  while (G_UNLIKELY (self->range < LATENT_RANGE_TOP)) {
    self->offset = self->offset << 8 | (self->src < self->end ? *self->src++ : 0);
    self->range <<= 8;
  }
}

static inline gboolean
latent_range_get (LatentRangeDecoder *self, guint32 p)
{
  const guint32 bound = (self->range >> 16) * p;
  const gboolean bit = self->offset < bound;
  const guint32 zero = (guint32)bit - 1;

  self->offset -= bound & zero;
  self->range = bound + ((self->range - 2 * bound) & zero);
  latent_range_fill (self);
  return bit;
}

/* A value that the compiler knows nothing of: what is chosen between two of them is chosen by a
 * branch, which the CPU foretells: what follows need not wait for the condition. */
static inline gint32
latent_range_keep (gint32 value)
{
  __asm__("" : "+r"(value));
  return value;
}

/* The same for bits that can be foretold well. */
static inline gboolean
latent_range_get_likely (LatentRangeDecoder *self, guint32 p)
{
  const guint32 bound = (self->range >> 16) * p;
  gboolean bit;

  if (self->offset < bound) {
    bit = latent_range_keep (TRUE);
    self->range = bound;
  } else {
    bit = latent_range_keep (FALSE);
    self->offset -= bound;
    self->range -= bound;
  }
  latent_range_fill (self);
  return bit;
}

/* n bits, 32 at most, each as likely as not; the highest first. */
static inline void
latent_range_put_bits (LatentRangeEncoder *self, guint32 value, guint n)
{
  while (n-- > 0)
    latent_range_put (self, LATENT_RANGE_HALF, value >> n & 1);
}

static inline guint32
latent_range_get_bits (LatentRangeDecoder *self, guint n)
{
  guint32 value = 0;

  while (n-- > 0)
    value = value << 1 | (guint32)latent_range_get (self, LATENT_RANGE_HALF);
  return value;
}

/* Ends the stream: returns its length, or 0 where full is set (an empty stream has length 0, too).
 */
static inline gsize
latent_range_encoder_finish (LatentRangeEncoder *self)
{
  guint32 mask = LATENT_RANGE_TOP - 1; /* the range holds a multiple of 2^24 */
  guint32 value = (self->low + mask) & ~mask;

  if (value < self->low)
    latent_range_carry (self);
  if (value != 0)
    latent_range_put_byte (self, value >> 24);
  while (self->pos > 0 && self->dst[self->pos - 1] == 0)
    self->pos--;
  return self->full ? 0 : self->pos;
}
