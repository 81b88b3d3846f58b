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

/* The one constant of a program that is 300x300 floats or more. */
static gconstpointer
get_folded (const LatentProgram *program)
{
  gconstpointer found = NULL;

  for (guint i = 0; i < program->schedule->buffers->len; i++) {
    const LatentBuffer *buffer = latent_schedule_get_buffer (program->schedule, i);
    if (buffer->data == NULL || buffer->size < 300 * 300 * 4)
      continue;
    fail_unless (found == NULL);
    found = buffer->data;
  }
  return found;
}

GST_START_TEST (test_programs_of_two_sizes_share_what_they_fold)
{
  g_autoptr (LatentGraph) graph = latent_graph_new ("fold", 13);
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_ENCODE);
  g_autoptr (LatentTensor)
      weights = latent_tensor_new (LATENT_DATA_TYPE_FLOAT32, 2, (gint64[]){300, 300}, NULL);
  g_autoptr (LatentProgram) one = NULL;
  g_autoptr (LatentProgram) two = NULL;

  latent_graph_add_constant (graph, "w", weights);
  add_node (graph, "Neg", "w", "v");
  add_node (graph, "MatMul", "x v", "y");
  add_input (graph, "x", 2, (gint64[]){1, 300});
  g_ptr_array_add (graph->outputs, get_value (graph, "y"));
  fail_unless (latent_graph_sort (graph, NULL));
  one = compile (graph, NULL, 0, request);
  latent_request_set_shape (request, NULL, 2, (gint64[]){2, 300});
  two = compile (graph, NULL, 0, request);
  fail_unless (one != two);
  fail_unless (get_folded (one) != NULL);
  fail_unless (get_folded (one) == get_folded (two));
}
GST_END_TEST

/* c = Neg (Relu (x)) */
static LatentGraph *
make_chain (void)
{
  LatentGraph *graph = latent_graph_new ("chain", 13);

  add_node (graph, "Relu", "x", "r");
  add_node (graph, "Neg", "r", "c");
  add_input (graph, "x", 1, (gint64[]){2});
  g_ptr_array_add (graph->outputs, get_value (graph, "c"));
  fail_unless (latent_graph_sort (graph, NULL));
  return graph;
}

GST_START_TEST (test_a_kept_value_follows_the_outputs)
{
  g_autoptr (LatentGraph) graph = make_chain ();
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_ENCODE);
  g_autoptr (LatentProgram) program = NULL;
  g_autoptr (LatentContext) context = NULL;

  latent_request_keep (request, "r");
  program = compile (graph, NULL, 0, request);
  context = latent_context_new (program, NULL);
  fail_unless_equals_string (latent_program_get_output (program, 1)->name, "r");
  set_input (context, 0, -3, 4);
  fail_unless (latent_context_run (context, NULL));
  assert_output (context, 0, 0, -4);
  assert_output (context, 1, 0, 4);
}
GST_END_TEST

GST_START_TEST (test_a_cut_begins_and_ends_inside)
{
  g_autoptr (LatentGraph) graph = make_chain ();
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_ENCODE);
  const char *const from[] = {"r", NULL};
  g_autoptr (LatentProgram) program = NULL;
  g_autoptr (LatentContext) context = NULL;

  latent_request_set_shape (request, "r", 1, (gint64[]){2});
  get_value (graph, "r")->type = LATENT_DATA_TYPE_FLOAT32;
  program = latent_exec_compile (graph, "chain", from, NULL, NULL, 0, request, NULL);
  context = latent_context_new (program, NULL);
  set_input (context, 0, -3, 4);
  fail_unless (latent_context_run (context, NULL));
  assert_output (context, 0, 3, -4);
}
GST_END_TEST

/* y = x w, whose weights training may change between runs. */
static float
run_with_other_weights (gboolean variable)
{
  g_autoptr (LatentGraph) graph = latent_graph_new ("product", 13);
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_ENCODE);
  g_autoptr (LatentTensor) weights = make_tensor (2, (gint64[]){2, 1}, (float[]){1, 10});
  g_autoptr (LatentProgram) program = NULL;
  g_autoptr (LatentContext) context = NULL;

  latent_graph_add_constant (graph, "w", weights)->is_parameter = TRUE;
  add_node (graph, "MatMul", "x w", "y");
  add_input (graph, "x", 2, (gint64[]){1, 2});
  g_ptr_array_add (graph->outputs, get_value (graph, "y"));
  fail_unless (latent_graph_sort (graph, NULL));
  latent_request_set_variable_parameters (request, variable);
  program = compile (graph, NULL, 0, request);
  context = latent_context_new (program, NULL);
  set_input (context, 0, 1, 2);
  fail_unless (latent_context_run (context, NULL));
  assert_equals_float (*(const float *)latent_context_get_output_data (context, 0), 21);
  ((float *)latent_tensor_get_writable_data (weights))[0] = 5;
  fail_unless (latent_context_run (context, NULL));
  return *(const float *)latent_context_get_output_data (context, 0);
}

GST_START_TEST (test_variable_parameters_are_read_at_each_run)
{
  assert_equals_float (run_with_other_weights (TRUE), 25);
}
GST_END_TEST

