/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/exec/exec.h"
#include "tests/net-text.h"

/* What oneDNN computes against the operators' own plain loops, on random numbers. Folding a net all
 * of whose inputs are bound runs the plain loops; compiling it runs what is emitted. */
typedef struct {
  const char *name;
  const char *net; /* as in net-text.h; its first output is compared */
  gboolean emits;  /* every step of its program must be oneDNN's or a copy */
} EmitCase;

/* `weights`: the net's parameters are such, else inputs; `variable` ones may change between runs.
 */
void emit_case_check (const EmitCase *c, gboolean weights, gboolean variable, guint threads);
/* Runs a net with precision bf16 beside the same in f32: numbers are near, nothing that is fused
 * there is apart here, and products are bfloat16 primitives. Where the CPU has no bfloat16 it is
 * refused. */
void emit_case_check_bf16 (const EmitCase *c, gboolean weights, guint threads);

/* The first output of a net that runs twice, and what computed it. The caller owns both. */
LatentTensor *emit_case_run (const NetText *net, const LatentRequest *request, char **kernels);
/* By plain loops: everything is bound, and so folded. */
LatentTensor *emit_case_run_plain (const NetText *net);
