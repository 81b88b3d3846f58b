/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/rebuild.h"

#include <string.h>

#include "src/cli/net.h"
#include "src/cli/precision.h"
#include "src/model/model.h"

struct _LatentRebuilder {
  LatentModel *model;
  guint threads;
  LatentPairFunc func;
  gpointer data;
  LatentMeasure measure;
  guint64 d, k;
  LatentNet *net;         /* samples of floats */
  LatentSession *session; /* pictures, sound */
  LatentPicture *rebuilt;
  GArray *waiting; /* float: sound whose reconstruction has not come out yet */
  float *room;
  gsize n_room;
};

LatentRebuilder *
latent_rebuilder_new (LatentModel *model, guint threads, LatentPairFunc func, gpointer data)
{
  LatentRebuilder *self = g_new0 (LatentRebuilder, 1);
  self->model = latent_model_ref (model);
  self->threads = threads;
  self->func = func;
  self->data = data;
  self->waiting = g_array_new (FALSE, FALSE, sizeof (float));
  return self;
}

void
latent_rebuilder_free (LatentRebuilder *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->net, latent_net_free);
  g_clear_pointer (&self->session, latent_session_unref);
  g_clear_pointer (&self->rebuilt, latent_picture_free);
  g_array_unref (self->waiting);
  g_free (self->room);
  latent_model_unref (self->model);
  g_free (self);
}

static guint64
count_elements (guint n_dims, const gint64 *dims)
{
  guint64 n = 1;
  for (guint i = 0; i < n_dims; i++)
    n *= (guint64)dims[i];
  return n;
}

/* Elements of the latents of samples of that shape. */
static gboolean
count_latents (LatentRebuilder *self, const LatentShape *sample, GError **error)
{
  if (!latent_model_supports_mode (self->model, LATENT_MODE_ENCODE))
    return TRUE;
  g_autoptr (LatentNet) encoder = latent_net_new (
      self->model, LATENT_MODE_ENCODE, latent_precision_get (), self->threads, sample, error);
  if (!encoder)
    return FALSE;
  LatentShape shape = latent_net_get_output_shape (encoder);
  self->k = count_elements (shape.n, shape.dims);
  return TRUE;
}

static gboolean
put_values (LatentRebuilder *self, const LatentSample *sample, GError **error)
{
  if (!self->net || !latent_net_takes (self->net, &sample->shape)) {
    g_clear_pointer (&self->net, latent_net_free);
    self->net = latent_net_new (self->model, LATENT_MODE_RECONSTRUCT, latent_precision_get (),
        self->threads, &sample->shape, error);
    if (!self->net || !count_latents (self, &sample->shape, error))
      return FALSE;
    self->d = sample->n;
  }
  LatentShape shape = latent_net_get_output_shape (self->net);
  if (count_elements (shape.n, shape.dims) != sample->n) {
    g_autofree char *text = latent_shape_to_string (&shape);
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "the output of shape %s is not as large as the input of %" G_GSIZE_FORMAT " elements", text,
        sample->n);
    return FALSE;
  }
  const float *rebuilt = latent_net_run (self->net, sample->values, error);
  if (!rebuilt)
    return FALSE;
  latent_measure_add_values (&self->measure, sample->values, rebuilt, sample->n);
  if (self->func)
    self->func (
        &(LatentPair){
            .kind = LATENT_MEDIA_VECTOR,
            .values = {sample->values, rebuilt},
            .n = sample->n,
            .shape = sample->shape,
    },
        self->data);
  return TRUE;
}

/* The session that takes what `sample` is. */
static gboolean
open_session (LatentRebuilder *self, const LatentSample *sample, GError **error)
{
  if (!self->session)
    self->session = latent_session_new (
        self->model, LATENT_MODE_RECONSTRUCT, latent_precision_get (), self->threads, 1, error);
  if (!self->session)
    return FALSE;
  gboolean set = sample->kind == LATENT_MEDIA_AUDIO
                     ? latent_session_set_audio (self->session, LATENT_SAMPLE_FORMAT_F32, error)
                     : latent_session_set_video (self->session, sample->picture.format,
                           sample->picture.width, sample->picture.height, error);
  if (!set)
    return FALSE;
  guint n_dims;
  const gint64 *dims = latent_session_get_latent_dims (self->session, &n_dims);
  self->k = count_elements (n_dims, dims);
  const LatentPort *input = latent_program_get_input (
      latent_session_get_program (self->session), 0);
  self->d = count_elements (input->n_dims, input->dims);
  return TRUE;
}

