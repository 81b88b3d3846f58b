/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/dnn/emit.h"
#include "src/dnn/norm.h"

/* Derivatives of softmax and of normalisations. Data and derivatives have one layout, `data`. Of
 * what shifts nothing is read, but oneDNN counts it among the arguments (3.x not for batches): the
 * scale stands in for it. */

static LatentOperand
write_like (LatentStep *step, LatentBuilder *builder, const LatentNode *node, LatentLayout *data)
{
  LatentOperand dst = latent_builder_define (builder, latent_node_get_output (node, 0), data);

  latent_primitive_step_add (
      step, DNNL_ARG_DIFF_SRC, latent_operand_copy (&dst), LATENT_ACCESS_WRITE);
  return dst;
}

/* Of the scale and the shift, outputs 1 and 2: vectors of n, whatever shape their values have, and
 * written to even where nobody wants them. */
static void
write_parameters (LatentStep *step, LatentBuilder *builder, const LatentNode *node, gint64 n)
{
  static const int arguments[] = {DNNL_ARG_DIFF_SCALE, DNNL_ARG_DIFF_SHIFT};
  const LatentShape shape = {1, {n}};
  g_autoptr (LatentLayout) vector = latent_layout_new (LATENT_DATA_TYPE_FLOAT32, &shape);

  for (guint i = 0; i < G_N_ELEMENTS (arguments); i++) {
    const LatentValue *value = latent_node_get_output (node, i + 1);
    LatentOperand operand = value != NULL ? latent_builder_define (builder, value, vector)
                                          : latent_builder_new_operand (builder, vector);
    latent_primitive_step_add (step, arguments[i], operand, LATENT_ACCESS_WRITE);
  }
}

static gboolean
read_like (LatentStep *step, LatentBuilder *builder, int argument, const LatentValue *value,
    LatentLayout *data, GError **error)
{
  LatentOperand operand;

  if (!latent_builder_get (builder, value, data, &operand, error))
    return FALSE;
  latent_primitive_step_add (step, argument, operand, LATENT_ACCESS_READ);
  return TRUE;
}

LatentEmit
latent_dnn_softmax_backward (
    LatentBuilder *builder, const LatentNode *node, guint axis, gboolean log, GError **error)
{
  g_auto (dnnl_primitive_attr_t) attr = latent_attr_new ();
  g_auto (dnnl_primitive_desc_t) pd = NULL;
  g_auto (LatentOperand) dst = {0}, diff_src = {0};
  g_autoptr (LatentStep) step = NULL;

  if (!latent_builder_get_compact (builder, latent_node_get_input (node, 0), &dst, error))
    return LATENT_EMIT_FAILED;
  if (dst.layout->md == NULL ||
      latent_pd_softmax_backward (&pd, log, dst.layout->md, (int)axis, attr) != dnnl_success)
    return LATENT_EMIT_FALLBACK;
  step = latent_primitive_step_new (node, pd, error);
  if (step == NULL || !read_like (step, builder, DNNL_ARG_DIFF_DST, latent_node_get_input (node, 1),
                          dst.layout, error))
    return LATENT_EMIT_FAILED;
  latent_primitive_step_add (step, DNNL_ARG_DST, latent_operand_copy (&dst), LATENT_ACCESS_READ);
  diff_src = write_like (step, builder, node, dst.layout);
  latent_builder_add_step (builder, g_steal_pointer (&step));
  return LATENT_EMIT_DONE;
}

LatentEmit
latent_dnn_batch_normalization_backward (
    LatentBuilder *builder, const LatentNode *node, float epsilon, GError **error)
{
  const unsigned flags = dnnl_use_global_stats | dnnl_use_scale | dnnl_use_shift;
  const LatentNormParameter parameters[] = {
      {DNNL_ARG_SCALE,    latent_node_get_input (node,                          1)       },
      {DNNL_ARG_SHIFT,    DNNL_VERSION_MAJOR < 3 ? latent_node_get_input (node, 1) : NULL},
      {DNNL_ARG_MEAN,     latent_node_get_input (node,                          2)       },
      {DNNL_ARG_VARIANCE, latent_node_get_input (node,                          3)       },
  };
  g_auto (dnnl_primitive_attr_t) attr = latent_attr_new ();
  g_auto (dnnl_primitive_desc_t) pd = NULL;
  g_auto (LatentOperand) src = {0}, diff_src = {0};
  g_autoptr (LatentStep) step = NULL;
  const LatentValue *value = latent_node_get_input (node, 0);

  if (!latent_builder_get_compact (builder, value, &src, error))
    return LATENT_EMIT_FAILED;
  if (src.layout->md == NULL || latent_pd_batch_normalization_backward (
                                    &pd, src.layout->md, epsilon, flags, attr) != dnnl_success)
    return LATENT_EMIT_FALLBACK;
  /* On row-major data it needs 1.6 times what loops do. */
  if (!g_str_has_prefix (latent_pd_get_kernel (pd), "bnorm_jit"))
    return LATENT_EMIT_FALLBACK;
  step = latent_primitive_step_new (node, pd, error);
  if (step == NULL ||
      !read_like (
          step, builder, DNNL_ARG_DIFF_DST, latent_node_get_input (node, 4), src.layout, error) ||
      !latent_norm_read_parameters (step, builder, parameters, G_N_ELEMENTS (parameters), error))
    return LATENT_EMIT_FAILED;
  latent_primitive_step_add (step, DNNL_ARG_SRC, latent_operand_copy (&src), LATENT_ACCESS_READ);
  diff_src = write_like (step, builder, node, src.layout);
  write_parameters (step, builder, node, value->shape.dims[1]);
  latent_builder_add_step (builder, g_steal_pointer (&step));
  return LATENT_EMIT_DONE;
}

