/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/analysis.h"

#include <string.h>

#include "src/cli/net.h"
#include "src/cli/precision.h"

struct _LatentAnalysis {
  LatentModel *model;
  guint threads;
  LatentLatentsFunc func;
  gpointer data;
  LatentNet *net;         /* samples of floats */
  LatentSession *session; /* pictures, sound */
  guint width, height;    /* that the session is set to */
  float *latents;
  LatentShape shape;
  guint n_new; /* samples that the last window brought */
};

LatentAnalysis *
latent_analysis_new (LatentModel *model, guint threads, LatentLatentsFunc func, gpointer data)
{
  LatentAnalysis *self = g_new0 (LatentAnalysis, 1);
  self->model = latent_model_ref (model);
  self->threads = threads;
  self->func = func;
  self->data = data;
  return self;
}

void
latent_analysis_free (LatentAnalysis *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->net, latent_net_free);
  g_clear_pointer (&self->session, latent_session_unref);
  g_free (self->latents);
  latent_model_unref (self->model);
  g_free (self);
}

static gboolean
put_values (LatentAnalysis *self, const LatentSample *sample, GError **error)
{
  if (!self->net || !latent_net_takes (self->net, &sample->shape)) {
    g_clear_pointer (&self->net, latent_net_free);
    self->net = latent_net_new (self->model, LATENT_MODE_ENCODE, latent_precision_get (),
        self->threads, &sample->shape, error);
    if (!self->net)
      return FALSE;
    LatentShape shape = latent_net_get_output_shape (self->net);
    self->shape = latent_shape_drop_batch (&shape);
  }
  const float *latents = latent_net_run (self->net, sample->values, error);
  return latents && self->func (latents, &self->shape, self->data, error);
}

/* Room for the latents of a session that was set. */
static void
take_shape (LatentAnalysis *self)
{
  LatentShape shape = {0};
  const gint64 *dims = latent_session_get_latent_dims (self->session, &shape.n);
  memcpy (shape.dims, dims, shape.n * sizeof shape.dims[0]);
  self->shape = latent_shape_drop_batch (&shape);
  g_free (self->latents);
  self->latents = g_malloc (latent_session_get_latent_size (self->session));
}

static gboolean
open_session (LatentAnalysis *self, GError **error)
{
  if (!self->session)
    self->session = latent_session_new (
        self->model, LATENT_MODE_ENCODE, latent_precision_get (), self->threads, 1, error);
  return self->session != NULL;
}

static gboolean
run_session (LatentAnalysis *self, GError **error)
{
  if (!latent_session_run (self->session, error))
    return FALSE;
  latent_session_get_latent (self->session, 0, self->latents);
  return self->func (self->latents, &self->shape, self->data, error);
}

static gboolean
put_picture (LatentAnalysis *self, const LatentSample *sample, GError **error)
{
  const LatentPicture *picture = &sample->picture;
  if (self->width != picture->width || self->height != picture->height) {
    if (!open_session (self, error) || !latent_session_set_video (self->session, picture->format,
                                           picture->width, picture->height, error))
      return FALSE;
    self->width = picture->width;
    self->height = picture->height;
    take_shape (self);
  }
  latent_session_put_picture (self->session, 0, picture);
  return run_session (self, error);
}

static gboolean
run_windows (LatentAnalysis *self, gboolean drain, GError **error)
{
  while (latent_session_get_pending_windows (self->session, drain) > 0) {
    self->n_new = latent_session_take_window (self->session, 0);
    if (!run_session (self, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
put_sound (LatentAnalysis *self, const LatentSample *sample, GError **error)
{
  if (!self->session) {
    if (!open_session (self, error) ||
        !latent_session_set_audio (self->session, LATENT_SAMPLE_FORMAT_F32, error))
      return FALSE;
    take_shape (self);
  }
  latent_session_push_samples (self->session, sample->values, sample->n);
  return run_windows (self, FALSE, error);
}

LatentSession *
latent_analysis_get_session (LatentAnalysis *self)
{
  return self->session;
}

guint
latent_analysis_get_new_samples (const LatentAnalysis *self)
{
  return self->n_new;
}

gboolean
latent_analysis_put (LatentAnalysis *self, const LatentSample *sample, GError **error)
{
  gboolean (*put) (LatentAnalysis *, const LatentSample *,
      GError **) = sample->kind == LATENT_MEDIA_VIDEO   ? put_picture
                   : sample->kind == LATENT_MEDIA_AUDIO ? put_sound
                                                        : put_values;
  if (put (self, sample, error))
    return TRUE;
  g_prefix_error (error, "%s: ", sample->origin);
  return FALSE;
}

gboolean
latent_analysis_finish (LatentAnalysis *self, GError **error)
{
  gboolean sound = latent_model_get_media_info (self->model)->kind == LATENT_MEDIA_AUDIO;
  return !sound || !self->session || run_windows (self, TRUE, error);
}
