/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "src/base/numeric.h"
#include "src/cli/command.h"
#include "src/cli/decode-file.h"
#include "src/cli/interrupt.h"
#include "src/cli/media-sink.h"
#include "src/cli/options.h"
#include "src/cli/progress.h"
#include "src/cli/result.h"
#include "src/cli/source.h"
#include "src/cli/synthesis.h"
#include "src/codec/file-chunk.h"
#include "src/media/array.h"

#define MAX_RATE     1000 /* pictures a second */
#define DEFAULT_RATE 25

static char *model_path, *output, *size, *rate;
static gint threads;

static const GOptionEntry options[] = {
    {"model",      'm', 0, G_OPTION_ARG_FILENAME, &model_path, "The model", "MODEL"},
    {"output",           'o', 0, G_OPTION_ARG_FILENAME, &output,
     ".npy: the net's output as it is; pictures: .mkv (as it is), .avi, frame%05d.png; "
        "sound: .wav, .flac; or gst:TEXT", "OUT"},
    {"size", 0, 0, G_OPTION_ARG_STRING, &size,
     "Size of the pictures, where they were not a multiple of the net's stride and a .npy file "
        "does "
        "not say", "WxH"},
    {"framerate",     0, 0, G_OPTION_ARG_STRING, &rate,
     "Pictures a second (25/1, or what a .lat file says)", "N/D"},
    {"threads",     0, 0, G_OPTION_ARG_INT, &threads, "Default: all processors", "N"},
    LATENT_OPTION_PRECISION,
    {0          },
};

static gboolean
parse_rate (guint *rate_n, guint *rate_d, GError **error)
{
  if (!rate)
    return TRUE;
  char *end = rate;
  guint64 n = g_ascii_isdigit (*rate) ? g_ascii_strtoull (rate, &end, 10) : 0;
  guint64 d = *end == '/' && g_ascii_isdigit (end[1]) ? g_ascii_strtoull (end + 1, &end, 10) : 1;
  if (n < 1 || d < 1 || *end || n > G_MAXINT || d > G_MAXINT || n / d > MAX_RATE) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--framerate: '%s' is not a rate like 25 or 30000/1001 (at most %d)", rate, MAX_RATE);
    return FALSE;
  }
  *rate_n = (guint)n;
  *rate_d = (guint)d;
  return TRUE;
}

static gboolean
parse_options (LatentSynthesisOptions *parsed, GError **error)
{
  *parsed = (LatentSynthesisOptions){.output = output};
  if (!latent_option_require ("-o OUT", output, error) || !latent_option_check_precision (error) ||
      !latent_option_check_threads (threads, &parsed->threads, error))
    return FALSE;
  if (size && !latent_option_parse_size ("--size", size, &parsed->width, &parsed->height, error))
    return FALSE;
  return parse_rate (&parsed->rate_n, &parsed->rate_d, error);
}

static gboolean
decode_all (LatentSynthesis *decoder, LatentSource *source, LatentSample *sample, GError **error)
{
  LatentProgress progress;
  LatentSourceResult result = LATENT_SOURCE_SAMPLE;
  gboolean good = TRUE;
  latent_progress_init (&progress, "frames");
  for (; result == LATENT_SOURCE_SAMPLE; result = latent_source_next (source, sample, error)) {
    good = latent_synthesis_put (decoder, sample->values, error);
    if (!good)
      break;
    latent_progress_update (
        &progress, latent_source_get_progress (source), latent_source_get_count (source));
    if (latent_interrupt_came ())
      break;
  }
  latent_progress_clear (&progress);
  return good && result != LATENT_SOURCE_ERROR;
}

static void
print_decoded (guint64 frames, guint64 bytes, gboolean json)
{
  GVariantBuilder builder;
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "frames", g_variant_new_uint64 (frames));
  if (bytes > 0) /* what goes to gst-launch text is not counted */
    g_variant_builder_add (&builder, "{sv}", "bytes", g_variant_new_uint64 (bytes));
  latent_interrupt_put (&builder);
  g_autoptr (GVariant) result = g_variant_ref_sink (g_variant_builder_end (&builder));
  latent_result_print (json, result);
}

