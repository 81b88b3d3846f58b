/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/objective-net.h"

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
      model, (const char *const[]){"loss", "l1:2-3, 0.25*mse:0-1,bce:1-2", NULL});
  g_auto (Run) run = run_new (objective, NULL);
  Plain plain = compute_plain ();
  double loss = 0;

  for (guint b = 0; b < B; b++) {
    double y[D];
    for (guint d = 0; d < D; d++)
      y[d] = 1 / (1 + exp (-plain.y[b][d]));
    loss += 0.25 * pow (y[0] - (double)samples[b * D], 2) / (B * D);
    loss += (log (1 + exp (plain.y[b][1])) - (double)samples[b * D + 1] * plain.y[b][1]) / (B * D);
    loss += fabs (y[2] - (double)samples[b * D + 2]) / (B * D);
  }
  run_put (&run, "x", samples, B * D);
  run_now (&run);
  fail_unless_near (run_get_number (&run, "train.loss"), loss);
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
    {{0},                                                          {"loss", "mae"},                        "loss: 'mae' is none of: mse, l1, bce, categorical"},
    {{0},                                                          {"loss", "mse:0-4"},
     "loss: 'mse:0-4' wants a range of elements BEGIN-END within the 0-3"                                                                                     },
    {{0},                                                          {"loss", "mse:2-1"},                    "loss: 'mse:2-1' wants a range"                    },
    {{0},                                                          {"loss", "mse:0-2"},                    "loss: elements 2-3 are in no range"               },
    {{0},                                                          {"loss", "mse:1-3"},                    "loss: elements 0-1 are in no range"               },
    {{0},                                                          {"loss", "mse:0-1,l1:2-3"},             "loss: elements 1-2 are in no range"               },
    {{0},                                                          {"loss", "mse:0-2,l1:1-3"},             "loss: elements 1-2 are in two ranges"             },
    {{0},                                                          {"loss", "mse,l1"},                     "loss: elements 0-3 are in two ranges"             },
    {{0},                                                          {"loss", ""},                           "loss: elements 0-3 are in no range"               },
    {{0},                                                          {"loss", "bce"},                        "loss: bce wants numbers from 0 to 1"              },
    {{0},                                                          {"task", "predict"},                    "task: predict wants sequences"                    },
    {{0},                                                          {"kl", "1"},                            "kl: task autoencode wants a variational model"    },
    {{.is_variational = TRUE, .keys = variational},                {"rate", "1"},                          "rate: a variational model"                        },
    {{0},                                                          {"task", "classify", "loss", "mse"},    "loss: task classify wants categorical, not mse"   },
    {{0},                                                          {"task", "classify", "rate", "1"},      "rate: wants a latent tensor and a decoder"        },
    {{0},                                                          {"loss", "x*mse"},                      "loss: 'x*mse' wants a number above 0 before *"    },
    {{0},                                                          {"loss", "0*mse"},                      "loss: '0*mse' wants a number above 0 before *"    },
    {{0},                                                          {"quantise", "2", "quantise-max", "1"}, "quantise-max: 1 is below quantise, which is 2"    },
    {{0},                                                          {"quantise-max", "1"},                  "quantise-max: wants quantise, the least step"     },
    {{.keys = (const char *const[]){"latent.logvar", "lv", NULL}}, {NULL},                                 "no tensor 'lv'"                                   },
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
  tcase_add_test (tcase, denoising_has_a_target_of_its_own);
  tcase_add_test (tcase, weights_are_factors_of_elements);
  tcase_add_test (tcase, first_samples_count_alone);
  tcase_add_test (tcase, a_learned_model_has_the_values);
  tcase_add_test (tcase, metadata_and_a_frozen_latent_space_are_kept);
  tcase_add_loop_test (tcase, wrong_settings_are_named, 0, G_N_ELEMENTS (wrong));
  return suite;
}

GST_CHECK_MAIN (objective)
