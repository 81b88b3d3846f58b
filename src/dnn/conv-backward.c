/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/dnn/conv.h"
#include "src/dnn/emit.h"

/* Derivatives of convolutions: by the data, which is a transposed convolution, and by the weights.
 * Layouts are left to oneDNN. Weights stay row-major between steps, as the optimiser has them. */

static gboolean
append_data (LatentBuilder *builder, const LatentNode *node, const_dnnl_primitive_desc_t pd,
    LatentLayout *view, GError **error)
{
  g_autoptr (LatentStep) step = latent_primitive_step_new (node, pd, error);
  g_autoptr (LatentLayout) layout = latent_pd_get_layout (pd, dnnl_query_weights_md, 0);
  LatentOperand weights;

  if (step == NULL ||
      !latent_primitive_step_read (step, builder, pd, DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md, 0,
          latent_node_get_input (node, 0), error) ||
      !latent_builder_get_view (
          builder, latent_node_get_input (node, 1), view, layout, &weights, error))
    return FALSE;
  latent_primitive_step_add (step, DNNL_ARG_WEIGHTS, weights, LATENT_ACCESS_READ);
  latent_primitive_step_write (step, builder, pd, DNNL_ARG_DIFF_SRC, dnnl_query_diff_src_md, 0,
      latent_node_get_output (node, 0));
  latent_builder_add_step (builder, g_steal_pointer (&step));
  return TRUE;
}

/* A descriptor whose weights can be reordered right. */
static gboolean
describe_data (
    const LatentProductMds *mds, const LatentDnnlWindow *window, dnnl_primitive_desc_t *pd)
{
  g_auto (dnnl_primitive_attr_t) attr = latent_attr_new ();
  g_auto (dnnl_primitive_desc_t) found = NULL;

  if (mds->src == NULL || mds->weights == NULL || mds->dst == NULL ||
      latent_pd_convolution_backward_data (&found, mds, window, attr) != dnnl_success ||
      !latent_reorder_is_right (dnnl_primitive_desc_query_md (found, dnnl_query_weights_md, 0)))
    return FALSE;
  *pd = g_steal_pointer (&found);
  return TRUE;
}

/* Layouts that oneDNN likes, else row-major ones. */
static gboolean
find_data (const LatentNode *node, const LatentLayout *view, const LatentDnnlWindow *window,
    const LatentProductTypes *types, dnnl_primitive_desc_t *pd)
{
  const LatentValue *from = latent_node_get_input (node, 0), *to = latent_node_get_output (node, 0);
  g_auto (LatentMd) src = latent_conv_new_md (to, types->dst, FALSE);
  g_auto (LatentMd) weights = latent_md_new (types->src, &view->shape, NULL);
  g_auto (LatentMd) dst = latent_conv_new_md (from, types->src, FALSE);
  g_auto (LatentMd) forward = latent_conv_new_md (to, types->src, FALSE);
  g_autoptr (LatentLayout) typed = latent_layout_retype (view, types->src);
  g_autoptr (LatentLayout) src_rows = latent_layout_new (types->dst, &to->shape);
  g_autoptr (LatentLayout) dst_rows = latent_layout_new (types->src, &from->shape);
  g_auto (dnnl_primitive_desc_t) found = NULL;

  if (!describe_data (&(LatentProductMds){src, weights, NULL, dst, forward}, window, &found) &&
      !describe_data (&(LatentProductMds){src_rows->md, typed->md, NULL, dst_rows->md, forward},
          window, &found))
    return FALSE;
  if (!latent_pd_is_worth_its_types (found, node, types))
    return FALSE;
  *pd = g_steal_pointer (&found);
  return TRUE;
}

LatentEmit
latent_dnn_convolution_backward_data (LatentBuilder *builder, const LatentNode *node,
    const LatentStencil *stencil, gint64 groups, GError **error)
{
  const LatentProductTypes types = latent_product_get_types (node);
  g_auto (dnnl_primitive_desc_t) pd = NULL;
  g_autoptr (LatentLayout)
      view = latent_conv_view_weights (latent_node_get_input (node, 1), groups, FALSE);
  LatentDnnlWindow window;

  if (!latent_dnnl_set_window (&window, stencil) ||
      (!find_data (node, view, &window, &types, &pd) &&
          !find_data (node, view, &window, &latent_product_floats, &pd)))
    return LATENT_EMIT_FALLBACK;
  return append_data (builder, node, pd, view, error) ? LATENT_EMIT_DONE : LATENT_EMIT_FAILED;
}

