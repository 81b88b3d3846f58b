/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "src/train/trainer-private.h"

#define CHECKPOINT "training.ckpt"

/* Steps that the summary's mean is over, at most. */
#define RECENT 100

typedef struct {
  LatentTrainer *trainer;
  LatentFeed *feed;
  LatentFeed *test; /* may be NULL */
  LatentFitFunc func;
  gpointer data;
  char *path; /* of the checkpoint; NULL: none */
  gint64 epochs, steps, test_interval, patience;
  double limit;          /* seconds; 0: none */
  double interval;       /* seconds between checkpoints */
  gint64 start;          /* when this fit began, microseconds */
  double seconds_before; /* of training before that */
  gint64 saved;          /* when the last checkpoint was written */
  guint64 epoch_steps;   /* steps of the last whole epoch; 0: there was none */
  LatentTrainResult recent[RECENT];
  guint64 n_recent; /* since this fit began */
  LatentTrainResult tested;
  gboolean stopped; /* by func, or by patience */
} Fit;

/* What summaries are means of. */
static const gsize means[] = {
    G_STRUCT_OFFSET (LatentTrainResult, loss),
    G_STRUCT_OFFSET (LatentTrainResult, distortion),
    G_STRUCT_OFFSET (LatentTrainResult, kl),
    G_STRUCT_OFFSET (LatentTrainResult, bits),
    G_STRUCT_OFFSET (LatentTrainResult, accuracy),
    G_STRUCT_OFFSET (LatentTrainResult, mse),
    G_STRUCT_OFFSET (LatentTrainResult, norm),
};

static const LatentTrainResult nothing = {
    .loss = NAN,
    .distortion = NAN,
    .kl = NAN,
    .bits = NAN,
    .accuracy = NAN,
    .mse = NAN,
    .norm = NAN,
};

/* Of the last step. */
static const LatentTrainResult *
get_last (const Fit *self)
{
  return self->n_recent > 0 ? &self->recent[(self->n_recent - 1) % RECENT] : &nothing;
}

static double
get_seconds (const Fit *self)
{
  return self->seconds_before + (double)(g_get_monotonic_time () - self->start) / G_USEC_PER_SEC;
}

/* Time or steps are over, or nothing more is wanted. */
static gboolean
is_over (const Fit *self)
{
  if (self->stopped)
    return TRUE;
  if (self->steps > 0 && self->trainer->step >= (guint64)self->steps)
    return TRUE;
  if (self->limit > 0)
    return get_seconds (self) >= self->limit;
  return self->steps == 0 && self->trainer->fit.epoch >= (guint64)self->epochs;
}

/* How many steps there will be, as far as can be told; schedules go by it. Where time counts it is
 * what the pace so far promises. */
static void
plan_steps (Fit *self)
{
  LatentTrainer *trainer = self->trainer;
  guint64 epoch_steps = self->feed->n_samples > 0
                            ? self->feed->n_samples / latent_trainer_get_batch (trainer)
                            : self->epoch_steps;

  if (self->steps > 0)
    latent_trainer_set_steps (trainer, (guint64)self->steps);
  else if (self->limit > 0 && trainer->step > 0)
    latent_trainer_set_steps (
        trainer, (guint64)((double)trainer->step * self->limit / get_seconds (self)));
  else if (self->limit == 0 && epoch_steps > 0)
    latent_trainer_set_steps (trainer, epoch_steps * (guint64)self->epochs);
}

/* Fills rooms until the batch is full or the feed has given all; n is how many there are then. */
static gboolean
fill_batch (LatentTrainer *trainer, LatentFeed *feed, guint *n, GError **error)
{
  guint batch = latent_trainer_get_batch (trainer);

  for (*n = 0; *n < batch; (*n)++) {
    LatentSampleRoom room;
    LatentFeedResult result;
    latent_trainer_get_room (trainer, *n, &room);
    result = feed->next (feed, &room, error);
    if (result == LATENT_FEED_ERROR)
      return FALSE;
    if (result == LATENT_FEED_END)
      return TRUE;
  }
  return TRUE;
}

