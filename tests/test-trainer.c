/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/trainer.h"

#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>
#include <math.h>
#include <string.h>

#include "learning.h"
#include "src/model/model.h"

#define LINEAR "arch=linear latent=2 batch=16 lr=0.01 threads=2 "

static char *path; /* of a checkpoint */

static void
set_up (void)
{
  int fd = g_file_open_tmp ("latent-XXXXXX.ckpt", &path, NULL);

  fail_unless (fd >= 0);
  close (fd);
}

static void
tear_down (void)
{
  g_unlink (path);
  g_free (path);
}

/* Seventeen numbers learn that eight numbers are two. */
GST_START_TEST (a_linear_net_finds_the_plane)
{
  g_autoptr (LatentTrainer) trainer = learning_trainer (LINEAR);
  g_autoptr (LatentFeed) feed = learning_feed (64);
  LatentTrainResult one = learning_steps (trainer, feed, 1);
  LatentTrainResult last = learning_steps (trainer, feed, 600);

  fail_unless_equals_uint64 (one.step, 1);
  fail_unless_equals_uint64 (last.step, 601);
  fail_unless (last.loss < 1e-3 * one.loss, "%g after %g", last.loss, one.loss);
  fail_unless (last.loss == last.distortion);
  fail_unless (isnan (last.kl) && isnan (last.accuracy) && isnan (last.mse));
  fail_unless (fabs (last.rate - .01) < 1e-12);
}
GST_END_TEST

/* What must give the same bits whenever it is done again. */
static const char *const repeatable[] = {
    LINEAR "optimiser=sgd",
    LINEAR "optimiser=momentum clip=0.1",
    LINEAR "optimiser=adam ema=0.9",
    LINEAR "optimiser=adamw weight-decay=0.1 schedule=cosine steps=40 warmup=5",
    LINEAR "noise=0.1 mask=0.2",
    "arch=dense hidden=64,16 latent=2 batch=16 threads=2 activation=tanh",
    "arch=vae hidden=16 latent=2 batch=16 threads=2 kl-warmup=30",
    LINEAR "quantise=0.1 steps=40",
    LINEAR "rate=0.1 quantise=0.1 quantise-max=3 steps=40",
};

static void
check_same (LatentTrainer *a, LatentTrainer *b)
{
  g_autofree float *x = learning_weights (a);
  g_autofree float *y = learning_weights (b);

  fail_unless_equals_uint64 (a->n_weights, b->n_weights);
  fail_unless (memcmp (x, y, a->n_weights * sizeof (float)) == 0);
}

GST_START_TEST (the_same_seed_gives_the_same_weights)
{
  g_autoptr (LatentTrainer) a = learning_trainer (repeatable[__i__]);
  g_autoptr (LatentTrainer) b = learning_trainer (repeatable[__i__]);
  g_autoptr (LatentFeed) feed = learning_feed (50);

  learning_steps (a, feed, 20);
  learning_steps (b, feed, 20);
  check_same (a, b);
}
GST_END_TEST

/* 40 steps are 20, a checkpoint, another trainer, and 20. */
GST_START_TEST (a_checkpoint_carries_all_over)
{
  g_autoptr (LatentTrainer) whole = learning_trainer (repeatable[__i__]);
  g_autoptr (LatentTrainer) before = learning_trainer (repeatable[__i__]);
  g_autoptr (LatentTrainer) after = learning_trainer (repeatable[__i__]);
  g_autoptr (LatentFeed) feed = learning_feed (50);
  g_autoptr (GError) error = NULL;

  learning_steps (whole, feed, 40);
  learning_steps (before, feed, 20);
  fail_unless (latent_trainer_save (before, path, &error));
  fail_unless (latent_trainer_restore (after, path, &error), "%s: %s", repeatable[__i__],
      error != NULL ? error->message : "");
  fail_unless_equals_uint64 (latent_trainer_get_step (after), 20);
  learning_steps (after, feed, 20);
  check_same (whole, after);
}
GST_END_TEST

static const struct {
  const char *settings;
  const char *names; /* what the message must name; NULL: it is accepted */
} others[] = {
    {LINEAR "lr=0.02",                                  "lr '0.01', now it is '0.02'"},
    {LINEAR "weight-decay=0.1",                         "weight-decay"               },
    {LINEAR "seed=2",                                   "seed"                       },
    {LINEAR "latent=3",                                 "latent '2'"                 },
    {LINEAR "epochs=99",                                NULL                         },
    {LINEAR "minutes=7 threads=1",                      NULL                         },
    {LINEAR "checkpoint=/nowhere resume=true output=m", NULL                         },
};

