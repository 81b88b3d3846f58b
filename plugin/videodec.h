/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS

#define LATENT_TYPE_VIDEO_DEC (latent_video_dec_get_type ())
G_DECLARE_FINAL_TYPE (LatentVideoDec, latent_video_dec, LATENT, VIDEO_DEC, GstVideoDecoder)

G_END_DECLS
