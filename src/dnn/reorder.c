/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/dnn/primitive.h"

static gboolean
create_pd (
    dnnl_primitive_desc_t *pd, const LatentLayout *src, const LatentLayout *dst, GError **error)
{
  g_auto (dnnl_primitive_attr_t) attr = latent_attr_new ();
  dnnl_engine_t engine = latent_engine_get ();

  return latent_dnnl_check (
      dnnl_reorder_primitive_desc_create (pd, src->md, engine, dst->md, engine, attr),
      "describing a reorder", error);
}

LatentStep *
latent_reorder_step_new (
    const LatentNode *node, LatentOperand src, LatentOperand dst, GError **error)
{
  g_auto (LatentOperand) from = src, to = dst;
  g_auto (dnnl_primitive_desc_t) pd = NULL;
  LatentStep *step;

  if (src.layout->md == NULL || dst.layout->md == NULL)
    return latent_step_new_copy (node, latent_operand_copy (&from), latent_operand_copy (&to));
  if (!create_pd (&pd, src.layout, dst.layout, error))
    return NULL;
  step = latent_primitive_step_new (node, pd, error);
  if (step == NULL)
    return NULL;
  latent_primitive_step_add (step, DNNL_ARG_FROM, latent_operand_copy (&from), LATENT_ACCESS_READ);
  latent_primitive_step_add (step, DNNL_ARG_TO, latent_operand_copy (&to), LATENT_ACCESS_WRITE);
  return step;
}

/* Executes a reorder between two arrays of which both have descriptors. */
static gboolean
execute (LatentLayout *src_layout, gconstpointer src, LatentLayout *dst_layout, gpointer dst,
    GError **error)
{
  dnnl_engine_t engine = latent_engine_get ();
  g_auto (dnnl_primitive_desc_t) pd = NULL;
  g_auto (dnnl_primitive_t) primitive = NULL;
  g_auto (dnnl_memory_t) from = NULL, to = NULL;
  g_auto (dnnl_stream_t) stream = NULL;
  dnnl_exec_arg_t arguments[2];

  if (!latent_dnnl_check (dnnl_reorder_primitive_desc_create (
                              &pd, src_layout->md, engine, dst_layout->md, engine, NULL),
          "describing a reorder", error) ||
      !latent_dnnl_create (&primitive, pd, error) ||
      !latent_dnnl_check (dnnl_memory_create (&from, src_layout->md, engine, (gpointer)src),
          "creating a memory object", error) ||
      !latent_dnnl_check (dnnl_memory_create (&to, dst_layout->md, engine, dst),
          "creating a memory object", error) ||
      !latent_dnnl_check (dnnl_stream_create (&stream, engine, dnnl_stream_default_flags),
          "creating a stream", error))
    return FALSE;
  arguments[0] = (dnnl_exec_arg_t){DNNL_ARG_FROM, from};
  arguments[1] = (dnnl_exec_arg_t){DNNL_ARG_TO, to};
  return latent_dnnl_check (
      dnnl_primitive_execute (primitive, stream, 2, arguments), "executing a reorder", error);
}

gboolean
latent_reorder_now (LatentLayout *src_layout, gconstpointer src, LatentLayout *dst_layout,
    gpointer dst, GError **error)
{
  if (src_layout->md != NULL && dst_layout->md != NULL)
    return execute (src_layout, src, dst_layout, dst, error);
  latent_layout_copy (dst_layout, dst, src_layout, src, 1);
  return TRUE;
}
