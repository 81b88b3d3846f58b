/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/dnn/rnn.h"

static const LatentRnnCell cells[] = {
    [LATENT_CELL_TANH] = {dnnl_vanilla_rnn,  dnnl_eltwise_tanh,   1, 1, {0}         },
    [LATENT_CELL_RELU] = {dnnl_vanilla_rnn,  dnnl_eltwise_relu,   1, 1, {0}         },
    [LATENT_CELL_GRU] = {dnnl_vanilla_gru,  dnnl_alg_kind_undef, 3, 3, {0, 1, 2}   },
    [LATENT_CELL_LINEAR_GRU] = {dnnl_lbr_gru,      dnnl_alg_kind_undef, 3, 4, {0, 1, 2, 2}},
    [LATENT_CELL_LSTM] = {dnnl_vanilla_lstm, dnnl_alg_kind_undef, 4, 4, {0, 2, 3, 1}},
};

gboolean
latent_rnn_init (LatentRnn *self, const LatentNode *node, LatentCell cell)
{
  const LatentShape *src = &latent_node_get_input (node, 0)->shape;
  const LatentShape *recurrence = &latent_node_get_input (node, 2)->shape;

  *self = (LatentRnn){.node = node,
      .cell = &cells[cell],
      .steps = src->dims[0],
      .batch = src->dims[1],
      .inputs = src->dims[2],
      .hidden = recurrence->dims[2],
      .directions = recurrence->dims[0]};
  return latent_shape_product (src, 0, src->n) > 0;
}

int
latent_rnn_get_argument (LatentRnnParameter parameter)
{
  static const int arguments[] = {DNNL_ARG_WEIGHTS_LAYER, DNNL_ARG_WEIGHTS_ITER, DNNL_ARG_BIAS};
  return arguments[parameter];
}

LatentShape
latent_rnn_get_shape (const LatentRnn *self, LatentRnnParameter parameter)
{
  gint64 columns = parameter == LATENT_RNN_WEIGHTS ? self->inputs : self->hidden;

  if (parameter == LATENT_RNN_BIAS)
    return (LatentShape){
        4, {1, 1, self->cell->n_biases, self->hidden}
    };
  return (LatentShape){
      5, {1, 1, columns, self->cell->n_gates, self->hidden}
  };
}

LatentMd
latent_rnn_new_any_md (const LatentRnn *self, LatentRnnParameter parameter)
{
  const LatentShape shape = latent_rnn_get_shape (self, parameter);
  return latent_md_new (LATENT_DATA_TYPE_FLOAT32, &shape, NULL);
}

/* Biases of the input and of the state are added up, but for those of the last product where they
 * are apart. */
static LatentBlocks
get_bias_blocks (const LatentRnn *self)
{
  const LatentRnnCell *cell = self->cell;
  LatentBlocks blocks = {(gsize)self->hidden, (guint)cell->n_biases, {0}, {0}};

  for (guint i = 0; i < blocks.n; i++) {
    blocks.first[i] = cell->order[i];
    blocks.second[i] = (gint)(cell->n_gates + cell->order[i]);
  }
  if (cell->n_biases > cell->n_gates) {
    blocks.second[cell->n_gates - 1] = -1;
    blocks.first[cell->n_gates] = (guint)(2 * cell->n_gates - 1);
    blocks.second[cell->n_gates] = -1;
  }
  return blocks;
}

static LatentBlocks
get_blocks (const LatentRnn *self, LatentRnnParameter parameter)
{
  gint64 columns = parameter == LATENT_RNN_WEIGHTS ? self->inputs : self->hidden;
  LatentBlocks blocks = {(gsize)(columns * self->hidden), (guint)self->cell->n_gates, {0}, {0}};

  if (parameter == LATENT_RNN_BIAS)
    return get_bias_blocks (self);
  for (guint i = 0; i < blocks.n; i++) {
    blocks.first[i] = self->cell->order[i];
    blocks.second[i] = -1;
  }
  return blocks;
}

/* Floats of one direction, as ONNX has them. */
static gsize
get_size (const LatentRnn *self, LatentRnnParameter parameter)
{
  gint64 rows = self->cell->n_gates * self->hidden;

  return (gsize)(rows * (parameter == LATENT_RNN_BIAS         ? 2
                            : parameter == LATENT_RNN_WEIGHTS ? self->inputs
                                                              : self->hidden));
}