static gboolean
put_picture (LatentRebuilder *self, const LatentSample *sample, GError **error)
{
  const LatentPicture *picture = &sample->picture;
  if (!self->rebuilt || self->rebuilt->width != picture->width ||
      self->rebuilt->height != picture->height) {
    if (!open_session (self, sample, error))
      return FALSE;
    g_clear_pointer (&self->rebuilt, latent_picture_free);
    self->rebuilt = latent_picture_new (picture->format, picture->width, picture->height);
  }
  latent_session_put_picture (self->session, 0, picture);
  if (!latent_session_run (self->session, error))
    return FALSE;
  self->measure.not_finite += latent_session_get_picture (self->session, 0, self->rebuilt);
  latent_measure_add_pictures (&self->measure, picture, self->rebuilt);
  if (self->func)
    self->func (
        &(LatentPair){
            .kind = LATENT_MEDIA_VIDEO,
            .pictures = {picture, self->rebuilt},
    },
        self->data);
  return TRUE;
}

/* Measures what of the sound has come out. */
static void
compare_sound (LatentRebuilder *self, gboolean drain)
{
  guint channels = latent_model_get_media_info (self->model)->channels;
  gsize n = latent_session_get_available_samples (self->session, drain);
  if (n == 0)
    return;
  if (n * channels > self->n_room) {
    self->n_room = n * channels;
    self->room = g_realloc_n (self->room, self->n_room, sizeof (float));
  }
  latent_session_pop_samples (self->session, self->room, n);
  n = MIN (n * channels, self->waiting->len);
  const float *original = (const float *)(gpointer)self->waiting->data;
  latent_measure_add_values (&self->measure, original, self->room, n);
  if (self->func)
    self->func (
        &(LatentPair){
            .kind = LATENT_MEDIA_AUDIO,
            .values = {original, self->room},
            .n = n,
    },
        self->data);
  g_array_remove_range (self->waiting, 0, (guint)n);
}

static gboolean
run_windows (LatentRebuilder *self, gboolean drain, GError **error)
{
  while (latent_session_get_pending_windows (self->session, drain) > 0) {
    guint n = latent_session_take_window (self->session, 0);
    if (!latent_session_run (self->session, error))
      return FALSE;
    self->measure.not_finite += latent_session_add_window (self->session, 0, n);
  }
  compare_sound (self, drain);
  return TRUE;
}

static gboolean
put_sound (LatentRebuilder *self, const LatentSample *sample, GError **error)
{
  if (!self->session && !open_session (self, sample, error))
    return FALSE;
  g_array_append_vals (self->waiting, sample->values, (guint)(sample->n * sample->channels));
  latent_session_push_samples (self->session, sample->values, sample->n);
  return run_windows (self, FALSE, error);
}

gboolean
latent_rebuilder_put (LatentRebuilder *self, const LatentSample *sample, GError **error)
{
  gboolean (*put) (LatentRebuilder *, const LatentSample *,
      GError **) = sample->kind == LATENT_MEDIA_VIDEO   ? put_picture
                   : sample->kind == LATENT_MEDIA_AUDIO ? put_sound
                                                        : put_values;
  if (put (self, sample, error))
    return TRUE;
  g_prefix_error (error, "%s: ", sample->origin);
  return FALSE;
}

gboolean
latent_rebuilder_finish (LatentRebuilder *self, GError **error)
{
  gboolean sound = latent_model_get_media_info (self->model)->kind == LATENT_MEDIA_AUDIO;
  return !sound || !self->session || run_windows (self, TRUE, error);
}

const LatentMeasure *
latent_rebuilder_get_measure (const LatentRebuilder *self)
{
  return &self->measure;
}

void
latent_rebuilder_get_sizes (const LatentRebuilder *self, guint64 *d, guint64 *k)
{
  *d = self->d;
  *k = self->k;
}
