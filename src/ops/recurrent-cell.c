/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/ops/recurrent-cell.h"

#include <string.h>

#include "src/ops/product.h"

gpointer
latent_cell_get_data (const LatentView *views, guint n, guint i)
{
  return i < n ? views[i].data : NULL;
}

static gboolean
check_lengths (const LatentCellJob *self, GError **error)
{
  for (gint64 b = 0; self->lengths != NULL && b < self->params.batch; b++) {
    if (self->lengths[b] >= 0 && self->lengths[b] <= self->params.steps)
      continue;
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "sequence_lens wants 0 to %" G_GINT64_FORMAT ", has %d for sequence %" G_GINT64_FORMAT,
        self->params.steps, self->lengths[b], b);
    return FALSE;
  }
  return TRUE;
}

gboolean
latent_cell_job_init (LatentCellJob *self, const LatentEval *eval, GError **error)
{
  *self = (LatentCellJob){.src = eval->src[0].data,
      .weights = eval->src[1].data,
      .recurrence = eval->src[2].data,
      .bias = latent_cell_get_data (eval->src, eval->n_src, 3),
      .lengths = latent_cell_get_data (eval->src, eval->n_src, 4),
      .initial_h = latent_cell_get_data (eval->src, eval->n_src, 5),
      .initial_c = latent_cell_get_data (eval->src, eval->n_src, 6),
      .peepholes = latent_cell_get_data (eval->src, eval->n_src, 7)};
  return latent_recurrent_get_params (eval->node, &self->params, error) &&
         check_lengths (self, error);
}

gint64
latent_cell_get_length (const LatentCellJob *self, gint64 b)
{
  return self->lengths != NULL ? self->lengths[b] : self->params.steps;
}

gsize
latent_cell_get_floats (const LatentRecurrentParams *params)
{
  return (gsize)((params->gates + 3) * params->hidden);
}

LatentCellState
latent_cell_get_state (const LatentRecurrentParams *params, float *floats)
{
  float *h = floats + params->gates * params->hidden;

  return (LatentCellState){floats, h, h + params->hidden, h + 2 * params->hidden};
}

/* What was given, or 0. */
static void
load_state (const LatentCellJob *self, const float *initial, gsize offset, float *state)
{
  gsize size = (gsize)self->params.hidden * sizeof *state;

  if (initial != NULL)
    memcpy (state, initial + offset, size);
  else
    memset (state, 0, size);
}

void
latent_cell_begin (const LatentCellJob *self, gint64 d, gint64 b, LatentCellState *state)
{
  gsize offset = latent_recurrent_get_state (&self->params, d, b);

  load_state (self, self->initial_h, offset, state->h);
  load_state (self, self->initial_c, offset, state->c);
}

gint64
latent_cell_get_time (const LatentRecurrentParams *params, gint64 d, gint64 i, gint64 length)
{
  return params->reverse || d == 1 ? length - 1 - i : i;
}

/* A step on its way. */
typedef struct {
  const LatentCellJob *job;
  gint64 direction;
  const float *x;
  LatentCellState state;
} Step;

/* dst[j] += bias of row first + j, of the input's or the state's product */
static void
add_bias (const Step *self, gint64 first, gint64 n, gboolean recurrent, float *dst)
{
  const LatentRecurrentParams *params = &self->job->params;
  const float *bias = self->job->bias;

  if (bias == NULL)
    return;
  bias += (2 * self->direction + (recurrent ? 1 : 0)) * params->gates * params->hidden + first;
  for (gint64 i = 0; i < n; i++)
    dst[i] += bias[i];
}

/* dst[j] += row first + j of the weights times x, and its bias */
static void
add_products (
    const Step *self, gint64 first, gint64 n, gboolean recurrent, const float *x, float *dst)
{
  const LatentRecurrentParams *params = &self->job->params;
  gint64 columns = recurrent ? params->hidden : params->inputs;
  const float *weights = recurrent ? self->job->recurrence : self->job->weights;

  add_bias (self, first, n, recurrent, dst);
  weights += (self->direction * params->gates * params->hidden + first) * columns;
  for (gint64 i = 0; i < n; i++)
    dst[i] += latent_dot (weights + i * columns, x, (gsize)columns);
}

