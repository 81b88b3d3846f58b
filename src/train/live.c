/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/live.h"

#include <latent/error.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "src/train/feed-units.h"
#include "src/train/reservoir.h"

#define RESERVOIR_BYTES (256u << 20) /* where the recipe does not say how many samples */
#define NICENESS        10           /* of the learning threads: the stream goes first */
#define PROGRESS_TIME   G_USEC_PER_SEC

typedef enum {
  JOB_STEP,
  JOB_SAVE,
  JOB_END, /* of the stream */
  JOB_QUIT,
} Job;

struct _LatentLive {
  LatentRecipe *recipe;
  LatentModel *init; /* NULL: none */
  LatentLiveFuncs funcs;
  gpointer data;

  /* The putting thread's own. */
  LatentFeedUnits units;
  guint8 *item;

  /* Set before the thread begins. */
  LatentFeedPlan plan;
  LatentReservoir *reservoir;
  guint64 enough; /* items for a batch, as many as there can be */
  GThread *thread;

  /* The learning thread's own. */
  LatentTrainer *trainer;
  guint8 *drawn;
  guint64 n_drawn; /* items */
  gint64 begun;    /* when the first step began, microseconds; 0: none did */
  gint64 told;     /* when progress was last told */
  guint64 told_step;
  guint64 written; /* step that the file has */

  GMutex lock;
  GCond changed;
  gboolean flowing;   /* samples came since the last end */
  gboolean finishing; /* the end came, and is waited for */
  gboolean hurried;
  gboolean saving; /* save() waits */
  gboolean quit;
  gboolean over;  /* no more is to be learned: all steps are done, or it failed */
  GError *result; /* of the last saving or finishing */
  LatentLiveStatus status;
};

static gboolean
check_recipe (const LatentRecipe *recipe, GError **error)
{
  const char *key = NULL, *why = NULL;
  if (!latent_recipe_get_string (recipe, "output")) {
    key = "output";
    why = "the model to write is not said";
  } else if (latent_recipe_is (recipe, "task", "classify") ||
             latent_recipe_is (recipe, "task", "regress")) {
    key = "task";
    why = "a stream has no labels to learn from";
  } else if (latent_recipe_is (recipe, "init", "pca")) {
    key = "init";
    why = "principal components are of files; a model file can be learned further";
  } else if (latent_recipe_get_bool (recipe, "resume")) {
    key = "resume";
    why = "a stream cannot be gone on from; init takes the model that was written";
  } else if (latent_recipe_get_bool (recipe, "pairs") &&
             latent_recipe_get_int (recipe, "batch") % 2 != 0) {
    key = "batch";
    why = "with pairs it is a multiple of 2";
  }
  if (key)
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS, "%s: %s", key, why);
  return key == NULL;
}

LatentLive *
latent_live_new (
    const LatentRecipe *recipe, const LatentLiveFuncs *funcs, gpointer data, GError **error)
{
  const char *init = latent_recipe_get_string (recipe, "init");
  g_autoptr (LatentModel) model = NULL;
  if (!check_recipe (recipe, error) || (init && !(model = latent_model_load (init, error))))
    return NULL;
  LatentLive *self = g_atomic_rc_box_new0 (LatentLive);
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->recipe = latent_recipe_copy (recipe);
  self->init = g_steal_pointer (&model);
  self->funcs = *funcs;
  self->data = data;
  self->status.last = (LatentTrainResult){.loss = NAN, .distortion = NAN, .rate = NAN};
  return self;
}

LatentLive *
latent_live_ref (LatentLive *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  LatentLive *self = data;
  latent_live_stop (self);
  g_clear_error (&self->result);
  g_clear_pointer (&self->init, latent_model_unref);
  latent_recipe_free (self->recipe);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
}

void
latent_live_unref (LatentLive *self)
{
  if (self)
    g_atomic_rc_box_release_full (self, clear);
}

LatentModel *
latent_live_get_init (const LatentLive *self)
{
  return self->init;
}

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

static gpointer
run (gpointer data)
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

/* Takes the first sample for what all are like, and starts the thread. */
static gboolean
begin (LatentLive *self, const LatentSample *sample, GError **error)
{
  LatentFeedPlan *plan = &self->plan;
  guint64 asked = (guint64)latent_recipe_get_int (self->recipe, "shuffle");
  guint64 seed = (guint64)latent_recipe_get_int (self->recipe, "seed");
  guint64 batch = (guint64)latent_recipe_get_int (self->recipe, "batch");
  *plan = (LatentFeedPlan){.recipe = self->recipe};
  if (self->init)
    latent_feed_plan_take_model (plan, self->init);
  else
    latent_feed_plan_take_media (plan, sample->kind,
        sample->kind == LATENT_MEDIA_VIDEO ? latent_format_get (sample->picture.format)->color
                                           : LATENT_COLOR_RGB);
  latent_feed_plan_choose_kind (plan);
  if (!plan->kind->measure (plan, sample, error) ||
      (self->init && !latent_feed_plan_fit_model (plan, self->init, error)))
    return FALSE;
  gsize size = (plan->payload + 7) / 8 * 8;
  guint64 capacity = asked ? asked : MAX (RESERVOIR_BYTES / size, 1);
  self->reservoir = latent_reservoir_new (size, capacity, seed, error);
  self->item = g_try_malloc0 (size);
  self->drawn = g_try_malloc0 (size);
  if (!self->reservoir)
    return FALSE;
  self->enough = MIN (capacity, (batch + plan->n_samples - 1) / plan->n_samples);
  self->units = (LatentFeedUnits){.plan = plan, .part = {.end = G_MAXUINT64}};
  static char *none[] = {NULL};
  self->units.part.inputs = none;
  latent_feed_units_start (&self->units, 0);
  self->thread = g_thread_try_new ("latent-learn", run, self, error);
  return self->thread != NULL;
}

