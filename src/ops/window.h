/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/dnn/emit.h"
#include "src/ops/private.h"

/* Geometry of a kernel that slides over the spatial dimensions (all but the first two) of a tensor:
 * convolutions and pools. */

#define LATENT_MAX_SPATIAL 3

typedef enum {
  LATENT_AUTO_PAD_NOTSET,
  LATENT_AUTO_PAD_SAME_UPPER,
  LATENT_AUTO_PAD_SAME_LOWER,
  LATENT_AUTO_PAD_VALID,
} LatentAutoPad;

/* Each array is outermost dimension first. Kernel, strides and dilations are 1 or more, pads 0 or
 * more, all below 2^31. */
typedef struct {
  guint n; /* spatial dimensions, 1 to 3 */
  LatentAutoPad auto_pad;
  gint64 src[LATENT_MAX_SPATIAL];
  gint64 dst[LATENT_MAX_SPATIAL];
  gint64 kernel[LATENT_MAX_SPATIAL];
  gint64 strides[LATENT_MAX_SPATIAL];
  gint64 dilations[LATENT_MAX_SPATIAL]; /* 1: dense */
  gint64 pads_begin[LATENT_MAX_SPATIAL];
  gint64 pads_end[LATENT_MAX_SPATIAL];
} LatentWindow;

/* Reads kernel_shape, strides, dilations, pads and auto_pad; `weights` is where the kernel's size
 * stands too (O x I x kernel), NULL where only kernel_shape has it. dst is left out. */
gboolean latent_window_read (const LatentNode *node, const LatentShape *src,
    const LatentShape *weights, LatentWindow *self, GError **error);

/* Settles pads as auto_pad wants, and dst; `ceil_mode` rounds the size up, but for windows that
 * would begin in the padding behind. FALSE where nothing is left. */
gboolean latent_window_resolve (LatentWindow *self, gboolean ceil_mode, GError **error);

/* Attribute `name` as a list of `n` numbers, each in [min, 2^31); `fallback` where it is absent. */
gboolean latent_window_get_list (const LatentNode *node, const char *name, guint n, gint64 fallback,
    gint64 min, gint64 *values, GError **error);

/* From the kernel's first sample to behind its last. */
gint64 latent_window_get_extent (const LatentWindow *self, guint i);

/* Splits padding into before and behind: an odd sample goes behind where `upper`. */
void latent_window_split_pads (LatentWindow *self, guint i, gint64 total, gboolean upper);

/* The attributes that latent_window_read() finds that window in, its pads said. */
void latent_window_set_attributes (const LatentWindow *self, LatentNode *node);

/* For src/dnn; it borrows from the window. */
LatentStencil latent_window_get_stencil (const LatentWindow *self);

/* The same window with three spatial dimensions, those that are new being of size 1. */
LatentWindow latent_window_expand (const LatentWindow *self);

/* Those k in [*begin, *end) for which position * stride - pads_begin + k * dilation lies in src. */
void latent_window_get_taps (
    const LatentWindow *self, guint i, gint64 position, gint64 *begin, gint64 *end);

/* Those positions in [*begin, *end) from which tap k of the kernel lies in src. */
void latent_window_get_positions (
    const LatentWindow *self, guint i, gint64 k, gint64 *begin, gint64 *end);
