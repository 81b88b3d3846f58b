/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <latent/error.h>
#include <unistd.h>

#include "src/train/live-private.h"

#define NICENESS      10 /* of the learning threads: the stream goes first */
#define PROGRESS_TIME G_USEC_PER_SEC

typedef enum {
  JOB_STEP,
  JOB_SAVE,
  JOB_END, /* of the stream */
  JOB_QUIT,
} Job;

/* The next sample of the batch, from a new item where the last one is used up. */
static void
draw_sample (LatentLive *self, guint i)
{
  const LatentFeedPlan *plan = &self->plan;
  guint which = i % plan->n_samples;
  LatentSampleRoom room;
  LatentRandom random;
  if (which == 0) {
    latent_reservoir_draw (self->reservoir, self->drawn);
    self->n_drawn++;
  }
  /* The same for both samples of a pair. */
  latent_random_init (&random, (guint64)latent_recipe_get_int (self->recipe, "seed"),
      LATENT_RANDOM_CROP, (G_GUINT64_CONSTANT (1) << 55) | self->n_drawn);
  latent_trainer_get_room (self->trainer, i, &room);
  latent_feed_plan_unpack (plan, self->drawn, which, &random, &room);
}

static gboolean
write_model (LatentLive *self, GError **error)
{
  g_autoptr (LatentModel) model = latent_trainer_get_model (self->trainer, error);
  if (!model ||
      !latent_model_save (model, latent_recipe_get_string (self->recipe, "output"), error))
    return FALSE;
  self->written = latent_trainer_get_step (self->trainer);
  return TRUE;
}

/* How far the recipe's steps or minutes are: 1 and above is done; negative: there are none. */
static double
get_part (const LatentLive *self)
{
  double minutes = latent_recipe_get_double (self->recipe, "minutes");
  gint64 steps = latent_recipe_get_int (self->recipe, "steps");
  guint64 step = latent_trainer_get_step (self->trainer);
  if (steps > 0)
    return (double)step / (double)steps;
  if (minutes > 0 && self->begun)
    return (double)(g_get_monotonic_time () - self->begun) / 60 / G_USEC_PER_SEC / minutes;
  return minutes > 0 ? 0 : -1;
}

/* Schedules go by the number of steps: what the pace so far promises, where time counts. */
static void
plan_steps (LatentLive *self)
{
  gint64 steps = latent_recipe_get_int (self->recipe, "steps");
  guint64 step = latent_trainer_get_step (self->trainer);
  double part = get_part (self);
  if (steps > 0)
    latent_trainer_set_steps (self->trainer, (guint64)steps);
  else if (part > 0)
    latent_trainer_set_steps (self->trainer, (guint64)((double)step / part));
}

static void
tell_progress (LatentLive *self, gboolean always)
{
  gint64 now = g_get_monotonic_time ();
  if (self->status.last.step == self->told_step || (!always && now - self->told < PROGRESS_TIME))
    return;
  self->told = now;
  self->told_step = self->status.last.step;
  self->funcs.progress (&self->status.last, self->data); /* which this thread alone writes */
}

static void
end_learning (LatentLive *self)
{
  g_mutex_lock (&self->lock);
  self->over = TRUE;
  g_mutex_unlock (&self->lock);
}

static void
fail (LatentLive *self, const GError *error, gboolean diverged)
{
  end_learning (self);
  self->funcs.failed (error, diverged, self->data);
}

/* What was learned before things went wrong is written. */
static void
keep_last (LatentLive *self, GError *cause)
{
  g_autoptr (GError) failure = NULL;
  gboolean kept = latent_trainer_get_step (self->trainer) > 0 && write_model (self, &failure);
  if (kept)
    g_prefix_error (&cause, "%s holds the weights from before; ",
        latent_recipe_get_string (self->recipe, "output"));
  fail (self, cause, kept);
  g_error_free (cause);
}

/* All steps are done: the model need not wait for the stream's end. */
static void
complete (LatentLive *self)
{
  g_autoptr (GError) error = NULL;
  end_learning (self);
  tell_progress (self, TRUE);
  if (!write_model (self, &error))
    self->funcs.failed (error, FALSE, self->data);
}

