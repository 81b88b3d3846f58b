/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/objective-net.h"

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

static const struct {
  const char *freeze;
  const char *steps, *motion; /* of the model that was learned */
} spaces[] = {
    {"true",  "3",   "a,b"},
    {"false", "0.5", NULL },
};

GST_START_TEST (a_frozen_encoder_keeps_its_steps)
{
  g_autoptr (LatentModel) model = make_net (&(Net){0});
  fail_unless (latent_model_set_metadata (model, "latent.steps", "3", NULL));
  fail_unless (latent_model_set_metadata (model, "latent.motion", "a,b", NULL));
  g_autoptr (LatentObjective) objective = make_objective (model,
      (const char *const[]){"quantise", "0.5", "freeze-encoder", spaces[__i__].freeze, NULL});
  g_autoptr (LatentModel) learned = latent_objective_make_model (objective, model, NULL, NULL);

  fail_unless_equals_string (
      latent_model_get_metadata (learned, "latent.steps"), spaces[__i__].steps);
  fail_unless_equals_string (
      latent_model_get_metadata (learned, "latent.motion"), spaces[__i__].motion);
}
GST_END_TEST

/* Channels go by the root of the step that is drawn, 4: symbols, and what the decoder gets. */
GST_START_TEST (channels_have_slopes)
{
  g_autoptr (LatentModel) model = make_net (&(Net){0});
  fail_unless (latent_model_set_metadata (model, "latent.slopes", "0.5", NULL));
  g_autoptr (LatentObjective) objective = make_objective (
      model, (const char *const[]){"quantise", "1", "quantise-max", "9", NULL});
  g_autoptr (LatentModel) learned = latent_objective_make_model (objective, model, NULL, NULL);
  g_auto (Run)
      run = run_new (objective, (const char *const[]){"train.symbols", "train.decoded", NULL});
  Plain plain = compute_plain ();

  /* 1 at quality 55 */
  fail_unless_equals_string (latent_model_get_metadata (learned, "latent.steps"), "0.707106781");
  run_put (&run, "x", samples, B * D);
  run_put (&run, "train.step", (const float[]){4}, 1);
  run_now (&run);
  g_autoptr (LatentTensor) symbols = run_get (&run, "train.symbols");
  g_autoptr (LatentTensor) decoded = run_get (&run, "train.decoded");
  for (guint i = 0; i < B * K; i++) {
    fail_unless_near (latent_tensor_get_double (symbols, i), plain.latent[i / K][i % K] / 2);
    fail_unless_near (latent_tensor_get_double (decoded, i), plain.latent[i / K][i % K]);
  }
}
GST_END_TEST

/* One prior for all steps: of scale exp (1) in the latent's own units. */
GST_START_TEST (a_step_that_is_drawn_scales_the_prior)
{
  g_autoptr (LatentModel) model = make_net (&(Net){0});
  g_autoptr (LatentObjective) objective = make_objective (
      model, (const char *const[]){"rate", "2", "quantise", "0.5", "quantise-max", "8", NULL});
  g_autoptr (LatentModel) learned = latent_objective_make_model (objective, model, NULL, NULL);
  g_auto (Run) run = run_new (objective, NULL);
  Plain plain = compute_plain ();
  double bits = 0;

  for (guint i = 0; i < B * K; i++)
    bits += count_bits (plain.latent[i / K][i % K] / 4 + 0.25, exp (1) / 4) / B;
  run_put (&run, "x", samples, B * D);
  run_put (&run, "train.noise", (const float[]){0.25f}, 1);
  run_put (&run, "train.step", (const float[]){4}, 1);
  run_put (&run, "train.weight", (const float[]){0.25f}, 1);
  run_put (&run, "train.rate", (const float[]){8}, 1);
  run_now (&run);
  fail_unless_near (run_get_number (&run, "train.bits"), bits);
  fail_unless_near (run_get_number (&run, "train.loss"),
      run_get_number (&run, "train.distortion") / 4 + 8 * bits / D);
  fail_unless_equals_string (latent_model_get_metadata (learned, "latent.steps"), "0.25");
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

static Suite *
objective_terms_suite (void)
{
  Suite *suite = suite_create ("objective-terms");
  TCase *tcase = tcase_create ("objective-terms");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, a_variational_loss_is_the_bound);
  tcase_add_test (tcase, bits_are_logarithms_of_probabilities);
  tcase_add_loop_test (tcase, a_frozen_encoder_keeps_its_steps, 0, G_N_ELEMENTS (spaces));
  tcase_add_test (tcase, channels_have_slopes);
  tcase_add_test (tcase, a_step_that_is_drawn_scales_the_prior);
  tcase_add_test (tcase, the_prior_is_learned_and_in_no_file);
  tcase_add_test (tcase, the_second_of_a_pair_hangs_on_the_first);
  tcase_add_test (tcase, a_classifier_learns_cross_entropy);
  tcase_add_test (tcase, a_regressor_has_values_for_labels);
  tcase_add_test (tcase, tied_weights_gather_both_gradients);
  tcase_add_test (tcase, a_prediction_is_compared_with_what_follows);
  return suite;
}

GST_CHECK_MAIN (objective_terms)
