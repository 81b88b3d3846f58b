/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/ops/op.h"

#define LATENT_BROADCAST_SRC 3

/* A piece of the output that is contiguous, and what of the inputs goes into it. */
typedef struct {
  gsize n;
  gpointer dst;
  gconstpointer src[LATENT_BROADCAST_SRC];
  gboolean step[LATENT_BROADCAST_SRC]; /* FALSE: one element for all n; else n contiguous ones */
} LatentRow;

typedef void (*LatentRowFunc) (const LatentRow *row, gconstpointer data);

/* Calls func for pieces that together are all of dst, from inputs that broadcast to dst's shape by
 * Numpy's rule. */
void latent_broadcast (const LatentView *dst, const LatentView *const *src, guint n_src,
    guint threads, LatentRowFunc func, gconstpointer data);
