/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/analysis.h"

#include <string.h>

#include "src/cli/passage.h"

struct _LatentAnalysis {
  LatentPassage *passage;
  LatentLatentsFunc func;
  gpointer data;
  float *latents; /* of a session */
  LatentShape shape;
  guint n_new; /* samples that the last window brought */
};

/* The shape of latents, and room for those of a session. */
static gboolean
set (const LatentSample *sample, gpointer data, GError **error)
{
  LatentAnalysis *self = data;
  LatentSession *session = latent_passage_get_session (self->passage);
  LatentShape shape = {0};
  if (sample->kind == LATENT_MEDIA_VECTOR) {
    shape = latent_net_get_output_shape (latent_passage_get_net (self->passage));
  } else {
    const gint64 *dims = latent_session_get_latent_dims (session, &shape.n);
    memcpy (shape.dims, dims, shape.n * sizeof shape.dims[0]);
    g_free (self->latents);
    self->latents = g_malloc (latent_session_get_latent_size (session));
  }
  self->shape = latent_shape_drop_batch (&shape);
  return TRUE;
}

static gboolean
take_values (const LatentSample *sample, const float *values, gpointer data, GError **error)
{
  LatentAnalysis *self = data;
  return self->func (values, &self->shape, self->data, error);
}

static gboolean
take_run (const LatentSample *sample, guint n_new, gpointer data, GError **error)
{
  LatentAnalysis *self = data;
  self->n_new = n_new;
  latent_session_get_latent (latent_passage_get_session (self->passage), 0, self->latents);
  return self->func (self->latents, &self->shape, self->data, error);
}

static const LatentPassageClass passage_class = {set, take_values, take_run};

LatentAnalysis *
latent_analysis_new (LatentModel *model, guint threads, LatentLatentsFunc func, gpointer data)
{
  LatentAnalysis *self = g_new0 (LatentAnalysis, 1);
  self->passage = latent_passage_new (model, LATENT_MODE_ENCODE, threads, &passage_class, self);
  self->func = func;
  self->data = data;
  return self;
}

void
latent_analysis_free (LatentAnalysis *self)
{
  if (!self)
    return;
  latent_passage_free (self->passage);
  g_free (self->latents);
  g_free (self);
}

LatentSession *
latent_analysis_get_session (LatentAnalysis *self)
{
  return latent_passage_get_session (self->passage);
}

guint
latent_analysis_get_new_samples (const LatentAnalysis *self)
{
  return self->n_new;
}

gboolean
latent_analysis_put (LatentAnalysis *self, const LatentSample *sample, GError **error)
{
  return latent_passage_put (self->passage, sample, error);
}

gboolean
latent_analysis_finish (LatentAnalysis *self, GError **error)
{
  return latent_passage_finish (self->passage, error);
}
