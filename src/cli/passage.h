/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/session.h>

#include "src/cli/net.h"
#include "src/cli/source.h"

/* The way of samples through a model, or a half of it, in one of its modes: floats through a net,
 * pictures and sound through a session. */
typedef struct _LatentPassage LatentPassage;

/* What is done with what comes out; each returns FALSE with `error` to end it. */
typedef struct {
  /* The net, or the session, was set for samples of this shape or size. */
  gboolean (*set) (const LatentSample *sample, gpointer data, GError **error);
  /* A net's output, of the shape that latent_net_get_output_shape() tells. */
  gboolean (*take_values) (
      const LatentSample *sample, const float *values, gpointer data, GError **error);
  /* The session ran on slot 0: a picture, or a window of sound that brought n_new samples (sample
   * is then NULL). */
  gboolean (*take_run) (const LatentSample *sample, guint n_new, gpointer data, GError **error);
} LatentPassageClass;

LatentPassage *latent_passage_new (LatentModel *model, LatentMode mode, guint threads,
    const LatentPassageClass *klass, gpointer data);
void latent_passage_free (LatentPassage *self);
gboolean latent_passage_put (LatentPassage *self, const LatentSample *sample, GError **error);
/* After the last sample: windows of sound that are not full. */
gboolean latent_passage_finish (LatentPassage *self, GError **error);
/* What runs the model: NULL before the first sample of its kind. */
LatentNet *latent_passage_get_net (LatentPassage *self);
LatentSession *latent_passage_get_session (LatentPassage *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentPassage, latent_passage_free)
