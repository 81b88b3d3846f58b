/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "src/base/output.h"
#include "src/cli/command.h"
#include "src/cli/gallery.h"
#include "src/cli/heads.h"
#include "src/cli/options.h"
#include "src/cli/progress.h"
#include "src/cli/rates.h"
#include "src/cli/reconstruct.h"
#include "src/cli/report.h"
#include "src/cli/result.h"
#include "src/cli/spread.h"

static char *picture, *report, *labels, *against;
static LatentChartFormat picture_format;
static gint every = 1, threads;
static gint64 max_frames;

static const GOptionEntry options[] = {
    {"picture",    0, 0, G_OPTION_ARG_FILENAME, &picture,
     "Draw originals, reconstructions and what the first 16 latents stand for (.png or .svg)", "FILE"},
    {"report",           0, 0, G_OPTION_ARG_FILENAME, &report,
     "Write a page with these numbers, pictures and latents; INPUT is read twice", "FILE.html"},
    {"labels",    0, 0, G_OPTION_ARG_FILENAME, &labels,
     "For classifiers, regressors and --report: what the samples are (IDX or NPY)", "FILE"},
    {"against",      0, 0, G_OPTION_ARG_STRING, &against,
     "Draw curves of quality over bytes, of the model and of other codecs: x264, jpeg, webp "
        "(gstreamer1.0-plugins-bad); of "
        "sound opus, speex. Goes through INPUT some seven times for each", "NAMES"},
    {"every",     0, 0, G_OPTION_ARG_INT, &every, "Take one frame or vector of N (1)", "N"},
    {"max-frames",           0, 0, G_OPTION_ARG_INT64, &max_frames, "Take so many at most", "N"},
    {"threads",     0, 0, G_OPTION_ARG_INT, &threads, "Default: all processors", "N"},
    LATENT_OPTION_PRECISION,
    {0},
};

static void
add_double (GVariantBuilder *builder, const char *key, double value)
{
  g_variant_builder_add (builder, "{sv}", key, g_variant_new_double (value));
}

static void
add_count (GVariantBuilder *builder, const char *key, guint64 value)
{
  g_variant_builder_add (builder, "{sv}", key, g_variant_new_uint64 (value));
}

/* What each sample adds to. */
typedef struct {
  LatentGallery *gallery; /* NULL: nothing is drawn */
  LatentWorst *worst;     /* NULL: likewise */
  LatentSpread errors;    /* mean squared error of each picture or vector */
} Followers;

static void
clear_followers (Followers *self)
{
  g_clear_pointer (&self->gallery, latent_gallery_free);
  g_clear_pointer (&self->worst, latent_worst_free);
  latent_spread_clear (&self->errors);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Followers, clear_followers)

/* A LatentPairFunc. */
static void
follow (const LatentPair *pair, gpointer data)
{
  Followers *self = data;
  LatentMeasure measure = {0};
  if (self->gallery)
    latent_gallery_add (pair, self->gallery);
  if (pair->kind == LATENT_MEDIA_AUDIO)
    return; /* parts of a stream, of any length */
  if (pair->kind == LATENT_MEDIA_VIDEO)
    latent_measure_add_levels (&measure, pair->pictures[0], pair->pictures[1]);
  else
    latent_measure_add_values (&measure, pair->values[0], pair->values[1], pair->n);
  latent_spread_add (&self->errors, latent_measure_get_mse (&measure));
  if (self->worst)
    latent_worst_add (self->worst, pair, latent_measure_get_mse (&measure));
}

static void
add_spread (GVariantBuilder *builder, LatentSpread *errors)
{
  static const struct {
    const char *key;
    double part;
  } quantiles[] = {
      {"mse_min",    0  },
      {"mse_median", .5 },
      {"mse_p95",    .95},
      {"mse_max",    1  },
  };
  for (guint i = 0; errors->n > 0 && i < G_N_ELEMENTS (quantiles); i++)
    add_double (builder, quantiles[i].key, latent_spread_get_quantile (errors, quantiles[i].part));
}

