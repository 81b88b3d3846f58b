/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/graph/graph.h"

#include <gst/check/gstcheck.h>

/* Adds a node `op` that makes `output` of the values `a` and `b` (NULL: none), which are made on
 * demand. */
static LatentNode *
add (LatentGraph *graph, const char *op, const char *a, const char *b, const char *output)
{
  LatentNode *node = latent_graph_add_node (graph, op, output);
  const char *names[] = {a, b, output};

  for (guint i = 0; i < 3; i++) {
    LatentValue *value = names[i] != NULL ? latent_graph_find_value (graph, names[i]) : NULL;
    if (names[i] != NULL && value == NULL)
      value = latent_graph_add_value (graph, names[i]);
    if (i < 2 && value != NULL)
      latent_node_add_input (node, value);
    if (i == 2)
      latent_node_add_output (node, value);
  }
  return node;
}

static void
add_port (GPtrArray *ports, LatentGraph *graph, const char *name)
{
  g_ptr_array_add (ports, latent_graph_find_value (graph, name));
}

/* x -> Relu -> a -> Abs -> z -> Neg -> b; Add (b, w) -> y; side: Exp (a) -> unused */
static LatentGraph *
make_chain (void)
{
  LatentGraph *graph = latent_graph_new ("chain", 13);
  g_autoptr (LatentTensor) w = latent_tensor_new_float (3);

  latent_graph_add_constant (graph, "w", w);
  add (graph, "Add", "b", "w", "y");
  add (graph, "Relu", "x", NULL, "a");
  add (graph, "Neg", "z", NULL, "b");
  add (graph, "Abs", "a", NULL, "z");
  add (graph, "Exp", "a", NULL, "unused");
  add_port (graph->inputs, graph, "x");
  add_port (graph->outputs, graph, "y");
  fail_unless (latent_graph_sort (graph, NULL));
  return graph;
}

static char *
list_nodes (const LatentGraph *graph)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < graph->nodes->len; i++)
    g_string_append_printf (
        text, "%s%s", i > 0 ? " " : "", ((LatentNode *)graph->nodes->pdata[i])->op_type);
  return g_string_free (text, FALSE);
}

GST_START_TEST (sort_puts_makers_before_users)
{
  g_autoptr (LatentGraph) graph = make_chain ();
  g_autofree char *nodes = list_nodes (graph);

  fail_unless_equals_string (nodes, "Relu Abs Neg Add Exp");
  fail_unless_equals_int (latent_graph_find_value (graph, "a")->n_uses, 2);
  fail_unless_equals_int (latent_graph_find_value (graph, "y")->n_uses, 1);
  fail_unless_equals_string (latent_graph_find_value (graph, "z")->producer->op_type, "Abs");
}
GST_END_TEST

GST_START_TEST (sort_takes_a_long_chain)
{
  g_autoptr (LatentGraph) graph = latent_graph_new ("long", 13);

  for (guint i = 50000; i > 0; i--) {
    g_autofree char *from = g_strdup_printf ("v%u", i - 1);
    g_autofree char *to = g_strdup_printf ("v%u", i);
    add (graph, "Relu", from, NULL, to);
  }
  add_port (graph->inputs, graph, "v0");
  add_port (graph->outputs, graph, "v50000");
  fail_unless (latent_graph_sort (graph, NULL));
  fail_unless_equals_string (((LatentNode *)graph->nodes->pdata[0])->name, "v1");
}
GST_END_TEST

static const struct {
  const char *nodes[3][4];
  const char *message;
} unsound[] = {
    {{{"Add", "x", "b", "a"}, {"Relu", "a", NULL, "b"}, {"Relu", "b", NULL, "y"}},
     "Relu node 'b' (opset 13): input 'a' depends on the node's own output: a cycle"  },
    {{{"Relu", "x", NULL, "y"}, {"Abs", "x", NULL, "y"}, {"Abs", "x", NULL, "q"}},
     "Abs node 'y' (opset 13): output 'y' is made by another node too"                },
    {{{"Relu", "x", NULL, "y"}, {"Abs", "x", NULL, "x"}, {"Abs", "x", NULL, "q"}},
     "Abs node 'x' (opset 13): output 'x' is an input or initialiser of the graph too"},
    {{{"MatMul", "x", "w", "y"}, {"Abs", "x", NULL, "q"}, {"Abs", "x", NULL, "r"}},
     "MatMul node 'y' (opset 13): input 'w' is made by no node, and is neither an input nor an "
        "initialiser of the graph"                                                    },
};