static gboolean
run_test (Fit *self, LatentTrainResult *result, GError **error)
{
  guint batch = latent_trainer_get_batch (self->trainer);
  guint n = batch;

  if (!self->test->start (self->test, 0, error))
    return FALSE;
  while (n == batch) {
    if (!fill_batch (self->trainer, self->test, &n, error) ||
        !latent_trainer_test (self->trainer, n, error)) {
      latent_trainer_end_test (self->trainer, result);
      return FALSE;
    }
  }
  latent_trainer_end_test (self->trainer, result);
  return TRUE;
}

/* Notes whether a test was the best so far, and keeps its weights where there is patience. */
static gboolean
judge (Fit *self, const LatentTrainResult *result, GError **error)
{
  LatentTrainer *trainer = self->trainer;
  /* the first one is: before it the best is NaN */
  gboolean better = isfinite (result->loss) && !(result->loss >= trainer->fit.best.loss);

  trainer->fit.worse = better ? 0 : trainer->fit.worse + 1;
  if (better)
    trainer->fit.best = *result;
  if (self->patience == 0)
    return TRUE;
  if (trainer->fit.worse >= (guint64)self->patience)
    self->stopped = TRUE;
  if (trainer->best == NULL)
    trainer->best = latent_trainer_new_weights (trainer, error);
  if (trainer->best != NULL && better)
    latent_trainer_save_weights (trainer, trainer->best);
  return trainer->best != NULL;
}

static gboolean
make_test (Fit *self, const LatentTrainResult *train, GError **error)
{
  LatentTrainResult result;

  if (self->test == NULL || self->tested.step == self->trainer->step)
    return TRUE;
  if (!run_test (self, &result, error) || !judge (self, &result, error))
    return FALSE;
  self->tested = result;
  if (self->func != NULL && !self->func (train, &result, self->data))
    self->stopped = TRUE;
  return TRUE;
}

static gboolean
save (Fit *self, GError **error)
{
  if (self->path == NULL)
    return TRUE;
  self->trainer->fit.seconds = get_seconds (self);
  self->saved = g_get_monotonic_time ();
  return latent_trainer_save (self->trainer, self->path, error);
}

static gboolean
is_test_due (const Fit *self)
{
  return self->test_interval > 0 && self->trainer->step % (guint64)self->test_interval == 0;
}

/* A step on the batch that was filled, and what is due after it. */
static gboolean
step (Fit *self, GError **error)
{
  LatentTrainResult *result = &self->recent[self->n_recent % RECENT];

  plan_steps (self);
  if (!latent_trainer_step (self->trainer, result, error))
    return FALSE;
  self->n_recent++;
  self->trainer->fit.position++;
  if (self->func != NULL && !self->func (result, NULL, self->data))
    self->stopped = TRUE;
  if (is_test_due (self) && !make_test (self, result, error))
    return FALSE;
  if ((double)(g_get_monotonic_time () - self->saved) / G_USEC_PER_SEC >= self->interval)
    return save (self, error);
  return TRUE;
}

static gboolean
fail_small (const Fit *self, guint n, GError **error)
{
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
      "an epoch has %u samples, less than one batch of %u; a smaller batch may help", n,
      latent_trainer_get_batch (self->trainer));
  return FALSE;
}

/* What is left of an epoch, of which the first `position` batches were trained on already. */
static gboolean
run_epoch (Fit *self, GError **error)
{
  LatentTrainer *trainer = self->trainer;
  guint batch = latent_trainer_get_batch (trainer);
  guint64 skipped = 0;
  guint n = 0;

  if (!self->feed->start (self->feed, trainer->fit.epoch, error))
    return FALSE;
  while (!is_over (self)) {
    if (!fill_batch (trainer, self->feed, &n, error))
      return FALSE;
    if (n < batch)
      break;
    if (skipped >= trainer->fit.position && !step (self, error))
      return FALSE;
    skipped++;
  }
  if (is_over (self) && n == batch)
    return TRUE;
  if (skipped == 0)
    return fail_small (self, n, error);
  self->epoch_steps = skipped;
  trainer->fit.epoch++;
  trainer->fit.position = 0;
  return self->test_interval > 0 || make_test (self, get_last (self), error);
}

