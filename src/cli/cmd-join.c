/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <latent/model.h>

#include "src/cli/command.h"
#include "src/cli/options.h"
#include "src/cli/result.h"
#include "src/cli/saved.h"

static char *output;

static const GOptionEntry options[] = {
    {"output", 'o', 0, G_OPTION_ARG_FILENAME, &output, "The model to write", "OUT"},
    {0      },
};

static gboolean
run_join (const LatentCommandLine *line, GError **error)
{
  if (!latent_option_require ("-o OUT", output, error))
    return FALSE;
  g_autoptr (LatentModel) encoder = latent_model_load (line->arguments[0], error);
  if (!encoder)
    return FALSE;
  g_autoptr (LatentModel) decoder = latent_model_load (line->arguments[1], error);
  if (!decoder)
    return FALSE;
  g_autoptr (LatentModel) joined = latent_model_join (encoder, decoder, error);
  return joined && latent_saved_print (joined, output, line->json, error);
}

const LatentCommand latent_command_join = {
    "join",
    "ENCODER DECODER -o OUT",
    "Make one model of an encoder and a decoder",
    "The encoder's output is fed to the decoder's input and becomes the latent. Keys of the media "
    "are the encoder's.",
    options,
    2,
    2,
    run_join,
};
