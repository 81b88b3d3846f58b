/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/dnn/rnn.h"

/* Derivatives of recurrent cells: for each direction a primitive that goes forward once more and
 * keeps what it needs in a workspace, and one that goes back. */

enum {
  SRC,
  SRC_H,
  SRC_C,
  DST,
  DST_H,
  DST_C,
  DIFF_DST,
  DIFF_DST_H,
  DIFF_DST_C,
  DIFF_SRC,
  DIFF_SRC_H,
  DIFF_SRC_C,
  N_ARRAYS
};

typedef enum { INPUT, OUTPUT, NOWHERE } Place;

static const struct {
  int argument;
  LatentRnnKind kind;
  LatentAccess access; /* of what is written last */
  Place place;
  guint index; /* of the node's inputs or outputs */
  gboolean is_cell;
} arrays[N_ARRAYS] = {
    [SRC] = {DNNL_ARG_SRC_LAYER,       LATENT_RNN_INPUT,    LATENT_ACCESS_READ,  INPUT,   0,  FALSE},
    [SRC_H] = {DNNL_ARG_SRC_ITER,        LATENT_RNN_STATE,    LATENT_ACCESS_READ,  INPUT,   5,  FALSE},
    [SRC_C] = {DNNL_ARG_SRC_ITER_C,      LATENT_RNN_STATE,    LATENT_ACCESS_READ,  INPUT,   6,  TRUE },
    [DST] = {DNNL_ARG_DST_LAYER,       LATENT_RNN_SEQUENCE, LATENT_ACCESS_WRITE, NOWHERE, 0,  FALSE},
    [DST_H] = {DNNL_ARG_DST_ITER,        LATENT_RNN_STATE,    LATENT_ACCESS_WRITE, NOWHERE, 0,  FALSE},
    [DST_C] = {DNNL_ARG_DST_ITER_C,      LATENT_RNN_STATE,    LATENT_ACCESS_WRITE, NOWHERE, 0,  TRUE },
    [DIFF_DST] = {DNNL_ARG_DIFF_DST_LAYER,  LATENT_RNN_SEQUENCE, LATENT_ACCESS_READ,  INPUT,   8,
             FALSE                                                                                 },
    [DIFF_DST_H] = {DNNL_ARG_DIFF_DST_ITER,   LATENT_RNN_STATE,    LATENT_ACCESS_READ,  INPUT,   9,  FALSE},
    [DIFF_DST_C] = {DNNL_ARG_DIFF_DST_ITER_C, LATENT_RNN_STATE,    LATENT_ACCESS_READ,  INPUT,   10,
             TRUE                                                                                  },
    [DIFF_SRC] = {DNNL_ARG_DIFF_SRC_LAYER,  LATENT_RNN_INPUTS,   LATENT_ACCESS_WRITE, NOWHERE, 0,
             FALSE                                                                                 },
    [DIFF_SRC_H] = {DNNL_ARG_DIFF_SRC_ITER,   LATENT_RNN_STATE,    LATENT_ACCESS_WRITE, OUTPUT,  4,
             FALSE                                                                                 },
    [DIFF_SRC_C] = {DNNL_ARG_DIFF_SRC_ITER_C, LATENT_RNN_STATE,    LATENT_ACCESS_WRITE, OUTPUT,  5,
             TRUE                                                                                  },
};

typedef struct {
  LatentRnn rnn;
  LatentRnnArray arrays[N_ARRAYS];
  dnnl_primitive_desc_t forward[2]; /* of each direction */
  dnnl_primitive_desc_t backward[2];
} Backward;

static void
clear_backward (Backward *self)
{
  for (guint i = 0; i < N_ARRAYS; i++)
    latent_rnn_array_clear (&self->arrays[i]);
  for (guint i = 0; i < G_N_ELEMENTS (self->forward); i++) {
    g_clear_pointer (&self->forward[i], dnnl_primitive_desc_destroy);
    g_clear_pointer (&self->backward[i], dnnl_primitive_desc_destroy);
  }
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Backward, clear_backward)

static const LatentValue *
get_value (const Backward *self, guint array)
{
  guint index = arrays[array].index;

  return arrays[array].place == INPUT    ? latent_node_get_input (self->rnn.node, index)
         : arrays[array].place == OUTPUT ? latent_node_get_output (self->rnn.node, index)
                                         : NULL;
}

