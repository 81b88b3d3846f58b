/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "tests/ops-case.h"

#define T "latent.training."

/* clang-format off */
static const OpsCase cases[] = {
    /* Sums over a sample's elements, averaged over samples. */
    {T "SquaredError", 1, "", {"f[2,2]:1 2 3 4", "f[2,2]:0 0 5 4"}, {"f[]:4.5"}},
    {T "SquaredError", 1, "scale:f=0.5", {"f[2,2]:1 2 3 4", "f[2,2]:0 0 5 4"}, {"f[]:2.25"}},
    {T "SquaredError", 1, "begin:i=1 end:i=2", {"f[2,2]:1 2 3 4", "f[2,2]:0 0 5 4"}, {"f[]:2"}},
    {T "SquaredError", 1, "end:i=1 shift:i=1", {"f[2,2]:1 2 3 4", "f[2,2]:9 0 9 5"}, {"f[]:2.5"}},
    {T "SquaredError", 1, "shift:i=2", {"f[2,1]:1 2", "f[2,3]:9 9 3 9 9 5"}, {"f[]:6.5"}},
    {T "SquaredError", 1, "", {"f[2,2]:1 2 3 4", "f[2,2]:0 0 5 4", "f[2,2]:1 0 2 9"}, {"f[]:4.5"}},
    {T "SquaredError", 1, "", {"f[2,2]:1 2 3 4", "f[2,2]:0 0 5 4", "", "f[1]:1"}, {"f[]:5"}},
    {T "SquaredError", 1, "", {"f[2,2]:1 2 3 4", "f[2,2]:0 0 5 4", "", "f[1]:0"}, {"f[]:4.5"}},
    {T "SquaredError", 1, "", {"f[2,2]:1 2 3 4", "f[2,2]:0 0 5 4", "", "f[1]:7"}, {"f[]:4.5"}},
    {T "SquaredError", 1, "", {"f[2,1,2]:1 2 3 4", "f[2,2]:0 0 5 4"}, {"f[]:4.5"}},
    {T "SquaredError", 1, "", {"f[2,0]:", "f[2,0]:"}, {"f[]:0"}},
    {T "SquaredError", 1, "", {"f[0,2]:", "f[0,2]:"}, {"f[]:0"}},
    {T "AbsoluteError", 1, "", {"f[2,2]:1 2 3 4", "f[2,2]:0 0 5 4"}, {"f[]:2.5"}},
    /* -log(0.8) - log(0.25), -log(0.5) twice. */
    {T "BinaryCrossEntropy", 1, "", {"f[2,2]:0.8 0.75 0.5 0.5", "f[2,2]:1 0 1 0.5"}, {"f[]:1.4978661"}},
    {T "BinaryCrossEntropy", 1, "", {"f[1,2]:0 1", "f[1,2]:0 1"}, {"f[]:2e-7"}},
    {T "BinaryCrossEntropy", 1, "", {"f[1,1]:0", "f[1,1]:1"}, {"f[]:16.118095"}},
    /* log(1 + exp(z)) - target z. */
    {T "BinaryCrossEntropyLogits", 1, "", {"f[1,2]:0 2", "f[1,2]:0 1"}, {"f[]:0.8200752"}},
    {T "BinaryCrossEntropyLogits", 1, "", {"f[1,2]:-200 200", "f[1,2]:1 0"}, {"f[]:400"}},
    {T "BinaryCrossEntropyLogits", 1, "", {"f[1,2]:-200 200", "f[1,2]:0 1"}, {"f[]:0"}},
    {T "SquaredErrorGrad", 1, "scale:f=3", {"f[]:2", "f[2,1]:1 5", "f[2,1]:2 1"}, {"f[2,1]:-6 24"}},
    {T "SquaredErrorGrad", 1, "begin:i=1", {"f[]:1", "f[1,2]:1 5", "f[1,2]:2 1"}, {"f[1,2]:0 8"}},
    {T "SquaredErrorGrad", 1, "", {"f[]:1", "f[2,1]:1 5", "f[2,1]:2 1", "", "f[1]:1"}, {"f[2,1]:-2 0"}},
    {T "SquaredErrorGrad", 1, "", {"f[]:1", "f[2,1]:1 5", "f[2,1]:2 1", "f[2,1]:3 0.5"}, {"f[2,1]:-3 2"}},
    {T "AbsoluteErrorGrad", 1, "", {"f[]:1", "f[1,3]:1 5 4", "f[1,3]:2 1 4"}, {"f[1,3]:-1 1 0"}},
    {T "BinaryCrossEntropyGrad", 1, "", {"f[]:1", "f[1,2]:0.5 0.8", "f[1,2]:1 1"}, {"f[1,2]:-2 -1.25"}},
    {T "BinaryCrossEntropyLogitsGrad", 1, "", {"f[]:1", "f[1,3]:0 0 -200", "f[1,3]:1 0 0"}, {"f[1,3]:-0.5 0.5 0"}},
    /* -log(0.25) and -log(0.5); targets in parts; two distributions a sample. */
    {T "CrossEntropy", 1, "", {"f[2,2]:0.25 0.75 0.5 0.5", "l[2]:0 1"}, {"f[]:1.0397208"}},
    {T "CrossEntropy", 1, "", {"f[1,2]:0.25 0.75", "f[1,2]:0.5 0.5"}, {"f[]:0.8369882"}},
    {T "CrossEntropy", 1, "classes:i=2", {"f[1,4]:0.25 0.75 0.5 0.5", "l[2]:0 1"}, {"f[]:2.0794415"}},
    {T "CrossEntropy", 1, "", {"f[1,2]:0 1", "l[1]:0"}, {"f[]:16.118095"}},
    {T "CrossEntropy", 1, "", {"f[1,2]:0.25 0.75", "f[1,2]:1 0", "f[1,2]:3 9"}, {"f[]:4.1588831"}},
    {T "CrossEntropy", 1, "begin:i=1", {"f[1,3]:9 0.25 0.75", "f[1,3]:9 1 0"}, {"f[]:1.3862944"}},
    /* log(exp(1) + exp(2)) - 1 */
    {T "CrossEntropyLogits", 1, "", {"f[1,2]:1 2", "l[1]:0"}, {"f[]:1.3132617"}},
    {T "CrossEntropyLogits", 1, "", {"f[1,2]:500 -500", "l[1]:1"}, {"f[]:1000"}},
    {T "CrossEntropyLogits", 1, "", {"f[2,2]:1 2 9 9", "l[2]:0 7", "", "f[1]:1"}, {"f[]:1.3132617"}},
    {T "CrossEntropyLogitsGrad", 1, "", {"f[]:1", "f[1,2]:0 0", "l[1]:0"}, {"f[1,2]:-0.5 0.5"}},
    {T "CrossEntropyGrad", 1, "", {"f[]:1", "f[1,2]:0.25 0.75", "l[1]:0"}, {"f[1,2]:-4 0"}},
    {T "Correct", 1, "", {"f[3,2]:1 2 2 1 0 3", "l[3]:1 1 1"}, {"f[]:2"}},
    {T "Correct", 1, "", {"f[3,2]:1 2 2 1 0 3", "f[3,2]:0 1 1 0 0 1"}, {"f[]:3"}},
    {T "Correct", 1, "", {"f[3,2]:1 2 2 1 0 3", "l[3]:1 1 1", "", "f[1]:2"}, {"f[]:1"}},
    {T "Correct", 1, "", {"f[1,2]:nan nan", "l[1]:1"}, {"f[]:0"}},
    /* (exp(v) + m^2 - 1 - v) / 2 of each element. */
    {T "KlNormal", 1, "", {"f[1,2]:1 0", "f[1,2]:0 1"}, {"f[]:0.85914091"}},
    {T "KlNormal", 1, "", {"f[2,1]:0 2", "f[2,1]:0 0"}, {"f[]:1"}},
    {T "KlNormal", 1, "", {"f[2,1]:4 2", "f[2,1]:0 0", "f[1]:1"}, {"f[]:8"}},
    {T "KlNormalGrad", 1, "", {"f[]:2", "f[1,2]:1 0", "f[1,2]:0 1"}, {"f[1,2]:2 0", "f[1,2]:0 1.7182818"}},
    {T "KlNormalGrad", 1, "", {"f[]:1", "f[2,1]:1 3", "f[2,1]:0 1", "f[1]:1"}, {"f[2,1]:1 0", "f[2,1]:0 0"}},
    {T "SampleNormal", 1, "", {"f[1,2]:1 2", "f[1,2]:0 2", "f[1,2]:0.5 -1"}, {"f[1,2]:1.5 -0.71828183"}},
    {T "SampleNormalGrad", 1, "", {"f[1,1]:3", "f[1,1]:2", "f[1,1]:-1"}, {"f[1,1]:-4.0774227"}},
    {T "Quantise", 1, "step:f=0.5", {"f[1,3]:0.6 -0.3 1", "f[1,3]:0.25 0.5 -0.5", "f[1]:0"},
     {"f[1,3]:0.725 -0.05 0.75", "f[1,3]:1.45 -0.1 1.5"}},
    {T "Quantise", 1, "step:f=0.5", {"f[1,3]:0.6 -0.3 1", "f[1,3]:9 9 9", "f[1]:1"},
     {"f[1,3]:0.5 -0.5 1", "f[1,3]:1 -1 2"}},
    {T "Quantise", 1, "step:f=9", {"f[1,3]:0.6 -0.3 1", "f[1,3]:0.25 0.5 -0.5", "f[1]:0", "f[1]:0.5"},
     {"f[1,3]:0.725 -0.05 0.75", "f[1,3]:1.45 -0.1 1.5"}},
    /* The decoder's alone, and with a dead zone: 0.62 and 1.54 are where it goes up. */
    {T "Quantise", 1, "step:f=0.5", {"f[1,3]:0.6 -0.3 1", "f[1,3]:0.25 0.5 -0.5", "f[1]:2"},
     {"f[1,3]:0.5 -0.5 1", "f[1,3]:1.45 -0.1 1.5"}},
    {T "Quantise", 1, "dead:f=0.12", {"f[1,4]:0.61 -0.63 1.53 -1.55", "f[1,4]:9 9 9 9", "f[1]:1"},
     {"f[1,4]:0 -1 1 -2", "f[1,4]:0 -1 1 -2"}},
    {T "QuantiseGrad", 1, "step:f=0.5", {"f[1,2]:1 -2"}, {"f[1,2]:2 -4"}},
    {T "QuantiseGrad", 1, "", {"f[1,2]:1 -2", "f[1]:0.25"}, {"f[1,2]:4 -8"}},
    /* -log2(F(0.5) - F(-0.5)); of 2 with s = 2: -log2(F(1.25) - F(0.75)). */
    {T "LogisticBits", 1, "", {"f[1,1]:0", "f[1]:0", "f[1]:0"}, {"f[]:2.0296254"}},
    {T "LogisticBits", 1, "", {"f[1,1]:2", "f[1]:0", "f[1]:0.69314718"}, {"f[]:3.3492919"}},
    {T "LogisticBits", 1, "", {"f[1,2]:3 4", "f[2]:3 4", "f[2]:0 0"}, {"f[]:4.0592508"}},
    {T "LogisticBits", 1, "", {"f[2,1]:3 9", "f[1]:3", "f[1]:0", "", "f[1]:1"}, {"f[]:2.0296254"}},
    /* The tails: (1000 - 0.5) / log(2) - log2(1 - exp(-1)). */
    {T "LogisticBits", 1, "", {"f[1,1]:1000", "f[1]:0", "f[1]:0"}, {"f[]:1442.6354"}},
    {T "LogisticBits", 1, "", {"f[1,1]:-1000", "f[1]:0", "f[1]:0"}, {"f[]:1442.6354"}},
    {T "LogisticBits", 1, "", {"f[1,1]:0", "f[1]:0", "f[1]:-60"}, {"f[]:4.02e-12"}},
    /* The second of a pair around the first, plus 1. */
    {T "LogisticBits", 1, "", {"f[2,1]:3 6", "f[1]:3", "f[1]:0", "f[2,2]:1 0.69314718 9 9"}, {"f[]:2.6894586"}},
    /* In steps of a half: around 1 is around 2 of them, a scale of 1 is one of 2. */
    {T "LogisticBits", 1, "", {"f[1,1]:4", "f[1]:1", "f[1]:0", "", "", "f[1]:0.5"}, {"f[]:3.3492919"}},
    {T "LogisticBits", 1, "", {"f[1,1,2]:0 2", "f[1]:0", "f[1,1,2]:0 0.69314718"}, {"f[]:5.3789173"}},
    {T "WeightedSum", 1, "factors:F=2", {"f[2]:1 2"}, {"f[2]:2 4"}},
    {T "WeightedSum", 1, "factors:F=2,3", {"f[]:1", "f[1]:5", "f[]:10"}, {"f[]:40"}},
    {T "WeightedSum", 1, "factors:F=1,0.5", {"f[]:1", "", "f[]:10", "f[1]:4"}, {"f[]:21"}},
    /* What does not fit is named. */
    {T "SquaredError", 1, "", {"f[2,2]:1 2 3 4", "f[1,2]:0 0"}, {NULL}, "target wants 2 samples, is offered 1x2"},
    {T "SquaredError", 1, "", {"f[2,2]:1 2 3 4", "f[2,1]:0 0"}, {NULL}, "are outside of the 2 elements of a sample of y or the 1 of the target"},
    {T "SquaredError", 1, "end:i=3", {"f[2,2]:1 2 3 4", "f[2,2]:0 0 0 0"}, {NULL}, "elements 0 to 3"},
    {T "SquaredError", 1, "begin:i=-1", {"f[1,1]:1", "f[1,1]:0"}, {NULL}, "elements -1 to 1"},
    {T "SquaredError", 1, "begin:i=2", {"f[1,1]:1", "f[1,1]:0"}, {NULL}, "elements 2 to 1"},
    {T "SquaredError", 1, "shift:i=9223372036854775807", {"f[1,1]:1", "f[1,1]:0"}, {NULL}, "shifted by"},
    {T "SquaredError", 1, "end:i=-9223372036854775808", {"f[1,1]:1", "f[1,1]:0"}, {NULL}, "are outside of"},
    {T "SquaredError", 1, "", {"f[1,1]:1", "l[1]:0"}, {NULL}, "int64 target is not supported"},
    {T "SquaredError", 1, "", {"f[1,2]:1 2", "f[1,2]:0 0", "f[1]:1"}, {NULL}, "weights wants 2 elements, is offered 1"},
    {T "SquaredError", 1, "", {"f[1,2]:1 2", "f[1,2]:0 0", "", "f[2]:1 1"}, {NULL}, "count wants one element, is offered 2"},
    {T "SquaredError", 1, "", {"f[]:1", "f[]:0"}, {NULL}, "y wants 1 to 12 dimensions"},
    {T "CrossEntropy", 1, "classes:i=2", {"f[1,3]:1 2 3", "l[1]:0"}, {NULL}, "3 elements are no distributions of 2 classes"},
    {T "CrossEntropy", 1, "classes:i=0", {"f[1,3]:1 2 3", "l[1]:0"}, {NULL}, "3 elements are no distributions of 0 classes"},
    {T "CrossEntropy", 1, "", {"f[1,3]:1 2 3", "l[2]:0 0"}, {NULL}, "target wants 1 classes, is offered 2"},
    {T "CrossEntropy", 1, "", {"f[1,3]:1 2 3", "l[1]:3"}, {NULL}, "class 3 of sample 0 is outside of the 3 classes"},
    {T "CrossEntropyLogits", 1, "", {"f[1,3]:1 2 3", "l[1]:-1"}, {NULL}, "class -1 of sample 0"},
    {T "Quantise", 1, "step:f=0", {"f[1]:1", "f[1]:0", "f[1]:0"}, {NULL}, "step 0 is not above 0"},
    {T "Quantise", 1, "step:f=nan", {"f[1]:1", "f[1]:0", "f[1]:0"}, {NULL}, "is not above 0"},
    {T "KlNormal", 1, "", {"f[1,2]:1 1", "f[1,1]:1"}, {NULL}, "tensor wants the shape of the one before"},
    {T "LogisticBits", 1, "", {"f[1,2]:1 1", "f[1]:1", "f[2]:1 1"}, {NULL}, "mean wants 2, is offered 1"},
    {T "LogisticBits", 1, "axis:i=2", {"f[1,2]:1 1", "f[2]:1 1", "f[2]:1 1"}, {NULL}, "axis 2 is none of a sample's"},
    {T "LogisticBits", 1, "axis:i=0", {"f[1,2]:1 1", "f[1]:1", "f[1]:1"}, {NULL}, "axis 0 is none"},
    {T "LogisticBits", 1, "", {"f[2,1]:3 6", "f[1]:3", "f[1]:0", "f[2,1]:1 1"}, {NULL}, "conditional wants 2x2, is offered 2x1"},
    {T "LogisticBits", 1, "", {"f[2,1]:3 6", "f[1]:3", "f[2]:0 0"}, {NULL}, "log_scale wants 1, is offered 2"},
    {T "LogisticBits", 1, "", {"f[1,1]:3", "f[1]:3", "f[1]:0", "", "", "f[2]:1 1"}, {NULL}, "step wants one float, is offered 2"},
    {T "QuantiseGrad", 1, "", {"f[1,1]:3", "f[2]:1 1"}, {NULL}, "step wants one element, is offered 2"},
    {T "WeightedSum", 1, "factors:F=1", {"f[]:1", "", "f[]:1"}, {NULL}, "has 1 for 2"},
    {T "WeightedSum", 1, "factors:F=1,1", {"f[1]:1", "", "f[2]:1 1"}, {NULL}, "term wants the shape of the first one"},
    {T "WeightedSum", 1, "factors:F=1", {"f[1]:1", "f[2]:1 1"}, {NULL}, "weight wants one element"},
};
/* clang-format on */

