/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "learning.h"

#define LINEAR "arch=linear latent=2 batch=4 lr=0.01 threads=1 "

/* A child of this program trains with the settings that this says, until it is killed. */
#define CHILD "LATENT_TEST_FIT"

static char *folder;

static void
set_up (void)
{
  folder = g_dir_make_tmp ("latent-XXXXXX", NULL);
}

static void
tear_down (void)
{
  g_autofree char *path = g_build_filename (folder, "training.ckpt", NULL);
  g_autofree char *beside = g_strconcat (path, ".new", NULL);

  g_unlink (path);
  g_unlink (beside);
  g_rmdir (folder);
  g_free (folder);
}

typedef struct {
  guint steps;
  guint tests;
  guint most; /* steps until it says stop; 0: none */
} Calls;

static gboolean
count (const LatentTrainResult *train, const LatentTrainResult *test, gpointer data)
{
  Calls *calls = data;

  if (test != NULL)
    calls->tests++;
  else
    calls->steps++;
  return calls->most == 0 || calls->steps < calls->most;
}

/* Fits on n samples, and tests on ten of them. */
static LatentFitSummary
fit (LatentTrainer *trainer, gsize n, Calls *calls)
{
  g_autoptr (LatentFeed) feed = learning_feed (n);
  g_autoptr (LatentFeed) test = learning_feed (10);
  g_autoptr (GError) error = NULL;
  LatentFitSummary summary;

  fail_unless (latent_trainer_fit (trainer, feed, test, count, calls, &summary, &error), "%s",
      error != NULL ? error->message : "");
  return summary;
}

static const struct {
  const char *settings;
  guint steps;
  guint tests;
} lengths[] = {
    {LINEAR "epochs=3",                  6, 3}, /* of 10 samples: two batches, and two left */
    {LINEAR "steps=7",                   7, 4}, /* three epochs, and the end */
    {LINEAR "steps=6",                   6, 3},
    {LINEAR "steps=7 epochs=1",          7, 4},
    {LINEAR "steps=7 test-interval=3",   7, 3}, /* 3, 6, 7 */
    {LINEAR "epochs=2 test-interval=99", 4, 1},
};

GST_START_TEST (steps_and_tests_are_as_many_as_asked_for)
{
  g_autoptr (LatentTrainer) trainer = learning_trainer (lengths[__i__].settings);
  Calls calls = {0};
  LatentFitSummary summary = fit (trainer, 10, &calls);

  fail_unless_equals_int (calls.steps, lengths[__i__].steps);
  fail_unless_equals_int (calls.tests, lengths[__i__].tests);
  fail_unless_equals_uint64 (summary.steps, lengths[__i__].steps);
  fail_unless_equals_uint64 (summary.test.step, lengths[__i__].steps);
  fail_unless (isfinite (summary.train.loss) && isfinite (summary.test.mse));
  fail_if (summary.stopped_early);
}
GST_END_TEST

GST_START_TEST (epochs_tell_schedules_how_many_steps_there_are)
{
  g_autoptr (LatentTrainer) trainer = learning_trainer (LINEAR "epochs=5 schedule=linear");
  Calls calls = {0};
  LatentFitSummary summary = fit (trainer, 10, &calls);

  fail_unless_equals_uint64 (trainer->steps, 10);
  /* the mean over the last epoch: of steps 9 and 10, of which the last has the rate 0 */
  fail_unless (summary.train.rate == 0);
}
GST_END_TEST

GST_START_TEST (minutes_end_it)
{
  g_autoptr (LatentTrainer) trainer = learning_trainer (LINEAR "minutes=0.005 schedule=cosine");
  Calls calls = {0};
  LatentFitSummary summary = fit (trainer, 10, &calls);

  fail_unless (summary.seconds >= .3 && summary.seconds < 30);
  fail_unless (calls.steps > 0);
  /* steps were estimated as they went, and the rate fell accordingly */
  fail_unless (summary.train.rate < .005, "%g", summary.train.rate);
}
GST_END_TEST

GST_START_TEST (less_than_a_batch_is_refused)
{
  g_autoptr (LatentTrainer) trainer = learning_trainer (LINEAR);
  g_autoptr (LatentFeed) feed = learning_feed (3);
  g_autoptr (GError) error = NULL;
  LatentFitSummary summary;

  fail_if (latent_trainer_fit (trainer, feed, NULL, NULL, NULL, &summary, &error));
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_SETTINGS));
  fail_unless (strstr (error->message, "3 samples") != NULL, "%s", error->message);
}
GST_END_TEST

GST_START_TEST (without_tests_there_is_no_result_of_one)
{
  g_autoptr (LatentTrainer) trainer = learning_trainer (LINEAR "epochs=1 patience=1");
  g_autoptr (LatentFeed) feed = learning_feed (10);
  LatentFitSummary summary;

  fail_unless (latent_trainer_fit (trainer, feed, NULL, NULL, NULL, &summary, NULL));
  fail_unless (isnan (summary.test.loss) && isnan (summary.test.mse));
}
GST_END_TEST