/* d, k, and how they compare. */
static void
add_sizes (GVariantBuilder *builder, guint64 d, guint64 k)
{
  add_count (builder, "d", d);
  add_count (builder, "k", k);
  if (k > 0)
    add_double (builder, "compression", (double)d / (double)k);
}

static void
note_bottleneck (LatentProgress *progress, guint64 d, guint64 k)
{
  if (d > 0 && k >= d)
    latent_progress_note (progress,
        "%" G_GUINT64_FORMAT " latents for %" G_GUINT64_FORMAT
        " numbers are no bottleneck: a small error means nothing",
        k, d);
}

static GVariant *
describe (const LatentRebuilder *rebuilder, LatentSpread *errors, guint64 samples, double seconds)
{
  const LatentMeasure *measure = latent_rebuilder_get_measure (rebuilder);
  guint64 d, k;
  GVariantBuilder builder;
  latent_rebuilder_get_sizes (rebuilder, &d, &k);
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  add_count (&builder, "samples", samples);
  add_sizes (&builder, d, k);
  add_double (&builder, "mse", latent_measure_get_mse (measure));
  add_double (&builder, "psnr", latent_measure_get_psnr (latent_measure_get_mse (measure)));
  add_double (
      &builder, "psnr_luma", latent_measure_get_psnr (latent_measure_get_luma_mse (measure)));
  add_double (&builder, "ssim", latent_measure_get_ssim (measure));
  add_spread (&builder, errors);
  add_double (&builder, "seconds", seconds);
  if (measure->not_finite)
    add_count (&builder, "not_finite", measure->not_finite);
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static gboolean
draw (LatentGallery *gallery, LatentModel *model, const LatentRebuilder *rebuilder, GError **error)
{
  g_autofree char *title = latent_reconstruct_make_title (rebuilder, model);
  g_autoptr (GBytes)
      bytes = latent_gallery_draw (gallery, model, title, TRUE, picture_format, error);
  return bytes && latent_chart_save (bytes, picture, error);
}

/* followers: NULL of heads. */
static gboolean
write_report (LatentModel *model, char **inputs, guint n_threads, GVariant *result,
    Followers *followers, GError **error)
{
  const LatentReport page = {
      .model = model,
      .result = result,
      .inputs = inputs,
      .labels = labels,
      .every = (guint)every,
      .max = (guint64)max_frames,
      .threads = n_threads,
      .gallery = followers ? followers->gallery : NULL,
      .worst = followers ? followers->worst : NULL,
      .errors = followers ? &followers->errors : NULL,
  };
  return !report || latent_report_write (&page, report, error);
}

/* Reconstructions. */
static GVariant *
rebuild (LatentModel *model, char **inputs, guint n_threads, GError **error)
{
  g_auto (Followers) followers = {picture || report ? latent_gallery_new () : NULL,
      report ? latent_worst_new ((guint)every) : NULL, {0}};
  LatentProgress progress;
  guint64 d, k, samples;
  latent_progress_init (&progress, "samples");
  g_autoptr (LatentRebuilder)
      rebuilder = latent_rebuilder_new (model, n_threads, follow, &followers);
  gboolean good = latent_reconstruct (
      rebuilder, model, inputs, (guint)every, (guint64)max_frames, &progress, &samples, error);
  double seconds = latent_progress_clear (&progress);
  if (!good || (picture && !draw (followers.gallery, model, rebuilder, error)))
    return NULL;
  latent_rebuilder_get_sizes (rebuilder, &d, &k);
  note_bottleneck (&progress, d, k);
  g_autoptr (GVariant) result = describe (rebuilder, &followers.errors, samples, seconds);
  return write_report (model, inputs, n_threads, result, &followers, error)
             ? g_steal_pointer (&result)
             : NULL;
}

/* What a classifier or a regressor says. */
static GVariant *
score (LatentModel *model, char **inputs, guint n_threads, GError **error)
{
  LatentHeadScore result;
  LatentProgress progress;
  GVariantBuilder builder;
  if (!latent_option_require (
          "--labels FILE, for a model that tells classes or values", labels, error))
    return NULL;
  latent_progress_init (&progress, "samples");
  if (!latent_head_measure (
          model, inputs, labels, (guint)every, (guint64)max_frames, n_threads, &result, error))
    return NULL;
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  add_count (&builder, "samples", result.samples);
  add_sizes (&builder, result.d, result.k);
  if (isnan (result.accuracy))
    add_double (&builder, "mse", result.mse);
  else
    add_double (&builder, "accuracy", result.accuracy);
  add_double (&builder, "seconds", latent_progress_clear (&progress));
  g_autoptr (GVariant) numbers = g_variant_ref_sink (g_variant_builder_end (&builder));
  return write_report (model, inputs, n_threads, numbers, NULL, error) ? g_steal_pointer (&numbers)
                                                                       : NULL;
}

/* Curves over what packets cost, next to other codecs. */
static GVariant *
compare (LatentModel *model, char **inputs, guint n_threads, GError **error)
{
  g_autoptr (LatentRates) rates = latent_rates_measure (
      model, inputs, against, (guint)every, (guint64)max_frames, n_threads, error);
  if (!rates)
    return NULL;
  g_autofree char *title = g_path_get_basename (latent_model_get_path (model));
  g_autoptr (GBytes) drawn = picture ? latent_rates_draw (rates, title, picture_format, error)
                                     : NULL;
  if ((picture && (!drawn || !latent_chart_save (drawn, picture, error))) ||
      (report && !latent_rates_write_page (rates, title, report, error)))
    return NULL;
  return latent_rates_describe (rates);
}

static gboolean
run_eval (const LatentCommandLine *line, GError **error)
{
  guint n_threads;
  if (every < 1 || max_frames < 0) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--every is 1 or more, --max-frames not negative");
    return FALSE;
  }
  if (!latent_option_check_threads (threads, &n_threads, error) ||
      !latent_option_check_precision (error) ||
      (picture && (!latent_chart_get_format ("--picture", picture, &picture_format, error) ||
                      !latent_output_check (picture, error))) ||
      (report && !latent_output_check (report, error)))
    return FALSE;
  g_autoptr (LatentModel) model = latent_model_load (line->arguments[0], error);
  if (!model)
    return FALSE;
  char **inputs = line->arguments + 1;
  if (labels && !report && (against || !latent_model_has_head (model))) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--labels: '%s' says nothing of this model: it tells no classes and no values, and there "
        "is no --report",
        labels);
    return FALSE;
  }
  g_autoptr (GVariant) result = against ? compare (model, inputs, n_threads, error)
                                : latent_model_has_head (model)
                                    ? score (model, inputs, n_threads, error)
                                    : rebuild (model, inputs, n_threads, error);
  if (result)
    latent_result_print (line->json, result);
  return result != NULL;
}