/* Gathered blocks, G H C, seen as 1 1 C G H; biases are seen as they are. */
static LatentLayout *
new_view (const LatentRnn *self, LatentRnnParameter parameter)
{
  LatentShape shape = latent_rnn_get_shape (self, parameter);
  gint64 columns = shape.dims[2], n = columns * self->hidden, all = n * self->cell->n_gates;
  const gint64 strides[] = {all, all, 1, n, columns};

  return parameter == LATENT_RNN_BIAS
             ? latent_layout_new (LATENT_DATA_TYPE_FLOAT32, &shape)
             : latent_layout_new_strided (LATENT_DATA_TYPE_FLOAT32, &shape, strides);
}

/* Whether gathering one direction is copying all there is. */
static gboolean
is_identity (const LatentRnn *self, const LatentBlocks *blocks)
{
  for (guint i = 0; i < blocks->n; i++)
    if (blocks->first[i] != i || blocks->second[i] >= 0)
      return FALSE;
  return self->directions == 1;
}

/* One direction's blocks of a constant; the constant itself where it is the same, so that all
 * programs share what is reordered. */
static LatentTensor *
gather (const LatentRnn *self, LatentRnnParameter parameter, guint direction,
    const LatentShape *shape, GError **error)
{
  const LatentValue *value = latent_node_get_input (self->node, parameter + 1);
  const LatentBlocks blocks = get_blocks (self, parameter);
  LatentTensor *tensor;

  if (value != NULL && is_identity (self, &blocks))
    return latent_tensor_ref (value->data);
  tensor = latent_tensor_new_shape (LATENT_DATA_TYPE_FLOAT32, shape, error);
  if (tensor != NULL && value != NULL)
    latent_blocks_gather (&blocks,
        (const float *)value->data->data + direction * get_size (self, parameter),
        latent_tensor_get_writable_data (tensor));
  return tensor;
}

static gboolean
get_constant (const LatentRnn *self, LatentBuilder *builder, LatentRnnParameter parameter,
    guint direction, LatentLayout *layout, LatentOperand *operand, GError **error)
{
  g_autoptr (LatentLayout) view = new_view (self, parameter);
  g_autoptr (LatentTensor) tensor = gather (self, parameter, direction, &view->shape, error);

  return tensor != NULL &&
         latent_builder_get_tensor (builder, tensor, view, layout, operand, error);
}

static gboolean
get_variable (const LatentRnn *self, LatentBuilder *builder, LatentRnnParameter parameter,
    guint direction, LatentLayout *layout, LatentOperand *operand, GError **error)
{
  const LatentValue *value = latent_node_get_input (self->node, parameter + 1);
  const LatentBlocks blocks = get_blocks (self, parameter);
  g_autoptr (LatentLayout) view = new_view (self, parameter);
  g_auto (LatentOperand) gathered = {0};
  LatentOperand src;

  if (!latent_builder_get_row_major (builder, value, &src, error))
    return FALSE;
  src.offset += direction * get_size (self, parameter) * sizeof (float);
  gathered = latent_builder_new_operand (builder, view);
  latent_builder_add_step (builder,
      latent_blocks_step_new (&blocks, FALSE, self->node, src, latent_operand_copy (&gathered)));
  if (!latent_layout_equal (view, layout))
    return latent_builder_reorder (builder, &gathered, layout, operand, error);
  *operand = latent_operand_copy (&gathered);
  return TRUE;
}

gboolean
latent_rnn_read_parameter (const LatentRnn *self, LatentBuilder *builder, LatentStep *step,
    LatentRnnParameter parameter, guint direction, LatentLayout *layout, GError **error)
{
  const LatentValue *value = latent_node_get_input (self->node, parameter + 1);
  gboolean is_constant = value == NULL || latent_value_is_constant (value);
  LatentOperand operand;

  if (!(is_constant ? get_constant : get_variable) (
          self, builder, parameter, direction, layout, &operand, error))
    return FALSE;
  latent_primitive_step_add (
      step, latent_rnn_get_argument (parameter), operand, LATENT_ACCESS_READ);
  return TRUE;
}

