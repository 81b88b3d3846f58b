/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

/* LatentMode and LatentPrecision as properties show them. */
#define LATENT_GST_TYPE_MODE (latent_gst_mode_get_type ())
GType latent_gst_mode_get_type (void);

#define LATENT_GST_TYPE_PRECISION (latent_gst_precision_get_type ())
GType latent_gst_precision_get_type (void);

/* LatentPatternKind, of latenttestsrc. */
#define LATENT_GST_TYPE_PATTERN (latent_gst_pattern_get_type ())
GType latent_gst_pattern_get_type (void);

/* Whether an encoder puts the decoder half of its model into the stream. */
typedef enum {
  LATENT_GST_EMBED_NO,
  LATENT_GST_EMBED_ONCE,
  LATENT_GST_EMBED_KEYFRAMES,
} LatentGstEmbed;

#define LATENT_GST_TYPE_EMBED (latent_gst_embed_get_type ())
GType latent_gst_embed_get_type (void);

/* What a decoder gives for a frame that was lost. */
typedef enum {
  LATENT_GST_CONCEAL_REPEAT,
  LATENT_GST_CONCEAL_PREDICT,
  LATENT_GST_CONCEAL_NONE,
} LatentGstConceal;

#define LATENT_GST_TYPE_CONCEAL (latent_gst_conceal_get_type ())
GType latent_gst_conceal_get_type (void);