static gboolean
train (Fit *self, GError **error)
{
  /* what patience ended stays ended, unless there is more of it now */
  if (self->patience > 0 && self->trainer->fit.worse >= (guint64)self->patience)
    self->stopped = TRUE;
  while (!is_over (self))
    if (!run_epoch (self, error))
      return FALSE;
  return make_test (self, get_last (self), error) && save (self, error);
}

static gboolean
open_checkpoint (Fit *self, const LatentRecipe *recipe, GError **error)
{
  const char *folder = latent_recipe_get_string (recipe, "checkpoint");
  gboolean resume = latent_recipe_get_bool (recipe, "resume");

  if (folder == NULL || *folder == '\0') {
    if (!resume)
      return TRUE;
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "resume wants a checkpoint folder to go on from");
    return FALSE;
  }
  if (g_mkdir_with_parents (folder, 0777) != 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_WRITE, "%s: the folder cannot be made: %s",
        folder, g_strerror (errno));
    return FALSE;
  }
  self->path = g_build_filename (folder, CHECKPOINT, NULL);
  /* what was stopped before its first checkpoint begins anew */
  return !resume || !g_file_test (self->path, G_FILE_TEST_EXISTS) ||
         latent_trainer_restore (self->trainer, self->path, error);
}

static void
init (Fit *self, const LatentRecipe *recipe)
{
  self->epochs = latent_recipe_get_int (recipe, "epochs");
  self->steps = latent_recipe_get_int (recipe, "steps");
  self->limit = 60 * latent_recipe_get_double (recipe, "minutes");
  self->interval = latent_recipe_get_double (recipe, "checkpoint-interval");
  self->test_interval = latent_recipe_get_int (recipe, "test-interval");
  self->patience = self->test != NULL ? latent_recipe_get_int (recipe, "patience") : 0;
  self->tested = nothing;
  self->tested.step = G_MAXUINT64;
}

static LatentTrainResult
get_mean (const Fit *self)
{
  guint64 n = MIN (self->n_recent, RECENT);
  LatentTrainResult mean;

  if (self->epoch_steps > 0)
    n = MIN (n, self->epoch_steps);
  if (n == 0)
    return nothing;
  mean = *get_last (self);
  for (guint i = 0; i < G_N_ELEMENTS (means); i++) {
    double sum = 0;
    for (guint64 j = self->n_recent - n; j < self->n_recent; j++)
      sum += G_STRUCT_MEMBER (double, &self->recent[j % RECENT], means[i]);
    G_STRUCT_MEMBER (double, &mean, means[i]) = sum / (double)n;
  }
  return mean;
}

static void
summarise (Fit *self, LatentFitSummary *summary)
{
  LatentTrainer *trainer = self->trainer;
  gboolean has_best = self->patience > 0 && trainer->best != NULL;

  *summary = (LatentFitSummary){
      .steps = trainer->step,
      .seconds = get_seconds (self),
      .train = get_mean (self),
      .test = has_best ? trainer->fit.best : self->tested,
      .stopped_early = self->stopped,
  };
  if (summary->test.step == G_MAXUINT64)
    summary->test = nothing;
  if (has_best) /* after the last checkpoint: a training that goes on does so from its last step */
    latent_trainer_load_weights (trainer, trainer->best);
}

gboolean
latent_trainer_fit (LatentTrainer *self, LatentFeed *feed, LatentFeed *test, LatentFitFunc func,
    gpointer data, LatentFitSummary *summary, GError **error)
{
  Fit fit = {.trainer = self, .feed = feed, .test = test, .func = func, .data = data};
  gboolean done;

  init (&fit, self->recipe);
  done = open_checkpoint (&fit, self->recipe, error);
  fit.seconds_before = self->fit.seconds;
  fit.start = fit.saved = g_get_monotonic_time ();
  if (done)
    done = train (&fit, error);
  if (done)
    summarise (&fit, summary);
  g_free (fit.path);
  return done;
}
