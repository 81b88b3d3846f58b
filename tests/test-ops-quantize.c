/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "tests/ops-case.h"

/* Integers that stand for reals; values of ONNX Runtime 1.30. */
/* clang-format off */
static const OpsCase cases[] = {
    {"QuantizeLinear", 10, "", {"f[5]:-1 0.25 0.75 1.25 300", "f[]:0.5", "b[]:1"},
     {"b[5]:0 1 3 3 255"}},
    {"QuantizeLinear", 13, "axis:i=0", {"f[2,2]:-3 2 0 -2", "f[2]:0.5 2", "c[2]:1 -1"},
     {"c[2,2]:-5 5 -1 -2"}},
    {"DequantizeLinear", 13, "", {"b[2,2]:0 255 1 2", "f[2]:0.5 2", "b[2]:1 128"},
     {"f[2,2]:-0.5 254 0 -252"}},
    {"DequantizeLinear", 10, "", {"i[2]:-5 7", "f[]:0.5"}, {"f[2]:-2.5 3.5"}},
    {"QuantizeLinear", 21, "", {"f[3]:-1000000 7 1000000", "f[]:0.5", "s[]:1"},
     {"s[3]:-32768 15 32767"}},
    {"DynamicQuantizeLinear", 11, "", {"f[6]:0 2 -3 -2.5 1.34 0.5"}, {"b[6]:153 255 0 26 221 179",
     "f[]:0.01960784", "b[]:153"}},
    /* by hand: corner cases, and what is refused */
    {"QuantizeLinear", 13, "", {"f[3]:nan 1 inf", "f[]:0", "b[]:7"}, {"b[3]:0 255 255"}},
    {"QuantizeLinear", 21, "output_dtype:i=3", {"f[1]:-3", "f[]:0.5"}, {"c[1]:-6"}},
    {"QuantizeLinear", 21, "output_dtype:i=3", {"f[1]:-3", "f[]:0.5", "b[]:1"}, {NULL},
     "(output_dtype 3)"},
    {"QuantizeLinear", 21, "output_dtype:i=99", {"f[1]:-3", "f[]:0.5"}, {NULL},
     "(output_dtype 99)"},
    {"QuantizeLinear", 21, "block_size:i=2", {"f[1]:-3", "f[]:0.5"}, {NULL},
     "block_size 2 is not supported"},
    {"QuantizeLinear", 13, "", {"f[1,2]:1 2", "f[3]:1 2 3"}, {NULL},
     "scale wants one number, or 2 along axis 1, is offered 3"},
    {"QuantizeLinear", 10, "", {"f[1,2]:1 2", "f[2]:1 2"}, {NULL}, "one number before opset 13"},
    {"QuantizeLinear", 13, "axis:i=2", {"f[1,2]:1 2", "f[2]:1 2"}, {NULL},
     "axis 2 is outside the 2 dimensions"},
    {"QuantizeLinear", 13, "", {"f[1,2]:1 2", "f[2]:1 2", "b[1]:1"}, {NULL},
     "zero point wants 2, is offered 1"},
    {"QuantizeLinear", 13, "", {"f[1]:1", "f[]:1", "s[]:1"}, {NULL}, "integers of data type int16"},
    {"DequantizeLinear", 13, "", {"b[1]:1", "f[]:1", "c[]:1"}, {NULL},
     "input 2 is int8 where input 0 is uint8"},
    {"DequantizeLinear", 13, "", {"b[1]:1", "d[]:1"}, {NULL}, "float64 scale is not supported"},
};
/* clang-format on */

GST_START_TEST (case_gives_what_is_expected)
{
  g_autofree char *problem = ops_case_run (&cases[__i__]);

  fail_unless (problem == NULL, "%s", problem);
}
GST_END_TEST

static Suite *
ops_quantize_suite (void)
{
  Suite *suite = suite_create ("ops quantize");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, case_gives_what_is_expected, 0, G_N_ELEMENTS (cases));
  return suite;
}

GST_CHECK_MAIN (ops_quantize)
