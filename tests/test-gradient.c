/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <math.h>
#include <string.h>

#include "src/exec/infer.h"
#include "src/ops/gradient.h"
#include "tests/gradient-cases.h"
#include "tests/net-text.h"

/* The derivatives of a net's loss, a sum of its outputs with random weights, as
 * latent_gradient_build() adds them: by plain loops against central differences, and as compiled
 * with variable parameters against plain loops. */

#define SEED 20240611
#define STEP (1.0 / 256)

static const GradientCase *const families[] = {
    gradient_cases,
    gradient_cases_layers,
    gradient_cases_losses,
    gradient_cases_recurrent,
};

static guint
count_cases (void)
{
  guint n = 0;

  for (guint i = 0; i < G_N_ELEMENTS (families); i++)
    for (const GradientCase *c = families[i]; c->name != NULL; c++)
      n++;
  return n;
}

static const GradientCase *
get_case (guint index)
{
  guint i = 0;

  for (const GradientCase *c = families[0];; c++) {
    if (c->name == NULL)
      c = families[++i];
    while (c->name == NULL)
      c = families[++i];
    if (index-- == 0)
      return c;
  }
}

/* A net with its loss and the loss's derivatives. */
typedef struct {
  const GradientCase *c;
  NetText *net;
  LatentGraph *graph;   /* outputs: the loss, then the derivatives that are there */
  GPtrArray *weights;   /* LatentTensor *: of the sum, one for each output of the net */
  GPtrArray *gradients; /* for each array of the net: the name of its derivative, or NULL */
} Training;

static void
unref_tensor (gpointer tensor)
{
  latent_tensor_unref (tensor);
}

static void
training_free (Training *self)
{
  net_text_free (self->net);
  latent_graph_free (self->graph);
  g_ptr_array_unref (self->weights);
  g_ptr_array_unref (self->gradients);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Training, training_free)

static char *
get_weights_name (guint i)
{
  return g_strdup_printf ("loss.weights%u", i);
}

static LatentValue *
apply (LatentGraph *graph, const char *op_type, LatentValue *a, LatentValue *b)
{
  LatentNode *node = latent_graph_add_node (graph, op_type, "loss");
  LatentValue *value = latent_graph_add_value (graph, "loss");

  node->opset = 13;
  latent_node_add_input (node, a);
  if (b != NULL)
    latent_node_add_input (node, b);
  latent_node_add_output (node, value);
  value->producer = node;
  fail_unless (latent_op_infer (node, NULL));
  return value;
}

/* The sum of an output's elements, each with its weight; the weights are an input, so that nothing
 * of the derivatives is constant. */
static LatentValue *
sum_output (Training *self, LatentValue *output, guint i, guint *seed)
{
  g_autofree char *name = get_weights_name (i);
  LatentValue *weights = latent_graph_add_value (self->graph, name);

  g_ptr_array_add (self->weights, net_text_spread (&output->shape, -1, 1, i, seed));
  weights->type = output->type;
  weights->shape = output->shape;
  weights->has_shape = TRUE;
  g_ptr_array_add (self->graph->inputs, weights);
  return apply (self->graph, "ReduceSum", apply (self->graph, "Mul", output, weights), NULL);
}

static LatentValue *
add_loss (Training *self)
{
  LatentValue *loss = NULL;
  guint seed = SEED + 1;

  for (guint i = 0; i < self->graph->outputs->len; i++) {
    LatentValue *output = g_ptr_array_index (self->graph->outputs, i);
    LatentValue *sum = sum_output (self, output, i, &seed);
    loss = loss == NULL ? sum : apply (self->graph, "Add", loss, sum);
  }
  return apply (self->graph, "Identity", loss, NULL);
}

