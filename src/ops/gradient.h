/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/ops/op.h"

/* Reverse-mode differentiation of a graph whose shapes are all known: the nodes are walked from the
 * last to the first, and the `gradient` of each node's row adds nodes that compute the loss's
 * derivatives by the node's inputs from those by its outputs (the chain rule; Linnainmaa 1970).
 * What is added are nodes like others: ONNX's operators, or those of LATENT_DOMAIN_TRAINING where
 * ONNX has none that does it in one go. */

/* Opset of ONNX's operators among the nodes that are added, whatever opset the graph has. */
#define LATENT_GRADIENT_OPSET 18

/* For rows' `gradient`. A derivative has its value's type and shape. */

/* The loss's derivative by `value`, all that flows into it summed up; NULL where nothing does. A
 * node's gradient() is called only where something flows into one of its outputs. */
LatentValue *latent_gradient_get (LatentGradient *self, const LatentValue *value);
/* Whether the derivative by `value` (may be NULL) is needed: work for others can be left out. */
gboolean latent_gradient_wants (const LatentGradient *self, const LatentValue *value);
/* Adds to the derivative by `value`; nothing where it is not wanted or `derivative` is NULL. */
void latent_gradient_add (LatentGradient *self, LatentValue *value, LatentValue *derivative);

/* A new node of the graph, opset LATENT_GRADIENT_OPSET, or 1 in LATENT_DOMAIN_TRAINING (`domain`
 * NULL: ONNX's own). Inputs (NULL: left out) and attributes may be added to it until
 * latent_gradient_finish() makes its outputs. */
LatentNode *latent_gradient_node (LatentGradient *self, const char *op_type, const char *domain);
/* Gives the node `n` outputs more and infers their shapes; returns the first, or NULL with an
 * error. A NULL node gives NULL. */
LatentValue *latent_gradient_finish (
    LatentGradient *self, LatentNode *node, guint n, GError **error);
/* Both in one for nodes of ONNX's own with one output and no attributes; b may be NULL. */
LatentValue *latent_gradient_apply (
    LatentGradient *self, const char *op_type, LatentValue *a, LatentValue *b, GError **error);
/* The same in LATENT_DOMAIN_TRAINING, with up to three inputs. */
LatentValue *latent_gradient_apply_training (LatentGradient *self, const char *op_type,
    const LatentNode *attributes_of, LatentValue *a, LatentValue *b, LatentValue *c,
    GError **error);
/* A constant. */
LatentValue *latent_gradient_constant (LatentGradient *self, LatentTensor *tensor);
/* Constants: a float scalar; integers of one dimension (as shapes, axes, pads). */
LatentValue *latent_gradient_scalar (LatentGradient *self, float value);
/* `value` times a number; itself where that is 1. */
LatentValue *latent_gradient_scale (
    LatentGradient *self, LatentValue *value, float factor, GError **error);
LatentValue *latent_gradient_ints (LatentGradient *self, const gint64 *values, guint n);
/* `derivative` summed over the dimensions that broadcasting gave `to`, in its shape. */
LatentValue *latent_gradient_unbroadcast (
    LatentGradient *self, LatentValue *derivative, const LatentShape *to, GError **error);
/* Adds `derivative`, so summed, to that by `value`, which stood in shape `aligned` (NULL: its own)
 * when it was broadcast. FALSE where `derivative` is NULL: its maker has set the error. */
gboolean latent_gradient_add_unbroadcast (LatentGradient *self, LatentValue *value,
    LatentValue *derivative, const LatentShape *aligned, GError **error);
/* In another shape of as many elements. */
LatentValue *latent_gradient_reshape (
    LatentGradient *self, LatentValue *derivative, const LatentShape *to, GError **error);

/* A row's gradient where the derivative is zero wherever there is one (Floor, Sign, comparisons) or
 * the operator reads no more than shapes: nothing flows on. */
gboolean latent_gradient_stop (LatentGradient *self, const LatentNode *node, GError **error);

/* Adds nodes that compute the derivatives of `loss`, a value of one float, by each of the n float
 * values `wanted`, to a sorted graph of inferred shapes; they are left at the graph's end, sorted.
 * gradients[i] is NULL where the loss does not depend on wanted[i]. FALSE names the node on the way
 * whose operator has no derivative. */
gboolean latent_gradient_build (LatentGraph *graph, LatentValue *loss, LatentValue *const *wanted,
    guint n, LatentValue **gradients, GError **error);
