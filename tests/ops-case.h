/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/ops/op.h"

/* One node as text, so that a test of an operator is a line in a table.
 *
 * A tensor is TYPE[DIMS]:VALUES: "f[2,3]:1 2 3 4 5 nan", "l[]:-1" (a scalar), "f[0]:"; the types
 * are f float32, h float16, d float64, c int8, b uint8, s int16, i int32, l int64, U uint64, B
 * bool. "" is an input left out.
 *
 * Attributes are NAME:TYPE=VALUE with the letters of LatentOp.attributes, apart by spaces:
 * "axis:i=1 perm:I=1,0 mode:s=edge alpha:f=0.5"; lists have at most 16 entries. */

#define OPS_CASE_SRC 9
#define OPS_CASE_DST 3

typedef struct {
  const char *op;
  guint opset;
  const char *attributes;
  const char *src[OPS_CASE_SRC];
  const char *dst[OPS_CASE_DST]; /* what is expected; at least one output is asked for */
  const char *error;             /* or what the error says somewhere */
} OpsCase;

LatentTensor *ops_case_parse_tensor (const char *text);
char *ops_case_print_tensor (const LatentTensor *tensor);

/* The name of a row's operator, as "Add" or, of another domain than ONNX's own,
 * "latent.training.X".
 */
char *ops_case_name_row (const LatentOp *row);

/* A graph of one node whose inputs are constants (NULL: left out) and that has n_dst outputs; `op`
 * is a name as above. */
LatentGraph *ops_case_build (const char *op, guint opset, const char *attributes,
    LatentTensor *const *src, guint n_src, guint n_dst);

/* Evaluates a node that was inferred, with inputs `src` and `threads` threads; outputs, owned by
 * the caller, go to dst. */
gboolean ops_case_evaluate (const LatentNode *node, LatentTensor *const *src, guint threads,
    LatentTensor **dst, GError **error);

/* Runs a case; NULL where all is as expected, else what is not. */
char *ops_case_run (const OpsCase *self);