static Training *
training_new_forward (const GradientCase *c)
{
  Training *self = g_new0 (Training, 1);
  g_autoptr (GError) error = NULL;

  self->c = c;
  self->net = net_text_parse (c->net, TRUE, SEED);
  self->graph = latent_graph_copy (self->net->graph);
  self->weights = g_ptr_array_new_with_free_func (unref_tensor);
  self->gradients = g_ptr_array_new_with_free_func (g_free);
  fail_unless (latent_exec_infer_and_fold (self->graph, LATENT_FOLD_KEEP_PARAMETERS, &error),
      "%s: %s", c->name, error != NULL ? error->message : "");
  return self;
}

static gboolean
build (Training *self, GError **error)
{
  guint n = self->net->arrays->len;
  g_autofree LatentValue **wanted = g_new0 (LatentValue *, n);
  g_autofree LatentValue **gradients = g_new0 (LatentValue *, n);
  LatentValue *loss = add_loss (self);

  for (guint i = 0; i < n; i++) {
    const LatentValue *array = g_ptr_array_index (self->net->arrays, i);
    wanted[i] = latent_graph_find_value (self->graph, array->name);
  }
  if (!latent_gradient_build (self->graph, loss, wanted, n, gradients, error))
    return FALSE;
  g_ptr_array_set_size (self->graph->outputs, 0);
  g_ptr_array_add (self->graph->outputs, loss);
  for (guint i = 0; i < n; i++) {
    g_ptr_array_add (self->gradients, gradients[i] != NULL ? g_strdup (gradients[i]->name) : NULL);
    if (gradients[i] != NULL)
      g_ptr_array_add (self->graph->outputs, gradients[i]);
  }
  return TRUE;
}

static Training *
training_new (const GradientCase *c)
{
  Training *self = training_new_forward (c);
  g_autoptr (GError) error = NULL;

  fail_unless (build (self, &error), "%s: %s", c->name, error != NULL ? error->message : "");
  return self;
}

static void
bind (LatentGraph *graph, const char *name, LatentTensor *numbers)
{
  LatentValue *value = latent_graph_find_value (graph, name);

  if (value->data != NULL)
    latent_tensor_unref (value->data);
  value->data = latent_tensor_ref (numbers);
  g_ptr_array_remove (graph->inputs, value);
}

/* All of a graph by plain loops, as everything is constant: a copy, whose outputs have data. */
static LatentGraph *
evaluate (const Training *self, const LatentGraph *graph, GPtrArray *numbers)
{
  LatentGraph *copy = latent_graph_copy (graph);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < numbers->len; i++) {
    const LatentValue *array = g_ptr_array_index (self->net->arrays, i);
    bind (copy, array->name, g_ptr_array_index (numbers, i));
  }
  for (guint i = 0; i < self->weights->len; i++) {
    g_autofree char *name = get_weights_name (i);
    if (latent_graph_find_value (copy, name) != NULL)
      bind (copy, name, g_ptr_array_index (self->weights, i));
  }
  fail_unless (latent_exec_infer (copy, &error), "%s: %s", self->c->name,
      error != NULL ? error->message : "");
  return copy;
}

/* The loss, summed up in double from the net's outputs. */
static double
compute_loss (const Training *self, GPtrArray *numbers)
{
  g_autoptr (LatentGraph) result = evaluate (self, self->net->graph, numbers);
  double loss = 0;

  for (guint i = 0; i < result->outputs->len; i++) {
    const LatentTensor *output = ((LatentValue *)g_ptr_array_index (result->outputs, i))->data;
    const LatentTensor *weights = g_ptr_array_index (self->weights, i);
    for (gsize k = 0; k < output->n_elements; k++)
      loss += latent_tensor_get_double (output, k) * latent_tensor_get_double (weights, k);
  }
  return loss;
}

/* Array `index` with `by` added to an element; the others as they are. */
static double
compute_moved_loss (const Training *self, guint index, gsize element, double by)
{
  g_autoptr (GPtrArray) numbers = g_ptr_array_new_with_free_func (unref_tensor);

  for (guint i = 0; i < self->net->numbers->len; i++) {
    LatentTensor *tensor = g_ptr_array_index (self->net->numbers, i);
    LatentTensor *moved = latent_tensor_new_shape (tensor->type, &tensor->shape, NULL);
    float *data = latent_tensor_get_writable_data (moved);
    memcpy (data, tensor->data, tensor->size);
    if (i == index)
      data[element] += (float)by;
    g_ptr_array_add (numbers, moved);
  }
  return compute_loss (self, numbers);
}

