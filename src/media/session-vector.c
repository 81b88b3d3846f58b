/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/media/session.h"
#include "src/media/strided.h"

gboolean
latent_session_set_vector (LatentSession *self, GError **error)
{
  g_auto (LatentRunner) fresh = {0};
  LatentShape sample, latents;
  const LatentRunner *runner;

  g_return_val_if_fail (self != NULL, FALSE);
  if (!latent_session_check_kind (self, LATENT_MEDIA_VECTOR, error))
    return FALSE;
  if (self->latents_told)
    return TRUE;
  if (!latent_session_find_sample (self, NULL, &sample, error))
    return FALSE;
  runner = latent_session_prepare (self, &sample, 1, &fresh, error);
  if (!runner || !latent_session_find_latents (self, runner, 1, &latents, error))
    return FALSE;
  latent_session_commit (self, &fresh, 1, &latents);
  return TRUE;
}

/* Strides of a slot's samples in a port. */
static void
get_slot_strides (const LatentRunner *runner, const LatentPort *port, gint64 sample_stride,
    gint64 strides[LATENT_MAX_DIMS])
{
  memcpy (strides, port->strides, LATENT_MAX_DIMS * sizeof *strides);
  if (latent_runner_has_batch (runner, port))
    strides[0] = sample_stride;
}

void
latent_session_put_vector (LatentSession *self, guint slot, const float *src)
{
  const LatentRunner *runner = &self->runner;
  gint64 strides[LATENT_MAX_DIMS], dense[LATENT_MAX_DIMS];
  LatentShape shape;

  g_return_if_fail (runner->program != NULL && slot < self->batch);
  shape = latent_runner_get_shape (runner, runner->in, self->slot_samples);
  latent_shape_get_strides (&shape, dense);
  get_slot_strides (runner, runner->in, runner->input_stride, strides);
  latent_strided_copy (
      latent_runner_get_input (runner, slot * self->slot_samples), strides, src, dense, &shape);
}

guint64
latent_session_get_vector (LatentSession *self, guint slot, float *dst)
{
  const LatentRunner *runner = &self->runner;
  gint64 strides[LATENT_MAX_DIMS], dense[LATENT_MAX_DIMS];
  LatentShape shape;

  g_return_val_if_fail (runner->program != NULL && slot < self->batch, 0);
  shape = latent_runner_get_shape (runner, runner->out, self->slot_samples);
  latent_shape_get_strides (&shape, dense);
  get_slot_strides (runner, runner->out, runner->output_stride, strides);
  latent_strided_copy (
      dst, dense, latent_runner_get_output (runner, slot * self->slot_samples), strides, &shape);
  return latent_count_not_finite (dst, latent_shape_product (&shape, 0, shape.n));
}

void
latent_session_put_latent (LatentSession *self, guint slot, const float *src)
{
  g_return_if_fail (self->options.mode == LATENT_MODE_DECODE);
  latent_session_put_vector (self, slot, src);
  if (latent_runner_gives_levels (&self->runner))
    self->not_finite[slot] = latent_count_not_finite (
        src, latent_shape_product (&self->latents, 0, self->latents.n));
}

guint64
latent_session_get_latent (LatentSession *self, guint slot, float *dst)
{
  g_return_val_if_fail (self->options.mode == LATENT_MODE_ENCODE, 0);
  return latent_session_get_vector (self, slot, dst);
}
