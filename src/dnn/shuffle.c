/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/dnn/emit.h"
#include "src/dnn/primitive.h"

/* What moves elements without computing: as a view of the same memory where strides can say it,
 * else in one pass that keeps channels-last data channels-last. */

LatentEmit
latent_dnn_alias (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  const LatentValue *src = latent_node_get_input (node, 0);
  const LatentValue *dst = latent_node_get_output (node, 0);
  LatentOperand operand;
  LatentLayout *layout;

  LatentDataType type = latent_builder_get_type (builder, src);

  if (!latent_builder_get_compact_as (builder, src, type, &operand, error))
    return LATENT_EMIT_FAILED;
  if (latent_shape_equal (&src->shape, &dst->shape)) {
    latent_builder_alias (builder, dst, operand);
    return LATENT_EMIT_DONE;
  }
  layout = latent_layout_reshape (operand.layout, &dst->shape);
  if (layout == NULL) {
    g_autoptr (LatentLayout) dense = latent_layout_new (type, &src->shape);
    latent_operand_clear (&operand);
    if (!latent_builder_get (builder, src, dense, &operand, error))
      return LATENT_EMIT_FAILED;
    layout = latent_layout_new (type, &dst->shape);
  }
  latent_layout_unref (operand.layout);
  operand.layout = layout;
  latent_builder_alias (builder, dst, operand);
  return LATENT_EMIT_DONE;
}

/* In whatever elements it lies. */
static gboolean
get_strided (
    LatentBuilder *builder, const LatentValue *value, LatentOperand *operand, GError **error)
{
  return latent_builder_get_strided_as (
      builder, value, latent_builder_get_type (builder, value), operand, error);
}

/* `dst` lies where `operand` (taken) does, `offset` elements further on, with other strides. */
static void
alias_strided (LatentBuilder *builder, const LatentValue *dst, LatentOperand operand, gint64 offset,
    const gint64 *strides)
{
  LatentDataType type = operand.layout->type;

  latent_layout_unref (operand.layout);
  operand.layout = latent_layout_new_strided (type, &dst->shape, strides);
  operand.offset += (gsize)offset * latent_data_type_get_size (type);
  latent_builder_alias (builder, dst, operand);
}

LatentEmit
latent_dnn_transpose (
    LatentBuilder *builder, const LatentNode *node, const guint *permutation, GError **error)
{
  const LatentValue *dst = latent_node_get_output (node, 0);
  gint64 strides[LATENT_MAX_DIMS];
  LatentOperand operand;

  if (!get_strided (builder, latent_node_get_input (node, 0), &operand, error))
    return LATENT_EMIT_FAILED;
  for (guint i = 0; i < dst->shape.n; i++)
    strides[i] = operand.layout->strides[permutation[i]];
  alias_strided (builder, dst, operand, 0, strides);
  return LATENT_EMIT_DONE;
}

LatentEmit
latent_dnn_slice (LatentBuilder *builder, const LatentNode *node, guint output,
    const gint64 *begins, const gint64 *steps, GError **error)
{
  const LatentValue *dst = latent_node_get_output (node, output);
  gint64 strides[LATENT_MAX_DIMS], offset = 0;
  LatentOperand operand;

  if (dst == NULL)
    return LATENT_EMIT_DONE;
  if (latent_shape_product (&dst->shape, 0, dst->shape.n) == 0)
    return LATENT_EMIT_FALLBACK;
  for (guint i = 0; i < dst->shape.n; i++)
    if (steps[i] < 1)
      return LATENT_EMIT_FALLBACK;
  if (!get_strided (builder, latent_node_get_input (node, 0), &operand, error))
    return LATENT_EMIT_FAILED;
  for (guint i = 0; i < dst->shape.n; i++) {
    offset += begins[i] * operand.layout->strides[i];
    strides[i] = operand.layout->strides[i] * steps[i];
  }
  alias_strided (builder, dst, operand, offset, strides);
  return LATENT_EMIT_DONE;
}

