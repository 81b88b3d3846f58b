/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "tests/ops-case.h"

/* Normalisations and softmax; values of ONNX Runtime 1.30. */
/* clang-format off */
static const OpsCase cases[] = {
    {"BatchNormalization", 9, "epsilon:f=0", {"f[1,2,2]:-3 2 0 -2", "f[2]:-3 2", "f[2]:-1 4",
     "f[2]:-3 2", "f[2]:4 1"}, {"f[1,2,2]:-1 -8.5 0 -4"}},
    {"BatchNormalization", 15, "training_mode:i=1 momentum:f=0.5", {"f[2,1,2]:-3 2 0 -2", "f[1]:-3",
     "f[1]:-3", "f[1]:-3", "f[1]:4"}, {"f[2,1,2]:0.5150957 -7.296228 -4.171699 -1.047169",
     "f[1]:-1.875", "f[1]:3.84375"}},
    {"InstanceNormalization", 13, "", {"f[1,2,3]:-3 2 0 -2 3 1", "f[2]:-3 2", "f[2]:-3 2"},
     {"f[1,2,3]:0.8933096 -6.406646 -3.486664 -0.5955399 4.271097 2.324442"}},
    {"GroupNormalization", 18, "num_groups:i=2", {"f[1,4,2]:-3 2 0 -2 3 1 -1 -3", "f[2]:-3 2",
     "f[2]:-3 2"},
     {"f[1,4,2]:0.5150957 -7.296228 -4.171699 -1.047169 4.683279 2.894426 1.105574 -0.683279"}},
    {"GroupNormalization", 21, "num_groups:i=2", {"f[1,4,2]:-3 2 0 -2 3 1 -1 -3", "f[4]:-3 2 0 -2",
     "f[4]:-3 2 0 -2"}, {"f[1,4,2]:0.5150957 -7.296228 2.781132 0.6981126 0 0 -1.105574 0.683279"}},
    {"LayerNormalization", 17, "", {"f[2,3]:-3 2 0 -2 3 1", "f[3]:-3 2 0", "f[3]:-3 2 0"},
     {"f[2,3]:0.8933094 4.271097 0 0.8933094 4.271097 0", "f[2,1]:-0.3333333 0.6666667",
     "f[2,1]:0.4866637 0.4866637"}},
    {"LayerNormalization", 17, "axis:i=1 epsilon:f=0.5", {"f[1,2,2]:-3 2 0 -2", "f[2,2]:-3 2 0 -2"},
     {"f[1,2,2]:3.298575 2.687728 0 1.221694"}},
    {"LpNormalization", 13, "axis:i=0 p:i=1", {"f[2,2]:-3 2 0 -2"}, {"f[2,2]:-1 0.5 0 -0.5"}},
    {"LpNormalization", 13, "", {"f[2,2]:-3 2 0 -2"}, {"f[2,2]:-0.8320503 0.5547002 0 -1"}},
    {"LRN", 13, "size:i=3 alpha:f=1 beta:f=0.5 bias:f=2", {"f[1,4,1,2]:-3 2 0 -2 3 1 -1 -3"},
     {"f[1,4,1,2]:-1.341641 0.9258201 0 -0.8944271 1.299038 0.3872983 -0.4330127 -1.299038"}},
    {"Softmax", 11, "", {"f[1,2,2]:-3 2 0 -2"},
     {"f[1,2,2]:0.005806629 0.8617801 0.1166293 0.01578405"}},
    {"Softmax", 13, "axis:i=1", {"f[1,2,2]:-3 2 0 -2"},
     {"f[1,2,2]:0.04742587 0.9820138 0.9525741 0.01798621"}},
    {"LogSoftmax", 13, "", {"f[2,2]:-3 2 0 -2"},
     {"f[2,2]:-5.006715 -0.006715349 -0.126928 -2.126928"}},
    /* by hand: corner cases, and what is refused */
    {"BatchNormalization", 7, "spatial:i=0 epsilon:f=0", {"f[1,2,1]:3 5", "f[2]:1 2", "f[2]:0 1",
     "f[2]:1 1", "f[2]:1 4"}, {"f[1,2,1]:2 5"}},
    {"BatchNormalization", 9, "", {"f[1,2,1]:3 5", "f[1]:1", "f[2]:0 1", "f[2]:1 1", "f[2]:1 4"},
     {NULL}, "scale wants 2 numbers, is offered 1"},
    {"InstanceNormalization", 13, "", {"f[1,2,1]:3 5", "f[1]:1", "f[2]:0 1"}, {NULL},
     "scale wants 2 numbers"},
    {"InstanceNormalization", 13, "", {"f[1,2]:3 5", "f[2]:1 1", "f[2]:0 1"}, {NULL},
     "input wants 3 to 12 dimensions"},
    {"GroupNormalization", 18, "num_groups:i=0", {"f[1,2,1]:3 5", "f[1]:1", "f[1]:0"}, {NULL},
     "num_groups wants a divisor of 2 channels, is 0"},
    {"GroupNormalization", 18, "", {"f[1,2,1]:3 5", "f[1]:1", "f[1]:0"}, {NULL},
     "attribute 'num_groups' is missing"},
    {"GroupNormalization", 21, "num_groups:i=1", {"f[1,2,1]:3 5", "f[1]:1", "f[1]:0"}, {NULL},
     "scale wants 2 numbers"},
    {"LayerNormalization", 17, "axis:i=2", {"f[1,2]:3 5", "f[1]:1"}, {NULL},
     "axis 2 is outside the 2 dimensions"},
    {"LayerNormalization", 17, "", {"f[1,2]:3 5", "f[1]:1"}, {NULL}, "scale wants 2, is offered 1"},
    {"LpNormalization", 13, "p:i=3", {"f[2]:3 4"}, {NULL}, "p wants 1 or 2, is 3"},
    {"LpNormalization", 13, "", {"f[2]:0 0"}, {"f[2]:0 0"}},
    {"LRN", 13, "size:i=0", {"f[1,2]:3 4"}, {NULL}, "size wants 1 or more, is 0"},
    {"LRN", 13, "size:i=2147483647 alpha:f=0", {"f[1,2]:3 4"}, {"f[1,2]:3 4"}},
    {"Softmax", 13, "axis:i=-3", {"f[1,2]:3 4"}, {NULL}, "axis -3 is outside the 2 dimensions"},
    {"Softmax", 13, "", {"f[2]:1000 1000"}, {"f[2]:0.5 0.5"}},
};
/* clang-format on */

GST_START_TEST (case_gives_what_is_expected)
{
  g_autofree char *problem = ops_case_run (&cases[__i__]);

  fail_unless (problem == NULL, "%s", problem);
}
GST_END_TEST

static Suite *
ops_normalize_suite (void)
{
  Suite *suite = suite_create ("ops normalize");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, case_gives_what_is_expected, 0, G_N_ELEMENTS (cases));
  return suite;
}

GST_CHECK_MAIN (ops_normalize)
