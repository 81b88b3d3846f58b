/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/codec/foretold.h"

/* Where the symbol coder starts: integers for each channel of a grid, fitted on sample latents or
 * built in. Immutable, reference counted. */
typedef struct _LatentPrior LatentPrior;

/* The built-in one, for channels of which nothing is known. */
LatentPrior *latent_prior_new_default (guint channels);
LatentPrior *latent_prior_ref (LatentPrior *self);
void latent_prior_unref (LatentPrior *self);

/* Metadata latent.prior. Parsing checks everything: text is untrusted. */
LatentPrior *latent_prior_new_from_text (const char *text, guint channels, GError **error);
char *latent_prior_to_text (const LatentPrior *self);

/* CRC32C of all that it holds; goes into the sequence header. */
guint32 latent_prior_get_checksum (const LatentPrior *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentPrior, latent_prior_unref)

/* Learns a prior from symbols as a stream would hold them: begin, one add for each frame (previous:
 * the symbols before it at the same quality, NULL at a key frame), end. Frames are kept until then.
 */
typedef struct _LatentPriorFit LatentPriorFit;

LatentPriorFit *latent_prior_fit_new (guint channels, guint height, guint width);
void latent_prior_fit_free (LatentPriorFit *self);
void latent_prior_fit_add (LatentPriorFit *self, const gint16 *symbols, const gint16 *previous);
/* A frame of video that is foretold: symbols, modes, and what else its coding looks at (foretold->
 * expected, ages). begins: the frame before was a key frame, or of another stream. */
void latent_prior_fit_add_foretold (
    LatentPriorFit *self, const gint16 *symbols, const LatentForetold *foretold, gboolean begins);
/* From here on frames have another size. */
void latent_prior_fit_resize (LatentPriorFit *self, guint height, guint width);
LatentPrior *latent_prior_fit_finish (LatentPriorFit *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentPriorFit, latent_prior_fit_free)