/* Whether a layout, NULL for one not settled yet, calls for channels-last data after it. */
static gboolean
prefers_channels_last (const LatentLayout *layout)
{
  return layout != NULL && layout->shape.n > 2 &&
         (!layout->is_strided || (layout->strides[1] == 1 && layout->shape.dims[1] > 1));
}

/* Elements as they are, but for those that are to be kept shorter from here on. */
static LatentDataType
choose_type (LatentBuilder *builder, const LatentValue *src, const LatentValue *dst)
{
  return dst->storage != LATENT_DATA_TYPE_NONE ? dst->storage
                                               : latent_builder_get_type (builder, src);
}

static LatentLayout *
new_output_layout (LatentBuilder *builder, const LatentValue *src, const LatentValue *dst)
{
  LatentDataType type = choose_type (builder, src, dst);

  if (dst->shape.n == src->shape.n &&
      prefers_channels_last (latent_builder_get_layout (builder, src)))
    return latent_layout_new_channels_last (type, &dst->shape);
  return latent_layout_new (type, &dst->shape);
}

/* Dimensions of an array of which some are split or joined, outermost first. */
typedef struct {
  LatentShape shape;
  gint64 strides[LATENT_MAX_DIMS];
} View;

static void
push (View *view, gint64 dim, gint64 stride)
{
  view->shape.dims[view->shape.n] = dim;
  view->strides[view->shape.n++] = stride;
}

/* The side with depth of a DepthToSpace, NCHW, as N, c, (H), b1, (W), b2: channels are b1 b2 c or c
 * b1 b2. */
static void
view_depth (View *view, const LatentLayout *layout, gint64 block, gboolean column_row)
{
  const gint64 *dims = layout->shape.dims, *strides = layout->strides;
  gint64 channels = dims[1] / (block * block);
  gint64 c = column_row ? strides[1] * block * block : strides[1];
  gint64 b2 = column_row ? strides[1] : strides[1] * channels;

  push (view, dims[0], strides[0]);
  push (view, channels, c);
  push (view, dims[2], strides[2]);
  push (view, block, b2 * block);
  push (view, dims[3], strides[3]);
  push (view, block, b2);
}

/* The other side: rows are h b1, columns w b2. */
static void
view_space (View *view, const LatentLayout *layout, gint64 block)
{
  const gint64 *dims = layout->shape.dims, *strides = layout->strides;

  push (view, dims[0], strides[0]);
  push (view, dims[1], strides[1]);
  push (view, dims[2] / block, strides[2] * block);
  push (view, block, strides[2]);
  push (view, dims[3] / block, strides[3] * block);
  push (view, block, strides[3]);
}

/* The same memory, read as a view says. Takes the operand. */
static LatentOperand
apply_view (LatentOperand operand, const View *view)
{
  LatentLayout *layout = latent_layout_new_strided (
      operand.layout->type, &view->shape, view->strides);

  latent_layout_unref (operand.layout);
  operand.layout = layout;
  return operand;
}

/* Takes the operands. */
static gboolean
add_copy (LatentBuilder *builder, const LatentNode *node, LatentOperand from, LatentOperand to,
    GError **error)
{
  LatentStep *step = from.layout->type == to.layout->type
                         ? latent_step_new_copy (node, from, to)
                         : latent_reorder_step_new (node, from, to, error);

  if (step == NULL)
    return FALSE;
  latent_builder_add_step (builder, step);
  return TRUE;
}

/* The same, and integers of what is copied. Takes the operands. */
static gboolean
add_quantized_copy (LatentBuilder *builder, const LatentNode *node, LatentOperand from,
    LatentOperand to, LatentLayout *layout)
{
  const LatentValue *integers = latent_node_get_output (node, 1);
  g_autoptr (LatentLayout) bytes = latent_layout_retype (layout, integers->type);

  latent_builder_add_step (
      builder, latent_step_new_quantized_copy (
                   node, from, to, latent_builder_define (builder, integers, bytes), integers));
  return TRUE;
}

