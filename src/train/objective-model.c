/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include "src/model/model.h"
#include "src/train/objective-private.h"

static LatentTensor *
copy_values (const LatentValue *parameter, const float *values, GError **error)
{
  LatentTensor *tensor = latent_tensor_new_shape (
      LATENT_DATA_TYPE_FLOAT32, &parameter->shape, error);

  if (tensor != NULL && tensor->size > 0)
    memcpy (latent_tensor_get_writable_data (tensor), values, tensor->size);
  return tensor;
}

/* Gives a parameter of `graph` a tensor of its own with new numbers. */
static gboolean
set_parameter (LatentGraph *graph, const LatentValue *parameter, const float *values,
    const char *name, GError **error)
{
  LatentValue *value = latent_graph_find_value (graph, name);
  g_autoptr (LatentTensor) tensor = NULL;

  if (value == NULL || value->data == NULL ||
      !latent_shape_equal (&value->data->shape, &parameter->shape)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
        "the model has no parameter '%s' of the shape that was learned", name);
    return FALSE;
  }
  if (values == NULL)
    values = parameter->data->data;
  tensor = value->type == LATENT_DATA_TYPE_FLOAT32
               ? copy_values (parameter, values, error)
               : latent_objective_close_integers (graph, value, values, error);
  if (tensor == NULL)
    return FALSE;
  latent_tensor_unref (value->data);
  value->data = g_steal_pointer (&tensor);
  return TRUE;
}

static gboolean
set_parameters (
    const LatentObjective *self, LatentGraph *graph, float *const *values, GError **error)
{
  for (guint i = 0; i < self->parameters->len; i++) {
    const char *name = g_ptr_array_index (self->names, i);
    if (name != NULL && !set_parameter (graph, g_ptr_array_index (self->parameters, i),
                            values != NULL ? values[i] : NULL, name, error))
      return FALSE;
  }
  return TRUE;
}

/* Quality 55 of the codec is the finest of steps that were drawn, that is 2^((63 - 55) / 8) times
 * latent.steps. */
#define FINEST_STEP 2.

/* latent.steps: what training divided by, of each channel where they go by different powers of it.
 */
static char *
describe_steps (const LatentObjective *self, const LatentModel *model)
{
  double step = self->most_step > self->step ? self->step / FINEST_STEP : self->step;
  g_autoptr (GArray) slopes = latent_model_get_slopes (model);
  GString *text = g_string_new (NULL);
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  for (guint c = 0; c < (slopes != NULL ? slopes->len : 1); c++) {
    double slope = slopes != NULL ? (double)g_array_index (slopes, float, c) : 1;
    g_ascii_formatd (number, sizeof number, "%.9g", pow (step, slope));
    g_string_append_printf (text, "%s%s", c > 0 ? "," : "", number);
  }
  return g_string_free (text, FALSE);
}

/* The codec divides by what training divided by. A frozen encoder's latents are what they were, and
 * keep the steps that they had. Tables and tiles of another latent space are of no use. */
static gboolean
set_keys (const LatentObjective *self, LatentModel *model, GError **error)
{
  g_autofree char *steps = describe_steps (self, model);

  if (self->same_space && latent_model_get_metadata (model, "latent.steps") != NULL)
    return TRUE;
  return (self->step <= 0 || latent_model_set_metadata (model, "latent.steps", steps, error)) &&
         (self->same_space || (latent_model_set_metadata (model, "latent.prior", NULL, error) &&
                                  latent_model_set_metadata (model, "latent.motion", NULL, error)));
}

LatentModel *
latent_objective_make_model (
    const LatentObjective *self, LatentModel *model, float *const *values, GError **error)
{
  LatentGraph *graph = latent_graph_copy (model->graph);
  g_autoptr (LatentModel) learned = NULL;

  if (!set_parameters (self, graph, values, error)) {
    latent_graph_free (graph);
    return NULL;
  }
  learned = latent_model_new_changed (model, graph, self->same_space, error);
  if (learned == NULL || !set_keys (self, learned, error))
    return NULL;
  return g_steal_pointer (&learned);
}
