/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/exec/exec.h"

#include <gst/check/gstcheck.h>

#include "src/exec/program.h"

static LatentValue *
get_value (LatentGraph *graph, const char *name)
{
  LatentValue *value = latent_graph_find_value (graph, name);
  return value != NULL ? value : latent_graph_add_value (graph, name);
}

/* A node of the names in `inputs` and `outputs`, parted by spaces. */
static LatentNode *
add_node (LatentGraph *graph, const char *op, const char *inputs, const char *outputs)
{
  LatentNode *node = latent_graph_add_node (graph, op, outputs);
  g_auto (GStrv) in = g_strsplit (inputs, " ", -1);
  g_auto (GStrv) out = g_strsplit (outputs, " ", -1);

  for (guint i = 0; in[i] != NULL; i++)
    latent_node_add_input (node, *in[i] != '\0' ? get_value (graph, in[i]) : NULL);
  for (guint i = 0; out[i] != NULL; i++)
    latent_node_add_output (node, get_value (graph, out[i]));
  return node;
}

static void
add_input (LatentGraph *graph, const char *name, guint n, const gint64 *dims)
{
  LatentValue *value = get_value (graph, name);

  value->type = LATENT_DATA_TYPE_FLOAT32;
  value->has_shape = TRUE;
  value->shape.n = n;
  for (guint i = 0; i < n; i++)
    value->shape.dims[i] = dims[i];
  g_ptr_array_add (graph->inputs, value);
}

static LatentTensor *
make_tensor (guint n_dims, const gint64 *dims, const float *values)
{
  LatentTensor *tensor = latent_tensor_new (LATENT_DATA_TYPE_FLOAT32, n_dims, dims, NULL);

  memcpy (latent_tensor_get_writable_data (tensor), values, tensor->size);
  return tensor;
}

/* Two inputs, two outputs that are them. */
static LatentGraph *
make_pair (void)
{
  LatentGraph *graph = latent_graph_new ("pair", 13);

  add_node (graph, "Identity", "a", "x");
  add_node (graph, "Identity", "b", "y");
  add_input (graph, "a", 1, (gint64[]){2});
  add_input (graph, "b", 1, (gint64[]){2});
  g_ptr_array_add (graph->outputs, get_value (graph, "x"));
  g_ptr_array_add (graph->outputs, get_value (graph, "y"));
  fail_unless (latent_graph_sort (graph, NULL));
  return graph;
}

static LatentProgram *
compile (const LatentGraph *graph, const LatentStatePair *states, guint n_states,
    const LatentRequest *request)
{
  g_autoptr (GError) error = NULL;
  LatentProgram *program = latent_exec_compile (
      graph, graph->name, NULL, NULL, states, n_states, request, &error);

  fail_unless (program != NULL, "%s", error != NULL ? error->message : "");
  return program;
}

static void
set_input (LatentContext *context, guint index, float x, float y)
{
  float *data = latent_context_get_input_data (context, index);

  data[0] = x;
  data[1] = y;
}

static void
assert_output (LatentContext *context, guint index, float x, float y)
{
  const float *data = latent_context_get_output_data (context, index);

  assert_equals_float (data[0], x);
  assert_equals_float (data[1], y);
}

GST_START_TEST (test_a_run_gives_outputs)
{
  g_autoptr (LatentGraph) graph = make_pair ();
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_ENCODE);
  g_autoptr (LatentProgram) program = compile (graph, NULL, 0, request);
  g_autoptr (LatentContext) context = latent_context_new (program, NULL);

  set_input (context, 0, 1, 2);
  set_input (context, 1, 3, 4);
  fail_unless (latent_context_run (context, NULL));
  assert_output (context, 0, 1, 2);
  assert_output (context, 1, 3, 4);
}
GST_END_TEST

GST_START_TEST (test_equal_requests_share_a_program)
{
  g_autoptr (LatentGraph) graph = make_pair ();
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_ENCODE);
  g_autoptr (LatentRequest) other = latent_request_copy (request);
  g_autoptr (LatentProgram) a = compile (graph, NULL, 0, request);
  g_autoptr (LatentProgram) b = compile (graph, NULL, 0, other);
  g_autoptr (LatentProgram) c = NULL;

  fail_unless (a == b);
  latent_request_set_threads (other, 2);
  c = compile (graph, NULL, 0, other);
  fail_unless (a != c);
}
GST_END_TEST

/* The state a becomes x, which is b: b's old value comes out of x one run later. */
GST_START_TEST (test_state_is_carried_and_reset)
{
  g_autoptr (LatentGraph) graph = latent_graph_new ("delay", 13);
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_ENCODE);
  const LatentStatePair state = {"a", "y"};
  g_autoptr (LatentProgram) program = NULL;
  g_autoptr (LatentContext) context = NULL;

  add_node (graph, "Identity", "a", "x");
  add_node (graph, "Identity", "b", "y");
  add_input (graph, "b", 1, (gint64[]){2});
  add_input (graph, "a", 1, (gint64[]){2});
  g_ptr_array_add (graph->outputs, get_value (graph, "x"));
  fail_unless (latent_graph_sort (graph, NULL));
  program = compile (graph, &state, 1, request);
  context = latent_context_new (program, NULL);
  fail_unless_equals_int (latent_program_get_n_inputs (program), 1);
  fail_unless_equals_int (latent_program_get_n_outputs (program), 1);
  set_input (context, 0, 1, 2);
  fail_unless (latent_context_run (context, NULL));
  assert_output (context, 0, 0, 0);
  fail_unless (latent_context_run (context, NULL));
  assert_output (context, 0, 1, 2);
  latent_context_reset (context);
  fail_unless (latent_context_run (context, NULL));
  assert_output (context, 0, 0, 0);
}
GST_END_TEST

GST_START_TEST (test_a_bound_input_is_no_port)
{
  g_autoptr (LatentGraph) graph = make_pair ();
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_ENCODE);
  g_autoptr (LatentTensor) value = make_tensor (1, (gint64[]){2}, (float[]){5, 6});
  g_autoptr (LatentProgram) program = NULL;
  g_autoptr (LatentContext) context = NULL;

  latent_request_bind (request, "a", value);
  program = compile (graph, NULL, 0, request);
  context = latent_context_new (program, NULL);
  fail_unless_equals_int (latent_program_get_n_inputs (program), 1);
  fail_unless_equals_string (latent_program_get_input (program, 0)->name, "b");
  fail_unless (latent_context_run (context, NULL));
  assert_output (context, 0, 5, 6);
}
GST_END_TEST

static Suite *
exec_suite (void)
{
  Suite *suite = suite_create ("exec");
  TCase *tc = tcase_create ("exec");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, test_a_run_gives_outputs);
  tcase_add_test (tc, test_equal_requests_share_a_program);
  tcase_add_test (tc, test_state_is_carried_and_reset);
  tcase_add_test (tc, test_a_bound_input_is_no_port);
  return suite;
}

GST_CHECK_MAIN (exec)