/* Integers are made of floats alone. */
static LatentDataType
choose_source_type (LatentBuilder *builder, const LatentNode *node)
{
  return latent_node_get_output (node, 1) != NULL
             ? LATENT_DATA_TYPE_FLOAT32
             : latent_builder_get_type (builder, latent_node_get_input (node, 0));
}

LatentEmit
latent_dnn_depth_space (LatentBuilder *builder, const LatentNode *node, gint64 block,
    gboolean to_depth, gboolean column_row, GError **error)
{
  const LatentValue *src = latent_node_get_input (node, 0);
  const LatentValue *dst = latent_node_get_output (node, 0);
  g_autoptr (LatentLayout) layout = NULL;
  LatentOperand from, to;
  View depth = {0}, space = {0};

  if (latent_shape_product (&dst->shape, 0, dst->shape.n) == 0)
    return LATENT_EMIT_FALLBACK;
  layout = new_output_layout (builder, src, dst);
  if (!latent_builder_get_strided_as (
          builder, src, choose_source_type (builder, node), &from, error))
    return LATENT_EMIT_FAILED;
  to = latent_builder_define (builder, dst, layout);
  view_depth (&depth, to_depth ? to.layout : from.layout, block, column_row);
  view_space (&space, to_depth ? from.layout : to.layout, block);
  from = apply_view (from, to_depth ? &space : &depth);
  to = apply_view (to, to_depth ? &depth : &space);
  if (latent_node_get_output (node, 1) != NULL
          ? !add_quantized_copy (builder, node, from, to, layout)
          : !add_copy (builder, node, from, to, error))
    return LATENT_EMIT_FAILED;
  return LATENT_EMIT_DONE;
}

/* Where source i of a concatenation goes: a part of the destination. Takes the operand. */
static LatentOperand
get_part (LatentOperand dst, guint axis, gint64 begin, const LatentShape *shape)
{
  LatentLayout *layout = latent_layout_new_strided (dst.layout->type, shape, dst.layout->strides);

  dst.offset += (gsize)(begin * dst.layout->strides[axis]) *
                latent_data_type_get_size (dst.layout->type);
  latent_layout_unref (dst.layout);
  dst.layout = layout;
  return dst;
}

static LatentLayout *
choose_concat_layout (LatentBuilder *builder, const LatentNode *node, const LatentValue *dst)
{
  LatentDataType type = latent_value_get_storage (dst);

  for (guint i = 0; i < node->inputs->len; i++)
    if (prefers_channels_last (
            latent_builder_get_layout (builder, latent_node_get_input (node, i))))
      return latent_layout_new_channels_last (type, &dst->shape);
  return latent_layout_new (type, &dst->shape);
}

LatentEmit
latent_dnn_concat (LatentBuilder *builder, const LatentNode *node, guint axis, GError **error)
{
  const LatentValue *dst = latent_node_get_output (node, 0);
  g_autoptr (LatentLayout) layout = NULL;
  g_auto (LatentOperand) whole = {0};
  gint64 begin = 0;

  if (latent_shape_product (&dst->shape, 0, dst->shape.n) == 0)
    return LATENT_EMIT_FALLBACK;
  layout = choose_concat_layout (builder, node, dst);
  whole = latent_builder_define (builder, dst, layout);
  for (guint i = 0; i < node->inputs->len; i++) {
    const LatentValue *src = latent_node_get_input (node, i);
    LatentOperand from;
    if (!get_strided (builder, src, &from, error))
      return LATENT_EMIT_FAILED;
    if (!add_copy (builder, node, from,
            get_part (latent_operand_copy (&whole), axis, begin, &src->shape), error))
      return LATENT_EMIT_FAILED;
    begin += src->shape.dims[axis];
  }
  return LATENT_EMIT_DONE;
}
