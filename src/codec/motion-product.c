/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/base/clones.h"
#include "src/codec/motion-private.h"
#ifdef __x86_64__
#include <immintrin.h>
#endif

#define BLOCK 32 /* columns at a time */

/* Two products, so that one instruction does both; an odd last one goes with 0 times itself. */
typedef struct {
  const gint16 *rows[2];
  gint16 weights[2];
} Pair;

static guint
make_pairs (const LatentMotionSum *self, Pair *pairs)
{
  for (guint i = 0; i < self->n; i++) {
    Pair *pair = &pairs[i / 2];
    pair->rows[i % 2] = self->matrix + self->list[i] * self->stride;
    pair->weights[i % 2] = self->weights[i];
    if (i % 2 == 0) {
      pair->rows[1] = pair->rows[0];
      pair->weights[1] = 0;
    }
  }
  return (self->n + 1) / 2;
}

#ifdef __x86_64__

static inline __m128i
load (gconstpointer src)
{
  return _mm_loadu_si128 (src);
}

/* Eight columns of a pair. */
static inline void
add_pair (__m128i *low, __m128i *high, const Pair *pair, gsize column, __m128i weights)
{
  __m128i a = load (pair->rows[0] + column), b = load (pair->rows[1] + column);

  *low = _mm_add_epi32 (*low, _mm_madd_epi16 (_mm_unpacklo_epi16 (a, b), weights));
  *high = _mm_add_epi32 (*high, _mm_madd_epi16 (_mm_unpackhi_epi16 (a, b), weights));
}

static inline __m128i
start_sum (const LatentMotionSum *self, gsize column)
{
  return _mm_add_epi32 (load (self->offsets + column), _mm_set1_epi32 (1 << (self->shift - 1)));
}

/* Sixteen sums to bytes. */
static inline void
store_sums (__m128i a, __m128i b, __m128i c, __m128i d, guint shift, guint8 *dst)
{
  __m128i by = _mm_cvtsi32_si128 ((gint)shift);
  __m128i low = _mm_packs_epi32 (_mm_sra_epi32 (a, by), _mm_sra_epi32 (b, by));
  __m128i high = _mm_packs_epi32 (_mm_sra_epi32 (c, by), _mm_sra_epi32 (d, by));

  _mm_storeu_si128 ((__m128i *)dst, _mm_packus_epi16 (low, high));
}

/* Sums stay in registers. */
static void
sum_pairs (const LatentMotionSum *self, const Pair *pairs, guint n, guint8 *dst)
{
  for (gsize column = 0; column < self->n_dst; column += BLOCK) {
    __m128i a = start_sum (self, column), b = start_sum (self, column + 4);
    __m128i c = start_sum (self, column + 8), d = start_sum (self, column + 12);
    __m128i e = start_sum (self, column + 16), f = start_sum (self, column + 20);
    __m128i g = start_sum (self, column + 24), h = start_sum (self, column + 28);
    for (guint i = 0; i < n; i++) {
      const Pair *pair = &pairs[i];
      __m128i weights = _mm_set1_epi32 (
          (gint)((guint16)pair->weights[0] | (guint32)(guint16)pair->weights[1] << 16));
      add_pair (&a, &b, pair, column, weights);
      add_pair (&c, &d, pair, column + 8, weights);
      add_pair (&e, &f, pair, column + 16, weights);
      add_pair (&g, &h, pair, column + 24, weights);
    }
    store_sums (a, b, c, d, self->shift, dst + column);
    store_sums (e, f, g, h, self->shift, dst + column + 16);
  }
}

/* The same with twice as wide registers, whose halves are columns 0 to 3 and 8 to 11 of sixteen,
 * and the others. */
#define WIDE __attribute__ ((target ("avx2"))) static

typedef struct {
  __m256i even, odd;
} Sixteen;

WIDE inline __m256i
load_wide (gconstpointer src)
{
  return _mm256_loadu_si256 (src);
}

WIDE inline Sixteen
start_sixteen (const LatentMotionSum *self, gsize column)
{
  const __m256i half = _mm256_set1_epi32 (1 << (self->shift - 1));
  const __m256i a = _mm256_add_epi32 (load_wide (self->offsets + column), half);
  const __m256i b = _mm256_add_epi32 (load_wide (self->offsets + column + 8), half);

  return (Sixteen){_mm256_permute2x128_si256 (a, b, 0x20), _mm256_permute2x128_si256 (a, b, 0x31)};
}

