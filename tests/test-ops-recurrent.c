/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "tests/ops-case.h"

/* Recurrent cells; values of ONNX Runtime 1.30. */
/* clang-format off */
static const OpsCase cases[] = {
    {"RNN", 14, "hidden_size:i=2", {"f[2,1,2]:-0.75 0.5 0 -0.5", "f[1,2,2]:-0.75 0.5 0 -0.5",
     "f[1,2,2]:-0.75 0.5 0 -0.5"}, {"f[2,1,1,2]:0.6709671 -0.2449186 -0.7042508 0.356141",
     "f[1,1,2]:-0.7042508 0.356141"}},
    {"RNN", 14,
     "direction:s=bidirectional activations:S=Relu,LeakyRelu activation_alpha:F=0.5 hidden_size:i=2",
     {"f[2,1,2]:-0.75 0.5 0 -0.5", "f[2,2,2]:-0.75 0.5 0 -0.5 0.75 0.25 -0.25 -0.75",
     "f[2,2,2]:-0.75 0.5 0 -0.5 0.75 0.25 -0.25 -0.75",
     "f[2,4]:-0.75 0.5 0 -0.5 0.75 0.25 -0.25 -0.75"},
     {"f[2,2,1,2]:0.0625 0 0.328125 -0.3671875 0 0.25 0.375 -0.0625",
     "f[2,1,2]:0 0.25 0.328125 -0.3671875"}},
    {"GRU", 14, "hidden_size:i=2", {"f[2,1,2]:-0.75 0.5 0 -0.5",
     "f[1,6,2]:-0.75 0.5 0 -0.5 0.75 0.25 -0.25 -0.75 0.5 0 -0.5 0.75",
     "f[1,6,2]:-0.75 0.5 0 -0.5 0.75 0.25 -0.25 -0.75 0.5 0 -0.5 0.75",
     "f[1,12]:-0.75 0.5 0 -0.5 0.75 0.25 -0.25 -0.75 0.5 0 -0.5 0.75"},
     {"f[2,1,1,2]:-0.06798853 0.585968 0.1407819 0.6329012", "f[1,1,2]:0.1407819 0.6329012"}},
    {"GRU", 14, "linear_before_reset:i=1 clip:f=0.5 hidden_size:i=2", {"f[2,1,2]:-0.75 0.5 0 -0.5",
     "f[1,6,2]:-0.75 0.5 0 -0.5 0.75 0.25 -0.25 -0.75 0.5 0 -0.5 0.75",
     "f[1,6,2]:-0.75 0.5 0 -0.5 0.75 0.25 -0.25 -0.75 0.5 0 -0.5 0.75",
     "f[1,12]:-0.75 0.5 0 -0.5 0.75 0.25 -0.25 -0.75 0.5 0 -0.5 0.75"},
     {"f[2,1,1,2]:0.06378052 0.2876491 0.2913831 0.2695362", "f[1,1,2]:0.2913831 0.2695362"}},
    {"GRU", 14, "direction:s=reverse hidden_size:i=1", {"f[2,2,1]:-0.75 0.5 0 -0.5",
     "f[1,3,1]:-0.75 0.5 0", "f[1,3,1]:-0.75 0.5 0", "", "i[2]:1 2"}, {"f[2,1,2,1]:0 0 0 0",
     "f[1,2,1]:0 0"}},
    {"LSTM", 14, "hidden_size:i=2", {"f[2,1,2]:-0.75 0.5 0 -0.5",
     "f[1,8,2]:-0.75 0.5 0 -0.5 0.75 0.25 -0.25 -0.75 0.5 0 -0.5 0.75 0.25 -0.25 -0.75 0.5",
     "f[1,8,2]:-0.75 0.5 0 -0.5 0.75 0.25 -0.25 -0.75 0.5 0 -0.5 0.75 0.25 -0.25 -0.75 0.5"},
     {"f[2,1,1,2]:-0.08107645 0.12945 -0.03173152 0.03548359", "f[1,1,2]:-0.03173152 0.03548359",
     "f[1,1,2]:-0.06883402 0.06189725"}},
    {"LSTM", 14, "clip:f=0.4 hidden_size:i=1", {"f[2,1,1]:-0.75 0.5", "f[1,4,1]:-0.75 0.5 0 -0.5",
     "f[1,4,1]:-0.75 0.5 0 -0.5", "f[1,8]:-0.75 0.5 0 -0.5 0.75 0.25 -0.25 -0.75", "",
     "f[1,1,1]:-0.75", "f[1,1,1]:-0.75", "f[1,3]:-0.75 0.5 0"}, {"f[2,1,1,1]:-0.2175865 -0.2539348",
     "f[1,1,1]:-0.2539348", "f[1,1,1]:-0.4527445"}},
    {"LSTM", 14, "input_forget:i=1 activations:S=HardSigmoid,Tanh,Softsign hidden_size:i=1",
     {"f[2,1,1]:-0.75 0.5", "f[1,4,1]:-0.75 0.5 0 -0.5", "f[1,4,1]:-0.75 0.5 0 -0.5",
     "f[1,8]:-0.75 0.5 0 -0.5 0.75 0.25 -0.25 -0.75"}, {"f[2,1,1,1]:-0.173223 -0.2657175",
     "f[1,1,1]:-0.2657175", "f[1,1,1]:-0.6372729"}},
    /* by hand: corner cases, and what is refused */
    {"RNN", 14, "layout:i=1", {"f[1,2,1]:1 0", "f[1,1,1]:1", "f[1,1,1]:0"},
     {"f[1,2,1,1]:0.7615942 0", "f[1,1,1]:0"}},
    {"RNN", 14, "hidden_size:i=3", {"f[1,1,1]:1", "f[1,1,1]:1", "f[1,1,1]:0"}, {NULL},
     "hidden_size 3 is not the 1 of R"},
    {"RNN", 14, "", {"f[1,1,2]:1 1", "f[1,1,1]:1", "f[1,1,1]:0"}, {NULL},
     "W wants 1x1x2, is offered 1x1x1"},
    {"RNN", 14, "direction:s=bidirectional", {"f[1,1,1]:1", "f[1,1,1]:1", "f[1,1,1]:0"}, {NULL},
     "W wants 2x1x1"},
    {"RNN", 14, "direction:s=up", {"f[1,1,1]:1", "f[1,1,1]:1", "f[1,1,1]:0"}, {NULL},
     "direction 'up' is not one of"},
    {"RNN", 14, "activations:S=Tanh,Tanh", {"f[1,1,1]:1", "f[1,1,1]:1", "f[1,1,1]:0"}, {NULL},
     "activations wants 1 names, has 2"},
    {"RNN", 14, "activations:S=Sine", {"f[1,1,1]:1", "f[1,1,1]:1", "f[1,1,1]:0"}, {NULL},
     "activation 'Sine' is not supported"},
    {"RNN", 14, "clip:f=-1", {"f[1,1,1]:1", "f[1,1,1]:1", "f[1,1,1]:0"}, {NULL},
     "clip wants a positive number, is -1"},
    {"RNN", 14, "layout:i=2", {"f[1,1,1]:1", "f[1,1,1]:1", "f[1,1,1]:0"}, {NULL},
     "layout wants 0 or 1, is 2"},
    {"RNN", 14, "", {"f[1,1,1]:1", "f[1,1,1]:1", "f[1,1,1]:0", "", "i[1]:2"}, {NULL},
     "sequence_lens wants 0 to 1, has 2 for sequence 0"},
    {"RNN", 14, "", {"f[1,1]:1", "f[1,1,1]:1", "f[1,1,1]:0"}, {NULL}, "X wants 3 dimensions"},
    {"RNN", 14, "", {"f[1,1,1]:1", "f[1,0,1]:", "f[1,0,0]:"}, {NULL}, "hidden_size"},
    {"LSTM", 14, "", {"f[1,1,1]:1", "f[1,4,1]:1 1 1 1", "f[1,4,1]:0 0 0 0", "", "", "", "",
     "f[1,2]:1 1"}, {NULL}, "P wants 1x3, is offered 1x2"},
    {"GRU", 14, "", {"f[0,1,1]:", "f[1,3,1]:1 1 1", "f[1,3,1]:0 0 0"}, {"f[0,1,1,1]:",
     "f[1,1,1]:0"}},
};
/* clang-format on */

GST_START_TEST (case_gives_what_is_expected)
{
  g_autofree char *problem = ops_case_run (&cases[__i__]);

  fail_unless (problem == NULL, "%s", problem);
}
GST_END_TEST

static Suite *
ops_recurrent_suite (void)
{
  Suite *suite = suite_create ("ops recurrent");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, case_gives_what_is_expected, 0, G_N_ELEMENTS (cases));
  return suite;
}

GST_CHECK_MAIN (ops_recurrent)
