/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/ops/recurrent.h"

/* One step of one sequence of an RNN, a GRU or an LSTM by plain loops. */

/* What a node reads; all but the first three may be NULL. */
typedef struct {
  LatentRecurrentParams params;
  const float *src;
  const float *weights;
  const float *recurrence;
  const float *bias;
  const gint32 *lengths;
  const float *initial_h;
  const float *initial_c;
  const float *peepholes;
} LatentCellJob;

/* What a step leaves, each array of `hidden` floats: gates with their activations (GRU's candidate
 * and LSTM's cell input among them), h, c, and for GRU the product that r multiplies or r * h. */
typedef struct {
  float *gates;
  float *h;
  float *c;
  float *reset;
} LatentCellState;

/* Views' data; NULL behind the last. */
gpointer latent_cell_get_data (const LatentView *views, guint n, guint i);
/* FALSE for lengths that are none. */
gboolean latent_cell_job_init (LatentCellJob *self, const LatentEval *eval, GError **error);
gint64 latent_cell_get_length (const LatentCellJob *self, gint64 b);

/* Floats of a state, and the state in as many. */
gsize latent_cell_get_floats (const LatentRecurrentParams *params);
LatentCellState latent_cell_get_state (const LatentRecurrentParams *params, float *floats);

/* h and c before the first step of sequence b in direction d. */
void latent_cell_begin (const LatentCellJob *self, gint64 d, gint64 b, LatentCellState *state);
/* Where in the sequence direction d's i-th step is. */
gint64 latent_cell_get_time (
    const LatentRecurrentParams *params, gint64 d, gint64 i, gint64 length);
/* Brings h and c one step on. */
void latent_cell_step (const LatentCellJob *self, gint64 d, const float *x, LatentCellState *state);
