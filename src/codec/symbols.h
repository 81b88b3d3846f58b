/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/codec/foretold.h"
#include "src/codec/prior.h"

/* Symbols of a band of rows of a grid to bytes and back, by contexts that are mixed; integers
 * alone, so that bytes and symbols are the same on every machine. One coder for each slice and
 * direction: it holds the adaptive state that goes on from frame to frame.
 *
 * A grid is channels x height x width, row-major, gint16. A coder works on rows [begin, end) of it
 * and looks at no other row, neither of the frame nor of the one before. */
typedef struct _LatentSymbolCoder LatentSymbolCoder;

LatentSymbolCoder *latent_symbol_coder_new (
    LatentPrior *prior, guint channels, guint height, guint width, guint begin, guint end);
void latent_symbol_coder_free (LatentSymbolCoder *self);

/* Back to the prior: before a key packet; before every packet of a resilient stream. */
void latent_symbol_coder_reset (LatentSymbolCoder *self);

/* Bytes that encode may need at most, for each frame. */
gsize latent_symbol_coder_get_bound (const LatentSymbolCoder *self);

/* symbols: the whole grid; previous: likewise, or NULL. Returns bytes written to dst. */
gsize latent_symbol_coder_encode (
    LatentSymbolCoder *self, const gint16 *symbols, const gint16 *previous, guint8 *dst);

/* Writes rows [begin, end) of symbols. Never reads past src + size; bytes that no encoder made give
 * some symbols, or FALSE. */
gboolean latent_symbol_coder_decode (LatentSymbolCoder *self, const guint8 *src, gsize size,
    const gint16 *previous, gint16 *symbols);

/* Likewise of n frames of a packet that holds `most` at most, one behind the other in symbols; each
 * has the one before it as context, the first `previous`. most is more than 1. */
gsize latent_symbol_coder_encode_frames (LatentSymbolCoder *self, const gint16 *symbols, guint n,
    guint most, const gint16 *previous, guint8 *dst);
/* Returns how many there are, 1 or more. */
guint latent_symbol_coder_decode_frames (LatentSymbolCoder *self, const guint8 *src, gsize size,
    guint most, const gint16 *previous, gint16 *symbols);

/* Likewise of a frame that is foretold: symbols are differences, 0 at places that are held.
 * Decoding sets modes and vectors. */
gsize latent_symbol_coder_encode_foretold (
    LatentSymbolCoder *self, const gint16 *symbols, LatentForetold *foretold, guint8 *dst);
gboolean latent_symbol_coder_decode_foretold (LatentSymbolCoder *self, const guint8 *src,
    gsize size, LatentForetold *foretold, gint16 *symbols);

/* Binary decisions coded since it was made. */
guint64 latent_symbol_coder_get_decisions (const LatentSymbolCoder *self);

/* What a symbol would cost now, for an encoder's search: 1/256 bits, estimated without changing
 * any state: from the nearest neighbours and the frame before at the place, and from how many
 * places are coded at all. What else a place costs once it is coded, the other channels there, is
 * not in it. */
guint latent_symbol_coder_get_cost (const LatentSymbolCoder *self, const gint16 *symbols,
    const gint16 *previous, guint channel, guint y, guint x, gint value);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentSymbolCoder, latent_symbol_coder_free)
