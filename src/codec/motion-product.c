/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/motion-private.h"

#include <string.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#define BLOCK 32 /* columns at a time */

/* For instructions that make two products and their sum: of rows 2 i and 2 i + 1, which lie column
 * by column side by side; blocks of columns one behind the other, so that one stays in the
 * first-level cache for some tiles. */
void
latent_motion_pairs_init (LatentMotionPairs *self, const LatentMotionBasis *basis)
{
  gint16 *dst;

  *self = (LatentMotionPairs){.basis = basis, .n = (basis->k + 1) / 2};
  self->matrix = dst = g_new (gint16, (gsize)2 * self->n * basis->d);
  for (guint column = 0; column < basis->d; column += BLOCK)
    for (guint row = 0; row < 2 * self->n; row += 2)
      for (guint i = 0; i < BLOCK; i++) {
        const gint16 *src = basis->matrix + (gsize)row * basis->d + column + i;
        *dst++ = src[0];
        *dst++ = row + 1 < basis->k ? src[basis->d] : 0;
      }
}

void
latent_motion_pairs_clear (LatentMotionPairs *self)
{
  g_free (self->matrix);
  *self = (LatentMotionPairs){0};
}

/* A block of one tile's pixels. */
typedef struct {
  const gint16 *matrix;
  const gint16 *levels;
  guint n; /* pairs */
  const gint32 *offsets;
  guint shift;
} Block;

static void
sum_block (const Block *self, guint8 *dst)
{
  const gint16 *matrix = self->matrix;
  guint32 sums[BLOCK];

  for (guint i = 0; i < BLOCK; i++)
    sums[i] = (guint32)self->offsets[i] + (1u << (self->shift - 1));
  for (guint pair = 0; pair < self->n; pair++, matrix += 2 * BLOCK) {
    const gint32 a = self->levels[2 * pair], b = self->levels[2 * pair + 1];
    for (guint i = 0; i < BLOCK; i++)
      sums[i] += (guint32)(matrix[2 * i] * a + matrix[2 * i + 1] * b);
  }
  for (guint i = 0; i < BLOCK; i++)
    dst[i] = (guint8)CLAMP ((gint32)sums[i] >> self->shift, 0, 255);
}

#ifdef __x86_64__

#define WIDE __attribute__ ((target ("avx2"))) static

WIDE inline __m256i
load_wide (gconstpointer src)
{
  return _mm256_loadu_si256 (src);
}

/* Thirty-two columns in four registers. */
WIDE void
sum_block_wide (const Block *self, guint8 *dst)
{
  const __m256i half = _mm256_set1_epi32 (1 << (self->shift - 1));
  const __m128i by = _mm_cvtsi32_si128 ((gint)self->shift);
  const gint16 *matrix = self->matrix;
  __m256i a = _mm256_add_epi32 (load_wide (self->offsets), half);
  __m256i b = _mm256_add_epi32 (load_wide (self->offsets + 8), half);
  __m256i c = _mm256_add_epi32 (load_wide (self->offsets + 16), half);
  __m256i d = _mm256_add_epi32 (load_wide (self->offsets + 24), half);

  for (guint pair = 0; pair < self->n; pair++, matrix += 2 * BLOCK) {
    gint32 both;
    memcpy (&both, self->levels + 2 * pair, sizeof both);
    const __m256i levels = _mm256_set1_epi32 (both);
    a = _mm256_add_epi32 (a, _mm256_madd_epi16 (load_wide (matrix), levels));
    b = _mm256_add_epi32 (b, _mm256_madd_epi16 (load_wide (matrix + 16), levels));
    c = _mm256_add_epi32 (c, _mm256_madd_epi16 (load_wide (matrix + 32), levels));
    d = _mm256_add_epi32 (d, _mm256_madd_epi16 (load_wide (matrix + 48), levels));
  }
  a = _mm256_packs_epi32 (_mm256_sra_epi32 (a, by), _mm256_sra_epi32 (b, by));
  c = _mm256_packs_epi32 (_mm256_sra_epi32 (c, by), _mm256_sra_epi32 (d, by));
  a = _mm256_packus_epi16 (a, c);
  _mm256_storeu_si256 (
      (__m256i *)dst, _mm256_permutevar8x32_epi32 (a, _mm256_setr_epi32 (0, 4, 1, 5, 2, 6, 3, 7)));
}

