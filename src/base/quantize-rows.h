/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* QuantizeLinear and DequantizeLinear of n neighbours that have one scale and one zero point: the
 * loops that frames go through. */

void latent_quantize_row_u8 (
    const float *restrict src, guint8 *restrict dst, gsize n, float scale, gint32 zero_point);
void latent_quantize_row_s8 (
    const float *restrict src, gint8 *restrict dst, gsize n, float scale, gint32 zero_point);
/* The same, and a copy of what was read: one pass over memory for both. */
void latent_quantize_copy_row_u8 (const float *restrict src, float *restrict copy,
    guint8 *restrict dst, gsize n, float scale, gint32 zero_point);
void latent_quantize_copy_row_s8 (const float *restrict src, float *restrict copy,
    gint8 *restrict dst, gsize n, float scale, gint32 zero_point);
void latent_dequantize_row_u8 (
    const guint8 *restrict src, float *restrict dst, gsize n, float scale, gint32 zero_point);
void latent_dequantize_row_s8 (
    const gint8 *restrict src, float *restrict dst, gsize n, float scale, gint32 zero_point);
