/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/dnn/emit.h"
#include "src/dnn/primitive.h"

/* Derivatives of pools and of resampling. */

/* The layout of what a pool or a resampling read, where its derivative lies as `value` does. */
static LatentLayout *
follow_layout (LatentBuilder *builder, const LatentValue *value, const LatentShape *shape)
{
  const LatentLayout *layout = latent_builder_get_layout (builder, value);

  if (layout == NULL || latent_layout_is_row_major (layout))
    return latent_layout_new (value->type, shape);
  return latent_layout_new_channels_last (value->type, shape);
}

static gboolean
is_reference (const_dnnl_primitive_desc_t pd)
{
  return g_str_has_prefix (latent_pd_get_kernel (pd), "ref");
}

static gboolean
append (LatentBuilder *builder, const LatentNode *node, const_dnnl_primitive_desc_t pd,
    const LatentOperand *workspace, GError **error)
{
  g_autoptr (LatentStep) step = latent_primitive_step_new (node, pd, error);
  const LatentValue *derivative = latent_node_get_input (node, node->inputs->len - 1);

  if (step == NULL || !latent_primitive_step_read (step, builder, pd, DNNL_ARG_DIFF_DST,
                          dnnl_query_diff_dst_md, 0, derivative, error))
    return FALSE;
  if (workspace != NULL)
    latent_primitive_step_add (
        step, DNNL_ARG_WORKSPACE, latent_operand_copy (workspace), LATENT_ACCESS_READ);
  latent_primitive_step_write (step, builder, pd, DNNL_ARG_DIFF_SRC, dnnl_query_diff_src_md, 0,
      latent_node_get_output (node, 0));
  latent_builder_add_step (builder, g_steal_pointer (&step));
  return TRUE;
}

/* The pool once more, for the places of its maxima. */
static gboolean
append_places (LatentBuilder *builder, const LatentNode *node, const_dnnl_primitive_desc_t pd,
    const LatentOperand *src, LatentOperand *workspace, GError **error)
{
  g_autoptr (LatentStep) step = latent_primitive_step_new (node, pd, error);
  g_autoptr (LatentLayout) dst = latent_pd_get_layout (pd, dnnl_query_dst_md, 0);
  g_autoptr (LatentLayout) places = latent_pd_get_layout (pd, dnnl_query_workspace_md, 0);

  if (step == NULL)
    return FALSE;
  *workspace = latent_builder_new_operand (builder, places);
  latent_primitive_step_add (step, DNNL_ARG_SRC, latent_operand_copy (src), LATENT_ACCESS_READ);
  latent_primitive_step_add (
      step, DNNL_ARG_DST, latent_builder_new_operand (builder, dst), LATENT_ACCESS_WRITE);
  latent_primitive_step_add (
      step, DNNL_ARG_WORKSPACE, latent_operand_copy (workspace), LATENT_ACCESS_WRITE);
  latent_builder_add_step (builder, g_steal_pointer (&step));
  return TRUE;
}

LatentEmit
latent_dnn_max_pooling_backward (
    LatentBuilder *builder, const LatentNode *node, const LatentStencil *stencil, GError **error)
{
  const LatentValue *derivative = latent_node_get_input (node, 1);
  g_auto (dnnl_primitive_attr_t) attr = latent_attr_new ();
  g_auto (dnnl_primitive_desc_t) pd = NULL;
  g_auto (dnnl_primitive_desc_t) forward = NULL;
  g_auto (LatentOperand) src = {0};
  g_auto (LatentOperand) workspace = {0};
  g_auto (LatentMd) dst = latent_md_new (derivative->type, &derivative->shape, NULL);
  LatentDnnlWindow own;

  if (!latent_dnnl_set_window (&own, stencil) || dst == NULL)
    return LATENT_EMIT_FALLBACK;
  if (!latent_builder_get_compact (builder, latent_node_get_input (node, 0), &src, error))
    return LATENT_EMIT_FAILED;
  if (src.layout->md == NULL ||
      latent_pd_pooling_backward (
          &pd, &forward, dnnl_pooling_max, src.layout->md, dst, &own, attr) != dnnl_success ||
      is_reference (pd))
    return LATENT_EMIT_FALLBACK;
  return append_places (builder, node, forward, &src, &workspace, error) &&
                 append (builder, node, pd, &workspace, error)
             ? LATENT_EMIT_DONE
             : LATENT_EMIT_FAILED;
}

LatentEmit
latent_dnn_average_pooling_backward (LatentBuilder *builder, const LatentNode *node,
    LatentPooling kind, const LatentStencil *stencil, GError **error)
{
  const LatentValue *derivative = latent_node_get_input (node, 0);
  g_auto (dnnl_primitive_attr_t) attr = latent_attr_new ();
  g_auto (dnnl_primitive_desc_t) pd = NULL;
  g_auto (dnnl_primitive_desc_t) forward = NULL;
  g_autoptr (LatentLayout)
      src = follow_layout (builder, derivative, &latent_node_get_output (node, 0)->shape);
  g_auto (LatentMd) dst = latent_md_new (derivative->type, &derivative->shape, NULL);
  LatentDnnlWindow own;

  if (!latent_dnnl_set_window (&own, stencil) || src->md == NULL || dst == NULL ||
      latent_pd_pooling_backward (&pd, &forward,
          kind == LATENT_POOLING_AVERAGE ? dnnl_pooling_avg_exclude_padding
                                         : dnnl_pooling_avg_include_padding,
          src->md, dst, &own, attr) != dnnl_success ||
      is_reference (pd))
    return LATENT_EMIT_FALLBACK;
  return append (builder, node, pd, NULL, error) ? LATENT_EMIT_DONE : LATENT_EMIT_FAILED;
}

LatentEmit
latent_dnn_resampling_backward (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  const LatentValue *derivative = latent_node_get_input (node, 0);
  g_auto (dnnl_primitive_attr_t) attr = latent_attr_new ();
  g_auto (dnnl_primitive_desc_t) pd = NULL;
  g_autoptr (LatentLayout)
      src = follow_layout (builder, derivative, &latent_node_get_output (node, 0)->shape);
  g_autoptr (LatentLayout) dst = follow_layout (builder, derivative, &derivative->shape);

  if (src->md == NULL || dst->md == NULL ||
      latent_pd_resampling_backward (&pd, dnnl_resampling_linear, src->md, dst->md, attr) !=
          dnnl_success)
    return LATENT_EMIT_FALLBACK;
  /* What is not generated for the CPU needs several times what loops do. */
  if (!g_str_has_prefix (latent_pd_get_kernel (pd), "jit"))
    return LATENT_EMIT_FALLBACK;
  return append (builder, node, pd, NULL, error) ? LATENT_EMIT_DONE : LATENT_EMIT_FAILED;
}
