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
/* Of a memory descriptor of oneDNN's (LatentConstMd), which is copied. */
LatentLayout *latent_layout_new_md (gconstpointer md);
/* Dimensions in the order of memory that convolutions on channels-last data have: N, spatial, C. */
LatentLayout *latent_layout_new_channels_last (LatentDataType type, const LatentShape *shape);
/* The same dimensions of other elements: in the same order, or channels-last where that is oneDNN's
 * own. */
LatentLayout *latent_layout_retype (const LatentLayout *self, LatentDataType type);
LatentLayout *latent_layout_ref (LatentLayout *self);
void latent_layout_unref (LatentLayout *self);

/* Same elements at the same places, whatever the strides of dimensions of size 1 say. */
gboolean latent_layout_equal (const LatentLayout *a, const LatentLayout *b);
/* Whether it is float32, or a float32 kept as bfloat16, and oneDNN has a descriptor for it. */
gboolean latent_layout_is_float (const LatentLayout *self);
gboolean latent_layout_is_row_major (const LatentLayout *self);
/* Whether oneDNN's reorder from one into the other is not to be trusted: that of transposed data
 * into padded blocks is wrong in 3.7.2 (f32 ba to BA16a64b of 7x20, bacd to ABcd16b16a of 2x1x3x3).
 * By way of row-major order it is right. */
gboolean latent_layout_needs_detour (const LatentLayout *src, const LatentLayout *dst);

/* The same memory with another shape of as many elements in the same row-major order, or NULL where
 * no strides can say that. */
LatentLayout *latent_layout_reshape (const LatentLayout *self, const LatentShape *shape);

/* Copies elements between two strided layouts of one type and shape. */
void latent_layout_copy (const LatentLayout *dst_layout, gpointer dst,
    const LatentLayout *src_layout, gconstpointer src, guint threads);

/* Integers of floats that are copied: as QuantizeLinear makes them, and with the strides, in
 * elements, that the copies have. */
typedef struct {
  LatentDataType type; /* int8 or uint8 */
  float scale;
  gint32 zero_point;
  gpointer data;
} LatentLayoutBytes;

/* Copies floats likewise and makes such integers of them, in one pass. */
void latent_layout_copy_quantized (const LatentLayout *dst_layout, gpointer dst,
    const LatentLayoutBytes *bytes, const LatentLayout *src_layout, gconstpointer src,
    guint threads);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentLayout, latent_layout_unref)
