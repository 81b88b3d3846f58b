/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/codec/grid.h"

/* Fits what a model's streams begin with, latent.steps and latent.prior, to sample latents. */
typedef struct _LatentFit LatentFit;

/* quality: at which symbols are looked at. The model is borrowed. */
LatentFit *latent_fit_new (const LatentModel *model, guint quality);
void latent_fit_free (LatentFit *self);

/* Steps to use instead of the model's latent.steps: one for each channel. */
void latent_fit_set_steps (LatentFit *self, guint channels, const float *steps);

/* Latents of one frame; width and height of the picture, or 0. follows: whether it is the next
 * frame of the stream that the last call's was of. The first frame's grid decides the size of the
 * patches that frames are looked at in; smaller frames are left out. */
gboolean latent_fit_add (LatentFit *self, const LatentShape *dims, const float *latents,
    guint width, guint height, gboolean follows, GError **error);

/* Frames looked at, and what a model's metadata take: to be freed. NULL where no frame was. */
guint64 latent_fit_get_frames (const LatentFit *self);
char *latent_fit_get_steps (const LatentFit *self); /* latent.steps */
char *latent_fit_get_prior (LatentFit *self);       /* latent.prior; ends the fit */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentFit, latent_fit_free)
