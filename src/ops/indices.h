/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/ops/op.h"

/* Tensors of indices, int32 or int64, as Gather and Scatter take them. An index may be negative: it
 * counts from the end. */

/* Whether all indices are in [-n, n). */
gboolean latent_indices_check (const LatentView *self, gint64 n, GError **error);

/* Index i into n elements, in [0, n) once it was checked. */
gsize latent_indices_get (const LatentView *self, gsize i, gint64 n);

/* The element of `data` that element i of the indices means: they have its number of dimensions,
 * and replace the coordinate along `axis`. */
gsize latent_indices_find_element (
    const LatentView *self, gsize i, const LatentShape *data, guint axis);

/* The indices' innermost dimension is made of coordinates along the dimensions of `data` from
 * `first` on: gives the element that the i-th such tuple means, or names the one that is outside.
 */
gboolean latent_indices_find_slice (const LatentView *self, gsize i, const LatentShape *data,
    guint first, gsize *element, GError **error);
