/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/dnn/schedule.h"

/* A step that moves floats and quantises them on the way: what a net both adds to something and
 * reads as integers is gone through once. */

typedef struct {
  LatentLayoutBytes bytes;
  gconstpointer src;
  gpointer dst;
} BoundQuantizedCopy;

static gpointer
bind_quantized_copy (const LatentStep *self, const LatentFrame *frame, GError **error)
{
  BoundQuantizedCopy *bound = g_new (BoundQuantizedCopy, 1);

  bound->bytes = *(const LatentLayoutBytes *)self->data;
  bound->src = latent_frame_get_address (frame, latent_step_get_operand (self, 0));
  bound->dst = latent_frame_get_address (frame, latent_step_get_operand (self, 1));
  bound->bytes.data = latent_frame_get_address (frame, latent_step_get_operand (self, 2));
  return bound;
}

static gboolean
run_quantized_copy (const LatentStep *self, gpointer bound, GError **error)
{
  const BoundQuantizedCopy *copy = bound;

  latent_layout_copy_quantized (latent_step_get_operand (self, 1)->layout, copy->dst, &copy->bytes,
      latent_step_get_operand (self, 0)->layout, copy->src, self->threads);
  return TRUE;
}

static void
unbind_quantized_copy (const LatentStep *self, gpointer bound)
{
  g_free (bound);
}

static void
clear_quantized_copy (LatentStep *self)
{
  g_free (self->data);
}

static const LatentStepClass quantized_copy_class = {
    bind_quantized_copy, run_quantized_copy, unbind_quantized_copy, clear_quantized_copy};

LatentStep *
latent_step_new_quantized_copy (const LatentNode *node, LatentOperand src, LatentOperand dst,
    LatentOperand bytes, const LatentValue *integers)
{
  LatentStep *self = latent_step_new (&quantized_copy_class, node, "copy");
  LatentLayoutBytes *data = g_new0 (LatentLayoutBytes, 1);

  data->type = integers->type;
  data->scale = integers->quantization->scales[0];
  data->zero_point = integers->quantization->zero_points[0];
  self->data = data;
  latent_step_add_operand (self, src, LATENT_ACCESS_READ);
  latent_step_add_operand (self, dst, LATENT_ACCESS_WRITE);
  latent_step_add_operand (self, bytes, LATENT_ACCESS_WRITE);
  return self;
}
