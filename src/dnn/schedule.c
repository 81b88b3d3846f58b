/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/dnn/schedule.h"

void
latent_operand_clear (LatentOperand *self)
{
  g_clear_pointer (&self->layout, latent_layout_unref);
}

LatentOperand
latent_operand_copy (const LatentOperand *self)
{
  LatentOperand copy = *self;
  latent_layout_ref (copy.layout);
  return copy;
}

static void
clear_operand (gpointer operand)
{
  latent_operand_clear (operand);
}

LatentStep *
latent_step_new (const LatentStepClass *klass, const LatentNode *node, const char *kernel)
{
  LatentStep *self = g_new0 (LatentStep, 1);

  self->klass = klass;
  self->node = node;
  self->kernel = g_strdup (kernel);
  self->operands = g_array_new (FALSE, TRUE, sizeof (LatentOperand));
  g_array_set_clear_func (self->operands, clear_operand);
  self->in_place_src = self->in_place_dst = -1;
  return self;
}

void
latent_step_free (LatentStep *self)
{
  if (self == NULL)
    return;
  if (self->klass->clear != NULL)
    self->klass->clear (self);
  g_array_unref (self->operands);
  g_free (self->kernel);
  g_free (self);
}

guint
latent_step_add_operand (LatentStep *self, LatentOperand operand, LatentAccess access)
{
  operand.access = access;
  g_array_append_val (self->operands, operand);
  return self->operands->len - 1;
}

const LatentOperand *
latent_step_get_operand (const LatentStep *self, guint i)
{
  return &g_array_index (self->operands, LatentOperand, i);
}

typedef struct {
  gconstpointer src;
  gpointer dst;
  guint threads;
} BoundCopy;

static gpointer
bind_copy (const LatentStep *self, const LatentFrame *frame, GError **error)
{
  BoundCopy *bound = g_new (BoundCopy, 1);
  bound->src = latent_frame_get_address (frame, latent_step_get_operand (self, 0));
  bound->dst = latent_frame_get_address (frame, latent_step_get_operand (self, 1));
  bound->threads = self->threads;
  return bound;
}

static gboolean
run_copy (const LatentStep *self, gpointer bound, GError **error)
{
  const BoundCopy *copy = bound;
  latent_layout_copy (latent_step_get_operand (self, 1)->layout, copy->dst,
      latent_step_get_operand (self, 0)->layout, copy->src, copy->threads);
  return TRUE;
}

static void
unbind_copy (const LatentStep *self, gpointer bound)
{
  g_free (bound);
}

static const LatentStepClass copy_class = {bind_copy, run_copy, unbind_copy, NULL};

LatentStep *
latent_step_new_copy (const LatentNode *node, LatentOperand src, LatentOperand dst)
{
  LatentStep *self = latent_step_new (&copy_class, node, "copy");
  latent_step_add_operand (self, src, LATENT_ACCESS_READ);
  latent_step_add_operand (self, dst, LATENT_ACCESS_WRITE);
  return self;
}

static void
clear_buffer (gpointer data)
{
  LatentBuffer *buffer = data;
  if (buffer->release != NULL)
    buffer->release (buffer->owner);
}

static void
free_step (gpointer step)
{
  latent_step_free (step);
}

LatentSchedule *
latent_schedule_new (void)
{
  LatentSchedule *self = g_new0 (LatentSchedule, 1);
  self->buffers = g_array_new (FALSE, TRUE, sizeof (LatentBuffer));
  g_array_set_clear_func (self->buffers, clear_buffer);
  self->steps = g_ptr_array_new_with_free_func (free_step);
  return self;
}

void
latent_schedule_free (LatentSchedule *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->steps);
  g_array_unref (self->buffers);
  g_free (self);
}

LatentBuffer *
latent_schedule_get_buffer (const LatentSchedule *self, guint i)
{
  return &g_array_index (self->buffers, LatentBuffer, i);
}

guint
latent_schedule_add_buffer (LatentSchedule *self, gsize size)
{
  LatentBuffer buffer = {.size = size};
  g_array_append_val (self->buffers, buffer);
  return self->buffers->len - 1;
}
