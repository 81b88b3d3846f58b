/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/motion-cost.h"

#include <stdlib.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#define HADAMARD 8

typedef struct {
  const guint8 *a, *b;
  gsize a_stride, b_stride;
} Pair;

#ifdef __x86_64__

static inline __m128i
load_8 (const guint8 *src)
{
  return _mm_loadl_epi64 ((const __m128i *)src);
}

static inline __m128i
load_16 (const guint8 *src)
{
  return _mm_loadu_si128 ((const __m128i *)src);
}

/* Rows of 16 pixels, or two of 8 at a time. */
static guint
sum_differences (const Pair *pair, guint w, guint h)
{
  const guint8 *a = pair->a, *b = pair->b;
  __m128i sum = _mm_setzero_si128 ();

  for (guint y = 0; y < h; y++, a += pair->a_stride, b += pair->b_stride)
    for (guint x = 0; x < w; x += 8) {
      if (x + 16 <= w) {
        sum = _mm_add_epi32 (sum, _mm_sad_epu8 (load_16 (a + x), load_16 (b + x)));
        x += 8;
      } else {
        sum = _mm_add_epi32 (sum, _mm_sad_epu8 (load_8 (a + x), load_8 (b + x)));
      }
    }
  return (guint)(_mm_cvtsi128_si32 (sum) + _mm_cvtsi128_si32 (_mm_srli_si128 (sum, 8)));
}

#else

static guint
sum_differences (const Pair *pair, guint w, guint h)
{
  const guint8 *a = pair->a, *b = pair->b;
  guint sum = 0;

  for (guint y = 0; y < h; y++, a += pair->a_stride, b += pair->b_stride)
    for (guint x = 0; x < w; x++)
      sum += (guint)abs (a[x] - b[x]);
  return sum;
}

#endif

static guint
sum_any_differences (const Pair *pair, guint w, guint h)
{
  const guint8 *a = pair->a, *b = pair->b;
  guint sum = 0;

  for (guint y = 0; y < h; y++, a += pair->a_stride, b += pair->b_stride)
    for (guint x = 0; x < w; x++)
      sum += (guint)abs (a[x] - b[x]);
  return sum;
}

guint
latent_cost_differences (
    const guint8 *a, gsize a_stride, const guint8 *b, gsize b_stride, guint w, guint h)
{
  const Pair pair = {a, b, a_stride, b_stride};

  return w % 8 == 0 ? sum_differences (&pair, w, h) : sum_any_differences (&pair, w, h);
}

/* Sums and differences of rows: three times, so that each is one of all. */
static inline void
transform_columns (gint16 x[HADAMARD][HADAMARD])
{
  for (guint step = 1; step < HADAMARD; step *= 2)
    for (guint i = 0; i < HADAMARD; i++) {
      if (i & step)
        continue;
      for (guint j = 0; j < HADAMARD; j++) {
        gint16 sum = (gint16)(x[i][j] + x[i + step][j]);
        x[i + step][j] = (gint16)(x[i][j] - x[i + step][j]);
        x[i][j] = sum;
      }
    }
}

static guint
transform_block (const Pair *pair)
{
  gint16 x[HADAMARD][HADAMARD], turned[HADAMARD][HADAMARD];
  guint sum = 0;

  for (guint i = 0; i < HADAMARD; i++)
    for (guint j = 0; j < HADAMARD; j++)
      x[i][j] = (gint16)(pair->a[i * pair->a_stride + j] - pair->b[i * pair->b_stride + j]);
  transform_columns (x);
  for (guint i = 0; i < HADAMARD; i++)
    for (guint j = 0; j < HADAMARD; j++)
      turned[j][i] = x[i][j];
  transform_columns (turned);
  for (guint i = 0; i < HADAMARD; i++)
    for (guint j = 0; j < HADAMARD; j++)
      sum += (guint)abs (turned[i][j]);
  return (sum + 4) >> 3;
}

static inline Pair
find_block (const Pair *pair, guint x, guint y)
{
  return (Pair){pair->a + y * pair->a_stride + x, pair->b + y * pair->b_stride + x, pair->a_stride,
      pair->b_stride};
}

static guint
transform_plain (const Pair *pair, guint w, guint h)
{
  guint sum = 0;

  for (guint y = 0; y < h; y += HADAMARD)
    for (guint x = 0; x < w; x += HADAMARD) {
      const Pair block = find_block (pair, x, y);
      sum += transform_block (&block);
    }
  return sum;
}

guint
latent_cost_transformed_plain (
    const guint8 *a, gsize a_stride, const guint8 *b, gsize b_stride, guint w, guint h)
{
  const Pair pair = {a, b, a_stride, b_stride};

  return w % HADAMARD || h % HADAMARD ? sum_any_differences (&pair, w, h)
                                      : transform_plain (&pair, w, h);
}

