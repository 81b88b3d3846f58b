/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "tests/ops-case.h"

/* Sums of products of integers, by hand. */
/* clang-format off */
static const OpsCase cases[] = {
    {"MatMulInteger", 10, "", {"b[2,3]:11 7 3 10 6 2", "b[3,2]:1 4 2 5 3 6", "b[]:12"}, {"i[2,2]:-38 -83 -44 -98"}},
    {"MatMulInteger", 10, "", {"c[1,2]:-128 -128", "c[2,2]:-128 127 -128 127"}, {"i[1,2]:32768 -32512"}},
    {"MatMulInteger", 10, "", {"b[1,2]:255 255", "c[2,2]:127 127 127 127", "", "c[2]:0 -128"}, {"i[1,2]:64770 130050"}},
    {"ConvInteger", 10, "", {"b[1,1,3,3]:2 3 4 5 6 7 8 9 10", "b[1,1,2,2]:1 1 1 1", "b[]:1"}, {"i[1,1,2,2]:12 16 24 28"}},
    {"ConvInteger", 10, "pads:I=0,1,0,1", {"b[1,1,1,2]:5 6", "c[1,1,1,3]:1 2 3", "b[]:4"}, {"i[1,1,1,2]:8 5"}},
    {"ConvInteger", 10, "group:i=2", {"b[1,2,1,1]:5 6", "c[2,1,1,1]:7 -8", "", "c[2]:1 2"}, {"i[1,2,1,1]:30 -60"}},
    {"QLinearMatMul", 10, "", {"b[1,2]:255 255", "f[]:1", "b[]:0", "c[2,1]:127 127", "f[]:1", "c[]:0", "f[]:300", "b[]:0"},
     {"b[1,1]:216"}},
    {"QLinearMatMul", 10, "", {"b[1,1]:10", "f[]:0.5", "b[]:4", "c[1,3]:1 2 -3", "f[3]:1 0.5 0.25", "c[3]:0 0 0", "f[]:0.5", "c[]:-7"},
     {"c[1,3]:-1 -1 -11"}},
    {"QLinearConv", 10, "", {"b[1,1,1,2]:255 0", "f[]:0.5", "b[]:128", "c[1,1,1,2]:127 -128", "f[]:0.25", "c[]:0", "f[]:100",
     "b[]:3", "i[1]:10"}, {"b[1,1,1,1]:44"}},
    {"QLinearConv", 10, "", {"b[1,1,1,2]:255 0", "f[]:0.5", "b[]:128", "c[1,1,1,2]:127 -128", "f[]:0.25", "c[]:0", "f[]:8",
     "c[]:3"}, {"c[1,1,1,1]:127"}},
    {"ConvInteger", 10, "", {"b[1,1,1,2]:5 6", "c[1,1,1,2]:1 2", "c[]:4"}, {NULL}, "zero point is of another type"},
    {"MatMulInteger", 10, "", {"b[1,2]:5 6", "c[2,2]:1 2 3 4", "", "c[3]:4 4 4"}, {NULL}, "second zero point wants 1 or 2 numbers"},
    {"MatMulInteger", 10, "", {"b[1,2]:5 6", "c[3,1]:1 2 3"}, {NULL}, "do not multiply"},
};
/* clang-format on */

GST_START_TEST (case_gives_what_is_expected)
{
  g_autofree char *problem = ops_case_run (&cases[__i__]);

  fail_unless (problem == NULL, "%s", problem);
}
GST_END_TEST

static Suite *
ops_integer_suite (void)
{
  Suite *suite = suite_create ("ops integer");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, case_gives_what_is_expected, 0, G_N_ELEMENTS (cases));
  return suite;
}

GST_CHECK_MAIN (ops_integer)