/* By differences of fourth order. */
static LatentTensor *
estimate (const Training *self, guint index)
{
  const LatentTensor *array = g_ptr_array_index (self->net->numbers, index);
  LatentTensor *result = latent_tensor_new_shape (array->type, &array->shape, NULL);
  float *data = latent_tensor_get_writable_data (result);

  for (gsize i = 0; i < array->n_elements; i++) {
    double near = compute_moved_loss (self, index, i, STEP) -
                  compute_moved_loss (self, index, i, -STEP);
    double far = compute_moved_loss (self, index, i, 2 * STEP) -
                 compute_moved_loss (self, index, i, -2 * STEP);
    data[i] = (float)((8 * near - far) / (12 * STEP));
  }
  return result;
}

static void
assert_close (const Training *self, guint index, const LatentTensor *got,
    const LatentTensor *wanted, double relative, double absolute)
{
  const char *name = ((LatentValue *)g_ptr_array_index (self->net->arrays, index))->name;
  const float *a = got->data, *b = wanted->data;
  double most = 0;

  fail_unless (
      latent_shape_equal (&got->shape, &wanted->shape), "%s: shape by %s", self->c->name, name);
  for (gsize i = 0; i < wanted->n_elements; i++)
    most = fmax (most, fabs (b[i]));
  for (gsize i = 0; i < wanted->n_elements; i++)
    fail_unless (fabs (a[i] - b[i]) <= relative * most + absolute,
        "%s: derivative by element %zu of %s is %g, not %g (seed %d)", self->c->name, i, name, a[i],
        b[i], SEED);
}

/* What no derivative flows into has one of zero. */
static LatentTensor *
get_gradient (const Training *self, const LatentGraph *result, guint index)
{
  const LatentTensor *array = g_ptr_array_index (self->net->numbers, index);
  const char *name = g_ptr_array_index (self->gradients, index);

  if (name == NULL)
    return latent_tensor_new_shape (array->type, &array->shape, NULL);
  return latent_tensor_ref (latent_graph_find_value (result, name)->data);
}

GST_START_TEST (test_gradient_by_loops_is_that_of_differences)
{
  g_autoptr (Training) self = training_new (get_case ((guint)__i__));
  g_autoptr (LatentGraph) result = evaluate (self, self->graph, self->net->numbers);

  for (guint i = 0; i < self->net->arrays->len; i++) {
    g_autoptr (LatentTensor) got = get_gradient (self, result, i);
    g_autoptr (LatentTensor) wanted = estimate (self, i);
    assert_close (self, i, got, wanted, 1e-3, 2e-4);
  }
}
GST_END_TEST

static LatentTensor *
find_numbers (const Training *self, const char *name)
{
  for (guint i = 0; i < self->net->arrays->len; i++)
    if (g_str_equal (((LatentValue *)g_ptr_array_index (self->net->arrays, i))->name, name))
      return g_ptr_array_index (self->net->numbers, i);
  return g_ptr_array_index (self->weights, atoi (name + strlen ("loss.weights")));
}

/* Runs twice: the second run must not find what the first left. */
static LatentContext *
run_compiled (const Training *self, LatentProgram *program)
{
  LatentContext *context = latent_context_new (program, NULL);

  for (guint i = 0; i < latent_program_get_n_inputs (program); i++) {
    const char *name = latent_program_get_input (program, i)->name;
    fail_unless (latent_context_set_input (context, i, find_numbers (self, name), NULL));
  }
  for (guint i = 0; i < 2; i++)
    fail_unless (latent_context_run (context, NULL), "%s", self->c->name);
  return context;
}

