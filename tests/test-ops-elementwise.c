/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "tests/ops-case.h"

/* Values by the formulas of ONNX's documentation, worked out apart from this code. */
/* clang-format 14 makes lines of hundreds of columns of it. */
/* clang-format off */
static const OpsCase cases[] = {
    /* every function at the points where its pieces meet, and NaN */
    {"Relu", 14, "", {"f[4]:-1 0 2 nan"}, {"f[4]:0 0 2 nan"}},
    {"Relu", 14, "", {"i[3]:-5 0 7"}, {"i[3]:0 0 7"}},
    {"LeakyRelu", 6, "", {"f[3]:-1 0 2"}, {"f[3]:-0.01 0 2"}},
    {"LeakyRelu", 6, "alpha:f=0.5", {"f[3]:-1 0 2"}, {"f[3]:-0.5 0 2"}},
    {"PRelu", 7, "", {"f[2,2]:-1 2 -3 -4", "f[2]:0.5 2"}, {"f[2,2]:-0.5 2 -1.5 -8"}},
    {"PRelu", 6, "", {"f[1,2,2]:-1 -2 -3 4", "f[2]:0.5 2"}, {"f[1,2,2]:-0.5 -1 -6 4"}},
    {"Elu", 6, "", {"f[3]:-1 0 2"}, {"f[3]:-0.63212056 0 2"}},
    {"Celu", 12, "alpha:f=2", {"f[3]:-1 0 2"}, {"f[3]:-0.78693868 0 2"}},
    {"Selu", 6, "", {"f[3]:-1 0 1"}, {"f[3]:-1.1113307 0 1.0507010"}},
    {"Sigmoid", 13, "", {"f[4]:-200 0 1 200"}, {"f[4]:0 0.5 0.73105858 1"}},
    {"HardSigmoid", 6, "", {"f[4]:-3 0 1 3"}, {"f[4]:0 0.5 0.7 1"}},
    {"HardSwish", 14, "", {"f[4]:-4 0 1 4"}, {"f[4]:0 0 0.66666667 4"}},
    {"Tanh", 13, "", {"f[3]:-100 0 0.5"}, {"f[3]:-1 0 0.46211716"}},
    {"Softplus", 6, "", {"f[4]:-200 0 1 200"}, {"f[4]:0 0.69314718 1.3132617 200"}},
    {"Softsign", 6, "", {"f[3]:-1 0 3"}, {"f[3]:-0.5 0 0.75"}},
    {"Gelu", 20, "", {"f[3]:-1 0 1"}, {"f[3]:-0.15865526 0 0.84134475"}},
    {"Gelu", 20, "approximate:s=tanh", {"f[3]:-1 0 1"}, {"f[3]:-0.15880801 0 0.84119199"}},
    {"Gelu", 20, "approximate:s=fast", {"f[1]:0"}, {NULL},
     "approximate 'fast' is not one of: none, tanh"},
    {"Mish", 18, "", {"f[4]:-100 0 1 100"},{"f[4]:0 0 0.86509839 100"}},
    {"ThresholdedRelu", 10, "", {"f[3]:0.5 1 1.5"},{"f[3]:0 0 1.5"}},
    {"Shrink", 9, "lambd:f=1 bias:f=0.5", {"f[3]:-2 0.5 2"},{"f[3]:-1.5 0 1.5"}},
    {"Abs", 13, "", {"c[3]:-128 -1 5"},{"c[3]:-128 1 5"}},
    /* +128 wraps */
    {"Neg", 13, "", {"l[2]:-9223372036854775808 3"},{"l[2]:-9223372036854775808 -3"}},
    {"Sign", 13, "", {"f[4]:-2 0 3 nan"},{"f[4]:-1 0 1 nan"}},
    {"Round", 11, "", {"f[6]:-1.5 -0.5 0.5 1.5 2.5 0.4"},{"f[6]:-2 0 0 2 2 0"}},
    {"Floor", 13, "", {"f[2]:-1.5 1.5"},{"f[2]:-2 1"}},
    {"Ceil", 13, "", {"f[2]:-1.5 1.5"},{"f[2]:-1 2"}},
    {"Reciprocal", 13, "", {"f[2]:4 0"},{"f[2]:0.25 inf"}},
    {"Sqrt", 13, "", {"f[2]:4 -1"},{"f[2]:2 nan"}},
    {"Exp", 13, "", {"f[3]:0 1 1000"},{"f[3]:1 2.7182818 inf"}},
    {"Log", 13, "", {"f[3]:1 0 -1"},{"f[3]:0 -inf nan"}},
    {"Erf", 13, "", {"f[2]:0.5 -3"},{"f[2]:0.52049988 -0.99997791"}},
    {"Sin", 7, "", {"f[1]:1"},{"f[1]:0.84147098"}},
    {"Cos", 7, "", {"d[1]:1"},{"d[1]:0.54030231"}},
    {"Exp", 13, "", {"h[1]:1"},{"h[1]:2.71875"}},
    {"Not", 6, "", {"B[2]:0 1"},{"B[2]:1 0"}},
    {"IsNaN", 13, "", {"f[2]:1 nan"},{"B[2]:0 1"}},
    {"IsInf", 10, "detect_negative:i=0", {"f[3]:-inf inf nan"},{"B[3]:0 1 0"}},
    /* shapes: none, scalars, broadcast both ways and of nothing */
    {"Relu", 14, "", {"f[2,0]:"},{"f[2,0]:"}},
    {"Exp", 13, "", {"f[]:0"},{"f[]:1"}},
    {"Add", 13, "", {"f[2,1]:1 2", "f[3]:10 20 30"},{"f[2,3]:11 21 31 12 22 32"}},
    {"Sub", 13, "", {"f[]:1", "f[2]:10 20"},{"f[2]:-9 -19"}},
    {"Mul", 13, "", {"f[0,3]:", "f[3]:1 2 3"},{"f[0,3]:"}},
    {"Mul", 13, "", {"f[1]:2", "f[0]:"},{"f[0]:"}},
    {"Add", 13, "", {"f[2]:1 2", "f[3]:1 2 3"},{NULL},"wants 2, is offered 3"},
    {"Add", 13, "", {"f[1]:1", "i[1]:1"},{NULL},"input 1 is int32 where input 0 is float32"},
    {"Add", 13, "", {"f[1,2,1,2]:1 2 3 4", "f[2,1,2,1]:1 2 3 4"},
     {"f[2,2,2,2]:2 3 3 4 4 5 5 6 4 5 5 6 6 7 7 8"}},
    /* opset 6: dimensions from axis on */
    {"Add", 6, "broadcast:i=1 axis:i=0", {"f[2,2]:1 2 3 4", "f[2]:10 20"},{"f[2,2]:11 12 23 24"}},
    {"Add", 6, "broadcast:i=1", {"f[2,2]:1 2 3 4", "f[2]:10 20"}, {"f[2,2]:11 22 13 24"}},
    {"Add", 6, "broadcast:i=1 axis:i=1", {"f[1,2,1]:1 2", "f[2]:10 20"},{"f[1,2,1]:11 22"}},
    {"Add", 6, "", {"f[2,2]:1 2 3 4", "f[2]:10 20"}, {NULL}, "without broadcast=1"},
    {"Add", 6, "broadcast:i=1 axis:i=2", {"f[2,2]:1 2 3 4", "f[2]:1 2"},{NULL},
     "to fit input 0 from axis on"},
    {"Add", 6,"broadcast:i=1 axis:i=-9223372036854775808", {"f[1]:1", "f[1]:1"},{NULL},
     "from axis on"},
    {"Add", 6, "broadcast:i=1", {"f[2]:1 2", "f[1,2]:1 2"},{NULL},"to fit input 0 from axis on"},
    /* integers: wrap, divide, never trap */
    {"Add", 14, "", {"b[1]:250", "b[1]:10"},{"b[1]:4"}},
    {"Mul", 13, "", {"l[1]:9223372036854775807", "l[1]:2"},{"l[1]:-2"}},
    {"Div", 13, "", {"i[3]:7 -7 -2147483648", "i[3]:2 2 -1"},{"i[3]:3 -3 -2147483648"}},
    {"Div", 13, "", {"l[1]:-9223372036854775808", "l[1]:-1"},{"l[1]:-9223372036854775808"}},
    {"Div", 13, "", {"U[1]:18446744073709551615", "U[1]:2"},{"U[1]:9223372036854775807"}},
    {"Div", 13, "", {"i[2]:1 1", "i[2]:1 0"},{NULL},
     "integer division by zero (element 1 of the divisor)"},
    {"Div", 13, "", {"f[2]:1 0", "f[1]:0"},{"f[2]:inf nan"}},
    {"Mod", 13, "", {"l[4]:-4 7 5 -9223372036854775808", "l[4]:3 -3 8 -1"},{"l[4]:2 -2 5 0"}},
    {"Mod", 13, "fmod:i=1", {"l[2]:-4 7", "l[2]:3 -3"}, {"l[2]:-1 1"}},
    {"Mod", 13, "fmod:i=1", {"f[2]:-4.5 7", "f[2]:3 -3"}, {"f[2]:-1.5 1"}},
    {"Mod", 13, "", {"f[1]:1", "f[1]:1"},{NULL},"fmod is 0 and must be 1"},
    {"Mod", 13, "", {"c[1]:1", "c[1]:0"},{NULL},"division by zero"},
    {"Pow", 13, "", {"f[3]:2 3 4", "f[3]:3 2 0.5"}, {"f[3]:8 9 2"}},
    {"Pow", 13, "", {"f[2]:2 3", "i[2]:3 2"}, {"f[2]:8 9"}},
    {"Pow", 13,"", {"i[5]:2 -1 1 0 2", "i[5]:10 -3 -3 -1 -1"},{"i[5]:1024 -1 1 0 0"}},
    {"Pow", 13, "", {"i[1]:2", "f[1]:3"},{"i[1]:8"}},
    /* NaN wins */
    {"Max", 13, "", {"f[3]:1 nan 3", "f[3]:2 0 nan"}, {"f[3]:2 nan nan"}},
    {"Min", 13, "", {"f[3]:1 nan 3", "f[3]:2 0 nan"}, {"f[3]:1 nan nan"}},
    {"Max", 13, "", {"U[1]:18446744073709551615", "U[1]:1"},{"U[1]:18446744073709551615"}},
    {"Max", 13,"", {"f[2]:1 5", "f[1]:2", "f[2,1]:0 9"},{"f[2,2]:2 5 9 9"}},
    {"Sum", 13, "", {"f[2]:1 2"}, {"f[2]:1 2"}},
    {"Sum", 13, "", {"f[1]:1", "f[1]:2", "f[3]:10 20 30"}, {"f[3]:13 23 33"}},
    {"Max", 13, "", {"i[1]:15", "i[1]:2", "i[2,2]:10 20 30 1"},{"i[2,2]:15 20 30 15"}},
    {"Sum", 13,"", {"f[2]:1 2", "f[1]:3", "f[2,1]:0 10"},{"f[2,2]:4 5 14 15"}},
    {"Mean", 13,"", {"f[2]:1 2", "f[2]:3 6", "f[2]:5 1"}, {"f[2]:3 3"}},
    {"Mean", 13, "", {"h[1]:1", "h[1]:2"}, {"h[1]:1.5"}},
    {"Sum", 13, "", {"f[2]:1 2", "f[3]:1 2 3"},{NULL},"input 1, next to those before it"},
    /* comparisons and logic */
    {"Equal", 13, "", {"f[3]:1 nan 2", "f[3]:1 nan 3"},{"B[3]:1 0 0"}},
    {"Equal", 13, "", {"B[2]:0 1", "B[1]:1"},{"B[2]:0 1"}},
    {"Greater", 13, "", {"U[1]:18446744073709551615", "U[1]:1"}, {"B[1]:1"}},
    {"Less", 13, "", {"l[1]:-1", "l[1]:1"}, {"B[1]:1"}},
    {"GreaterOrEqual", 16, "", {"f[3]:1 2 nan", "f[1]:2"},{"B[3]:0 1 0"}},
    {"LessOrEqual", 16, "", {"i[3]:1 2 3", "i[1]:2"},{"B[3]:1 1 0"}},
    {"And", 7,"", {"B[2]:0 1", "B[2,1]:0 1"}, {"B[2,2]:0 0 0 1"}},
    {"Or", 7,"", {"B[2]:0 1", "B[2,1]:0 1"}, {"B[2,2]:0 1 1 1"}},
    {"Xor", 7, "", {"B[2]:0 1", "B[2,1]:0 1"},{"B[2,2]:0 1 1 0"}},
    {"Where", 16, "", {"B[2,1]:0 1", "l[2]:1 2", "l[]:9"},{"l[2,2]:9 9 1 2"}},
    {"Where", 16,"", {"B[1]:1", "c[1]:1", "f[1]:2"}, {NULL}, "inputs 1 and 2 are int8 and float32"},
    /* Clip: NaN stays, max wins over min, bounds may be left out */
    {"Clip",6,"min:f=-1 max:f=1", {"f[4]:-2 0 2 nan"},{"f[4]:-1 0 1 nan"}},
    {"Clip", 6, "", {"f[2]:-2 2"},{"f[2]:-2 2"}},
    {"Clip", 13, "", {"f[3]:-2 0 2", "", "f[]:1"}, {"f[3]:-2 0 1"}},
    {"Clip", 13, "", {"f[3]:-2 0 2", "f[]:1", "f[]:-1"},{"f[3]:-1 -1 -1"}},
    {"Clip", 13, "", {"b[3]:0 100 200", "b[]:50", "b[]:150"},{"b[3]:50 100 150"}},
    {"Clip", 13, "", {"f[1]:0", "f[2]:0 1"}, {NULL}, "min wants one element, is offered 2"},
    /* Cast */
    {"Cast", 13, "to:i=6", {"f[5]:1.9 -1.9 nan 1e30 0"}, {"i[5]:1 -1 0 -1 0"}},
    {"Cast", 13, "to:i=9", {"f[4]:0 0.5 nan -1"}, {"B[4]:0 1 1 1"}},
    {"Cast", 13, "to:i=2", {"l[2]:256 -1"},{"b[2]:0 255"}},
    {"Cast", 13, "to:i=1", {"U[1]:18446744073709551615"},{"f[1]:1.8446744e19"}},
    {"Cast", 13, "to:i=10", {"f[3]:1 65520 1e-8"},{"h[3]:1 inf 0"}},
    {"Cast", 13, "to:i=8", {"f[1]:1"},{NULL},"a cast to strings (type 8) is not supported"},
    {"Cast", 13, "to:i=-9223372036854775808", {"f[1]:1"},{NULL}, "is not supported"},
    {"Cast", 13, "", {"f[1]:1"},{NULL},"attribute 'to' is missing"},
    {"CastLike", 15, "", {"f[1]:1.5", "l[2]:0 0"},{"l[1]:1"}},
};
/* clang-format on */

