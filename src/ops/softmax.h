/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/ops/gradient.h"
#include "src/ops/private.h"

/* What a Softmax or LogSoftmax node says: lines of n elements that are `inner` apart. Before opset
 * 13 all dimensions from the axis on are one line. */
typedef struct {
  guint axis;
  gsize outer;
  gsize n;
  gsize inner;
  gboolean is_one; /* the axis alone is a line, as oneDNN wants it */
} LatentSoftmaxParams;

/* Of their gradients' rows too, where attribute `flat` says whether all dimensions are one line. */
gboolean latent_softmax_get_params (
    const LatentNode *node, LatentSoftmaxParams *params, GError **error);

/* The rows' gradients. */
gboolean latent_softmax_add_gradient (
    LatentGradient *gradient, const LatentNode *node, GError **error);
gboolean latent_log_softmax_add_gradient (
    LatentGradient *gradient, const LatentNode *node, GError **error);
