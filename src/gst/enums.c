/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/gst/enums.h"

#include <latent/program.h>

#include "src/media/pattern.h"

static const GEnumValue modes[] = {
    {LATENT_MODE_RECONSTRUCT, "Media in, its reconstruction out",      "reconstruct"},
    {LATENT_MODE_ENCODE,      "Media in, latents out",                 "encode"     },
    {LATENT_MODE_DECODE,      "Latents in, media out",                 "decode"     },
    {LATENT_MODE_EMBED,       "Media pass untouched, latents as meta", "embed"      },
    {0,                       NULL,                                    NULL         },
};

static const GEnumValue precisions[] = {
    {LATENT_PRECISION_AUTO, "int8 for a quantised model, else f32", "auto"},
    {LATENT_PRECISION_F32,  "32-bit floating point",                "f32" },
    {LATENT_PRECISION_BF16, "16-bit brain floating point",          "bf16"},
    {LATENT_PRECISION_INT8, "8-bit integers, for quantised models", "int8"},
    {0,                     NULL,                                   NULL  },
};

static const GEnumValue patterns[] = {
    {LATENT_PATTERN_SAMPLES,     "Draws from the standard normal prior",         "samples"    },
    {LATENT_PATTERN_TRAVERSE,    "One latent swings, the others stay",           "traverse"   },
    {LATENT_PATTERN_INTERPOLATE, "Straight on from one draw or row to the next", "interpolate"},
    {LATENT_PATTERN_REPLAY,      "The rows of a .npy file",                      "replay"     },
    {0,                          NULL,                                           NULL         },
};

static GType
register_once (gsize *type, const char *name, const GEnumValue *values)
{
  if (g_once_init_enter (type))
    g_once_init_leave (type, g_enum_register_static (name, values));
  return *type;
}

GType
latent_gst_mode_get_type (void)
{
  static gsize type = 0;

  return register_once (&type, "LatentGstMode", modes);
}

GType
latent_gst_precision_get_type (void)
{
  static gsize type = 0;

  return register_once (&type, "LatentGstPrecision", precisions);
}

GType
latent_gst_pattern_get_type (void)
{
  static gsize type = 0;

  return register_once (&type, "LatentGstPattern", patterns);
}
