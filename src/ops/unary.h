/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/ops/gradient.h"

/* Defaults of Selu's attributes. */
#define LATENT_SELU_ALPHA 1.67326319217681884765625f
#define LATENT_SELU_GAMMA 1.05070102214813232421875f

/* The gradient of rows that are functions of one number: a node of the row in
 * LATENT_DOMAIN_TRAINING that is named after the operator, as ReluGradient is. It reads the
 * operator's output where that says enough, so that what was fused stays fused, else the input. */
gboolean latent_unary_derive (LatentGradient *self, const LatentNode *node, GError **error);
