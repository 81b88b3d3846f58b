/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/base/gstaggregator.h>

G_BEGIN_DECLS

#define LATENT_TYPE_MUX (latent_mux_get_type ())
G_DECLARE_FINAL_TYPE (LatentMux, latent_mux, LATENT, MUX, GstAggregator)

G_END_DECLS
