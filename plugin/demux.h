/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define LATENT_TYPE_DEMUX (latent_demux_get_type ())
G_DECLARE_FINAL_TYPE (LatentDemux, latent_demux, LATENT, DEMUX, GstElement)

G_END_DECLS
