/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/dnn/emit.h"
#include "src/ops/gradient.h"
#include "src/ops/window.h"

/* What a MaxPool or AveragePool node says, its input's shape being known. */
typedef struct {
  LatentWindow window;
  gboolean count_include_pad; /* AveragePool divides by the window's size, padding included */
  gboolean column_major;      /* MaxPool's indices, as storage_order says */
} LatentPoolParams;

/* Of a window over `src`. */
gboolean latent_pool_read_params (
    const LatentNode *node, const LatentShape *src, LatentPoolParams *params, GError **error);
gboolean latent_pool_get_params (const LatentNode *node, LatentPoolParams *params, GError **error);

/* A window's part inside the input: taps [begin, end) of each of three dimensions, the first of
 * them at `first`. */
typedef struct {
  gint64 begin[LATENT_MAX_SPATIAL];
  gint64 end[LATENT_MAX_SPATIAL];
  gint64 first[LATENT_MAX_SPATIAL];
} LatentPoolTaps;

void latent_pool_get_taps (
    const LatentWindow *w, const gint64 position[LATENT_MAX_SPATIAL], LatentPoolTaps *taps);
/* Offset of a tap in a plane. */
gsize latent_pool_get_offset (
    const LatentWindow *w, const LatentPoolTaps *taps, gint64 z, gint64 y, gint64 x);
/* How many taps of a window the average is taken over: those in the input, or in the input and its
 * padding (a window of ceil_mode can reach beyond both). */
double latent_pool_count_taps (
    const LatentWindow *w, gboolean count_include_pad, const LatentPoolTaps *taps);

/* Padding behind so that the windows end with it: less than the node says where the last samples
 * are in no window, more where ceil_mode lets a window reach beyond. */
void latent_pool_settle_end (LatentWindow *w);

/* Which of oneDNN's averages a node takes; FALSE where it has none: with ceil_mode, what lies
 * beyond the padding does not count, which oneDNN cannot say. */
gboolean latent_pool_get_average (
    const LatentNode *node, const LatentPoolParams *params, LatentPooling *kind);

/* The rows' gradients. */
gboolean latent_average_pool_add_gradient (
    LatentGradient *gradient, const LatentNode *node, GError **error);
gboolean latent_max_pool_add_gradient (
    LatentGradient *gradient, const LatentNode *node, GError **error);
gboolean latent_global_average_pool_add_gradient (
    LatentGradient *gradient, const LatentNode *node, GError **error);
gboolean latent_global_max_pool_add_gradient (
    LatentGradient *gradient, const LatentNode *node, GError **error);
