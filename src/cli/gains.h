/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/codec/grid.h"

/* Quantiser steps that do the same harm to what a model's decoder gives, whatever the channel: the
 * unit over the channel's gain, which is how much the output moves, summed up as squares over all
 * it touches, for a latent that moves by one. The gain is found by moving each channel of a sample.
 *
 * latents: of one frame, of the grid; a part of it where the decoder takes any size. steps: of each
 * channel, to be freed. LATENT_ERROR_SETTINGS where the model has no decoder. */
float *latent_gains_find_steps (LatentModel *model, const LatentGrid *grid, const float *latents,
    guint threads, GError **error);
