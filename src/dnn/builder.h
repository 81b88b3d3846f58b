/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/graph/graph.h"

/* A program under construction: an operator's emit() appends primitives to it. */
typedef struct _LatentBuilder LatentBuilder;

typedef enum {
  LATENT_EMIT_FAILED, /* error is set */
  LATENT_EMIT_DONE,
  LATENT_EMIT_FALLBACK, /* oneDNN has nothing for this case: plain loops */
} LatentEmit;
