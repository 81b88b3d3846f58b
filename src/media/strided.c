/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/media/strided.h"

#include <string.h>

#include "src/base/clones.h"

#define EXPONENT 0x7f800000u /* of a float's bits */
#define COUNTED  65536       /* values whose count fits 32 bits */

#define BLOCK 16 /* elements each way that are transposed at a time: a cache line of floats */

/* Two dimensions of a copy. */
typedef struct {
  gint64 rows, columns;
  gint64 dst_row, dst_column; /* strides */
  gint64 src_row, src_column;
} Plane;

/* The dimension along which neighbours lie nearest. No size is 1. */
static guint
find_inner (const LatentShape *shape, const gint64 *strides)
{
  guint inner = 0;

  for (guint i = 1; i < shape->n; i++) {
    if (strides[i] < strides[inner])
      inner = i;
  }
  return inner;
}

static void
copy_line (float *dst, const float *src, const Plane *plane, gint64 n)
{
  if (plane->dst_column == 1 && plane->src_column == 1) {
    memcpy (dst, src, (gsize)n * sizeof (float));
    return;
  }
  for (gint64 x = 0; x < n; x++)
    dst[x * plane->dst_column] = src[x * plane->src_column];
}

typedef float Quad __attribute__ ((vector_size (16)));

#define MIX __builtin_shufflevector

/* 4x4 elements: rows follow one another in src, columns in dst. */
static inline void
transpose_4 (float *dst, gint64 dst_row, const float *src, gint64 src_column)
{
  Quad columns[4], rows[4];
  Quad low[2], high[2];

  for (guint i = 0; i < 4; i++)
    memcpy (&columns[i], src + i * src_column, sizeof (Quad));
  for (guint i = 0; i < 2; i++) {
    low[i] = MIX (columns[2 * i], columns[2 * i + 1], 0, 4, 1, 5);
    high[i] = MIX (columns[2 * i], columns[2 * i + 1], 2, 6, 3, 7);
  }
  rows[0] = MIX (low[0], low[1], 0, 1, 4, 5);
  rows[1] = MIX (low[0], low[1], 2, 3, 6, 7);
  rows[2] = MIX (high[0], high[1], 0, 1, 4, 5);
  rows[3] = MIX (high[0], high[1], 2, 3, 6, 7);
  for (guint i = 0; i < 4; i++)
    memcpy (dst + i * dst_row, &rows[i], sizeof (Quad));
}

/* A block of which both sides have neighbours, each along another dimension. */
static void
transpose_block (float *dst, const float *src, const Plane *plane)
{
  for (gint64 y = 0; y < BLOCK; y += 4)
    for (gint64 x = 0; x < BLOCK; x += 4)
      transpose_4 (dst + y * plane->dst_row + x, plane->dst_row, src + y + x * plane->src_column,
          plane->src_column);
}

static void
copy_block (float *dst, const float *src, const Plane *plane, gint64 rows, gint64 columns)
{
  if (rows == BLOCK && columns == BLOCK && plane->dst_column == 1 && plane->src_row == 1) {
    transpose_block (dst, src, plane);
    return;
  }
  for (gint64 y = 0; y < rows; y++)
    copy_line (dst + y * plane->dst_row, src + y * plane->src_row, plane, columns);
}

/* In blocks, so that neither side's cache lines are fetched more than once. */
static void
copy_plane (float *dst, const float *src, const Plane *plane)
{
  gint64 size = plane->rows == 1 ? plane->columns : BLOCK;

  for (gint64 y = 0; y < plane->rows; y += BLOCK)
    for (gint64 x = 0; x < plane->columns; x += size)
      copy_block (dst + y * plane->dst_row + x * plane->dst_column,
          src + y * plane->src_row + x * plane->src_column, plane, MIN (BLOCK, plane->rows - y),
          MIN (size, plane->columns - x));
}

/* The next index over all dimensions but those of the plane; FALSE after the last. */
static gboolean
advance (gint64 *index, const LatentShape *shape, guint row, guint column)
{
  for (guint i = shape->n; i-- > 0;) {
    if (i == row || i == column)
      continue;
    if (++index[i] < shape->dims[i])
      return TRUE;
    index[i] = 0;
  }
  return FALSE;
}

static gint64
find_position (const gint64 *index, const gint64 *strides, guint n)
{
  gint64 position = 0;

  for (guint i = 0; i < n; i++)
    position += index[i] * strides[i];
  return position;
}

/* Makes one dimension of neighbours that follow one another on both sides, and drops those of
 * size 1. */
static void
merge (LatentShape *shape, gint64 *dst_strides, gint64 *src_strides)
{
  guint n = 0;

  for (guint i = 0; i < shape->n; i++) {
    gint64 size = shape->dims[i];

    if (size == 1)
      continue;
    if (n > 0 && dst_strides[n - 1] == size * dst_strides[i] &&
        src_strides[n - 1] == size * src_strides[i])
      size *= shape->dims[--n];
    shape->dims[n] = size;
    dst_strides[n] = dst_strides[i];
    src_strides[n] = src_strides[i];
    n++;
  }
  shape->n = n;
}

static void
copy_merged (float *dst, const gint64 *dst_strides, const float *src, const gint64 *src_strides,
    const LatentShape *shape)
{
  gint64 index[LATENT_MAX_DIMS] = {0};
  guint row = find_inner (shape, src_strides);
  guint column = find_inner (shape, dst_strides);
  Plane plane = {1, shape->dims[column], 0, dst_strides[column], 0, src_strides[column]};

  if (row != column) {
    plane.rows = shape->dims[row];
    plane.dst_row = dst_strides[row];
    plane.src_row = src_strides[row];
  }
  do {
    copy_plane (dst + find_position (index, dst_strides, shape->n),
        src + find_position (index, src_strides, shape->n), &plane);
  } while (advance (index, shape, row, column));
}

void
latent_strided_copy (float *dst, const gint64 *dst_strides, const float *src,
    const gint64 *src_strides, const LatentShape *shape)
{
  LatentShape merged = *shape;
  gint64 to[LATENT_MAX_DIMS], from[LATENT_MAX_DIMS];

  memcpy (to, dst_strides, sizeof to);
  memcpy (from, src_strides, sizeof from);
  merge (&merged, to, from);
  if (merged.n == 0)
    *dst = *src;
  else
    copy_merged (dst, to, src, from, &merged);
}

/* All of a NaN's or an infinity's exponent is set. */
LATENT_FOR_EACH_CPU static guint64
count_not_finite (const float *values, gsize n)
{
  guint64 count = 0;

  for (gsize begin = 0; begin < n; begin += COUNTED) {
    gsize end = MIN (begin + COUNTED, n);
    guint32 some = 0;

    for (gsize i = begin; i < end; i++) {
      guint32 bits;

      memcpy (&bits, &values[i], sizeof bits);
      some += (bits & EXPONENT) == EXPONENT;
    }
    count += some;
  }
  return count;
}

guint64
latent_count_not_finite (const float *values, gsize n)
{
  return count_not_finite (values, n);
}
