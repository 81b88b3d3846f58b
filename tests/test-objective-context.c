/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/objective-net.h"

/* Pictures of two channels, two rows and three columns, whose latents are themselves. */
#define CHANNELS 2
#define ROWS     2
#define COLUMNS  3
#define SIZE     (CHANNELS * ROWS * COLUMNS)

static const float picture[SIZE] = {3, 0, -1, 2, 5, 0, 0, -4, 1, 0, 0, 7};
static const LatentShape picture_shape = {
    3, {CHANNELS, ROWS, COLUMNS}
};

static LatentModel *
make_copy (void)
{
  static const float unit[CHANNELS * CHANNELS] = {1, 0, 0, 1};
  LatentGraph *graph = latent_graph_new ("copy", 13);
  LatentValue *x = test_add_input (graph, "x", 4, (const gint64[]){-1, CHANNELS, ROWS, COLUMNS});
  LatentValue *latent = add_layer (graph, "latent", "w1", x, CHANNELS, CHANNELS, unit);

  g_ptr_array_add (graph->outputs, latent);
  return test_model_new (graph, add_layer (graph, "y", "w2", latent, CHANNELS, CHANNELS, unit),
      (const char *const[]){NULL});
}

static LatentObjective *
make_context (LatentModel *model, const char *const *keys)
{
  g_autoptr (LatentRecipe) recipe = make_recipe (keys);
  g_autoptr (GError) error = NULL;
  LatentObjective *objective = latent_objective_new (model, recipe, &picture_shape, 1, &error);

  fail_unless (objective != NULL, "%s", error != NULL ? error->message : "no error");
  return objective;
}

static void
fill (const LatentObjective *objective, const char *name, float value)
{
  LatentValue *parameter = latent_graph_find_value (objective->graph, name);

  fail_unless (parameter != NULL, "%s", name);
  for (gsize i = 0; i < parameter->data->n_elements; i++)
    ((float *)latent_tensor_get_writable_data (parameter->data))[i] = value;
}

static double
get_magnitude (int c, int y, int x)
{
  if (x < 0 || x >= COLUMNS || y < 0)
    return 0;
  return log (1 + fabs ((double)picture[(c * ROWS + y) * COLUMNS + x]));
}

/* All that is decoded before symbol (c, y, x) and touches its place. */
static double
sum_before (int c, int y, int x)
{
  double sum = 0;

  for (int k = 0; k < CHANNELS; k++) {
    sum += get_magnitude (k, y, x - 1) + get_magnitude (k, y - 1, x - 1) +
           get_magnitude (k, y - 1, x) + get_magnitude (k, y - 1, x + 1);
    sum += k < c ? get_magnitude (k, y, x) : 0;
  }
  return sum;
}

static double
count_bits (double distance, double scale)
{
  double above = 1 / (1 + exp (-(distance + 0.5) / scale));
  double below = 1 / (1 + exp (-(distance - 0.5) / scale));

  return -log2 (above - below);
}

/* Scales are exp (1 + 0.1 x what is known + slope x log (step)) of the latent's units. */
static double
expect_bits (double step, double slope)
{
  double bits = 0;

  for (int i = 0; i < SIZE; i++) {
    int c = i / (ROWS * COLUMNS), y = i / COLUMNS % ROWS, x = i % COLUMNS;
    double scale = exp (1 + 0.1 * sum_before (c, y, x) + slope * log (step)) / step;
    bits += count_bits ((double)picture[i], scale);
  }
  return bits;
}

GST_START_TEST (scales_go_by_what_is_decoded_before)
{
  g_autoptr (LatentModel) model = make_copy ();
  g_autoptr (LatentObjective) objective = make_context (
      model, (const char *const[]){"rate", "1", "rate-context", "true", NULL});
  g_auto (Run) run = run_new (objective, NULL);

  run_put (&run, "x", picture, SIZE);
  run_put (&run, "train.round", (const float[]){1}, 1);
  fill (objective, "train.prior.near", 0.1f);
  run_now (&run);
  fail_unless_near (run_get_number (&run, "train.bits"), expect_bits (1, 0));
}
GST_END_TEST