static LatentConstMd
get_md (const Backward *self, guint array)
{
  return latent_rnn_array_get_md (&self->arrays[array]);
}

/* Descriptors of the primitives of direction d. */
static gboolean
describe (Backward *self, guint d, gboolean backwards)
{
  g_auto (dnnl_primitive_attr_t) attr = latent_attr_new ();
  const LatentRnnCell *cell = self->rnn.cell;
  g_auto (LatentMd) weights = latent_rnn_new_any_md (&self->rnn, LATENT_RNN_WEIGHTS);
  g_auto (LatentMd) recurrence = latent_rnn_new_any_md (&self->rnn, LATENT_RNN_RECURRENCE);
  const LatentShape biases = latent_rnn_get_shape (&self->rnn, LATENT_RNN_BIAS);
  g_autoptr (LatentLayout) bias = latent_layout_new (LATENT_DATA_TYPE_FLOAT32, &biases);
  const LatentRecurrentKind kind = {cell->algorithm, cell->activation,
      backwards ? dnnl_unidirectional_right2left : dnnl_unidirectional_left2right};
  const LatentRecurrentMds mds = {get_md (self, SRC), get_md (self, SRC_H), get_md (self, SRC_C),
      weights, recurrence, bias->md, get_md (self, DST), get_md (self, DST_H),
      get_md (self, DST_C)};
  const LatentRecurrentMds diffs = {get_md (self, DIFF_SRC), get_md (self, DIFF_SRC_H),
      get_md (self, DIFF_SRC_C), weights, recurrence, bias->md, get_md (self, DIFF_DST),
      get_md (self, DIFF_DST_H), get_md (self, DIFF_DST_C)};

  return weights != NULL && recurrence != NULL &&
         latent_pd_recurrent (&self->forward[d], dnnl_forward_training, &kind, &mds, attr) ==
             dnnl_success &&
         latent_pd_recurrent_backward (
             &self->backward[d], &kind, &mds, &diffs, self->forward[d], attr) == dnnl_success;
}

