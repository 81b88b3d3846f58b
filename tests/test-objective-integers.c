/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Learning through integers: what a quantised file holds, what is learned of it, and that it pays.
 */
#include <gst/check/gstcheck.h>
#include <math.h>
#include <string.h>

#include "learning.h"
#include "src/model/model.h"
#include "src/train/calibration.h"
#include "src/train/objective.h"

#define N      64
#define RECIPE "arch=dense hidden=16 latent=2 batch=16 activation=relu lr=0.01 threads=1 "

static const LatentShape sample = {1, {LEARNING_D}};

/* All samples of the feed, a batch of one each. */
static GPtrArray *
take_samples (void)
{
  g_autoptr (LatentFeed) feed = learning_feed (N);
  GPtrArray *samples = g_ptr_array_new_with_free_func ((GDestroyNotify)latent_tensor_unref);

  fail_unless (feed->start (feed, 0, NULL));
  for (guint i = 0; i < N; i++) {
    LatentTensor *tensor = latent_tensor_new (
        LATENT_DATA_TYPE_FLOAT32, 2, (gint64[]){1, LEARNING_D}, NULL);
    LatentSampleRoom room = {.src = latent_tensor_get_writable_data (tensor)};
    fail_unless_equals_int (feed->next (feed, &room, NULL), LATENT_FEED_SAMPLE);
    g_ptr_array_add (samples, tensor);
  }
  return samples;
}

static LatentModel *
learn_reals (void)
{
  g_autoptr (LatentTrainer) trainer = learning_trainer (RECIPE);
  g_autoptr (LatentFeed) feed = learning_feed (N);

  learning_steps (trainer, feed, 800);
  return latent_trainer_get_model (trainer, NULL);
}

static LatentModel *
quantize (LatentModel *model, GPtrArray *samples)
{
  const LatentCalibrationSettings settings = {LATENT_RANGE_MSE, TRUE, 1};
  const LatentShape shape = {
      2, {1, LEARNING_D}
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentCalibration)
      calibration = latent_calibration_new (model, &settings, &shape, &error);
  gboolean all[16];
  LatentModel *integers;

  g_assert_no_error (error);
  for (guint i = 0; i < samples->len; i++)
    latent_calibration_add (calibration, samples->pdata[i], TRUE);
  fail_unless (latent_calibration_run (calibration, &error));
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    all[i] = TRUE;
  integers = latent_calibration_make_model (calibration, all, &error);
  g_assert_no_error (error);
  return integers;
}

/* Makes the steps of what layers read so many times as large: as if there were fewer bits. */
static LatentModel *
coarsen (const LatentModel *model, float times)
{
  LatentGraph *graph = latent_graph_copy (model->graph);
  g_autoptr (GError) error = NULL;
  LatentModel *coarse;

  for (guint i = 0; i < graph->values->len; i++) {
    LatentValue *value = graph->values->pdata[i];
    if (!g_str_has_suffix (value->name, "/scale") || value->shape.n != 0)
      continue;
    float scale = (float)latent_tensor_get_double (value->data, 0);
    latent_tensor_unref (value->data);
    value->data = latent_tensor_new_float (scale * times);
  }
  coarse = latent_model_new_changed (model, graph, TRUE, &error);
  g_assert_no_error (error);
  return coarse;
}

static double
get_mse (LatentModel *model, GPtrArray *samples)
{
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_RECONSTRUCT);
  g_autoptr (LatentProgram) program = NULL;
  g_autoptr (LatentContext) context = NULL;
  g_autoptr (GError) error = NULL;
  double sum = 0;

  latent_request_set_shape (request, NULL, 2, (gint64[]){1, LEARNING_D});
  latent_request_set_precision (request, LATENT_PRECISION_F32);
  program = latent_program_new (model, request, &error);
  g_assert_no_error (error);
  context = latent_context_new (program, NULL);
  for (guint i = 0; i < samples->len; i++) {
    const LatentTensor *src = samples->pdata[i];
    g_autoptr (LatentTensor) dst = NULL;
    fail_unless (latent_context_set_input (context, 0, src, NULL));
    fail_unless (latent_context_run (context, NULL));
    dst = latent_context_get_output (context, 0, NULL);
    for (gsize j = 0; j < LEARNING_D; j++)
      sum += pow (latent_tensor_get_double (dst, j) - latent_tensor_get_double (src, j), 2);
  }
  return sum / samples->len / LEARNING_D;
}

static guint
count (const LatentModel *model, const char *op)
{
  guint n = 0;

  for (guint i = 0; i < model->graph->nodes->len; i++)
    n += g_str_equal (((LatentNode *)model->graph->nodes->pdata[i])->op_type, op) ? 1 : 0;
  return n;
}