static void
step (LatentLive *self)
{
  LatentTrainResult result;
  GError *error = NULL;
  if (!self->begun)
    self->begun = self->told = g_get_monotonic_time ();
  for (guint i = 0; i < latent_trainer_get_batch (self->trainer); i++)
    draw_sample (self, i);
  plan_steps (self);
  if (!latent_trainer_step (self->trainer, &result, &error)) {
    keep_last (self, error);
    return;
  }
  g_mutex_lock (&self->lock);
  self->status.last = result;
  g_mutex_unlock (&self->lock);
  if (get_part (self) >= 1)
    complete (self);
  else
    tell_progress (self, FALSE);
}

/* Writes the model for those who wait for it. */
static void
save (LatentLive *self, gboolean end)
{
  GError *error = NULL;
  guint64 done = latent_trainer_get_step (self->trainer);
  if (done == 0)
    g_set_error (&error, LATENT_ERROR, LATENT_ERROR_FAILED, "nothing was learned");
  else if (done != self->written)
    write_model (self, &error);
  if (end)
    tell_progress (self, TRUE);
  g_mutex_lock (&self->lock);
  g_clear_error (&self->result);
  self->result = error;
  self->saving = FALSE;
  if (end)
    self->finishing = self->flowing = FALSE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

/* Whether the end of the stream asks for one more step. stepped: since it came one was made. */
static gboolean
wants_last_step (const LatentLive *self, gboolean stepped)
{
  if (self->over || (self->hurried && self->status.last.step > 0))
    return FALSE;
  return !stepped || get_part (self) >= 0;
}

/* What is to be done next; waits until there is something. stepped: whether a step was made since
 * the end came. */
static Job
get_job (LatentLive *self, gboolean *stepped)
{
  Job job = JOB_QUIT;
  g_mutex_lock (&self->lock);
  for (;;) {
    gboolean full = latent_reservoir_get_n (self->reservoir) >= self->enough;
    if (self->quit)
      break;
    /* the first step comes before there is something to save */
    job = self->status.last.step > 0 || self->over ? JOB_SAVE : JOB_STEP;
    if (self->saving)
      break;
    job = wants_last_step (self, *stepped) ? JOB_STEP : JOB_END;
    if (self->finishing)
      break;
    job = JOB_STEP;
    if (self->flowing && full && !self->over)
      break;
    job = JOB_QUIT;
    g_cond_wait (&self->changed, &self->lock);
  }
  *stepped = self->finishing && job == JOB_STEP;
  g_mutex_unlock (&self->lock);
  return job;
}

static gboolean
prepare (LatentLive *self, GError **error)
{
  g_autoptr (LatentModel) model = self->init
                                      ? latent_model_ref (self->init)
                                      : latent_arch_build (self->recipe, &self->plan.spec, error);
  if (model)
    self->trainer = latent_trainer_new (model, self->recipe, &self->plan.spec.sample, error);
  return self->trainer != NULL;
}

static void
learn (LatentLive *self)
{
  gboolean stepped = FALSE;
  for (;;) {
    switch (get_job (self, &stepped)) {
    case JOB_STEP:
      step (self);
      break;
    case JOB_SAVE:
      save (self, FALSE);
      break;
    case JOB_END:
      save (self, TRUE);
      break;
    default:
      return;
    }
  }
}

/* Nobody waits for what cannot come any more. */
static void
leave (LatentLive *self, GError *error)
{
  g_mutex_lock (&self->lock);
  self->over = self->quit = TRUE;
  self->saving = self->finishing = FALSE;
  g_clear_error (&self->result);
  self->result = error;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

gpointer
latent_live_learn (gpointer data)
{
  LatentLive *self = data;
  GError *error = NULL;
  /* Linux has it for each thread, and for those that oneDNN makes of this one. */
  if (nice (NICENESS) == -1)
    g_debug ("the learning thread's priority is as before");
  if (prepare (self, &error))
    learn (self);
  if (self->trainer && self->written < latent_trainer_get_step (self->trainer))
    write_model (self, &error);
  if (error)
    fail (self, error, FALSE);
  leave (self, error);
  return NULL;
}
