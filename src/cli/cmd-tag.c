/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <latent/model.h>
#include <string.h>

#include "src/cli/command.h"
#include "src/cli/options.h"
#include "src/cli/saved.h"

#define MAX_CHANNELS 16

static char *output, *input, *scale, *offset, *mean, *deviation, *latent;
static char **pairs;

static const GOptionEntry options[] = {
    {"output", 'o', 0, G_OPTION_ARG_FILENAME, &output, "The model to write", "OUT"},
    {"input",       0, 0, G_OPTION_ARG_STRING, &input,
     "What the net takes: video/RGB, video/GRAY8, video/I420, audio/RATE/CHANNELS, vector", "MEDIA"},
    {"scale", 0, 0, G_OPTION_ARG_STRING, &scale,
     "x = sample * S + O; one number, or one a channel: 0.0078,0.0078,0.0078", "S"},
    {"offset",   0, 0, G_OPTION_ARG_STRING, &offset, "See --scale", "O"},
    {"mean",  0, 0, G_OPTION_ARG_STRING, &mean,
     "x = (sample / full scale - M) / S, as training sets are normalised; likewise", "M"},
    {"std",       0, 0, G_OPTION_ARG_STRING, &deviation, "See --mean", "S"},
    {"latent",  0, 0, G_OPTION_ARG_STRING, &latent, "Name of the latent tensor", "NAME"},
    {"set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &pairs,
     "Any key, as in latent.tile=256x256; an empty value takes the key away", "KEY=VALUE"},
    {0 },
};

static char *
join_numbers (const double *values, guint n)
{
  g_autoptr (GString) text = g_string_new (NULL);
  for (guint i = 0; i < n; i++) {
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    /* What a float32 needs to come back the same. */
    g_ascii_formatd (number, sizeof number, "%.9g", values[i]);
    g_string_append_printf (text, "%s%s", i ? "," : "", number);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* From mean and deviation in units of full scale to scale and offset in levels. */
static gboolean
set_normalisation (LatentModel *model, GError **error)
{
  double m[MAX_CHANNELS] = {0}, s[MAX_CHANNELS] = {1};
  guint n_means = 1, n_deviations = 1;
  if (mean && !latent_option_parse_numbers ("--mean", mean, m, &n_means, error))
    return FALSE;
  if (deviation && !latent_option_parse_numbers ("--std", deviation, s, &n_deviations, error))
    return FALSE;
  guint n = MAX (n_means, n_deviations);
  if ((n_means != n && n_means != 1) || (n_deviations != n && n_deviations != 1)) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--mean has %u numbers, --std has %u", n_means, n_deviations);
    return FALSE;
  }

  gboolean audio = latent_model_get_media_info (model)->kind == LATENT_MEDIA_AUDIO;
  double full = audio ? 32768 : 255;
  double scales[MAX_CHANNELS], offsets[MAX_CHANNELS];
  for (guint i = 0; i < n; i++) {
    double d = s[n_deviations == 1 ? 0 : i];
    if (d == 0) {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
          "--std: a deviation of 0 has no inverse");
      return FALSE;
    }
    scales[i] = 1 / (full * d);
    offsets[i] = -m[n_means == 1 ? 0 : i] / d;
  }
  g_autofree char *scale_text = join_numbers (scales, n);
  g_autofree char *offset_text = join_numbers (offsets, n);
  return latent_model_set_metadata (model, "latent.scale", scale_text, error) &&
         latent_model_set_metadata (model, "latent.offset", offset_text, error);
}

static gboolean
set_pair (LatentModel *model, const char *pair, GError **error)
{
  const char *equals = strchr (pair, '=');
  if (!equals || equals == pair) {
    g_set_error (
        error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--set: '%s' is not KEY=VALUE", pair);
    return FALSE;
  }
  g_autofree char *key = g_strndup (pair, equals - pair);
  return latent_model_set_metadata (model, key, equals[1] ? equals + 1 : NULL, error);
}

static gboolean
set_keys (LatentModel *model, GError **error)
{
  const struct {
    const char *key;
    const char *value;
  } keys[] = {
      {"latent.tensor", latent},
      {"latent.input",  input },
      {"latent.scale",  scale },
      {"latent.offset", offset},
  };
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (keys[i].value && !latent_model_set_metadata (model, keys[i].key, keys[i].value, error))
      return FALSE;
  if ((mean || deviation) && !set_normalisation (model, error))
    return FALSE;
  for (char **pair = pairs; pair && *pair; pair++)
    if (!set_pair (model, *pair, error))
      return FALSE;
  return TRUE;
}

static gboolean
run_tag (const LatentCommandLine *line, GError **error)
{
  if (!latent_option_require ("-o OUT", output, error))
    return FALSE;
  if ((scale || offset) && (mean || deviation)) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--scale and --offset say the same as --mean and --std: give one pair");
    return FALSE;
  }
  g_autoptr (LatentModel) loaded = latent_model_load (line->arguments[0], error);
  if (!loaded)
    return FALSE;
  g_autoptr (LatentModel) model = latent_model_copy (loaded);
  if (!set_keys (model, error)) {
    g_prefix_error (error, "%s: ", line->arguments[0]);
    return FALSE;
  }
  return latent_saved_print (model, output, line->json, error);
}

const LatentCommand latent_command_tag = {
    "tag",
    "MODEL -o OUT",
    "Set the metadata of a model, such as a PyTorch export",
    "Samples are 8-bit levels (0 to 255) or 16-bit ones (-32768 to 32767). Without --scale and "
    "--mean 8 bits become 0 to 1 "
    "and sound -1 to 1.\n\nExample: latent tag resnet.onnx -o net.onnx --input video/RGB --mean "
    "0.485,0.456,0.406 --std "
    "0.229,0.224,0.225 --latent /pool/Flatten_output_0",
    options,
    1,
    1,
    run_tag,
};
