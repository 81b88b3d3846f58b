/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/dnn/quantized.h"

#include <string.h>

#include "src/dnn/eltwise.h"

static gboolean
add_sum (LatentQuantized *self, const LatentNode *add, const LatentShape *shape)
{
  const LatentValue *value = latent_node_get_input (add, 1);
  LatentPostOp *op = &self->ops[self->n_ops++];

  if (strcmp (add->op_type, "Add") != 0 || self->residual != NULL ||
      !latent_shape_equal (&value->shape, shape))
    return FALSE;
  self->residual = value;
  *op = (LatentPostOp){.is_sum = TRUE, .scale = 1};
  if (latent_value_is_integer (value)) {
    op->scale = value->quantization->scales[0];
    op->zero_point = value->quantization->zero_points[0];
  }
  return TRUE;
}

/* Functions of one kind have the numbers of the first in oneDNN 2.6, whatever they are given. */
static gboolean
is_alone (const LatentQuantized *self, const LatentPostOp *op)
{
  for (const LatentPostOp *other = self->ops; other < op; other++)
    if (!other->is_sum && other->algorithm == op->algorithm &&
        (other->alpha != op->alpha || other->beta != op->beta))
      return FALSE;
  return TRUE;
}

static gboolean
add_function (LatentQuantized *self, const LatentNode *node)
{
  LatentPostOp *last = self->n_ops > 0 ? &self->ops[self->n_ops - 1] : NULL;
  LatentEltwise eltwise;

  if (!latent_eltwise_find (node, &eltwise))
    return FALSE;
  if (last != NULL && !last->is_sum && last->algorithm == dnnl_eltwise_linear &&
      eltwise.algorithm == dnnl_eltwise_linear) {
    last->beta = last->beta * eltwise.alpha + eltwise.beta;
    last->alpha *= eltwise.alpha;
  } else {
    last = &self->ops[self->n_ops++];
    *last = (LatentPostOp){
        .algorithm = eltwise.algorithm, .alpha = eltwise.alpha, .beta = eltwise.beta};
  }
  return is_alone (self, last);
}

/* Saturation at 0 is what Relu does. */
static void
drop_relu (LatentQuantized *self, LatentDataType type)
{
  const gint32 least = type == LATENT_DATA_TYPE_UINT8 ? 0 : -128;
  const LatentPostOp *last;

  if (self->n_ops == 0 || !self->is_integer || self->dst_zero_point != least)
    return;
  last = &self->ops[self->n_ops - 1];
  if (!last->is_sum && last->algorithm == dnnl_eltwise_relu && last->alpha == 0)
    self->n_ops--;
}

gboolean
latent_quantized_init (LatentQuantized *self, const LatentNode *node, guint first, int weights_mask,
    int dst_mask, LatentLayout *apart)
{
  const LatentValue *src = latent_node_get_input (node, 0), *dst = latent_node_get_output (node, 0);

  *self = (LatentQuantized){.src_scale = src->quantization->scales[0],
      .src_zero_point = src->quantization->zero_points[0],
      .weights = latent_node_get_input (node, 1)->quantization,
      .dst_scale = 1};
  if (self->weights->n > 1) {
    self->weights_mask = weights_mask;
    self->dst_mask = dst_mask;
  }
  if (latent_value_is_integer (dst)) {
    self->is_integer = TRUE;
    self->dst_scale = dst->quantization->scales[0];
    self->dst_zero_point = dst->quantization->zero_points[0];
  }
  if (node->fused->len - first >= LATENT_MAX_POST_OPS) /* one is left for the shim */
    return FALSE;
  for (guint i = first; i < node->fused->len; i++) {
    const LatentNode *fused = g_ptr_array_index (node->fused, i);
    if (!add_function (self, fused) && !add_sum (self, fused, &dst->shape))
      return FALSE;
  }
  drop_relu (self, dst->type);
  if (self->residual == NULL || self->residual->type == dst->type)
    return TRUE;
  self->apart = apart;
  return apart != NULL && self->residual->type == LATENT_DATA_TYPE_FLOAT32;
}

gboolean
latent_quantized_read_residual (
    const LatentQuantized *self, LatentStep *step, LatentBuilder *builder, GError **error)
{
  LatentOperand operand;
  int place = 0;

  if (self->apart == NULL)
    return TRUE;
  while (!self->ops[place].is_sum)
    place++;
  if (!latent_builder_get (builder, self->residual, self->apart, &operand, error))
    return FALSE;
  latent_primitive_step_add (
      step, DNNL_ARG_ATTR_MULTIPLE_POST_OP (place) | DNNL_ARG_SRC_1, operand, LATENT_ACCESS_READ);
  return TRUE;
}

gboolean
latent_quantized_add_bias (const LatentQuantized *self, LatentStep *step, LatentBuilder *builder,
    const_dnnl_primitive_desc_t pd, const LatentValue *bias, GError **error)
{
  g_autoptr (LatentLayout) layout = latent_pd_get_layout (pd, dnnl_query_weights_md, 1);
  g_autoptr (LatentTensor)
      tensor = latent_tensor_new_shape (LATENT_DATA_TYPE_FLOAT32, &layout->shape, error);
  const float *src = bias->data->data;
  LatentOperand operand;
  float *dst;

  if (tensor == NULL)
    return FALSE;
  dst = latent_tensor_get_writable_data (tensor);
  for (guint i = 0; i < tensor->n_elements; i++)
    dst[i] = src[i] * latent_quantized_get_bias_factor (self, i);
  if (!latent_builder_get_tensor (builder, tensor, layout, layout, &operand, error))
    return FALSE;
  latent_primitive_step_add (step, DNNL_ARG_BIAS, operand, LATENT_ACCESS_READ);
  return TRUE;
}
