/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/ops/quantize.h"

#include <math.h>

#include "src/base/numeric.h"
#include "src/base/tensor.h"

/* QuantizeLinearGrad (x, scale, zero point, derivative): the derivative where x is not cut off. The
 * attributes are QuantizeLinear's. */

static gboolean
infer_gradient (const LatentNode *node, GError **error)
{
  LatentQuantizeParams params;

  if (!latent_quantize_get_params (node, &params, error) ||
      !latent_op_check_type (node, 3, "derivative", LATENT_TYPES_F32, error))
    return FALSE;
  if (!latent_shape_equal (latent_op_get_shape (node, 0), latent_op_get_shape (node, 3))) {
    latent_op_set_shape_error (error, "derivative", "that of x", latent_op_get_shape (node, 3));
    return FALSE;
  }
  return latent_op_set_output (
      node, 0, LATENT_DATA_TYPE_FLOAT32, latent_op_get_shape (node, 0), error);
}

static gboolean
eval_gradient (const LatentEval *eval, GError **error)
{
  const float *src = eval->src[0].data, *scales = eval->src[1].data;
  const float *derivative = eval->src[3].data;
  float *dst = eval->dst[0].data;
  gint64 least, most;
  LatentQuantizeParams params;

  if (!latent_quantize_get_params (eval->node, &params, error))
    return FALSE;
  latent_quantize_get_limits (params.type, &least, &most);
  for (gsize run = 0; run < params.outer * params.channels; run++) {
    gsize channel = run % params.channels, begin = run * params.inner;
    gint64 zero_point = 0;
    latent_load_ints (params.type, eval->src[2].data, channel, 1, &zero_point);
    float low = (float)(least - zero_point), high = (float)(most - zero_point);
    for (gsize i = begin; i < begin + params.inner; i++) {
      float integer = rintf (src[i] / scales[channel]);
      dst[i] = integer >= low && integer <= high ? derivative[i] : 0;
    }
  }
  return TRUE;
}

static const LatentNode *
find_quantize (const LatentNode *node)
{
  const LatentValue *src = latent_node_get_input (node, 0);
  const LatentNode *producer = src->producer;

  return producer != NULL && *producer->domain == '\0' &&
                 g_str_equal (producer->op_type, "QuantizeLinear")
             ? producer
             : NULL;
}

/* One that is left out is 0. */
static LatentValue *
get_zero_point (LatentGradient *gradient, const LatentNode *quantize, GError **error)
{
  LatentQuantizeParams params;
  g_autoptr (LatentTensor) zeros = NULL;

  if (latent_node_get_input (quantize, 2) != NULL)
    return latent_node_get_input (quantize, 2);
  if (latent_quantize_get_params (quantize, &params, error))
    zeros = latent_tensor_new_shape (params.type, latent_op_get_shape (quantize, 1), error);
  return zeros != NULL ? latent_gradient_constant (gradient, zeros) : NULL;
}

gboolean
latent_quantize_gradient (LatentGradient *gradient, const LatentNode *node, GError **error)
{
  const LatentNode *quantize = find_quantize (node);
  LatentValue *src = quantize != NULL ? latent_node_get_input (quantize, 0) : NULL;
  LatentNode *pass;
  LatentValue *derivative, *zero_point;

  if (!latent_gradient_wants (gradient, latent_node_get_input (node, 0)))
    return TRUE;
  if (src == NULL) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
        "its integers do not come from QuantizeLinear: training through them is not supported");
    return FALSE;
  }
  zero_point = get_zero_point (gradient, quantize, error);
  if (zero_point == NULL)
    return FALSE;
  pass = latent_gradient_node (gradient, "QuantizeLinearGrad", LATENT_DOMAIN_TRAINING);
  for (guint i = 0; i < quantize->attributes->len; i++)
    latent_node_take_attribute (
        pass, latent_attribute_copy (g_ptr_array_index (quantize->attributes, i)));
  latent_node_add_input (pass, src);
  latent_node_add_input (pass, latent_node_get_input (quantize, 1));
  latent_node_add_input (pass, zero_point);
  latent_node_add_input (pass, latent_gradient_get (gradient, latent_node_get_output (node, 0)));
  derivative = latent_gradient_finish (gradient, pass, 1, error);
  latent_gradient_add (gradient, src, derivative);
  return derivative != NULL;
}

/* clang-format off */
const LatentOp latent_ops_quantize_gradient[] = {
    {"QuantizeLinearGrad", LATENT_DOMAIN_TRAINING, 1, 1, 4, 4, 1, 1, LATENT_TYPES_F32,
     "axis:i block_size:i output_dtype:i saturate:i", infer_gradient, eval_gradient},
    {0},
};
/* clang-format on */
