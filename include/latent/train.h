/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/model.h>

G_BEGIN_DECLS

/**
 * LatentPca:
 *
 * Principal components of a stream of samples: the best linear autoencoder, in closed form. Samples
 * are vectors of d numbers; memory does not grow with how many there are.
 *
 * Up to 6,144 dimensions the d x d covariance is summed up in double precision, and the result is
 * exact. Above, samples gather in at most 1 GiB; while they fit the result is exact too (from their
 * Gram matrix). When the room is full it is replaced by the best half as many vectors can do for
 * it, and what that loses counts as not explained: explained variance is then a lower bound.
 */
typedef struct _LatentPca LatentPca;

/**
 * latent_pca_new: (skip)
 * @d: elements of a sample, 1 or more
 * @error: return location for an error
 *
 * Returns: (transfer full): no samples yet, or %NULL where @d is above what memory allows
 */
LATENT_API
LatentPca *latent_pca_new (gsize d, GError **error);

LATENT_API
void latent_pca_free (LatentPca *self);

/**
 * latent_pca_add: (skip)
 * @self: components that were not solved for yet
 * @samples: @n samples of d elements, one after the other
 * @n: how many
 * @error: return location for an error
 *
 * Returns: %FALSE where an element is NaN or infinite; the error says which
 */
LATENT_API
gboolean latent_pca_add (LatentPca *self, const float *samples, gsize n, GError **error);

/**
 * latent_pca_solve: (skip)
 * @self: components with all samples; no more can be added
 * @k: how many components, less than d and less than there are samples
 * @error: return location for an error
 *
 * Finds the @k components of the greatest variance. Where fewer vary at all (latent_pca_get_rank())
 * the others are zero.
 *
 * Returns: %FALSE with %LATENT_ERROR_SETTINGS where @k is out of range, or the samples are all the
 * same
 */
LATENT_API
gboolean latent_pca_solve (LatentPca *self, gsize k, GError **error);

/**
 * latent_pca_get_samples: (skip)
 *
 * Returns: how many samples were added
 */
LATENT_API
guint64 latent_pca_get_samples (const LatentPca *self);

/**
 * latent_pca_get_rank: (skip)
 *
 * Returns: how many of the components that were solved for vary
 */
LATENT_API
gsize latent_pca_get_rank (const LatentPca *self);

/**
 * latent_pca_get_explained: (skip)
 *
 * Returns: the part of the total variance that the components explain, 0 to 1
 */
LATENT_API
double latent_pca_get_explained (const LatentPca *self);

/**
 * latent_pca_get_mse: (skip)
 *
 * Returns: mean squared error, per element, of the samples' reconstructions
 */
LATENT_API
double latent_pca_get_mse (const LatentPca *self);

/**
 * latent_pca_get_mean: (skip)
 *
 * Returns: (transfer none): the samples' mean, d elements
 */
LATENT_API
const float *latent_pca_get_mean (const LatentPca *self);

/**
 * latent_pca_get_components: (skip)
 *
 * Returns: (transfer none): k rows of d elements, orthonormal, of falling variance; in each the
 *   element of the greatest magnitude is positive
 */
LATENT_API
const float *latent_pca_get_components (const LatentPca *self);

/**
 * latent_pca_get_variances: (skip)
 *
 * Returns: (transfer none): variance of each of the k latents
 */
LATENT_API
const double *latent_pca_get_variances (const LatentPca *self);

/**
 * latent_pca_to_model: (skip)
 * @self: components that were solved for
 * @media: what the samples are: for video either tiles of tile_width x tile_height pixels, which
 *   makes a fully convolutional model for frames of any size, or whole frames of fixed_width x
 *   fixed_height; for audio windows, channel by channel
 * @scale: for vectors: latent.scale, what integers are multiplied by; 0 for none
 * @error: return location for an error
 *
 * Returns: (transfer full): the model: a linear encoder, latents "latent", a linear decoder,
 *   output "y"
 */
LATENT_API
LatentModel *latent_pca_to_model (
    const LatentPca *self, const LatentMediaInfo *media, double scale, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentPca, latent_pca_free)

G_END_DECLS
