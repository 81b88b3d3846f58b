/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/graph/graph.h"

/* How many of `threads` a node of known shapes is worth: all, or one. */
guint latent_effort_choose_threads (const LatentNode *node, guint threads);
