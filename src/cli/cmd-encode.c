/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/base/output.h"
#include "src/cli/analysis.h"
#include "src/cli/command.h"
#include "src/cli/encode-file.h"
#include "src/cli/interrupt.h"
#include "src/cli/options.h"
#include "src/cli/progress.h"
#include "src/cli/rebuild.h"
#include "src/cli/result.h"
#include "src/media/npy.h"
#include "src/media/strided.h"

#define DEFAULT_RATE 25 /* of pictures that have none */

#define DEFAULT_QUALITY 40
#define UNSET           G_MININT

static char *model_path, *output;
static gint every = 1, threads, quality = UNSET, bitrate, key_interval = 250, key_gain,
            frames_per_packet = 1;
static gint64 max_frames;
static gboolean psnr, embed;

static const GOptionEntry options[] = {
    {"model",      'm', 0, G_OPTION_ARG_FILENAME, &model_path, "The model", "MODEL"},
    {"output",           'o', 0, G_OPTION_ARG_FILENAME, &output,
     ".lat: the latents quantised and coded; .npy: as float32", "OUT"},
    {"quality", 'q', 0, G_OPTION_ARG_INT, &quality,
     ".lat: 0 (small) to 63 (40); beside --bitrate the best that is used (63)", "Q"},
    {"bitrate",     'b', 0, G_OPTION_ARG_INT, &bitrate,
     ".lat: kilobits a second; 0, the default: quality alone decides", "KBITS"},
    {"key-int-max",     'k', 0, G_OPTION_ARG_INT, &key_interval,
     ".lat: frames from one that decoding can begin at to the next; 0: the first alone (250)", "N"},
    {"key-gain",           0, 0, G_OPTION_ARG_INT, &key_gain,
     ".lat: of video, how much better than --quality such frames are (0)", "N"},
    {"frames-per-packet",     0, 0, G_OPTION_ARG_INT, &frames_per_packet,
     ".lat: of sound, hops of samples in a packet, 1 to 6: more need fewer bytes (1)", "N"},
    {"embed-model",       0, 0, G_OPTION_ARG_NONE, &embed,
     ".lat: put the model's decoder into the file, so that it plays without the model", NULL},
    {"psnr",    0, 0, G_OPTION_ARG_NONE, &psnr, "Decode too, and say how near it comes", NULL},
    {"every",           0, 0, G_OPTION_ARG_INT, &every, "Take one frame or vector of N (1)", "N"},
    {"max-frames",    0, 0, G_OPTION_ARG_INT64, &max_frames, "Take so many at most", "N"},
    {"threads",         0, 0, G_OPTION_ARG_INT, &threads, "Default: all processors", "N"},
    LATENT_OPTION_PRECISION,
    {0   },
};

/* The file, which begins with the first latents: these have its shape. */
typedef struct {
  LatentNpyWriter *writer;
  LatentShape shape;
  guint64 frames;
  guint64 bytes;
  guint64 not_finite; /* frames whose latents are */
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
  self->not_finite += latent_count_not_finite (latents, latent_shape_product (shape, 0, shape->n)) >
                      0;
  return latent_npy_writer_put (self->writer, latents, error);
}

static gboolean
encode_all (LatentAnalysis *encoder, LatentRebuilder *rebuilder, LatentSource *source,
    LatentProgress *progress, GError **error)
{
  LatentSample sample;
  LatentSourceResult result = latent_source_next (source, &sample, error);
  for (; result == LATENT_SOURCE_SAMPLE; result = latent_source_next (source, &sample, error)) {
    if (!latent_analysis_put (encoder, &sample, error) ||
        (rebuilder && !latent_rebuilder_put (rebuilder, &sample, error)))
      return FALSE;
    latent_progress_update (
        progress, latent_source_get_progress (source), latent_source_get_count (source));
    if (latent_interrupt_came ())
      break;
  }
  return result != LATENT_SOURCE_ERROR && latent_analysis_finish (encoder, error) &&
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
  latent_interrupt_put (&builder);
  g_autoptr (GVariant) result = g_variant_ref_sink (g_variant_builder_end (&builder));
  latent_result_print (json, result);
}

static gboolean
check_options (guint *n_threads, GError **error)
{
  if (!latent_option_require ("-m MODEL", model_path, error) ||
      !latent_option_require ("-o OUT", output, error) || !latent_option_check_precision (error) ||
      !latent_option_check_threads (threads, n_threads, error))
    return FALSE;
  gboolean coded = g_str_has_suffix (output, ".lat");
  if (!coded && !g_str_has_suffix (output, ".npy"))
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "-o: '%s' does not end in .lat or .npy, which is what can be written", output);
  else if (quality != UNSET && (quality < 0 || quality > LATENT_QUALITY_MAX))
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--quality: %d is not between 0 and %d", quality, LATENT_QUALITY_MAX);
  else if (bitrate < 0 || key_interval < 0)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s: %d is negative",
        bitrate < 0 ? "--bitrate" : "--key-int-max", bitrate < 0 ? bitrate : key_interval);
  else if (key_gain < 0 || key_gain > LATENT_QUALITY_MAX)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--key-gain: %d is not between 0 and %d", key_gain, LATENT_QUALITY_MAX);
  else if (frames_per_packet < 1 || frames_per_packet > LATENT_FRAMES_MAX)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--frames-per-packet: %d is not between 1 and %d", frames_per_packet, LATENT_FRAMES_MAX);
  else if ((embed || frames_per_packet > 1) && !coded)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s: '%s' does not end in .lat",
        embed ? "--embed-model" : "--frames-per-packet", output);
  else if (every >= 1 && max_frames >= 0)
    return TRUE;
  else
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--every is 1 or more, --max-frames not negative");
  return FALSE;
}

