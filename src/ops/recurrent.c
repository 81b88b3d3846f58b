/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/ops/recurrent.h"

#include <string.h>

#include "src/base/parallel.h"
#include "src/ops/product.h"

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

/* What a sequence needs: gates, hidden and cell state, and what GRU resets. */
static gsize
get_sequence_floats (const LatentRecurrentParams *params)
{
  return (params->gates + 3) * params->hidden;
}

static gsize
get_scratch_size (const LatentNode *node)
{
  LatentRecurrentParams params;

  if (!latent_recurrent_get_params (node, &params, NULL))
    return 0;
  return params.directions * params.batch * get_sequence_floats (&params) * sizeof (float);
}

typedef struct {
  LatentRecurrentParams params;
  const float *src;
  const float *weights;
  const float *recurrence;
  const float *bias; /* or NULL, as the next */
  const gint32 *lengths;
  const float *initial_h;
  const float *initial_c;
  const float *peepholes;
  float *dst; /* or NULL, as the next */
  float *last_h;
  float *last_c;
  float *scratch;
} RecurrentJob;

/* One sequence in one direction. */
typedef struct {
  const RecurrentJob *job;
  gint64 direction;
  const float *x; /* this step's input */
  float *gates;
  float *h;
  float *c;
  float *reset;
} Sequence;

/* dst[j] = bias[j], or 0 */
static void
load_bias (const Sequence *self, gint64 first, gint64 n, gboolean recurrent, float *dst)
{
  const LatentRecurrentParams *params = &self->job->params;
  gint64 gates = params->gates * params->hidden;
  const float *bias = self->job->bias;

  if (bias == NULL)
    memset (dst, 0, n * sizeof *dst);
  else
    memcpy (
        dst, bias + self->direction * 2 * gates + (recurrent ? gates : 0) + first, n * sizeof *dst);
}

/* dst[j] += row j of the weights times x, for rows [first, first + n) */
static void
add_products (
    const Sequence *self, gint64 first, gint64 n, gboolean recurrent, const float *x, float *dst)
{
  const LatentRecurrentParams *params = &self->job->params;
  gint64 columns = recurrent ? params->hidden : params->inputs;
  const float *weights = recurrent ? self->job->recurrence : self->job->weights;

  weights += (self->direction * params->gates * params->hidden + first) * columns;
  for (gint64 i = 0; i < n; i++)
    dst[i] += latent_dot (weights + i * columns, x, columns);
}

/* Gates [first, first + n) of what x and h give, both biases included. */
static void
load_gates (const Sequence *self, gint64 first, gint64 n)
{
  float *gates = self->gates + first;

  load_bias (self, first, n, FALSE, gates);
  add_products (self, first, n, FALSE, self->x, gates);
  if (self->job->bias != NULL) {
    const LatentRecurrentParams *params = &self->job->params;
    const float *bias = self->job->bias +
                        (2 * self->direction + 1) * params->gates * params->hidden;
    for (gint64 i = 0; i < n; i++)
      gates[i] += bias[first + i];
  }
  add_products (self, first, n, TRUE, self->h, gates);
}

static float
activate (const Sequence *self, guint i, float x)
{
  const LatentActivation *activation = &self->job->params.activations[self->direction][i];

  return activation->func (x, activation->alpha, activation->beta);
}

static float
activate_clipped (const Sequence *self, guint i, float x)
{
  float clip = self->job->params.clip;

  return activate (self, i, x > clip ? clip : x < -clip ? -clip : x);
}

static void
step_rnn (const Sequence *self)
{
  gint64 hidden = self->job->params.hidden;

  load_gates (self, 0, hidden);
  for (gint64 j = 0; j < hidden; j++)
    self->h[j] = activate_clipped (self, 0, self->gates[j]);
}

/* h = (1 - z) * candidate + z * h */
static void
step_gru (const Sequence *self)
{
  gint64 hidden = self->job->params.hidden;
  gboolean linear = self->job->params.linear_before_reset;
  float *z = self->gates;
  float *r = z + hidden;
  float *candidate = r + hidden;

  load_gates (self, 0, 2 * hidden);
  for (gint64 j = 0; j < 2 * hidden; j++)
    self->gates[j] = activate_clipped (self, 0, self->gates[j]);
  load_bias (self, 2 * hidden, hidden, FALSE, candidate);
  add_products (self, 2 * hidden, hidden, FALSE, self->x, candidate);
  if (linear) {
    load_bias (self, 2 * hidden, hidden, TRUE, self->reset);
    add_products (self, 2 * hidden, hidden, TRUE, self->h, self->reset);
    for (gint64 j = 0; j < hidden; j++)
      candidate[j] += r[j] * self->reset[j];
  } else {
    for (gint64 j = 0; j < hidden; j++)
      self->reset[j] = r[j] * self->h[j];
    load_bias (self, 2 * hidden, hidden, TRUE, r); /* r was read for the last time */
    add_products (self, 2 * hidden, hidden, TRUE, self->reset, r);
    for (gint64 j = 0; j < hidden; j++)
      candidate[j] += r[j];
  }
  for (gint64 j = 0; j < hidden; j++)
    self->h[j] = (1 - z[j]) * activate_clipped (self, 1, candidate[j]) + z[j] * self->h[j];
}