GST_START_TEST (another_recipe_is_told_from_this_one)
{
  g_autoptr (LatentTrainer) ours = learning_trainer (LINEAR);
  g_autoptr (LatentTrainer) theirs = learning_trainer (others[__i__].settings);
  g_autofree float *before = learning_weights (theirs);
  g_autofree float *after = NULL;
  g_autoptr (GError) error = NULL;

  fail_unless (latent_trainer_save (ours, path, NULL));
  if (others[__i__].names == NULL) {
    fail_unless (latent_trainer_restore (theirs, path, &error));
    return;
  }
  fail_if (latent_trainer_restore (theirs, path, &error));
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_SETTINGS));
  fail_unless (strstr (error->message, others[__i__].names) != NULL, "%s", error->message);
  after = learning_weights (theirs);
  fail_unless (memcmp (before, after, theirs->n_weights * sizeof (float)) == 0);
}
GST_END_TEST

/* The recipe may say the same of two models: both are made elsewhere. */
GST_START_TEST (another_model_is_told_from_this_one)
{
  g_autoptr (LatentTrainer) ours = learning_trainer (LINEAR);
  g_autoptr (LatentTrainer) theirs = learning_trainer (LINEAR);
  g_autoptr (GError) error = NULL;

  theirs->model_key[0] ^= 1;
  fail_unless (latent_trainer_save (ours, path, NULL));
  fail_if (latent_trainer_restore (theirs, path, &error));
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_SETTINGS));
  fail_unless (strstr (error->message, "another model") != NULL, "%s", error->message);
}
GST_END_TEST

GST_START_TEST (a_damaged_checkpoint_changes_nothing)
{
  g_autoptr (LatentTrainer) trainer = learning_trainer (LINEAR);
  g_autofree float *before = learning_weights (trainer);
  g_autofree float *after = NULL;
  g_autofree char *data = NULL;
  g_autoptr (GError) error = NULL;
  gsize size;

  fail_unless (latent_trainer_save (trainer, path, NULL));
  fail_unless (g_file_get_contents (path, &data, &size, NULL));
  data[size - 40] ^= 1;
  fail_unless (g_file_set_contents (path, data, (gssize)size, NULL));
  fail_if (latent_trainer_restore (trainer, path, &error));
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_FORMAT));
  after = learning_weights (trainer);
  fail_unless (memcmp (before, after, trainer->n_weights * sizeof (float)) == 0);
}
GST_END_TEST

/* One test on the first n samples of `feed`. */
static LatentTrainResult
test (LatentTrainer *trainer, LatentFeed *feed, guint n)
{
  guint batch = latent_trainer_get_batch (trainer);
  LatentTrainResult result;

  feed->start (feed, 0, NULL);
  for (guint done = 0; done < n; done += batch) {
    for (guint i = 0; i < MIN (batch, n - done); i++) {
      LatentSampleRoom room;
      latent_trainer_get_room (trainer, i, &room);
      fail_unless_equals_int (feed->next (feed, &room, NULL), LATENT_FEED_SAMPLE);
    }
    fail_unless (latent_trainer_test (trainer, MIN (batch, n - done), NULL));
  }
  latent_trainer_end_test (trainer, &result);
  return result;
}

static const char *const tested[] = {
    "arch=linear latent=2 ",
    "arch=linear latent=2 loss=l1 ",
    "arch=linear latent=2 quantise=0.1 ",
};

GST_START_TEST (a_part_of_a_batch_counts_as_what_it_is)
{
  g_autofree char *fours = g_strconcat (tested[__i__], "batch=4", NULL);
  g_autofree char *fives = g_strconcat (tested[__i__], "batch=5", NULL);
  g_autoptr (LatentTrainer) a = learning_trainer (fours); /* 4, 4, 2 */
  g_autoptr (LatentTrainer) b = learning_trainer (fives); /* 5, 5 */
  g_autoptr (LatentFeed) feed = learning_feed (20);
  LatentTrainResult x = test (a, feed, 10);
  LatentTrainResult y = test (b, feed, 10);

  fail_unless (fabs (x.loss - y.loss) < 1e-6 * y.loss, "%g and %g", x.loss, y.loss);
  fail_unless (fabs (x.mse - y.mse) < 1e-6 * y.mse, "%g and %g", x.mse, y.mse);
}
GST_END_TEST

