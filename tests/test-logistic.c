/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/logistic.h"

#include <gst/check/gstcheck.h>
#include <math.h>

GST_START_TEST (squash_is_the_logistic_function)
{
  const LatentLogistic *logistic = latent_logistic_get ();

  fail_unless_equals_int (logistic->squash[0], 4);
  fail_unless_equals_int (logistic->squash[2815], 32768);
  fail_unless_equals_int (logistic->squash[2815 + 256], 47911); /* 65536 / (1 + 1/e) */
  fail_unless_equals_int (logistic->squash[2815 - 256], 17625);
  fail_unless_equals_int (logistic->squash[5630], 65532);
  for (gint i = -2815; i <= 2815; i++) {
    double exact = 65536 / (1 + exp (-i / 256.0));
    fail_unless (fabs (CLAMP (exact, 4, 65532) - logistic->squash[i + 2815]) <= 0.6);
  }
}
GST_END_TEST

GST_START_TEST (stretch_is_its_inverse)
{
  const LatentLogistic *logistic = latent_logistic_get ();

  for (guint i = 0; i < 4096; i++) {
    double p = (i + 0.5) / 4096;
    fail_unless (fabs (256 * log (p / (1 - p)) - logistic->stretch[i]) <= 17);
    fail_unless_equals_int (logistic->stretch[4095 - i], -logistic->stretch[i]);
  }
  fail_unless_equals_int (logistic->stretch[2048], 0);
}
GST_END_TEST

GST_START_TEST (costs_are_256ths_of_bits)
{
  const LatentLogistic *logistic = latent_logistic_get ();

  fail_unless_equals_int (logistic->cost[0], 3328); /* 13 bits */
  fail_unless_equals_int (logistic->cost[4095], 0);
  for (guint i = 0; i < 4096; i++)
    fail_unless (fabs (-256 * log2 ((i + 0.5) / 4096) - logistic->cost[i]) <= 1);
}
GST_END_TEST

static Suite *
logistic_suite (void)
{
  Suite *suite = suite_create ("logistic");
  TCase *tcase = tcase_create ("general");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, squash_is_the_logistic_function);
  tcase_add_test (tcase, stretch_is_its_inverse);
  tcase_add_test (tcase, costs_are_256ths_of_bits);
  return suite;
}

GST_CHECK_MAIN (logistic)
