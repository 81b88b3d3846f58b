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

static const GEnumValue embeds[] = {
    {LATENT_GST_EMBED_NO,        "Never: decoders have the file",            "no"       },
    {LATENT_GST_EMBED_ONCE,      "Before the first frame",                   "once"     },
    {LATENT_GST_EMBED_KEYFRAMES, "Before every key frame, for late joiners", "keyframes"},
    {0,                          NULL,                                       NULL       },
};

static const GEnumValue conceals[] = {
    {LATENT_GST_CONCEAL_REPEAT,  "The last good frame again; sound fades out",           "repeat" },
    {LATENT_GST_CONCEAL_PREDICT, "What changed goes on, less and less; sound as repeat", "predict"},
    {LATENT_GST_CONCEAL_NONE,    "Nothing; sound is silent",                             "none"   },
    {0,                          NULL,                                                   NULL     },
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

GType
latent_gst_embed_get_type (void)
{
  static gsize type = 0;

  return register_once (&type, "LatentGstEmbed", embeds);
}

GType
latent_gst_conceal_get_type (void)
{
  static gsize type = 0;

  return register_once (&type, "LatentGstConceal", conceals);
}
