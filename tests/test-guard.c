/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/guard.h"

#include <gst/check/gstcheck.h>
#include <math.h>

/* n times the same loss; the state after the last. */
static LatentGuardState
add (LatentGuard *guard, double loss, guint n)
{
  LatentGuardState state = LATENT_GUARD_GOOD;

  for (guint i = 0; i < n; i++)
    state = latent_guard_add (guard, loss);
  return state;
}

static const double bad[] = {NAN, INFINITY, -INFINITY};

GST_START_TEST (a_loss_that_is_not_finite_ends_it)
{
  LatentGuard guard = {0};

  fail_unless_equals_int (latent_guard_add (&guard, bad[__i__]), LATENT_GUARD_DIVERGED);
}
GST_END_TEST

GST_START_TEST (a_loss_that_explodes_at_once_is_no_start)
{
  LatentGuard guard = {0};

  fail_unless_equals_int (latent_guard_add (&guard, 1), LATENT_GUARD_GOOD);
  fail_unless_equals_int (latent_guard_add (&guard, 9), LATENT_GUARD_GOOD);
  fail_unless_equals_int (latent_guard_add (&guard, 1e6), LATENT_GUARD_HIGH);
  fail_unless (guard.start == 5);
}
GST_END_TEST

GST_START_TEST (a_hard_batch_ends_nothing)
{
  LatentGuard guard = {0};

  add (&guard, 1, 50);
  fail_unless_equals_int (latent_guard_add (&guard, 1e9), LATENT_GUARD_HIGH);
  fail_unless_equals_int (latent_guard_add (&guard, 1), LATENT_GUARD_GOOD);
  fail_unless (guard.best == 1);
}
GST_END_TEST

GST_START_TEST (a_hundred_steps_above_the_bound_end_it)
{
  LatentGuard guard = {0};

  add (&guard, 1, 50);
  fail_unless_equals_int (add (&guard, 10.5, 99), LATENT_GUARD_HIGH);
  fail_unless_equals_int (latent_guard_add (&guard, 10.5), LATENT_GUARD_DIVERGED);
}
GST_END_TEST

GST_START_TEST (ten_times_the_best_is_allowed)
{
  LatentGuard guard = {0};

  add (&guard, 1, 50);
  fail_unless_equals_int (add (&guard, 9.5, 1000), LATENT_GUARD_GOOD);
}
GST_END_TEST

GST_START_TEST (what_it_started_with_is_allowed)
{
  LatentGuard guard = {0};

  add (&guard, 100, 10);
  add (&guard, .001, 1000);
  fail_unless_equals_int (add (&guard, 99, 1000), LATENT_GUARD_GOOD);
}
GST_END_TEST

/* From -2 on it is 9 times 2 above the best. */
GST_START_TEST (losses_may_be_negative)
{
  LatentGuard guard = {0};

  add (&guard, -2, 100);
  fail_unless (fabs (latent_guard_get_bound (&guard) - 16) < 1e-9);
  fail_unless_equals_int (add (&guard, 15, 1000), LATENT_GUARD_GOOD);
}
GST_END_TEST

static Suite *
guard_suite (void)
{
  Suite *suite = suite_create ("guard");
  TCase *tcase = tcase_create ("guard");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, a_loss_that_is_not_finite_ends_it, 0, G_N_ELEMENTS (bad));
  tcase_add_test (tcase, a_loss_that_explodes_at_once_is_no_start);
  tcase_add_test (tcase, a_hard_batch_ends_nothing);
  tcase_add_test (tcase, a_hundred_steps_above_the_bound_end_it);
  tcase_add_test (tcase, ten_times_the_best_is_allowed);
  tcase_add_test (tcase, what_it_started_with_is_allowed);
  tcase_add_test (tcase, losses_may_be_negative);
  return suite;
}

GST_CHECK_MAIN (guard)
