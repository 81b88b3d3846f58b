/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <latent/error.h>

#include "src/base/output.h"
#include "src/cli/analysis.h"
#include "src/cli/command.h"
#include "src/cli/gains.h"
#include "src/cli/options.h"
#include "src/cli/progress.h"
#include "src/cli/result.h"
#include "src/codec/fit.h"

#define BEST_QUALITY 63

static char *output;
static gint every = 1, threads, quality = 40;
static gint64 max_frames = 500;
static gboolean refit;

static const GOptionEntry options[] = {
    {"output",  'o', 0, G_OPTION_ARG_FILENAME, &output, "The model to write", "OUT"},
    {"quality",        'q', 0, G_OPTION_ARG_INT, &quality,
     "Of the streams that are imagined, 0 to 63 (40)", "Q"},
    {"steps",  0, 0, G_OPTION_ARG_NONE, &refit, "Find latent.steps even where the model says some",
     NULL},
    {"every",    0, 0, G_OPTION_ARG_INT, &every, "Take one frame or vector of N (1)", "N"},
    {"max-frames", 0, 0, G_OPTION_ARG_INT64, &max_frames, "Take so many at most (500)", "N"},
    {"threads",        0, 0, G_OPTION_ARG_INT, &threads, "Default: all processors", "N"},
    {0},
};

typedef struct {
  LatentModel *model;
  LatentFit *fit;
  guint threads;
  gboolean needs_steps;
  gboolean has_found;  /* them */
  guint width, height; /* of the picture at work */
  gboolean follows;    /* on the sample before */
} Job;

static gboolean
find_steps (Job *job, const LatentShape *dims, const float *latents, GError **error)
{
  g_autofree float *steps = NULL;
  LatentGrid grid;

  if (!latent_grid_init_for_model (
          &grid, job->model, dims->n, dims->dims, job->width, job->height, error))
    return FALSE;
  steps = latent_gains_find_steps (job->model, &grid, latents, job->threads, error);
  if (steps == NULL)
    return FALSE;
  latent_fit_set_steps (job->fit, grid.channels, steps);
  job->needs_steps = FALSE;
  job->has_found = TRUE;
  return TRUE;
}

/* With the batch of 1 in front that the command's encoder takes away; tiles stand there. */
static LatentShape
add_batch (const Job *job, const LatentShape *shape)
{
  LatentShape dims = {.n = shape->n + 1, .dims = {1}};
  LatentGrid grid;

  for (guint i = 0; i < shape->n && i + 1 < LATENT_MAX_DIMS; i++)
    dims.dims[i + 1] = shape->dims[i];
  return latent_grid_init_for_model (
             &grid, job->model, dims.n, dims.dims, job->width, job->height, NULL)
             ? dims
             : *shape;
}

static gboolean
take_latents (const float *latents, const LatentShape *shape, gpointer data, GError **error)
{
  Job *job = data;
  LatentShape dims = add_batch (job, shape);

  if (job->needs_steps && !find_steps (job, &dims, latents, error))
    return FALSE;
  return latent_fit_add (job->fit, &dims, latents, job->width, job->height, job->follows, error);
}

/* Frames of a clip follow on one another, pictures of a folder do not. */
static gboolean
is_stream (const LatentSample *sample)
{
  return sample->kind == LATENT_MEDIA_AUDIO ||
         (sample->kind == LATENT_MEDIA_VIDEO && !g_file_test (sample->origin, G_FILE_TEST_IS_DIR));
}

static gboolean
take_all (Job *job, LatentSource *source, LatentProgress *progress, GError **error)
{
  g_autoptr (LatentAnalysis)
      encoder = latent_analysis_new (job->model, job->threads, take_latents, job);
  g_autofree char *origin = NULL;
  LatentSample sample;
  LatentSourceResult result = latent_source_next (source, &sample, error);

  for (; result == LATENT_SOURCE_SAMPLE; result = latent_source_next (source, &sample, error)) {
    job->width = sample.kind == LATENT_MEDIA_VIDEO ? sample.picture.width : 0;
    job->height = sample.kind == LATENT_MEDIA_VIDEO ? sample.picture.height : 0;
    job->follows = g_strcmp0 (origin, sample.origin) == 0 && is_stream (&sample);
    g_free (origin);
    origin = g_strdup (sample.origin);
    if (!latent_analysis_put (encoder, &sample, error))
      return FALSE;
    latent_progress_update (
        progress, latent_source_get_progress (source), latent_source_get_count (source));
  }
  return result == LATENT_SOURCE_END && latent_analysis_finish (encoder, error);
}

static gboolean
save (Job *job, gboolean json, GError **error)
{
  g_autoptr (LatentModel) model = latent_model_copy (job->model);
  g_autofree char *steps = job->has_found ? latent_fit_get_steps (job->fit) : NULL;
  g_autofree char *prior = latent_fit_get_prior (job->fit);
  GVariantBuilder builder;
  g_autoptr (GVariant) result = NULL;

  if (prior == NULL) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FAILED, "the inputs hold no whole frame");
    return FALSE;
  }
  if ((steps != NULL && !latent_model_set_metadata (model, "latent.steps", steps, error)) ||
      !latent_model_set_metadata (model, "latent.prior", prior, error) ||
      !latent_model_save (model, output, error))
    return FALSE;
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (
      &builder, "{sv}", "id", g_variant_new_string (latent_model_get_id (model)));
  g_variant_builder_add (
      &builder, "{sv}", "frames", g_variant_new_uint64 (latent_fit_get_frames (job->fit)));
  result = g_variant_ref_sink (g_variant_builder_end (&builder));
  latent_result_print (json, result);
  return TRUE;
}

static gboolean
check_options (guint *n_threads, GError **error)
{
  if (!latent_option_require ("-o OUT", output, error) ||
      !latent_option_check_threads (threads, n_threads, error))
    return FALSE;
  if (every >= 1 && max_frames >= 0 && quality >= 0 && quality <= BEST_QUALITY)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--every is 1 or more, --max-frames not negative, --quality 0 to 63");
  return FALSE;
}

static gboolean
run_fit (const LatentCommandLine *line, GError **error)
{
  LatentProgress progress;
  LatentSourceSettings settings;
  guint n_threads;

  if (!check_options (&n_threads, error) || !latent_output_check (output, error))
    return FALSE;
  g_autoptr (LatentModel) model = latent_model_load (line->arguments[0], error);
  if (!model)
    return FALSE;
  settings = latent_model_get_source_settings (model);
  settings.every = (guint)every;
  settings.max = (guint64)max_frames;
  latent_progress_init (&progress, "samples");
  g_autoptr (LatentFit) fit = latent_fit_new (model, (guint)quality);
  Job job = {.model = model,
      .fit = fit,
      .threads = n_threads,
      .needs_steps = refit || !latent_model_get_metadata (model, "latent.steps")};
  g_autoptr (LatentSource) source = latent_source_new (line->arguments + 1, &settings, error);
  gboolean good = source && take_all (&job, source, &progress, error);

  latent_progress_clear (&progress);
  return good && save (&job, line->json, error);
}

const LatentCommand latent_command_fit = {
    "fit",
    "MODEL INPUT... -o OUT",
    "Fit a model's codec to sample media: steps and starting tables",
    "Writes latent.steps, where the model has none, such that a step of any channel does the same "
    "harm to what the decoder gives, and latent.prior, the statistics that coding starts from. The "
    "latent space stays the same; a stream is decoded with the prior that it was made with.",
    options,
    2,
    0,
    run_fit,
};
