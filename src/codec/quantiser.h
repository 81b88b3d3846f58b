/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/codec.h>

/* Floats to symbols and back, channel by channel of a grid. Where floats end: what follows is made
 * of integers. */

/* Symbols lie within +-LATENT_SYMBOL_MAX; a latent beyond is coded as the nearest. */
#define LATENT_SYMBOL_MAX 32767

/* The step of each channel at a quality; steps as a sequence header has them. */
void latent_quantiser_get_steps (const gint16 *steps, guint channels, guint quality, float *dst);

/* Symbols of one quality as they would be at another: times a power of 2^(1/8), by integers alone.
 * src and dst may be the same. */
void latent_symbols_rescale (
    const gint16 *src, guint src_quality, guint dst_quality, gsize n, gint16 *dst);

/* planes: latents in the grid's order, `places` for each channel. previous: the symbols that the
 * coder has as context, at the same steps; NULL where it has none. */
void latent_quantiser_put (const float *planes, const float *steps, guint channels, guint places,
    const gint16 *previous, guint threads, gint16 *symbols);
void latent_quantiser_get (const gint16 *symbols, const float *steps, guint channels, guint places,
    guint threads, float *planes);
