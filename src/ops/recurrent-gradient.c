/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/ops/recurrent-gradient.h"

#include <string.h>

#include "src/ops/recurrent-cell.h"

/* Back-propagation through time by plain loops: one sequence after the other, its steps forward
 * with all they leave kept, then backward. */

enum { DIFF_DST = LATENT_RECURRENT_N_INPUTS, DIFF_H, DIFF_C, N_SRC };
enum { BY_SRC, BY_WEIGHTS, BY_RECURRENCE, BY_BIAS, BY_H, BY_C, N_DST };

/* The inputs that outputs are the derivatives by. */
static const guint inputs[N_DST] = {0, 1, 2, 3, 5, 6};

typedef struct {
  LatentCellJob cell;
  const float *diff_dst; /* the loss's derivatives by Y, Y_h, Y_c, or NULL */
  const float *diff_h;
  const float *diff_c;
  float *dst[N_DST]; /* or NULL */
  float *states;     /* steps + 1 times what latent_cell_get_state() takes */
  float *w_gates;    /* derivatives by what activations are given, as W's products see them */
  float *r_gates;    /* and R's: others for linear_before_reset */
  float *h;          /* derivatives by states behind the step */
  float *c;
  float *h_before; /* and before it */
  float *reset;    /* by what LatentCellState.reset has */
} Backward;

/* Of one step, with what it left and what the one before left. */
typedef struct {
  const Backward *job;
  gint64 direction;
  LatentCellState state;
  LatentCellState before;
} Step;

static float
get_slope (const Step *self, guint i, float y)
{
  return self->job->cell.params.activations[self->direction][i].slope (y);
}

/* x[j] += sum over i of y[i] times row i of the weights, rows counted from `first` */
static void
add_transposed (
    const Step *self, gint64 first, gint64 n, gboolean recurrent, const float *y, float *x)
{
  const LatentRecurrentParams *params = &self->job->cell.params;
  gint64 columns = recurrent ? params->hidden : params->inputs;
  const float *weights = recurrent ? self->job->cell.recurrence : self->job->cell.weights;

  weights += (self->direction * params->gates * params->hidden + first) * columns;
  for (gint64 i = 0; i < n; i++, weights += columns)
    for (gint64 j = 0; j < columns; j++)
      x[j] += y[i] * weights[j];
}

/* The derivative by weights: row i += y[i] times x. */
static void
add_outer (
    const Step *self, gint64 first, gint64 n, gboolean recurrent, const float *y, const float *x)
{
  const LatentRecurrentParams *params = &self->job->cell.params;
  gint64 columns = recurrent ? params->hidden : params->inputs;
  float *dst = self->job->dst[recurrent ? BY_RECURRENCE : BY_WEIGHTS];

  if (dst == NULL)
    return;
  dst += (self->direction * params->gates * params->hidden + first) * columns;
  for (gint64 i = 0; i < n; i++, dst += columns)
    for (gint64 j = 0; j < columns; j++)
      dst[j] += y[i] * x[j];
}

static void
derive_rnn (const Step *self)
{
  const Backward *job = self->job;

  for (gint64 j = 0; j < job->cell.params.hidden; j++)
    job->w_gates[j] = job->r_gates[j] = job->h[j] * get_slope (self, 0, self->state.gates[j]);
  add_outer (self, 0, job->cell.params.hidden, TRUE, job->r_gates, self->before.h);
  add_transposed (self, 0, job->cell.params.hidden, TRUE, job->r_gates, job->h_before);
}

/* The candidate's product with R: what flows into r, whose derivative is left in job->reset. */
static void
derive_candidate (const Step *self)
{
  const Backward *job = self->job;
  gint64 hidden = job->cell.params.hidden;
  const float *r = self->state.gates + hidden;
  float *candidate = job->r_gates + 2 * hidden;

  if (job->cell.params.linear_before_reset) {
    for (gint64 j = 0; j < hidden; j++) {
      job->reset[j] = candidate[j] * self->state.reset[j];
      candidate[j] *= r[j];
    }
    add_outer (self, 2 * hidden, hidden, TRUE, candidate, self->before.h);
    add_transposed (self, 2 * hidden, hidden, TRUE, candidate, job->h_before);
    return;
  }
  memset (job->reset, 0, (gsize)hidden * sizeof *job->reset);
  add_outer (self, 2 * hidden, hidden, TRUE, candidate, self->state.reset);
  add_transposed (self, 2 * hidden, hidden, TRUE, candidate, job->reset);
  for (gint64 j = 0; j < hidden; j++) {
    job->h_before[j] += job->reset[j] * r[j];
    job->reset[j] *= self->before.h[j];
  }
}

