/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "src/ops/resize.h"

gboolean
latent_resize_changes (const LatentResizeParams *params, guint axis)
{
  if (params->coordinates == LATENT_RESIZE_TF_CROP_AND_RESIZE)
    for (guint i = 0; i < params->n_axes; i++)
      if (params->axes[i] == axis)
        return TRUE;
  return params->scales[axis] != 1 || params->src.dims[axis] != params->dst.dims[axis];
}

/* numerator / scale; where it will be rounded to an integer as a float, so that 1.5 / 0.6f is 2.5
 * and does not lie just beside it. */
static double
divide_by_scale (const LatentResizeParams *params, guint axis, double numerator)
{
  double quotient = numerator / params->scales[axis];

  return params->mode == LATENT_RESIZE_NEAREST ? (float)quotient : quotient;
}

/* In floats, so that the end of a region at 1 does not lie just outside. */
static double
get_crop_coordinate (const LatentResizeParams *params, guint axis, gint64 i, float start, float end)
{
  float last = (float)(params->src.dims[axis] - 1);
  float dst = (float)params->dst.dims[axis];

  return dst > 1 ? start * last + (float)i * (end - start) * last / (dst - 1)
                 : 0.5f * (start + end) * last;
}

/* The place in the input, in samples, that output i of an axis is taken from. */
static double
get_coordinate (const LatentResizeParams *params, guint axis, gint64 i)
{
  double src = (double)params->src.dims[axis];
  double dst = (double)params->dst.dims[axis];
  double scale = params->scales[axis];
  double x = (double)i;
  double half = divide_by_scale (params, axis, x + 0.5);

  switch (params->coordinates) {
  case LATENT_RESIZE_HALF_PIXEL:
    return half - 0.5;
  case LATENT_RESIZE_HALF_PIXEL_SYMMETRIC:
    return src / 2 * (1 - dst / (scale * src)) + half - 0.5;
  case LATENT_RESIZE_PYTORCH_HALF_PIXEL:
    return dst > 1 ? half - 0.5 : 0;
  case LATENT_RESIZE_ALIGN_CORNERS: /* of the length before rounding, as ONNX's own cases have it */
    return dst > 1 ? x * (src - 1) / (src * scale - 1) : 0;
  case LATENT_RESIZE_TF_HALF_PIXEL_FOR_NN:
    return half;
  default:
    return divide_by_scale (params, axis, x);
  }
}

static double
round_coordinate (const LatentResizeParams *params, guint axis, double x)
{
  switch (params->nearest) {
  case LATENT_RESIZE_ROUND_PREFER_FLOOR:
    return ceil (x - 0.5);
  case LATENT_RESIZE_ROUND_PREFER_CEIL:
    return floor (x + 0.5);
  case LATENT_RESIZE_FLOOR:
    return floor (x);
  case LATENT_RESIZE_CEIL:
    return ceil (x);
  case LATENT_RESIZE_SIMPLE:
    return params->scales[axis] < 1 ? ceil (x) : floor (x);
  }
  return x;
}

/* How far the filter reaches to either side, in samples of the input. */
static double
get_support (const LatentResizeParams *params, guint axis, double *shrink)
{
  double support = params->mode == LATENT_RESIZE_CUBIC ? 2 : 1;

  *shrink = params->antialias ? MIN (params->scales[axis], 1) : 1;
  return support / *shrink;
}

gsize
latent_resize_get_footprint (const LatentResizeParams *params, guint axis)
{
  double shrink = 1;

  if (params->mode == LATENT_RESIZE_NEAREST)
    return 1;
  return 2 * (gsize)ceil (get_support (params, axis, &shrink));
}

/* Weight of a sample at distance x: Keys' cubic, or a triangle. */
static double
get_weight (const LatentResizeParams *params, double x)
{
  double a = params->cubic_a;

  x = fabs (x);
  if (params->mode == LATENT_RESIZE_LINEAR)
    return MAX (1 - x, 0);
  if (x <= 1)
    return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

/* Weights of the samples around x; those outside count as the outermost ones, or not at all. */
static void
fill_filter (const LatentResizeParams *params, guint axis, double x, gint64 *index, float *weight)
{
  gint64 n = params->src.dims[axis];
  gsize footprint = latent_resize_get_footprint (params, axis);
  double shrink = 1;
  gint64 first = (gint64)floor (x - get_support (params, axis, &shrink)) + 1;
  double sum = 0;

  for (gsize t = 0; t < footprint; t++) {
    gint64 from = first + (gint64)t;
    double value = get_weight (params, ((double)from - x) * shrink);
    if (params->exclude_outside && (from < 0 || from >= n))
      value = 0;
    index[t] = CLAMP (from, 0, n - 1);
    weight[t] = (float)value;
    sum += value;
  }
  if (params->exclude_outside || shrink < 1)
    for (gsize t = 0; t < footprint; t++)
      weight[t] = (float)(weight[t] / sum);
}

void
latent_resize_fill_taps (
    const LatentResizeParams *params, guint axis, double start, double end, LatentResizeTaps *taps)
{
  double last = (double)(params->src.dims[axis] - 1);
  gboolean crop = params->coordinates == LATENT_RESIZE_TF_CROP_AND_RESIZE;

  for (gint64 i = 0; i < params->dst.dims[axis]; i++) {
    gint64 *index = taps->index + i * taps->footprint;
    float *weight = taps->weight + i * taps->footprint;
    double x = crop ? get_crop_coordinate (params, axis, i, (float)start, (float)end)
                    : get_coordinate (params, axis, i);
    if (crop && !(x >= 0 && x <= last)) {
      *index = -1;
      continue;
    }
    if (params->mode == LATENT_RESIZE_NEAREST) {
      /* As a float, a coordinate that a rounded scale put beside an integer is that integer. */
      *index = (gint64)CLAMP (round_coordinate (params, axis, (float)x), 0, last);
      *weight = 1;
    } else {
      fill_filter (params, axis, CLAMP (x, -1, last + 1), index, weight);
    }
  }
}
