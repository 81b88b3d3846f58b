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

void
latent_blocks_scatter (const LatentBlocks *self, const float *src, float *dst)
{
  for (guint i = 0; i < self->n; i++, src += self->size) {
    memcpy (dst + self->first[i] * self->size, src, self->size * sizeof *dst);
    if (self->second[i] >= 0)
      memcpy (dst + (gsize)self->second[i] * self->size, src, self->size * sizeof *dst);
  }
}

/* LatentStep.data */
typedef struct {
  LatentBlocks blocks;
  void (*func) (const LatentBlocks *self, const float *src, float *dst);
} BlocksStep;

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
  const BlocksStep *step = self->data;
  const BoundBlocks *bound = data;

  step->func (&step->blocks, bound->src, bound->dst);
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
latent_blocks_step_new (const LatentBlocks *self, gboolean scatter, const LatentNode *node,
    LatentOperand src, LatentOperand dst)
{
  LatentStep *step = latent_step_new (&blocks_class, node, "copy");
  const BlocksStep data = {*self, scatter ? latent_blocks_scatter : latent_blocks_gather};

  step->data = g_memdup2 (&data, sizeof data);
  latent_step_add_operand (step, src, LATENT_ACCESS_READ);
  latent_step_add_operand (step, dst, LATENT_ACCESS_WRITE);
  return step;
}

static gpointer
bind_clear (const LatentStep *self, const LatentFrame *frame, GError **error)
{
  return latent_frame_get_address (frame, latent_step_get_operand (self, 0));
}

static gboolean
run_clear (const LatentStep *self, gpointer address, GError **error)
{
  memset (address, 0, latent_step_get_operand (self, 0)->layout->size);
  return TRUE;
}

static void
unbind_clear (const LatentStep *self, gpointer address)
{
}

static const LatentStepClass clear_class = {bind_clear, run_clear, unbind_clear, NULL};

LatentStep *
latent_clear_step_new (const LatentNode *node, LatentOperand dst)
{
  LatentStep *step = latent_step_new (&clear_class, node, "copy");

  latent_step_add_operand (step, dst, LATENT_ACCESS_WRITE);
  return step;
}
