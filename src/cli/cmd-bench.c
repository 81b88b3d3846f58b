/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <latent/session.h>

#include "src/cli/bench-elements.h"
#include "src/cli/command.h"
#include "src/cli/options.h"
#include "src/cli/precision.h"
#include "src/cli/result.h"
#include "src/exec/bench.h"
#include "src/media/format.h"
#include "src/model/model.h"

static char *size, *mode;
static gint threads, runs = 20, batch = 1;
static gboolean layers, elements;

static const GOptionEntry options[] = {
    {"size",  0, 0, G_OPTION_ARG_STRING, &size,
     "Size of the pictures; default: the model's own, else 1280x720", "WxH"},
    {"mode",      0, 0, G_OPTION_ARG_STRING, &mode, "encode, decode or reconstruct (default)", "MODE"},
    {"threads",  0, 0, G_OPTION_ARG_INT, &threads, "Default: all processors", "N"},
    LATENT_OPTION_PRECISION,
    {"runs",  0, 0, G_OPTION_ARG_INT, &runs, "How often it runs (20)", "N"},
    {"batch",  0, 0, G_OPTION_ARG_INT, &batch, "Samples of a run (1)", "N"},
    {"layers",      0, 0, G_OPTION_ARG_NONE, &layers, "Say what each step takes, too", NULL},
    {"element",  0, 0, G_OPTION_ARG_NONE, &elements, "Time the GStreamer elements, too", NULL},
    {0},
};

/* What elements are given is held in memory. */
#define MAX_PICTURE_BYTES (G_GUINT64_CONSTANT (2) << 30)
/* The greatest batch-size of elements. */
#define MAX_BATCH 1024

/* LATENT_MODE_EMBED where --mode is not given. */
static gboolean
parse_mode (LatentMode *parsed, GError **error)
{
  static const char *const names[] = {"reconstruct", "encode", "decode", NULL};
  guint index = LATENT_MODE_EMBED;
  if (mode && !latent_option_parse_name ("--mode", mode, names, &index, error))
    return FALSE;
  *parsed = (LatentMode)index;
  return TRUE;
}

/* A file of one half is timed as what it is. */
static LatentMode
find_mode (const LatentModel *model)
{
  for (LatentMode i = LATENT_MODE_RECONSTRUCT; i < LATENT_MODE_EMBED; i++)
    if (latent_model_supports_mode (model, i))
      return i;
  return LATENT_MODE_RECONSTRUCT;
}

static const LatentPixelFormat formats[] = {
    [LATENT_COLOR_RGB] = LATENT_PIXEL_FORMAT_RGB,
    [LATENT_COLOR_GRAY8] = LATENT_PIXEL_FORMAT_GRAY8,
    [LATENT_COLOR_I420] = LATENT_PIXEL_FORMAT_I420,
};

static gboolean
find_size (const LatentMediaInfo *media, guint *width, guint *height, GError **error)
{
  *width = media->fixed_width ? media->fixed_width : 1280;
  *height = media->fixed_height ? media->fixed_height : 720;
  return !size || latent_option_parse_size ("--size", size, width, height, error);
}

static gboolean
check_size (const char *path, const LatentMediaInfo *media, GError **error)
{
  if (!size || media->kind == LATENT_MEDIA_VIDEO)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--size is of pictures, and %s is a model of %s", path,
      media->kind == LATENT_MEDIA_AUDIO ? "sound" : "vectors");
  return FALSE;
}

static gboolean
set_media (LatentSession *session, const LatentMediaInfo *media, GError **error)
{
  guint width, height;
  if (!find_size (media, &width, &height, error))
    return FALSE;
  if (media->kind == LATENT_MEDIA_VIDEO)
    return latent_session_set_video (session, formats[media->color], width, height, error);
  if (media->kind == LATENT_MEDIA_AUDIO)
    return latent_session_set_audio (session, LATENT_SAMPLE_FORMAT_F32, error);
  return latent_session_set_vector (session, error);
}