#ifdef __x86_64__

/* Two blocks in the halves of each register: a row of both. Loops over registers must be unrolled.
 */
#define WIDE __attribute__ ((target ("avx2"))) static
#ifdef __clang__
#define UNROLL
#else
#define UNROLL _Pragma ("GCC unroll 8")
#endif

WIDE inline void
add_rows (__m256i *x, guint step)
{
  UNROLL
  for (guint i = 0; i < HADAMARD; i++) {
    __m256i a = x[i], b = x[i ^ step];
    if (i & step)
      continue;
    x[i] = _mm256_add_epi16 (a, b);
    x[i + step] = _mm256_sub_epi16 (a, b);
  }
}

/* Three of these turn both blocks. */
WIDE inline void
weave_rows (__m256i *x)
{
  __m256i y[HADAMARD];

  UNROLL
  for (guint i = 0; i < HADAMARD / 2; i++) {
    y[2 * i] = _mm256_unpacklo_epi16 (x[i], x[i + 4]);
    y[2 * i + 1] = _mm256_unpackhi_epi16 (x[i], x[i + 4]);
  }
  UNROLL
  for (guint i = 0; i < HADAMARD; i++)
    x[i] = y[i];
}

/* |a + b| + |a - b| is twice the greater magnitude: the last step of the second transform. Each
 * magnitude is at most 8160, so that four of them fit 16 bits. */
WIDE inline guint
sum_blocks (const __m256i *x)
{
  __m256i sum = _mm256_setzero_si256 ();

  UNROLL
  for (guint i = 0; i < HADAMARD / 2; i++)
    sum = _mm256_add_epi16 (
        sum, _mm256_max_epi16 (_mm256_abs_epi16 (x[i]), _mm256_abs_epi16 (x[i + 4])));
  sum = _mm256_madd_epi16 (sum, _mm256_set1_epi16 (2));
  sum = _mm256_hadd_epi32 (sum, sum);
  sum = _mm256_hadd_epi32 (sum, sum);
  guint left = (guint)_mm256_extract_epi32 (sum, 0), right = (guint)_mm256_extract_epi32 (sum, 4);
  return ((left + 4) >> 3) + ((right + 4) >> 3);
}

WIDE inline guint
transform_rows (__m256i *x)
{
  add_rows (x, 1);
  add_rows (x, 2);
  add_rows (x, 4);
  weave_rows (x);
  weave_rows (x);
  weave_rows (x);
  add_rows (x, 1);
  add_rows (x, 2);
  return sum_blocks (x);
}

/* Two blocks side by side. */
WIDE guint
transform_pair (const Pair *pair)
{
  __m256i x[HADAMARD];

  UNROLL
  for (guint i = 0; i < HADAMARD; i++)
    x[i] = _mm256_sub_epi16 (_mm256_cvtepu8_epi16 (load_16 (pair->a + i * pair->a_stride)),
        _mm256_cvtepu8_epi16 (load_16 (pair->b + i * pair->b_stride)));
  return transform_rows (x);
}

/* A block alone: the other one is of zeros. */
WIDE guint
transform_one (const Pair *pair)
{
  __m256i x[HADAMARD];

  UNROLL
  for (guint i = 0; i < HADAMARD; i++)
    x[i] = _mm256_sub_epi16 (_mm256_cvtepu8_epi16 (load_8 (pair->a + i * pair->a_stride)),
        _mm256_cvtepu8_epi16 (load_8 (pair->b + i * pair->b_stride)));
  return transform_rows (x);
}

WIDE guint
transform_wide (const Pair *pair, guint w, guint h)
{
  guint sum = 0;

  for (guint y = 0; y < h; y += HADAMARD)
    for (guint x = 0; x < w; x += HADAMARD) {
      const Pair block = find_block (pair, x, y);
      if (x + 2 * HADAMARD <= w) {
        sum += transform_pair (&block);
        x += HADAMARD;
      } else {
        sum += transform_one (&block);
      }
    }
  return sum;
}

#endif

guint
latent_cost_transformed (
    const guint8 *a, gsize a_stride, const guint8 *b, gsize b_stride, guint w, guint h)
{
#ifdef __x86_64__
  const Pair pair = {a, b, a_stride, b_stride};

  if (w % HADAMARD == 0 && h % HADAMARD == 0 && __builtin_cpu_supports ("avx2"))
    return transform_wide (&pair, w, h);
#endif
  return latent_cost_transformed_plain (a, a_stride, b, b_stride, w, h);
}
