/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/base/random.h"

#include <math.h>
#include <string.h>

#include "src/base/clones.h"

/* Blocks that are made at a time, side by side, so that loops over them vectorise. A block is four
 * words of 32 bits. */
#define LANES  16
#define WORDS  4
#define CHUNK  (LANES * WORDS)
#define ROUNDS 10

/* Bits of a step's number in a stream; the purpose stands above them. */
#define STEP_BITS 56

#define INLINE static inline __attribute__ ((always_inline))

typedef struct {
  guint32 words[WORDS][LANES];
} Chunk;

/* The block cipher on `lanes` counters in a row: (counter, stream) is what is enciphered. */
INLINE void
make_blocks (const LatentRandom *self, guint lanes, Chunk *chunk)
{
  guint32 (*x)[LANES] = chunk->words;
  guint32 k0 = (guint32)self->key;
  guint32 k1 = (guint32)(self->key >> 32);

  for (guint i = 0; i < lanes; i++) {
    guint64 counter = self->counter + i;
    x[0][i] = (guint32)counter;
    x[1][i] = (guint32)(counter >> 32);
    x[2][i] = (guint32)self->stream;
    x[3][i] = (guint32)(self->stream >> 32);
  }
  for (guint round = 0; round < ROUNDS; round++) {
    for (guint i = 0; i < lanes; i++) {
      guint64 p0 = (guint64)x[0][i] * 0xD2511F53u;
      guint64 p1 = (guint64)x[2][i] * 0xCD9E8D57u;
      x[0][i] = (guint32)(p1 >> 32) ^ x[1][i] ^ k0;
      x[1][i] = (guint32)p1;
      x[2][i] = (guint32)(p0 >> 32) ^ x[3][i] ^ k1;
      x[3][i] = (guint32)p0;
    }
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
}

void
latent_random_init (LatentRandom *self, guint64 seed, LatentRandomPurpose purpose, guint64 step)
{
  guint64 low = step & ((G_GUINT64_CONSTANT (1) << STEP_BITS) - 1);

  *self = (LatentRandom){.key = seed, .stream = (guint64)purpose << STEP_BITS | low};
}

guint64
latent_random_next (LatentRandom *self)
{
  Chunk chunk;

  make_blocks (self, 1, &chunk);
  self->counter++;
  return (guint64)chunk.words[1][0] << 32 | chunk.words[0][0];
}

guint64
latent_random_below (LatentRandom *self, guint64 n)
{
  guint64 surplus, value;

  g_return_val_if_fail (n > 0, 0);
  surplus = -n % n; /* 2^64 modulo n: as many values would make small remainders more likely */
  do
    value = latent_random_next (self);
  while (value < surplus);
  return value % n;
}

/* In [0, 1). Its 24 bits fit a signed integer, which is what vectors convert. */
INLINE float
to_unit (guint32 word)
{
  return (float)(gint32)(word >> 8) * 0x1p-24f;
}

/* Of x in (0, 1], to a few units of the last place. x = 2^e m with m near 1; then the series of
 * log m = 2 artanh s, s = (m - 1) / (m + 1), which is below 0.172. */
INLINE float
log_of (float x)
{
  const gint32 sqrt_half = 0x3f3504f3; /* its bits as a float */
  gint32 bits;
  float m, s, t;

  memcpy (&bits, &x, sizeof bits);
  gint32 e = (bits - sqrt_half) >> 23;
  bits -= e * (1 << 23);
  memcpy (&m, &bits, sizeof m);
  s = (m - 1.f) / (m + 1.f);
  t = s * s;
  t = 1.f + t * (1.f / 3 + t * (1.f / 5 + t * (1.f / 7 + t * (1.f / 9))));
  return (float)e * 0.693147181f + 2.f * s * t;
}

/* Sine and cosine of x turns, x in [0, 1): Taylor's series within an eighth of a turn of the
 * nearest quarter, then turned by so many quarters. */
INLINE void
sin_cos_of (float x, float *sine, float *cosine)
{
  gint32 quarter = (gint32)(x * 4.f + .5f);
  float a = (x - (float)quarter * .25f) * 6.28318531f;
  float t = a * a;
  float s = a * (1.f - t / 6 * (1.f - t / 20 * (1.f - t / 42 * (1.f - t / 72))));
  float c = 1.f - t / 2 * (1.f - t / 12 * (1.f - t / 30 * (1.f - t / 56 * (1.f - t / 90))));
  float swapped_s = quarter & 1 ? c : s;
  float swapped_c = quarter & 1 ? s : c;

  *sine = quarter & 2 ? -swapped_s : swapped_s;
  *cosine = (quarter + 1) & 2 ? -swapped_c : swapped_c;
}

LATENT_FOR_EACH_CPU
static void
make_uniform (LatentRandom *self, float low, float range, float *dst)
{
  Chunk chunk;

  make_blocks (self, LANES, &chunk);
  for (guint w = 0; w < WORDS; w++)
    for (guint i = 0; i < LANES; i++)
      dst[w * LANES + i] = low + range * to_unit (chunk.words[w][i]);
}

LATENT_FOR_EACH_CPU
static void
make_normal (LatentRandom *self, float deviation, float unused, float *dst)
{
  Chunk chunk;

  make_blocks (self, LANES, &chunk);
  for (guint w = 0; w < WORDS; w += 2)
    for (guint i = 0; i < LANES; i++) {
      float sine, cosine;
      /* 1 - u is in (0, 1]: its logarithm is finite */
      float radius = deviation * sqrtf (-2.f * log_of (1.f - to_unit (chunk.words[w][i])));
      sin_cos_of (to_unit (chunk.words[w + 1][i]), &sine, &cosine);
      dst[w * LANES + i] = radius * cosine;
      dst[(w + 1) * LANES + i] = radius * sine;
    }
}

typedef void (*MakeFunc) (LatentRandom *self, float a, float b, float *dst);

/* Whole chunks; of the last one what is asked for. */
static void
fill (LatentRandom *self, MakeFunc make, float a, float b, float *dst, gsize n)
{
  float last[CHUNK];

  for (; n >= CHUNK; n -= CHUNK, dst += CHUNK, self->counter += LANES)
    make (self, a, b, dst);
  if (n == 0)
    return;
  make (self, a, b, last);
  memcpy (dst, last, n * sizeof *dst);
  self->counter += LANES;
}

void
latent_random_fill_uniform (LatentRandom *self, float *dst, gsize n, float low, float high)
{
  float most = nextafterf (high, low);

  fill (self, make_uniform, low, high - low, dst, n);
  for (gsize i = 0; i < n; i++) /* the sum may round up to the bound */
    dst[i] = MIN (dst[i], most);
}

void
latent_random_fill_normal (LatentRandom *self, float *dst, gsize n, float deviation)
{
  fill (self, make_normal, deviation, 0, dst, n);
}
