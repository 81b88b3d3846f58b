/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/tensor.h>

/* Elements of any numeric type, moved in and out in blocks: the one place that switches over data
 * types. Elements are those at [first, first + n) of an array of `type`. */

void latent_load_doubles (
    LatentDataType type, gconstpointer src, gsize first, gsize n, double *dst);
void latent_load_ints (LatentDataType type, gconstpointer src, gsize first, gsize n, gint64 *dst);
void latent_store_doubles (
    LatentDataType type, gpointer dst, gsize first, gsize n, const double *src);
void latent_store_ints (LatentDataType type, gpointer dst, gsize first, gsize n, const gint64 *src);

/* Converts as ONNX's Cast: integers to integers wrap, reals to integers truncate (NaN to 0,
 * saturating at 64 bits, then wrapping to what is narrower), anything to bool is "not 0". src and
 * dst do not overlap. */
void latent_convert (LatentDataType src_type, gconstpointer src, LatentDataType dst_type,
    gpointer dst, gsize first, gsize n);

/* Whether a type is a float of any width. */
gboolean latent_data_type_is_real (LatentDataType type);
/* Alignment that a type's elements ask for, in bytes. */
gsize latent_data_type_get_alignment (LatentDataType type);

/* IEEE 754 binary16 and bfloat16 as their bits; to nearest, ties to even. */
float latent_half_to_float (guint16 half);
guint16 latent_float_to_half (float value);
float latent_bfloat_to_float (guint16 bfloat);
guint16 latent_float_to_bfloat (float value);

/* Truncates; NaN gives 0; saturates. */
gint64 latent_double_to_int (double value);