gboolean
latent_rnn_write_parameter (const LatentRnn *self, LatentBuilder *builder,
    LatentRnnParameter parameter, guint direction, const LatentOperand *src,
    const LatentOperand *dst, GError **error)
{
  const LatentBlocks blocks = get_blocks (self, parameter);
  g_autoptr (LatentLayout) view = new_view (self, parameter);
  LatentOperand gathered, whole = latent_operand_copy (dst);

  whole.offset += direction * get_size (self, parameter) * sizeof (float);
  if (latent_layout_equal (view, src->layout)) {
    gathered = latent_operand_copy (src);
  } else if (!latent_builder_reorder (builder, src, view, &gathered, error)) {
    latent_operand_clear (&whole);
    return FALSE;
  }
  latent_builder_add_step (
      builder, latent_blocks_step_new (&blocks, TRUE, self->node, gathered, whole));
  return TRUE;
}

void
latent_rnn_array_init (LatentRnnArray *array, const LatentRnn *self, LatentRnnKind kind)
{
  const LatentDataType type = LATENT_DATA_TYPE_FLOAT32;
  const gint64 state = self->batch * self->hidden;
  const gint64 strides[] = {self->directions * state, self->hidden, 1};
  const LatentShape input = {
      3, {self->steps, self->batch, self->inputs}
  };
  const LatentShape sequence = {
      3, {self->steps, self->batch, self->hidden}
  };
  const LatentShape states = {
      4, {1, 1, self->batch, self->hidden}
  };

  array->step = kind == LATENT_RNN_INPUT ? 0 : (gsize)state * sizeof (float);
  if (kind == LATENT_RNN_INPUTS)
    array->step = latent_shape_product (&input, 0, input.n) * sizeof (float);
  if (kind == LATENT_RNN_SEQUENCE)
    array->part = latent_layout_new_strided (type, &sequence, strides);
  else
    array->part = latent_layout_new (type, kind == LATENT_RNN_STATE ? &states : &input);
}

/* As if there were a value of all directions' parts. */
static gboolean
open_nothing (LatentRnnArray *self, const LatentRnn *rnn, LatentBuilder *builder,
    LatentAccess access, GError **error)
{
  LatentShape shape = self->part->shape;
  g_autoptr (LatentLayout) layout = NULL;
  g_autoptr (LatentTensor) zeros = NULL;

  if (self->step > 0)
    shape.dims[0] *= rnn->directions;
  layout = latent_layout_new (LATENT_DATA_TYPE_FLOAT32, &shape);
  if (access == LATENT_ACCESS_WRITE) {
    self->whole = latent_builder_new_operand (builder, layout);
    return TRUE;
  }
  zeros = latent_tensor_new_shape (layout->type, &shape, error);
  return zeros != NULL &&
         latent_builder_get_tensor (builder, zeros, layout, layout, &self->whole, error);
}

gboolean
latent_rnn_array_open (LatentRnnArray *self, const LatentRnn *rnn, LatentBuilder *builder,
    const LatentValue *value, LatentAccess access, GError **error)
{
  if (self->part == NULL)
    return TRUE;
  if (value == NULL)
    return open_nothing (self, rnn, builder, access, error);
  if (access == LATENT_ACCESS_READ)
    return latent_builder_get_row_major (builder, value, &self->whole, error);
  self->whole = latent_builder_define_row_major (builder, value);
  return TRUE;
}

void
latent_rnn_array_add (const LatentRnnArray *self, LatentStep *step, int argument, guint direction,
    LatentAccess access)
{
  LatentOperand part = self->whole;

  if (self->part == NULL)
    return;
  part.layout = latent_layout_ref (self->part);
  part.offset += direction * self->step;
  latent_primitive_step_add (step, argument, part, access);
}

LatentConstMd
latent_rnn_array_get_md (const LatentRnnArray *self)
{
  return self->part != NULL ? self->part->md : NULL;
}

void
latent_rnn_array_clear (LatentRnnArray *self)
{
  g_clear_pointer (&self->part, latent_layout_unref);
  latent_operand_clear (&self->whole);
}