GST_START_TEST (a_test_learns_nothing)
{
  g_autoptr (LatentTrainer) trainer = learning_trainer (LINEAR "ema=0.9");
  g_autoptr (LatentFeed) feed = learning_feed (64);
  g_autofree float *before = NULL;
  g_autofree float *after = NULL;
  LatentTrainResult one, two;

  learning_steps (trainer, feed, 5);
  before = learning_weights (trainer);
  one = test (trainer, feed, 30);
  two = test (trainer, feed, 30);
  after = learning_weights (trainer);
  fail_unless (one.loss == two.loss);
  fail_unless (one.mse == one.distortion);
  fail_unless (memcmp (before, after, trainer->n_weights * sizeof (float)) == 0);
  fail_unless_equals_uint64 (one.step, 5);
}
GST_END_TEST

/* Of chance it draws the same numbers each time. */
GST_START_TEST (a_test_of_a_variational_net_repeats)
{
  g_autoptr (LatentTrainer) trainer = learning_trainer ("arch=vae hidden=16 latent=2 batch=16");
  g_autoptr (LatentFeed) feed = learning_feed (64);
  LatentTrainResult one, two;

  learning_steps (trainer, feed, 5);
  one = test (trainer, feed, 40);
  learning_steps (trainer, feed, 0);
  two = test (trainer, feed, 40);
  fail_unless (one.loss == two.loss);
  fail_unless (one.kl > 0);
  /* kl = 1: the bound is of all eight elements, and in nats a sample */
  fail_unless (fabs (one.loss - (8 * one.distortion + one.kl)) < 1e-5 * one.loss);
}
GST_END_TEST

/* A step after a test of a part of a batch is what it is without. */
GST_START_TEST (a_test_leaves_steps_alone)
{
  g_autoptr (LatentTrainer) tested_one = learning_trainer (LINEAR);
  g_autoptr (LatentTrainer) other = learning_trainer (LINEAR);
  g_autoptr (LatentFeed) feed = learning_feed (64);

  learning_steps (tested_one, feed, 3);
  learning_steps (other, feed, 3);
  test (tested_one, feed, 21);
  learning_steps (tested_one, feed, 1);
  learning_steps (other, feed, 1);
  check_same (tested_one, other);
}
GST_END_TEST

/* Averages lag behind what they are of. */
GST_START_TEST (tests_see_the_averages)
{
  g_autoptr (LatentTrainer) plain = learning_trainer (LINEAR "lr=0.1");
  g_autoptr (LatentTrainer) averaged = learning_trainer (LINEAR "lr=0.1 ema=0.99");
  g_autoptr (LatentFeed) feed = learning_feed (64);

  learning_steps (plain, feed, 3);
  learning_steps (averaged, feed, 3);
  fail_if (test (plain, feed, 32).loss == test (averaged, feed, 32).loss);
}
GST_END_TEST

static const char *const delivering[] = {LINEAR, LINEAR "ema=0.9"};

/* The model that is given is what tests measured. */
GST_START_TEST (the_model_has_what_was_learned)
{
  g_autoptr (LatentTrainer) trainer = learning_trainer (delivering[__i__]);
  g_autoptr (LatentFeed) feed = learning_feed (64);
  g_autoptr (LatentModel) model = NULL;
  g_autofree float *weights = NULL;
  const float *at;

  learning_steps (trainer, feed, 30);
  model = latent_trainer_get_model (trainer, NULL);
  at = weights = learning_weights (trainer);
  fail_unless (model != NULL);
  for (guint i = 0; i < trainer->objective->names->len; i++) {
    const char *name = g_ptr_array_index (trainer->objective->names, i);
    const LatentValue *value = latent_graph_find_value (model->graph, name);
    fail_unless (memcmp (value->data->data, at, value->data->size) == 0, "%s", name);
    at += value->data->n_elements;
  }
}
GST_END_TEST