const LatentCommand latent_command_eval = {
    "eval",
    "MODEL INPUT...",
    "Measure how well a model reconstructs",
    "mse is per element in the net's own units: 8-bit levels taken as 0 to 1, sound as -1 to 1, "
    "all channels alike, over all samples together. psnr "
    "follows from it with a peak of 1. Pictures are compared as they come out, rounded to 8 bits; "
    "psnr_luma and ssim are of luma alone (ssim: windows of "
    "8x8 pixels, every 4 pixels). mse_min to mse_max are those of single frames and vectors. d "
    "and k count numbers of one sample's input and latents; a "
    "sample is a frame, a vector, a buffer of sound. compression is d / k.\n\n"
    "Of a classifier accuracy is the part of samples whose class, by --labels, has the greatest "
    "output.\n\n"
    "With --against points are quality over what packets cost (headers included): luma PSNR and "
    "MS-SSIM over bits a pixel; of sound SI-SDR and log-spectral distance (dB, less is better) "
    "over "
    "kbit/s, channels mixed. bd_rate is by how many percent the model's rate is above the other's "
    "at equal quality, on the average (Bjontegaard, piecewise cubic); '-' where they have no "
    "quality "
    "in common. x264: veryfast, zerolatency, constant quantisers; all have a key frame every "
    "250.\n\n"
    "A model that takes one size alone gets pictures scaled to it, which is said.",
    options,
    2,
    0,
    run_eval,
};
