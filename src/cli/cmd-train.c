/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include "src/base/output.h"
#include "src/cli/command.h"
#include "src/cli/components.h"
#include "src/cli/curve.h"
#include "src/cli/feed.h"
#include "src/cli/flags.h"
#include "src/cli/interrupt.h"
#include "src/cli/options.h"
#include "src/cli/progress.h"
#include "src/cli/result.h"
#include "src/train/pca.h"
#include "src/train/trainer.h"

/* What is learned, and how far. */
typedef struct {
  LatentRecipe *recipe;
  LatentData *data;
  LatentModel *model; /* before */
  LatentTrainer *trainer;
  LatentFeed *feed, *test;
  LatentCurve *curve;
  LatentProgress progress;
  guint64 steps; /* in all; 0: not known */
  double test_loss;
  LatentFitSummary summary;
} Training;

static void
clear_training (Training *self)
{
  latent_curve_free (self->curve);
  latent_feed_free (self->feed);
  latent_feed_free (self->test);
  latent_trainer_free (self->trainer);
  g_clear_pointer (&self->model, latent_model_unref);
  latent_data_free (self->data);
  latent_recipe_free (self->recipe);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Training, clear_training)

static const char *
get_text (const Training *self, const char *key)
{
  return latent_recipe_get_string (self->recipe, key);
}

static gboolean
check (Training *self, GError **error)
{
  const char *curve = get_text (self, "curve");
  if (!latent_option_require ("-o MODEL", get_text (self, "output"), error))
    return FALSE;
  if (latent_recipe_get_bool (self->recipe, "resume") && !get_text (self, "checkpoint")) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--resume: goes on from a checkpoint, whose folder --checkpoint DIR says");
    return FALSE;
  }
  if (latent_recipe_get_bool (self->recipe, "pairs") &&
      latent_recipe_get_int (self->recipe, "batch") % 2 != 0) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--batch: with pairs it is a multiple of 2");
    return FALSE;
  }
  return latent_output_check (get_text (self, "output"), error) &&
         (!curve || (latent_curve_check (curve, error) && latent_output_check (curve, error)));
}

static LatentComponents
get_components (Training *self)
{
  return (LatentComponents){
      self->feed, latent_data_get_spec (self->data), &self->progress, &latent_interrupt_flag};
}

static gboolean
start_from_pca (Training *self, GError **error)
{
  LatentComponents components = get_components (self);
  g_autoptr (LatentPca) pca = latent_components_of_samples (
      &components, (gsize)latent_recipe_get_int (self->recipe, "latent"), error);
  if (pca && latent_arch_init_pca (self->model, pca, error))
    return TRUE;
  g_prefix_error (error, "init: pca: ");
  return FALSE;
}

/* A model of random weights, but for the tiles that a net begins with. */
static gboolean
build_model (Training *self, GError **error)
{
  LatentSampleSpec spec = *latent_data_get_spec (self->data);
  g_autoptr (LatentModel) tiles = NULL;
  if (latent_recipe_is (self->recipe, "direct", "pca")) {
    LatentComponents components = get_components (self);
    tiles = latent_components_of_tiles (&components, self->recipe, error);
    if (!tiles) {
      g_prefix_error (error, "direct: pca: ");
      return FALSE;
    }
  }
  spec.tiles = tiles;
  self->model = latent_arch_build (self->recipe, &spec, error);
  return self->model != NULL;
}

static gboolean
wants_head (const Training *self)
{
  return (latent_recipe_is (self->recipe, "task", "classify") ||
             latent_recipe_is (self->recipe, "task", "regress")) &&
         !latent_model_get_metadata (self->model, "latent.head");
}