GST_START_TEST (a_denoiser_sees_noise_and_aims_at_what_is_clean)
{
  g_autoptr (LatentTrainer) trainer = learning_trainer (LINEAR "noise=0.5 mask=0.25");
  g_autoptr (LatentFeed) feed = learning_feed (16);
  const float *src, *target;
  LatentSampleRoom room;
  guint zeros = 0, changed = 0;
  double clean[LEARNING_D] = {0};

  learning_steps (trainer, feed, 1);
  src = trainer->inputs[LATENT_INPUT_SRC].tensor->data;
  target = trainer->inputs[LATENT_INPUT_TARGET].tensor->data;
  for (guint i = 0; i < 16 * LEARNING_D; i++) {
    zeros += src[i] == 0;
    changed += src[i] != target[i];
    clean[i % LEARNING_D] += target[i];
  }
  fail_unless (changed == 16 * LEARNING_D);
  fail_unless (zeros > 16 && zeros < 48, "%u of 128", zeros); /* 32, give or take 5 */
  feed->start (feed, 0, NULL);
  for (guint i = 0; i < 16; i++) {
    latent_trainer_get_room (trainer, 0, &room);
    fail_unless (room.target == NULL);
    feed->next (feed, &room, NULL);
    for (guint j = 0; j < LEARNING_D; j++)
      clean[j] -= room.src[j];
  }
  for (guint j = 0; j < LEARNING_D; j++)
    fail_unless (fabs (clean[j]) < 1e-5);
}
GST_END_TEST

/* Steps until one fails; its error. */
static GError *
step_until_failure (LatentTrainer *trainer, guint most)
{
  GError *error = NULL;
  LatentTrainResult result;

  for (guint i = 0; i < most && error == NULL; i++)
    (void)latent_trainer_step (trainer, &result, &error);
  return error;
}

GST_START_TEST (a_sample_that_is_no_number_stops_it)
{
  g_autoptr (LatentTrainer) trainer = learning_trainer (LINEAR);
  g_autoptr (LatentFeed) feed = learning_feed (64);
  g_autofree float *good = NULL;
  g_autoptr (GError) error = NULL;
  LatentSampleRoom room;

  learning_steps (trainer, feed, 20);
  latent_trainer_get_room (trainer, 3, &room);
  room.src[5] = NAN;
  error = step_until_failure (trainer, 1);
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_FAILED));
  fail_unless (
      strstr (error->message, "step 21: the loss is not finite") != NULL, "%s", error->message);
  good = learning_weights (trainer);
  for (gsize i = 0; i < trainer->n_weights; i++)
    fail_unless (isfinite (good[i]));
  fail_unless_equals_uint64 (latent_trainer_get_step (trainer), 20);
}
GST_END_TEST

/* At this rate weights double and double again. */
GST_START_TEST (what_diverges_ends_with_weights_that_are_good)
{
  g_autoptr (LatentTrainer) trainer = learning_trainer (LINEAR "optimiser=sgd lr=1000");
  g_autoptr (LatentFeed) feed = learning_feed (64);
  g_autoptr (GError) error = NULL;
  double loss;

  loss = test (trainer, feed, 64).loss;
  for (guint i = 0; i < 16; i++) {
    LatentSampleRoom room;
    latent_trainer_get_room (trainer, i, &room);
    feed->start (feed, i, NULL);
    feed->next (feed, &room, NULL);
  }
  error = step_until_failure (trainer, 200);
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_FAILED));
  fail_unless (test (trainer, feed, 64).loss <= loss);
}
GST_END_TEST

static Suite *
trainer_suite (void)
{
  Suite *suite = suite_create ("trainer");
  TCase *tcase = tcase_create ("trainer");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, set_up, tear_down);
  tcase_add_test (tcase, a_linear_net_finds_the_plane);
  tcase_add_loop_test (tcase, the_same_seed_gives_the_same_weights, 0, G_N_ELEMENTS (repeatable));
  tcase_add_loop_test (tcase, a_checkpoint_carries_all_over, 0, G_N_ELEMENTS (repeatable));
  tcase_add_loop_test (tcase, another_recipe_is_told_from_this_one, 0, G_N_ELEMENTS (others));
  tcase_add_test (tcase, another_model_is_told_from_this_one);
  tcase_add_test (tcase, a_damaged_checkpoint_changes_nothing);
  tcase_add_loop_test (tcase, a_part_of_a_batch_counts_as_what_it_is, 0, G_N_ELEMENTS (tested));
  tcase_add_test (tcase, a_test_learns_nothing);
  tcase_add_test (tcase, a_test_of_a_variational_net_repeats);
  tcase_add_test (tcase, a_test_leaves_steps_alone);
  tcase_add_test (tcase, tests_see_the_averages);
  tcase_add_loop_test (tcase, the_model_has_what_was_learned, 0, G_N_ELEMENTS (delivering));
  tcase_add_test (tcase, a_denoiser_sees_noise_and_aims_at_what_is_clean);
  tcase_add_test (tcase, a_sample_that_is_no_number_stops_it);
  tcase_add_test (tcase, what_diverges_ends_with_weights_that_are_good);
  return suite;
}

GST_CHECK_MAIN (trainer)
