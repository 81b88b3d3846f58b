/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/exec/context.h"

#include <stdlib.h>
#include <string.h>

#include "src/base/parallel.h"
#include "src/base/tensor.h"
#include "src/base/waits.h"
#include "src/dnn/engine.h"
#include "src/exec/program.h"

struct _LatentContext {
  gatomicrefcount ref_count;
  LatentProgram *program;
  guint8 *arena;
  LatentFrame frame;
  gpointer *bound; /* for each step what its class's bind() gave; NULL until then */
};

G_DEFINE_BOXED_TYPE (LatentContext, latent_context, latent_context_ref, latent_context_unref)

/* Arena and, behind it, the scratchpad. */
static gboolean
allocate (LatentContext *self, GError **error)
{
  const LatentSchedule *schedule = self->program->schedule;
  gsize size;

  if (!g_size_checked_add (&size, schedule->arena_size, schedule->scratch_size) ||
      posix_memalign ((void **)&self->arena, LATENT_ALIGNMENT, MAX (size, 1)) != 0) {
    self->arena = NULL;
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
        "out of memory: %zu bytes for activations and %zu of scratch", schedule->arena_size,
        schedule->scratch_size);
    return FALSE;
  }
  self->frame.scratch = self->arena + schedule->arena_size;
  self->frame.threads = self->program->threads;
  self->frame.buffers = g_new0 (guint8 *, schedule->buffers->len + 1);
  for (guint i = 0; i < schedule->buffers->len; i++) {
    const LatentBuffer *buffer = latent_schedule_get_buffer (schedule, i);
    /* constants are only read: operands say so */
    self->frame.buffers[i] = buffer->data != NULL ? (guint8 *)buffer->data
                                                  : self->arena + buffer->offset;
  }
  return TRUE;
}

static gboolean
bind_steps (LatentContext *self, GError **error)
{
  const GPtrArray *steps = self->program->schedule->steps;

  self->frame.stream = latent_engine_new_stream (error);
  if (self->frame.stream == NULL)
    return FALSE;
  self->bound = g_new0 (gpointer, steps->len + 1);
  for (guint i = 0; i < steps->len; i++) {
    const LatentStep *step = g_ptr_array_index (steps, i);
    self->bound[i] = step->klass->bind (step, &self->frame, error);
    if (self->bound[i] == NULL)
      return FALSE;
  }
  return TRUE;
}

static void
zero_operand (LatentContext *self, const LatentOperand *operand)
{
  memset (latent_frame_get_address (&self->frame, operand), 0, operand->layout->size);
}

LatentContext *
latent_context_new (LatentProgram *program, GError **error)
{
  g_autoptr (LatentContext) self = g_new0 (LatentContext, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->program = latent_program_ref (program);
  if (!allocate (self, error) || !bind_steps (self, error))
    return NULL;
  for (guint i = 0; i < program->inputs->len; i++)
    zero_operand (self, &g_array_index (program->inputs, LatentProgramPort, i).operand);
  latent_context_reset (self);
  return g_steal_pointer (&self);
}

LatentContext *
latent_context_ref (LatentContext *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
latent_context_unref (LatentContext *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->ref_count))
    return;
  const GPtrArray *steps = self->program->schedule->steps;
  for (guint i = 0; self->bound != NULL && i < steps->len; i++) {
    const LatentStep *step = g_ptr_array_index (steps, i);
    step->klass->unbind (step, self->bound[i]);
  }
  g_free (self->bound);
  latent_engine_free_stream (self->frame.stream);
  g_free (self->frame.buffers);
  free (self->arena);
  latent_program_unref (self->program);
  g_free (self);
}

LatentProgram *
latent_context_get_program (LatentContext *self)
{
  return self->program;
}

gpointer
latent_context_get_input_data (LatentContext *self, guint index)
{
  g_return_val_if_fail (index < self->program->inputs->len, NULL);
  return latent_frame_get_address (
      &self->frame, &g_array_index (self->program->inputs, LatentProgramPort, index).operand);
}

gconstpointer
latent_context_get_output_data (LatentContext *self, guint index)
{
  g_return_val_if_fail (index < self->program->outputs->len, NULL);
  return latent_frame_get_address (
      &self->frame, &g_array_index (self->program->outputs, LatentProgramPort, index).operand);
}

gboolean
latent_context_set_input (
    LatentContext *self, guint index, const LatentTensor *tensor, GError **error)
{
  g_return_val_if_fail (index < self->program->inputs->len, FALSE);
  const LatentProgramPort *port = &g_array_index (self->program->inputs, LatentProgramPort, index);
  const LatentLayout *layout = port->operand.layout;
  g_autoptr (LatentLayout) dense = latent_layout_new (tensor->type, &tensor->shape);

  if (tensor->type != layout->type || !latent_shape_equal (&tensor->shape, &layout->shape)) {
    g_autofree char *wanted = latent_shape_to_string (&layout->shape);
    g_autofree char *offered = latent_shape_to_string (&tensor->shape);
    g_set_error (error, LATENT_ERROR,
        tensor->type != layout->type ? LATENT_ERROR_TYPE : LATENT_ERROR_SHAPE,
        "input '%s': wanted %s of %s, offered was %s of %s", port->port.name,
        latent_data_type_get_name (layout->type), wanted, latent_data_type_get_name (tensor->type),
        offered);
    return FALSE;
  }
  latent_layout_copy (layout, latent_context_get_input_data (self, index), dense, tensor->data, 1);
  return TRUE;
}

LatentTensor *
latent_context_get_output (LatentContext *self, guint index, GError **error)
{
  g_return_val_if_fail (index < self->program->outputs->len, NULL);
  const LatentLayout *layout = g_array_index (self->program->outputs, LatentProgramPort, index)
                                   .operand.layout;
  g_autoptr (LatentLayout) dense = latent_layout_new (layout->type, &layout->shape);
  LatentTensor *tensor = latent_tensor_new_shape (layout->type, &layout->shape, error);

  if (tensor != NULL)
    latent_layout_copy (dense, latent_tensor_get_writable_data (tensor), layout,
        latent_context_get_output_data (self, index), 1);
  return tensor;
}

static gboolean
run_step (LatentContext *self, guint i, GError **error)
{
  const LatentStep *step = g_ptr_array_index (self->program->schedule->steps, i);
  latent_parallel_set_threads (step->threads);
  if (step->threads > 1)
    latent_waits_watch ();
  return step->klass->run (step, self->bound[i], error);
}

gboolean
latent_context_run (LatentContext *self, GError **error)
{
  for (guint i = 0; i < self->program->schedule->steps->len; i++)
    if (!run_step (self, i, error))
      return FALSE;
  return TRUE;
}

gboolean
latent_context_run_step (LatentContext *self, guint i, GError **error)
{
  return run_step (self, i, error);
}

void
latent_context_reset (LatentContext *self)
{
  for (guint i = 0; i < self->program->states->len; i++)
    zero_operand (self, &g_array_index (self->program->states, LatentOperand, i));
}