GST_START_TEST (case_computes)
{
  g_autofree char *problem = ops_case_run (&cases[__i__]);

  fail_unless (problem == NULL, "case %d: %s", __i__, problem);
}
GST_END_TEST

static const char *const parallel[] = {
    T "SquaredError",
    T "AbsoluteError",
    T "BinaryCrossEntropy",
    T "BinaryCrossEntropyLogits",
    T "CrossEntropy",
    T "CrossEntropyLogits",
    T "KlNormal",
};

/* Three samples of 5,003 elements in (0, 1). */
static LatentTensor *
make_samples (guint32 seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  LatentTensor *tensor = latent_tensor_new (
      LATENT_DATA_TYPE_FLOAT32, 2, (const gint64[]){3, 5003}, NULL);
  float *data = latent_tensor_get_writable_data (tensor);

  for (gsize i = 0; i < tensor->n_elements; i++)
    data[i] = (float)g_rand_double_range (rand, 0.01, 0.99);
  return tensor;
}

GST_START_TEST (sums_do_not_depend_on_threads)
{
  g_autoptr (LatentTensor) y = make_samples (1);
  g_autoptr (LatentTensor) target = make_samples (2);
  g_autoptr (LatentTensor) alone = NULL;
  LatentTensor *src[] = {y, target};
  g_autoptr (LatentGraph) graph = ops_case_build (parallel[__i__], 1, "", src, 2, 1);
  const LatentNode *node = g_ptr_array_index (graph->nodes, 0);

  fail_unless (latent_op_check (node, NULL) && latent_op_infer (node, NULL));
  fail_unless (ops_case_evaluate (node, src, 1, &alone, NULL));
  for (guint threads = 2; threads < 6; threads++) {
    g_autoptr (LatentTensor) dst = NULL;
    fail_unless (ops_case_evaluate (node, src, threads, &dst, NULL));
    fail_unless (latent_tensor_get_double (dst, 0) == latent_tensor_get_double (alone, 0),
        "%s, %u threads", parallel[__i__], threads);
  }
}
GST_END_TEST

static Suite *
ops_loss_suite (void)
{
  Suite *suite = suite_create ("ops loss");
  TCase *tcase = tcase_create ("loss");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, case_computes, 0, G_N_ELEMENTS (cases));
  tcase_add_loop_test (tcase, sums_do_not_depend_on_threads, 0, G_N_ELEMENTS (parallel));
  return suite;
}

GST_CHECK_MAIN (ops_loss)
