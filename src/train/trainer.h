/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/model.h>

#include "src/base/shape.h"
#include "src/train/feed.h"
#include "src/train/recipe.h"

/* Learns a model: an objective, its program, an optimiser, and where it stands. One thread at a
 * time. Random numbers depend on the recipe's seed and the step alone; so the same seed, threads
 * and machine give the same weights, bit for bit, resumed or not. */
typedef struct _LatentTrainer LatentTrainer;

/* Terms of a step or of a test, each NaN where the objective lacks it. */
typedef struct {
  guint64 step;      /* steps done */
  double loss;       /* what is minimised */
  double distortion; /* mean per element */
  double kl;         /* nats a sample */
  double bits;       /* a sample */
  double accuracy;   /* of a classifier, 0 to 1 */
  double mse;        /* tests alone: of outputs against targets, per element */
  double rate;       /* the learning rate that the step used; 0 of tests */
  double norm;       /* of all gradients, before clipping */
} LatentTrainResult;

/* `sample`: shape of one sample. `model` is not changed. */
LatentTrainer *latent_trainer_new (
    LatentModel *model, const LatentRecipe *recipe, const LatentShape *sample, GError **error);
void latent_trainer_free (LatentTrainer *self);

guint latent_trainer_get_batch (const LatentTrainer *self);
guint64 latent_trainer_get_step (const LatentTrainer *self);
/* Steps in all, where the recipe counts in steps or in epochs of n_samples; 0: not known. Schedules
 * go by it. */
void latent_trainer_set_steps (LatentTrainer *self, guint64 steps);

/* Room for sample i (below the batch size) of the next step or test: what is wanted is not NULL. */
void latent_trainer_get_room (LatentTrainer *self, guint i, LatentSampleRoom *room);
/* One step on the batch that was written. FALSE with LATENT_ERROR_FAILED where the loss or a
 * gradient is not finite, or the loss is far above the best so far and stays there: the weights are
 * then the last good ones. */
gboolean latent_trainer_step (LatentTrainer *self, LatentTrainResult *result, GError **error);
/* What the first n samples of the batch that was written cost now, with the averaged weights where
 * the recipe has `ema`, nothing learned; sums up in a test until end_test(). No noise is drawn: the
 * latent is the mean, and rounded where training quantises; the variational bound samples once,
 * with numbers of its own. */
gboolean latent_trainer_test (LatentTrainer *self, guint n, GError **error);
void latent_trainer_end_test (LatentTrainer *self, LatentTrainResult *result);

/* (transfer full): the model as learned so far, with averaged weights where there are. */
LatentModel *latent_trainer_get_model (LatentTrainer *self, GError **error);

/* Everything that the next step depends on, written beside and moved to `path` once whole.
 * restore() refuses what another recipe or model made, naming the difference, and a damaged file.
 */
gboolean latent_trainer_save (LatentTrainer *self, const char *path, GError **error);
gboolean latent_trainer_restore (LatentTrainer *self, const char *path, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentTrainer, latent_trainer_free)

/* What happens while a model is learned: called after each step, and once more after a test. Return
 * FALSE to stop early, which is no error. */
typedef gboolean (*LatentFitFunc) (const LatentTrainResult *train, const LatentTrainResult *test,
    gpointer data); /* test: NULL after a step */

typedef struct {
  guint64 steps;
  double seconds;
  LatentTrainResult
      train; /* mean over the last epoch, or the last 100 steps where those are fewer */
  LatentTrainResult test; /* the best, which the model that is kept had; NaNs without a test feed */
  gboolean stopped_early;
} LatentFitSummary;

/* Steps until the recipe's epochs, steps or minutes are over: batches from `feed`, tests on `test`
 * (may be NULL) every `test-interval` steps or once an epoch, the best model by test loss kept
 * where `patience` says so, checkpoints to the folder `checkpoint` every `checkpoint-interval`
 * seconds and at the end, restored first where `resume` is set and there is one (what the epoch
 * gave before is drawn again and skipped). A last batch that is not full is left out of training,
 * and counts as what it is in tests. With an error the trainer has the last good weights. */
gboolean latent_trainer_fit (LatentTrainer *self, LatentFeed *feed, LatentFeed *test,
    LatentFitFunc func, gpointer data, LatentFitSummary *summary, GError **error);
