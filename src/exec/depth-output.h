/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/dnn/builder.h"
#include "src/exec/exec.h"

/* The DepthToSpace that makes the only output, where the request leaves it to the caller: of blocks
 * in which pixels can be read. NULL: none. */
const LatentNode *latent_depth_output_find (const LatentGraph *graph, const LatentRequest *request);

/* Whether what it reads lies channels-last, so that it is left. */
gboolean latent_depth_output_is_left (const LatentNode *node, LatentBuilder *builder);
