/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <math.h>
#include <string.h>

#include "src/exec/exec.h"

/* LSTM, GRU and RNN and their gradients as oneDNN computes them, against the operators' own plain
 * loops, on random numbers: 5 steps of 3 sequences of 17 numbers, 20 hidden. Inputs other than X
 * are W, R, B, sequence_lens, initial_h, initial_c, P; what a case lists is there. */

#define STEPS  5
#define BATCH  3
#define INPUTS 17
#define HIDDEN 20
#define SEED   20240611

typedef struct {
  const char *op;
  const char *direction;
  const char *attributes; /* NAME=NUMBER or NAME=WORD,... ; separated by spaces */
  const char *inputs;  /* letters: B bias, l lengths, L full lengths, h and c states, P peepholes */
  const char *outputs; /* letters: Y, h, c */
  gboolean emits;      /* else plain loops are wanted */
} Case;

#define CELL(op, attributes, inputs, outputs)                                                      \
  {op, "forward", attributes, inputs, outputs, TRUE},                                              \
      {op, "reverse", attributes, inputs, outputs, TRUE},                                          \
  {                                                                                                \
    op, "bidirectional", attributes, inputs, outputs, TRUE                                         \
  }

static const Case cases[] = {
    CELL ("RNN", "", "", "Y"),
    CELL ("RNN", "", "Bh", "Yh"),
    CELL ("RNN", "activations=Relu", "Bh", "Yh"),
    CELL ("GRU", "", "", "Y"),
    CELL ("GRU", "", "Bh", "Yh"),
    CELL ("GRU", "", "B", "h"),
    CELL ("GRU", "linear_before_reset=1", "", "Y"),
    CELL ("GRU", "linear_before_reset=1", "Bh", "Yh"),
    CELL ("GRU", "linear_before_reset=1", "B", "h"),
    CELL ("LSTM", "", "", "Y"),
    CELL ("LSTM", "", "B", "Yhc"),
    CELL ("LSTM", "", "Bhc", "Yhc"),
    CELL ("LSTM", "", "Bh", "Yc"),
    CELL ("LSTM", "", "c", "h"),
    CELL ("LSTM", "activations=sigmoid,tanh,tanh", "BLhc", "Yhc"),
    CELL ("RNNGradient", "", "Bh", "Yh"),
    CELL ("RNNGradient", "activations=Relu", "B", "Y"),
    CELL ("GRUGradient", "", "Bh", "Yh"),
    CELL ("GRUGradient", "", "", "h"),
    CELL ("GRUGradient", "linear_before_reset=1", "Bh", "Yh"),
    CELL ("GRUGradient", "linear_before_reset=1", "", "h"),
    CELL ("LSTMGradient", "", "Bhc", "Yhc"),
    CELL ("LSTMGradient", "", "BL", "c"),
    {"LSTMGradient", "reverse",       "",                               "Blhc", "Yhc", FALSE},
    {"GRUGradient",  "forward",       "layout=1",                       "Bh",   "Yh",  FALSE},
    {"GRU",          "forward",       "linear_before_reset=1 layout=1", "Bh",   "Yh",  FALSE},
    {"GRU",          "bidirectional", "clip=0.5",                       "Bh",   "Yh",  FALSE},
    {"GRU",          "forward",       "activations=HardSigmoid,Tanh",   "B",    "Y",   FALSE},
    {"RNN",          "forward",       "activations=Softsign",           "B",    "Y",   FALSE},
    {"RNN",          "reverse",       "",                               "Bl",   "Yh",  FALSE},
    {"LSTM",         "reverse",       "",                               "Blhc", "Yhc", FALSE},
    {"LSTM",         "bidirectional", "",                               "BhcP", "Yhc", FALSE},
    {"LSTM",         "forward",       "input_forget=1",                 "Bhc",  "Yhc", FALSE},
    {"LSTM",         "forward",       "clip=0.3",                       "Bhc",  "Yhc", FALSE},
};

