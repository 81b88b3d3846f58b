/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/dnn/rnn.h"

void
latent_blocks_gather (const LatentBlocks *self, const float *src, float *dst)
{
  for (guint i = 0; i < self->n; i++, dst += self->size) {
    const float *added = src + (gsize)MAX (self->second[i], 0) * self->size;
    memcpy (dst, src + self->first[i] * self->size, self->size * sizeof *dst);
    for (gsize j = 0; j < self->size && self->second[i] >= 0; j++)
      dst[j] += added[j];
  }
}

typedef struct {
  const float *src;
  float *dst;
} BoundBlocks;

static gpointer
bind_blocks (const LatentStep *self, const LatentFrame *frame, GError **error)
{
  BoundBlocks *bound = g_new (BoundBlocks, 1);

  bound->src = latent_frame_get_address (frame, latent_step_get_operand (self, 0));
  bound->dst = latent_frame_get_address (frame, latent_step_get_operand (self, 1));
  return bound;
}

static gboolean
run_blocks (const LatentStep *self, gpointer data, GError **error)
{
  const BoundBlocks *bound = data;

  latent_blocks_gather (self->data, bound->src, bound->dst);
  return TRUE;
}

static void
unbind_blocks (const LatentStep *self, gpointer bound)
{
  g_free (bound);
}

static void
clear_blocks (LatentStep *self)
{
  g_free (self->data);
}

static const LatentStepClass blocks_class = {bind_blocks, run_blocks, unbind_blocks, clear_blocks};

LatentStep *
latent_blocks_step_new (
    const LatentBlocks *self, const LatentNode *node, LatentOperand src, LatentOperand dst)
{
  LatentStep *step = latent_step_new (&blocks_class, node, "copy");

  step->data = g_memdup2 (self, sizeof *self);
  latent_step_add_operand (step, src, LATENT_ACCESS_READ);
  latent_step_add_operand (step, dst, LATENT_ACCESS_WRITE);
  return step;
}
