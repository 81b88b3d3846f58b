/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/ops/gradient.h"
#include "src/ops/private.h"

/* What losses have in common. Inputs of a loss:
 *   y        batch x ..., float
 *   target   batch x ..., float; of cross-entropies int64 too: a class for each distribution
 *   weights  (may be left out) as many elements as the target: factors of the elements' losses
 *   count    (may be left out) one float: so many samples count, from the first on; below 1: all
 * Attributes: the loss is about elements [begin, end) of each sample of y, flattened (by default
 * all), against those `shift` further on in the target and the weights. Its value is the sum over
 * them, averaged over the samples that count, times `scale`.
 *
 * The gradient of loss NAME is the row NAMEGrad: the same inputs after the loss's derivative, the
 * same attributes, y's derivative as output. */
#define LATENT_LOSS_ATTRIBUTES "begin:i end:i shift:i scale:f"

/* Elements that are summed up as one, whatever the number of threads: sums do not depend on it. */
#define LATENT_LOSS_CHUNK 4096

typedef struct {
  gsize batch;       /* samples of the tensors */
  gsize samples;     /* that count */
  gsize size;        /* elements of a sample of y */
  gsize target_size; /* and of the target; of labels, as y's */
  gsize begin;
  gsize end;
  gsize shift;
  double scale; /* of the sum over all elements: 1 / samples is part of it */
} LatentLossRange;

/* Checks y (input `first`: 0 of a loss, 1 of a gradient), what follows it and the attributes. */
gboolean latent_loss_check (const LatentNode *node, guint first, guint32 targets, GError **error);
/* Of a node that was checked, y being its input `first`. `count`: its view, or NULL. */
LatentLossRange latent_loss_get_range (
    const LatentNode *node, guint first, const LatentView *count);
/* Input i's view, NULL where it is left out. */
const LatentView *latent_loss_get_view (const LatentEval *eval, guint i);
/* How many samples count. */
gsize latent_loss_get_count (const LatentView *count, gsize batch);
/* The float in input 0: the loss's derivative. */
double latent_loss_get_slope (const LatentEval *eval);
/* Sum of n numbers, in their order. */
double latent_loss_sum (const double *sums, gsize n);

/* infer() of a loss that has float targets alone: one float; and of its gradient: as y. */
gboolean latent_loss_infer (const LatentNode *node, GError **error);
gboolean latent_loss_infer_grad (const LatentNode *node, GError **error);
gboolean latent_loss_set_scalar (const LatentNode *node, guint i, GError **error);
/* gradient() of all losses. */
gboolean latent_loss_gradient (LatentGradient *gradient, const LatentNode *node, GError **error);
/* A node NAMEGrad with the derivative by NAME's output, then NAME's inputs, and its attributes;
 * outputs are added by latent_gradient_finish(). */
LatentNode *latent_loss_grad_node (LatentGradient *gradient, const LatentNode *node);
