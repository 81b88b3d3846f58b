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
