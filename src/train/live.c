/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/live.h"

#include <latent/error.h>
#include <math.h>

#include "src/train/live-private.h"

#define RESERVOIR_BYTES (256u << 20) /* where the recipe does not say how many samples */

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
  /* Threads that wait for each other at every layer stand still on a processor that the stream
   * uses: half of them are the stream's. */
  if (latent_recipe_get_int (self->recipe, "threads") == 0) {
    g_autofree char *half = g_strdup_printf ("%u", MAX (g_get_num_processors () / 2, 1));
    latent_recipe_set (self->recipe, "threads", half, NULL);
  }
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
  self->thread = g_thread_try_new ("latent-learn", latent_live_learn, self, error);
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
