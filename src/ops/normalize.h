/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/ops/gradient.h"
#include "src/ops/private.h"

/* What a BatchNormalization node says: dst = (src - mean) / sqrt (variance + epsilon) * scale +
 * bias, for each of `channels`, of which there are `batch` times `inner` elements. */
typedef struct {
  gint64 batch;
  gint64 channels;
  gint64 inner;
  float epsilon;
  float momentum;
  gboolean training; /* mean and variance are the batch's own */
} LatentBatchNormParams;

/* Of a channel over the batch; variance by n. */
void latent_batch_norm_measure (const LatentBatchNormParams *params, const float *src, gint64 c,
    double *mean, double *variance);
gboolean latent_batch_norm_get_params (
    const LatentNode *node, LatentBatchNormParams *params, GError **error);

/* What InstanceNormalization, GroupNormalization and LayerNormalization say: `groups` sets of
 * `size` elements are each brought to mean 0 and variance 1; element i of a set is then scaled by
 * scale[(group % period * size + i) / run] and shifted likewise. */
typedef struct {
  gint64 groups;
  gint64 size;
  gint64 period; /* groups after which scale and bias begin anew */
  gint64 run;    /* neighbours that share an entry of scale and bias */
  float epsilon;
} LatentGroupNormParams;

gboolean latent_group_norm_get_params (
    const LatentNode *node, LatentGroupNormParams *params, GError **error);
/* Axis from which on LayerNormalization normalises. */
gboolean latent_layer_norm_get_params (
    const LatentNode *node, LatentGroupNormParams *params, guint *axis, GError **error);

/* What LpNormalization says: norms of order p, 1 or 2, along an axis. */
gboolean latent_lp_norm_get_params (const LatentNode *node, guint *axis, gint64 *p, GError **error);

/* The rows' gradients. */
gboolean latent_batch_norm_add_gradient (
    LatentGradient *gradient, const LatentNode *node, GError **error);
gboolean latent_group_norm_add_gradient (
    LatentGradient *gradient, const LatentNode *node, GError **error);
gboolean latent_layer_norm_add_gradient (
    LatentGradient *gradient, const LatentNode *node, GError **error);
gboolean latent_lp_norm_add_gradient (
    LatentGradient *gradient, const LatentNode *node, GError **error);