static void
fill_random (LatentTensor *tensor, guint *seed)
{
  float *data = latent_tensor_get_writable_data (tensor);

  for (gsize i = 0; i < tensor->n_elements; i++) {
    *seed = *seed * 1664525u + 1013904223u;
    data[i] = (float)(*seed >> 8) / (float)(1 << 23) - 1.0f;
  }
}

/* What the weights of a graph are. */
typedef enum { CONSTANT, VARIABLE, GIVEN } Weights;

typedef struct {
  const Case *c;
  LatentGraph *graph;
  LatentNode *node;
  GPtrArray *inputs; /* LatentTensor *: what the graph's inputs hold */
  Weights weights;
  guint seed;
} Net;

static void
add_floats (Net *self, const char *name, gboolean is_weights, LatentShape shape)
{
  LatentTensor *tensor = latent_tensor_new_shape (LATENT_DATA_TYPE_FLOAT32, &shape, NULL);
  LatentValue *value = latent_graph_add_value (self->graph, name);

  fill_random (tensor, &self->seed);
  value->type = tensor->type;
  value->shape = shape;
  value->has_shape = TRUE;
  latent_node_add_input (self->node, value);
  if (is_weights && self->weights != GIVEN) {
    value->data = tensor;
    value->is_parameter = TRUE;
    return;
  }
  g_ptr_array_add (self->graph->inputs, value);
  g_ptr_array_add (self->inputs, tensor);
}

static void
add_lengths (Net *self, gboolean full)
{
  static const gint32 some[BATCH] = {2, STEPS, 1}, all[BATCH] = {STEPS, STEPS, STEPS};
  const LatentShape shape = {1, {BATCH}};
  g_autoptr (LatentTensor) tensor = latent_tensor_new_shape (LATENT_DATA_TYPE_INT32, &shape, NULL);

  memcpy (latent_tensor_get_writable_data (tensor), full ? all : some, sizeof all);
  latent_node_add_input (self->node, latent_graph_add_constant (self->graph, "lengths", tensor));
}

static gboolean
has (const char *letters, char letter)
{
  return strchr (letters, letter) != NULL;
}

static gboolean
is_gradient (const Case *c)
{
  return g_str_has_suffix (c->op, "Gradient");
}

/* Those by outputs. */
static void
add_derivatives (Net *self, gint64 d, const LatentShape *state)
{
  static const char letters[] = "Yhc";
  const LatentShape dst = has (self->c->attributes, 'y')
                              ? (LatentShape){4, {BATCH, STEPS, d, HIDDEN}}
                              : (LatentShape){4, {STEPS, d, BATCH, HIDDEN}};

  for (guint i = 0; i < 3; i++) {
    g_autofree char *name = g_strdup_printf ("d%c", letters[i]);
    if (has (self->c->outputs, letters[i]))
      add_floats (self, name, FALSE, i == 0 ? dst : *state);
    else
      latent_node_add_input (self->node, NULL);
  }
}

static void
add_inputs (Net *self)
{
  const Case *c = self->c;
  gboolean batch_first = has (c->attributes, 'y'); /* of layout */
  gint64 d = g_str_equal (c->direction, "bidirectional") ? 2 : 1;
  gint64 gates = *c->op == 'L' ? 4 : *c->op == 'G' ? 3 : 1;
  LatentShape src =
                  {
                      3, {STEPS, BATCH, INPUTS}
  },
              state = {3, {d, BATCH, HIDDEN}};

  if (batch_first) {
    src = (LatentShape){
        3, {BATCH, STEPS, INPUTS}
    };
    state = (LatentShape){
        3, {BATCH, d, HIDDEN}
    };
  }
  add_floats (self, "x", FALSE, src);
  add_floats (self, "w", TRUE,
      (LatentShape){
          3, {d, gates * HIDDEN, INPUTS}
  });
  add_floats (self, "r", TRUE,
      (LatentShape){
          3, {d, gates * HIDDEN, HIDDEN}
  });
  if (has (c->inputs, 'B'))
    add_floats (self, "b", TRUE,
        (LatentShape){
            2, {d, 2 * gates * HIDDEN}
    });
  else
    latent_node_add_input (self->node, NULL);
  if (has (c->inputs, 'l') || has (c->inputs, 'L'))
    add_lengths (self, has (c->inputs, 'L'));
  else
    latent_node_add_input (self->node, NULL);
  if (has (c->inputs, 'h'))
    add_floats (self, "h", FALSE, state);
  else
    latent_node_add_input (self->node, NULL);
  if (*c->op == 'L' && has (c->inputs, 'c'))
    add_floats (self, "c", FALSE, state);
  else if (*c->op == 'L' || is_gradient (c))
    latent_node_add_input (self->node, NULL);
  if (has (c->inputs, 'P'))
    add_floats (self, "p", TRUE,
        (LatentShape){
            2, {d, 3 * HIDDEN}
    });
  else if (is_gradient (c))
    latent_node_add_input (self->node, NULL);
  if (is_gradient (c))
    add_derivatives (self, d, &state);
}

