/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/base/clones.h"
#include "src/codec/motion-private.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define BLOCK 32 /* columns at a time */

/* The rows and weights of two products: those of an odd last one are followed by 0 times itself. */
typedef struct {
  const gint16 *rows[2];
  gint16 weights[2];
} Pair;

static inline Pair
get_pair (const LatentMotionSum *self, guint i, gsize column)
{
  guint next = MIN (i + 1, self->n - 1);
  return (Pair){
      {self->matrix + self->list[i] * self->n_dst + column,
       self->matrix + self->list[next] * self->n_dst + column                                         },
      {self->weights[i],                                    i + 1 < self->n ? self->weights[i + 1] : 0},
  };
}

#ifdef __SSE2__

static inline __m128i
load (gconstpointer src)
{
  return _mm_loadu_si128 (src);
}

static inline void
add_pair (__m128i *sums, const Pair *pair)
{
  guint32 both = (guint16)pair->weights[0] | (guint32)(guint16)pair->weights[1] << 16;
  __m128i weights = _mm_set1_epi32 ((gint)both);

  for (guint i = 0; i < BLOCK / 8; i++) {
    __m128i a = load (pair->rows[0] + 8 * i), b = load (pair->rows[1] + 8 * i);
    sums[2 * i] = _mm_add_epi32 (sums[2 * i], _mm_madd_epi16 (_mm_unpacklo_epi16 (a, b), weights));
    sums[2 * i + 1] = _mm_add_epi32 (
        sums[2 * i + 1], _mm_madd_epi16 (_mm_unpackhi_epi16 (a, b), weights));
  }
}

LATENT_FOR_EACH_CPU static void
sum_block (const LatentMotionSum *self, gsize column, guint8 *dst)
{
  __m128i sums[BLOCK / 4], shift = _mm_cvtsi32_si128 ((gint)self->shift);
  __m128i half = _mm_set1_epi32 (1 << (self->shift - 1));

  for (guint i = 0; i < BLOCK / 4; i++)
    sums[i] = _mm_add_epi32 (load (self->offsets + column + 4 * i), half);
  for (guint i = 0; i < self->n; i += 2) {
    Pair pair = get_pair (self, i, column);
    add_pair (sums, &pair);
  }
  for (guint i = 0; i < BLOCK / 4; i++)
    sums[i] = _mm_sra_epi32 (sums[i], shift);
  for (guint i = 0; i < BLOCK / 16; i++) {
    __m128i a = _mm_packs_epi32 (sums[4 * i], sums[4 * i + 1]);
    __m128i b = _mm_packs_epi32 (sums[4 * i + 2], sums[4 * i + 3]);
    _mm_storeu_si128 ((__m128i *)(dst + 16 * i), _mm_packus_epi16 (a, b));
  }
}

#else

static void
sum_block (const LatentMotionSum *self, gsize column, guint8 *dst)
{
  guint32 sums[BLOCK];

  for (guint i = 0; i < BLOCK; i++)
    sums[i] = (guint32)self->offsets[column + i] + (1u << (self->shift - 1));
  for (guint i = 0; i < self->n; i += 2) {
    Pair pair = get_pair (self, i, column);
    for (guint j = 0; j < BLOCK; j++)
      for (guint k = 0; k < 2; k++)
        sums[j] += (guint32)((gint32)pair.rows[k][j] * pair.weights[k]);
  }
  for (guint i = 0; i < BLOCK; i++)
    dst[i] = (guint8)CLAMP ((gint32)sums[i] >> self->shift, 0, 255);
}

#endif

void
latent_motion_sum (const LatentMotionSum *self, guint8 *dst)
{
  for (gsize column = 0; column < self->n_dst; column += BLOCK)
    sum_block (self, column, dst + column);
}

/* Rows are orthonormal and pixels 0 to 255, so that no sum overflows. */
LATENT_FOR_EACH_CPU static gint32
multiply_row (const gint16 *row, const gint16 *pixels, gsize n)
{
  gint32 sum = 0;

  for (gsize i = 0; i < n; i++)
    sum += row[i] * pixels[i];
  return sum;
}

void
latent_motion_multiply (
    const gint16 *matrix, const gint16 *pixels, gsize n, guint n_rows, gint32 *dst)
{
  for (guint i = 0; i < n_rows; i++)
    dst[i] = multiply_row (matrix + i * n, pixels, n);
}
