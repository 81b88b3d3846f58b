/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/ops/gradient.h"
#include "src/ops/window.h"

/* What a Conv or ConvTranspose node says, its inputs' shapes being known. Weights are
 * C_out x C_in/groups x kernel for Conv, C_in x C_out/groups x kernel for ConvTranspose. */
typedef struct {
  LatentWindow window; /* of Conv over its input; of ConvTranspose over its output: there window.src
                          is the output's size and window.dst the input's */
  gint64 batch;
  gint64 groups;
  gint64 channels_in;
  gint64 channels_out;
  gint64 output_padding[LATENT_MAX_SPATIAL]; /* ConvTranspose: samples added behind */
} LatentConvParams;

gboolean latent_conv_get_params (const LatentNode *node, LatentConvParams *params, GError **error);
gboolean latent_conv_transpose_get_params (
    const LatentNode *node, LatentConvParams *params, GError **error);

/* For the two functions above: whether groups divide the channels, the weights' channels are those
 * wanted, and the bias has one number a channel. */
gboolean latent_conv_check_channels (const LatentNode *node, const LatentConvParams *params,
    gint64 weights_in, gint64 wanted_in, GError **error);
/* Output of the node: batch x channels_out x size. */
gboolean latent_conv_set_output (
    const LatentNode *node, const LatentConvParams *params, const gint64 *size, GError **error);

/* Adds to the gradient of a Conv or ConvTranspose node by its weights (input 1) and, where `bias`
 * is a value, by that too; `window` is that of a Conv from `src` to `dst`, one of which is the
 * node's input and the other a derivative. */
gboolean latent_conv_add_weights_gradient (LatentGradient *gradient, const LatentNode *node,
    const LatentConvParams *params, LatentValue *src, LatentValue *dst, LatentValue *bias,
    GError **error);
/* The attributes of a Conv with that window. */
void latent_conv_set_attributes (LatentNode *node, const LatentWindow *window, gint64 groups);

/* What the plain loops of both work on. */
typedef struct {
  LatentConvParams params;
  LatentWindow window; /* with three dimensions */
  const float *src;
  const float *weights;
  const float *bias; /* or NULL */
  float *dst;
} LatentConvJob;

LatentConvJob latent_conv_get_job (const LatentEval *eval, const LatentConvParams *params);
