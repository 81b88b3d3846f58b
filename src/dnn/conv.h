/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/dnn/primitive.h"

/* Private to src/dnn: what convolutions forward and backward share. */

/* Row-major O (I/groups) ... of a convolution, or, `transposed`, I (O/groups) ... of a
 * deconvolution as oneDNN has it: (groups) O I ... . */
LatentLayout *latent_conv_view_weights (
    const LatentValue *weights, gint64 groups, gboolean transposed);

/* Of data of `type` whose layout is left to oneDNN, or is channels-last. */
LatentMd latent_conv_new_md (const LatentValue *value, LatentDataType type, gboolean channels_last);
