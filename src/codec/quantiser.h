/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/codec/sequence.h"

/* 2^(n/8) in Q16. */
extern const guint32 latent_eighths[8];

/* Floats to symbols and back, channel by channel of a grid. Here floats end: what follows is made
 * of integers. */

/* Symbols lie within +-LATENT_SYMBOL_MAX; a latent beyond is coded as the nearest. */
#define LATENT_SYMBOL_MAX 32767

/* The step of each channel at a quality; steps as a sequence header has them. */
void latent_quantiser_get_steps (
    const LatentStep *steps, guint channels, guint quality, float *dst);

/* Symbols of one quality as they would be at another: times a power of 2^(1/8), by integers alone.
 * src and dst may be the same. */
void latent_symbols_rescale (
    const gint16 *src, guint src_quality, guint dst_quality, gsize n, gint16 *dst);
/* Likewise all channels of a grid, each by its slope of that. */
void latent_symbols_rescale_all (const LatentGrid *grid, const LatentStep *steps, const gint16 *src,
    guint src_quality, guint dst_quality, gint16 *dst);

/* What is expected of symbols: nothing but 0 in a key frame and in sound, whose waves do not stand
 * still; in other frames what is held. */
typedef enum {
  LATENT_RULE_KEY,
  LATENT_RULE_HELD,
  LATENT_RULE_SOUND,
} LatentRule;

/* A symbol becomes what is expected where the latent is near enough to that: the nearer, the more
 * of the four places around differ from what is expected of them, since a change among changes
 * costs little. Else it becomes the nearest integer.
 *
 * planes: latents in the grid's order. expected: symbols at the same steps, or zeros. changes: room
 * for a byte a symbol. */
void latent_quantiser_put (const LatentGrid *grid, const float *planes, const float *steps,
    LatentRule rule, const gint16 *expected, guint threads, guint8 *changes, gint16 *symbols);
void latent_quantiser_get (const LatentGrid *grid, const gint16 *symbols, const float *steps,
    guint threads, float *planes);
