/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/codec.h>

#include "src/base/shape.h"

/* Turns latents into what a model decodes them to, and writes it. */
typedef struct _LatentSynthesis LatentSynthesis;

typedef struct {
  const char *output;
  guint threads;
  guint width, height;  /* of pictures: 0 for the net's own */
  guint rate_n, rate_d; /* pictures a second */
  /* what pictures are like otherwise, as latent_media_sink_new_video() takes it */
  const LatentStreamInfo *look;
} LatentSynthesisOptions;

LatentSynthesis *latent_synthesis_new (LatentModel *model, const LatentSynthesisOptions *options,
    const LatentShape *latents, GError **error);
void latent_synthesis_free (LatentSynthesis *self);
gboolean latent_synthesis_put (LatentSynthesis *self, const float *latents, GError **error);
/* The same of pictures at a time (nanoseconds), of sound for n samples: the hop, or at the end
 * less. */
gboolean latent_synthesis_put_at (
    LatentSynthesis *self, const float *latents, guint64 pts, guint n, GError **error);
/* The net begins anew, as it does at a key packet; sound goes on. */
void latent_synthesis_reset_state (LatentSynthesis *self);
/* Whether all is written; `size` is its bytes. */
gboolean latent_synthesis_finish (LatentSynthesis *self, guint64 *size, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentSynthesis, latent_synthesis_free)
