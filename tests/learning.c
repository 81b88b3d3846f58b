/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning.h"

#include <gst/check/gstcheck.h>
#include <math.h>
#include <string.h>

#include "src/base/random.h"
#include "src/train/arch.h"

typedef struct {
  LatentFeed parent;
  float *samples; /* n x LEARNING_D */
  gsize *order;
  gsize pos;
} Plane;

LatentRecipe *
learning_recipe (const char *settings)
{
  g_auto (GStrv) words = g_strsplit (settings, " ", -1);
  LatentRecipe *recipe = latent_recipe_new ();

  for (guint i = 0; words[i] != NULL; i++) {
    g_auto (GStrv) pair = g_strsplit (words[i], "=", 2);
    g_autoptr (GError) error = NULL;
    fail_unless (pair[0] == NULL || latent_recipe_set (recipe, pair[0], pair[1], &error), "%s",
        error != NULL ? error->message : "");
  }
  return recipe;
}

LatentTrainer *
learning_trainer (const char *settings)
{
  const LatentSampleSpec spec = {
      .media = {.kind = LATENT_MEDIA_VECTOR},
        .sample = { 1,               {LEARNING_D}}
  };
  g_autoptr (LatentRecipe) recipe = learning_recipe (settings);
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentModel) model = latent_arch_build (recipe, &spec, &error);
  LatentTrainer *trainer;

  fail_unless (model != NULL, "%s: %s", settings, error != NULL ? error->message : "");
  trainer = latent_trainer_new (model, recipe, &spec.sample, &error);
  fail_unless (trainer != NULL, "%s: %s", settings, error != NULL ? error->message : "");
  return trainer;
}

static gboolean
start (LatentFeed *feed, guint64 epoch, GError **error)
{
  Plane *self = (Plane *)feed;
  LatentRandom random;

  latent_random_init (&random, LEARNING_SEED, LATENT_RANDOM_SHUFFLE, epoch);
  self->pos = 0;
  for (gsize i = 0; i < feed->n_samples; i++)
    self->order[i] = i;
  for (gsize i = feed->n_samples; i > 1; i--) {
    gsize j = latent_random_below (&random, i);
    gsize other = self->order[j];
    self->order[j] = self->order[i - 1];
    self->order[i - 1] = other;
  }
  return TRUE;
}

static LatentFeedResult
next (LatentFeed *feed, const LatentSampleRoom *room, GError **error)
{
  Plane *self = (Plane *)feed;

  if (self->pos == feed->n_samples)
    return LATENT_FEED_END;
  memcpy (
      room->src, self->samples + self->order[self->pos] * LEARNING_D, LEARNING_D * sizeof (float));
  if (room->target != NULL)
    memcpy (room->target, room->src, LEARNING_D * sizeof (float));
  self->pos++;
  return LATENT_FEED_SAMPLE;
}

static void
free_plane (LatentFeed *feed)
{
  Plane *self = (Plane *)feed;

  g_free (self->samples);
  g_free (self->order);
  g_free (self);
}

LatentFeed *
learning_feed (gsize n)
{
  Plane *self = g_new0 (Plane, 1);
  LatentRandom random;
  float basis[2][LEARNING_D];

  self->parent = (LatentFeed){start, next, free_plane, n};
  self->samples = g_new (float, n *LEARNING_D);
  self->order = g_new0 (gsize, n + 1);
  latent_random_init (&random, LEARNING_SEED, LATENT_RANDOM_SAMPLE, 0);
  latent_random_fill_normal (&random, basis[0], 2 * LEARNING_D, .5f);
  for (gsize i = 0; i < n; i++) {
    float at[2];
    latent_random_fill_uniform (&random, at, 2, -1, 1);
    for (guint j = 0; j < LEARNING_D; j++)
      self->samples[i * LEARNING_D + j] = at[0] * basis[0][j] + at[1] * basis[1][j];
  }
  return &self->parent;
}

/* The next batch, from the next epoch where one is over. */
static void
fill (LatentTrainer *trainer, LatentFeed *feed, guint64 *epoch)
{
  for (guint i = 0; i < latent_trainer_get_batch (trainer);) {
    LatentSampleRoom room;
    latent_trainer_get_room (trainer, i, &room);
    if (feed->next (feed, &room, NULL) == LATENT_FEED_SAMPLE)
      i++;
    else
      feed->start (feed, ++*epoch, NULL);
  }
}

LatentTrainResult
learning_steps (LatentTrainer *trainer, LatentFeed *feed, guint n)
{
  guint64 epoch = 0, skip = latent_trainer_get_step (trainer);
  LatentTrainResult result = {0};

  feed->start (feed, 0, NULL);
  for (guint64 i = 0; i < skip + n; i++) {
    g_autoptr (GError) error = NULL;
    fill (trainer, feed, &epoch);
    if (i >= skip)
      fail_unless (latent_trainer_step (trainer, &result, &error), "%s",
          error != NULL ? error->message : "");
  }
  return result;
}

float *
learning_weights (LatentTrainer *trainer)
{
  float *weights = latent_trainer_new_weights (trainer, NULL);

  latent_trainer_save_weights (trainer, weights);
  return weights;
}