GST_START_TEST (who_looks_on_may_stop_it)
{
  g_autoptr (LatentTrainer) trainer = learning_trainer (LINEAR "epochs=100");
  Calls calls = {.most = 3};
  LatentFitSummary summary = fit (trainer, 10, &calls);

  fail_unless_equals_uint64 (summary.steps, 3);
  fail_unless (summary.stopped_early);
  fail_unless_equals_uint64 (summary.test.step, 3);
}
GST_END_TEST

/* A rate of 0 makes nothing better: after the first test two more are given. */
GST_START_TEST (patience_ends)
{
  g_autoptr (LatentTrainer) trainer = learning_trainer (LINEAR "lr=0 epochs=100 patience=2");
  Calls calls = {0};
  LatentFitSummary summary = fit (trainer, 10, &calls);

  fail_unless_equals_int (calls.tests, 3);
  fail_unless (summary.stopped_early);
  fail_unless_equals_uint64 (summary.test.step, 2);
}
GST_END_TEST

/* Steps that are far too long: tests grow worse from some step on. */
GST_START_TEST (the_best_model_is_kept)
{
  g_autoptr (LatentTrainer)
      trainer = learning_trainer (LINEAR "optimiser=sgd lr=3 epochs=60 patience=3");
  g_autoptr (LatentFeed) test = learning_feed (10);
  Calls calls = {0};
  LatentFitSummary summary = fit (trainer, 10, &calls);
  LatentTrainResult result;
  guint n = 0;

  fail_unless (summary.test.loss == trainer->fit.best.loss);
  test->start (test, 0, NULL);
  for (guint i = 0; i < 10; i++) {
    LatentSampleRoom room;
    latent_trainer_get_room (trainer, n++, &room);
    fail_unless_equals_int (test->next (test, &room, NULL), LATENT_FEED_SAMPLE);
    if (n == 4 || i == 9) {
      fail_unless (latent_trainer_test (trainer, n, NULL));
      n = 0;
    }
  }
  latent_trainer_end_test (trainer, &result);
  fail_unless (result.loss == summary.test.loss, "%g, best was %g", result.loss, summary.test.loss);
}
GST_END_TEST

static LatentTrainer *
make_trainer (const char *settings, gboolean resume)
{
  g_autofree char *text = g_strdup_printf (
      "%scheckpoint=%s resume=%s", settings, folder, resume ? "true" : "false");
  return learning_trainer (text);
}

static void
check_same (LatentTrainer *a, LatentTrainer *b)
{
  g_autofree float *x = learning_weights (a);
  g_autofree float *y = learning_weights (b);

  fail_unless (memcmp (x, y, a->n_weights * sizeof (float)) == 0);
}

/* Where a training of 25 steps, five an epoch, is stopped: within an epoch and at its end. */
static const char *const stops[] = {"steps=7 ", "steps=10 ", "steps=24 "};

GST_START_TEST (resuming_is_as_if_nothing_had_been)
{
  g_autofree char *part = g_strconcat (LINEAR, stops[__i__], NULL);
  g_autoptr (LatentTrainer) whole = learning_trainer (LINEAR "steps=25 ");
  g_autoptr (LatentTrainer) before = make_trainer (part, FALSE);
  g_autoptr (LatentTrainer) after = make_trainer (LINEAR "steps=25 ", TRUE);
  Calls calls = {0};

  fit (whole, 22, &calls);
  fit (before, 22, &calls);
  calls = (Calls){0};
  fit (after, 22, &calls);
  fail_unless_equals_int (calls.steps + before->step, 25);
  fail_unless_equals_uint64 (after->fit.epoch * 5 + after->fit.position, 25);
  check_same (whole, after);
}
GST_END_TEST

GST_START_TEST (what_is_over_is_not_begun_again)
{
  g_autoptr (LatentTrainer) before = make_trainer (LINEAR "epochs=2 ", FALSE);
  g_autoptr (LatentTrainer) after = make_trainer (LINEAR "epochs=2 ", TRUE);
  Calls calls = {0};

  fit (before, 10, &calls);
  calls = (Calls){0};
  fit (after, 10, &calls);
  fail_unless_equals_int (calls.steps, 0);
  check_same (before, after);
}
GST_END_TEST

/* The best model is in the checkpoint too. */
GST_START_TEST (patience_is_resumed)
{
  const char *settings = LINEAR "lr=0 epochs=100 patience=3 ";
  g_autoptr (LatentTrainer) before = make_trainer (settings, FALSE);
  g_autoptr (LatentTrainer) after = make_trainer (settings, TRUE);
  Calls calls = {.most = 5}; /* two epochs, two tests */
  LatentFitSummary summary;

  fit (before, 10, &calls);
  calls = (Calls){0};
  summary = fit (after, 10, &calls);
  fail_unless (summary.stopped_early);
  fail_unless_equals_uint64 (summary.test.step, 2);
  fail_unless_equals_uint64 (summary.steps, 6);
}
GST_END_TEST

