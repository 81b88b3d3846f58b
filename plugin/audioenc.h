/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/audio/audio.h>

G_BEGIN_DECLS

#define LATENT_TYPE_AUDIO_ENC (latent_audio_enc_get_type ())
G_DECLARE_FINAL_TYPE (LatentAudioEnc, latent_audio_enc, LATENT, AUDIO_ENC, GstAudioEncoder)

G_END_DECLS