static void
derive_gru (const Step *self)
{
  const Backward *job = self->job;
  gint64 hidden = job->cell.params.hidden;
  const float *z = self->state.gates, *r = z + hidden, *candidate = r + hidden;
  float *gates = job->r_gates;

  for (gint64 j = 0; j < hidden; j++) {
    gates[2 * hidden + j] = job->h[j] * (1 - z[j]) * get_slope (self, 1, candidate[j]);
    gates[j] = job->h[j] * (self->before.h[j] - candidate[j]) * get_slope (self, 0, z[j]);
    job->h_before[j] = job->h[j] * z[j];
  }
  memcpy (job->w_gates, gates, (gsize)(3 * hidden) * sizeof *gates);
  derive_candidate (self);
  for (gint64 j = 0; j < hidden; j++)
    gates[hidden + j] = job->w_gates[hidden + j] = job->reset[j] * get_slope (self, 0, r[j]);
  add_outer (self, 0, 2 * hidden, TRUE, gates, self->before.h);
  add_transposed (self, 0, 2 * hidden, TRUE, gates, job->h_before);
}

static void
derive_lstm (const Step *self)
{
  const Backward *job = self->job;
  gint64 hidden = job->cell.params.hidden;
  const LatentActivation *squash = &job->cell.params.activations[self->direction][2];
  const float *i = self->state.gates, *o = i + hidden, *f = o + hidden, *cell = f + hidden;
  float *gates = job->r_gates;

  for (gint64 j = 0; j < hidden; j++) {
    float h = squash->func (self->state.c[j], squash->alpha, squash->beta);
    float c = job->c[j] + job->h[j] * o[j] * get_slope (self, 2, h);
    gates[j] = c * cell[j] * get_slope (self, 0, i[j]);
    gates[hidden + j] = job->h[j] * h * get_slope (self, 0, o[j]);
    gates[2 * hidden + j] = c * self->before.c[j] * get_slope (self, 0, f[j]);
    gates[3 * hidden + j] = c * i[j] * get_slope (self, 1, cell[j]);
    job->c[j] = c * f[j];
  }
  memcpy (job->w_gates, gates, (gsize)(4 * hidden) * sizeof *gates);
  add_outer (self, 0, 4 * hidden, TRUE, gates, self->before.h);
  add_transposed (self, 0, 4 * hidden, TRUE, gates, job->h_before);
}

static void
add_floats (const float *src, gsize n, float *dst)
{
  for (gsize i = 0; src != NULL && i < n; i++)
    dst[i] += src[i];
}

static void
derive_step (const Step *self, gsize src)
{
  const Backward *job = self->job;
  const LatentRecurrentParams *params = &job->cell.params;
  gint64 rows = params->gates * params->hidden;

  memset (job->h_before, 0, (gsize)params->hidden * sizeof *job->h_before);
  if (params->gates == 1)
    derive_rnn (self);
  else if (params->gates == 3)
    derive_gru (self);
  else
    derive_lstm (self);
  memcpy (job->h, job->h_before, (gsize)params->hidden * sizeof *job->h);
  add_outer (self, 0, rows, FALSE, job->w_gates, job->cell.src + src);
  if (job->dst[BY_SRC] != NULL)
    add_transposed (self, 0, rows, FALSE, job->w_gates, job->dst[BY_SRC] + src);
  if (job->dst[BY_BIAS] == NULL)
    return;
  add_floats (job->w_gates, (gsize)rows, job->dst[BY_BIAS] + 2 * self->direction * rows);
  add_floats (job->r_gates, (gsize)rows, job->dst[BY_BIAS] + (2 * self->direction + 1) * rows);
}

/* What a step left; the 0th are initial states. */
static LatentCellState
get_state (const Backward *self, gint64 i)
{
  const LatentRecurrentParams *params = &self->cell.params;
  return latent_cell_get_state (params, self->states + (gsize)i * latent_cell_get_floats (params));
}

static void
run_forward (const Backward *self, gint64 d, gint64 b, gint64 length)
{
  const LatentRecurrentParams *params = &self->cell.params;
  gsize size = (gsize)params->hidden * sizeof (float);
  LatentCellState state = get_state (self, 0);

  latent_cell_begin (&self->cell, d, b, &state);
  for (gint64 i = 0; i < length; i++) {
    gint64 t = latent_cell_get_time (params, d, i, length);
    LatentCellState next = get_state (self, i + 1);
    memcpy (next.h, state.h, size);
    memcpy (next.c, state.c, size);
    latent_cell_step (
        &self->cell, d, self->cell.src + latent_recurrent_get_src (params, t, b), &next);
    state = next;
  }
}

static void
load_floats (const float *src, gsize offset, gsize n, float *dst)
{
  if (src != NULL)
    memcpy (dst, src + offset, n * sizeof *dst);
  else
    memset (dst, 0, n * sizeof *dst);
}

