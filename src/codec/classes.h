/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Numbers that contexts are made of, to few classes. What is above a table's end counts as its
 * last. */
typedef struct {
  guint8 sums[4096];  /* of neighbours' magnitudes, LATENT_CLASSES_A */
  guint8 ratios[256]; /* 1/16: halves of octaves, LATENT_CLASSES_A */
  guint8 shifts[256]; /* 1/16: 0, octaves, LATENT_CLASSES_C */
  guint8 drifts[16];  /* of neighbours' changes, LATENT_CLASSES_D */
} LatentClasses;

/* Made when it is first asked for. */
const LatentClasses *latent_classes_get (void);
