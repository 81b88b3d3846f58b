/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/dnn/eltwise.h"
#include "src/dnn/emit.h"

/* What reads one array and writes one, and has no weights. Takes what `pd` describes. */
static LatentEmit
append_simple (LatentBuilder *builder, const LatentNode *node, const_dnnl_primitive_desc_t pd,
    const LatentOperand *src, const LatentValue *residual, GError **error)
{
  g_autoptr (LatentStep) step = latent_primitive_step_new (node, pd, error);

  if (step == NULL)
    return LATENT_EMIT_FAILED;
  latent_primitive_step_add (step, DNNL_ARG_SRC, latent_operand_copy (src), LATENT_ACCESS_READ);
  if (!latent_primitive_step_write_fused (step, builder, pd, node, residual, error))
    return LATENT_EMIT_FAILED;
  latent_builder_add_step (builder, g_steal_pointer (&step));
  return LATENT_EMIT_DONE;
}

/* Numbers that are bfloat16 by the model's own will are for plain loops. */
static gboolean
is_plain (const LatentNode *node)
{
  return node->fused->len == 0 &&
         latent_node_get_input (node, 0)->type != LATENT_DATA_TYPE_BFLOAT16;
}

/* The source as it lies, and a destination of the same elements whose layout oneDNN chooses. */
static gboolean
prepare (LatentBuilder *builder, const LatentNode *node, LatentOperand *src, LatentMd *dst,
    GError **error)
{
  const LatentValue *value = latent_node_get_input (node, 0);

  if (!latent_builder_get_compact_as (
          builder, value, latent_builder_get_type (builder, value), src, error))
    return FALSE;
  *dst = latent_md_new (src->layout->type, &latent_node_get_output (node, 0)->shape, NULL);
  return TRUE;
}

LatentEmit
latent_dnn_pooling (LatentBuilder *builder, const LatentNode *node, LatentPooling kind,
    const LatentStencil *stencil, GError **error)
{
  static const dnnl_alg_kind_t algorithms[] = {
      dnnl_pooling_max, dnnl_pooling_avg_exclude_padding, dnnl_pooling_avg_include_padding};
  g_auto (dnnl_primitive_attr_t) attr = latent_attr_new ();
  g_auto (dnnl_primitive_desc_t) pd = NULL;
  g_auto (LatentOperand) src = {0};
  g_auto (LatentMd) dst = NULL;
  const LatentValue *residual = NULL;
  LatentDnnlWindow own;

  if (!latent_dnnl_set_window (&own, stencil) || !is_plain (node))
    return LATENT_EMIT_FALLBACK;
  if (!prepare (builder, node, &src, &dst, error))
    return LATENT_EMIT_FAILED;
  if (src.layout->md == NULL || dst == NULL ||
      (kind != LATENT_POOLING_MAX && !latent_layout_is_float (src.layout)) ||
      latent_pd_pooling (&pd, algorithms[kind], src.layout->md, dst, &own, attr) != dnnl_success)
    return LATENT_EMIT_FALLBACK;
  return append_simple (builder, node, pd, &src, residual, error);
}

LatentEmit
latent_dnn_resampling (
    LatentBuilder *builder, const LatentNode *node, gboolean linear, GError **error)
{
  g_auto (dnnl_primitive_attr_t) attr = latent_attr_new ();
  g_auto (dnnl_primitive_desc_t) pd = NULL;
  g_auto (LatentOperand) src = {0};
  g_auto (LatentMd) dst = NULL;
  dnnl_alg_kind_t algorithm = linear ? dnnl_resampling_linear : dnnl_resampling_nearest;

  if (!is_plain (node))
    return LATENT_EMIT_FALLBACK;
  if (!prepare (builder, node, &src, &dst, error))
    return LATENT_EMIT_FAILED;
  if (!latent_layout_is_float (src.layout) || dst == NULL ||
      latent_pd_resampling (&pd, algorithm, NULL, src.layout->md, dst, attr) != dnnl_success)
    return LATENT_EMIT_FALLBACK;
  return append_simple (builder, node, pd, &src, NULL, error);
}

LatentEmit
latent_dnn_reduction (LatentBuilder *builder, const LatentNode *node, LatentReduction kind,
    guint32 mask, GError **error)
{
  static const struct {
    dnnl_alg_kind_t algorithm;
    float p;
  } kinds[] = {
      [LATENT_REDUCTION_MEAN] = {dnnl_reduction_mean,                0},
      [LATENT_REDUCTION_SUM] = {dnnl_reduction_sum,                 0},
      [LATENT_REDUCTION_MAX] = {dnnl_reduction_max,                 0},
      [LATENT_REDUCTION_MIN] = {dnnl_reduction_min,                 0},
      [LATENT_REDUCTION_PROD] = {dnnl_reduction_mul,                 0},
      [LATENT_REDUCTION_L1] = {dnnl_reduction_norm_lp_power_p_sum, 1},
      [LATENT_REDUCTION_L2] = {dnnl_reduction_norm_lp_sum,         2},
      [LATENT_REDUCTION_SUM_SQUARE] = {dnnl_reduction_norm_lp_power_p_sum, 2},
  };
  g_auto (dnnl_primitive_attr_t) attr = latent_attr_new ();
  g_auto (dnnl_primitive_desc_t) pd = NULL;
  g_auto (LatentOperand) src = {0};
  g_autoptr (LatentLayout) kept = NULL;
  const LatentValue *value = latent_node_get_input (node, 0);
  LatentShape shape = value->shape;

  for (guint i = 0; i < shape.n; i++)
    if (mask & (1u << i))
      shape.dims[i] = 1;
  if (kind == LATENT_REDUCTION_NONE || !is_plain (node) ||
      latent_shape_equal (&shape, &value->shape))
    return LATENT_EMIT_FALLBACK;
  if (!latent_builder_get_compact (builder, value, &src, error))
    return LATENT_EMIT_FAILED;
  kept = latent_layout_new (value->type, &shape);
  if (!latent_layout_is_float (src.layout) || kept->md == NULL ||
      latent_pd_reduction (&pd, kinds[kind].algorithm, src.layout->md, kept->md, kinds[kind].p,
          attr) != dnnl_success)
    return LATENT_EMIT_FALLBACK;
  /* Over what is not innermost it has but a reference, which takes 5 ns an element. */
  if (g_str_has_prefix (latent_pd_get_kernel (pd), "ref"))
    return LATENT_EMIT_FALLBACK;
  return append_simple (builder, node, pd, &src, NULL, error);
}
