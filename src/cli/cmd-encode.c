/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/command.h"
#include "src/cli/encoder.h"
#include "src/cli/options.h"
#include "src/cli/progress.h"
#include "src/cli/rebuild.h"
#include "src/cli/result.h"
#include "src/media/npy.h"

static char *model_path, *output;
static gint every = 1, threads;
static gint64 max_frames;
static gboolean psnr;

static const GOptionEntry options[] = {
    {"model",      'm', 0, G_OPTION_ARG_FILENAME, &model_path, "The model", "MODEL"},
    {"output",           'o', 0, G_OPTION_ARG_FILENAME, &output, "The latents, as an .npy file of float32",
     "OUT.npy"},
    {"psnr", 0, 0, G_OPTION_ARG_NONE, &psnr, "Decode too, and say how near it comes", NULL},
    {"every",     0, 0, G_OPTION_ARG_INT, &every, "Take one frame or vector of N (1)", "N"},
    {"max-frames",     0, 0, G_OPTION_ARG_INT64, &max_frames, "Take so many at most", "N"},
    {"threads",           0, 0, G_OPTION_ARG_INT, &threads, "Default: all processors", "N"},
    {0    },
};

/* The file, which begins with the first latents: these have its shape. */
typedef struct {
  LatentNpyWriter *writer;
  LatentShape shape;
  guint64 frames;
  guint64 bytes;
} Output;

static gboolean
write_latents (const float *latents, const LatentShape *shape, gpointer data, GError **error)
{
  Output *self = data;
  if (!self->writer) {
    self->shape = *shape;
    self->writer = latent_npy_writer_new (output, shape, error);
    if (!self->writer)
      return FALSE;
  }
  if (!latent_shape_equal (&self->shape, shape)) {
    g_autofree char *wanted = latent_shape_to_string (&self->shape);
    g_autofree char *offered = latent_shape_to_string (shape);
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "latents of shape %s after some of %s: one .npy file takes frames of one size", offered,
        wanted);
    return FALSE;
  }
  self->frames++;
  return latent_npy_writer_put (self->writer, latents, error);
}

static gboolean
encode_all (LatentEncoder *encoder, LatentRebuilder *rebuilder, LatentSource *source,
    LatentProgress *progress, GError **error)
{
  LatentSample sample;
  LatentSourceResult result = latent_source_next (source, &sample, error);
  for (; result == LATENT_SOURCE_SAMPLE; result = latent_source_next (source, &sample, error)) {
    if (!latent_encoder_put (encoder, &sample, error) ||
        (rebuilder && !latent_rebuilder_put (rebuilder, &sample, error)))
      return FALSE;
    latent_progress_update (
        progress, latent_source_get_progress (source), latent_source_get_count (source));
  }
  return result == LATENT_SOURCE_END && latent_encoder_finish (encoder, error) &&
         (!rebuilder || latent_rebuilder_finish (rebuilder, error));
}

static void
print_encoded (const Output *out, const LatentRebuilder *rebuilder, gboolean json)
{
  GVariantBuilder builder;
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "frames", g_variant_new_uint64 (out->frames));
  g_variant_builder_add (&builder, "{sv}", "bytes", g_variant_new_uint64 (out->bytes));
  if (rebuilder)
    g_variant_builder_add (&builder, "{sv}", "psnr",
        g_variant_new_double (latent_measure_get_psnr (
            latent_measure_get_mse (latent_rebuilder_get_measure (rebuilder)))));
  g_autoptr (GVariant) result = g_variant_ref_sink (g_variant_builder_end (&builder));
  latent_result_print (json, result);
}

static gboolean
check_options (guint *n_threads, GError **error)
{
  if (!latent_option_require ("-m MODEL", model_path, error) ||
      !latent_option_require ("-o OUT", output, error) ||
      !latent_option_check_threads (threads, n_threads, error))
    return FALSE;
  if (every >= 1 && max_frames >= 0 && g_str_has_suffix (output, ".npy"))
    return TRUE;
  if (g_str_has_suffix (output, ".lat"))
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
        "%s: .lat files are not in this version; .npy holds the latents as float32", output);
  else if (!g_str_has_suffix (output, ".npy"))
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "-o: '%s' does not end in .npy, which is what can be written", output);
  else
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--every is 1 or more, --max-frames not negative");
  return FALSE;
}

static gboolean
run_encode (const LatentCommandLine *line, GError **error)
{
  guint n_threads;
  LatentProgress progress;
  Output out = {0};
  if (!check_options (&n_threads, error))
    return FALSE;
  g_autoptr (LatentModel) model = latent_model_load (model_path, error);
  if (!model)
    return FALSE;
  LatentSourceSettings settings = latent_model_get_source_settings (model);
  settings.every = (guint)every;
  settings.max = (guint64)max_frames;
  latent_progress_init (&progress, "samples");
  g_autoptr (LatentEncoder) encoder = latent_encoder_new (model, n_threads, write_latents, &out);
  g_autoptr (LatentRebuilder) rebuilder = psnr ? latent_rebuilder_new (model, n_threads, NULL, NULL)
                                               : NULL;
  g_autoptr (LatentSource) source = latent_source_new (line->arguments, &settings, error);
  gboolean good = source && encode_all (encoder, rebuilder, source, &progress, error);
  g_autoptr (LatentNpyWriter) writer = out.writer;
  latent_progress_clear (&progress);
  if (!good || !writer || !latent_npy_writer_finish (writer, &out.bytes, error))
    return FALSE;
  print_encoded (&out, rebuilder, line->json);
  return TRUE;
}

const LatentCommand latent_command_encode = {
    "encode",
    "INPUT... -m MODEL -o OUT.npy",
    "Turn media into latents",
    "Latents of one frame, vector or window of sound are one entry along the first axis of "
    "OUT.npy. float32 NPY files are fed to the net as they are, "
    "a sample being one step along their first axis, in the input's layout.",
    options,
    1,
    0,
    run_encode,
};
