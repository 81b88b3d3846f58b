/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/ops/private.h"

/* What moves no element: the output is the input's bytes under another shape. */

static gboolean
eval_copy (const LatentEval *eval, GError **error)
{
  gsize size = eval->src[0].n * latent_data_type_get_size (eval->src[0].type);

  if (size > 0 && eval->dst[0].data != eval->src[0].data)
    memcpy (eval->dst[0].data, eval->src[0].data, size);
  return TRUE;
}

const LatentOp latent_ops_tensor[] = {
    {"Identity", "", 6, LATENT_OPSET_MAX, 1, 1, 1, 1, LATENT_TYPES_ALL, "", latent_infer_same,
     eval_copy},
    {0        },
};