static GVariant *
describe_layers (const LatentBench *bench)
{
  GVariantBuilder steps;
  g_variant_builder_init (&steps, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < bench->n_steps; i++) {
    const LatentBenchStep *step = &bench->steps[i];
    GVariantBuilder entry;
    g_variant_builder_init (&entry, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add (&entry, "{sv}", "node", g_variant_new_string (step->node));
    g_variant_builder_add (&entry, "{sv}", "op", g_variant_new_string (step->op));
    g_variant_builder_add (&entry, "{sv}", "kernel", g_variant_new_string (step->kernel));
    g_variant_builder_add (&entry, "{sv}", "precision", g_variant_new_string (step->precision));
    g_variant_builder_add (&entry, "{sv}", "macs", g_variant_new_uint64 (step->macs));
    g_variant_builder_add (&entry, "{sv}", "ms", g_variant_new_double (step->time * 1e3));
    g_variant_builder_add (&entry, "{sv}", "roof_ms", g_variant_new_double (step->roof * 1e3));
    g_variant_builder_add (&entry, "{sv}", "roof_fraction",
        g_variant_new_double (step->time > 0 ? step->roof / step->time : 0));
    g_variant_builder_add (&steps, "a{sv}", &entry);
  }
  return g_variant_builder_end (&steps);
}

static void
print_bench (const LatentBench *bench, GVariant *timed, gboolean json)
{
  const struct {
    const char *key;
    double value;
  } numbers[] = {
      {"fps",         bench->min > 0 ? batch / bench->median : 0},
      {"ms_min",      bench->min * 1e3                          },
      {"ms_median",   bench->median * 1e3                       },
      {"gflops",      latent_bench_get_gflops (bench->macs,       bench->min)},
      {"roof_gflops",             latent_bench_get_gflops (bench->macs,                                           bench->roof)},
      {"roof_fraction", bench->min > 0 ? bench->roof / bench->min : 0},
  };
  GVariantBuilder builder;
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    g_variant_builder_add (
        &builder, "{sv}", numbers[i].key, g_variant_new_double (numbers[i].value));
  g_variant_builder_add (&builder, "{sv}", "macs", g_variant_new_uint64 (bench->macs));
  g_variant_builder_add (&builder, "{sv}", "arena_bytes", g_variant_new_uint64 (bench->arena));
  if (layers)
    g_variant_builder_add (&builder, "{sv}", "layers", describe_layers (bench));
  if (timed)
    g_variant_builder_add (&builder, "{sv}", "elements", timed);
  g_autoptr (GVariant) result = g_variant_ref_sink (g_variant_builder_end (&builder));
  latent_result_print (json, result);
}

static gboolean
check_count (const char *option, int value, GError **error)
{
  if (value >= 1)
    return TRUE;
  g_set_error (
      error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s: %d is not 1 or more", option, value);
  return FALSE;
}

/* Whether the elements can be given all that --runs and --batch ask for. */
static gboolean
check_elements (const LatentBenchElements *bench, const LatentMediaInfo *media, GError **error)
{
  guint64 bytes = (guint64)bench->width * bench->height * 3 * bench->frames;

  if (batch > MAX_BATCH) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--batch: %d with --element, whose batches are of %d at most", batch, MAX_BATCH);
    return FALSE;
  }
  if (media->kind != LATENT_MEDIA_VIDEO || bytes <= MAX_PICTURE_BYTES)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--runs: %d pictures of %ux%u with --element, which holds 2 GiB of them at most", runs,
      bench->width, bench->height);
  return FALSE;
}

/* First of all, since the model must not be loaded. */
static GVariant *
time_elements (const char *path, guint n_threads, GError **error)
{
  LatentBenchElements bench = {.path = path,
      .precision = latent_option_precision,
      .threads = n_threads,
      .batch = (guint)batch,
      .frames = (guint)runs};
  g_autoptr (LatentModel) model = latent_model_load (path, error);
  const LatentMediaInfo *media = model != NULL ? latent_model_get_media_info (model) : NULL;
  gboolean found = media != NULL && check_size (path, media, error) &&
                   find_size (media, &bench.width, &bench.height, error) &&
                   check_elements (&bench, media, error);
  g_clear_pointer (&model, latent_model_unref);
  return found ? latent_bench_elements (&bench, error) : NULL;
}

static gboolean
run_bench (const LatentCommandLine *line, GError **error)
{
  LatentMode part;
  guint n_threads;
  g_autoptr (LatentModel) model = NULL;
  g_autoptr (GVariant) timed = NULL;
  if (!latent_option_check_precision (error) ||
      !latent_option_check_threads (threads, &n_threads, error) ||
      !check_count ("--runs", runs, error) || !check_count ("--batch", batch, error) ||
      !parse_mode (&part, error))
    return FALSE;
  if (elements && (timed = time_elements (line->arguments[0], (guint)threads, error)) == NULL)
    return FALSE;
  model = latent_model_load (line->arguments[0], error);
  if (!model || !check_size (line->arguments[0], latent_model_get_media_info (model), error))
    return FALSE;
  if (part == LATENT_MODE_EMBED)
    part = find_mode (model);
  g_autoptr (LatentSession) session = latent_session_new (
      model, part, latent_precision_get (), n_threads, (guint)batch, error);
  if (!session || !set_media (session, latent_model_get_media_info (model), error))
    return FALSE;
  g_autoptr (LatentBench)
      bench = latent_bench_run (latent_session_get_program (session), (guint)runs, error);
  if (!bench)
    return FALSE;
  print_bench (bench, timed, line->json);
  return TRUE;
}

const LatentCommand latent_command_bench = {
    "bench",
    "MODEL",
    "Time a model, and what it could take at best",
    "gflops counts two operations a multiply-add, in the fastest run. The roof is the same work "
    "over the sum of the times "
    "of the bare primitives, each timed alone in the same run; roof_fraction is what of it is "
    "reached; a layer's roof is its primitive's in the same precision. fps is of the median run.\n"
    "\n"
    "--element pushes as many pictures (or tenths of a second of sound) as --runs says through the "
    "elements, each by itself and as a pipeline of encoder, queue and decoder, and says what they "
    "take: start_ms from state NULL to the first that comes out, then of all others. --batch is "
    "their batch-size.",
    options,
    1,
    1,
    run_bench,
};