static guint
choose_quality (void)
{
  if (quality != UNSET)
    return (guint)quality;
  return bitrate > 0 ? LATENT_QUALITY_MAX : DEFAULT_QUALITY;
}

/* FALSE with an error: packets of pictures hold one frame. */
static gboolean
check_media (LatentModel *model, GError **error)
{
  if (frames_per_packet == 1 || latent_model_get_media_info (model)->kind == LATENT_MEDIA_AUDIO)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--frames-per-packet: packets of sound hold several frames, and '%s' is a model of %s",
      model_path,
      latent_model_get_media_info (model)->kind == LATENT_MEDIA_VIDEO ? "pictures" : "vectors");
  return FALSE;
}

/* To a .lat file. */
static gboolean
code (LatentModel *model, const LatentCommandLine *line, guint n_threads, GError **error)
{
  LatentEncodeResult result;
  GVariantBuilder builder;
  const LatentEncodeFile job = {
      .model = model,
      .inputs = line->arguments,
      .output = output,
      .every = (guint)every,
      .max = (guint64)max_frames,
      .coder =
          {
                  .threads = n_threads,
                  .quality = choose_quality (),
                  .bitrate = (guint64)bitrate * 1000,
                  .key_interval = (guint)key_interval,
                  .key_gain = (guint)key_gain,
                  .frames = (guint)frames_per_packet,
                  .every = (guint)every,
                  .fps_n = DEFAULT_RATE,
                  .fps_d = 1,
                  },
      .embed = embed,
      .psnr = psnr,
  };
  if (!latent_encode_file (&job, &result, error))
    return FALSE;
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "frames", g_variant_new_uint64 (result.frames));
  g_variant_builder_add (&builder, "{sv}", "keys", g_variant_new_uint64 (result.keys));
  g_variant_builder_add (&builder, "{sv}", "bytes", g_variant_new_uint64 (result.bytes));
  if (result.seconds > 0)
    g_variant_builder_add (&builder, "{sv}", "kbits_per_second",
        g_variant_new_double ((double)result.bytes * 8 / 1000 / result.seconds));
  if (psnr)
    g_variant_builder_add (&builder, "{sv}", "psnr", g_variant_new_double (result.psnr));
  latent_interrupt_put (&builder);
  g_autoptr (GVariant) found = g_variant_ref_sink (g_variant_builder_end (&builder));
  latent_result_print (line->json, found);
  return TRUE;
}

/* To an .npy file. */
static gboolean
write_array (LatentModel *model, const LatentCommandLine *line, guint n_threads, GError **error)
{
  LatentProgress progress;
  Output out = {0};
  LatentSourceSettings settings = latent_model_get_source_settings (model);
  settings.every = (guint)every;
  settings.max = (guint64)max_frames;
  latent_progress_init (&progress, "samples");
  g_autoptr (LatentAnalysis) encoder = latent_analysis_new (model, n_threads, write_latents, &out);
  g_autoptr (LatentRebuilder) rebuilder = psnr ? latent_rebuilder_new (model, n_threads, NULL, NULL)
                                               : NULL;
  g_autoptr (LatentSource) source = latent_source_new (line->arguments, &settings, error);
  gboolean good = source && encode_all (encoder, rebuilder, source, &progress, error);
  g_autoptr (LatentNpyWriter) writer = out.writer;
  latent_progress_clear (&progress);
  if (!good || !writer || !latent_npy_writer_finish (writer, &out.bytes, error))
    return FALSE;
  if (out.not_finite)
    g_printerr ("%s: latents of %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
                " frames are NaN or infinite, and written as they are\n",
        g_get_prgname (), out.not_finite, out.frames);
  print_encoded (&out, rebuilder, line->json);
  return TRUE;
}

static gboolean
run_encode (const LatentCommandLine *line, GError **error)
{
  guint n_threads;
  if (!check_options (&n_threads, error))
    return FALSE;
  g_autoptr (LatentModel) model = latent_model_load (model_path, error);
  if (!model || !check_media (model, error) || !latent_output_check (output, error))
    return FALSE;
  latent_interrupt_catch ();
  gboolean good = g_str_has_suffix (output, ".lat") ? code (model, line, n_threads, error)
                                                    : write_array (model, line, n_threads, error);
  if (good && latent_interrupt_came ())
    g_printerr ("%s: interrupted; %s holds what was read until then\n", g_get_prgname (), output);
  return good;
}

const LatentCommand latent_command_encode = {
    "encode",
    "INPUT... -m MODEL -o OUT",
    "Turn media into latents",
    "OUT.lat is a file of one stream, of pictures or of sound, as latentmux writes them: a "
    "pipeline puts both into one. bytes are those of the file, psnr is of what the file decodes "
    "to.\n\nOUT.npy: latents of one frame, vector or window of sound are one entry along the "
    "first axis of OUT.npy. float32 NPY files are fed to the net as they are, a sample being one "
    "step along their first axis, in the input's layout.\n\nCtrl-C ends OUT where it is.",
    options,
    1,
    0,
    run_encode,
};
