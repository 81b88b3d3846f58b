/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <math.h>

#include "src/base/random.h"
#include "src/train/trainer.h"
#include "tests/arch-case.h"

/* Vectors of length 1 that turn, each sequence by an angle of its own: the last one alone does not
 * tell the next, and no linear rule does for all angles. */
#define PLACES 8
#define BATCH  32
#define SEED   7
#define NET    "arch=transformer task=predict width=32 heads=4 layers=1 batch=32 lr=0.003 "

static const LatentSampleSpec spec = {
    .sample = {2, {PLACES, 2}}
};

static LatentModel *
must_build (const LatentRecipe *recipe)
{
  g_autoptr (GError) error = NULL;
  LatentModel *model = latent_arch_build (recipe, &spec, &error);

  fail_unless (model != NULL, "%s", error != NULL ? error->message : "");
  return model;
}

static void
draw_sequence (LatentRandom *random, float *dst)
{
  float angles[2]; /* the first vector's, and by how much the others are turned */

  latent_random_fill_uniform (random, &angles[0], 1, 0, 6.2831853f);
  latent_random_fill_uniform (random, &angles[1], 1, -1, 1);
  for (guint i = 0; i < PLACES; i++) {
    dst[2 * i] = cosf (angles[0] + (float)i * angles[1]);
    dst[2 * i + 1] = sinf (angles[0] + (float)i * angles[1]);
  }
}

/* Draws a batch; what repeating costs on it, as the trainer counts: a mean over all numbers. */
static double
fill_batch (LatentTrainer *trainer, LatentRandom *random)
{
  double squares = 0;

  for (guint i = 0; i < BATCH; i++) {
    LatentSampleRoom room;
    latent_trainer_get_room (trainer, i, &room);
    draw_sequence (random, room.src);
    for (guint j = 2; j < 2 * PLACES; j++)
      squares += (room.src[j] - room.src[j - 2]) * (room.src[j] - room.src[j - 2]);
  }
  return squares / (BATCH * 2 * (PLACES - 1));
}

static LatentTrainer *
must_make_trainer (void)
{
  g_autoptr (LatentRecipe) recipe = arch_case_new_recipe (NET);
  g_autoptr (LatentModel) model = must_build (recipe);
  LatentTrainer *trainer = latent_trainer_new (model, recipe, &spec.sample, NULL);

  fail_unless (trainer != NULL);
  return trainer;
}

/* The error on a new batch as part of what repeating has. */
static double
compare_with_repeating (LatentTrainer *trainer, LatentRandom *random)
{
  LatentTrainResult result;
  double repeating = fill_batch (trainer, random);

  fail_unless (latent_trainer_test (trainer, BATCH, NULL));
  latent_trainer_end_test (trainer, &result);
  return result.mse / repeating;
}

GST_START_TEST (a_prediction_begins_near_repeating)
{
  g_autoptr (LatentTrainer) trainer = must_make_trainer ();
  LatentRandom random;

  latent_random_init (&random, SEED, LATENT_RANDOM_SAMPLE, 0);
  double part = compare_with_repeating (trainer, &random);
  fail_unless (part > .7 && part < 1.3, "seed %d: %g of what repeating costs", SEED, part);
}
GST_END_TEST

GST_START_TEST (a_prediction_learns_what_repeating_cannot)
{
  g_autoptr (LatentTrainer) trainer = must_make_trainer ();
  LatentTrainResult result;
  LatentRandom random;

  latent_random_init (&random, SEED, LATENT_RANDOM_SAMPLE, 0);
  for (guint i = 0; i < 600; i++) {
    fill_batch (trainer, &random);
    fail_unless (latent_trainer_step (trainer, &result, NULL));
  }
  double part = compare_with_repeating (trainer, &random);
  fail_unless (part < .25, "seed %d: %g of what repeating costs", SEED, part);
}
GST_END_TEST

/* Only the net that adds to its input needs that input beside its latent. */
static const struct {
  const char *settings;
  gboolean decodes;
} modes[] = {
    {NET,                             FALSE},
    {NET "output-activation=sigmoid", TRUE },
};

GST_START_TEST (a_sum_has_no_decoder)
{
  g_autoptr (LatentRecipe) recipe = arch_case_new_recipe (modes[__i__].settings);
  g_autoptr (LatentModel) model = must_build (recipe);

  fail_unless (latent_model_supports_mode (model, LATENT_MODE_RECONSTRUCT));
  fail_unless (latent_model_supports_mode (model, LATENT_MODE_ENCODE));
  ck_assert_int_eq (latent_model_supports_mode (model, LATENT_MODE_DECODE), modes[__i__].decodes);
}
GST_END_TEST

static Suite *
arch_predict_suite (void)
{
  Suite *suite = suite_create ("arch-predict");
  TCase *nets = tcase_create ("nets");

  suite_add_tcase (suite, nets);
  tcase_add_test (nets, a_prediction_begins_near_repeating);
  tcase_add_test (nets, a_prediction_learns_what_repeating_cannot);
  tcase_add_loop_test (nets, a_sum_has_no_decoder, 0, G_N_ELEMENTS (modes));
  return suite;
}

GST_CHECK_MAIN (arch_predict)