/* Whether OUT can be written for some kind of media. */
static gboolean
check_output (GError **error)
{
  if (g_str_has_suffix (output, ".npy") ||
      latent_media_sink_supports (output, LATENT_MEDIA_VIDEO) ||
      latent_media_sink_supports (output, LATENT_MEDIA_AUDIO))
    return TRUE;
  g_autofree char *pictures = latent_media_sink_list_endings (LATENT_MEDIA_VIDEO);
  g_autofree char *sound = latent_media_sink_list_endings (LATENT_MEDIA_AUDIO);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "-o: '%s' ends in nothing that can be written: pictures %s; sound %s; or gst:TEXT", output,
      pictures, sound);
  return FALSE;
}

/* Of a .lat file. */
static gboolean
decode_coded (const LatentSynthesisOptions *parsed, const LatentCommandLine *line, GError **error)
{
  LatentDecodeFileResult result;
  if (!check_output (error))
    return FALSE;
  g_autoptr (LatentModel) model = model_path ? latent_model_load (model_path, error) : NULL;
  const LatentDecodeFile job = {line->arguments[0], model, *parsed};
  if ((model_path && !model) || !latent_decode_file (&job, &result, error))
    return FALSE;
  print_decoded (result.frames, result.bytes, line->json);
  if (result.concealed)
    g_printerr ("%s: %" G_GUINT64_FORMAT
                " packets could not be decoded; what was before is shown\n",
        g_get_prgname (), result.concealed);
  return TRUE;
}

/* Of an .npy file. */
static gboolean
decode_array (LatentSynthesisOptions parsed, const LatentCommandLine *line, GError **error)
{
  LatentSample sample;
  guint64 bytes;
  const char *input = line->arguments[0];
  if (!latent_option_require ("-m MODEL", model_path, error))
    return FALSE;
  g_autoptr (LatentModel) model = latent_model_load (model_path, error);
  if (!model)
    return FALSE;
  if (!parsed.rate_n) {
    parsed.rate_n = DEFAULT_RATE;
    parsed.rate_d = 1;
  }
  LatentSourceSettings settings = {.kind = LATENT_MEDIA_VECTOR, .scale = 1};
  g_autoptr (LatentSource) source = latent_source_new (line->arguments, &settings, error);
  if (!source || latent_source_next (source, &sample, error) != LATENT_SOURCE_SAMPLE)
    return FALSE;
  g_autoptr (LatentSynthesis) decoder = latent_synthesis_new (model, &parsed, &sample.shape, error);
  if (!decoder || !decode_all (decoder, source, &sample, error) ||
      !latent_synthesis_finish (decoder, &bytes, error)) {
    if (error && *error && (*error)->domain != G_OPTION_ERROR)
      g_prefix_error (error, "%s: ", input);
    return FALSE;
  }
  print_decoded (latent_source_get_count (source), bytes, line->json);
  return TRUE;
}

/* Whether a file is .lat by its name or its first bytes: one whose writer was killed has another
 * name. */
static gboolean
is_coded (const char *path)
{
  char magic[LATENT_FILE_MAGIC_BYTES];
  FILE *file;
  gboolean is = g_str_has_suffix (path, ".lat");

  if (is || !g_file_test (path, G_FILE_TEST_IS_REGULAR) || (file = fopen (path, "rbe")) == NULL)
    return is;
  is = fread (magic, sizeof (magic), 1, file) == 1 &&
       memcmp (magic, LATENT_FILE_MAGIC, sizeof (magic)) == 0;
  fclose (file);
  return is;
}

static gboolean
run_decode (const LatentCommandLine *line, GError **error)
{
  LatentSynthesisOptions parsed;
  if (!parse_options (&parsed, error))
    return FALSE;
  latent_interrupt_catch ();
  gboolean good = is_coded (line->arguments[0]) ? decode_coded (&parsed, line, error)
                                                : decode_array (parsed, line, error);
  if (good && latent_interrupt_came ())
    g_printerr (
        "%s: interrupted; %s holds what was decoded until then\n", g_get_prgname (), output);
  return good;
}

const LatentCommand latent_command_decode = {
    "decode",
    "INPUT [-m MODEL] -o OUT",
    "Turn latents back into media",
    "Of INPUT.lat the first stream is decoded that OUT can hold. Without -m the model is the one "
    "in "
    "the file, or one of the stream's latent id in $LATENT_MODELS, in the installed models, or in "
    "latent/models in the user's data folder.\n\n"
    "INPUT.npy: each entry along its first axis is one frame, vector or window of sound, as "
    "'latent encode' writes them.\n\n"
    "Example: latent decode clip.npy -m camera.onnx -o clip.mkv --framerate 10",
    options,
    1,
    1,
    run_decode,
};
