/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/dnn/dnnl.h"

#if DNNL_VERSION_MAJOR >= 3

#include <string.h>

#include "src/dnn/quantized.h"

/* 3.x: dst = post-operations (scales * acc + bias) / scale + zero point, and scales and zero points
 * are arguments. */

float
latent_quantized_get_bias_factor (const LatentQuantized *self, guint channel)
{
  return 1;
}

static dnnl_status_t
append (dnnl_post_ops_t ops, const LatentQuantized *self, const LatentPostOp *op)
{
  if (op->is_sum && self->apart != NULL)
    return dnnl_post_ops_append_binary (ops, dnnl_binary_add, self->apart->md);
  if (op->is_sum)
    return dnnl_post_ops_append_sum (ops, op->scale, op->zero_point, dnnl_data_type_undef);
  return dnnl_post_ops_append_eltwise (ops, op->algorithm, op->alpha, op->beta);
}

static gboolean
set_post_ops (const LatentQuantized *self, dnnl_primitive_attr_t attr)
{
  g_auto (dnnl_post_ops_t) ops = NULL;

  if (dnnl_post_ops_create (&ops) != dnnl_success)
    return FALSE;
  for (guint i = 0; i < self->n_ops; i++)
    if (append (ops, self, &self->ops[i]) != dnnl_success)
      return FALSE;
  return dnnl_primitive_attr_set_post_ops (attr, ops) == dnnl_success;
}

static gboolean
set_scales (dnnl_primitive_attr_t attr, int argument, int mask)
{
  return dnnl_primitive_attr_set_scales_mask (attr, argument, mask) == dnnl_success;
}

static gboolean
set_zero_point (dnnl_primitive_attr_t attr, int argument, gint32 zero_point)
{
  return zero_point == 0 ||
         dnnl_primitive_attr_set_zero_points_mask (attr, argument, 0) == dnnl_success;
}

gboolean
latent_quantized_set_attr (const LatentQuantized *self, dnnl_primitive_attr_t attr)
{
  return set_scales (attr, DNNL_ARG_SRC, 0) &&
         set_scales (attr, DNNL_ARG_WEIGHTS, self->weights_mask) &&
         (!self->is_integer || set_scales (attr, DNNL_ARG_DST, 0)) &&
         set_zero_point (attr, DNNL_ARG_SRC, self->src_zero_point) &&
         set_zero_point (attr, DNNL_ARG_DST, self->dst_zero_point) && set_post_ops (self, attr);
}

/* A vector of numbers of 4 bytes that the primitive reads when it runs. */
static gboolean
add_vector (LatentStep *step, LatentBuilder *builder, int argument, LatentDataType type, guint n,
    gconstpointer numbers, GError **error)
{
  const LatentShape shape = {1, {n}};
  g_autoptr (LatentTensor) tensor = latent_tensor_new_shape (type, &shape, error);
  g_autoptr (LatentLayout) layout = latent_layout_new (type, &shape);
  LatentOperand operand;

  if (tensor == NULL)
    return FALSE;
  memcpy (latent_tensor_get_writable_data (tensor), numbers, (gsize)n * 4);
  if (!latent_builder_get_tensor (builder, tensor, layout, layout, &operand, error))
    return FALSE;
  latent_primitive_step_add (step, argument, operand, LATENT_ACCESS_READ);
  return TRUE;
}

static gboolean
add_scales (LatentStep *step, LatentBuilder *builder, int argument, guint n, const float *scales,
    GError **error)
{
  return add_vector (
      step, builder, DNNL_ARG_ATTR_SCALES | argument, LATENT_DATA_TYPE_FLOAT32, n, scales, error);
}

static gboolean
add_zero_point (
    LatentStep *step, LatentBuilder *builder, int argument, gint32 zero_point, GError **error)
{
  return zero_point == 0 || add_vector (step, builder, DNNL_ARG_ATTR_ZERO_POINTS | argument,
                                LATENT_DATA_TYPE_INT32, 1, &zero_point, error);
}

gboolean
latent_quantized_add_arguments (
    const LatentQuantized *self, LatentStep *step, LatentBuilder *builder, GError **error)
{
  return add_scales (step, builder, DNNL_ARG_SRC, 1, &self->src_scale, error) &&
         add_scales (
             step, builder, DNNL_ARG_WEIGHTS, self->weights->n, self->weights->scales, error) &&
         (!self->is_integer ||
             add_scales (step, builder, DNNL_ARG_DST, 1, &self->dst_scale, error)) &&
         add_zero_point (step, builder, DNNL_ARG_SRC, self->src_zero_point, error) &&
         add_zero_point (step, builder, DNNL_ARG_DST, self->dst_zero_point, error);
}

#endif
