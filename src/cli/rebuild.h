/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/cli/measure.h"
#include "src/cli/source.h"

/* Sends samples through a whole autoencoder and measures what comes out. */
typedef struct _LatentRebuilder LatentRebuilder;

/* An original and its reconstruction, in the caller's hands for the time of the call. */
typedef struct {
  LatentMediaKind kind;
  const LatentPicture *pictures[2]; /* video: original, reconstruction */
  const float *values[2];           /* else */
  gsize n;
  LatentShape shape; /* of vectors, as the file has it */
} LatentPair;

typedef void (*LatentPairFunc) (const LatentPair *pair, gpointer data);

/* func: called for every pair, or NULL. */
LatentRebuilder *latent_rebuilder_new (
    LatentModel *model, guint threads, LatentPairFunc func, gpointer data);
void latent_rebuilder_free (LatentRebuilder *self);
gboolean latent_rebuilder_put (LatentRebuilder *self, const LatentSample *sample, GError **error);
/* After the last sample: what is held back of sound. */
gboolean latent_rebuilder_finish (LatentRebuilder *self, GError **error);
const LatentMeasure *latent_rebuilder_get_measure (const LatentRebuilder *self);
/* Elements of one sample of the net's input and of its latents, of a frame's tiles together; 0
 * before the first sample. */
void latent_rebuilder_get_sizes (const LatentRebuilder *self, guint64 *d, guint64 *k);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentRebuilder, latent_rebuilder_free)
