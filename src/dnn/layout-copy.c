/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/base/parallel.h"
#include "src/base/quantize-rows.h"
#include "src/dnn/layout.h"

#define COPY_GRAIN 65536 /* bytes of a copy that are worth a thread */
#define LONG_ROW   16    /* elements in the innermost loop that are worth its start */
#define BLOCK      256   /* elements with gaps between them that are quantised at once */

/* A copy between two strided arrays: what is left of the dimensions once those of size 1 are gone
 * and neighbours merged, the one whose elements lie closest in dst last. Steps are in bytes. */
typedef struct {
  guint n;
  gint64 dims[LATENT_MAX_DIMS];
  gint64 dst_steps[LATENT_MAX_DIMS];
  gint64 src_steps[LATENT_MAX_DIMS];
  gsize size; /* bytes of an element */
  guint8 *dst;
  const guint8 *src;
  const LatentLayoutBytes *bytes; /* or NULL */
} Copy;

/* Indices of dimensions of more than one element, the widest step in dst first. */
static guint
sort_dims (const LatentLayout *layout, guint *order)
{
  guint n = 0;

  for (guint i = 0; i < layout->shape.n; i++) {
    guint at = n;
    if (layout->shape.dims[i] == 1)
      continue;
    for (; at > 0 && layout->strides[order[at - 1]] < layout->strides[i]; at--)
      order[at] = order[at - 1];
    order[at] = i;
    n++;
  }
  return n;
}

/* Where the last dimension is short, as of what gathers 2x2 pixels, another one becomes the last:
 * of those that are long enough the one whose elements lie closest. */
static void
lengthen_rows (Copy *self)
{
  const guint last = self->n - 1;
  guint best = last;

  if (self->dims[last] >= LONG_ROW ||
      (self->dst_steps[last] == (gint64)self->size && self->src_steps[last] == (gint64)self->size))
    return;
  for (guint i = 0; i < last; i++)
    if (self->dims[i] >= LONG_ROW &&
        (best == last || self->dst_steps[i] + self->src_steps[i] <
                             self->dst_steps[best] + self->src_steps[best]))
      best = i;
  for (guint i = best; i < last; i++) {
    Copy old = *self;
    self->dims[i] = old.dims[i + 1];
    self->dst_steps[i] = old.dst_steps[i + 1];
    self->src_steps[i] = old.src_steps[i + 1];
    self->dims[i + 1] = old.dims[i];
    self->dst_steps[i + 1] = old.dst_steps[i];
    self->src_steps[i + 1] = old.src_steps[i];
  }
}

static void
init_copy (Copy *self, const LatentLayout *dst, const LatentLayout *src)
{
  guint order[LATENT_MAX_DIMS];
  guint n = sort_dims (dst, order);
  gint64 size = (gint64)latent_data_type_get_size (dst->type);

  self->n = 0;
  self->size = (gsize)size;
  for (guint i = 0; i < n; i++) {
    gint64 dim = dst->shape.dims[order[i]];
    gint64 d = dst->strides[order[i]] * size, s = src->strides[order[i]] * size;
    guint last = self->n - 1;
    if (self->n > 0 && self->dst_steps[last] == d * dim && self->src_steps[last] == s * dim) {
      self->dims[last] *= dim;
      self->dst_steps[last] = d;
      self->src_steps[last] = s;
      continue;
    }
    self->dims[self->n] = dim;
    self->dst_steps[self->n] = d;
    self->src_steps[self->n++] = s;
  }
  if (self->n == 0) { /* one element */
    self->n = 1;
    self->dims[0] = 1;
    self->dst_steps[0] = self->src_steps[0] = size;
  }
  lengthen_rows (self);
}

/* The innermost dimension. */
static void
copy_row (const Copy *self, guint8 *dst, const guint8 *src)
{
  gint64 n = self->dims[self->n - 1];
  gint64 dst_step = self->dst_steps[self->n - 1], src_step = self->src_steps[self->n - 1];

  if (dst_step == (gint64)self->size && src_step == (gint64)self->size) {
    memcpy (dst, src, (gsize)n * self->size);
  } else if (self->size == sizeof (float)) {
    for (gint64 i = 0; i < n; i++, dst += dst_step, src += src_step)
      memcpy (dst, src, sizeof (float));
  } else {
    for (gint64 i = 0; i < n; i++, dst += dst_step, src += src_step)
      memcpy (dst, src, self->size);
  }
}

