/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/ops/product.h"

#include <string.h>

#include "src/base/parallel.h"

#define LANES 16   /* partial sums, so that the compiler can use vectors without reordering a sum */
#define BLOCK 4    /* rows of a that share one pass over b */
#define CHUNK 1024 /* columns of b at a time: 4 rows of c stay in the first cache */

float
latent_dot (const float *a, const float *b, gsize n)
{
  float sums[LANES] = {0};
  float rest = 0;
  gsize whole = n - n % LANES;

  for (gsize i = 0; i < whole; i += LANES)
    for (guint lane = 0; lane < LANES; lane++)
      sums[lane] += a[i + lane] * b[i + lane];
  for (gsize i = whole; i < n; i++)
    rest += a[i] * b[i];
  for (guint width = LANES / 2; width > 0; width /= 2)
    for (guint lane = 0; lane < width; lane++)
      sums[lane] += sums[lane + width];
  return sums[0] + rest;
}

/* Offset of pair `index` in a or b. */
static gsize
get_offset (const LatentShape *shape, const gint64 *strides, gsize index)
{
  gsize offset = 0;

  for (guint i = shape->n; i-- > 0;) {
    offset += index % shape->dims[i] * strides[i];
    index /= shape->dims[i];
  }
  return offset;
}

/* Up to BLOCK rows of c by up to CHUNK columns; rows of b are contiguous. */
static void
add_rows (const LatentProduct *self, const float *a, const float *b, float *c, gsize rows, gsize n)
{
  for (gsize k = 0; k < self->k; k++)
    for (gsize i = 0; i < rows; i++) {
      const float factor = a[i * self->a_row + k * self->a_column];
      const float *src = b + k * self->b_row;
      float *dst = c + i * self->n;
      for (gsize j = 0; j < n; j++)
        dst[j] += factor * src[j];
    }
}

/* Columns of b are contiguous, or nothing is. */
static void
dot_row (const LatentProduct *self, const float *a, const float *b, float *c)
{
  gboolean contiguous = self->a_column == 1 && self->b_row == 1;

  for (gsize j = 0; j < self->n; j++) {
    const float *column = b + j * self->b_column;
    float sum = 0;
    if (contiguous)
      sum = latent_dot (a, column, self->k);
    for (gsize k = 0; !contiguous && k < self->k; k++)
      sum += a[k * self->a_column] * column[k * self->b_row];
    c[j] = sum;
  }
}

/* Rows [begin, end) of one result. */
static void
multiply_rows (
    const LatentProduct *self, const float *a, const float *b, float *c, gsize begin, gsize end)
{
  if (self->b_column != 1) {
    for (gsize i = begin; i < end; i++)
      dot_row (self, a + i * self->a_row, b, c + i * self->n);
    return;
  }
  memset (c + begin * self->n, 0, (end - begin) * self->n * sizeof *c);
  for (gsize i = begin; i < end; i += BLOCK)
    for (gsize j = 0; j < self->n; j += CHUNK)
      add_rows (self, a + i * self->a_row, b + j, c + i * self->n + j, MIN (BLOCK, end - i),
          MIN (CHUNK, self->n - j));
}

/* Rows counted over all results. */
static void
run_part (gsize begin, gsize end, gpointer data)
{
  const LatentProduct *self = data;

  while (begin < end) {
    gsize pair = begin / self->m;
    gsize first = begin % self->m;
    gsize rows = MIN (self->m - first, end - begin);
    multiply_rows (self, self->a + get_offset (&self->batch_shape, self->a_strides, pair),
        self->b + get_offset (&self->batch_shape, self->b_strides, pair),
        self->c + pair * self->m * self->n, first, first + rows);
    begin += rows;
  }
}

void
latent_product_run (const LatentProduct *self, guint threads)
{
  latent_parallel (threads, self->batch * self->m, BLOCK, run_part, (gpointer)self);
}
