/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/net.h"

#include <string.h>

#include "src/base/tensor.h"
#include "src/model/model.h"

/* Multiply-adds below which a second thread costs more than it brings. */
#define SMALL_MACS 4000000

struct _LatentNet {
  LatentProgram *program;
  LatentContext *context;
  LatentShape sample; /* as it was asked for */
  LatentTensor *src;
  LatentTensor *dst;
};

/* Dimensions of the tensor where a mode begins; 0 where the file does not say. */
static guint
count_dims (LatentModel *model, LatentMode mode)
{
  const char *const *names = latent_model_get_cut_inputs (model, mode);
  LatentValue *value = names ? latent_graph_find_value (model->graph, names[0]) : NULL;
  return value && value->has_shape ? value->shape.n : 0;
}

LatentShape
latent_net_add_batch (LatentModel *model, LatentMode mode, const LatentShape *sample)
{
  LatentShape shape = *sample;
  guint n_dims = count_dims (model, mode);
  gboolean batched = n_dims ? sample->n == n_dims && (n_dims > 2 || sample->dims[0] == 1)
                            : sample->n > 1 && sample->dims[0] == 1;
  if (batched || sample->n == LATENT_MAX_DIMS)
    return shape;
  if (n_dims == 2)
    return (LatentShape){
        2, {1, (gint64)latent_shape_product (sample, 0, sample->n)}
    };
  shape.n = sample->n + 1;
  shape.dims[0] = 1;
  memcpy (shape.dims + 1, sample->dims, sample->n * sizeof shape.dims[0]);
  return shape;
}

LatentShape
latent_shape_drop_batch (const LatentShape *shape)
{
  LatentShape sample = *shape;
  if (shape->n > 1 && shape->dims[0] == 1) {
    sample.n--;
    memmove (sample.dims, sample.dims + 1, sample.n * sizeof sample.dims[0]);
  }
  return sample;
}

LatentNet *
latent_net_new (LatentModel *model, LatentMode mode, LatentPrecision precision, guint threads,
    const LatentShape *sample, GError **error)
{
  if (!latent_model_supports_mode (model, mode)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS, "%s: the file has no %s",
        latent_model_get_path (model),
        mode == LATENT_MODE_DECODE ? "decoder" : "encoder and decoder");
    return NULL;
  }
  g_autoptr (LatentNet) self = g_new0 (LatentNet, 1);
  g_autoptr (LatentRequest) request = latent_request_new (mode);
  LatentShape shape = latent_net_add_batch (model, mode, sample);
  self->sample = *sample;
  latent_request_set_shape (request, NULL, shape.n, shape.dims);
  latent_request_set_precision (request, precision);
  latent_request_set_threads (request, threads);
  self->program = latent_program_new (model, request, error);
  if (self->program && threads > 1 && latent_program_get_macs (self->program) < SMALL_MACS) {
    latent_program_unref (self->program);
    latent_request_set_threads (request, 1);
    self->program = latent_program_new (model, request, error);
  }
  if (!self->program)
    return NULL;
  if (latent_program_get_n_outputs (self->program) < 1 ||
      latent_program_get_output (self->program, 0)->type != LATENT_DATA_TYPE_FLOAT32) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
        "%s: the output is no float32 tensor", latent_model_get_path (model));
    return NULL;
  }
  self->context = latent_context_new (self->program, error);
  self->src = latent_tensor_new_shape (LATENT_DATA_TYPE_FLOAT32, &shape, error);
  return self->context && self->src ? g_steal_pointer (&self) : NULL;
}

void
latent_net_free (LatentNet *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->src, latent_tensor_unref);
  g_clear_pointer (&self->dst, latent_tensor_unref);
  g_clear_pointer (&self->context, latent_context_unref);
  g_clear_pointer (&self->program, latent_program_unref);
  g_free (self);
}

gboolean
latent_net_takes (const LatentNet *self, const LatentShape *sample)
{
  return latent_shape_equal (&self->sample, sample);
}

LatentShape
latent_net_get_output_shape (const LatentNet *self)
{
  const LatentPort *port = latent_program_get_output (self->program, 0);
  LatentShape shape = {.n = port->n_dims};
  memcpy (shape.dims, port->dims, port->n_dims * sizeof shape.dims[0]);
  return shape;
}

void
latent_net_reset_state (LatentNet *self)
{
  latent_context_reset (self->context);
}

const float *
latent_net_run (LatentNet *self, const float *sample, GError **error)
{
  memcpy (latent_tensor_get_writable_data (self->src), sample, self->src->size);
  if (!latent_context_set_input (self->context, 0, self->src, error) ||
      !latent_context_run (self->context, error))
    return NULL;
  g_clear_pointer (&self->dst, latent_tensor_unref);
  self->dst = latent_context_get_output (self->context, 0, error);
  return self->dst ? latent_tensor_get_data (self->dst, NULL) : NULL;
}