static LatentProgram *
compile (const Training *self, guint threads)
{
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_ENCODE);
  g_autofree char *key = g_strdup_printf ("%p", (gpointer)self);
  g_autoptr (GError) error = NULL;
  LatentProgram *program;

  latent_request_set_threads (request, threads);
  latent_request_set_variable_parameters (request, TRUE);
  program = latent_exec_compile (self->graph, key, NULL, NULL, NULL, 0, request, &error);
  fail_unless (program != NULL, "%s: %s", self->c->name, error != NULL ? error->message : "");
  return program;
}

static void
check_compiled (guint index, guint threads)
{
  g_autoptr (Training) self = training_new (get_case (index));
  g_autoptr (LatentGraph) result = evaluate (self, self->graph, self->net->numbers);
  g_autoptr (LatentProgram) program = compile (self, threads);
  g_autoptr (LatentContext) context = run_compiled (self, program);
  guint output = 1; /* after the loss */

  for (guint i = 0; i < self->net->arrays->len; i++) {
    g_autoptr (LatentTensor) wanted = get_gradient (self, result, i);
    g_autoptr (LatentTensor) got = NULL;
    if (g_ptr_array_index (self->gradients, i) == NULL)
      continue;
    got = latent_context_get_output (context, output++, NULL);
    assert_close (self, i, got, wanted, 1e-4, 1e-5);
  }
}

GST_START_TEST (test_compiled_gradient_is_that_of_loops)
{
  check_compiled ((guint)__i__, 1);
  check_compiled ((guint)__i__, 2);
}
GST_END_TEST

/* Rows that nodes of the case have, as far as they are not folded. */
static void
note_rows (const GradientCase *c, GHashTable *rows)
{
  g_autoptr (Training) self = training_new_forward (c);

  for (guint i = 0; i < self->graph->nodes->len; i++) {
    const LatentNode *node = g_ptr_array_index (self->graph->nodes, i);
    g_hash_table_add (rows, (gpointer)latent_op_find (node->op_type, node->domain, node->opset));
  }
}

GST_START_TEST (test_every_row_with_a_gradient_has_a_case)
{
  g_autoptr (GHashTable) rows = g_hash_table_new (NULL, NULL);
  g_autoptr (GString) missing = g_string_new (NULL);
  guint n = 0;
  const LatentOp *const *table = latent_op_get_table (&n);

  for (guint i = 0; i < count_cases (); i++)
    note_rows (get_case (i), rows);
  for (guint i = 0; i < n; i++)
    if (table[i]->gradient != NULL && table[i]->gradient != latent_gradient_stop &&
        !g_hash_table_contains (rows, table[i]))
      g_string_append_printf (missing, " %s%s%s of opsets %u to %u;", table[i]->domain,
          *table[i]->domain != '\0' ? "." : "", table[i]->name, table[i]->opset_min,
          table[i]->opset_max);
  fail_unless (missing->len == 0, "no case for%s", missing->str);
}
GST_END_TEST

GST_START_TEST (test_operator_without_derivative_is_refused_by_name)
{
  static const GradientCase c = {"Mod", "x:2x3; y:2x3 2..3; z=Mod(x,y) fmod:i=1; o=Add(z,x)"};
  g_autoptr (Training) self = training_new_forward (&c);
  g_autoptr (GError) error = NULL;

  fail_unless (!build (self, &error));
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED));
  fail_unless (strstr (error->message, "Mod node 'z'") != NULL, "%s", error->message);
}
GST_END_TEST

static Suite *
gradient_suite (void)
{
  Suite *suite = suite_create ("gradient");
  TCase *tc = tcase_create ("gradient");
  int n = (int)count_cases ();

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_gradient_by_loops_is_that_of_differences, 0, n);
  tcase_add_loop_test (tc, test_compiled_gradient_is_that_of_loops, 0, n);
  tcase_add_test (tc, test_every_row_with_a_gradient_has_a_case);
  tcase_add_test (tc, test_operator_without_derivative_is_refused_by_name);
  return suite;
}

GST_CHECK_MAIN (gradient)