/* Of rows. */
typedef struct {
  const LatentNode *node;
  float epsilon;
  LatentLayout *rows;
  LatentLayout *statistics; /* a number for each row */
} LayerNorm;

static void
clear_layer_norm (LayerNorm *self)
{
  latent_layout_unref (self->rows);
  latent_layout_unref (self->statistics);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LayerNorm, clear_layer_norm)

static void
add_statistics (LatentStep *step, const LatentOperand statistics[2], LatentAccess access)
{
  latent_primitive_step_add (step, DNNL_ARG_MEAN, latent_operand_copy (&statistics[0]), access);
  latent_primitive_step_add (step, DNNL_ARG_VARIANCE, latent_operand_copy (&statistics[1]), access);
}

/* Means and variances are made by normalising once more, into what the derivative overwrites. */
static gboolean
append_statistics (const LayerNorm *self, LatentBuilder *builder, const_dnnl_primitive_desc_t pd,
    const LatentOperand statistics[2], const LatentOperand *dst, GError **error)
{
  g_autoptr (LatentStep) step = latent_primitive_step_new (self->node, pd, error);

  if (step == NULL || !read_like (step, builder, DNNL_ARG_SRC,
                          latent_node_get_input (self->node, 0), self->rows, error))
    return FALSE;
  latent_primitive_step_add (step, DNNL_ARG_DST, latent_operand_copy (dst), LATENT_ACCESS_WRITE);
  add_statistics (step, statistics, LATENT_ACCESS_WRITE);
  latent_builder_add_step (builder, g_steal_pointer (&step));
  return TRUE;
}

static gboolean
append_derivative (const LayerNorm *self, LatentBuilder *builder, LatentStep *step,
    const LatentOperand statistics[2], GError **error)
{
  const LatentNode *node = self->node;
  const LatentNormParameter parameters[] = {
      {DNNL_ARG_SCALE, latent_node_get_input (node, 1)},
      {DNNL_ARG_SHIFT, latent_node_get_input (node, 1)},
  };

  if (!read_like (
          step, builder, DNNL_ARG_SRC, latent_node_get_input (node, 0), self->rows, error) ||
      !read_like (
          step, builder, DNNL_ARG_DIFF_DST, latent_node_get_input (node, 2), self->rows, error) ||
      !latent_norm_read_parameters (step, builder, parameters, G_N_ELEMENTS (parameters), error))
    return FALSE;
  add_statistics (step, statistics, LATENT_ACCESS_READ);
  write_parameters (step, builder, node, self->rows->shape.dims[1]);
  return TRUE;
}

static gboolean
append_layer_norm (const LayerNorm *self, LatentBuilder *builder,
    const_dnnl_primitive_desc_t forward, const_dnnl_primitive_desc_t backward, GError **error)
{
  g_autoptr (LatentStep) step = latent_primitive_step_new (self->node, backward, error);
  LatentOperand statistics[2] = {latent_builder_new_operand (builder, self->statistics),
      latent_builder_new_operand (builder, self->statistics)};
  g_auto (LatentOperand) dst = {0};
  gboolean good = FALSE;

  if (step != NULL) {
    dst = write_like (step, builder, self->node, self->rows);
    good = append_statistics (self, builder, forward, statistics, &dst, error) &&
           append_derivative (self, builder, step, statistics, error);
  }
  if (good)
    latent_builder_add_step (builder, g_steal_pointer (&step));
  latent_operand_clear (&statistics[0]);
  latent_operand_clear (&statistics[1]);
  return good;
}

LatentEmit
latent_dnn_layer_normalization_backward (
    LatentBuilder *builder, const LatentNode *node, gint64 size, float epsilon, GError **error)
{
  const LatentValue *value = latent_node_get_input (node, 0);
  const LatentShape shape = {
      2, {(gint64)latent_shape_product (&value->shape, 0, value->shape.n) / size, size}
  };
  const LatentShape rows = {1, {shape.dims[0]}};
  g_auto (LayerNorm) self = {node, epsilon, latent_layout_new (value->type, &shape),
      latent_layout_new (value->type, &rows)};
  g_auto (dnnl_primitive_attr_t) attr = latent_attr_new ();
  g_auto (dnnl_primitive_desc_t) forward = NULL;
  g_auto (dnnl_primitive_desc_t) backward = NULL;

  if (self.rows->md == NULL || self.statistics->md == NULL ||
      latent_pd_layer_statistics (&forward, self.rows->md, self.statistics->md, epsilon, 0, attr) !=
          dnnl_success ||
      latent_pd_layer_normalization_backward (&backward, self.rows->md, self.statistics->md,
          epsilon, dnnl_use_scale | dnnl_use_shift, attr) != dnnl_success)
    return LATENT_EMIT_FALLBACK;
  return append_layer_norm (&self, builder, forward, backward, error) ? LATENT_EMIT_DONE
                                                                      : LATENT_EMIT_FAILED;
}
