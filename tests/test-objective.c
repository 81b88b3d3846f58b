/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/objective.h"

#include <gst/check/gstcheck.h>
#include <math.h>
#include <string.h>

#include "src/base/numeric.h"
#include "src/exec/exec.h"
#include "src/model/model.h"
#include "tests/session-models.h"

/* Samples of D elements, B of them in a batch; latents of K. */
#define B 2
#define D 3
#define K 2

static const float samples[B * D] = {1, 2, -1, 0.5f, -2, 3};
static const float encoder[K * D] = {0.5f, -1, 0.25f, 1, 0.75f, -0.5f};
static const float decoder[D * K] = {1, -0.5f, 0.25f, 2, -1, 0.5f};
static const float square[D * D] = {0.5f, -1, 0.25f, 1, 0.75f, -0.5f, 0.125f, 2, -1};

/* A 1x1 convolution: a dense layer on channels. */
static LatentValue *
add_layer (LatentGraph *graph, const char *output, const char *weight, LatentValue *src,
    gint64 rows, gint64 columns, const float *values)
{
  g_autoptr (LatentTensor) tensor = latent_tensor_new (
      LATENT_DATA_TYPE_FLOAT32, 4, (const gint64[]){rows, columns, 1, 1}, NULL);
  LatentValue *w = latent_graph_add_constant (graph, weight, tensor);

  memcpy (
      latent_tensor_get_writable_data (tensor), values, (gsize)(rows * columns) * sizeof (float));
  w->is_parameter = TRUE;
  return test_add_node (graph, "Conv", output, src, w);
}

/* Where a linear autoencoder is changed. */
typedef struct {
  const char *activation; /* after the decoder, or NULL */
  const char *const *keys;
  gboolean is_variational; /* has a log-variance, by the encoder's weights too */
  gboolean is_tied;        /* latents of D, and one weight for both layers */
} Net;

static LatentModel *
make_net (const Net *net)
{
  static const char *const no_keys[] = {NULL};
  LatentGraph *graph = latent_graph_new ("net", 13);
  LatentValue *x = test_add_input (graph, "x", 4, (const gint64[]){-1, D, 1, 1});
  LatentValue *latent = net->is_tied ? add_layer (graph, "latent", "w", x, D, D, square)
                                     : add_layer (graph, "latent", "w1", x, K, D, encoder);
  const char *output = net->activation != NULL ? "logits" : "y";
  LatentValue *y = net->is_tied ? test_add_node (graph, "Conv", output, latent,
                                      latent_graph_find_value (graph, "w"))
                                : add_layer (graph, output, "w2", latent, D, K, decoder);

  if (net->is_variational)
    g_ptr_array_add (graph->outputs, add_layer (graph, "logvar", "w3", x, K, D, encoder));
  if (net->activation != NULL)
    y = test_add_node (graph, net->activation, "y", y, NULL);
  if (g_strcmp0 (net->activation, "Softmax") == 0)
    latent_node_set_int (test_last_node (graph), "axis", 1);
  g_ptr_array_add (graph->outputs, latent);
  return test_model_new (graph, y, net->keys != NULL ? net->keys : no_keys);
}

/* KEY, VALUE, ... */
static LatentRecipe *
make_recipe (const char *const *keys)
{
  LatentRecipe *recipe = latent_recipe_new ();

  for (guint i = 0; keys != NULL && keys[i] != NULL; i += 2)
    fail_unless (latent_recipe_set (recipe, keys[i], keys[i + 1], NULL), "%s", keys[i]);
  return recipe;
}

static const LatentShape sample = {
    3, {D, 1, 1}
};

static LatentObjective *
make_objective (LatentModel *model, const char *const *keys)
{
  g_autoptr (LatentRecipe) recipe = make_recipe (keys);
  g_autoptr (GError) error = NULL;
  LatentObjective *objective = latent_objective_new (model, recipe, &sample, B, &error);

  fail_unless (objective != NULL, "%s", error != NULL ? error->message : "no error");
  return objective;
}

