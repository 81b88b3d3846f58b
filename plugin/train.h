/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/audio/audio.h>
#include <gst/base/gstbasetransform.h>
#include <gst/video/video.h>

G_BEGIN_DECLS

#define LATENT_TYPE_TRAIN (latent_train_get_type ())
G_DECLARE_FINAL_TYPE (LatentTrain, latent_train, LATENT, TRAIN, GstBaseTransform)

G_END_DECLS
