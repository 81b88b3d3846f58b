/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/ops/gradient.h"
#include "src/ops/recurrent.h"

/* RNNGradient, GRUGradient, LSTMGradient of LATENT_DOMAIN_TRAINING: inputs and attributes of the
 * operator, then the derivatives by its outputs Y, Y_h, Y_c, any of which may be left out; the
 * outputs are the derivatives by X, W, R, B, initial_h and, of LSTM, initial_c. */

gboolean latent_recurrent_derive (LatentGradient *self, const LatentNode *node, GError **error);
gboolean latent_recurrent_gradient_infer (const LatentNode *node, GError **error);
gboolean latent_recurrent_gradient_eval (const LatentEval *eval, GError **error);
gsize latent_recurrent_gradient_scratch (const LatentNode *node);
