/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/dnn/rnn.h"

/* Recurrent cells: one primitive for each direction, since what oneDNN makes of two lies in another
 * order than ONNX's. */

/* States go together: hidden and cell, or none. */
enum { SRC, SRC_H, SRC_C, DST, DST_H, DST_C, N_ARRAYS };

static const struct {
  int argument;
  LatentRnnKind kind;
  LatentAccess access;
  guint index; /* of the node's inputs or outputs */
} arrays[N_ARRAYS] = {
    [SRC] = {DNNL_ARG_SRC_LAYER,  LATENT_RNN_INPUT,    LATENT_ACCESS_READ,  0},
    [SRC_H] = {DNNL_ARG_SRC_ITER,   LATENT_RNN_STATE,    LATENT_ACCESS_READ,  5},
    [SRC_C] = {DNNL_ARG_SRC_ITER_C, LATENT_RNN_STATE,    LATENT_ACCESS_READ,  6},
    [DST] = {DNNL_ARG_DST_LAYER,  LATENT_RNN_SEQUENCE, LATENT_ACCESS_WRITE, 0},
    [DST_H] = {DNNL_ARG_DST_ITER,   LATENT_RNN_STATE,    LATENT_ACCESS_WRITE, 1},
    [DST_C] = {DNNL_ARG_DST_ITER_C, LATENT_RNN_STATE,    LATENT_ACCESS_WRITE, 2},
};

typedef struct {
  LatentRnn rnn;
  LatentRnnArray arrays[N_ARRAYS];
  dnnl_primitive_desc_t pds[2]; /* of each direction */
} Forward;

static void
clear_forward (Forward *self)
{
  for (guint i = 0; i < N_ARRAYS; i++)
    latent_rnn_array_clear (&self->arrays[i]);
  for (guint i = 0; i < G_N_ELEMENTS (self->pds); i++)
    g_clear_pointer (&self->pds[i], dnnl_primitive_desc_destroy);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Forward, clear_forward)

static const LatentValue *
get_value (const Forward *self, guint array)
{
  return arrays[array].access == LATENT_ACCESS_WRITE
             ? latent_node_get_output (self->rnn.node, arrays[array].index)
             : latent_node_get_input (self->rnn.node, arrays[array].index);
}

static gboolean
has_array (const Forward *self, guint array)
{
  gboolean has_cells = self->rnn.cell->algorithm == dnnl_vanilla_lstm;

  if (array == SRC || array == DST)
    return TRUE;
  if (array == SRC_C || array == DST_C)
    return has_cells && (get_value (self, array) != NULL || get_value (self, array - 1) != NULL);
  return get_value (self, array) != NULL || (has_cells && get_value (self, array + 1) != NULL);
}

static gboolean
describe (Forward *self, guint d, gboolean backwards)
{
  g_auto (dnnl_primitive_attr_t) attr = latent_attr_new ();
  const LatentRnn *rnn = &self->rnn;
  const LatentShape biases = latent_rnn_get_shape (rnn, LATENT_RNN_BIAS);
  g_auto (LatentMd) weights = latent_rnn_new_any_md (rnn, LATENT_RNN_WEIGHTS);
  g_auto (LatentMd) recurrence = latent_rnn_new_any_md (rnn, LATENT_RNN_RECURRENCE);
  g_autoptr (LatentLayout) bias = latent_layout_new (LATENT_DATA_TYPE_FLOAT32, &biases);
  const LatentRecurrentKind kind = {rnn->cell->algorithm, rnn->cell->activation,
      backwards ? dnnl_unidirectional_right2left : dnnl_unidirectional_left2right};
  const LatentRecurrentMds mds = {.src = latent_rnn_array_get_md (&self->arrays[SRC]),
      .src_h = latent_rnn_array_get_md (&self->arrays[SRC_H]),
      .src_c = latent_rnn_array_get_md (&self->arrays[SRC_C]),
      .weights = weights,
      .recurrence = recurrence,
      .bias = bias->md,
      .dst = latent_rnn_array_get_md (&self->arrays[DST]),
      .dst_h = latent_rnn_array_get_md (&self->arrays[DST_H]),
      .dst_c = latent_rnn_array_get_md (&self->arrays[DST_C])};

  return weights != NULL && recurrence != NULL &&
         latent_pd_recurrent (&self->pds[d], dnnl_forward_inference, &kind, &mds, attr) ==
             dnnl_success;
}

static gboolean
append (const Forward *self, LatentBuilder *builder, guint d, GError **error)
{
  const LatentRnn *rnn = &self->rnn;
  g_autoptr (LatentStep) step = latent_primitive_step_new (rnn->node, self->pds[d], error);

  if (step == NULL)
    return FALSE;
  for (guint i = 0; i < LATENT_RNN_N_PARAMETERS; i++) {
    g_autoptr (LatentLayout)
        layout = latent_pd_get_layout (self->pds[d], dnnl_query_weights_md, (int)i);
    if (!latent_rnn_read_parameter (rnn, builder, step, i, d, layout, error))
      return FALSE;
  }
  for (guint i = 0; i < N_ARRAYS; i++)
    latent_rnn_array_add (&self->arrays[i], step, arrays[i].argument, d, arrays[i].access);
  latent_builder_add_step (builder, g_steal_pointer (&step));
  return TRUE;
}

LatentEmit
latent_dnn_recurrent (LatentBuilder *builder, const LatentNode *node, LatentCell cell,
    gboolean reverse, GError **error)
{
  g_auto (Forward) self = {0};

  if (node->fused->len > 0 || !latent_rnn_init (&self.rnn, node, cell))
    return LATENT_EMIT_FALLBACK;
  for (guint i = 0; i < N_ARRAYS; i++)
    if (has_array (&self, i))
      latent_rnn_array_init (&self.arrays[i], &self.rnn, arrays[i].kind);
  for (guint d = 0; d < self.rnn.directions; d++)
    if (!describe (&self, d, reverse || d == 1))
      return LATENT_EMIT_FALLBACK;
  for (guint i = 0; i < N_ARRAYS; i++)
    if (!latent_rnn_array_open (
            &self.arrays[i], &self.rnn, builder, get_value (&self, i), arrays[i].access, error))
      return LATENT_EMIT_FAILED;
  for (guint d = 0; d < self.rnn.directions; d++)
    if (!append (&self, builder, d, error))
      return LATENT_EMIT_FAILED;
  return LATENT_EMIT_DONE;
}
