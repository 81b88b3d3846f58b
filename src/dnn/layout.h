/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/base/shape.h"

/* How the elements of an array lie in memory. Immutable; reference counted. Either plain strides,
 * or one of oneDNN's blocked formats, which only this folder can read. */
typedef struct {
  gatomicrefcount ref_count;
  LatentDataType type;
  LatentShape shape;
  gsize size; /* bytes, padding included; at least 1 */
  gboolean is_strided;
  gint64 strides[LATENT_MAX_DIMS]; /* in elements; meaningful where is_strided */
  gpointer md; /* oneDNN's memory descriptor; NULL where it has none for this array */
} LatentLayout;

/* Row-major without gaps. Shapes were counted before (latent_shape_count()). */
LatentLayout *latent_layout_new (LatentDataType type, const LatentShape *shape);
/* Strides in elements, not negative. */
LatentLayout *latent_layout_new_strided (
    LatentDataType type, const LatentShape *shape, const gint64 *strides);
LatentLayout *latent_layout_ref (LatentLayout *self);
void latent_layout_unref (LatentLayout *self);

/* Same elements at the same places, whatever the strides of dimensions of size 1 say. */
gboolean latent_layout_equal (const LatentLayout *a, const LatentLayout *b);
gboolean latent_layout_is_row_major (const LatentLayout *self);

/* Copies elements between two strided layouts of one type and shape. */
void latent_layout_copy (const LatentLayout *dst_layout, gpointer dst,
    const LatentLayout *src_layout, gconstpointer src);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentLayout, latent_layout_unref)
