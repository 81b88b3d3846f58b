/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/media/session.h"

/* [N, channels, window], or [N, window] for one channel. */
static gboolean
is_window (const LatentSession *self, const LatentRunner *runner, const LatentPort *port)
{
  const LatentMediaInfo *media = &self->model->media;

  if (!latent_runner_has_batch (runner, port) || port->dims[port->n_dims - 1] != media->window)
    return FALSE;
  return port->n_dims == 2 ? media->channels == 1
                           : port->n_dims == 3 && port->dims[1] == media->channels;
}

gboolean
latent_session_check_windows (const LatentSession *self, const LatentRunner *runner, GError **error)
{
  const LatentMediaInfo *media = &self->model->media;
  g_autofree char *offered = NULL;
  LatentShape shape;

  if (self->options.mode == LATENT_MODE_ENCODE || is_window (self, runner, runner->out))
    return TRUE;
  shape = latent_runner_get_shape (runner, runner->out, 1);
  offered = latent_shape_to_string (&shape);
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "output '%s' of the model is %s; a window of audio is 1x%ux%u", runner->out->name, offered,
      media->channels, media->window);
  return FALSE;
}

static LatentWindowMap
make_map (const LatentSession *self, const LatentPort *port)
{
  const LatentMediaInfo *media = &self->model->media;

  return (LatentWindowMap){.window = media->window,
      .hop = media->hop,
      .channels = media->channels,
      .channel_stride = port->n_dims == 3 ? port->strides[1] : 0,
      .time_stride = port->strides[port->n_dims - 1],
      .scale = self->scale,
      .offset = self->offset};
}

static void
find_scales (LatentSession *self)
{
  guint channels = self->model->media.channels;

  if (self->scale)
    return;
  self->scale = g_new (float, channels);
  self->offset = g_new (float, channels);
  for (guint c = 0; c < channels; c++) {
    self->scale[c] = latent_model_get_scale (self->model, c);
    self->offset[c] = latent_model_get_offset (self->model, c);
  }
}

void
latent_session_start_audio (LatentSession *self)
{
  find_scales (self);
  self->window_in = make_map (self, self->runner.in);
  self->window_out = make_map (self, self->runner.out);
  if (self->options.mode != LATENT_MODE_DECODE)
    latent_cutter_reset (&self->cutter, &self->window_in);
  if (self->options.mode != LATENT_MODE_ENCODE)
    latent_overlap_reset (&self->overlap, &self->window_out);
}

static gboolean
check_hop (const LatentSession *self, GError **error)
{
  const LatentMediaInfo *media = &self->model->media;

  if (media->channels > 0 && media->hop > 0 && media->hop <= media->window)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
      "a window of %u samples of %u channels, one every %u samples: no audio can be cut like that",
      media->window, media->channels, media->hop);
  return FALSE;
}

gboolean
latent_session_set_audio (LatentSession *self, LatentSampleFormat format, GError **error)
{
  g_auto (LatentRunner) fresh = {0};
  const LatentRunner *runner;
  LatentShape sample, latents;

  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail ((guint)format <= LATENT_SAMPLE_FORMAT_S16, FALSE);
  if (!latent_session_check_kind (self, LATENT_MEDIA_AUDIO, error) || !check_hop (self, error))
    return FALSE;
  if (self->latents_told)
    sample = self->runner.shape;
  else if (!latent_session_find_sample (self, NULL, &sample, error))
    return FALSE;
  runner = latent_session_prepare (self, &sample, 1, &fresh, error);
  if (!runner || !latent_session_check_windows (self, runner, error) ||
      !latent_session_find_latents (self, runner, 1, &latents, error))
    return FALSE;
  latent_session_commit (self, &fresh, 1, &latents);
  self->sample_format = format;
  latent_session_start_audio (self);
  return TRUE;
}

void
latent_session_push_samples (LatentSession *self, gconstpointer src, gsize n)
{
  g_return_if_fail (self->cutter.queue.data != NULL);
  latent_cutter_push (&self->cutter, &self->window_in, self->sample_format, src, n);
}

guint
latent_session_get_pending_windows (const LatentSession *self, gboolean drain)
{
  g_return_val_if_fail (self->cutter.queue.data != NULL, 0);
  return (guint)MIN (latent_cutter_get_pending (&self->cutter, &self->window_in, drain), G_MAXUINT);
}

guint
latent_session_take_window (LatentSession *self, guint slot)
{
  g_return_val_if_fail (slot < self->batch, 0);
  g_return_val_if_fail (latent_session_get_pending_windows (self, TRUE) > 0, 0);
  return latent_cutter_take (
      &self->cutter, &self->window_in, latent_runner_get_input (&self->runner, slot));
}

guint64
latent_session_add_window (LatentSession *self, guint slot, guint n)
{
  g_return_val_if_fail (self->overlap.queue.data != NULL, 0);
  g_return_val_if_fail (slot < self->batch && n <= self->window_out.hop, 0);
  return latent_overlap_add (
      &self->overlap, &self->window_out, latent_runner_get_output (&self->runner, slot), n);
}

gsize
latent_session_get_available_samples (const LatentSession *self, gboolean drain)
{
  g_return_val_if_fail (self->overlap.queue.data != NULL, 0);
  return latent_overlap_get_available (&self->overlap, drain);
}

void
latent_session_pop_samples (LatentSession *self, gpointer dst, gsize n)
{
  g_return_if_fail (n <= latent_session_get_available_samples (self, TRUE));
  latent_overlap_pop (&self->overlap, self->sample_format, dst, n);
}
