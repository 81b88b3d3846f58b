/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/session.h>

/* Where a picture's components lie in memory: what every function of this folder knows of formats.
 */

#define LATENT_MAX_LANES 6 /* channels of the widest tensor: I420 */

/* One component of a picture: R, G, B or Y, U, V. */
typedef struct {
  guint8 plane;
  guint8 offset; /* of the component in its pixel, in bytes */
  guint8 step;   /* from pixel to pixel, in bytes */
  guint8 halved; /* whether the plane has half the size (rounded up) each way */
} LatentComponent;

typedef struct {
  const char *name; /* as GStreamer spells it */
  LatentColor color;
  guint8 n_planes;
  guint8 n_components;
  LatentComponent components[3];
} LatentFormat;

/* One channel of a video model's tensor: every density-th pixel of a component, from (dx, dy) on.
 */
typedef struct {
  guint8 component;
  guint8 density;
  guint8 dx;
  guint8 dy;
} LatentLane;

typedef struct {
  const char *name; /* as latent.input spells it: "RGB" */
  guint8 density;   /* pixels for an element of the tensor, each way */
  guint8 n_lanes;   /* channels */
  LatentLane lanes[LATENT_MAX_LANES];
} LatentLayout;

/* NULL for values outside the enumerations. */
const LatentFormat *latent_format_get (LatentPixelFormat format);
const LatentLayout *latent_layout_get (LatentColor color);

/* Whether pictures of the format are what a model of that color eats. */
gboolean latent_format_fits (LatentPixelFormat format, LatentColor color);

/* Width or height of a component's plane in a picture of that width or height. */
guint latent_component_get_size (const LatentComponent *self, guint size);
