/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/objective-net.h"

#define WINDOW 128
#define HOP    64

/* y is a half of x, window by window. */
static LatentModel *
make_half (const char *input)
{
  const char *const keys[] = {"latent.input", input, "latent.hop", "64", NULL};
  LatentGraph *graph = latent_graph_new ("half", 13);
  LatentValue *x = test_add_input (graph, "x", 3, (const gint64[]){-1, 1, WINDOW});
  LatentValue *latent = test_add_node (graph, "Identity", "latent", x, NULL);
  g_autoptr (LatentTensor)
      half = latent_tensor_new (LATENT_DATA_TYPE_FLOAT32, 1, (const gint64[]){1}, NULL);
  LatentValue *w = latent_graph_add_constant (graph, "w", half);

  *(float *)latent_tensor_get_writable_data (half) = .5f;
  w->is_parameter = TRUE;
  LatentValue *y = test_add_node (graph, "Mul", "y", latent, w);
  g_ptr_array_add (graph->outputs, latent);
  return test_model_new (graph, y, g_str_equal (input, "vector") ? keys + 4 : keys);
}

static LatentObjective *
make (LatentModel *model, const char *const *keys, guint batch, GError **error)
{
  static const LatentShape window = {
      2, {1, WINDOW}
  };
  g_autoptr (LatentRecipe) recipe = make_recipe (keys);

  return latent_objective_new (model, recipe, &window, batch, error);
}

/* Two windows, one hop after the other, of 1, -1, 1, -1 ...: the second finishes the hop that both
 * hold, the first one's is not counted. */
GST_START_TEST (a_sequence_is_heard_as_one)
{
  g_autoptr (LatentModel) model = make_half ("audio/8000/1");
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentObjective) objective = make (
      model, (const char *const[]){"sequence", "2", "spectral", "0.25", NULL}, 2, &error);
  fail_unless (objective != NULL, "%s", error != NULL ? error->message : "");
  g_auto (Run) run = run_new (objective, NULL);

  run_put (&run, "x", (const float[]){1, -1}, 2);
  run_now (&run);
  fail_unless_equals_int (objective->unit, 2);
  fail_unless_near (run_get_number (&run, "train.distortion"), 0.125);
  /* One frame: a half is 6.0206 dB less, where there is something above -90 dB. */
  double spectral = run_get_number (&run, "train.spectral");
  fail_unless (spectral > 0.5 && spectral <= 6.0206, "%g", spectral);
  fail_unless_near (run_get_number (&run, "train.loss"), 0.125 + 0.25 * spectral);
}
GST_END_TEST

/* The same, 16 windows of a tone at half of the rate, alike: its power in spectra is 64 of white
 * noise's 1 and more, so that its error counts for less than as it is. */
GST_START_TEST (what_is_loud_counts_less)
{
  g_autoptr (LatentModel) model = make_half ("audio/8000/1");
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentObjective) objective = make (
      model, (const char *const[]){"sequence", "1024", "shaped", "2", NULL}, 1024, &error);
  fail_unless (objective != NULL, "%s", error != NULL ? error->message : "");
  g_auto (Run) loud = run_new (objective, NULL), quiet = run_new (objective, NULL);

  run_put (&loud, "x", (const float[]){1, -1}, 2);
  run_now (&loud);
  run_put (&quiet, "x", (const float[]){.01f, -.01f}, 2);
  run_now (&quiet);
  double many = run_get_number (&loud, "train.shaped"),
         few = run_get_number (&quiet, "train.shaped");
  /* 40 dB less: 10^-4 of the error, which counts 10^(4 / 4) times as much */
  fail_unless (fabs (many / few / 1000 - 1) < .01, "%g, %g", many, few);
  fail_unless_near (
      run_get_number (&loud, "train.loss"), run_get_number (&loud, "train.distortion") + 2 * many);
}
GST_END_TEST

static const struct {
  const char *input, *keys[5];
  guint batch;
  const char *said;
} wrong[] = {
    {"audio/8000/1", {"sequence", "2"}, 3,
     "batch: 3 is no multiple of the 2 samples of a sequence"                             },
    {"audio/8000/1", {"pairs", "true"}, 3, "batch: 3 is no multiple of the 2 samples of a"},
    {"vector",       {"spectral", "1"}, 2, "spectral: wants an autoencoder of windows"    },
};

GST_START_TEST (what_is_no_sound_is_refused)
{
  g_autoptr (LatentModel) model = make_half (wrong[__i__].input);
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentObjective)
      objective = make (model, wrong[__i__].keys, wrong[__i__].batch, &error);

  fail_unless (objective == NULL && error != NULL);
  fail_unless (strstr (error->message, wrong[__i__].said) != NULL, "%s", error->message);
}
GST_END_TEST

static Suite *
objective_sound_suite (void)
{
  Suite *suite = suite_create ("objective-sound");
  TCase *tcase = tcase_create ("general");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, a_sequence_is_heard_as_one);
  tcase_add_test (tcase, what_is_loud_counts_less);
  tcase_add_loop_test (tcase, what_is_no_sound_is_refused, 0, G_N_ELEMENTS (wrong));
  return suite;
}

GST_CHECK_MAIN (objective_sound)