WIDE inline void
add_sixteen (Sixteen *sum, const Pair *pair, gsize column, __m256i weights)
{
  const __m256i a = load_wide (pair->rows[0] + column), b = load_wide (pair->rows[1] + column);

  sum->even = _mm256_add_epi32 (
      sum->even, _mm256_madd_epi16 (_mm256_unpacklo_epi16 (a, b), weights));
  sum->odd = _mm256_add_epi32 (sum->odd, _mm256_madd_epi16 (_mm256_unpackhi_epi16 (a, b), weights));
}

WIDE inline __m256i
pack_sixteen (Sixteen sum, guint shift)
{
  const __m128i by = _mm_cvtsi32_si128 ((gint)shift);

  return _mm256_packs_epi32 (_mm256_sra_epi32 (sum.even, by), _mm256_sra_epi32 (sum.odd, by));
}

WIDE void
sum_wide (const LatentMotionSum *self, const Pair *pairs, guint n, guint8 *dst)
{
  for (gsize column = 0; column < self->n_dst; column += BLOCK) {
    Sixteen a = start_sixteen (self, column), b = start_sixteen (self, column + 16);
    for (guint i = 0; i < n; i++) {
      const Pair *pair = &pairs[i];
      const __m256i weights = _mm256_set1_epi32 (
          (gint)((guint16)pair->weights[0] | (guint32)(guint16)pair->weights[1] << 16));
      add_sixteen (&a, pair, column, weights);
      add_sixteen (&b, pair, column + 16, weights);
    }
    const __m256i bytes = _mm256_packus_epi16 (
        pack_sixteen (a, self->shift), pack_sixteen (b, self->shift));
    _mm256_storeu_si256 (
        (__m256i *)(dst + column), _mm256_permute4x64_epi64 (bytes, _MM_SHUFFLE (3, 1, 2, 0)));
  }
}

#else

static void
sum_pairs (const LatentMotionSum *self, const Pair *pairs, guint n, guint8 *dst)
{
  for (gsize column = 0; column < self->n_dst; column++) {
    guint32 sum = (guint32)self->offsets[column] + (1u << (self->shift - 1));
    for (guint i = 0; i < n; i++)
      for (guint j = 0; j < 2; j++)
        sum += (guint32)((gint32)pairs[i].rows[j][column] * pairs[i].weights[j]);
    dst[column] = (guint8)CLAMP ((gint32)sum >> self->shift, 0, 255);
  }
}

#endif

void
latent_motion_sum (const LatentMotionSum *self, guint8 *dst)
{
  Pair pairs[(LATENT_MOTION_COMPONENTS + 1) / 2];
  const guint n = make_pairs (self, pairs);

#ifdef __x86_64__
  if (__builtin_cpu_supports ("avx2")) {
    sum_wide (self, pairs, n, dst);
    return;
  }
#endif
  sum_pairs (self, pairs, n, dst);
}

#define ROWS 4 /* at a time, so that pixels are loaded once for all of them */

/* Rows are orthonormal and pixels 0 to 255, so that no sum overflows. */
LATENT_FOR_EACH_CPU static void
multiply (const gint16 *matrix, const gint16 *pixels, gsize n, guint n_rows, gint32 *dst)
{
  guint i = 0;

  for (; i + ROWS <= n_rows; i += ROWS, matrix += ROWS * n) {
    gint32 a = 0, b = 0, c = 0, d = 0;
    for (gsize j = 0; j < n; j++) {
      a += matrix[j] * pixels[j];
      b += matrix[n + j] * pixels[j];
      c += matrix[2 * n + j] * pixels[j];
      d += matrix[3 * n + j] * pixels[j];
    }
    dst[i] = a;
    dst[i + 1] = b;
    dst[i + 2] = c;
    dst[i + 3] = d;
  }
  for (; i < n_rows; i++, matrix += n) {
    gint32 sum = 0;
    for (gsize j = 0; j < n; j++)
      sum += matrix[j] * pixels[j];
    dst[i] = sum;
  }
}

void
latent_motion_multiply (
    const gint16 *matrix, const gint16 *pixels, gsize n, guint n_rows, gint32 *dst)
{
  multiply (matrix, pixels, n, n_rows, dst);
}
