/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/ops/gradient.h"
#include "src/ops/private.h"

typedef enum {
  LATENT_RESIZE_NEAREST,
  LATENT_RESIZE_LINEAR,
  LATENT_RESIZE_CUBIC,
} LatentResizeMode;

/* coordinate_transformation_mode, in the order of the names in resize-params.c */
typedef enum {
  LATENT_RESIZE_HALF_PIXEL,
  LATENT_RESIZE_HALF_PIXEL_SYMMETRIC,
  LATENT_RESIZE_PYTORCH_HALF_PIXEL,
  LATENT_RESIZE_ALIGN_CORNERS,
  LATENT_RESIZE_ASYMMETRIC,
  LATENT_RESIZE_TF_HALF_PIXEL_FOR_NN,
  LATENT_RESIZE_TF_CROP_AND_RESIZE,
} LatentResizeCoordinates;

typedef enum {
  LATENT_RESIZE_ROUND_PREFER_FLOOR,
  LATENT_RESIZE_ROUND_PREFER_CEIL,
  LATENT_RESIZE_FLOOR,
  LATENT_RESIZE_CEIL,
  LATENT_RESIZE_SIMPLE, /* before opset 11: up where the picture shrinks, else down */
} LatentResizeNearest;

/* What a Resize or Upsample node says, its input's shape and what decides its output's being known.
 * Cropping's region of interest is no part of it: that may be computed at run time. */
typedef struct {
  LatentResizeMode mode;
  LatentResizeCoordinates coordinates;
  LatentResizeNearest nearest;
  float cubic_a;
  float extrapolation;
  gboolean exclude_outside;
  gboolean antialias;
  LatentShape src;
  LatentShape dst;
  double scales[LATENT_MAX_DIMS]; /* positive; 1 for an axis that is left as it is */
  guint n_axes;                   /* that were named: what the region of interest speaks of */
  guint axes[LATENT_MAX_DIMS];
} LatentResizeParams;

gboolean latent_resize_get_params (
    const LatentNode *node, LatentResizeParams *params, GError **error);

/* Whether samples along an axis are moved at all. */
gboolean latent_resize_changes (const LatentResizeParams *params, guint axis);

/* Along one axis every output is a sum of `footprint` inputs: of those at index[i * footprint + t],
 * weighted by weight[i * footprint + t]. An index below 0 stands for the extrapolation value. */
typedef struct {
  gsize footprint;
  gint64 *index;
  float *weight;
} LatentResizeTaps;

gsize latent_resize_get_footprint (const LatentResizeParams *params, guint axis);

/* Fills taps that have room; [start, end] is the axis's region of interest, of use for cropping
 * only. */
void latent_resize_fill_taps (
    const LatentResizeParams *params, guint axis, double start, double end, LatentResizeTaps *taps);

/* Whether oneDNN's resampling does all of the node. */
gboolean latent_resize_fits_resampling (const LatentResizeParams *params);

/* The derivative by the input of a node that fits, from that by its output; NULL: error is set. */
LatentValue *latent_resample_add_gradient (LatentGradient *gradient,
    const LatentResizeParams *params, LatentValue *derivative, GError **error);

/* The rows' gradient. */
gboolean latent_resize_add_gradient (
    LatentGradient *gradient, const LatentNode *node, GError **error);