GST_START_TEST (case_gives_what_is_expected)
{
  g_autofree char *problem = ops_case_run (&cases[__i__]);

  fail_unless (problem == NULL, "%s", problem);
}
GST_END_TEST

/* Long enough for several threads and for more than one block, with a rest. */
GST_START_TEST (threads_change_nothing)
{
  gint64 n = 100003;
  g_autoptr (LatentTensor) a = latent_tensor_new (LATENT_DATA_TYPE_FLOAT32, 1, &n, NULL);
  g_autoptr (LatentTensor) b = latent_tensor_new (LATENT_DATA_TYPE_INT64, 1, &n, NULL);
  static const char *const ops[] = {"Sub", "Exp", "Cast", "Max"};
  LatentTensor *src[] = {__i__ == 2 ? b : a, a};
  g_autoptr (LatentGraph) graph = ops_case_build (
      ops[__i__], 13, __i__ == 2 ? "to:i=1" : "", src, __i__ % 3 == 0 ? 2 : 1, 1);
  const LatentNode *node = g_ptr_array_index (graph->nodes, 0);
  g_autoptr (LatentTensor) one = NULL;
  g_autoptr (LatentTensor) four = NULL;

  for (gint64 i = 0; i < n; i++) {
    ((float *)latent_tensor_get_writable_data (a))[i] = (float)i / 7919;
    ((gint64 *)latent_tensor_get_writable_data (b))[i] = i;
  }
  fail_unless (latent_op_infer (node, NULL));
  fail_unless (ops_case_evaluate (node, src, 1, &one, NULL));
  fail_unless (ops_case_evaluate (node, src, 4, &four, NULL));
  fail_unless (memcmp (one->data, four->data, one->size) == 0);
}
GST_END_TEST

static Suite *
ops_elementwise_suite (void)
{
  Suite *suite = suite_create ("ops elementwise");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, case_gives_what_is_expected, 0, G_N_ELEMENTS (cases));
  tcase_add_loop_test (tcase, threads_change_nothing, 0, 4);
  return suite;
}

GST_CHECK_MAIN (ops_elementwise)
