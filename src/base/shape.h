/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/tensor.h>

/* Sizes of the dimensions, outermost first; -1 stands for a size that is not known. */
typedef struct {
  guint n;
  gint64 dims[LATENT_MAX_DIMS];
} LatentShape;

/* Elements of a shape whose sizes are all known; FALSE with LATENT_ERROR_LIMIT where elements or
 * bytes overflow or exceed LATENT_LIMIT_TENSOR_BYTES. */
gboolean latent_shape_count (
    const LatentShape *self, LatentDataType type, gsize *n_elements, gsize *size, GError **error);
gboolean latent_shape_is_known (const LatentShape *self);
gboolean latent_shape_equal (const LatentShape *a, const LatentShape *b);
char *latent_shape_to_string (const LatentShape *self); /* "1x3x?x96"; "scalar" for no dimensions */

/* Row-major strides in elements. */
void latent_shape_get_strides (const LatentShape *self, gint64 strides[LATENT_MAX_DIMS]);

/* Numpy's rule. FALSE where the shapes do not broadcast. dst may be a or b. */
gboolean latent_shape_broadcast (const LatentShape *a, const LatentShape *b, LatentShape *dst);

/* axis in [-n, n) to [0, n); -1 where it is outside. */
gint latent_axis_normalize (gint64 axis, guint n);

/* Product of dims[begin, end), 1 for none. Sizes must be known and counted before. */
gsize latent_shape_product (const LatentShape *self, guint begin, guint end);
