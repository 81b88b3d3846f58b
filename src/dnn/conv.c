/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/dnn/conv.h"

#include "src/dnn/eltwise.h"
#include "src/dnn/emit.h"
#include "src/dnn/quantized.h"

/* A convolution or deconvolution on its way to a primitive. */
typedef struct {
  const LatentNode *node;
  const LatentValue *src, *weights, *bias, *dst; /* bias may be NULL */
  LatentLayout *view; /* the weights' elements as oneDNN has them: (groups) O I spatial */
  LatentProductTypes types;
  LatentDnnlWindow window;
  const LatentQuantized *quantized; /* NULL for floats */
  dnnl_status_t (*describe) (dnnl_primitive_desc_t *pd, const LatentProductMds *mds,
      const LatentDnnlWindow *window, dnnl_primitive_attr_t attr);
} Convolution;

gboolean
latent_dnnl_set_window (LatentDnnlWindow *to, const LatentStencil *from)
{
  *to = (LatentDnnlWindow){0};
  if (from->n < 1 || from->n > 3)
    return FALSE;
  for (guint i = 0; i < from->n; i++) {
    if (from->pads_begin[i] < 0 || from->pads_end[i] < 0)
      return FALSE;
    to->kernel[i] = from->kernel[i];
    to->strides[i] = from->strides[i];
    to->dilates[i] = from->dilations[i] - 1;
    to->pads_begin[i] = from->pads_begin[i];
    to->pads_end[i] = from->pads_end[i];
  }
  return TRUE;
}

static void
push_dim (LatentShape *shape, gint64 *strides, gint64 dim, gint64 stride)
{
  shape->dims[shape->n] = dim;
  strides[shape->n++] = stride;
}

LatentLayout *
latent_conv_view_weights (const LatentValue *weights, gint64 groups, gboolean transposed)
{
  const LatentShape *own = &weights->shape;
  gint64 own_strides[LATENT_MAX_DIMS], strides[LATENT_MAX_DIMS];
  const gint64 sizes[] = {own->dims[0] / groups, own->dims[1]};
  guint o = transposed ? 1 : 0;
  LatentShape shape = {0};

  latent_shape_get_strides (own, own_strides);
  if (groups > 1)
    push_dim (&shape, strides, groups, own_strides[0] * sizes[0]);
  push_dim (&shape, strides, sizes[o], own_strides[o]);
  push_dim (&shape, strides, sizes[1 - o], own_strides[1 - o]);
  for (guint i = 2; i < own->n; i++)
    push_dim (&shape, strides, own->dims[i], own_strides[i]);
  return latent_layout_new_strided (weights->type, &shape, strides);
}

LatentMd
latent_conv_new_md (const LatentValue *value, LatentDataType type, gboolean channels_last)
{
  g_autoptr (LatentLayout) layout = NULL;

  if (!channels_last)
    return latent_md_new (type, &value->shape, NULL);
  layout = latent_layout_new_channels_last (type, &value->shape);
  return layout->md != NULL ? latent_md_copy (layout->md) : NULL;
}

/* Descriptor with what is fused. */
static gboolean
describe (const Convolution *self, gboolean channels_last, dnnl_primitive_attr_t attr,
    dnnl_primitive_desc_t *pd)
{
  g_auto (LatentMd) src = latent_conv_new_md (self->src, self->types.src, channels_last);
  g_auto (LatentMd) weights = latent_md_new (self->types.weights, &self->view->shape, NULL);
  g_auto (LatentMd) dst = latent_conv_new_md (self->dst, self->types.dst, channels_last);
  g_autoptr (LatentLayout)
      bias = self->bias != NULL ? latent_layout_new (self->bias->type, &self->bias->shape) : NULL;
  LatentProductMds mds = {src, weights, bias != NULL ? bias->md : NULL, dst, NULL};

  return src != NULL && weights != NULL && dst != NULL && (bias == NULL || bias->md != NULL) &&
         self->describe (pd, &mds, &self->window, attr) == dnnl_success;
}

static gboolean
read_weights (const Convolution *self, LatentBuilder *builder, LatentStep *step,
    const_dnnl_primitive_desc_t pd, GError **error)
{
  g_autoptr (LatentLayout) layout = latent_pd_get_layout (pd, dnnl_query_weights_md, 0);
  LatentOperand operand;

  if (!latent_builder_get_view (builder, self->weights, self->view, layout, &operand, error))
    return FALSE;
  latent_primitive_step_add (step, DNNL_ARG_WEIGHTS, operand, LATENT_ACCESS_READ);
  return TRUE;
}

static gboolean
read_bias (const Convolution *self, LatentBuilder *builder, LatentStep *step,
    const_dnnl_primitive_desc_t pd, GError **error)
{
  if (self->bias == NULL)
    return TRUE;
  if (self->quantized != NULL)
    return latent_quantized_add_bias (self->quantized, step, builder, pd, self->bias, error);
  return latent_primitive_step_read (
      step, builder, pd, DNNL_ARG_BIAS, dnnl_query_weights_md, 1, self->bias, error);
}

static void
set_bare (const Convolution *self, LatentStep *step)
{
  g_auto (dnnl_primitive_attr_t) attr = latent_attr_new ();
  dnnl_primitive_desc_t bare = NULL;

  if (describe (self, FALSE, attr, &bare))
    latent_primitive_step_set_bare (step, bare);
}

