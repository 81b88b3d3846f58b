/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/audio/audio.h>
#include <gst/base/gstbasetransform.h>
#include <gst/video/video.h>
#include <latent/session.h>

G_BEGIN_DECLS

#define LATENT_TYPE_AUTOENCODER (latent_autoencoder_get_type ())
G_DECLARE_FINAL_TYPE (LatentAutoencoder, latent_autoencoder, LATENT, AUTOENCODER, GstBaseTransform)

G_END_DECLS
