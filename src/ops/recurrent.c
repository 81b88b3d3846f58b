/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/ops/recurrent.h"

#include <string.h>

#include "src/base/parallel.h"
#include "src/ops/recurrent-cell.h"
#include "src/ops/recurrent-gradient.h"

static gboolean
infer_recurrent (const LatentNode *node, GError **error)
{
  LatentRecurrentParams params;
  LatentShape dst = {.n = 4};
  LatentShape state = {.n = 3};

  if (!latent_recurrent_get_params (node, &params, error))
    return FALSE;
  if (params.batch_first) {
    dst = (LatentShape){
        4, {params.batch, params.steps, params.directions, params.hidden}
    };
    state = (LatentShape){
        3, {params.batch, params.directions, params.hidden}
    };
  } else {
    dst = (LatentShape){
        4, {params.steps, params.directions, params.batch, params.hidden}
    };
    state = (LatentShape){
        3, {params.directions, params.batch, params.hidden}
    };
  }
  return latent_op_set_output (node, 0, LATENT_DATA_TYPE_FLOAT32, &dst, error) &&
         latent_op_set_output (node, 1, LATENT_DATA_TYPE_FLOAT32, &state, error) &&
         latent_op_set_output (node, 2, LATENT_DATA_TYPE_FLOAT32, &state, error);
}

static guint64
count_macs (const LatentNode *node)
{
  LatentRecurrentParams params;
  guint64 cells = 0;

  if (!latent_recurrent_get_params (node, &params, NULL))
    return 0;
  cells = latent_macs_multiply (
      latent_macs_multiply (params.steps, params.batch), params.directions * params.gates);
  return latent_macs_multiply (
      latent_macs_multiply (cells, params.hidden), params.inputs + params.hidden);
}

static guint64
count_gradient_macs (const LatentNode *node)
{
  return latent_macs_multiply (3, count_macs (node));
}

static gsize
get_scratch_size (const LatentNode *node)
{
  LatentRecurrentParams params;

  if (!latent_recurrent_get_params (node, &params, NULL))
    return 0;
  return params.directions * params.batch * latent_cell_get_floats (&params) * sizeof (float);
}

typedef struct {
  LatentCellJob cell;
  float *dst; /* or NULL, as the next */
  float *last_h;
  float *last_c;
  float *scratch;
} RecurrentJob;

static void
store_state (const RecurrentJob *job, const float *state, gsize offset, float *dst)
{
  if (dst != NULL)
    memcpy (dst + offset, state, job->cell.params.hidden * sizeof *state);
}

/* What lies behind the sequence's end is 0. */
static void
clear_rest (const RecurrentJob *job, gint64 d, gint64 b, gint64 length)
{
  for (gint64 t = length; t < job->cell.params.steps && job->dst != NULL; t++)
    memset (job->dst + latent_recurrent_get_dst (&job->cell.params, t, d, b), 0,
        job->cell.params.hidden * sizeof *job->dst);
}

static void
run_sequence (const RecurrentJob *job, gint64 d, gint64 b)
{
  const LatentRecurrentParams *params = &job->cell.params;
  gsize state = latent_recurrent_get_state (params, d, b);
  gint64 length = job->cell.lengths != NULL ? job->cell.lengths[b] : params->steps;
  LatentCellState self = latent_cell_get_state (
      params, job->scratch + (gsize)(d * params->batch + b) * latent_cell_get_floats (params));

  latent_cell_begin (&job->cell, d, b, &self);
  for (gint64 i = 0; i < length; i++) {
    gint64 t = latent_cell_get_time (params, d, i, length);
    latent_cell_step (
        &job->cell, d, job->cell.src + latent_recurrent_get_src (params, t, b), &self);
    store_state (job, self.h, latent_recurrent_get_dst (params, t, d, b), job->dst);
  }
  clear_rest (job, d, b, length);
  store_state (job, self.h, state, job->last_h);
  store_state (job, self.c, state, job->last_c);
}

static void
run_sequences (gsize begin, gsize end, gpointer data)
{
  const RecurrentJob *job = data;

  for (gsize i = begin; i < end; i++)
    run_sequence (job, (gint64)i / job->cell.params.batch, (gint64)i % job->cell.params.batch);
}

static gboolean
eval_recurrent (const LatentEval *eval, GError **error)
{
  RecurrentJob job = {.dst = latent_cell_get_data (eval->dst, eval->n_dst, 0),
      .last_h = latent_cell_get_data (eval->dst, eval->n_dst, 1),
      .last_c = latent_cell_get_data (eval->dst, eval->n_dst, 2),
      .scratch = eval->scratch};

  if (!latent_cell_job_init (&job.cell, eval, error))
    return FALSE;
  latent_parallel (eval->threads, (gsize)(job.cell.params.directions * job.cell.params.batch), 1,
      run_sequences, &job);
  return TRUE;
}

#define ATTRIBUTES                                                                                 \
  "activation_alpha:F activation_beta:F activations:S clip:f direction:s hidden_size:i layout:i"

#define ROW(name, inputs, outputs, attribute)                                                      \
  {                                                                                                \
    name, "", 7, LATENT_OPSET_MAX, 3, inputs, 0, outputs, LATENT_TYPES_F32, ATTRIBUTES attribute,  \
        infer_recurrent, eval_recurrent, get_scratch_size, latent_recurrent_emit, count_macs,      \
        .gradient = latent_recurrent_derive                                                        \
  }

/* Three times the work: forward once more, and twice as much backward. */
#define GRADIENT_ROW(name, outputs, attribute)                                                     \
  {                                                                                                \
    name, LATENT_DOMAIN_TRAINING, 1, 1, 3, 11, outputs, outputs, LATENT_TYPES_F32,                 \
        ATTRIBUTES attribute, latent_recurrent_gradient_infer, latent_recurrent_gradient_eval,     \
        latent_recurrent_gradient_scratch, latent_recurrent_gradient_emit, count_gradient_macs     \
  }

const LatentOp latent_ops_recurrent[] = {
    ROW ("GRU", 6, 2, " linear_before_reset:i"),
    GRADIENT_ROW ("GRUGradient", 5, " linear_before_reset:i"),
    ROW ("LSTM", 8, 3, " input_forget:i"),
    GRADIENT_ROW ("LSTMGradient", 6, " input_forget:i"),
    ROW ("RNN", 6, 2, ""),
    GRADIENT_ROW ("RNNGradient", 5, ""),
    {0},
};
