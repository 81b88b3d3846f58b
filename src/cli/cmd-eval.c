/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/command.h"
#include "src/cli/gallery.h"
#include "src/cli/options.h"
#include "src/cli/progress.h"
#include "src/cli/rebuild.h"
#include "src/cli/result.h"

static char *picture;
static gint every = 1, threads;
static gint64 max_frames;

static const GOptionEntry options[] = {
    {"picture",   0, 0, G_OPTION_ARG_FILENAME, &picture,
     "Draw originals, reconstructions and what the first 16 latents stand for", "FILE.png"},
    {"every",          0, 0, G_OPTION_ARG_INT, &every, "Take one frame or vector of N (1)", "N"},
    {"max-frames",   0, 0, G_OPTION_ARG_INT64, &max_frames, "Take so many at most", "N"},
    {"threads", 0, 0, G_OPTION_ARG_INT, &threads, "Default: all processors", "N"},
    {0    },
};

static void
add_double (GVariantBuilder *builder, const char *key, double value)
{
  g_variant_builder_add (builder, "{sv}", key, g_variant_new_double (value));
}

static GVariant *
describe (const LatentRebuilder *rebuilder, guint64 samples, double seconds)
{
  const LatentMeasure *measure = latent_rebuilder_get_measure (rebuilder);
  guint64 d, k;
  GVariantBuilder builder;
  latent_rebuilder_get_sizes (rebuilder, &d, &k);
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "samples", g_variant_new_uint64 (samples));
  g_variant_builder_add (&builder, "{sv}", "d", g_variant_new_uint64 (d));
  g_variant_builder_add (&builder, "{sv}", "k", g_variant_new_uint64 (k));
  add_double (&builder, "mse", latent_measure_get_mse (measure));
  add_double (&builder, "psnr", latent_measure_get_psnr (latent_measure_get_mse (measure)));
  add_double (
      &builder, "psnr_luma", latent_measure_get_psnr (latent_measure_get_luma_mse (measure)));
  add_double (&builder, "ssim", latent_measure_get_ssim (measure));
  add_double (&builder, "seconds", seconds);
  if (measure->not_finite)
    g_variant_builder_add (
        &builder, "{sv}", "not_finite", g_variant_new_uint64 (measure->not_finite));
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static gboolean
rebuild_all (
    LatentRebuilder *rebuilder, LatentSource *source, LatentProgress *progress, GError **error)
{
  LatentSample sample;
  LatentSourceResult result = latent_source_next (source, &sample, error);
  for (; result == LATENT_SOURCE_SAMPLE; result = latent_source_next (source, &sample, error)) {
    if (!latent_rebuilder_put (rebuilder, &sample, error))
      return FALSE;
    latent_progress_update (
        progress, latent_source_get_progress (source), latent_source_get_count (source));
  }
  return result == LATENT_SOURCE_END && latent_rebuilder_finish (rebuilder, error);
}

static gboolean
draw (LatentGallery *gallery, LatentModel *model, const LatentRebuilder *rebuilder, GError **error)
{
  const LatentMeasure *measure = latent_rebuilder_get_measure (rebuilder);
  guint64 d, k;
  latent_rebuilder_get_sizes (rebuilder, &d, &k);
  g_autofree char *name = g_path_get_basename (latent_model_get_path (model));
  g_autofree char *title = g_strdup_printf ("%s: %" G_GUINT64_FORMAT
                                            " numbers to %" G_GUINT64_FORMAT
                                            ", mean squared error %.6f, %.2f dB",
      name, d, k, latent_measure_get_mse (measure),
      latent_measure_get_psnr (latent_measure_get_mse (measure)));
  return latent_gallery_write (gallery, model, title, picture, error);
}

static gboolean
run_eval (const LatentCommandLine *line, GError **error)
{
  guint n_threads;
  LatentProgress progress;
  if (every < 1 || max_frames < 0) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--every is 1 or more, --max-frames not negative");
    return FALSE;
  }
  if (!latent_option_check_threads (threads, &n_threads, error))
    return FALSE;
  g_autoptr (LatentModel) model = latent_model_load (line->arguments[0], error);
  if (!model)
    return FALSE;
  LatentSourceSettings settings = latent_model_get_source_settings (model);
  settings.every = (guint)every;
  settings.max = (guint64)max_frames;
  latent_progress_init (&progress, "samples");
  g_autoptr (LatentGallery) gallery = latent_gallery_new ();
  g_autoptr (LatentRebuilder) rebuilder = latent_rebuilder_new (
      model, n_threads, picture ? latent_gallery_add : NULL, gallery);
  g_autoptr (LatentSource) source = latent_source_new (line->arguments + 1, &settings, error);
  gboolean good = source && rebuild_all (rebuilder, source, &progress, error);
  double seconds = latent_progress_clear (&progress);
  if (!good || (picture && !draw (gallery, model, rebuilder, error)))
    return FALSE;
  g_autoptr (GVariant) result = describe (rebuilder, latent_source_get_count (source), seconds);
  latent_result_print (line->json, result);
  return TRUE;
}

const LatentCommand latent_command_eval = {
    "eval",
    "MODEL INPUT...",
    "Measure how well a model reconstructs",
    "mse is per element in the net's own units: 8-bit levels taken as 0 to 1, sound as -1 to 1, "
    "all channels alike, over all samples together. psnr "
    "follows from it with a peak of 1. Pictures are compared as they come out, rounded to 8 bits; "
    "psnr_luma and ssim are of luma alone (ssim: windows of "
    "8x8 pixels, every 4 pixels). d and k count numbers of one sample's input and latents; a "
    "sample is a frame, a vector, a buffer of sound.\n\n"
    "A model that takes one size alone gets pictures scaled to it, which is said.",
    options,
    2,
    0,
    run_eval,
};