/* An objective's program at work. */
typedef struct {
  LatentProgram *program;
  LatentContext *context;
} Run;

static Run
run_new (const LatentObjective *objective, const char *const *outputs)
{
  static guint n_keys = 0;
  g_autofree char *key = g_strdup_printf ("test-objective-%u", n_keys++);
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_RECONSTRUCT);
  g_autoptr (GError) error = NULL;
  Run run = {NULL, NULL};

  latent_request_set_variable_parameters (request, TRUE);
  run.program = latent_exec_compile (
      objective->graph, key, NULL, outputs, NULL, 0, request, &error);
  fail_unless (run.program != NULL, "%s", error != NULL ? error->message : "");
  run.context = latent_context_new (run.program, NULL);
  return run;
}

static void
run_clear (Run *run)
{
  g_clear_pointer (&run->context, latent_context_unref);
  g_clear_pointer (&run->program, latent_program_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Run, run_clear)

/* Fills an input with numbers, which are repeated where there are too few. */
static void
run_put (Run *run, const char *name, const float *values, gsize n)
{
  for (guint i = 0; i < latent_program_get_n_inputs (run->program); i++) {
    const LatentPort *port = latent_program_get_input (run->program, i);
    g_autoptr (LatentTensor)
        tensor = latent_tensor_new (port->type, port->n_dims, port->dims, NULL);
    if (!g_str_equal (port->name, name))
      continue;
    for (gsize k = 0; k < tensor->n_elements; k++) {
      double value = (double)values[k % n];
      latent_store_doubles (port->type, latent_tensor_get_writable_data (tensor), k, 1, &value);
    }
    fail_unless (latent_context_set_input (run->context, i, tensor, NULL));
    return;
  }
  fail ("no input %s", name);
}

static LatentTensor *
run_get (Run *run, const char *name)
{
  for (guint i = 0; i < latent_program_get_n_outputs (run->program); i++)
    if (g_str_equal (latent_program_get_output (run->program, i)->name, name))
      return latent_context_get_output (run->context, i, NULL);
  fail ("no output %s", name);
  return NULL;
}

static double
run_get_number (Run *run, const char *name)
{
  g_autoptr (LatentTensor) tensor = run_get (run, name);

  fail_unless_equals_uint64 (tensor->n_elements, 1);
  return latent_tensor_get_double (tensor, 0);
}

static void
run_now (Run *run)
{
  g_autoptr (GError) error = NULL;

  fail_unless (
      latent_context_run (run->context, &error), "%s", error != NULL ? error->message : "");
}

#define fail_unless_near(a, b)                                                                     \
  fail_unless (fabs ((a) - (b)) <= 1e-5 * (1 + fabs (b)), "%s is %.9g, wanted is %.9g", #a,        \
      (double)(a), (double)(b))

/* What the net above gives, by plain loops. */
typedef struct {
  double latent[B][K];
  double y[B][D];
} Plain;

static Plain
compute_plain (void)
{
  Plain plain = {0};

  for (guint b = 0; b < B; b++) {
    for (guint k = 0; k < K; k++)
      for (guint d = 0; d < D; d++)
        plain.latent[b][k] += (double)encoder[k * D + d] * (double)samples[b * D + d];
    for (guint d = 0; d < D; d++)
      for (guint k = 0; k < K; k++)
        plain.y[b][d] += (double)decoder[d * K + k] * plain.latent[b][k];
  }
  return plain;
}

GST_START_TEST (squared_error_is_a_mean_over_elements)
{
  g_autoptr (LatentModel) model = make_net (&(Net){0});
  g_autoptr (LatentObjective) objective = make_objective (model, NULL);
  g_auto (Run) run = run_new (objective, NULL);
  Plain plain = compute_plain ();
  double loss = 0;

  for (guint i = 0; i < B * D; i++)
    loss += pow (plain.y[i / D][i % D] - (double)samples[i], 2) / (B * D);
  run_put (&run, "x", samples, B * D);
  run_now (&run);
  fail_unless_near (run_get_number (&run, "train.loss"), loss);
  fail_unless_near (run_get_number (&run, "train.distortion"), loss);
}
GST_END_TEST

GST_START_TEST (gradients_are_the_chain_rules)
{
  g_autoptr (LatentModel) model = make_net (&(Net){0});
  g_autoptr (LatentObjective) objective = make_objective (model, NULL);
  g_auto (Run) run = run_new (objective, NULL);
  g_autoptr (LatentTensor) of_encoder = NULL;
  g_autoptr (LatentTensor) of_decoder = NULL;
  Plain plain = compute_plain ();
  double slope[B][D], back[B][K] = {{0}};

  run_put (&run, "x", samples, B * D);
  run_now (&run);
  of_encoder = run_get (&run, "grad/w1");
  of_decoder = run_get (&run, "grad/w2");
  for (guint i = 0; i < B * D; i++)
    slope[i / D][i % D] = 2 * (plain.y[i / D][i % D] - (double)samples[i]) / (B * D);
  for (guint d = 0; d < D; d++)
    for (guint k = 0; k < K; k++) {
      double sum = 0;
      for (guint b = 0; b < B; b++) {
        sum += slope[b][d] * plain.latent[b][k];
        back[b][k] += slope[b][d] * (double)decoder[d * K + k];
      }
      fail_unless_near (latent_tensor_get_double (of_decoder, d * K + k), sum);
    }
  for (guint k = 0; k < K; k++)
    for (guint d = 0; d < D; d++) {
      double sum = 0;
      for (guint b = 0; b < B; b++)
        sum += back[b][k] * (double)samples[b * D + d];
      fail_unless_near (latent_tensor_get_double (of_encoder, k * D + d), sum);
    }
}
GST_END_TEST

GST_START_TEST (parameters_have_memory_of_their_own)
{
  g_autoptr (LatentModel) model = make_net (&(Net){0});
  g_autoptr (LatentObjective) objective = make_objective (model, NULL);
  const LatentValue *parameter = g_ptr_array_index (objective->parameters, 0);

  fail_unless_equals_int (objective->parameters->len, 2);
  fail_unless_equals_string (g_ptr_array_index (objective->names, 0), "w1");
  fail_unless_equals_string (g_ptr_array_index (objective->names, 1), "w2");
  fail_unless (parameter->data != latent_graph_find_value (model->graph, "w1")->data);
  fail_unless_equals_float (latent_tensor_get_double (parameter->data, 3), 1);
}
GST_END_TEST

GST_START_TEST (what_is_written_to_parameters_is_read)
{
  g_autoptr (LatentModel) model = make_net (&(Net){0});
  g_autoptr (LatentObjective) objective = make_objective (model, NULL);
  g_auto (Run) run = run_new (objective, NULL);
  const LatentValue *decoder_weights = g_ptr_array_index (objective->parameters, 1);
  double loss = 0;

  memset (latent_tensor_get_writable_data (decoder_weights->data), 0, sizeof decoder);
  for (guint i = 0; i < B * D; i++)
    loss += pow ((double)samples[i], 2) / (B * D);
  run_put (&run, "x", samples, B * D);
  run_now (&run);
  fail_unless_near (run_get_number (&run, "train.loss"), loss);
}
GST_END_TEST

GST_START_TEST (a_frozen_encoder_has_no_gradients)
{
  g_autoptr (LatentModel) model = make_net (&(Net){0});
  g_autoptr (LatentObjective)
      objective = make_objective (model, (const char *const[]){"freeze-encoder", "true", NULL});

  fail_unless_equals_int (objective->parameters->len, 1);
  fail_unless_equals_string (g_ptr_array_index (objective->names, 0), "w2");
  fail_unless (latent_graph_find_value (objective->graph, "grad/w1") == NULL);
}
GST_END_TEST

/* log(1 + exp(z)) - x z of each element, by the net's outputs before their Sigmoid. */
GST_START_TEST (bce_takes_logits_before_a_sigmoid)
{
  g_autoptr (LatentModel) model = make_net (&(Net){.activation = "Sigmoid"});
  g_autoptr (LatentObjective)
      objective = make_objective (model, (const char *const[]){"loss", "bce", NULL});
  g_auto (Run) run = run_new (objective, NULL);
  Plain plain = compute_plain ();
  double loss = 0;

  for (guint i = 0; i < B * D; i++) {
    double z = plain.y[i / D][i % D];
    loss += (log (1 + exp (z)) - (double)samples[i] * z) / (B * D);
  }
  run_put (&run, "x", samples, B * D);
  run_now (&run);
  fail_unless_near (run_get_number (&run, "train.loss"), loss);
}
GST_END_TEST

GST_START_TEST (losses_mix_by_range)
{
  g_autoptr (LatentModel) model = make_net (&(Net){.activation = "Sigmoid"});
  g_autoptr (LatentObjective) objective = make_objective (
      model, (const char *const[]){"loss", "l1:2-3, mse:0-1,bce:1-2", NULL});
  g_auto (Run) run = run_new (objective, NULL);
  Plain plain = compute_plain ();
  double loss = 0;

  for (guint b = 0; b < B; b++) {
    double y[D];
    for (guint d = 0; d < D; d++)
      y[d] = 1 / (1 + exp (-plain.y[b][d]));
    loss += pow (y[0] - (double)samples[b * D], 2) / (B * D);
    loss += (log (1 + exp (plain.y[b][1])) - (double)samples[b * D + 1] * plain.y[b][1]) / (B * D);
    loss += fabs (y[2] - (double)samples[b * D + 2]) / (B * D);
  }
  run_put (&run, "x", samples, B * D);
  run_now (&run);
  fail_unless_near (run_get_number (&run, "train.loss"), loss);
}
GST_END_TEST

static const char *const variational[] = {"latent.logvar", "logvar", NULL};

/* The log-variance is the latent here. */
GST_START_TEST (a_variational_loss_is_the_bound)
{
  g_autoptr (LatentModel) model = make_net (&(Net){.is_variational = TRUE, .keys = variational});
  g_autoptr (LatentObjective) objective = make_objective (model, NULL);
  g_auto (Run) run = run_new (objective, NULL);
  Plain plain = compute_plain ();
  double distortion = 0, kl = 0;

  for (guint b = 0; b < B; b++) {
    double y[D] = {0};
    for (guint k = 0; k < K; k++) {
      double mean = plain.latent[b][k];
      double sampled = mean + exp (mean / 2) * -0.5;
      kl += (exp (mean) + mean * mean - 1 - mean) / 2 / B;
      for (guint d = 0; d < D; d++)
        y[d] += (double)decoder[d * K + k] * sampled;
    }
    for (guint d = 0; d < D; d++)
      distortion += pow (y[d] - (double)samples[b * D + d], 2) / (B * D);
  }
  run_put (&run, "x", samples, B * D);
  run_put (&run, "train.epsilon", (const float[]){-0.5f}, 1);
  run_put (&run, "train.kl", (const float[]){0.25f}, 1);
  run_now (&run);
  fail_unless_near (run_get_number (&run, "train.distortion"), distortion);
  fail_unless_near (run_get_number (&run, "train.kl_term"), kl);
  fail_unless_near (run_get_number (&run, "train.loss"), D * distortion + 0.25 * kl);
  fail_unless_equals_int (objective->parameters->len, 3);
}
GST_END_TEST

static double
distribute (double x)
{
  return 1 / (1 + exp (-x));
}

static double
count_bits (double distance, double scale)
{
  return -log2 (distribute ((distance + 0.5) / scale) - distribute ((distance - 0.5) / scale));
}

/* The prior is around 0 at first, of scale exp (1). */
GST_START_TEST (bits_are_logarithms_of_probabilities)
{
  g_autoptr (LatentModel) model = make_net (&(Net){0});
  g_autoptr (LatentObjective) objective = make_objective (
      model, (const char *const[]){"rate", "2", "quantise", "0.5", NULL});
  g_auto (Run) run = run_new (objective, NULL);
  Plain plain = compute_plain ();
  double bits = 0;

  for (guint i = 0; i < B * K; i++)
    bits += count_bits (plain.latent[i / K][i % K] / 0.5 + 0.25, exp (1)) / B;
  run_put (&run, "x", samples, B * D);
  run_put (&run, "train.noise", (const float[]){0.25f}, 1);
  run_put (&run, "train.rate", (const float[]){2}, 1);
  run_now (&run);
  fail_unless_near (run_get_number (&run, "train.bits"), bits);
  fail_unless_near (run_get_number (&run, "train.loss"),
      run_get_number (&run, "train.distortion") + 2 * bits / D);
}
GST_END_TEST

GST_START_TEST (the_prior_is_learned_and_in_no_file)
{
  g_autoptr (LatentModel) model = make_net (&(Net){0});
  g_autoptr (LatentObjective) objective = make_objective (
      model, (const char *const[]){"rate", "2", "quantise", "0.5", NULL});
  g_autoptr (LatentModel) learned = latent_objective_make_model (objective, model, NULL, NULL);

  fail_unless_equals_int (objective->parameters->len, 4);
  fail_unless (g_ptr_array_index (objective->names, 2) == NULL);
  fail_unless_equals_int (learned->graph->values->len, model->graph->values->len);
  fail_unless_equals_string (latent_model_get_metadata (learned, "latent.steps"), "0.5");
}
GST_END_TEST

/* The second frame's at first: around the first one's, of scale 1. */
GST_START_TEST (the_second_of_a_pair_hangs_on_the_first)
{
  g_autoptr (LatentModel) model = make_net (&(Net){0});
  g_autoptr (LatentObjective)
      objective = make_objective (model, (const char *const[]){"rate", "2", "pairs", "true", NULL});
  g_auto (Run) run = run_new (objective, NULL);
  Plain plain = compute_plain ();
  double bits = 0;

  for (guint k = 0; k < K; k++) {
    double symbols[B] = {rint (plain.latent[0][k]), rint (plain.latent[1][k])};
    bits += (count_bits (symbols[0], exp (1)) + count_bits (symbols[1] - symbols[0], 1)) / B;
  }
  run_put (&run, "x", samples, B * D);
  run_put (&run, "train.round", (const float[]){1}, 1);
  run_now (&run);
  fail_unless_near (run_get_number (&run, "train.bits"), bits);
  fail_unless_equals_int (objective->parameters->len, 8);
}
GST_END_TEST

GST_START_TEST (a_classifier_learns_cross_entropy)
{
  g_autoptr (LatentModel) model = make_net (&(Net){.activation = "Softmax"});
  g_autoptr (LatentObjective)
      objective = make_objective (model, (const char *const[]){"task", "classify", NULL});
  g_auto (Run) run = run_new (objective, NULL);
  Plain plain = compute_plain ();
  const float labels[B] = {0, 2};
  double entropy = 0, correct = 0;

  for (guint b = 0; b < B; b++) {
    const double *z = plain.y[b];
    guint label = (guint)labels[b];
    entropy += (log (exp (z[0]) + exp (z[1]) + exp (z[2])) - z[label]) / B;
    correct += z[label] >= z[0] && z[label] >= z[1] && z[label] >= z[2];
  }
  run_put (&run, "x", samples, B * D);
  run_put (&run, "train.label", labels, B);
  run_now (&run);
  fail_unless_near (run_get_number (&run, "train.loss"), entropy);
  fail_unless_near (run_get_number (&run, "train.correct"), correct);
}
GST_END_TEST

GST_START_TEST (a_regressor_has_values_for_labels)
{
  g_autoptr (LatentModel) model = make_net (&(Net){0});
  g_autoptr (LatentObjective) objective = make_objective (
      model, (const char *const[]){"task", "regress", "loss", "l1", NULL});
  g_auto (Run) run = run_new (objective, NULL);
  Plain plain = compute_plain ();
  double loss = 0;

  for (guint i = 0; i < B * D; i++)
    loss += fabs (plain.y[i / D][i % D] - 4) / (B * D);
  run_put (&run, "x", samples, B * D);
  run_put (&run, "train.label", (const float[]){4}, 1);
  run_now (&run);
  fail_unless_near (run_get_number (&run, "train.loss"), loss);
}
GST_END_TEST

/* Both uses of the weight count: as the loss's difference says. */
GST_START_TEST (tied_weights_gather_both_gradients)
{
  g_autoptr (LatentModel) model = make_net (&(Net){.is_tied = TRUE});
  g_autoptr (LatentObjective) objective = make_objective (model, NULL);
  g_auto (Run) run = run_new (objective, NULL);
  const LatentValue *weight = g_ptr_array_index (objective->parameters, 0);
  float *w = latent_tensor_get_writable_data (weight->data);
  g_autoptr (LatentTensor) gradient = NULL;

  fail_unless_equals_int (objective->parameters->len, 1);
  run_put (&run, "x", samples, B * D);
  run_now (&run);
  gradient = run_get (&run, "grad/w");
  for (guint i = 0; i < D * D; i++) {
    const float step = 1.f / 64;
    double above, below, found = latent_tensor_get_double (gradient, i);
    w[i] = square[i] + step;
    run_now (&run);
    above = run_get_number (&run, "train.loss");
    w[i] = square[i] - step;
    run_now (&run);
    below = run_get_number (&run, "train.loss");
    w[i] = square[i];
    fail_unless (fabs (found - (above - below) / (2 * (double)step)) < 0.01 * (1 + fabs (found)),
        "%u: %g, differences say %g", i, found, (above - below) / (2 * (double)step));
  }
}
GST_END_TEST

/* y at place t against x at place t + 1. */
GST_START_TEST (a_prediction_is_compared_with_what_follows)
{
  const LatentShape places = {
      2, {3, 1}
  };
  LatentGraph *graph = latent_graph_new ("sequence", 13);
  g_autoptr (LatentTensor)
      two = latent_tensor_new (LATENT_DATA_TYPE_FLOAT32, 2, (const gint64[]){1, 1}, NULL);
  LatentValue *x = test_add_input (graph, "x", 3, (const gint64[]){-1, 3, 1});
  LatentValue *w = latent_graph_add_constant (graph, "w", two);
  LatentValue *latent = test_add_node (graph, "Identity", "latent", x, NULL);
  LatentValue *y = test_add_node (graph, "MatMul", "y", latent, w);
  g_autoptr (LatentModel) model = NULL;
  g_autoptr (LatentRecipe) recipe = make_recipe ((const char *const[]){"task", "predict", NULL});
  g_autoptr (LatentObjective) objective = NULL;
  g_auto (Run) run = {NULL, NULL};

  *(float *)latent_tensor_get_writable_data (two) = 2;
  w->is_parameter = TRUE;
  g_ptr_array_add (graph->outputs, latent);
  model = test_model_new (graph, y, (const char *const[]){NULL});
  objective = latent_objective_new (model, recipe, &places, 1, NULL);
  fail_unless (objective != NULL);
  run = run_new (objective, NULL);
  run_put (&run, "x", (const float[]){1, 5, 11}, 3);
  run_now (&run);
  fail_unless_near (run_get_number (&run, "train.loss"), (3. * 3 + 1. * 1) / 2);
}
GST_END_TEST

GST_START_TEST (denoising_has_a_target_of_its_own)
{
  g_autoptr (LatentModel) model = make_net (&(Net){0});
  g_autoptr (LatentObjective)
      objective = make_objective (model, (const char *const[]){"noise", "0.5", NULL});
  g_auto (Run) run = run_new (objective, NULL);
  Plain plain = compute_plain ();
  double loss = 0;

  for (guint i = 0; i < B * D; i++)
    loss += pow (plain.y[i / D][i % D] - 1, 2) / (B * D);
  run_put (&run, "x", samples, B * D);
  run_put (&run, "train.target", (const float[]){1}, 1);
  run_now (&run);
  fail_unless_near (run_get_number (&run, "train.loss"), loss);
}
GST_END_TEST

GST_START_TEST (weights_are_factors_of_elements)
{
  g_autoptr (LatentModel) model = make_net (&(Net){0});
  g_autoptr (LatentObjective)
      objective = make_objective (model, (const char *const[]){"moving", "4", NULL});
  g_auto (Run) run = run_new (objective, NULL);
  Plain plain = compute_plain ();

  run_put (&run, "x", samples, B * D);
  run_put (&run, "train.weights", (const float[]){0, 5, 0, 0, 0, 0}, 6);
  run_now (&run);
  fail_unless_near (run_get_number (&run, "train.loss"),
      5 * pow (plain.y[0][1] - (double)samples[1], 2) / (B * D));
}
GST_END_TEST

/* A test's program ends at the losses; the last batch may not be full. */
GST_START_TEST (first_samples_count_alone)
{
  g_autoptr (LatentModel) model = make_net (&(Net){.activation = "Sigmoid"});
  g_autoptr (LatentObjective)
      objective = make_objective (model, (const char *const[]){"loss", "bce", NULL});
  g_auto (Run) run = run_new (objective, (const char *const[]){"train.mse", NULL});
  Plain plain = compute_plain ();
  double mse = 0;

  for (guint d = 0; d < D; d++)
    mse += pow (1 / (1 + exp (-plain.y[0][d])) - (double)samples[d], 2) / D;
  run_put (&run, "x", samples, B * D);
  run_put (&run, "train.count", (const float[]){1}, 1);
  run_now (&run);
  fail_unless_near (run_get_number (&run, "train.mse"), mse);
}
GST_END_TEST

GST_START_TEST (a_learned_model_has_the_values)
{
  g_autoptr (LatentModel) model = make_net (&(Net){0});
  g_autoptr (LatentObjective) objective = make_objective (model, NULL);
  float new_encoder[K * D] = {9, 8, 7, 6, 5, 4};
  float new_decoder[D * K] = {1, 2, 3, 4, 5, 6};
  float *values[] = {new_encoder, new_decoder};
  g_autoptr (LatentModel) learned = latent_objective_make_model (objective, model, values, NULL);

  fail_unless (learned != NULL);
  fail_unless_equals_float (
      latent_tensor_get_double (latent_graph_find_value (learned->graph, "w1")->data, 1), 8);
  fail_unless_equals_float (
      latent_tensor_get_double (latent_graph_find_value (learned->graph, "w2")->data, 5), 6);
  /* The model that it was made of is as it was. */
  fail_unless_equals_float (
      latent_tensor_get_double (latent_graph_find_value (model->graph, "w1")->data, 1), -1);
  fail_if (g_str_equal (latent_model_get_id (learned), latent_model_get_id (model)));
}
GST_END_TEST

GST_START_TEST (metadata_and_a_frozen_latent_space_are_kept)
{
  g_autoptr (LatentModel) model = make_net (&(Net){
      .keys = (const char *const[]){"who", "me", "latent.prior", "1", NULL}
  });
  g_autoptr (LatentObjective)
      objective = make_objective (model, (const char *const[]){"freeze-encoder", "true", NULL});
  g_autoptr (LatentModel) learned = latent_objective_make_model (objective, model, NULL, NULL);

  fail_unless_equals_string (latent_model_get_metadata (learned, "who"), "me");
  fail_unless_equals_string (latent_model_get_metadata (learned, "latent.prior"), "1");
  fail_unless_equals_string (latent_model_get_id (learned), latent_model_get_id (model));
}
GST_END_TEST

static const struct {
  Net net;
  const char *keys[7];
  const char *error;
} wrong[] = {
    {{0},                                                          {"loss", "mae"},                     "loss: 'mae' is none of: mse, l1, bce, categorical"},
    {{0},                                                          {"loss", "mse:0-4"},
     "loss: 'mse:0-4' wants a range of elements BEGIN-END within the 0-3"                                                                                  },
    {{0},                                                          {"loss", "mse:2-1"},                 "loss: 'mse:2-1' wants a range"                    },
    {{0},                                                          {"loss", "mse:0-2"},                 "loss: elements 2-3 are in no range"               },
    {{0},                                                          {"loss", "mse:1-3"},                 "loss: elements 0-1 are in no range"               },
    {{0},                                                          {"loss", "mse:0-1,l1:2-3"},          "loss: elements 1-2 are in no range"               },
    {{0},                                                          {"loss", "mse:0-2,l1:1-3"},          "loss: elements 1-2 are in two ranges"             },
    {{0},                                                          {"loss", "mse,l1"},                  "loss: elements 0-3 are in two ranges"             },
    {{0},                                                          {"loss", ""},                        "loss: elements 0-3 are in no range"               },
    {{0},                                                          {"loss", "bce"},                     "loss: bce wants numbers from 0 to 1"              },
    {{0},                                                          {"task", "predict"},                 "task: predict wants sequences"                    },
    {{0},                                                          {"kl", "1"},                         "kl: task autoencode wants a variational model"    },
    {{.is_variational = TRUE, .keys = variational},                {"rate", "1"},                       "rate: a variational model"                        },
    {{0},                                                          {"task", "classify", "loss", "mse"}, "loss: task classify wants categorical, not mse"   },
    {{0},                                                          {"task", "classify", "rate", "1"},   "rate: wants a latent tensor and a decoder"        },
    {{.keys = (const char *const[]){"latent.logvar", "lv", NULL}}, {NULL},                              "no tensor 'lv'"                                   },
};

GST_START_TEST (wrong_settings_are_named)
{
  g_autoptr (LatentModel) model = make_net (&wrong[__i__].net);
  g_autoptr (LatentRecipe) recipe = make_recipe (wrong[__i__].keys);
  g_autoptr (GError) error = NULL;

  fail_unless (latent_objective_new (model, recipe, &sample, B, &error) == NULL);
  fail_unless (strstr (error->message, wrong[__i__].error) != NULL, "%s", error->message);
}
GST_END_TEST

static Suite *
objective_suite (void)
{
  Suite *suite = suite_create ("objective");
  TCase *tcase = tcase_create ("objective");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, squared_error_is_a_mean_over_elements);
  tcase_add_test (tcase, gradients_are_the_chain_rules);
  tcase_add_test (tcase, parameters_have_memory_of_their_own);
  tcase_add_test (tcase, what_is_written_to_parameters_is_read);
  tcase_add_test (tcase, a_frozen_encoder_has_no_gradients);
  tcase_add_test (tcase, bce_takes_logits_before_a_sigmoid);
  tcase_add_test (tcase, losses_mix_by_range);
  tcase_add_test (tcase, a_variational_loss_is_the_bound);
  tcase_add_test (tcase, bits_are_logarithms_of_probabilities);
  tcase_add_test (tcase, the_prior_is_learned_and_in_no_file);
  tcase_add_test (tcase, the_second_of_a_pair_hangs_on_the_first);
  tcase_add_test (tcase, a_classifier_learns_cross_entropy);
  tcase_add_test (tcase, a_regressor_has_values_for_labels);
  tcase_add_test (tcase, tied_weights_gather_both_gradients);
  tcase_add_test (tcase, a_prediction_is_compared_with_what_follows);
  tcase_add_test (tcase, denoising_has_a_target_of_its_own);
  tcase_add_test (tcase, weights_are_factors_of_elements);
  tcase_add_test (tcase, first_samples_count_alone);
  tcase_add_test (tcase, a_learned_model_has_the_values);
  tcase_add_test (tcase, metadata_and_a_frozen_latent_space_are_kept);
  tcase_add_loop_test (tcase, wrong_settings_are_named, 0, G_N_ELEMENTS (wrong));
  return suite;
}

GST_CHECK_MAIN (objective)