/* Where the weights' derivative is made: in its own row-major memory, or in oneDNN's layout. */
static LatentOperand
define_weights (LatentBuilder *builder, const LatentValue *value, LatentLayout *layout,
    const LatentLayout *view)
{
  LatentOperand operand;

  if (!latent_layout_equal (layout, view))
    return latent_builder_new_operand (builder, layout);
  operand = latent_builder_define_row_major (builder, value);
  latent_layout_unref (operand.layout);
  operand.layout = latent_layout_ref (layout);
  return operand;
}

static gboolean
append_weights (LatentBuilder *builder, const LatentNode *node, const_dnnl_primitive_desc_t pd,
    LatentLayout *view, GError **error)
{
  const LatentValue *value = latent_node_get_output (node, 0);
  const LatentValue *bias = latent_node_get_output (node, 1);
  g_autoptr (LatentStep) step = latent_primitive_step_new (node, pd, error);
  g_autoptr (LatentLayout) layout = latent_pd_get_layout (pd, dnnl_query_diff_weights_md, 0);
  g_auto (LatentOperand) weights = define_weights (builder, value, layout, view);

  if (step == NULL ||
      !latent_primitive_step_read (step, builder, pd, DNNL_ARG_SRC, dnnl_query_src_md, 0,
          latent_node_get_input (node, 0), error) ||
      !latent_primitive_step_read (step, builder, pd, DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md, 0,
          latent_node_get_input (node, 1), error))
    return FALSE;
  latent_primitive_step_add (
      step, DNNL_ARG_DIFF_WEIGHTS, latent_operand_copy (&weights), LATENT_ACCESS_WRITE);
  if (bias != NULL)
    latent_primitive_step_write (
        step, builder, pd, DNNL_ARG_DIFF_BIAS, dnnl_query_diff_weights_md, 1, bias);
  latent_builder_add_step (builder, g_steal_pointer (&step));
  return latent_layout_equal (layout, view) ||
         latent_builder_define_view (builder, value, view, &weights, error);
}

LatentEmit
latent_dnn_convolution_backward_weights (LatentBuilder *builder, const LatentNode *node,
    const LatentStencil *stencil, gint64 groups, GError **error)
{
  const LatentValue *weights = latent_node_get_output (node, 0);
  const LatentValue *bias = latent_node_get_output (node, 1);
  g_auto (dnnl_primitive_attr_t) attr = latent_attr_new ();
  g_auto (dnnl_primitive_desc_t) pd = NULL;
  g_autoptr (LatentLayout) view = latent_conv_view_weights (weights, groups, FALSE);
  g_autoptr (LatentLayout) vector = bias != NULL ? latent_layout_new (bias->type, &bias->shape)
                                                 : NULL;
  g_auto (LatentMd)
      src = latent_conv_new_md (latent_node_get_input (node, 0), LATENT_DATA_TYPE_FLOAT32, FALSE);
  g_auto (LatentMd) any = latent_md_new (weights->type, &view->shape, NULL);
  g_auto (LatentMd)
      dst = latent_conv_new_md (latent_node_get_input (node, 1), LATENT_DATA_TYPE_FLOAT32, FALSE);
  LatentProductMds mds = {src, any, vector != NULL ? vector->md : NULL, dst, NULL};
  LatentDnnlWindow window;

  if (!latent_dnnl_set_window (&window, stencil) || src == NULL || any == NULL || dst == NULL)
    return LATENT_EMIT_FALLBACK;
  if (latent_pd_convolution_backward_weights (&pd, &mds, &window, attr) != dnnl_success)
    return LATENT_EMIT_FALLBACK;
  return append_weights (builder, node, pd, view, error) ? LATENT_EMIT_DONE : LATENT_EMIT_FAILED;
}