/* Asserts that compiling fails and that the message has every word of `words`. */
static void
assert_refused (const LatentGraph *graph, const LatentRequest *request, const char *words)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) parts = g_strsplit (words, " ", -1);

  fail_unless (
      latent_exec_compile (graph, graph->name, NULL, NULL, NULL, 0, request, &error) == NULL);
  for (guint i = 0; parts[i] != NULL; i++)
    fail_unless (
        strstr (error->message, parts[i]) != NULL, "no '%s' in: %s", parts[i], error->message);
}

GST_START_TEST (test_an_unknown_size_names_input_and_symbol)
{
  g_autoptr (LatentGraph) graph = make_chain ();
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_ENCODE);

  get_value (graph, "x")->shape.dims[0] = -1;
  get_value (graph, "x")->symbols[0] = g_strdup ("frames");
  assert_refused (graph, request, "'x' frames");
}
GST_END_TEST

GST_START_TEST (test_a_wrong_shape_names_wanted_and_offered)
{
  g_autoptr (LatentGraph) graph = make_chain ();
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_ENCODE);

  latent_request_set_shape (request, NULL, 2, (gint64[]){3, 7});
  assert_refused (graph, request, "'x' 3x7");
}
GST_END_TEST

GST_START_TEST (test_int8_is_refused_with_what_there_is)
{
  g_autoptr (LatentGraph) graph = make_chain ();
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_ENCODE);

  latent_request_set_precision (request, LATENT_PRECISION_INT8);
  assert_refused (graph, request, "int8 f32");
}
GST_END_TEST

GST_START_TEST (test_a_huge_constant_is_refused_by_the_limit)
{
  g_autoptr (LatentGraph) graph = latent_graph_new ("huge", 13);
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_ENCODE);
  g_autoptr (LatentTensor) shape = latent_tensor_new_int64s ((gint64[]){20000, 20000}, 2);

  latent_graph_add_constant (graph, "s", shape);
  add_node (graph, "ConstantOfShape", "s", "y");
  g_ptr_array_add (graph->outputs, get_value (graph, "y"));
  fail_unless (latent_graph_sort (graph, NULL));
  assert_refused (graph, request, "ConstantOfShape LATENT_LIMIT_FOLDED_BYTES");
}
GST_END_TEST

GST_START_TEST (test_an_index_out_of_range_names_the_node)
{
  g_autoptr (LatentGraph) graph = latent_graph_new ("gather", 13);
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_ENCODE);
  g_autoptr (LatentTensor) table = make_tensor (1, (gint64[]){2}, (float[]){1, 2});
  g_autoptr (LatentProgram) program = NULL;
  g_autoptr (LatentContext) context = NULL;
  g_autoptr (GError) error = NULL;

  latent_graph_add_constant (graph, "t", table);
  add_node (graph, "Gather", "t i", "picked");
  add_input (graph, "i", 1, (gint64[]){1});
  get_value (graph, "i")->type = LATENT_DATA_TYPE_INT64;
  g_ptr_array_add (graph->outputs, get_value (graph, "picked"));
  fail_unless (latent_graph_sort (graph, NULL));
  program = compile (graph, NULL, 0, request);
  context = latent_context_new (program, NULL);
  *(gint64 *)latent_context_get_input_data (context, 0) = 7;
  fail_if (latent_context_run (context, &error));
  fail_unless (strstr (error->message, "picked") != NULL, "%s", error->message);
}
GST_END_TEST

/* Shape, Gather and Concat of a shape that is known end in a constant that Reshape reads. */
GST_START_TEST (test_shape_arithmetic_folds)
{
  g_autoptr (LatentGraph) graph = latent_graph_new ("shapes", 13);
  g_autoptr (LatentTensor) zero = latent_tensor_new_int64s ((gint64[]){0}, 1);
  g_autoptr (LatentTensor) rest = latent_tensor_new_int64s ((gint64[]){-1}, 1);

  latent_graph_add_constant (graph, "0", zero);
  latent_graph_add_constant (graph, "-1", rest);
  add_node (graph, "Shape", "x", "s");
  add_node (graph, "Gather", "s 0", "n");
  latent_node_set_int (add_node (graph, "Concat", "n -1", "to"), "axis", 0);
  add_node (graph, "Reshape", "x to", "y");
  add_input (graph, "x", 3, (gint64[]){2, 3, 4});
  g_ptr_array_add (graph->outputs, get_value (graph, "y"));
  fail_unless (latent_graph_sort (graph, NULL));
  fail_unless (latent_exec_infer (graph, NULL));
  fail_unless_equals_int (graph->nodes->len, 1);
  fail_unless_equals_int (get_value (graph, "y")->shape.dims[1], 12);
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
  tcase_add_test (tc, test_programs_of_two_sizes_share_what_they_fold);
  tcase_add_test (tc, test_a_kept_value_follows_the_outputs);
  tcase_add_test (tc, test_a_cut_begins_and_ends_inside);
  tcase_add_test (tc, test_variable_parameters_are_read_at_each_run);
  tcase_add_test (tc, test_an_unknown_size_names_input_and_symbol);
  tcase_add_test (tc, test_a_wrong_shape_names_wanted_and_offered);
  tcase_add_test (tc, test_int8_is_refused_with_what_there_is);
  tcase_add_test (tc, test_a_huge_constant_is_refused_by_the_limit);
  tcase_add_test (tc, test_an_index_out_of_range_names_the_node);
  tcase_add_test (tc, test_shape_arithmetic_folds);
  return suite;
}

GST_CHECK_MAIN (exec)
