/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/media/quads.h"

#include <string.h>

#include "src/base/clones.h"

#define QUAD 6 /* bytes */
#define MANY 8 /* quads that are moved together: vectors of 16 bytes of luma */

#define ROW static inline __attribute__ ((always_inline))

/* Where quad i begins. `block` is the row's, for the compiler to know. */
ROW gsize
find_place (const LatentQuadRow *row, gsize block, gsize i)
{
  return block <= 1 ? i * row->column_stride : i / block * row->column_stride + i % block * QUAD;
}

ROW void
gather_one (const LatentQuadRow *row, gsize i, guint8 *dst)
{
  guint8 *quad = dst + find_place (row, row->block, i);

  memcpy (quad, row->luma[0] + 2 * i, 2);
  memcpy (quad + 2, row->luma[1] + 2 * i, 2);
  quad[4] = row->chroma[0][i * row->step];
  quad[5] = row->chroma[1][i * row->step];
}

ROW void
spread_one (const LatentQuadRow *row, gsize i, const guint8 *src)
{
  const guint8 *quad = src + find_place (row, row->block, i);

  memcpy (row->luma[0] + 2 * i, quad, 2);
  memcpy (row->luma[1] + 2 * i, quad + 2, 2);
  row->chroma[0][i * row->step] = quad[4];
  row->chroma[1][i * row->step] = quad[5];
}

#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define HAS_SHUFFLES
#endif
#endif

#ifdef HAS_SHUFFLES

/* Two quads lie together in 12 of 16 bytes; as `pairs` they are luma, luma, chroma of 4 bytes each,
 * u u v v of which the last. */
typedef guint8 Bytes __attribute__ ((vector_size (16)));
typedef guint32 Words __attribute__ ((vector_size (16)));

ROW Bytes
load (const guint8 *src)
{
  Bytes bytes;

  memcpy (&bytes, src, sizeof bytes);
  return bytes;
}

/* u0 u1 .. u7 v0 v1 .. v7 to u0 u1 v0 v1, u2 .. and back; and from u0 v0 u1 v1 .. */
#define SPLIT_CHROMA(v)                                                                            \
  __builtin_shufflevector (v, v, 0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15)
#define JOIN_CHROMA(v)                                                                             \
  __builtin_shufflevector (v, v, 0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15)
/* Its own inverse: the middle two of four. */
#define SWAP_CHROMA(v)                                                                             \
  __builtin_shufflevector (v, v, 0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15)
/* a0 a0 b0 b0 u v a1 a1 b1 b1 u v x x x x to a a a a b b b b u u v v x x x x, and back */
#define FROM_QUADS(v)                                                                              \
  __builtin_shufflevector (v, v, 0, 1, 6, 7, 2, 3, 8, 9, 4, 10, 5, 11, 12, 13, 14, 15)
#define TO_QUADS(v)                                                                                \
  __builtin_shufflevector (v, v, 0, 1, 4, 5, 8, 10, 2, 3, 6, 7, 9, 11, 12, 13, 14, 15)

/* Rows of a 4x4 of words become its columns; the last column is not wanted on the one way, and on
 * the other the last row is anything. */
ROW void
transpose (const Words *src, Words *dst)
{
  Words a = __builtin_shufflevector (src[0], src[1], 0, 4, 1, 5);
  Words b = __builtin_shufflevector (src[2], src[3], 0, 4, 1, 5);
  Words c = __builtin_shufflevector (src[0], src[1], 2, 6, 3, 7);
  Words d = __builtin_shufflevector (src[2], src[3], 2, 6, 3, 7);

  dst[0] = __builtin_shufflevector (a, b, 0, 1, 4, 5);
  dst[1] = __builtin_shufflevector (a, b, 2, 3, 6, 7);
  dst[2] = __builtin_shufflevector (c, d, 0, 1, 4, 5);
  dst[3] = __builtin_shufflevector (c, d, 2, 3, 6, 7);
}