static gboolean
read_parameters (const Backward *self, LatentBuilder *builder, LatentStep *step,
    const_dnnl_primitive_desc_t pd, guint d, GError **error)
{
  for (guint i = 0; i < LATENT_RNN_N_PARAMETERS; i++) {
    g_autoptr (LatentLayout) layout = latent_pd_get_layout (pd, dnnl_query_weights_md, (int)i);
    if (!latent_rnn_read_parameter (&self->rnn, builder, step, i, d, layout, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
append_forward (
    const Backward *self, LatentBuilder *builder, guint d, LatentOperand *workspace, GError **error)
{
  const_dnnl_primitive_desc_t pd = self->forward[d];
  g_autoptr (LatentLayout) layout = latent_pd_get_layout (pd, dnnl_query_workspace_md, 0);
  g_autoptr (LatentStep) step = latent_primitive_step_new (self->rnn.node, pd, error);

  if (step == NULL || !read_parameters (self, builder, step, pd, d, error))
    return FALSE;
  for (guint i = SRC; i <= DST_C; i++)
    latent_rnn_array_add (&self->arrays[i], step, arrays[i].argument, d, arrays[i].access);
  *workspace = latent_builder_new_operand (builder, layout);
  latent_primitive_step_add (
      step, DNNL_ARG_WORKSPACE, latent_operand_copy (workspace), LATENT_ACCESS_WRITE);
  latent_builder_add_step (builder, g_steal_pointer (&step));
  return TRUE;
}

static int
get_diff_argument (LatentRnnParameter parameter)
{
  static const int arguments[] = {
      DNNL_ARG_DIFF_WEIGHTS_LAYER, DNNL_ARG_DIFF_WEIGHTS_ITER, DNNL_ARG_DIFF_BIAS};
  return arguments[parameter];
}

/* Derivatives by parameters are added to what is there. */
static void
add_diffs (
    const Backward *self, LatentBuilder *builder, LatentStep *step, guint d, LatentOperand *diffs)
{
  for (guint i = 0; i < LATENT_RNN_N_PARAMETERS; i++) {
    g_autoptr (LatentLayout)
        layout = latent_pd_get_layout (self->backward[d], dnnl_query_diff_weights_md, (int)i);
    diffs[i] = latent_builder_new_operand (builder, layout);
    latent_builder_add_step (
        builder, latent_clear_step_new (self->rnn.node, latent_operand_copy (&diffs[i])));
    latent_primitive_step_add (
        step, get_diff_argument (i), latent_operand_copy (&diffs[i]), LATENT_ACCESS_WRITE);
  }
}

static gboolean
append_backward (const Backward *self, LatentBuilder *builder, guint d,
    const LatentOperand *workspace, LatentOperand *diffs, GError **error)
{
  const_dnnl_primitive_desc_t pd = self->backward[d];
  g_autoptr (LatentStep) step = latent_primitive_step_new (self->rnn.node, pd, error);

  if (step == NULL || !read_parameters (self, builder, step, pd, d, error))
    return FALSE;
  for (guint i = 0; i < N_ARRAYS; i++)
    latent_rnn_array_add (&self->arrays[i], step, arrays[i].argument, d,
        i < DIFF_DST ? LATENT_ACCESS_READ : arrays[i].access);
  latent_primitive_step_add (
      step, DNNL_ARG_WORKSPACE, latent_operand_copy (workspace), LATENT_ACCESS_READ);
  add_diffs (self, builder, step, d, diffs);
  latent_builder_add_step (builder, g_steal_pointer (&step));
  return TRUE;
}

static gboolean
append (
    const Backward *self, LatentBuilder *builder, guint d, const LatentOperand *dst, GError **error)
{
  g_auto (LatentOperand) workspace = {0};
  LatentOperand diffs[LATENT_RNN_N_PARAMETERS] = {{0}};
  gboolean good = append_forward (self, builder, d, &workspace, error) &&
                  append_backward (self, builder, d, &workspace, diffs, error);

  for (guint i = 0; i < LATENT_RNN_N_PARAMETERS; i++) {
    good = good &&
           latent_rnn_write_parameter (&self->rnn, builder, i, d, &diffs[i], &dst[i], error);
    latent_operand_clear (&diffs[i]);
  }
  return good;
}

/* The derivative by X is the sum of what directions have. */
static void
append_sum (const Backward *self, LatentBuilder *builder)
{
  const LatentRnn *rnn = &self->rnn;
  const gint second = rnn->directions > 1 ? 1 : -1;
  const LatentBlocks blocks = {(gsize)(rnn->steps * rnn->batch * rnn->inputs), 1, {0}, {second}};
  LatentOperand dst = latent_builder_define_row_major (
      builder, latent_node_get_output (rnn->node, 0));

  latent_builder_add_step (builder, latent_blocks_step_new (&blocks, FALSE, rnn->node,
                                        latent_operand_copy (&self->arrays[DIFF_SRC].whole), dst));
}

static gboolean
open_arrays (Backward *self, LatentBuilder *builder, GError **error)
{
  for (guint i = 0; i < N_ARRAYS; i++)
    if (!latent_rnn_array_open (
            &self->arrays[i], &self->rnn, builder, get_value (self, i), arrays[i].access, error))
      return FALSE;
  return TRUE;
}

LatentEmit
latent_dnn_recurrent_backward (LatentBuilder *builder, const LatentNode *node, LatentCell cell,
    gboolean reverse, GError **error)
{
  g_auto (Backward) self = {0};
  LatentOperand dst[LATENT_RNN_N_PARAMETERS];
  gboolean good;

  if (node->fused->len > 0 || !latent_rnn_init (&self.rnn, node, cell))
    return LATENT_EMIT_FALLBACK;
  for (guint i = 0; i < N_ARRAYS; i++)
    if (!arrays[i].is_cell || self.rnn.cell->algorithm == dnnl_vanilla_lstm)
      latent_rnn_array_init (&self.arrays[i], &self.rnn, arrays[i].kind);
  for (guint d = 0; d < self.rnn.directions; d++)
    if (!describe (&self, d, reverse || d == 1))
      return LATENT_EMIT_FALLBACK;
  if (!open_arrays (&self, builder, error))
    return LATENT_EMIT_FAILED;
  for (guint i = 0; i < LATENT_RNN_N_PARAMETERS; i++)
    dst[i] = latent_builder_define_row_major (builder, latent_node_get_output (node, i + 1));
  good = append (&self, builder, 0, dst, error) &&
         (self.rnn.directions == 1 || append (&self, builder, 1, dst, error));
  for (guint i = 0; i < LATENT_RNN_N_PARAMETERS; i++)
    latent_operand_clear (&dst[i]);
  if (good)
    append_sum (&self, builder);
  return good ? LATENT_EMIT_DONE : LATENT_EMIT_FAILED;
}