static const char *
name_media (LatentMediaKind kind, LatentPixelFormat format)
{
  static const char *const names[] = {
      [LATENT_MEDIA_VECTOR] = "vectors", [LATENT_MEDIA_AUDIO] = "samples of sound"};
  return kind == LATENT_MEDIA_VIDEO ? latent_format_get (format)->name : names[kind];
}

static gboolean
check_sample (const LatentLive *self, const LatentSample *sample, GError **error)
{
  const LatentSourceSettings *settings = &self->plan.settings;
  if (sample->kind == settings->kind &&
      (sample->kind != LATENT_MEDIA_VIDEO || sample->picture.format == settings->format))
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE, "%s: %s are wanted, %s were offered",
      sample->origin, name_media (settings->kind, settings->format),
      name_media (sample->kind, sample->picture.format));
  return FALSE;
}

static gboolean
is_over (LatentLive *self)
{
  g_mutex_lock (&self->lock);
  gboolean over = self->over;
  g_mutex_unlock (&self->lock);
  return over;
}

gboolean
latent_live_put (LatentLive *self, const LatentSample *sample, GError **error)
{
  guint64 dropped = 0;
  if (!self->thread && !begin (self, sample, error))
    return FALSE;
  if (!check_sample (self, sample, error))
    return FALSE;
  if (!is_over (self)) {
    if (!self->plan.kind->put (&self->units, sample, error))
      return FALSE;
    while (self->plan.kind->take (&self->units, self->item))
      dropped += !latent_reservoir_put (self->reservoir, self->item);
  }
  g_mutex_lock (&self->lock);
  self->status.samples++;
  self->status.dropped += dropped;
  self->flowing = TRUE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  return TRUE;
}

void
latent_live_note_gap (LatentLive *self)
{
  g_clear_pointer (&self->units.origin, g_free);
}

/* Waits for the thread to do what a flag asks for. */
static gboolean
wait_for (LatentLive *self, gboolean *flag, GError **error)
{
  gboolean done;
  g_mutex_lock (&self->lock);
  *flag = !self->quit;
  g_cond_broadcast (&self->changed);
  while (*flag)
    g_cond_wait (&self->changed, &self->lock);
  done = self->result == NULL;
  if (!done && error)
    *error = g_error_copy (self->result);
  g_mutex_unlock (&self->lock);
  return done;
}

static gboolean
check_begun (LatentLive *self, GError **error)
{
  if (self->reservoir && latent_reservoir_get_n (self->reservoir) > 0)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_FAILED,
      "there was no sample to learn from: %s is not written",
      latent_recipe_get_string (self->recipe, "output"));
  return FALSE;
}

gboolean
latent_live_finish (LatentLive *self, GError **error)
{
  return check_begun (self, error) && wait_for (self, &self->finishing, error);
}

void
latent_live_set_hurried (LatentLive *self, gboolean hurried)
{
  g_mutex_lock (&self->lock);
  self->hurried = hurried;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

gboolean
latent_live_save (LatentLive *self, GError **error)
{
  return check_begun (self, error) && wait_for (self, &self->saving, error);
}

void
latent_live_stop (LatentLive *self)
{
  LatentLiveStatus status;
  g_mutex_lock (&self->lock);
  self->quit = TRUE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  if (self->thread)
    g_thread_join (g_steal_pointer (&self->thread));
  latent_live_get_status (self, &status);
  latent_feed_units_clear (&self->units);
  g_clear_pointer (&self->trainer, latent_trainer_free);
  g_mutex_lock (&self->lock);
  self->status = status;
  g_clear_pointer (&self->reservoir, latent_reservoir_free);
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&self->item, g_free);
  g_clear_pointer (&self->drawn, g_free);
}

void
latent_live_get_status (LatentLive *self, LatentLiveStatus *status)
{
  g_mutex_lock (&self->lock);
  if (self->reservoir) {
    self->status.items = latent_reservoir_get_n (self->reservoir);
    self->status.capacity = latent_reservoir_get_capacity (self->reservoir);
  }
  *status = self->status;
  g_mutex_unlock (&self->lock);
}
