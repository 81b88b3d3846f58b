/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/dnn/builder.h"
#include "src/ops/op.h"

/* Appends a step that runs a node by its operator's eval(), on row-major arrays; those of an
 * elementwise operator lie as its input does. */
gboolean latent_host_step_emit (
    LatentBuilder *builder, const LatentNode *node, const LatentOp *op, GError **error);
