/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/rebuild.h"

#include "src/cli/passage.h"
#include "src/cli/precision.h"
#include "src/model/model.h"

struct _LatentRebuilder {
  LatentModel *model;
  guint threads;
  LatentPairFunc func;
  gpointer data;
  LatentPassage *passage;
  LatentMeasure measure;
  guint64 d, k;
  LatentPicture *rebuilt;
  GArray *waiting; /* float: sound whose reconstruction has not come out yet */
  float *room;
  gsize n_room;
};

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
set_net (LatentRebuilder *self, const LatentSample *sample, GError **error)
{
  LatentShape shape = latent_net_get_output_shape (latent_passage_get_net (self->passage));
  self->d = sample->n;
  if (!count_latents (self, &sample->shape, error))
    return FALSE;
  if (count_elements (shape.n, shape.dims) == sample->n)
    return TRUE;
  g_autofree char *text = latent_shape_to_string (&shape);
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "the output of shape %s is not as large as the input of %" G_GSIZE_FORMAT " elements", text,
      sample->n);
  return FALSE;
}

static gboolean
set (const LatentSample *sample, gpointer data, GError **error)
{
  LatentRebuilder *self = data;
  if (sample->kind == LATENT_MEDIA_VECTOR)
    return set_net (self, sample, error);
  LatentSession *session = latent_passage_get_session (self->passage);
  guint n_dims;
  const gint64 *dims = latent_session_get_latent_dims (session, &n_dims);
  self->k = count_elements (n_dims, dims);
  const LatentPort *input = latent_program_get_input (latent_session_get_program (session), 0);
  self->d = count_elements (input->n_dims, input->dims);
  if (sample->kind == LATENT_MEDIA_VIDEO) {
    const LatentPicture *picture = &sample->picture;
    g_clear_pointer (&self->rebuilt, latent_picture_free);
    self->rebuilt = latent_picture_new (picture->format, picture->width, picture->height);
  }
  return TRUE;
}

static gboolean
take_values (const LatentSample *sample, const float *values, gpointer data, GError **error)
{
  LatentRebuilder *self = data;
  latent_measure_add_values (&self->measure, sample->values, values, sample->n);
  if (self->func)
    self->func (
        &(LatentPair){
            .kind = LATENT_MEDIA_VECTOR,
            .values = {sample->values, values},
            .n = sample->n,
            .shape = sample->shape,
    },
        self->data);
  return TRUE;
}

static gboolean
take_run (const LatentSample *sample, guint n_new, gpointer data, GError **error)
{
  LatentRebuilder *self = data;
  LatentSession *session = latent_passage_get_session (self->passage);
  if (!sample) {
    self->measure.not_finite += latent_session_add_window (session, 0, n_new);
    return TRUE;
  }
  self->measure.not_finite += latent_session_get_picture (session, 0, self->rebuilt);
  latent_measure_add_pictures (&self->measure, &sample->picture, self->rebuilt);
  if (self->func)
    self->func (
        &(LatentPair){
            .kind = LATENT_MEDIA_VIDEO,
            .pictures = {&sample->picture, self->rebuilt},
    },
        self->data);
  return TRUE;
}

static const LatentPassageClass passage_class = {set, take_values, take_run};

LatentRebuilder *
latent_rebuilder_new (LatentModel *model, guint threads, LatentPairFunc func, gpointer data)
{
  LatentRebuilder *self = g_new0 (LatentRebuilder, 1);
  self->model = latent_model_ref (model);
  self->threads = threads;
  self->func = func;
  self->data = data;
  self->passage = latent_passage_new (
      model, LATENT_MODE_RECONSTRUCT, threads, &passage_class, self);
  self->waiting = g_array_new (FALSE, FALSE, sizeof (float));
  return self;
}

void
latent_rebuilder_free (LatentRebuilder *self)
{
  if (!self)
    return;
  latent_passage_free (self->passage);
  g_clear_pointer (&self->rebuilt, latent_picture_free);
  g_array_unref (self->waiting);
  g_free (self->room);
  latent_model_unref (self->model);
  g_free (self);
}

/* Measures what of the sound has come out. */
static void
compare_sound (LatentRebuilder *self, gboolean drain)
{
  LatentSession *session = latent_passage_get_session (self->passage);
  guint channels = latent_model_get_media_info (self->model)->channels;
  gsize n = latent_session_get_available_samples (session, drain);
  if (n == 0)
    return;
  if (n * channels > self->n_room) {
    self->n_room = n * channels;
    self->room = g_realloc_n (self->room, self->n_room, sizeof (float));
  }
  latent_session_pop_samples (session, self->room, n);
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

gboolean
latent_rebuilder_put (LatentRebuilder *self, const LatentSample *sample, GError **error)
{
  gboolean sound = sample->kind == LATENT_MEDIA_AUDIO;
  if (sound)
    g_array_append_vals (self->waiting, sample->values, (guint)(sample->n * sample->channels));
  if (!latent_passage_put (self->passage, sample, error))
    return FALSE;
  if (sound)
    compare_sound (self, FALSE);
  return TRUE;
}

gboolean
latent_rebuilder_finish (LatentRebuilder *self, GError **error)
{
  if (!latent_passage_finish (self->passage, error))
    return FALSE;
  if (latent_model_get_media_info (self->model)->kind == LATENT_MEDIA_AUDIO &&
      latent_passage_get_session (self->passage))
    compare_sound (self, TRUE);
  return TRUE;
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