GST_START_TEST (sort_refuses_unsound_graphs)
{
  g_autoptr (LatentGraph) graph = latent_graph_new ("unsound", 13);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 3; i++)
    add (graph, unsound[__i__].nodes[i][0], unsound[__i__].nodes[i][1], unsound[__i__].nodes[i][2],
        unsound[__i__].nodes[i][3]);
  add_port (graph->inputs, graph, "x");
  add_port (graph->outputs, graph, "y");
  fail_unless (!latent_graph_sort (graph, &error));
  fail_unless_equals_string (error->message, unsound[__i__].message);
}
GST_END_TEST

GST_START_TEST (prune_drops_what_nobody_needs)
{
  g_autoptr (LatentGraph) graph = make_chain ();
  g_autofree char *nodes = NULL;

  latent_graph_prune (graph);
  nodes = list_nodes (graph);
  fail_unless_equals_string (nodes, "Relu Abs Neg Add");
  fail_unless (latent_graph_find_value (graph, "unused") == NULL);
  fail_unless_equals_int (latent_graph_find_value (graph, "a")->n_uses, 1);
}
GST_END_TEST

GST_START_TEST (prune_keeps_what_fused_nodes_name)
{
  g_autoptr (LatentGraph) graph = make_chain ();
  LatentValue *y = latent_graph_find_value (graph, "y");
  LatentNode *neg = latent_graph_find_value (graph, "b")->producer;
  guint index = 0;

  g_ptr_array_find (graph->nodes, y->producer, &index);
  g_ptr_array_add (neg->fused, g_ptr_array_steal_index (graph->nodes, index));
  neg->outputs->pdata[0] = y;
  latent_graph_prune (graph);
  fail_unless_equals_int (graph->nodes->len, 3);
  fail_unless (latent_graph_find_value (graph, "w") != NULL);
  fail_unless (y->producer == neg);
}
GST_END_TEST

GST_START_TEST (cut_gives_a_part)
{
  g_autoptr (LatentGraph) graph = make_chain ();
  const char *latent[] = {"z", NULL};
  g_autoptr (LatentGraph) encoder = latent_graph_cut (graph, NULL, latent, NULL);
  g_autoptr (LatentGraph) decoder = latent_graph_cut (graph, latent, NULL, NULL);
  g_autofree char *encoder_nodes = list_nodes (encoder);
  g_autofree char *decoder_nodes = list_nodes (decoder);

  fail_unless_equals_string (encoder_nodes, "Relu Abs");
  fail_unless_equals_string (decoder_nodes, "Neg Add");
  fail_unless (latent_graph_find_value (encoder, "w") == NULL);
  fail_unless (decoder->inputs->pdata[0] == latent_graph_find_value (decoder, "z"));
  fail_unless (
      latent_graph_find_value (decoder, "w")->data == latent_graph_find_value (graph, "w")->data);
}
GST_END_TEST

static const struct {
  const char *inputs[2], *outputs[2];
  const char *message;
} bad_cuts[] = {
    {{"nowhere"}, {"y"}, "the graph 'chain' has no tensor 'nowhere' to be cut at"              },
    {{"z"},       {"a"}, "the part of the graph 'chain' that makes 'a' needs the input 'x' too"},
};

GST_START_TEST (cut_names_what_is_missing)
{
  g_autoptr (LatentGraph) graph = make_chain ();
  g_autoptr (GError) error = NULL;

  fail_unless (
      latent_graph_cut (graph, bad_cuts[__i__].inputs, bad_cuts[__i__].outputs, &error) == NULL);
  fail_unless_equals_string (error->message, bad_cuts[__i__].message);
}
GST_END_TEST

GST_START_TEST (cut_at_one_of_two_outputs_of_a_node)
{
  g_autoptr (LatentGraph) graph = latent_graph_new ("split", 13);
  const char *inputs[] = {"x", "left", NULL};
  g_autoptr (LatentGraph) part = NULL;
  LatentNode *split = add (graph, "Split", "x", NULL, "left");

  latent_node_add_output (split, latent_graph_add_value (graph, "right"));
  add (graph, "Add", "left", "right", "y");
  add_port (graph->inputs, graph, "x");
  add_port (graph->outputs, graph, "y");
  fail_unless (latent_graph_sort (graph, NULL));
  part = latent_graph_cut (graph, inputs, NULL, NULL);
  fail_unless (latent_graph_sort (part, NULL)); /* "left" is made once */
  fail_unless_equals_int (part->nodes->len, 2);
}
GST_END_TEST

