/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/ops/walk.h"

#include <string.h>

#include "src/base/parallel.h"

#define GRAIN 16384 /* elements that are worth a thread */

void
latent_walk_add (LatentWalk *self, gint64 dim, gint64 dst_stride, gint64 src_stride)
{
  guint last = self->n - 1;

  if (dim == 1)
    return;
  if (self->n > 0 && self->dst[last] == dim * dst_stride && self->src[last] == dim * src_stride) {
    self->dims[last] *= dim;
    self->dst[last] = dst_stride;
    self->src[last] = src_stride;
    return;
  }
  g_return_if_fail (self->n < LATENT_WALK_DIMS);
  self->dims[self->n] = dim;
  self->dst[self->n] = dst_stride;
  self->src[self->n] = src_stride;
  self->n++;
}

/* n elements of type C. */
#define COPY_ROW(C)                                                                                \
  static void copy_##C (                                                                           \
      gint64 n, guint8 *dst, gint64 dst_stride, const guint8 *src, gint64 src_stride)              \
  {                                                                                                \
    C *to = (C *)dst;                                                                              \
    const C *from = (const C *)src;                                                                \
    for (gint64 i = 0; i < n; i++)                                                                 \
      to[i * dst_stride] = from[i * src_stride];                                                   \
  }

COPY_ROW (guint8)
COPY_ROW (guint16)
COPY_ROW (guint32)
COPY_ROW (guint64)

typedef void (*CopyRow) (
    gint64 n, guint8 *dst, gint64 dst_stride, const guint8 *src, gint64 src_stride);

static CopyRow
get_copy_row (gsize element_size)
{
  switch (element_size) {
  case 1:
    return copy_guint8;
  case 2:
    return copy_guint16;
  case 4:
    return copy_guint32;
  default:
    return copy_guint64;
  }
}

typedef struct {
  const LatentWalk *walk;
  gsize size;
  guint8 *dst;
  const guint8 *src;
  CopyRow copy_row;
} Copy;

/* Rows [begin, end) of the innermost dimension; the coordinates of the row count like an odometer.
 */
static void
copy_rows (gsize begin, gsize end, gpointer data)
{
  const Copy *copy = data;
  const LatentWalk *walk = copy->walk;
  guint inner = walk->n - 1;
  gint64 at[LATENT_WALK_DIMS] = {0};
  gint64 dst = 0, src = 0;
  gsize rest = begin;

  for (guint d = inner; d-- > 0;) {
    at[d] = (gint64)(rest % (gsize)walk->dims[d]);
    rest /= (gsize)walk->dims[d];
    dst += at[d] * walk->dst[d];
    src += at[d] * walk->src[d];
  }
  for (gsize row = begin; row < end; row++) {
    guint8 *to = copy->dst + dst * (gint64)copy->size;
    const guint8 *from = copy->src + src * (gint64)copy->size;
    if (walk->dst[inner] == 1 && walk->src[inner] == 1)
      memcpy (to, from, (gsize)walk->dims[inner] * copy->size);
    else
      copy->copy_row (walk->dims[inner], to, walk->dst[inner], from, walk->src[inner]);
    for (guint d = inner; d-- > 0;) {
      dst += walk->dst[d];
      src += walk->src[d];
      if (++at[d] < walk->dims[d])
        break;
      dst -= at[d] * walk->dst[d];
      src -= at[d] * walk->src[d];
      at[d] = 0;
    }
  }
}

void
latent_walk_copy (
    const LatentWalk *self, gsize element_size, gpointer dst, gconstpointer src, guint threads)
{
  LatentWalk walk = *self;
  Copy copy = {&walk, element_size, dst, src, get_copy_row (element_size)};
  gsize rows = 1;

  if (walk.n == 0) { /* a single element */
    walk.dims[0] = walk.dst[0] = walk.src[0] = 1;
    walk.n = 1;
  }
  for (guint d = 0; d + 1 < walk.n; d++)
    rows *= (gsize)walk.dims[d];
  if (rows == 0 || walk.dims[walk.n - 1] == 0)
    return;
  latent_parallel (threads, rows, 1 + GRAIN / (gsize)walk.dims[walk.n - 1], copy_rows, &copy);
}
