/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/dnn/norm.h"

#include "src/dnn/eltwise.h"
#include "src/dnn/emit.h"

/* Primitives whose destination has the layout of their source, and may be in its place. */

gboolean
latent_norm_read_parameters (LatentStep *step, LatentBuilder *builder,
    const LatentNormParameter *parameters, guint n, GError **error)
{
  for (guint i = 0; i < n; i++) {
    const LatentValue *value = parameters[i].value;
    LatentShape shape = {.n = 1};
    g_autoptr (LatentLayout) layout = NULL;
    LatentOperand operand;
    if (value == NULL)
      continue;
    shape.dims[0] = (gint64)latent_shape_product (&value->shape, 0, value->shape.n);
    layout = latent_layout_new (value->type, &shape);
    if (!latent_builder_get (builder, value, layout, &operand, error))
      return FALSE;
    latent_primitive_step_add (step, parameters[i].argument, operand, LATENT_ACCESS_READ);
  }
  return TRUE;
}

static LatentEmit
append (LatentBuilder *builder, const LatentNode *node, const_dnnl_primitive_desc_t pd,
    const LatentOperand *src, const LatentNormParameter *parameters, guint n, GError **error)
{
  g_autoptr (LatentStep) step = latent_primitive_step_new (node, pd, error);
  LatentOperand dst;

  if (step == NULL)
    return LATENT_EMIT_FAILED;
  step->in_place_src = (gint)latent_primitive_step_add (
      step, DNNL_ARG_SRC, latent_operand_copy (src), LATENT_ACCESS_READ);
  if (!latent_norm_read_parameters (step, builder, parameters, n, error))
    return LATENT_EMIT_FAILED;
  dst = latent_builder_define (builder, latent_node_get_output (node, 0), src->layout);
  step->in_place_dst = (gint)latent_primitive_step_add (
      step, DNNL_ARG_DST, dst, LATENT_ACCESS_WRITE);
  latent_builder_add_step (builder, g_steal_pointer (&step));
  return LATENT_EMIT_DONE;
}

/* Whether outputs beyond the first, which training needs, are asked for. */
static gboolean
has_more_outputs (const LatentNode *node)
{
  for (guint i = 1; i < node->outputs->len; i++) {
    const LatentValue *value = latent_node_get_output (node, i);
    if (value != NULL && value->n_uses > 0)
      return TRUE;
  }
  return FALSE;
}

LatentEmit
latent_dnn_softmax (
    LatentBuilder *builder, const LatentNode *node, guint axis, gboolean log, GError **error)
{
  g_auto (dnnl_primitive_attr_t) attr = latent_attr_new ();
  g_auto (dnnl_primitive_desc_t) pd = NULL;
  g_auto (LatentOperand) src = {0};

  if (node->fused->len > 0)
    return LATENT_EMIT_FALLBACK;
  if (!latent_builder_get_compact (builder, latent_node_get_input (node, 0), &src, error))
    return LATENT_EMIT_FAILED;
  if (src.layout->md == NULL ||
      latent_pd_softmax (&pd, log, src.layout->md, (int)axis, attr) != dnnl_success)
    return LATENT_EMIT_FALLBACK;
  return append (builder, node, pd, &src, NULL, 0, error);
}

LatentEmit
latent_dnn_batch_normalization (
    LatentBuilder *builder, const LatentNode *node, float epsilon, GError **error)
{
  g_auto (dnnl_primitive_attr_t) attr = latent_attr_new ();
  g_auto (dnnl_primitive_desc_t) pd = NULL;
  g_auto (LatentOperand) src = {0};
  const unsigned flags = dnnl_use_global_stats | dnnl_use_scale | dnnl_use_shift;
  const LatentNormParameter parameters[] = {
      {DNNL_ARG_SCALE,    latent_node_get_input (node, 1)},
      {DNNL_ARG_SHIFT,    latent_node_get_input (node, 2)},
      {DNNL_ARG_MEAN,     latent_node_get_input (node, 3)},
      {DNNL_ARG_VARIANCE, latent_node_get_input (node, 4)},
  };

  if (node->fused->len > 0 || has_more_outputs (node))
    return LATENT_EMIT_FALLBACK;
  if (!latent_builder_get_compact (builder, latent_node_get_input (node, 0), &src, error))
    return LATENT_EMIT_FAILED;
  if (src.layout->md == NULL ||
      latent_pd_batch_normalization (&pd, src.layout->md, epsilon, flags, attr) != dnnl_success)
    return LATENT_EMIT_FALLBACK;
  return append (builder, node, pd, &src, parameters, G_N_ELEMENTS (parameters), error);
}