/* Quads i to i + MANY - 1, which lie together. Four bytes behind them are written to too. */
ROW void
gather_many (const LatentQuadRow *row, gsize step, gsize i, guint8 *dst)
{
  Bytes chroma;
  Words rows[4], pairs[4];

  if (step == 1) {
    guint8 both[16];
    memcpy (both, row->chroma[0] + i, MANY);
    memcpy (both + MANY, row->chroma[1] + i, MANY);
    chroma = load (both);
    chroma = SPLIT_CHROMA (chroma);
  } else {
    chroma = load (MIN (row->chroma[0], row->chroma[1]) + 2 * i);
    chroma = SWAP_CHROMA (chroma);
  }
  rows[0] = (Words)load (row->luma[0] + 2 * i);
  rows[1] = (Words)load (row->luma[1] + 2 * i);
  rows[2] = (Words)chroma;
  rows[3] = rows[2];
  transpose (rows, pairs);
  for (guint k = 0; k < MANY / 2; k++) {
    Bytes quads = (Bytes)pairs[k];
    quads = TO_QUADS (quads);
    memcpy (dst + (i + 2 * k) * QUAD, &quads, sizeof quads);
  }
}

/* Quads of which pairs lie together. Four bytes behind each pair are read too. */
ROW void
spread_many (const LatentQuadRow *row, gsize step, gsize block, gsize i, const guint8 *src)
{
  Words pairs[4], rows[4];
  Bytes chroma;

  for (guint k = 0; k < MANY / 2; k++) {
    Bytes quads = load (src + find_place (row, block, i + 2 * k));
    pairs[k] = (Words)FROM_QUADS (quads);
  }
  transpose (pairs, rows);
  memcpy (row->luma[0] + 2 * i, &rows[0], sizeof rows[0]);
  memcpy (row->luma[1] + 2 * i, &rows[1], sizeof rows[1]);
  chroma = (Bytes)rows[2];
  if (step == 1) {
    guint8 both[16];
    chroma = JOIN_CHROMA (chroma);
    memcpy (both, &chroma, sizeof both);
    memcpy (row->chroma[0] + i, both, MANY);
    memcpy (row->chroma[1] + i, both + MANY, MANY);
  } else {
    chroma = SWAP_CHROMA (chroma);
    memcpy (MIN (row->chroma[0], row->chroma[1]) + 2 * i, &chroma, sizeof chroma);
  }
}

/* How many quads are moved in vectors: the last one is not, for what lies behind it. Of those that
 * do not lie in pairs, and of planes of V before U, none are. */
ROW gsize
count_many (const LatentQuadRow *row, gsize n)
{
  const gboolean in_pairs = row->block > 1 ? row->block % 2 == 0 : row->column_stride == QUAD;
  const gboolean in_order = row->step == 1 ||
                            (row->step == 2 && row->chroma[1] == row->chroma[0] + 1);

  return in_pairs && in_order && n > 0 ? (n - 1) / MANY * MANY : 0;
}

#else

ROW gsize
count_many (const LatentQuadRow *row, gsize n)
{
  return 0;
}

ROW void
gather_many (const LatentQuadRow *row, gsize step, gsize i, guint8 *dst)
{
}

ROW void
spread_many (const LatentQuadRow *row, gsize step, gsize block, gsize i, const guint8 *src)
{
}

#endif

/* Clones are static: clang calls a function of another file by its declaration alone. */
LATENT_FOR_EACH_CPU static void
gather (const LatentQuadRow *row, gsize n, guint8 *dst)
{
  const gsize many = row->block <= 1 ? count_many (row, n) : 0;

  for (gsize i = 0; i < many && row->step == 1; i += MANY)
    gather_many (row, 1, i, dst);
  for (gsize i = 0; i < many && row->step == 2; i += MANY)
    gather_many (row, 2, i, dst);
  for (gsize i = many; i < n; i++)
    gather_one (row, i, dst);
}

ROW void
spread_all (const LatentQuadRow *row, gsize block, gsize n, const guint8 *src)
{
  for (gsize i = 0; i < n && row->step == 1; i += MANY)
    spread_many (row, 1, block, i, src);
  for (gsize i = 0; i < n && row->step == 2; i += MANY)
    spread_many (row, 2, block, i, src);
}

void
latent_quads_gather (const LatentQuadRow *row, gsize n, guint8 *dst)
{
  gather (row, n, dst);
}

LATENT_FOR_EACH_CPU static void
spread (const LatentQuadRow *row, gsize n, const guint8 *src)
{
  const gsize many = count_many (row, n);

  if (row->block <= 1)
    spread_all (row, 1, many, src);
  else if (row->block == 2)
    spread_all (row, 2, many, src);
  else
    spread_all (row, row->block, many, src);
  for (gsize i = many; i < n; i++)
    spread_one (row, i, src);
}

void
latent_quads_spread (const LatentQuadRow *row, gsize n, const guint8 *src)
{
  spread (row, n, src);
}