GST_START_TEST (without_a_checkpoint_resuming_begins)
{
  g_autoptr (LatentTrainer) trainer = make_trainer (LINEAR "epochs=1 ", TRUE);
  Calls calls = {0};

  fail_unless_equals_uint64 (fit (trainer, 10, &calls).steps, 2);
}
GST_END_TEST

GST_START_TEST (resuming_wants_a_folder)
{
  g_autoptr (LatentTrainer) trainer = learning_trainer (LINEAR "resume=true");
  g_autoptr (LatentFeed) feed = learning_feed (10);
  g_autoptr (GError) error = NULL;
  LatentFitSummary summary;

  fail_if (latent_trainer_fit (trainer, feed, NULL, NULL, NULL, &summary, &error));
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_SETTINGS));
}
GST_END_TEST

#define LONG LINEAR "steps=1000000000 checkpoint-interval=1 "

/* Runs this program again as one that trains. */
static GPid
start_child (void)
{
  const char *argv[] = {"/proc/self/exe", NULL};
  g_auto (GStrv) environment = g_environ_setenv (g_get_environ (), CHILD, folder, TRUE);
  GPid pid;

  /* it is this process that shall be killed, not one that waits for another */
  environment = g_environ_setenv (environment, "CK_FORK", "no", TRUE);

  fail_unless (g_spawn_async (
      NULL, (char **)argv, environment, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL));
  return pid;
}

GST_START_TEST (train_for_ever)
{
  Calls calls = {0};
  g_autoptr (LatentTrainer) trainer = NULL;

  folder = g_strdup (g_getenv (CHILD));
  trainer = make_trainer (LONG, TRUE);
  fit (trainer, 22, &calls);
}
GST_END_TEST

/* Killed while it writes one checkpoint a second, twice; then on to a few steps more. */
GST_START_TEST (a_kill_loses_one_interval)
{
  g_autofree char *path = g_build_filename (folder, "training.ckpt", NULL);
  g_autofree char *few = NULL;
  g_autoptr (LatentTrainer) whole = NULL;
  g_autoptr (LatentTrainer) after = make_trainer (LONG, TRUE);
  Calls calls = {0};

  for (guint i = 0; i < 2; i++) {
    GPid pid = start_child ();
    g_usleep (2500000);
    kill (pid, SIGKILL);
    waitpid (pid, NULL, 0);
  }
  fail_unless (latent_trainer_restore (after, path, NULL));
  fail_unless (after->fit.seconds >= 1.5, "%g", after->fit.seconds);
  few = g_strdup_printf (LINEAR "steps=%u", (guint)after->step);
  whole = learning_trainer (few);
  fit (whole, 22, &calls);
  check_same (whole, after);
}
GST_END_TEST

static Suite *
fit_suite (void)
{
  Suite *suite = suite_create ("fit");
  TCase *tcase = tcase_create ("fit");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, set_up, tear_down);
  tcase_add_loop_test (tcase, steps_and_tests_are_as_many_as_asked_for, 0, G_N_ELEMENTS (lengths));
  tcase_add_test (tcase, epochs_tell_schedules_how_many_steps_there_are);
  tcase_add_test (tcase, minutes_end_it);
  tcase_add_test (tcase, less_than_a_batch_is_refused);
  tcase_add_test (tcase, without_tests_there_is_no_result_of_one);
  tcase_add_test (tcase, who_looks_on_may_stop_it);
  tcase_add_test (tcase, patience_ends);
  tcase_add_test (tcase, the_best_model_is_kept);
  tcase_add_loop_test (tcase, resuming_is_as_if_nothing_had_been, 0, G_N_ELEMENTS (stops));
  tcase_add_test (tcase, what_is_over_is_not_begun_again);
  tcase_add_test (tcase, patience_is_resumed);
  tcase_add_test (tcase, without_a_checkpoint_resuming_begins);
  tcase_add_test (tcase, resuming_wants_a_folder);
  tcase_add_test (tcase, a_kill_loses_one_interval);
  return suite;
}

static Suite *
child_suite (void)
{
  Suite *suite = suite_create ("child");
  TCase *tcase = tcase_create ("child");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, train_for_ever);
  return suite;
}

int
main (int argc, char **argv)
{
  gst_check_init (&argc, &argv);
  if (g_getenv (CHILD) != NULL)
    return gst_check_run_suite (child_suite (), "child", __FILE__);
  return gst_check_run_suite (fit_suite (), "fit", __FILE__);
}
