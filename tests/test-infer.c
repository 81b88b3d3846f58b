/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "src/exec/exec.h"

/* A node of `op` over a constant of 1 x 1 x 2000 x 2000 zeros, added to the input. */
static LatentGraph *
make_folding (const char *op, LatentNode **node)
{
  LatentGraph *graph = latent_graph_new ("folding", 13);
  g_autoptr (LatentTensor)
      zeros = latent_tensor_new (LATENT_DATA_TYPE_FLOAT32, 4, (gint64[]){1, 1, 2000, 2000}, NULL);
  LatentValue *x = latent_graph_add_value (graph, "x");
  LatentValue *pooled = latent_graph_add_value (graph, "pooled");
  LatentValue *y = latent_graph_add_value (graph, "y");
  LatentNode *add;

  x->type = LATENT_DATA_TYPE_FLOAT32;
  x->has_shape = TRUE;
  x->shape = (LatentShape){1, {1}};
  *node = latent_graph_add_node (graph, op, "pool");
  latent_node_add_input (*node, latent_graph_add_constant (graph, "zeros", zeros));
  latent_node_add_output (*node, pooled);
  add = latent_graph_add_node (graph, "Add", "add");
  latent_node_add_input (add, x);
  latent_node_add_input (add, pooled);
  latent_node_add_output (add, y);
  g_ptr_array_add (graph->inputs, x);
  g_ptr_array_add (graph->outputs, y);
  fail_unless (latent_graph_sort (graph, NULL));
  return graph;
}

static const char *const pools[] = {"MaxPool", "AveragePool"};

GST_START_TEST (test_a_window_of_millions_of_samples_is_not_folded)
{
  g_autoptr (GError) error = NULL;
  LatentNode *node;
  g_autoptr (LatentGraph) graph = make_folding (pools[__i__], &node);

  latent_node_set_ints (node, "kernel_shape", (gint64[]){1000, 1000}, 2);
  fail_if (latent_exec_infer (graph, &error));
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_LIMIT));
  fail_unless (strstr (error->message, "'pool'") != NULL, "%s", error->message);
}
GST_END_TEST;

GST_START_TEST (test_a_small_window_is_folded)
{
  g_autoptr (GError) error = NULL;
  LatentNode *node;
  g_autoptr (LatentGraph) graph = make_folding (pools[__i__], &node);

  latent_node_set_ints (node, "kernel_shape", (gint64[]){2, 2}, 2);
  fail_unless (latent_exec_infer (graph, &error), "%s", error != NULL ? error->message : "");
  fail_unless_equals_int (graph->nodes->len, 1);
}
GST_END_TEST;

static Suite *
infer_suite (void)
{
  Suite *suite = suite_create ("infer");
  TCase *tc = tcase_create ("fold");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (
      tc, test_a_window_of_millions_of_samples_is_not_folded, 0, G_N_ELEMENTS (pools));
  tcase_add_loop_test (tc, test_a_small_window_is_folded, 0, G_N_ELEMENTS (pools));
  return suite;
}

GST_CHECK_MAIN (infer)