/* The same for each direction. */
static void
set_activations (LatentNode *node, const char *text, guint directions)
{
  g_auto (GStrv) names = g_strsplit (text, ",", -1);
  LatentAttribute *attribute = g_new0 (LatentAttribute, 1);
  guint n = g_strv_length (names);

  attribute->name = g_strdup ("activations");
  attribute->type = LATENT_ATTRIBUTE_STRINGS;
  attribute->n = directions * n;
  attribute->strings = g_new0 (char *, attribute->n + 1);
  for (guint i = 0; i < attribute->n; i++)
    attribute->strings[i] = g_strdup (names[i % n]);
  latent_node_take_attribute (node, attribute);
}

static void
add_attributes (LatentNode *node, const Case *c)
{
  g_auto (GStrv) words = g_strsplit (c->attributes, " ", -1);

  latent_node_set_string (node, "direction", c->direction);
  for (guint i = 0; words[i] != NULL; i++) {
    g_auto (GStrv) parts = g_strsplit (words[i], "=", 2);
    if (g_str_equal (parts[0], "clip"))
      latent_node_set_float (node, parts[0], (float)g_ascii_strtod (parts[1], NULL));
    else if (g_str_equal (parts[0], "activations"))
      set_activations (node, parts[1], g_str_equal (c->direction, "bidirectional") ? 2 : 1);
    else
      latent_node_set_int (node, parts[0], g_ascii_strtoll (parts[1], NULL, 10));
  }
}

static void
net_init (Net *self, const Case *c, Weights weights)
{
  static const char letters[] = "Yhc";
  guint n = *c->op == 'L' ? (is_gradient (c) ? 6 : 3) : is_gradient (c) ? 5 : 2;
  g_autoptr (GError) error = NULL;

  *self = (Net){.c = c, .weights = weights, .seed = SEED};
  self->graph = latent_graph_new (c->op, 14);
  self->inputs = g_ptr_array_new_with_free_func ((GDestroyNotify)latent_tensor_unref);
  self->node = latent_graph_add_node (self->graph, c->op, "cell");
  self->node->opset = is_gradient (c) ? 1 : 14;
  if (is_gradient (c)) {
    g_free (self->node->domain);
    self->node->domain = g_strdup ("latent.training");
  }
  add_attributes (self->node, c);
  add_inputs (self);
  for (guint i = 0; i < n; i++) {
    LatentValue *value = NULL;
    if (is_gradient (c) || has (c->outputs, letters[i])) {
      value = latent_graph_add_value (self->graph, "y");
      g_ptr_array_add (self->graph->outputs, value);
    }
    latent_node_add_output (self->node, value);
  }
  fail_unless (latent_graph_sort (self->graph, &error), "%s", error != NULL ? error->message : "");
}

static void
net_clear (Net *self)
{
  latent_graph_free (self->graph);
  g_ptr_array_unref (self->inputs);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Net, net_clear)