static void
derive_sequence (const Backward *self, gint64 d, gint64 b)
{
  const LatentRecurrentParams *params = &self->cell.params;
  gsize hidden = (gsize)params->hidden, state = latent_recurrent_get_state (params, d, b);
  gint64 length = latent_cell_get_length (&self->cell, b);

  run_forward (self, d, b, length);
  load_floats (self->diff_h, state, hidden, self->h);
  load_floats (self->diff_c, state, hidden, self->c);
  for (gint64 i = length; i-- > 0;) {
    gint64 t = latent_cell_get_time (params, d, i, length);
    const Step step = {self, d, get_state (self, i + 1), get_state (self, i)};
    if (self->diff_dst != NULL)
      add_floats (self->diff_dst + latent_recurrent_get_dst (params, t, d, b), hidden, self->h);
    derive_step (&step, latent_recurrent_get_src (params, t, b));
  }
  if (self->dst[BY_H] != NULL)
    memcpy (self->dst[BY_H] + state, self->h, hidden * sizeof (float));
  if (self->dst[BY_C] != NULL)
    memcpy (self->dst[BY_C] + state, self->c, hidden * sizeof (float));
}

/* Gates twice and five arrays of `hidden` floats besides the states. */
gsize
latent_recurrent_gradient_scratch (const LatentNode *node)
{
  LatentRecurrentParams params;

  if (!latent_recurrent_get_params (node, &params, NULL))
    return 0;
  return ((gsize)(params.steps + 1) * latent_cell_get_floats (&params) +
             (gsize)((2 * params.gates + 4) * params.hidden)) *
         sizeof (float);
}

gboolean
latent_recurrent_gradient_eval (const LatentEval *eval, GError **error)
{
  Backward self = {.diff_dst = latent_cell_get_data (eval->src, eval->n_src, DIFF_DST),
      .diff_h = latent_cell_get_data (eval->src, eval->n_src, DIFF_H),
      .diff_c = latent_cell_get_data (eval->src, eval->n_src, DIFF_C),
      .states = eval->scratch};
  const LatentRecurrentParams *params = &self.cell.params;

  if (!latent_cell_job_init (&self.cell, eval, error) ||
      !latent_recurrent_check_derivable (eval->node, params, error))
    return FALSE;
  self.w_gates = self.states + (gsize)(params->steps + 1) * latent_cell_get_floats (params);
  self.r_gates = self.w_gates + params->gates * params->hidden;
  self.h = self.r_gates + params->gates * params->hidden;
  self.c = self.h + params->hidden;
  self.h_before = self.c + params->hidden;
  self.reset = self.h_before + params->hidden;
  for (guint i = 0; i < N_DST; i++) {
    self.dst[i] = latent_cell_get_data (eval->dst, eval->n_dst, i);
    if (self.dst[i] != NULL)
      memset (self.dst[i], 0, eval->dst[i].n * sizeof (float));
  }
  for (gint64 d = 0; d < params->directions; d++)
    for (gint64 b = 0; b < params->batch; b++)
      derive_sequence (&self, d, b);
  return TRUE;
}

gboolean
latent_recurrent_gradient_infer (const LatentNode *node, GError **error)
{
  LatentRecurrentParams params;

  if (!latent_recurrent_get_params (node, &params, error) ||
      !latent_recurrent_check_derivable (node, &params, error))
    return FALSE;
  for (guint i = 0; i < N_DST; i++) {
    const LatentShape shape = latent_recurrent_get_shape (&params, inputs[i]);
    if (!latent_op_set_output (node, i, LATENT_DATA_TYPE_FLOAT32, &shape, error))
      return FALSE;
  }
  return TRUE;
}

/* The gradient's node has the inputs of the node, and the derivatives by its outputs. */
gboolean
latent_recurrent_derive (LatentGradient *self, const LatentNode *node, GError **error)
{
  g_autofree char *name = g_strconcat (node->op_type, "Gradient", NULL);
  guint n = g_str_equal (node->op_type, "LSTM") ? N_DST : BY_C;
  LatentNode *derived = latent_gradient_node (self, name, LATENT_DOMAIN_TRAINING);

  for (guint i = 0; i < node->attributes->len; i++)
    latent_node_take_attribute (
        derived, latent_attribute_copy (g_ptr_array_index (node->attributes, i)));
  for (guint i = 0; i < DIFF_DST; i++)
    latent_node_add_input (derived, latent_node_get_input (node, i));
  for (guint i = DIFF_DST; i < N_SRC; i++)
    latent_node_add_input (
        derived, latent_gradient_get (self, latent_node_get_output (node, i - DIFF_DST)));
  if (latent_gradient_finish (self, derived, n, error) == NULL)
    return FALSE;
  for (guint i = 0; i < n; i++)
    if (latent_node_get_input (node, inputs[i]) != NULL)
      latent_gradient_add (
          self, latent_node_get_input (node, inputs[i]), latent_node_get_output (derived, i));
  return TRUE;
}
