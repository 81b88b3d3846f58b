/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/ops/window.h"

/* What a MaxPool or AveragePool node says, its input's shape being known. */
typedef struct {
  LatentWindow window;
  gboolean count_include_pad; /* AveragePool divides by the window's size, padding included */
  gboolean column_major;      /* MaxPool's indices, as storage_order says */
} LatentPoolParams;

gboolean latent_pool_get_params (const LatentNode *node, LatentPoolParams *params, GError **error);
