/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include "src/base/output.h"
#include "src/cli/command.h"
#include "src/cli/fidelity.h"
#include "src/cli/options.h"
#include "src/cli/result.h"
#include "src/cli/selection.h"

static char *output, *method, *rounding;
static char **left;
static gint every = 1, max_frames = 200, threads;
static double max_loss = 0.15, max_shift = 0.1;

static const GOptionEntry options[] = {
    {"output",                 'o', 0, G_OPTION_ARG_FILENAME, &output, "The model to write", "OUT"},
    {"method",                       0, 0, G_OPTION_ARG_STRING, &method,
     "Ranges of what layers read: all, all but 1 in 10,000, of least squared error (mse)", "minmax|percentile|mse"},
    {"rounding",                 0, 0, G_OPTION_ARG_STRING, &rounding,
     "Of weights: so that the layer's output comes near (output), or each by itself", "output|nearest"},
    {"max-loss",                   0, 0, G_OPTION_ARG_DOUBLE, &max_loss,
     "dB of PSNR that integers may cost (0.15); layers that cost most stay in f32", "DB"},
    {"max-shift",                 0, 0, G_OPTION_ARG_DOUBLE, &max_shift,
     "How far latents may move, as root mean square, in steps of quality 63 (0.1)", "STEPS"},
    {"leave",                       0, 0, G_OPTION_ARG_STRING_ARRAY, &left,
     "A layer that stays in f32 whatever it costs; may be given again", "NODE"},
    {"every",                 0, 0, G_OPTION_ARG_INT, &every, "Take one frame, vector or 2 s of sound of N (1)",
     "N"},
    {"max-frames", 0, 0, G_OPTION_ARG_INT, &max_frames,
     "Take so many at most, evenly from all inputs (200)", "N"},
    {"threads",               0, 0, G_OPTION_ARG_INT, &threads, "Default: all processors", "N"},
    {0                      },
};

static const char *const method_names[] = {"minmax", "percentile", "mse", NULL};
static const char *const rounding_names[] = {"nearest", "output", NULL};

typedef struct {
  LatentModel *model;
  LatentSelection *selection;
  LatentCalibrationSettings settings;
  LatentCalibration *calibration;
  LatentFidelity *fidelity;
  LatentLayerChoice *choices;
  LatentQuality quality[2];
  LatentProgress progress;
  guint measured;
} Job;

static void
clear_job (Job *self)
{
  latent_progress_clear (&self->progress);
  latent_fidelity_free (self->fidelity);
  latent_calibration_free (self->calibration);
  latent_selection_free (self->selection);
  g_clear_pointer (&self->model, latent_model_unref);
  g_free (self->choices);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Job, clear_job)

static gboolean
check_options (Job *job, GError **error)
{
  guint range = LATENT_RANGE_MSE, rounds = TRUE;

  if (!latent_option_require ("-o OUT", output, error) ||
      !latent_option_check_threads (threads, &job->settings.threads, error) ||
      (method && !latent_option_parse_name ("--method", method, method_names, &range, error)) ||
      (rounding &&
          !latent_option_parse_name ("--rounding", rounding, rounding_names, &rounds, error)))
    return FALSE;
  job->settings.method = (LatentRangeMethod)range;
  job->settings.rounds = rounds != 0;
  if (every >= 1 && max_frames >= 1 && max_loss >= 0 && max_shift >= 0)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--every and --max-frames are 1 or more, --max-loss and --max-shift not negative");
  return FALSE;
}

/* A LatentSelectionFunc: the first sample says what shape layers are told by. */
static gboolean
take_input (LatentTensor *input, gboolean begins, gpointer data, GError **error)
{
  Job *job = data;

  if (!job->calibration)
    job->calibration = latent_calibration_new (job->model, &job->settings, &input->shape, error);
  if (job->calibration)
    latent_calibration_add (job->calibration, input, begins);
  return job->calibration != NULL;
}

static gboolean
leave_layer (Job *job, const char *name, GError **error)
{
  guint n = latent_calibration_get_n_layers (job->calibration);
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < n; i++) {
    const LatentCalibrationLayer *layer = latent_calibration_get_layer (job->calibration, i);
    if (strcmp (layer->name, name) == 0) {
      job->choices[i].excluded = TRUE;
      return TRUE;
    }
    g_string_append_printf (names, "%s%s", i ? ", " : "", layer->name);
  }
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--leave: '%s' is none of the layers that can be quantised: %s", name, names->str);
  return FALSE;
}

/* A LatentQualityFunc. */
static gboolean
measure (LatentModel *model, LatentQuality *quality, gpointer data, GError **error)
{
  Job *job = data;

  latent_progress_say (&job->progress, -1, "models measured: %u", job->measured++);
  return latent_fidelity_measure (model, quality, job->fidelity, error);
}

static LatentModel *
quantize (Job *job, char **inputs, GError **error)
{
  const LatentSelectionSettings settings = {(guint)every, (guint)max_frames, job->settings.threads};
  const LatentQualityLimits limits = {max_loss, max_shift};

  job->selection = latent_selection_new (job->model, inputs, &settings, &job->progress, error);
  if (!job->selection || !latent_selection_feed (job->selection, take_input, job, error))
    return NULL;
  job->choices = g_new0 (LatentLayerChoice, latent_calibration_get_n_layers (job->calibration));
  for (char **name = left; name && *name; name++)
    if (!leave_layer (job, *name, error))
      return NULL;
  latent_progress_say (&job->progress, -1, "calibrating");
  if (!latent_calibration_run (job->calibration, error))
    return NULL;
  job->fidelity = latent_fidelity_new (job->selection, job->settings.threads);
  return latent_calibration_search (
      job->calibration, &limits, job->choices, job->quality, measure, job, error);
}