GST_START_TEST (copy_is_equal_and_apart)
{
  g_autoptr (LatentGraph) graph = make_chain ();
  g_autoptr (LatentGraph) copy = NULL;
  g_autofree char *nodes = NULL;
  LatentNode *relu = latent_graph_find_value (graph, "a")->producer;

  latent_node_set_string (relu, "mode", "edge");
  latent_node_set_ints (relu, "pads", (gint64[]){1, 2}, 2);
  copy = latent_graph_copy (graph);
  latent_node_set_string (relu, "mode", "constant");
  nodes = list_nodes (copy);
  relu = latent_graph_find_value (copy, "a")->producer;
  fail_unless_equals_string (nodes, "Relu Abs Neg Add Exp");
  fail_unless_equals_string (latent_node_get_string (relu, "mode", NULL), "edge");
  fail_unless (copy->inputs->pdata[0] == latent_graph_find_value (copy, "x"));
  fail_unless (copy->inputs->pdata[0] != graph->inputs->pdata[0]);
}
GST_END_TEST

GST_START_TEST (replace_uses_counts)
{
  g_autoptr (LatentGraph) graph = make_chain ();
  LatentValue *a = latent_graph_find_value (graph, "a");
  LatentValue *x = latent_graph_find_value (graph, "x");

  latent_graph_replace_uses (graph, a, x);
  fail_unless_equals_int (a->n_uses, 0);
  fail_unless_equals_int (x->n_uses, 3);
}
GST_END_TEST

GST_START_TEST (names_are_made_unique)
{
  g_autoptr (LatentGraph) graph = latent_graph_new ("names", 13);

  fail_unless_equals_string (latent_graph_add_value (graph, "a")->name, "a");
  fail_unless (g_strcmp0 (latent_graph_add_value (graph, "a")->name, "a") != 0);
  fail_unless (latent_graph_add_value (graph, NULL)->name != NULL);
}
GST_END_TEST

GST_START_TEST (attributes_fall_back)
{
  g_autoptr (LatentGraph) graph = make_chain ();
  LatentNode *node = graph->nodes->pdata[0];
  guint n = 9;

  latent_node_set_int (node, "axis", -1);
  latent_node_set_int (node, "axis", 2); /* replaces */
  latent_node_set_float (node, "alpha", 0.5f);
  fail_unless_equals_int64 (latent_node_get_int (node, "axis", 7), 2);
  fail_unless_equals_int64 (latent_node_get_int (node, "absent", 7), 7);
  fail_unless_equals_int64 (latent_node_get_int (node, "alpha", 7), 7); /* of another type */
  fail_unless_equals_float (latent_node_get_float (node, "alpha", 0), 0.5f);
  fail_unless (latent_node_get_ints (node, "pads", &n) == NULL);
  fail_unless_equals_int (n, 0);
  fail_unless_equals_int (node->attributes->len, 2);
}
GST_END_TEST

GST_START_TEST (unnamed_nodes_are_described_by_their_output)
{
  g_autoptr (LatentGraph) graph = latent_graph_new ("names", 13);
  LatentNode *node = latent_graph_add_node (graph, "Conv", NULL);
  g_autofree char *text = NULL;

  latent_node_add_output (node, latent_graph_add_value (graph, "y"));
  text = latent_node_describe (node);
  fail_unless_equals_string (text, "Conv node that makes 'y' (opset 13)");
}
GST_END_TEST

static Suite *
graph_suite (void)
{
  Suite *suite = suite_create ("graph");
  TCase *tc = tcase_create ("all");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, sort_puts_makers_before_users);
  tcase_add_test (tc, sort_takes_a_long_chain);
  tcase_add_loop_test (tc, sort_refuses_unsound_graphs, 0, G_N_ELEMENTS (unsound));
  tcase_add_test (tc, prune_drops_what_nobody_needs);
  tcase_add_test (tc, prune_keeps_what_fused_nodes_name);
  tcase_add_test (tc, cut_gives_a_part);
  tcase_add_loop_test (tc, cut_names_what_is_missing, 0, G_N_ELEMENTS (bad_cuts));
  tcase_add_test (tc, cut_at_one_of_two_outputs_of_a_node);
  tcase_add_test (tc, copy_is_equal_and_apart);
  tcase_add_test (tc, replace_uses_counts);
  tcase_add_test (tc, names_are_made_unique);
  tcase_add_test (tc, attributes_fall_back);
  tcase_add_test (tc, unnamed_nodes_are_described_by_their_output);
  return suite;
}

GST_CHECK_MAIN (graph)