/* The model to begin with, and the feeds. */
static gboolean
prepare (Training *self, char **inputs, GError **error)
{
  const char *init = get_text (self, "init");
  gboolean pca = init && strcmp (init, "pca") == 0;
  if (init && !pca && !(self->model = latent_model_load (init, error)))
    return FALSE;
  self->data = latent_data_new (self->recipe, inputs, self->model, error);
  if (!self->data)
    return FALSE;
  self->feed = latent_data_open_train (self->data, error);
  if (!self->feed || (!self->model && !build_model (self, error)) ||
      (pca && !start_from_pca (self, error)))
    return FALSE;
  if (wants_head (self)) {
    LatentModel *headed = latent_arch_add_head (
        self->model, self->recipe, latent_data_get_n_outputs (self->data), error);
    if (!headed)
      return FALSE;
    latent_model_unref (self->model);
    self->model = headed;
  }
  if (latent_data_has_test (self->data) &&
      !(self->test = latent_data_open_test (self->data, error)))
    return FALSE;
  self->trainer = latent_trainer_new (
      self->model, self->recipe, &latent_data_get_spec (self->data)->sample, error);
  return self->trainer != NULL;
}

/* How many steps there will be, where that can be told. */
static guint64
count_steps (const Training *self)
{
  guint64 steps = (guint64)latent_recipe_get_int (self->recipe, "steps");
  guint64 epochs = (guint64)latent_recipe_get_int (self->recipe, "epochs");
  guint batch = latent_trainer_get_batch (self->trainer);
  if (latent_recipe_get_double (self->recipe, "minutes") > 0)
    return 0;
  return steps ? steps : self->feed->n_samples / batch * epochs;
}

static double
get_part (const Training *self, guint64 step)
{
  double minutes = latent_recipe_get_double (self->recipe, "minutes");
  if (minutes > 0)
    return (double)(g_get_monotonic_time () - self->progress.start) / 60e6 / minutes;
  return self->steps ? (double)step / (double)self->steps : -1;
}

/* A LatentFitFunc. */
static gboolean
follow (const LatentTrainResult *train, const LatentTrainResult *test, gpointer data)
{
  Training *self = data;
  if (test) {
    self->test_loss = test->loss;
    latent_curve_add_test (self->curve, train->step, test->loss);
  } else {
    latent_curve_add (self->curve, train->step, train->loss);
  }
  g_autofree char *tested = isnan (self->test_loss)
                                ? g_strdup ("")
                                : g_strdup_printf (", test %.5g", self->test_loss);
  latent_progress_say (&self->progress, get_part (self, train->step),
      "step %" G_GUINT64_FORMAT ", loss %.5g%s", train->step, train->loss, tested);
  return !latent_interrupt_came ();
}

/* The evidence lower bound with its sign changed, in nats a sample, where the losses are its. */
static double
get_nll (const Training *self, const LatentTrainResult *result)
{
  const LatentShape *sample = &latent_data_get_spec (self->data)->sample;
  if (!latent_recipe_is (self->recipe, "loss", "bce"))
    return NAN;
  return (double)latent_shape_product (sample, 0, sample->n) * result->distortion + result->kl;
}

static void
print_result (Training *self, gboolean json)
{
  const LatentFitSummary *summary = &self->summary;
  const LatentTrainResult *result = self->test ? &summary->test : &summary->train;
  GVariantBuilder builder;
  const struct {
    const char *key;
    double value;
    gboolean always;
  } numbers[] = {
      {"seconds",    summary->seconds,                      TRUE   },
      {"train_loss", summary->train.loss,                   TRUE   },
      {"test_loss",  self->test ? summary->test.loss : NAN, TRUE   },
      {"test_mse",   self->test ? summary->test.mse : NAN,  TRUE   },
      {"accuracy",   result->accuracy,                      FALSE  },
      {"kl",         result->kl,                            FALSE  },
      {"nll",        get_nll (self,                         result), FALSE},
      {"bits",            result->bits,                                            FALSE                           },
  };
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "steps", g_variant_new_uint64 (summary->steps));
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    if (numbers[i].always || isfinite (numbers[i].value))
      g_variant_builder_add (
          &builder, "{sv}", numbers[i].key, g_variant_new_double (numbers[i].value));
  latent_interrupt_put (&builder);
  g_autoptr (GVariant) dictionary = g_variant_ref_sink (g_variant_builder_end (&builder));
  latent_result_print (json, dictionary);
}