static const char *
get_precision (const LatentLayerChoice *choice)
{
  return choice->integer ? "int8" : "f32";
}

static void
print_table (Job *job)
{
  guint n = latent_calibration_get_n_layers (job->calibration);
  guint64 all = 0;

  for (guint i = 0; i < n; i++)
    all += latent_calibration_get_layer (job->calibration, i)->macs;
  latent_progress_note (&job->progress, "%-40s %-13s %-5s %6s %9s %11s", "layer", "operator", "in",
      "work", "alone, dB", "shift, steps");
  for (guint i = 0; i < n; i++) {
    const LatentCalibrationLayer *layer = latent_calibration_get_layer (job->calibration, i);
    const LatentLayerChoice *choice = &job->choices[i];
    latent_progress_note (&job->progress, "%-40s %-13s %-5s %5.1f%% %9.4f %11.4f", layer->name,
        layer->op, get_precision (choice), 100. * (double)layer->macs / (double)all,
        choice->cost.psnr, choice->cost.shift);
  }
}

static GVariant *
describe_layers (const Job *job)
{
  GVariantBuilder layers;

  g_variant_builder_init (&layers, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < latent_calibration_get_n_layers (job->calibration); i++) {
    const LatentCalibrationLayer *layer = latent_calibration_get_layer (job->calibration, i);
    const LatentLayerChoice *choice = &job->choices[i];
    g_variant_builder_open (&layers, G_VARIANT_TYPE ("a{sv}"));
    g_variant_builder_add (&layers, "{sv}", "name", g_variant_new_string (layer->name));
    g_variant_builder_add (&layers, "{sv}", "operator", g_variant_new_string (layer->op));
    g_variant_builder_add (
        &layers, "{sv}", "precision", g_variant_new_string (get_precision (choice)));
    g_variant_builder_add (&layers, "{sv}", "macs", g_variant_new_uint64 (layer->macs));
    g_variant_builder_add (&layers, "{sv}", "loss", g_variant_new_double (choice->cost.psnr));
    g_variant_builder_add (&layers, "{sv}", "shift", g_variant_new_double (choice->cost.shift));
    g_variant_builder_close (&layers);
  }
  return g_variant_builder_end (&layers);
}

/* For people: how many of them. */
static GVariant *
count_layers (const Job *job)
{
  guint n = latent_calibration_get_n_layers (job->calibration), integer = 0;

  for (guint i = 0; i < n; i++)
    integer += job->choices[i].integer ? 1 : 0;
  return g_variant_new_take_string (g_strdup_printf ("%u of %u in int8", integer, n));
}

static void
print_result (Job *job, double seconds, gboolean json)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (
      &builder, "{sv}", "layers", json ? describe_layers (job) : count_layers (job));
  g_variant_builder_add (&builder, "{sv}", "psnr_f32", g_variant_new_double (job->quality[0].psnr));
  g_variant_builder_add (
      &builder, "{sv}", "psnr_int8", g_variant_new_double (job->quality[1].psnr));
  g_variant_builder_add (&builder, "{sv}", "shift", g_variant_new_double (job->quality[1].shift));
  g_variant_builder_add (&builder, "{sv}", "samples",
      g_variant_new_uint64 (latent_selection_get_count (job->selection)));
  g_variant_builder_add (&builder, "{sv}", "seconds", g_variant_new_double (seconds));
  g_autoptr (GVariant) result = g_variant_ref_sink (g_variant_builder_end (&builder));
  latent_result_print (json, result);
}

static gboolean
run_quantize (const LatentCommandLine *line, GError **error)
{
  g_auto (Job) job = {0};

  latent_progress_init (&job.progress, "samples");
  if (!check_options (&job, error) || !latent_output_check (output, error))
    return FALSE;
  job.model = latent_model_load (line->arguments[0], error);
  if (!job.model || !latent_calibration_check (job.model, error))
    return FALSE;
  g_autoptr (LatentModel) model = quantize (&job, line->arguments + 1, error);
  double seconds = latent_progress_clear (&job.progress);
  if (!model || !latent_model_save (model, output, error))
    return FALSE;
  if (!line->json)
    print_table (&job);
  print_result (&job, seconds, line->json);
  return TRUE;
}

const LatentCommand latent_command_quantize = {
    "quantize",
    "MODEL INPUT... -o OUT",
    "Make a model compute in 8-bit integers, calibrated on sample media",
    "Writes a QDQ model: what convolutions and matrix products read becomes 8-bit integers, and so "
    "do their weights. Samples tell the ranges; one of four is held back, and layers in integers "
    "that cost most quality there stay in f32 until the loss is within --max-loss. The latent "
    "space stays the same: either model reads the other's latents and streams.\n\n"
    "psnr_f32 and psnr_int8 are of the samples held back.",
    options,
    2,
    0,
    run_quantize,
};
