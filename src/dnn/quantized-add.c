/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/base/clones.h"
#include "src/base/parallel.h"
#include "src/dnn/emit.h"

/* The sum of two arrays of 8-bit integers that stand for reals, as such an array: one pass over the
 * bytes, in whatever order they lie. */

#define GRAIN 65536 /* elements that are worth a thread */

#define ROW static inline __attribute__ ((always_inline))

#define MAGIC      12582912.0f /* 1.5 * 2^23: a sum with it rounds to an integer, half to even, */
#define MAGIC_BITS 0x4b400000  /* which the low bits then hold */

/* Integers to a real in steps of the sum's: level = a_factor a + b_factor b + shift. */
typedef struct {
  float a_factor;
  float b_factor;
  float shift;
  gint32 zero_point;     /* of the sum */
  gboolean is_signed[3]; /* a, b, the sum */
} Sum;

typedef struct {
  const Sum *sum;
  const guint8 *a;
  const guint8 *b;
  guint8 *dst;
  gsize n;
  guint threads;
} BoundSum;

/* flip: 128 for bytes that are signed, which so become unsigned with 128 for 0. Clamped before it
 * is rounded, to whole bounds: no branch, so that it vectorises. */
ROW void
add_row (const Sum *sum, const guint8 *restrict a, const guint8 *restrict b, guint8 *restrict dst,
    gsize n)
{
  const guint8 a_flip = sum->is_signed[0] ? 128 : 0, b_flip = sum->is_signed[1] ? 128 : 0;
  const float a_factor = sum->a_factor, b_factor = sum->b_factor;
  const float shift = sum->shift - a_flip * a_factor - b_flip * b_factor;
  const gint32 zero_point = sum->zero_point;
  const float least = (float)((sum->is_signed[2] ? -128 : 0) - zero_point), most = least + 255;

  for (gsize i = 0; i < n; i++) {
    float level = (float)(guint8)(a[i] ^ a_flip) * a_factor +
                  (float)(guint8)(b[i] ^ b_flip) * b_factor + shift;
    gint32 bits;

    level = level > least ? level : least;
    level = (level < most ? level : most) + MAGIC;
    memcpy (&bits, &level, sizeof bits);
    dst[i] = (guint8)(bits - MAGIC_BITS + zero_point);
  }
}

LATENT_FOR_EACH_CPU static void
add_range (gsize begin, gsize end, gpointer data)
{
  const BoundSum *bound = data;

  add_row (bound->sum, bound->a + begin, bound->b + begin, bound->dst + begin, end - begin);
}

static gpointer
bind_sum (const LatentStep *self, const LatentFrame *frame, GError **error)
{
  BoundSum *bound = g_new (BoundSum, 1);
  const LatentOperand *dst = latent_step_get_operand (self, 2);

  *bound = (BoundSum){.sum = self->data,
      .a = latent_frame_get_address (frame, latent_step_get_operand (self, 0)),
      .b = latent_frame_get_address (frame, latent_step_get_operand (self, 1)),
      .dst = latent_frame_get_address (frame, dst),
      .n = latent_shape_product (&dst->layout->shape, 0, dst->layout->shape.n),
      .threads = frame->threads};
  return bound;
}

static gboolean
run_sum (const LatentStep *self, gpointer bound, GError **error)
{
  const BoundSum *sum = bound;

  latent_parallel (sum->threads, sum->n, GRAIN, add_range, bound);
  return TRUE;
}

static void
unbind_sum (const LatentStep *self, gpointer bound)
{
  g_free (bound);
}

static void
clear_sum (LatentStep *self)
{
  g_free (self->data);
}

static const LatentStepClass sum_class = {bind_sum, run_sum, unbind_sum, clear_sum};

static Sum *
new_sum (const LatentValue *a, const LatentValue *b, const LatentValue *dst)
{
  const LatentValue *const values[] = {a, b, dst};
  const float step = dst->quantization->scales[0];
  Sum *sum = g_new0 (Sum, 1);

  sum->a_factor = a->quantization->scales[0] / step;
  sum->b_factor = b->quantization->scales[0] / step;
  sum->shift = -sum->a_factor * (float)a->quantization->zero_points[0] -
               sum->b_factor * (float)b->quantization->zero_points[0];
  sum->zero_point = dst->quantization->zero_points[0];
  for (guint i = 0; i < 3; i++)
    sum->is_signed[i] = values[i]->type == LATENT_DATA_TYPE_INT8;
  return sum;
}

/* Bytes in blocks of oneDNN's own, which convolutions do not make today, as channels-last. */
static gboolean
make_strided (
    LatentBuilder *builder, const LatentValue *value, LatentOperand *operand, GError **error)
{
  g_autoptr (LatentLayout) last = NULL;

  if (operand->layout->is_strided)
    return TRUE;
  last = latent_layout_new_channels_last (value->type, &value->shape);
  latent_operand_clear (operand);
  return latent_builder_get (builder, value, last, operand, error);
}

LatentEmit
latent_dnn_quantized_add (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  const LatentValue *a = latent_node_get_input (node, 0), *b = latent_node_get_input (node, 1);
  const LatentValue *dst = latent_node_get_output (node, 0);
  g_auto (LatentOperand) first = {0}, second = {0};
  g_autoptr (LatentLayout) b_layout = NULL, dst_layout = NULL;
  LatentStep *step;

  if (!latent_builder_get_compact (builder, a, &first, error) ||
      !make_strided (builder, a, &first, error))
    return LATENT_EMIT_FAILED;
  b_layout = latent_layout_retype (first.layout, b->type);
  dst_layout = latent_layout_retype (first.layout, dst->type);
  if (!latent_builder_get (builder, b, b_layout, &second, error))
    return LATENT_EMIT_FAILED;
  step = latent_step_new (&sum_class, node, "bytes");
  step->data = new_sum (a, b, dst);
  latent_step_add_operand (step, latent_operand_copy (&first), LATENT_ACCESS_READ);
  latent_step_add_operand (step, latent_operand_copy (&second), LATENT_ACCESS_READ);
  latent_step_add_operand (
      step, latent_builder_define (builder, dst, dst_layout), LATENT_ACCESS_WRITE);
  latent_builder_add_step (builder, step);
  return LATENT_EMIT_DONE;
}
