/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/dnn/emit.h"
#include "src/dnn/primitive.h"

/* Derivatives that take an exponential or cases: plain loops need 10 to 50 ns an element for the
 * former, and twice oneDNN's time for HardSwish's. The others are loops, which took 0.1 ms where
 * oneDNN's Relu and Tanh took 0.2 (a million elements, AVX-512, 2.6.3), and as long for Elu, Log.
 */
typedef struct {
  const char *op_type;
  dnnl_alg_kind_t algorithm;
  float alpha;
  float beta;
} BackwardRow;

static const BackwardRow rows[] = {
    {"GeluGradient",      dnnl_eltwise_gelu_erf,  0,        0   },
    {"HardSwishGradient", dnnl_eltwise_hardswish, 1.0f / 6, 0.5f},
    {"MishGradient",      dnnl_eltwise_mish,      0,        0   },
    {"SoftplusGradient",  dnnl_eltwise_soft_relu, 1,        0   },
};

static const BackwardRow *
find_row (const LatentNode *node)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (strcmp (rows[i].op_type, node->op_type) == 0)
      return &rows[i];
  return NULL;
}

static gboolean
append (LatentBuilder *builder, const LatentNode *node, const_dnnl_primitive_desc_t pd,
    const LatentOperand *src, GError **error)
{
  g_autoptr (LatentStep) step = latent_primitive_step_new (node, pd, error);

  if (step == NULL)
    return FALSE;
  latent_primitive_step_add (step, DNNL_ARG_SRC, latent_operand_copy (src), LATENT_ACCESS_READ);
  if (!latent_primitive_step_read (step, builder, pd, DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md, 0,
          latent_node_get_input (node, 0), error))
    return FALSE;
  step->in_place_src = (gint)step->operands->len - 1;
  step->in_place_dst = (gint)latent_primitive_step_write (step, builder, pd, DNNL_ARG_DIFF_SRC,
      dnnl_query_diff_src_md, 0, latent_node_get_output (node, 0));
  latent_builder_add_step (builder, g_steal_pointer (&step));
  return TRUE;
}

LatentEmit
latent_dnn_eltwise_backward (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  g_auto (dnnl_primitive_attr_t) attr = latent_attr_new ();
  g_auto (dnnl_primitive_desc_t) pd = NULL;
  g_auto (LatentOperand) src = {0};
  const BackwardRow *row = find_row (node);
  dnnl_alg_kind_t algorithm;

  if (row == NULL || latent_node_get_output (node, 0)->type != LATENT_DATA_TYPE_FLOAT32)
    return LATENT_EMIT_FALLBACK;
  algorithm = row->algorithm;
  if (strcmp (latent_node_get_string (node, "approximate", "none"), "tanh") == 0)
    algorithm = dnnl_eltwise_gelu_tanh;
  if (!latent_builder_get_compact (builder, latent_node_get_input (node, 1), &src, error))
    return LATENT_EMIT_FAILED;
  if (src.layout->md == NULL || latent_pd_eltwise_backward (&pd, algorithm, src.layout->md,
                                    row->alpha, row->beta, attr) != dnnl_success)
    return LATENT_EMIT_FALLBACK;
  return append (builder, node, pd, &src, error) ? LATENT_EMIT_DONE : LATENT_EMIT_FAILED;
}
