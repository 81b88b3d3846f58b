/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/passage.h"

#include "src/cli/precision.h"
#include "src/model/model.h"

struct _LatentPassage {
  LatentModel *model;
  LatentMode mode;
  guint threads;
  const LatentPassageClass *klass;
  gpointer data;
  LatentNet *net;
  LatentSession *session;
  guint width, height; /* that the session is set to */
};

LatentPassage *
latent_passage_new (LatentModel *model, LatentMode mode, guint threads,
    const LatentPassageClass *klass, gpointer data)
{
  LatentPassage *self = g_new0 (LatentPassage, 1);
  self->model = latent_model_ref (model);
  self->mode = mode;
  self->threads = threads;
  self->klass = klass;
  self->data = data;
  return self;
}

void
latent_passage_free (LatentPassage *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->net, latent_net_free);
  g_clear_pointer (&self->session, latent_session_unref);
  latent_model_unref (self->model);
  g_free (self);
}

static gboolean
put_values (LatentPassage *self, const LatentSample *sample, GError **error)
{
  if (!self->net || !latent_net_takes (self->net, &sample->shape)) {
    g_clear_pointer (&self->net, latent_net_free);
    self->net = latent_net_new (
        self->model, self->mode, latent_precision_get (), self->threads, &sample->shape, error);
    if (!self->net || !self->klass->set (sample, self->data, error))
      return FALSE;
  }
  const float *values = latent_net_run (self->net, sample->values, error);
  return values && self->klass->take_values (sample, values, self->data, error);
}

static gboolean
open_session (LatentPassage *self, GError **error)
{
  if (!self->session)
    self->session = latent_session_new (
        self->model, self->mode, latent_precision_get (), self->threads, 1, error);
  return self->session != NULL;
}

static gboolean
put_picture (LatentPassage *self, const LatentSample *sample, GError **error)
{
  const LatentPicture *picture = &sample->picture;
  if (self->width != picture->width || self->height != picture->height) {
    if (!open_session (self, error) ||
        !latent_session_set_video (
            self->session, picture->format, picture->width, picture->height, error) ||
        !self->klass->set (sample, self->data, error))
      return FALSE;
    self->width = picture->width;
    self->height = picture->height;
  }
  latent_session_put_picture (self->session, 0, picture);
  return latent_session_run (self->session, error) &&
         self->klass->take_run (sample, 1, self->data, error);
}

static gboolean
run_windows (LatentPassage *self, gboolean drain, GError **error)
{
  while (latent_session_get_pending_windows (self->session, drain) > 0) {
    guint n_new = latent_session_take_window (self->session, 0);
    if (!latent_session_run (self->session, error) ||
        !self->klass->take_run (NULL, n_new, self->data, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
put_sound (LatentPassage *self, const LatentSample *sample, GError **error)
{
  if (!self->session &&
      (!open_session (self, error) ||
          !latent_session_set_audio (self->session, LATENT_SAMPLE_FORMAT_F32, error) ||
          !self->klass->set (sample, self->data, error)))
    return FALSE;
  latent_session_push_samples (self->session, sample->values, sample->n);
  return run_windows (self, FALSE, error);
}

gboolean
latent_passage_put (LatentPassage *self, const LatentSample *sample, GError **error)
{
  gboolean (*put) (LatentPassage *, const LatentSample *,
      GError **) = sample->kind == LATENT_MEDIA_VIDEO   ? put_picture
                   : sample->kind == LATENT_MEDIA_AUDIO ? put_sound
                                                        : put_values;
  if (put (self, sample, error))
    return TRUE;
  g_prefix_error (error, "%s: ", sample->origin);
  return FALSE;
}

gboolean
latent_passage_finish (LatentPassage *self, GError **error)
{
  gboolean sound = latent_model_get_media_info (self->model)->kind == LATENT_MEDIA_AUDIO;
  return !sound || !self->session || run_windows (self, TRUE, error);
}

LatentNet *
latent_passage_get_net (LatentPassage *self)
{
  return self->net;
}

LatentSession *
latent_passage_get_session (LatentPassage *self)
{
  return self->session;
}
