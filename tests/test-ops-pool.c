/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "tests/ops-case.h"

/* Pools; values of ONNX Runtime 1.30. */
/* clang-format off */
static const OpsCase cases[] = {
    {"MaxPool", 12, "kernel_shape:I=2,2 strides:I=2,2",
     {"f[1,1,4,4]:-3 2 0 -2 3 1 -1 -3 2 0 -2 3 1 -1 -3 2"}, {"f[1,1,2,2]:3 0 2 3",
     "l[1,1,2,2]:4 2 8 11"}},
    {"MaxPool", 12, "kernel_shape:I=2,2 storage_order:i=1",
     {"f[1,1,3,4]:-3 2 0 -2 3 1 -1 -3 2 0 -2 3"}, {"f[1,1,2,3]:3 2 0 3 1 3",
     "l[1,1,2,3]:1 3 6 1 4 11"}},
    {"MaxPool", 12, "kernel_shape:I=2 strides:I=2 ceil_mode:i=1", {"f[1,1,5]:-3 2 0 -2 3"},
     {"f[1,1,3]:2 0 3"}},
    {"MaxPool", 12, "kernel_shape:I=2 dilations:I=3", {"f[1,1,5]:-3 2 0 -2 3"}, {"f[1,1,2]:-2 3"}},
    {"MaxPool", 12, "kernel_shape:I=3 auto_pad:s=SAME_LOWER strides:I=2", {"f[1,1,5]:-3 2 0 -2 3"},
     {"f[1,1,3]:2 2 3"}},
    {"MaxPool", 12, "kernel_shape:I=2", {"b[1,1,4]:200 3 7 255"}, {"b[1,1,3]:200 7 255"}},
    {"AveragePool", 11, "kernel_shape:I=2,2 pads:I=1,1,0,0", {"f[1,1,3,3]:-3 2 0 -2 3 1 -1 -3 2"},
     {"f[1,1,3,3]:-3 -0.5 1 -2.5 0 1.5 -1.5 -0.75 0.75"}},
    {"AveragePool", 11, "kernel_shape:I=2,2 pads:I=1,1,0,0 count_include_pad:i=1",
     {"f[1,1,3,3]:-3 2 0 -2 3 1 -1 -3 2"},
     {"f[1,1,3,3]:-0.75 -0.25 0.5 -1.25 0 1.5 -0.75 -0.75 0.75"}},
    {"AveragePool", 19,
     "kernel_shape:I=3 strides:I=2 pads:I=1,0 ceil_mode:i=1 count_include_pad:i=1",
     {"f[1,1,6]:-3 2 0 -2 3 1"}, {"f[1,1,3]:-0.3333333 0 0.6666667"}},
    {"AveragePool", 19, "kernel_shape:I=2 dilations:I=2", {"f[1,1,6]:-3 2 0 -2 3 1"},
     {"f[1,1,4]:-1.5 0 1.5 -0.5"}},
    {"GlobalAveragePool", 13, "", {"f[1,2,2,2]:-3 2 0 -2 3 1 -1 -3"}, {"f[1,2,1,1]:-0.75 0"}},
    {"GlobalMaxPool", 13, "", {"f[1,2,2,2]:-3 2 0 -2 3 1 -1 -3"}, {"f[1,2,1,1]:2 3"}},
    /* by hand: corner cases, and what is refused */
    {"MaxPool", 12, "kernel_shape:I=2", {"f[1,1,3]:nan 1 2"}, {"f[1,1,2]:nan 2"}},
    {"MaxPool", 12, "", {"f[1,1,3]:1 2 3"}, {NULL}, "attribute 'kernel_shape' is missing"},
    {"MaxPool", 12, "kernel_shape:I=0", {"f[1,1,3]:1 2 3"}, {NULL},
     "kernel_shape wants numbers from 1"},
    {"MaxPool", 12, "kernel_shape:I=4", {"f[1,1,3]:1 2 3"}, {NULL},
     "wants 4 samples or more for its kernel, has 3"},
    {"MaxPool", 12, "kernel_shape:I=2 pads:I=2,0", {"f[1,1,3]:1 2 3"}, {NULL},
     "pads want less than the kernel's 2"},
    {"MaxPool", 12, "kernel_shape:I=2 strides:I=-1", {"f[1,1,3]:1 2 3"}, {NULL}, "strides wants"},
    {"MaxPool", 12, "kernel_shape:I=2", {"f[3]:1 2 3"}, {NULL}, "input wants 3 to 5 dimensions"},
    {"AveragePool", 11, "kernel_shape:I=2147483647 pads:I=2147483646,2147483646",
     {"f[1,1,3]:1 2 3"}, {NULL}, "limit"},
    {"GlobalMaxPool", 13, "", {"f[3]:1 2 3"}, {NULL}, "input wants 2 to 12 dimensions"},
};
/* clang-format on */

GST_START_TEST (case_gives_what_is_expected)
{
  g_autofree char *problem = ops_case_run (&cases[__i__]);

  fail_unless (problem == NULL, "%s", problem);
}
GST_END_TEST

static Suite *
ops_pool_suite (void)
{
  Suite *suite = suite_create ("ops pool");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, case_gives_what_is_expected, 0, G_N_ELEMENTS (cases));
  return suite;
}

GST_CHECK_MAIN (ops_pool)
