/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <latent/model.h>

#include "src/cli/command.h"
#include "src/cli/result.h"

static const char *const keys[] = {
    "id",
    "media",
    "input_shape",
    "latent_shape",
    "output_shape",
    "d",
    "k",
    "parameters",
    "nodes",
    "operators",
    "encoder_macs",
    "decoder_macs",
};

/* The description, which is in no order, in the order of `keys`. */
static GVariant *
order_keys (GVariant *description)
{
  GVariantBuilder builder;
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++) {
    g_autoptr (GVariant) value = g_variant_lookup_value (description, keys[i], NULL);
    if (value)
      g_variant_builder_add (&builder, "{sv}", keys[i], value);
  }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static gboolean
run_info (const LatentCommandLine *line, GError **error)
{
  g_autoptr (LatentModel) model = latent_model_load (line->arguments[0], error);
  if (!model)
    return FALSE;
  g_autoptr (GVariant) description = latent_model_describe (model, error);
  if (!description)
    return FALSE;
  g_autoptr (GVariant) result = order_keys (description);
  latent_result_print (line->json, result);
  return TRUE;
}

const LatentCommand latent_command_info = {
    "info",
    "MODEL",
    "Say what is in a model",
    "id is the identity of the latent space; media what the net takes; shapes are those of one "
    "sample, d and k its numbers and "
    "those of its latents. Where the media decide the size, shapes and multiply-adds (macs) are "
    "those of a picture of 256x256.",
    NULL,
    1,
    1,
    run_info,
};