static LatentContext *
run (const Net *self, const LatentRequest *request, char **kernels)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *key = g_strdup_printf ("%p", (gpointer)self->graph);
  g_autoptr (LatentProgram)
      program = latent_exec_compile (self->graph, key, NULL, NULL, NULL, 0, request, &error);
  LatentContext *context;

  fail_unless (program != NULL, "%s", error != NULL ? error->message : "");
  context = latent_context_new (program, NULL);
  for (guint i = 0; i < latent_program_get_n_inputs (program); i++)
    fail_unless (latent_context_set_input (context, i, g_ptr_array_index (self->inputs, i), NULL));
  for (guint i = 0; i < 2; i++) /* the second must not find what the first left */
    fail_unless (latent_context_run (context, &error));
  *kernels = latent_program_describe_kernels (program);
  return context;
}

/* By plain loops: everything is bound, and so folded. */
static LatentContext *
run_plain (const Net *self)
{
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_ENCODE);
  g_autofree char *kernels = NULL;

  for (guint i = 0; i < self->inputs->len; i++)
    latent_request_bind (request, ((LatentValue *)g_ptr_array_index (self->graph->inputs, i))->name,
        g_ptr_array_index (self->inputs, i));
  return run (self, request, &kernels);
}

static void
assert_close (const Case *c, guint output, const LatentTensor *got, const LatentTensor *wanted)
{
  const float *a = got->data, *b = wanted->data;
  float most = 1;

  fail_unless (latent_shape_equal (&got->shape, &wanted->shape), "%s: shape", c->op);
  for (gsize i = 0; i < wanted->n_elements; i++)
    most = fmaxf (most, fabsf (b[i]));
  for (gsize i = 0; i < wanted->n_elements; i++)
    fail_unless (fabsf (a[i] - b[i]) <= 2e-5f * most,
        "%s %s %s of %s: element %zu of output %u is %g, not %g (seed %d)", c->op, c->direction,
        c->attributes, c->inputs, i, output, (double)a[i], (double)b[i], SEED);
}

static void
check_case (const Case *c, Weights weights, guint threads)
{
  g_auto (Net) net = {0};
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_ENCODE);
  g_autoptr (LatentContext) got = NULL;
  g_autoptr (LatentContext) wanted = NULL;
  g_autofree char *kernels = NULL;

  net_init (&net, c, weights);
  latent_request_set_threads (request, threads);
  latent_request_set_variable_parameters (request, weights == VARIABLE);
  got = run (&net, request, &kernels);
  wanted = run_plain (&net);
  for (guint i = 0; i < net.graph->outputs->len; i++) {
    g_autoptr (LatentTensor) a = latent_context_get_output (got, i, NULL);
    g_autoptr (LatentTensor) b = latent_context_get_output (wanted, i, NULL);
    assert_close (c, i, a, b);
  }
  fail_unless ((strstr (kernels, "loops") == NULL) == c->emits, "%s %s %s of %s: steps are\n%s",
      c->op, c->direction, c->attributes, c->inputs, kernels);
}

GST_START_TEST (test_emitted_with_constant_weights)
{
  check_case (&cases[__i__], CONSTANT, 1);
}
GST_END_TEST

GST_START_TEST (test_emitted_with_variable_parameters)
{
  check_case (&cases[__i__], VARIABLE, 1);
}
GST_END_TEST

GST_START_TEST (test_emitted_with_weights_as_inputs)
{
  check_case (&cases[__i__], GIVEN, 2);
}
GST_END_TEST

static Suite *
emit_recurrent_suite (void)
{
  Suite *suite = suite_create ("emit recurrent");
  TCase *tc = tcase_create ("emit recurrent");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_emitted_with_constant_weights, 0, G_N_ELEMENTS (cases));
  tcase_add_loop_test (tc, test_emitted_with_variable_parameters, 0, G_N_ELEMENTS (cases));
  tcase_add_loop_test (tc, test_emitted_with_weights_as_inputs, 0, G_N_ELEMENTS (cases));
  return suite;
}

GST_CHECK_MAIN (emit_recurrent)
