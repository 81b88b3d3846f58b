/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/program.h>

#include "src/graph/graph.h"

/* What LatentRequest holds; its public face is latent/program.h. */
struct _LatentRequest {
  LatentMode mode;
  char **cut_inputs;  /* NULL: as the mode says */
  char **cut_outputs; /* likewise */
  GHashTable *shapes; /* name ("" for the first input) -> LatentShape */
  GHashTable *bound;  /* name -> LatentTensor */
  LatentPrecision precision;
  guint threads;
  gboolean variable_parameters;
  gboolean takes_integers; /* see latent_request_set_takes_integers() */
  gboolean leaves_depth;
  float level; /* of latent_request_set_gives_integers(), 0 where it was not called */
  guint8 level_zero_point;
  GPtrArray *keep; /* names */
};

/* Two tensors that a run carries over: the output's value becomes the input's at the next run. */
typedef struct {
  const char *input;
  const char *output;
} LatentStatePair;

/* Walks a sorted graph whose inputs' shapes are all known: sets every value's type and shape, and
 * folds nodes whose inputs are all constant (LATENT_LIMIT_FOLDED_BYTES in all); a folded output has
 * data, and its node is dropped. Shape arithmetic (Shape, Size of values that are not constant)
 * folds too. */
gboolean latent_exec_infer (LatentGraph *graph, GError **error);

/* Sets the shape of a graph's inputs from a request ("" is the first) and binds values: a bound
 * input becomes a constant. What is left unknown is an error that names the input and its symbols.
 */
gboolean latent_exec_bind (LatentGraph *graph, const LatentRequest *request, GError **error);

/* Compiles the part of `graph` that `inputs` and `outputs` cut out (NULL: the graph's own). `key`
 * names the graph's content in the process: equal keys and requests share a program while one is
 * alive. `states` carries tensors from run to run. `graph` is not changed. */
LatentProgram *latent_exec_compile (const LatentGraph *graph, const char *key,
    const char *const *inputs, const char *const *outputs, const LatentStatePair *states,
    guint n_states, const LatentRequest *request, GError **error);

/* Multiply-adds of a graph whose shapes are inferred. */
guint64 latent_exec_count_macs (const LatentGraph *graph);
