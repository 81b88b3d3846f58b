/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/train/sample.h"
#include "src/train/trainer.h"

/* Learns from a stream while it flows. One thread puts samples and never waits for learning; a
 * thread of this object, of low priority, learns from a reservoir of them.
 *
 * Where the recipe sets steps or minutes, so much is learned: what the stream's time does not
 * suffice for follows after its end, from what the reservoir holds. Else learning goes on as long
 * as the stream. What the recipe says of files (input, test, labels, checkpoint, curve) has no
 * effect here; `output` is the model to write. */
typedef struct _LatentLive LatentLive;

/* Called by the learning thread. */
typedef struct {
  /* Once a second, and when learning has ended. */
  void (*progress) (const LatentTrainResult *result, gpointer data);
  /* Learning has ended early. diverged: the weights from before were written. */
  void (*failed) (const GError *error, gboolean diverged, gpointer data);
} LatentLiveFuncs;

typedef struct {
  guint64 samples;        /* that were put */
  guint64 dropped;        /* items that were left out, as putting never waits */
  guint64 items;          /* in the reservoir */
  guint64 capacity;       /* of it */
  LatentTrainResult last; /* step; before the first: step 0, NaNs */
} LatentLiveStatus;

/* Loads the model that `init` names. LATENT_ERROR_SETTINGS names the key that a stream cannot have.
 * Reference counted. */
LatentLive *latent_live_new (
    const LatentRecipe *recipe, const LatentLiveFuncs *funcs, gpointer data, GError **error);
LatentLive *latent_live_ref (LatentLive *self);
void latent_live_unref (LatentLive *self);
/* The model that is learned further; NULL: a new one is. */
LatentModel *latent_live_get_init (const LatentLive *self);

/* The first sample says what all are like. Pictures are GRAY8, RGB or I420, and of the format that
 * `init` or the recipe says. What `sample` points to is copied. */
gboolean latent_live_put (LatentLive *self, const LatentSample *sample, GError **error);
/* What comes next does not continue what came before. */
void latent_live_note_gap (LatentLive *self);
/* The stream's end: learns what is left to learn, a step at least, and writes the model. Waits for
 * it, unless hurried. More samples may follow. */
gboolean latent_live_finish (LatentLive *self, GError **error);
/* While set, an end is not waited for: the model is written after the step that is being made. */
void latent_live_set_hurried (LatentLive *self, gboolean hurried);
/* Writes the model as learned so far, after the step that is being made. Any thread. */
gboolean latent_live_save (LatentLive *self, GError **error);
/* Ends the thread, which writes what was learned since the model was last written, and forgets the
 * samples. Nothing can be put any more. */
void latent_live_stop (LatentLive *self);
void latent_live_get_status (LatentLive *self, LatentLiveStatus *status);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentLive, latent_live_unref)
