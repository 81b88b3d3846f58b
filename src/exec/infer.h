/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/exec/exec.h"

typedef enum {
  LATENT_FOLD_ALL,
  LATENT_FOLD_KEEP_PARAMETERS, /* nothing that depends on a float parameter: training writes to
                                  those */
} LatentFold;

/* latent_exec_infer() with a say in what is folded. */
gboolean latent_exec_infer_and_fold (LatentGraph *graph, LatentFold fold, GError **error);
