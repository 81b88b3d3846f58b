/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/trainer-private.h"

#include <string.h>

#include "src/base/tensor.h"

float *
latent_trainer_get_parameter (const LatentTrainer *self, guint i, gsize *n)
{
  const LatentValue *value = g_ptr_array_index (self->objective->parameters, i);

  *n = value->data->n_elements;
  return latent_tensor_get_writable_data (value->data);
}

float *
latent_trainer_new_weights (const LatentTrainer *self, GError **error)
{
  float *weights = g_try_new0 (float, self->n_weights + 1);

  if (weights == NULL)
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
        "out of memory for a copy of %zu parameters", self->n_weights);
  return weights;
}

/* The array that a test or a saved model takes, and the other one, which may be NULL. */
static float *
get_kept (const LatentTrainer *self, guint i, float **other, gsize *n)
{
  float *values = latent_trainer_get_parameter (self, i, n);
  float *average = latent_optimiser_get_average (self->optimiser, i);
  gboolean is_average = average != NULL && !self->is_swapped;

  *other = is_average ? values : average;
  return is_average ? average : values;
}

void
latent_trainer_save_weights (const LatentTrainer *self, float *dst)
{
  float *other;
  gsize n;

  for (guint i = 0; i < self->objective->parameters->len; i++, dst += n) {
    const float *src = get_kept (self, i, &other, &n);
    memcpy (dst, src, n * sizeof (float));
  }
}

static void
clear_moments (LatentTrainer *self)
{
  gboolean has_average = self->objective->parameters->len > 0 &&
                         latent_optimiser_get_average (self->optimiser, 0) != NULL;
  guint n_moments = latent_optimiser_get_n_states (self->optimiser) - (has_average ? 1 : 0);

  for (guint i = 0; i < n_moments; i++) {
    gsize n;
    float *moments = latent_optimiser_get_state (self->optimiser, i, &n);
    memset (moments, 0, n * sizeof (float));
  }
}

void
latent_trainer_load_weights (LatentTrainer *self, const float *src)
{
  float *other;
  gsize n;

  for (guint i = 0; i < self->objective->parameters->len; i++, src += n) {
    float *dst = get_kept (self, i, &other, &n);
    memcpy (dst, src, n * sizeof (float));
    if (other != NULL)
      memcpy (other, src, n * sizeof (float));
  }
  clear_moments (self);
}

void
latent_trainer_swap (LatentTrainer *self, gboolean swapped)
{
  if (self->is_swapped == swapped)
    return;
  for (guint i = 0; i < self->objective->parameters->len; i++) {
    gsize n;
    float *values = latent_trainer_get_parameter (self, i, &n);
    float *average = latent_optimiser_get_average (self->optimiser, i);
    for (gsize j = 0; average != NULL && j < n; j++) {
      float value = values[j];
      values[j] = average[j];
      average[j] = value;
    }
  }
  self->is_swapped = swapped;
}
