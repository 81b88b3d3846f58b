/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/media/format.h"

/* The inner loops: one row of pixels <-> one row of each channel. */

/* One channel of a row, from the first column on. */
typedef struct {
  guint8 *bytes; /* only read where pixels are loaded */
  gsize byte_step;
  float *values; /* only read where pixels are stored */
  gsize value_step;
  float scale; /* load: value = level * scale + offset; store: level = (value - offset) * scale */
  float offset;
  guint block; /* over 1: of six lanes so many columns lie together, value_step from the next */
} LatentLaneRow;

/* Functions for lanes that are converted together: n columns of one lane, of the three lanes of
 * packed pixels (bytes are then those of one pixel, and of four the fourth is written as 255), or
 * of the six of 2x2 pixels of 4:2:0 (luma of two rows, chroma) as channels-last has them. store
 * rounds, clamps to 0..255, takes NaN as 0, and returns how many values were NaN or infinite.
 */
typedef struct {
  void (*load) (const LatentLaneRow *lanes, gsize n);
  guint (*store) (const LatentLaneRow *lanes, gsize n);
} LatentRowKernel;

/* The fastest kernel for 1, 3 or 6 such lanes. */
const LatentRowKernel *latent_row_kernel_find (const LatentLaneRow *lanes, guint n_lanes);
