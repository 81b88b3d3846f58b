/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/media/runner.h"

#include <string.h>

#include "src/base/limits.h"
#include "src/exec/program.h"
#include "src/exec/request.h"

/* Elements from a sample's first to its last, and one. */
static gsize
get_span (const LatentPort *port)
{
  gint64 last = 0;

  for (guint i = 0; i < port->n_dims; i++)
    last += (port->dims[i] - 1) * port->strides[i];
  return (gsize)last + 1;
}

static gsize
count_elements (const LatentPort *port)
{
  gsize n = 1;

  for (guint i = 0; i < port->n_dims; i++)
    n *= (gsize)port->dims[i];
  return n;
}

static gboolean
check_port (const LatentPort *port, const char *what, GError **error)
{
  if (port->type == LATENT_DATA_TYPE_FLOAT32)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
      "%s '%s' of the model is %s; media and latents need float32", what, port->name,
      latent_data_type_get_name (port->type));
  return FALSE;
}

static LatentProgram *
compile (LatentModel *model, const LatentRunnerOptions *options, const LatentShape *shape,
    gint64 batch, GError **error)
{
  g_autoptr (LatentRequest) request = latent_request_new (options->mode);
  LatentShape full = *shape;

  if (batch > 1)
    full.dims[0] = batch;
  latent_request_set_shape (request, NULL, full.n, full.dims);
  latent_request_set_precision (request, options->precision);
  latent_request_set_threads (request, options->threads);
  latent_request_set_takes_integers (request, options->takes_integers);
  latent_request_set_leaves_depth (request, options->leaves_depth);
  if (options->level > 0)
    latent_request_set_gives_integers (request, options->level, options->level_zero_point);
  return latent_program_new (model, request, error);
}

/* The whole batch at once; NULL where the net does not take it. A net that swallows the batch on
 * its way (a Reshape to a constant 1) gives an output that does not have it. */
static LatentProgram *
compile_batch (
    LatentModel *model, const LatentRunnerOptions *options, const LatentShape *shape, guint samples)
{
  g_autoptr (LatentProgram) program = NULL;
  const LatentPort *out;

  if (shape->n < 2 || shape->dims[0] != 1 || samples < 2)
    return NULL;
  program = compile (model, options, shape, samples, NULL);
  if (!program)
    return NULL;
  out = latent_program_get_output (program, 0);
  return out->n_dims > 1 && out->dims[0] == samples ? g_steal_pointer (&program) : NULL;
}

/* Memory for the batch, zeroed; NULL where it would be more than a tensor may have. */
static gpointer
alloc_samples (gsize elements, gsize element_size, guint samples)
{
  gsize size;

  if (!g_size_checked_mul (&size, elements * element_size, samples) ||
      size > LATENT_LIMIT_TENSOR_BYTES)
    return NULL;
  return g_try_malloc0 (size);
}

static gboolean
alloc_staging (LatentRunner *self, GError **error)
{
  gsize in = get_span (self->in);
  gsize out = latent_runner_get_block (self) == 1 ? get_span (self->out)
                                                  : count_elements (self->out);

  self->input_stride = (gint64)in;
  self->output_stride = (gint64)out;
  self->staging_in = alloc_samples (in, self->in_size, self->samples);
  self->staging_out = alloc_samples (out, self->out_size, self->samples);
  if (self->staging_in && self->staging_out)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
      "no memory (at most %" G_GUINT64_FORMAT
      " bytes) for a batch of %u samples of %zu and %zu elements",
      LATENT_LIMIT_TENSOR_BYTES, self->samples, in, out);
  return FALSE;
}

/* With the program at hand. */
static gboolean
attach (LatentRunner *self, gboolean whole, GError **error)
{
  self->in = latent_program_get_input (self->program, 0);
  self->out = latent_program_get_output (self->program, 0);
  self->in_size = latent_data_type_get_size (self->in->type);
  self->out_size = latent_data_type_get_size (self->out->type);
  if ((latent_runner_get_quantization (self) == NULL && !check_port (self->in, "input", error)) ||
      (!latent_runner_gives_levels (self) && !check_port (self->out, "output", error)))
    return FALSE;
  self->context = latent_context_new (self->program, error);
  if (!self->context)
    return FALSE;
  if (!whole && !alloc_staging (self, error))
    return FALSE;
  if (whole && self->samples > 1) {
    self->input_stride = self->in->strides[0];
    self->output_stride = self->out->strides[0];
  }
  self->input = whole ? latent_context_get_input_data (self->context, 0) : self->staging_in;
  self->output = whole ? latent_context_get_output_data (self->context, 0) : self->staging_out;
  return TRUE;
}

gboolean
latent_runner_init (LatentRunner *self, LatentModel *model, const LatentRunnerOptions *options,
    const LatentShape *sample, guint samples, GError **error)
{
  gboolean whole;

  memset (self, 0, sizeof *self);
  self->samples = samples;
  self->shape = *sample;
  self->program = compile_batch (model, options, sample, samples);
  whole = self->program != NULL || samples == 1;
  if (!self->program)
    self->program = compile (model, options, sample, 1, error);
  if (self->program && attach (self, whole, error))
    return TRUE;
  latent_runner_clear (self);
  return FALSE;
}

void
latent_runner_clear (LatentRunner *self)
{
  g_clear_pointer (&self->context, latent_context_unref);
  g_clear_pointer (&self->program, latent_program_unref);
  g_free (self->staging_in);
  g_free (self->staging_out);
  memset (self, 0, sizeof *self);
}

gboolean
latent_runner_run (LatentRunner *self, GError **error)
{
  gpointer in = latent_context_get_input_data (self->context, 0);
  gconstpointer out = latent_context_get_output_data (self->context, 0);

  if (!self->staging_in)
    return latent_context_run (self->context, error);
  for (guint i = 0; i < self->samples; i++) {
    memcpy (in, latent_runner_get_input (self, i), (gsize)self->input_stride * self->in_size);
    if (!latent_context_run (self->context, error))
      return FALSE;
    memcpy ((guint8 *)self->staging_out + i * (gsize)self->output_stride * self->out_size, out,
        (gsize)self->output_stride * self->out_size);
  }
  return TRUE;
}

gpointer
latent_runner_get_input (const LatentRunner *self, guint sample)
{
  return (guint8 *)self->input + (gsize)sample * (gsize)self->input_stride * self->in_size;
}

const LatentQuantization *
latent_runner_get_quantization (const LatentRunner *self)
{
  return latent_program_get_input_quantization (self->program, 0);
}

gconstpointer
latent_runner_get_output (const LatentRunner *self, guint sample)
{
  return (const guint8 *)self->output + (gsize)sample * (gsize)self->output_stride * self->out_size;
}

gboolean
latent_runner_gives_levels (const LatentRunner *self)
{
  return latent_program_get_output_quantization (self->program, 0) != NULL;
}

gboolean
latent_runner_has_batch (const LatentRunner *self, const LatentPort *port)
{
  return port->n_dims > 1 && port->dims[0] == (self->staging_in ? 1 : self->samples);
}

LatentShape
latent_runner_get_shape (const LatentRunner *self, const LatentPort *port, guint samples)
{
  LatentShape shape = {.n = port->n_dims};

  memcpy (shape.dims, port->dims, sizeof shape.dims);
  if (latent_runner_has_batch (self, port))
    shape.dims[0] = samples;
  return shape;
}

guint
latent_runner_get_block (const LatentRunner *self)
{
  return latent_program_get_output_block (self->program);
}
