/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "tests/ops-case.h"

/* Reductions; values of ONNX Runtime 1.30. */
/* clang-format off */
static const OpsCase cases[] = {
    {"ReduceL1", 18, "keepdims:i=0", {"f[2,3,2]:-3 2 0 -2 3 1 -1 -3 2 0 -2 3", "l[2]:0 -1"},
     {"f[3]:9 4 9"}},
    {"ReduceL2", 18, "keepdims:i=0", {"f[2,3,2]:-3 2 0 -2 3 1 -1 -3 2 0 -2 3", "l[2]:0 -1"},
     {"f[3]:4.795832 2.828427 4.795832"}},
    {"ReduceLogSum", 18, "keepdims:i=0", {"f[2,3,2]:1 6 4 2 7 5 3 1 6 4 2 7", "l[2]:0 -1"},
     {"f[3]:2.397895 2.772589 3.044523"}},
    {"ReduceLogSumExp", 18, "keepdims:i=0", {"f[2,3,2]:1 6 4 2 7 5 3 1 6 4 2 7", "l[2]:0 -1"},
     {"f[3]:6.061342 6.253856 7.761774"}},
    {"ReduceMax", 18, "keepdims:i=0", {"f[2,3,2]:-3 2 0 -2 3 1 -1 -3 2 0 -2 3", "l[2]:0 -1"},
     {"f[3]:2 2 3"}},
    {"ReduceMean", 18, "keepdims:i=0", {"f[2,3,2]:-3 2 0 -2 3 1 -1 -3 2 0 -2 3", "l[2]:0 -1"},
     {"f[3]:-1.25 0 1.25"}},
    {"ReduceMin", 18, "keepdims:i=0", {"f[2,3,2]:-3 2 0 -2 3 1 -1 -3 2 0 -2 3", "l[2]:0 -1"},
     {"f[3]:-3 -2 -2"}},
    {"ReduceProd", 18, "keepdims:i=0", {"f[2,3,2]:-3 2 0 -2 3 1 -1 -3 2 0 -2 3", "l[2]:0 -1"},
     {"f[3]:-18 -0 -18"}},
    {"ReduceSum", 18, "keepdims:i=0", {"f[2,3,2]:-3 2 0 -2 3 1 -1 -3 2 0 -2 3", "l[2]:0 -1"},
     {"f[3]:-5 0 5"}},
    {"ReduceSumSquare", 18, "keepdims:i=0", {"f[2,3,2]:-3 2 0 -2 3 1 -1 -3 2 0 -2 3", "l[2]:0 -1"},
     {"f[3]:23 8 23"}},
    {"ReduceSum", 11, "axes:I=1", {"f[2,3]:-3 2 0 -2 3 1"}, {"f[2,1]:-1 2"}},
    {"ReduceSum", 13, "", {"f[2,3]:-3 2 0 -2 3 1"}, {"f[1,1]:1"}},
    {"ReduceSum", 13, "noop_with_empty_axes:i=1", {"f[2,3]:-3 2 0 -2 3 1", "l[0]:"},
     {"f[2,3]:-3 2 0 -2 3 1"}},
    {"ReduceSumSquare", 18, "noop_with_empty_axes:i=1", {"f[2,3]:-3 2 0 -2 3 1", "l[0]:"},
     {"f[2,3]:9 4 0 4 9 1"}},
    {"ReduceMax", 13, "", {"i[2]:1073741824 -5"}, {"i[1]:1073741824"}},
    {"ReduceMean", 13, "keepdims:i=0", {"i[2]:-7 2"}, {"i[]:-2"}},
    /* by hand: corner cases, and what is refused */
    {"ReduceLogSumExp", 13, "", {"d[2]:1000 1000"}, {"d[1]:1000.6931471805599"}},
    {"ReduceMax", 13, "axes:I=1", {"f[1,0]:"}, {"f[1,1]:-inf"}},
    {"ReduceMax", 13, "", {"f[2]:nan 1"}, {"f[1]:nan"}},
    {"ReduceSum", 13, "", {"l[2]:4611686018427387904 1"}, {"l[1]:4611686018427387905"}},
    {"ReduceSum", 13, "", {"f[]:3"}, {"f[]:3"}},
    {"ReduceSum", 13, "", {"f[2,2]:1 2 3 4", "l[1]:2"}, {NULL},
     "axis 2 is outside of 2 dimensions"},
    {"ReduceSum", 13, "", {"f[2,2]:1 2 3 4", "l[2]:0 -2"}, {NULL}, "is named twice"},
    {"ReduceSum", 13, "axes:I=0", {"f[2]:1 2"}, {NULL}, "attribute 'axes' is not supported"},
    {"ReduceMean", 13, "axes:I=-3", {"f[2]:1 2"}, {NULL}, "axis -3 is outside of 1 dimensions"},
    {"ReduceL2", 13, "", {"i[2]:1 2"}, {NULL}, "int32 input is not supported"},
};
/* clang-format on */

GST_START_TEST (case_gives_what_is_expected)
{
  g_autofree char *problem = ops_case_run (&cases[__i__]);

  fail_unless (problem == NULL, "%s", problem);
}
GST_END_TEST

static Suite *
ops_reduce_suite (void)
{
  Suite *suite = suite_create ("ops reduce");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, case_gives_what_is_expected, 0, G_N_ELEMENTS (cases));
  return suite;
}

GST_CHECK_MAIN (ops_reduce)