LatentEmit
latent_dnn_layer_normalization (
    LatentBuilder *builder, const LatentNode *node, guint axis, float epsilon, GError **error)
{
  g_auto (dnnl_primitive_attr_t) attr = latent_attr_new ();
  g_auto (dnnl_primitive_desc_t) pd = NULL;
  g_auto (LatentOperand) src = {0};
  g_autoptr (LatentLayout) rows = NULL;
  const LatentValue *value = latent_node_get_input (node, 0);
  LatentShape shape = {.n = 2};
  const LatentNormParameter parameters[] = {
      {DNNL_ARG_SCALE, latent_node_get_input (node, 1)},
      {DNNL_ARG_SHIFT, latent_node_get_input (node, 2)},
  };
  unsigned flags = (parameters[0].value != NULL ? dnnl_use_scale : 0) |
                   (parameters[1].value != NULL ? dnnl_use_shift : 0);

  if (node->fused->len > 0 || has_more_outputs (node) || value->type != LATENT_DATA_TYPE_FLOAT32)
    return LATENT_EMIT_FALLBACK;
  shape.dims[0] = (gint64)latent_shape_product (&value->shape, 0, axis);
  shape.dims[1] = (gint64)latent_shape_product (&value->shape, axis, value->shape.n);
  rows = latent_layout_new (value->type, &shape);
  for (guint i = 0; i < G_N_ELEMENTS (parameters); i++) /* one number for each column */
    if (parameters[i].value != NULL && (gint64)latent_shape_product (&parameters[i].value->shape, 0,
                                           parameters[i].value->shape.n) != shape.dims[1])
      return LATENT_EMIT_FALLBACK;
  if (rows->md == NULL ||
      latent_pd_layer_normalization (&pd, rows->md, epsilon, flags, attr) != dnnl_success)
    return LATENT_EMIT_FALLBACK;
  if (!latent_builder_get (builder, value, rows, &src, error))
    return LATENT_EMIT_FAILED;
  return append (builder, node, pd, &src, parameters, G_N_ELEMENTS (parameters), error);
}

LatentEmit
latent_dnn_prelu (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  g_auto (dnnl_primitive_attr_t) attr = latent_attr_new ();
  g_auto (dnnl_primitive_desc_t) pd = NULL;
  g_auto (LatentOperand) src = {0};
  g_auto (LatentMd) any = NULL;
  g_autoptr (LatentLayout) layout = NULL;
  g_autoptr (LatentStep) step = NULL;
  const LatentValue *slope = latent_node_get_input (node, 1);
  const LatentValue *value = latent_node_get_input (node, 0);
  LatentShape shape = {.n = value->shape.n};

  if (node->fused->len > 0 || slope->shape.n > shape.n)
    return LATENT_EMIT_FALLBACK;
  for (guint i = 0; i < shape.n; i++)
    shape.dims[i] = i + slope->shape.n < shape.n ? 1
                                                 : slope->shape.dims[i + slope->shape.n - shape.n];
  if (!latent_builder_get_compact (builder, value, &src, error))
    return LATENT_EMIT_FAILED;
  any = latent_md_new (slope->type, &shape, NULL);
  if (src.layout->md == NULL || any == NULL ||
      latent_pd_prelu (&pd, src.layout->md, any, attr) != dnnl_success)
    return LATENT_EMIT_FALLBACK;
  step = latent_primitive_step_new (node, pd, error);
  if (step == NULL)
    return LATENT_EMIT_FAILED;
  latent_primitive_step_add (step, DNNL_ARG_SRC, latent_operand_copy (&src), LATENT_ACCESS_READ);
  if (!latent_primitive_step_read (
          step, builder, pd, DNNL_ARG_WEIGHTS, dnnl_query_weights_md, 0, slope, error) ||
      !latent_primitive_step_write_fused (step, builder, pd, node, NULL, error))
    return LATENT_EMIT_FAILED;
  latent_builder_add_step (builder, g_steal_pointer (&step));
  return LATENT_EMIT_DONE;
}
