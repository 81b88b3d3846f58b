/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS

#define LATENT_TYPE_VIDEO_ENC (latent_video_enc_get_type ())
G_DECLARE_FINAL_TYPE (LatentVideoEnc, latent_video_enc, LATENT, VIDEO_ENC, GstVideoEncoder)

G_END_DECLS