static void
quantize_floats (
    const LatentLayoutBytes *bytes, const guint8 *src, guint8 *copy, guint8 *dst, gsize n)
{
  if (bytes->type == LATENT_DATA_TYPE_UINT8)
    latent_quantize_copy_row_u8 (
        (const float *)src, (float *)copy, dst, n, bytes->scale, bytes->zero_point);
  else
    latent_quantize_copy_row_s8 (
        (const float *)src, (float *)copy, (gint8 *)dst, n, bytes->scale, bytes->zero_point);
}

/* The innermost dimension of floats, and their bytes, which have a quarter of their distances. */
static void
copy_quantized_row (const Copy *self, guint8 *dst, const guint8 *src)
{
  const gint64 size = sizeof (float), n = self->dims[self->n - 1];
  const gint64 dst_step = self->dst_steps[self->n - 1], src_step = self->src_steps[self->n - 1];
  guint8 *bytes = (guint8 *)self->bytes->data + (dst - self->dst) / size;

  if (dst_step == size && src_step == size) {
    quantize_floats (self->bytes, src, dst, bytes, (gsize)n);
    return;
  }
  for (gint64 i = 0; i < n; i += BLOCK) {
    float values[BLOCK], copies[BLOCK];
    guint8 levels[BLOCK];
    gint64 m = MIN (n - i, BLOCK);
    for (gint64 j = 0; j < m; j++)
      memcpy (&values[j], src + (i + j) * src_step, sizeof (float));
    quantize_floats (self->bytes, (const guint8 *)values, (guint8 *)copies, levels, (gsize)m);
    for (gint64 j = 0; j < m; j++) {
      memcpy (dst + (i + j) * dst_step, &copies[j], sizeof (float));
      bytes[(i + j) * dst_step / size] = levels[j];
    }
  }
}

/* Rows [begin, end) of all that the outer dimensions count. */
static void
copy_rows (gsize begin, gsize end, gpointer data)
{
  const Copy *self = data;
  gint64 index[LATENT_MAX_DIMS];
  guint8 *dst = self->dst;
  const guint8 *src = self->src;
  gsize rest = begin;

  for (guint i = self->n - 1; i-- > 0;) {
    index[i] = (gint64)(rest % (gsize)self->dims[i]);
    rest /= (gsize)self->dims[i];
    dst += index[i] * self->dst_steps[i];
    src += index[i] * self->src_steps[i];
  }
  for (gsize row = begin; row < end; row++) {
    if (self->bytes != NULL)
      copy_quantized_row (self, dst, src);
    else
      copy_row (self, dst, src);
    for (guint i = self->n - 1; i-- > 0;) {
      dst += self->dst_steps[i];
      src += self->src_steps[i];
      if (++index[i] < self->dims[i])
        break;
      dst -= self->dst_steps[i] * self->dims[i];
      src -= self->src_steps[i] * self->dims[i];
      index[i] = 0;
    }
  }
}

static void
run_copy (Copy *self, const LatentLayout *dst_layout, const LatentLayout *src_layout, guint threads)
{
  const LatentShape *shape = &dst_layout->shape;
  gsize rows = 1;

  g_return_if_fail (dst_layout->is_strided && src_layout->is_strided);
  if (latent_shape_product (shape, 0, shape->n) == 0)
    return;
  init_copy (self, dst_layout, src_layout);
  for (guint i = 0; i + 1 < self->n; i++)
    rows *= (gsize)self->dims[i];
  latent_parallel (threads, rows,
      MAX (COPY_GRAIN / ((gsize)self->dims[self->n - 1] * self->size), 1), copy_rows, self);
}

void
latent_layout_copy (const LatentLayout *dst_layout, gpointer dst, const LatentLayout *src_layout,
    gconstpointer src, guint threads)
{
  Copy copy = {.dst = dst, .src = src};

  run_copy (&copy, dst_layout, src_layout, threads);
}

void
latent_layout_copy_quantized (const LatentLayout *dst_layout, gpointer dst,
    const LatentLayoutBytes *bytes, const LatentLayout *src_layout, gconstpointer src,
    guint threads)
{
  Copy copy = {.dst = dst, .src = src, .bytes = bytes};

  g_return_if_fail (dst_layout->type == LATENT_DATA_TYPE_FLOAT32);
  run_copy (&copy, dst_layout, src_layout, threads);
}