static gboolean
append (const Convolution *self, LatentBuilder *builder, const_dnnl_primitive_desc_t pd,
    const LatentValue *residual, GError **error)
{
  g_autoptr (LatentStep) step = latent_primitive_step_new (self->node, pd, error);

  if (step == NULL ||
      !latent_primitive_step_read (
          step, builder, pd, DNNL_ARG_SRC, dnnl_query_src_md, 0, self->src, error) ||
      !read_weights (self, builder, step, pd, error) ||
      !read_bias (self, builder, step, pd, error) ||
      (self->quantized != NULL &&
          (!latent_quantized_add_arguments (self->quantized, step, builder, error) ||
              !latent_quantized_read_residual (self->quantized, step, builder, error))) ||
      !latent_primitive_step_write_fused (step, builder, pd, self->node, residual, error))
    return FALSE;
  set_bare (self, step);
  latent_builder_add_step (builder, g_steal_pointer (&step));
  return TRUE;
}

/* Channels-last data where the deconvolution for oneDNN's own layout is wrong. */
static gboolean
find_right (const Convolution *self, dnnl_primitive_attr_t attr, dnnl_primitive_desc_t *pd)
{
  if (latent_deconvolution_is_right (latent_pd_get_kernel (*pd)))
    return TRUE;
  dnnl_primitive_desc_destroy (g_steal_pointer (pd));
  return describe (self, TRUE, attr, pd) &&
         latent_deconvolution_is_right (latent_pd_get_kernel (*pd));
}

/* The best descriptor for elements of those types. */
static gboolean
find (Convolution *self, gboolean transposed, const LatentProductTypes *types,
    dnnl_primitive_attr_t attr, dnnl_primitive_desc_t *pd)
{
  g_auto (dnnl_primitive_desc_t) found = NULL;

  const gboolean lies_apart = self->quantized != NULL && self->quantized->apart != NULL;

  self->types = *types;
  if (!describe (self, lies_apart, attr, &found) ||
      !latent_pd_is_worth_its_types (found, self->node, types) ||
      (transposed && !find_right (self, attr, &found)))
    return FALSE;
  *pd = g_steal_pointer (&found);
  return TRUE;
}

/* What is fused and, of integers, how they stand for reals, which `quantized` is there to hold. */
static gboolean
set_attr (Convolution *self, LatentQuantized *quantized, gint64 groups, LatentLayout *apart,
    dnnl_primitive_attr_t attr, const LatentValue **residual)
{
  if (!latent_node_is_quantized (self->node))
    return latent_attr_fuse (attr, self->node, 0, residual);
  if (!latent_quantized_init (quantized, self->node, 0, groups > 1 ? 3 : 1, 2, apart) ||
      !latent_quantized_set_attr (quantized, attr))
    return FALSE;
  self->quantized = quantized;
  *residual = quantized->apart == NULL ? quantized->residual : NULL;
  return TRUE;
}

static LatentEmit
emit (LatentBuilder *builder, const LatentNode *node, const LatentStencil *stencil, gint64 groups,
    gboolean transposed, GError **error)
{
  g_auto (dnnl_primitive_attr_t) attr = latent_attr_new ();
  g_auto (dnnl_primitive_desc_t) pd = NULL;
  g_autoptr (LatentLayout) view = NULL, apart = NULL;
  const LatentValue *residual = NULL;
  const LatentProductTypes types = latent_product_get_types (node);
  LatentQuantized quantized;
  Convolution self = {.node = node,
      .src = latent_node_get_input (node, 0),
      .weights = latent_node_get_input (node, 1),
      .bias = latent_node_get_input (node, 2),
      .dst = latent_node_get_output (node, 0),
      .describe = transposed ? latent_pd_deconvolution : latent_pd_convolution};

  apart = latent_layout_new_channels_last (LATENT_DATA_TYPE_FLOAT32, &self.dst->shape);
  if (!latent_dnnl_set_window (&self.window, stencil) ||
      !set_attr (&self, &quantized, groups, apart, attr, &residual))
    return LATENT_EMIT_FALLBACK;
  self.view = view = latent_conv_view_weights (self.weights, groups, transposed);
  if (!find (&self, transposed, &types, attr, &pd) &&
      (self.quantized != NULL || !find (&self, transposed, &latent_product_floats, attr, &pd)))
    return LATENT_EMIT_FALLBACK;
  return append (&self, builder, pd, residual, error) ? LATENT_EMIT_DONE : LATENT_EMIT_FAILED;
}

LatentEmit
latent_dnn_convolution (LatentBuilder *builder, const LatentNode *node,
    const LatentStencil *stencil, gint64 groups, GError **error)
{
  return emit (builder, node, stencil, groups, FALSE, error);
}

/* With a post-operation 2.6's deconvolution is 7 times slower than without. Without a bias it is
 * the derivative of a convolution by its data, which takes weights as ONNX has them. */
LatentEmit
latent_dnn_deconvolution (LatentBuilder *builder, const LatentNode *node,
    const LatentStencil *stencil, gint64 groups, GError **error)
{
  LatentEmit result = LATENT_EMIT_FALLBACK;

  if (node->fused->len > 0)
    return LATENT_EMIT_FALLBACK;
  if (latent_node_get_input (node, 2) == NULL)
    result = latent_dnn_convolution_backward_data (builder, node, stencil, groups, error);
  return result == LATENT_EMIT_FALLBACK ? emit (builder, node, stencil, groups, TRUE, error)
                                        : result;
}
