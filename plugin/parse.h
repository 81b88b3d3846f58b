/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/base/gstbaseparse.h>

G_BEGIN_DECLS

#define LATENT_TYPE_PARSE (latent_parse_get_type ())
G_DECLARE_FINAL_TYPE (LatentParse, latent_parse, LATENT, PARSE, GstBaseParse)

G_END_DECLS
