/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/ops/private.h"

#define LATENT_EINSUM_MAX_OPERANDS 8
#define LATENT_EINSUM_MAX_LABELS                                                                   \
  (2 * 26 + LATENT_MAX_DIMS) /* letters, and what "..." stands for                                 \
                              */
#define LATENT_EINSUM_MAX_STEPS (G_GUINT64_CONSTANT (1) << 44) /* products in all */

/* What an Einsum node says, as loops: the outer ones run over the output in row-major order, the
 * inner ones over what is summed; each has a stride in each operand (0 where it lacks the label,
 * the sum of both where it has it twice). */
typedef struct {
  guint n_operands;
  guint n_outer;
  guint n_loops; /* the first n_outer are the output's dimensions */
  gsize sizes[LATENT_EINSUM_MAX_LABELS];
  gsize strides[LATENT_EINSUM_MAX_OPERANDS][LATENT_EINSUM_MAX_LABELS];
} LatentEinsumParams;

gboolean latent_einsum_get_params (
    const LatentNode *node, LatentEinsumParams *params, LatentShape *dst, GError **error);
