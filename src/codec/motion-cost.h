/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* How much two pieces of a picture differ. Strides are in bytes; the numbers are the same on every
 * CPU. */

/* The sum of absolute differences of w x h pixels. */
guint latent_cost_differences (
    const guint8 *a, gsize a_stride, const guint8 *b, gsize b_stride, guint w, guint h);

/* Absolute values of the Hadamard transform of the difference, in blocks of 8x8: nearer to what it
 * costs to code. Pieces whose size is no multiple of 8 have plain differences. */
guint latent_cost_transformed (
    const guint8 *a, gsize a_stride, const guint8 *b, gsize b_stride, guint w, guint h);
/* Likewise, in plain loops whatever the CPU: for tests. */
guint latent_cost_transformed_plain (
    const guint8 *a, gsize a_stride, const guint8 *b, gsize b_stride, guint w, guint h);
