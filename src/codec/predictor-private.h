/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/codec/predictor.h"

/* src/codec/predictor-motion.c. What is held as levels of pixels: of a predictor that has a basis;
 * others have nothing to start or show. */
void latent_predictor_start_motion (LatentPredictor *self);
/* Puts what is held of n places of a row into the picture. */
void latent_predictor_show (LatentPredictor *self, guint row, const guint *columns, guint n);
/* Remembers it. */
void latent_predictor_remember_shown (LatentPredictor *self, gsize place);
/* Channels [begin, end) of a place whose pieces were moved. */
void latent_predictor_foretell_moved (
    const LatentPredictor *self, const gint16 *pixels, guint begin, guint end, gint32 *dst);

/* src/codec/predictor-rows.c. Holds a key frame's symbols, of steps of self->step. */
void latent_predictor_set_rows (LatentPredictor *self, const gint16 *symbols);
