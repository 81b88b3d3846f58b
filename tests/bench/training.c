/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "src/exec/bench.h"
#include "src/train/trainer-private.h"
#include "src/train/trainer.h"

/* bench-training MODEL SAMPLES.f32 STEPS KEY=VALUE...: steps of training on samples in the order of
 * the file (floats, a sample of the model's input after the other, again from the first when all
 * are used), the recipe's keys as given. Prints the loss before each step, then "seconds a step"
 * (the least and the median) and "peak" (resident MiB). tests/bench/training.py does the same with
 * PyTorch. With STEPS 0: what every step of the training program takes, in ms, and what its bare
 * primitive does. */

typedef struct {
  LatentModel *model;
  LatentRecipe *recipe;
  LatentTrainer *trainer;
  LatentShape sample;
  gsize d; /* elements of a sample */
  float *samples;
  gsize n; /* samples */
  double *seconds;
} Bench;

/* Shape of one sample of the model's input, without the batch. */
static gboolean
get_sample (LatentModel *model, LatentShape *sample, GError **error)
{
  g_autoptr (GVariant) facts = latent_model_describe (model, error);
  g_autoptr (GVariant) shape = NULL;
  const gint64 *dims;
  gsize n = 0;

  if (facts == NULL)
    return FALSE;
  shape = g_variant_lookup_value (facts, "input_shape", G_VARIANT_TYPE ("ax"));
  dims = g_variant_get_fixed_array (shape, &n, sizeof (gint64));
  sample->n = (guint)n - 1;
  memcpy (sample->dims, dims + 1, sample->n * sizeof dims[0]);
  return TRUE;
}

static gboolean
open_bench (Bench *self, int argc, char **argv, GError **error)
{
  gsize size = 0;

  self->model = latent_model_load (argv[1], error);
  if (self->model == NULL || !get_sample (self->model, &self->sample, error))
    return FALSE;
  self->d = latent_shape_product (&self->sample, 0, self->sample.n);
  self->recipe = latent_recipe_new ();
  for (int i = 4; i < argc; i++) {
    g_auto (GStrv) pair = g_strsplit (argv[i], "=", 2);
    if (!latent_recipe_set (self->recipe, pair[0], pair[1] != NULL ? pair[1] : "", error))
      return FALSE;
  }
  if (!g_file_get_contents (argv[2], (char **)&self->samples, &size, error))
    return FALSE;
  self->n = size / sizeof (float) / self->d;
  self->trainer = latent_trainer_new (self->model, self->recipe, &self->sample, error);
  return self->trainer != NULL;
}

static void
close_bench (Bench *self)
{
  latent_trainer_free (self->trainer);
  latent_recipe_free (self->recipe);
  if (self->model != NULL)
    latent_model_unref (self->model);
  g_free (self->samples);
  g_free (self->seconds);
}

static void
put_batch (Bench *self, gsize first)
{
  for (guint i = 0; i < latent_trainer_get_batch (self->trainer); i++) {
    LatentSampleRoom room = {0};
    latent_trainer_get_room (self->trainer, i, &room);
    memcpy (room.src, self->samples + (first + i) % self->n * self->d, self->d * sizeof (float));
  }
}

static gboolean
run_steps (Bench *self, guint steps, GError **error)
{
  self->seconds = g_new (double, steps);
  for (guint i = 0; i < steps; i++) {
    LatentTrainResult result = {0};
    gint64 begin = g_get_monotonic_time ();
    put_batch (self, (gsize)i * latent_trainer_get_batch (self->trainer));
    if (!latent_trainer_step (self->trainer, &result, error))
      return FALSE;
    self->seconds[i] = (double)(g_get_monotonic_time () - begin) / 1e6;
    printf ("%.9g\n", result.loss);
  }
  return TRUE;
}

static int
compare_doubles (const void *a, const void *b)
{
  const double *x = a, *y = b;
  return *x < *y ? -1 : *x > *y;
}

static void
print_cost (Bench *self, guint steps)
{
  struct rusage usage;

  qsort (self->seconds, steps, sizeof (double), compare_doubles);
  getrusage (RUSAGE_SELF, &usage);
  printf ("seconds a step %.6g %.6g\n", self->seconds[0], self->seconds[steps / 2]);
  printf ("peak %.1f\n", (double)usage.ru_maxrss / 1024);
}

static gboolean
print_layers (Bench *self, GError **error)
{
  LatentProgram *program = latent_context_get_program (
      self->trainer->runs[LATENT_RUN_TRAIN].context);
  g_autoptr (LatentBench) bench = latent_bench_run (program, 10, error);

  for (guint i = 0; bench != NULL && i < bench->n_steps; i++) {
    const LatentBenchStep *step = &bench->steps[i];
    printf ("%8.3f %8.3f  %-22s %-24s %s\n", step->time * 1e3, step->roof * 1e3, step->op,
        step->kernel, step->node);
  }
  if (bench != NULL)
    printf ("%8.3f %8.3f  program\n", bench->min * 1e3, bench->roof * 1e3);
  return bench != NULL;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  Bench self = {0};
  guint steps = argc > 3 ? (guint)strtoul (argv[3], NULL, 10) : 0;
  gboolean good = FALSE;

  if (argc < 4) {
    fprintf (stderr, "usage: %s MODEL SAMPLES.f32 STEPS KEY=VALUE...\n", argv[0]);
    return 2;
  }
  good = open_bench (&self, argc, argv, &error) &&
         (steps > 0 ? run_steps (&self, steps, &error) : print_layers (&self, &error));
  if (good && steps > 0)
    print_cost (&self, steps);
  if (!good)
    fprintf (stderr, "%s: %s\n", argv[0], error->message);
  close_bench (&self);
  return good ? 0 : 1;
}