/* Of 8 bits hardly any is lost; of what is left of four, learning wins half back and more. */
GST_START_TEST (learning_wins_back)
{
  g_autoptr (GPtrArray) samples = take_samples ();
  g_autoptr (LatentModel) reals = learn_reals ();
  g_autoptr (LatentModel) fine = quantize (reals, samples);
  g_autoptr (LatentModel) coarse = coarsen (fine, 24);
  g_autoptr (LatentRecipe) recipe = learning_recipe (RECIPE "lr=0.003");
  g_autoptr (LatentTrainer) trainer = latent_trainer_new (coarse, recipe, &sample, NULL);
  g_autoptr (LatentFeed) feed = learning_feed (N);
  g_autoptr (LatentModel) learned = NULL;
  double errors[4];

  fail_unless (trainer != NULL);
  learning_steps (trainer, feed, 1500);
  learned = latent_trainer_get_model (trainer, NULL);
  errors[0] = get_mse (reals, samples);
  errors[1] = get_mse (fine, samples);
  errors[2] = get_mse (coarse, samples);
  errors[3] = get_mse (learned, samples);
  fail_unless (errors[1] < errors[2] / 10, "%g %g %g", errors[0], errors[1], errors[2]);
  fail_unless (errors[3] < errors[2] / 2, "%g, of %g", errors[3], errors[2]);
  fail_unless_equals_int (count (learned, "QuantizeLinear"), count (coarse, "QuantizeLinear"));
  fail_unless_equals_int (count (learned, "DequantizeLinear"), count (coarse, "DequantizeLinear"));
}
GST_END_TEST

/* What a step of training sees is what the file gives that is written then. */
GST_START_TEST (what_is_written_is_what_was_learned)
{
  g_autoptr (GPtrArray) samples = take_samples ();
  g_autoptr (LatentModel) reals = learn_reals ();
  g_autoptr (LatentModel) fine = quantize (reals, samples);
  g_autoptr (LatentRecipe) recipe = learning_recipe (RECIPE "lr=0.001");
  g_autoptr (LatentTrainer) trainer = latent_trainer_new (fine, recipe, &sample, NULL);
  g_autoptr (LatentFeed) feed = learning_feed (N);
  g_autoptr (LatentModel) learned = NULL;
  LatentTrainResult result;
  double mse;

  learning_steps (trainer, feed, 50);
  learned = latent_trainer_get_model (trainer, NULL);
  fail_unless (feed->start (feed, 0, NULL));
  for (guint i = 0; i < N / 16; i++) {
    for (guint j = 0; j < 16; j++) {
      LatentSampleRoom room;
      latent_trainer_get_room (trainer, j, &room);
      fail_unless_equals_int (feed->next (feed, &room, NULL), LATENT_FEED_SAMPLE);
    }
    fail_unless (latent_trainer_test (trainer, 16, NULL));
  }
  latent_trainer_end_test (trainer, &result);
  mse = get_mse (learned, samples);
  /* but for biases, which have 32 bits, and what falls between two integers */
  fail_unless (fabs (mse - result.mse) < .05 * mse, "%g, %g", mse, result.mse);
}
GST_END_TEST

/* Scales stay, and so do names, so that a file that was learned can be learned further. */
GST_START_TEST (only_integers_change)
{
  g_autoptr (GPtrArray) samples = take_samples ();
  g_autoptr (LatentModel) reals = learn_reals ();
  g_autoptr (LatentModel) fine = quantize (reals, samples);
  g_autoptr (LatentRecipe) recipe = learning_recipe (RECIPE "lr=0.01");
  g_autoptr (LatentTrainer) trainer = latent_trainer_new (fine, recipe, &sample, NULL);
  g_autoptr (LatentFeed) feed = learning_feed (N);
  g_autoptr (LatentModel) learned = NULL;
  guint changed = 0;

  learning_steps (trainer, feed, 20);
  learned = latent_trainer_get_model (trainer, NULL);
  for (guint i = 0; i < fine->graph->values->len; i++) {
    const LatentValue *before = fine->graph->values->pdata[i];
    const LatentValue *after = latent_graph_find_value (learned->graph, before->name);
    fail_unless (after != NULL, "%s", before->name);
    if (before->data == NULL)
      continue;
    fail_unless_equals_int (before->data->type, after->data->type);
    fail_unless_equals_int (before->data->size, after->data->size);
    if (memcmp (before->data->data, after->data->data, before->data->size) == 0)
      continue;
    fail_unless (g_str_has_suffix (before->name, "/quantized"), "%s", before->name);
    changed++;
  }
  fail_unless_equals_int (changed, 8); /* weights and biases of four layers */
}
GST_END_TEST

static Suite *
objective_integers_suite (void)
{
  Suite *suite = suite_create ("objective-integers");
  TCase *tcase = tcase_create ("general");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, learning_wins_back);
  tcase_add_test (tcase, what_is_written_is_what_was_learned);
  tcase_add_test (tcase, only_integers_change);
  return suite;
}

GST_CHECK_MAIN (objective_integers)
