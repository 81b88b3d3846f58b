/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/exec/exec.h"

/* Names a program in the process's cache. */
char *latent_exec_make_key (const char *graph_key, const char *const *inputs,
    const char *const *outputs, const LatentStatePair *states, guint n_states,
    const LatentRequest *request);

/* The names where the part ends: the cut's, those kept, then the states that it carries over. They
 * are borrowed; NULL ends them. */
GPtrArray *latent_exec_list_outputs (const LatentGraph *graph, const char *const *outputs,
    const LatentStatePair *states, guint n_states, const LatentRequest *request);
