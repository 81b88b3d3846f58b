/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/dnn/builder.h"
#include "src/graph/graph.h"

/* The table of operators. A family's rows and functions stand in one file; table.c lists the
 * families. */

/* Opsets of ONNX's own domain that rows may be about. 22 adds bfloat16 to what 21 has. */
#define LATENT_OPSET_MIN 6
#define LATENT_OPSET_MAX 22

/* The domain of operators that only training makes: gradients that no ONNX operator computes,
 * losses. A file that has one is refused. Its rows have opset 1. */
#define LATENT_DOMAIN_TRAINING "latent.training"

/* A dense row-major array in memory that somebody else owns. data is NULL for an input left out. */
typedef struct {
  LatentDataType type;
  LatentShape shape;
  gsize n; /* elements */
  gpointer data;
} LatentView;

typedef struct {
  const LatentNode *node;
  guint n_src;
  const LatentView *src;
  guint n_dst;
  LatentView *dst;  /* data NULL for an output that nobody wants */
  gpointer scratch; /* scratch_size() bytes, aligned to 64, contents undefined */
  guint threads;
} LatentEval;

/* Data types as bits of a mask: LATENT_TYPE_BIT (LATENT_DATA_TYPE_FLOAT32) | ... */
#define LATENT_TYPE_BIT(type) (1u << (type))

typedef struct _LatentOp LatentOp;
typedef struct _LatentGradient LatentGradient; /* src/ops/gradient.h */

struct _LatentOp {
  const char *name;   /* ONNX's operator name */
  const char *domain; /* "" for ONNX's own */
  guint opset_min;    /* the first opset whose meaning of the operator the row implements */
  guint opset_max;    /* the last */
  gint min_inputs;
  gint max_inputs; /* -1: any number */
  gint min_outputs;
  gint max_outputs;       /* -1: any number */
  guint32 types;          /* data types that input 0 may have */
  const char *attributes; /* the attributes it knows with their types, as "alpha:f axis:i pads:I
                           mode:s value:t"; capital letters are lists; an attribute not named here
                           refuses the model */

  /* Checks the node and sets type and shape of every output from inputs whose shapes are all known.
   * Inputs that decide shapes have `data`; where one lacks it the error says which input must be
   * bound. */
  gboolean (*infer) (const LatentNode *node, GError **error);

  /* Computes outputs that infer() gave shapes to, by plain loops: folds constants, runs what oneDNN
   * has no primitive for, and is what `emit` is tested against. Allocates nothing. An error is the
   * data's fault (an index out of range) and names it. */
  gboolean (*eval) (const LatentEval *eval, GError **error);
  gsize (*scratch_size) (const LatentNode *node); /* NULL: none */

  /* Emits oneDNN primitives. LATENT_EMIT_FALLBACK: this case is left to eval. NULL: always eval. */
  LatentEmit (*emit) (LatentBuilder *builder, const LatentNode *node, GError **error);

  /* Multiply-adds, shapes being inferred. NULL: none. */
  guint64 (*macs) (const LatentNode *node);

  /* Steps of eval where they outnumber the elements by far and are no multiply-adds: what folding
   * may spend is counted by it. NULL: macs say it. */
  guint64 (*steps) (const LatentNode *node);

  /* Adds nodes that carry the loss's derivative by the node's outputs over to its inputs: see
   * gradient.h. NULL: the operator has no derivative, and training through it is refused. */
  gboolean (*gradient) (LatentGradient *gradient, const LatentNode *node, GError **error);

  /* eval makes element i of every output from elements i of the inputs that have its shape, and
   * from inputs of one element: it is then given arrays in whatever common order they lie in
   * memory. */
  gboolean elementwise;
};

/* NULL where no row has name, domain and opset. */
const LatentOp *latent_op_find (const char *name, const char *domain, guint opset);
/* All rows, sorted by name and opset, for tests that walk the table. */
const LatentOp *const *latent_op_get_table (guint *n);

/* Operator, opset, number of inputs and outputs, names and types of attributes: what can be said of
 * a node before shapes are known. LATENT_ERROR_UNSUPPORTED or LATENT_ERROR_FORMAT, naming node,
 * operator, opset. */
gboolean latent_op_check (const LatentNode *node, GError **error);

/* Sets outputs' types and shapes; errors gain the node's name on the way. */
gboolean latent_op_infer (const LatentNode *node, GError **error);
