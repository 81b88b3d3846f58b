/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/audio/audio.h>

G_BEGIN_DECLS

#define LATENT_TYPE_AUDIO_DEC (latent_audio_dec_get_type ())
G_DECLARE_FINAL_TYPE (LatentAudioDec, latent_audio_dec, LATENT, AUDIO_DEC, GstAudioDecoder)

G_END_DECLS
