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

static const struct {
  const char *op;
  guint n_outputs;
} parallel[] = {
    {T "SquaredError",             1},
    {T "AbsoluteError",            1},
    {T "BinaryCrossEntropy",       1},
    {T "BinaryCrossEntropyLogits", 1},
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
  g_autoptr (LatentGraph)
      graph = ops_case_build (parallel[__i__].op, 1, "begin:i=7 end:i=5001", src, 2, 1);
  const LatentNode *node = g_ptr_array_index (graph->nodes, 0);

  fail_unless (latent_op_check (node, NULL) && latent_op_infer (node, NULL));
  fail_unless (ops_case_evaluate (node, src, 1, &alone, NULL));
  for (guint threads = 2; threads < 6; threads++) {
    g_autoptr (LatentTensor) dst = NULL;
    fail_unless (ops_case_evaluate (node, src, threads, &dst, NULL));
    fail_unless (latent_tensor_get_double (dst, 0) == latent_tensor_get_double (alone, 0),
        "%s, %u threads", parallel[__i__].op, threads);
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