static void
step_lstm (const Sequence *self)
{
  const LatentRecurrentParams *params = &self->job->params;
  gint64 hidden = params->hidden;
  const float *gates = self->gates;
  const float *peepholes = self->job->peepholes;

  if (peepholes != NULL)
    peepholes += self->direction * 3 * hidden;
  load_gates (self, 0, 4 * hidden);
  for (gint64 j = 0; j < hidden; j++) {
    float c = self->c[j];
    float to_i = peepholes != NULL ? peepholes[j] : 0;
    float to_o = peepholes != NULL ? peepholes[hidden + j] : 0;
    float to_f = peepholes != NULL ? peepholes[2 * hidden + j] : 0;
    float i = activate_clipped (self, 0, gates[j] + to_i * c);
    float f = params->input_forget ? 1 - i
                                   : activate_clipped (self, 0, gates[2 * hidden + j] + to_f * c);
    c = f * c + i * activate_clipped (self, 1, gates[3 * hidden + j]);
    float o = activate_clipped (self, 0, gates[hidden + j] + to_o * c);
    self->c[j] = c;
    self->h[j] = o * activate (self, 2, c); /* which is not clipped, as in ONNX Runtime */
  }
}

/* At the beginning: what was given, or 0. */
static void
load_state (const RecurrentJob *job, const float *initial, gsize offset, float *state)
{
  gsize size = job->params.hidden * sizeof *state;

  if (initial != NULL)
    memcpy (state, initial + offset, size);
  else
    memset (state, 0, size);
}

static void
store_state (const RecurrentJob *job, const float *state, gsize offset, float *dst)
{
  if (dst != NULL)
    memcpy (dst + offset, state, job->params.hidden * sizeof *state);
}

/* What lies behind the sequence's end is 0. */
static void
clear_rest (const RecurrentJob *job, gint64 d, gint64 b, gint64 length)
{
  for (gint64 t = length; t < job->params.steps && job->dst != NULL; t++)
    memset (job->dst + latent_recurrent_get_dst (&job->params, t, d, b), 0,
        job->params.hidden * sizeof *job->dst);
}

static void
run_sequence (const RecurrentJob *job, gint64 d, gint64 b)
{
  const LatentRecurrentParams *params = &job->params;
  gsize state = latent_recurrent_get_state (params, d, b);
  gint64 length = job->lengths != NULL ? job->lengths[b] : params->steps;
  gboolean backwards = params->reverse || d == 1;
  Sequence self = {.job = job, .direction = d};

  self.gates = job->scratch + (d * params->batch + b) * get_sequence_floats (params);
  self.h = self.gates + params->gates * params->hidden;
  self.c = self.h + params->hidden;
  self.reset = self.c + params->hidden;
  load_state (job, job->initial_h, state, self.h);
  load_state (job, job->initial_c, state, self.c);
  for (gint64 i = 0; i < length; i++) {
    gint64 t = backwards ? length - 1 - i : i;
    self.x = job->src + latent_recurrent_get_src (params, t, b);
    if (params->gates == 1)
      step_rnn (&self);
    else if (params->gates == 3)
      step_gru (&self);
    else
      step_lstm (&self);
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
    run_sequence (job, i / job->params.batch, i % job->params.batch);
}

static gboolean
check_lengths (const RecurrentJob *job, GError **error)
{
  for (gint64 b = 0; job->lengths != NULL && b < job->params.batch; b++) {
    if (job->lengths[b] >= 0 && job->lengths[b] <= job->params.steps)
      continue;
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "sequence_lens wants 0 to %" G_GINT64_FORMAT ", has %d for sequence %" G_GINT64_FORMAT,
        job->params.steps, job->lengths[b], b);
    return FALSE;
  }
  return TRUE;
}

static gpointer
get_data (const LatentView *views, guint n, guint i)
{
  return i < n ? views[i].data : NULL;
}

static gboolean
eval_recurrent (const LatentEval *eval, GError **error)
{
  RecurrentJob job = {.src = eval->src[0].data,
      .weights = eval->src[1].data,
      .recurrence = eval->src[2].data,
      .bias = get_data (eval->src, eval->n_src, 3),
      .lengths = get_data (eval->src, eval->n_src, 4),
      .initial_h = get_data (eval->src, eval->n_src, 5),
      .initial_c = get_data (eval->src, eval->n_src, 6),
      .peepholes = get_data (eval->src, eval->n_src, 7),
      .dst = get_data (eval->dst, eval->n_dst, 0),
      .last_h = get_data (eval->dst, eval->n_dst, 1),
      .last_c = get_data (eval->dst, eval->n_dst, 2),
      .scratch = eval->scratch};

  if (!latent_recurrent_get_params (eval->node, &job.params, error) || !check_lengths (&job, error))
    return FALSE;
  latent_parallel (eval->threads, job.params.directions * job.params.batch, 1, run_sequences, &job);
  return TRUE;
}

#define ROW(name, inputs, outputs, attribute)                                                      \
  {                                                                                                \
    name, "", 7, LATENT_OPSET_MAX, 3, inputs, 0, outputs, LATENT_TYPES_F32,                        \
        "activation_alpha:F activation_beta:F activations:S clip:f direction:s hidden_size:i "     \
        "layout:i" attribute,                                                                      \
        infer_recurrent, eval_recurrent, get_scratch_size, latent_recurrent_emit, count_macs       \
  }

const LatentOp latent_ops_recurrent[] = {
    ROW ("GRU", 6, 2, " linear_before_reset:i"),
    ROW ("LSTM", 8, 3, " input_forget:i"),
    ROW ("RNN", 6, 2, ""),
    {0},
};