static gboolean
write_model (Training *self, GError **error)
{
  const char *output = get_text (self, "output"), *curve = get_text (self, "curve");
  g_autoptr (LatentModel) model = latent_trainer_get_model (self->trainer, error);
  if (!model || !latent_model_save (model, output, error))
    return FALSE;
  g_autofree char *title = g_path_get_basename (output);
  return !curve || latent_curve_write (self->curve, title, curve, error);
}

/* What goes for a bottleneck and is none. */
static void
note_bottleneck (Training *self)
{
  g_autoptr (GVariant) about = latent_model_describe (self->model, NULL);
  guint64 d = 0, k = 0;
  if (!about || !latent_recipe_is (self->recipe, "task", "autoencode"))
    return;
  g_variant_lookup (about, "d", "t", &d);
  g_variant_lookup (about, "k", "t", &k);
  if (d > 0 && k >= d)
    latent_progress_note (&self->progress,
        "%" G_GUINT64_FORMAT " latents for %" G_GUINT64_FORMAT
        " numbers are no bottleneck: the net can learn to copy",
        k, d);
}

/* What was learned before things went wrong is kept. */
static gboolean
keep_last (Training *self, GError *cause, GError **error)
{
  const char *output = get_text (self, "output");
  g_autoptr (GError) failure = NULL;
  gboolean kept = latent_trainer_get_step (self->trainer) > 0 && write_model (self, &failure);
  g_propagate_error (error, cause);
  if (kept)
    g_prefix_error (error, "%s holds the weights from before; ", output);
  return FALSE;
}

static gboolean
run_training (Training *self, GError **error)
{
  GError *cause = NULL;
  self->curve = latent_curve_new ();
  self->test_loss = NAN;
  self->steps = count_steps (self);
  note_bottleneck (self);
  latent_progress_init (&self->progress, "steps");
  gboolean done = latent_trainer_fit (
      self->trainer, self->feed, self->test, follow, self, &self->summary, &cause);
  latent_progress_clear (&self->progress);
  if (!done)
    return keep_last (self, cause, error);
  if (!write_model (self, error))
    return FALSE;
  if (latent_interrupt_came ())
    latent_progress_note (&self->progress,
        "interrupted after %" G_GUINT64_FORMAT " steps; %s is what was learned so far",
        self->summary.steps, get_text (self, "output"));
  else if (self->summary.stopped_early)
    latent_progress_note (&self->progress,
        "stopped after %" G_GUINT64_FORMAT " steps: the test got no better", self->summary.steps);
  return TRUE;
}

static gboolean
run_train (const LatentCommandLine *line, GError **error)
{
  g_auto (Training) self = {0};
  self.recipe = latent_flags_make_recipe (error);
  latent_progress_init (&self.progress, "samples");
  if (!self.recipe || !check (&self, error))
    return FALSE;
  latent_interrupt_catch ();
  gboolean done = prepare (&self, line->arguments, error) && run_training (&self, error);
  latent_progress_clear (&self.progress);
  if (done)
    print_result (&self, line->json);
  return done;
}

const LatentCommand latent_command_train = {
    "train",
    "[INPUT...] -o MODEL",
    "Learn an autoencoder, or go on learning a model",
    "Every option but --recipe is a key of a recipe, too. NPY and IDX files are vectors unless "
    "--format says that they are pictures; media are I420 pictures, or sound where they have sound "
    "alone.\n\nCtrl-C ends the training: what was learned so far is written. The same seed, "
    "threads and machine give the same weights.\n\ntrain_loss is the mean over the last epoch; "
    "test_mse is per number, in the net's units.\n\nExamples:\n"
    "  latent train --recipe mnist-dense -o dense.onnx\n"
    "  latent train pictures/ --arch conv --latent 48 --crop 128x128 --halve --minutes 30 -o "
    "photo.onnx\n"
    "  latent train clip.avi --init photo.onnx --crop 128x128 --halve --lr 0.0003 --steps 2000 -o "
    "camera.onnx",
    NULL,
    0,
    0,
    run_train,
    latent_flags_get_options,
};