GST_START_TEST (scales_go_by_the_step_too)
{
  g_autoptr (LatentModel) model = make_copy ();
  g_autoptr (LatentObjective)
      objective = make_context (model, (const char *const[]){"rate", "1", "rate-context", "true",
                                           "quantise", "0.25", "quantise-max", "4", NULL});
  g_auto (Run) run = run_new (objective, NULL);
  float fine[SIZE];

  for (guint i = 0; i < SIZE; i++)
    fine[i] = picture[i] / 2;
  run_put (&run, "x", fine, SIZE);
  run_put (&run, "train.round", (const float[]){1}, 1);
  run_put (&run, "train.step", (const float[]){0.5f}, 1);
  fill (objective, "train.prior.near", 0.1f);
  fill (objective, "train.prior.slope", 0.75f / 16);
  run_now (&run);
  fail_unless_near (run_get_number (&run, "train.bits"), expect_bits (0.5, 0.75));
}
GST_END_TEST

/* What is masked has no derivative: it is never learned. */
GST_START_TEST (what_comes_later_is_not_looked_at)
{
  g_autoptr (LatentModel) model = make_copy ();
  g_autoptr (LatentObjective) objective = make_context (
      model, (const char *const[]){"rate", "1", "rate-context", "true", NULL});
  g_auto (Run) run = run_new (objective, NULL);
  g_autoptr (LatentTensor) gradient = NULL;

  run_put (&run, "x", picture, SIZE);
  run_put (&run, "train.rate", (const float[]){1}, 1);
  run_now (&run);
  gradient = run_get (&run, "grad/train.prior.near");
  for (guint i = 0; i < CHANNELS * CHANNELS * 9; i++) {
    guint to = i / 9 / CHANNELS, from = i / 9 % CHANNELS, place = i % 9;
    gboolean is_before = place < 4 || (place == 4 && from < to);
    fail_unless (is_before == (latent_tensor_get_double (gradient, i) != 0), "%u: %g", i,
        latent_tensor_get_double (gradient, i));
  }
}
GST_END_TEST

GST_START_TEST (vectors_have_no_places)
{
  const LatentShape vector = {1, {2}};
  LatentGraph *graph = latent_graph_new ("vectors", 13);
  LatentValue *x = test_add_input (graph, "x", 2, (const gint64[]){-1, 2});
  g_autoptr (LatentTensor)
      tensor = latent_tensor_new (LATENT_DATA_TYPE_FLOAT32, 2, (const gint64[]){2, 2}, NULL);
  LatentValue *weights = latent_graph_add_constant (graph, "w", tensor);
  LatentValue *latent = test_add_node (graph, "MatMul", "latent", x, weights);
  g_autoptr (LatentModel) model = NULL;
  g_autoptr (LatentRecipe)
      recipe = make_recipe ((const char *const[]){"rate", "1", "rate-context", "true", NULL});
  g_autoptr (GError) error = NULL;

  weights->is_parameter = TRUE;
  g_ptr_array_add (graph->outputs, latent);
  model = test_model_new (
      graph, test_add_node (graph, "MatMul", "y", latent, weights), (const char *const[]){NULL});
  fail_unless (latent_objective_new (model, recipe, &vector, 1, &error) == NULL);
  fail_unless (strstr (error->message, "rate-context: wants latents of a picture") != NULL, "%s",
      error->message);
}
GST_END_TEST

static Suite *
objective_context_suite (void)
{
  Suite *suite = suite_create ("objective-context");
  TCase *tcase = tcase_create ("objective-context");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, scales_go_by_what_is_decoded_before);
  tcase_add_test (tcase, scales_go_by_the_step_too);
  tcase_add_test (tcase, what_comes_later_is_not_looked_at);
  tcase_add_test (tcase, vectors_have_no_places);
  return suite;
}

GST_CHECK_MAIN (objective_context)