#endif

static void
sum_any_block (const Block *self, guint8 *dst)
{
#ifdef __x86_64__
  if (__builtin_cpu_supports ("avx2")) {
    sum_block_wide (self, dst);
    return;
  }
#endif
  sum_block (self, dst);
}

/* Pairs up to the last latent that is not 0. */
static guint
count_pairs (const LatentMotionPairs *self, const gint16 *levels)
{
  guint n = self->n;

  while (n > 0 && levels[2 * n - 2] == 0 && levels[2 * n - 1] == 0)
    n--;
  return n;
}

void
latent_motion_pairs_sum (const LatentMotionPairs *self, const gint16 *levels, guint n, guint begin,
    guint end, guint8 *dst)
{
  const LatentMotionBasis *basis = self->basis;
  guint counts[LATENT_MOTION_BATCH];

  for (guint tile = 0; tile < n; tile++)
    counts[tile] = count_pairs (self, levels + (gsize)tile * 2 * self->n);
  for (guint column = begin; column < end; column += BLOCK)
    for (guint tile = 0; tile < n; tile++) {
      const Block block = {self->matrix + (gsize)2 * self->n * column,
          levels + (gsize)tile * 2 * self->n, counts[tile], basis->mean + column,
          basis->shift + LATENT_MOTION_FRACTION};
      sum_any_block (&block, dst + (gsize)tile * (end - begin) + column - begin);
    }
}

/* Rows are orthonormal and pixels 0 to 255, so that no sum overflows. */
static void
multiply (const gint16 *matrix, const gint16 *pixels, gsize n, guint n_rows, gint32 *dst)
{
  for (guint i = 0; i < n_rows; i++, matrix += n) {
    gint32 sum = 0;
    for (gsize j = 0; j < n; j++)
      sum += matrix[j] * pixels[j];
    dst[i] = sum;
  }
}

#ifdef __x86_64__

#define ROWS 4 /* at a time, so that pixels are loaded once for all of them */

WIDE void
multiply_rows (const gint16 *matrix, const gint16 *pixels, gsize n, gint32 *dst)
{
  __m256i a = _mm256_setzero_si256 (), b = a, c = a, d = a;

  for (gsize j = 0; j < n; j += 16) {
    const __m256i p = load_wide (pixels + j);
    a = _mm256_add_epi32 (a, _mm256_madd_epi16 (load_wide (matrix + j), p));
    b = _mm256_add_epi32 (b, _mm256_madd_epi16 (load_wide (matrix + n + j), p));
    c = _mm256_add_epi32 (c, _mm256_madd_epi16 (load_wide (matrix + 2 * n + j), p));
    d = _mm256_add_epi32 (d, _mm256_madd_epi16 (load_wide (matrix + 3 * n + j), p));
  }
  a = _mm256_hadd_epi32 (_mm256_hadd_epi32 (a, b), _mm256_hadd_epi32 (c, d));
  _mm_storeu_si128 (
      (__m128i *)dst, _mm_add_epi32 (_mm256_castsi256_si128 (a), _mm256_extracti128_si256 (a, 1)));
}

#endif

void
latent_motion_multiply (
    const gint16 *matrix, const gint16 *pixels, gsize n, guint n_rows, gint32 *dst)
{
  guint i = 0;

#ifdef __x86_64__
  for (; i + ROWS <= n_rows && __builtin_cpu_supports ("avx2"); i += ROWS)
    multiply_rows (matrix + i * n, pixels, n, dst + i);
#endif
  multiply (matrix + i * n, pixels, n, n_rows - i, dst + i);
}
