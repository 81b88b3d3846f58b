/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/codec/predictor.h"

/* src/codec/predictor-motion.c. What is held as levels of pixels: of a predictor that has a basis;
 * others have nothing to make or update. */

/* FALSE where memory does not suffice. */
gboolean latent_predictor_make_motion (LatentPredictor *self);
/* The picture of what is held, where mask says so, and that of what is remembered; NULL: all. */
void latent_predictor_update_motion (
    LatentPredictor *self, const guint8 *mask, const guint8 *remembered);
/* Latents of a place whose pieces were moved. */
void latent_predictor_foretell_moved (
    const LatentPredictor *self, gsize place, const LatentVector *vectors, gint32 *dst);