/* Gates [first, first + n) of what x and h give. */
static void
load_gates (const Step *self, gint64 first, gint64 n)
{
  float *gates = self->state.gates + first;

  memset (gates, 0, (gsize)n * sizeof *gates);
  add_products (self, first, n, FALSE, self->x, gates);
  add_products (self, first, n, TRUE, self->state.h, gates);
}

static float
activate (const Step *self, guint i, float x)
{
  const LatentActivation *activation = &self->job->params.activations[self->direction][i];

  return activation->func (x, activation->alpha, activation->beta);
}

static float
activate_clipped (const Step *self, guint i, float x)
{
  float clip = self->job->params.clip;

  return activate (self, i, x > clip ? clip : x < -clip ? -clip : x);
}

static void
step_rnn (const Step *self)
{
  gint64 hidden = self->job->params.hidden;

  load_gates (self, 0, hidden);
  for (gint64 j = 0; j < hidden; j++)
    self->state.h[j] = self->state.gates[j] = activate_clipped (self, 0, self->state.gates[j]);
}

/* h = (1 - z) * candidate + z * h */
static void
step_gru (const Step *self)
{
  gint64 hidden = self->job->params.hidden;
  const LatentCellState *state = &self->state;
  float *z = state->gates;
  float *r = z + hidden;
  float *candidate = r + hidden;

  load_gates (self, 0, 2 * hidden);
  for (gint64 j = 0; j < 2 * hidden; j++)
    z[j] = activate_clipped (self, 0, z[j]);
  memset (candidate, 0, (gsize)hidden * sizeof *candidate);
  add_products (self, 2 * hidden, hidden, FALSE, self->x, candidate);
  if (self->job->params.linear_before_reset) {
    memset (state->reset, 0, (gsize)hidden * sizeof *state->reset);
    add_products (self, 2 * hidden, hidden, TRUE, state->h, state->reset);
    for (gint64 j = 0; j < hidden; j++)
      candidate[j] += r[j] * state->reset[j];
  } else {
    for (gint64 j = 0; j < hidden; j++)
      state->reset[j] = r[j] * state->h[j];
    add_products (self, 2 * hidden, hidden, TRUE, state->reset, candidate);
  }
  for (gint64 j = 0; j < hidden; j++) {
    candidate[j] = activate_clipped (self, 1, candidate[j]);
    state->h[j] = (1 - z[j]) * candidate[j] + z[j] * state->h[j];
  }
}

static void
step_lstm (const Step *self)
{
  const LatentRecurrentParams *params = &self->job->params;
  gint64 hidden = params->hidden;
  const LatentCellState *state = &self->state;
  float *i = state->gates, *o = i + hidden, *f = o + hidden, *cell = f + hidden;
  const float *peepholes = self->job->peepholes;

  if (peepholes != NULL)
    peepholes += self->direction * 3 * hidden;
  load_gates (self, 0, 4 * hidden);
  for (gint64 j = 0; j < hidden; j++) {
    float c = state->c[j];
    float to_i = peepholes != NULL ? peepholes[j] : 0;
    float to_o = peepholes != NULL ? peepholes[hidden + j] : 0;
    float to_f = peepholes != NULL ? peepholes[2 * hidden + j] : 0;
    i[j] = activate_clipped (self, 0, i[j] + to_i * c);
    f[j] = params->input_forget ? 1 - i[j] : activate_clipped (self, 0, f[j] + to_f * c);
    cell[j] = activate_clipped (self, 1, cell[j]);
    c = f[j] * c + i[j] * cell[j];
    o[j] = activate_clipped (self, 0, o[j] + to_o * c);
    state->c[j] = c;
    state->h[j] = o[j] * activate (self, 2, c); /* which is not clipped, as in ONNX Runtime */
  }
}

void
latent_cell_step (const LatentCellJob *self, gint64 d, const float *x, LatentCellState *state)
{
  const Step step = {self, d, x, *state};

  if (self->params.gates == 1)
    step_rnn (&step);
  else if (self->params.gates == 3)
    step_gru (&step);
  else
    step_lstm (&step);
}
