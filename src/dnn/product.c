/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/dnn/eltwise.h"
#include "src/dnn/emit.h"
#include "src/dnn/quantized.h"

/* A matrix product on its way to a primitive: arrays of equal rank, of which all but the last two
 * dimensions count matrices and broadcast. */
typedef struct {
  const LatentNode *node;
  const LatentValue *src, *weights, *bias, *dst; /* bias may be NULL */
  LatentOperand src_operand;
  LatentLayout *weights_view;
  LatentShape dst_shape;
  LatentProductTypes types;
  LatentQuantized quantized; /* where is_quantized */
  gboolean is_quantized;
} Product;

static void
clear_product (Product *self)
{
  latent_operand_clear (&self->src_operand);
  g_clear_pointer (&self->weights_view, latent_layout_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Product, clear_product)

/* Shape with `rank` dimensions: leading ones are added. */
static LatentShape
pad_shape (const LatentShape *shape, guint rank)
{
  LatentShape padded = {.n = rank};

  for (guint i = 0; i < rank; i++)
    padded.dims[i] = i + shape->n < rank ? 1 : shape->dims[i + shape->n - rank];
  return padded;
}

/* All but the last dimension as one. */
static LatentShape
flatten_shape (const LatentShape *shape)
{
  LatentShape flat = {.n = 2};

  flat.dims[0] = (gint64)latent_shape_product (shape, 0, shape->n - 1);
  flat.dims[1] = shape->dims[shape->n - 1];
  return flat;
}

/* Shapes as matrices: numpy's rule for vectors; one matrix where the weights are one. */
static void
set_shapes (const Product *self, LatentShape *a, LatentShape *b, LatentShape *dst)
{
  const LatentShape *x = &self->src->shape, *y = &self->weights->shape;
  guint rank = MAX (MAX (x->n, y->n), 2);

  if (y->n == 2 && x->n > 2) {
    *a = flatten_shape (x);
    *b = *y;
  } else {
    *a = pad_shape (x, rank);
    *b = pad_shape (y, rank);
    if (y->n == 1) {
      b->dims[rank - 2] = y->dims[0];
      b->dims[rank - 1] = 1;
    }
  }
  *dst = *a;
  for (guint i = 0; i + 2 < a->n; i++)
    dst->dims[i] = MAX (a->dims[i], b->dims[i]);
}

static void
swap_last (LatentShape *shape, gint64 *strides)
{
  gint64 dim = shape->dims[shape->n - 1], stride = strides[shape->n - 1];

  shape->dims[shape->n - 1] = shape->dims[shape->n - 2];
  strides[shape->n - 1] = strides[shape->n - 2];
  shape->dims[shape->n - 2] = dim;
  strides[shape->n - 2] = stride;
}

/* Row-major elements of a shape, the last two dimensions swapped on demand. */
static LatentLayout *
new_view (LatentDataType type, const LatentShape *shape, gboolean transpose)
{
  LatentShape own = *shape;
  gint64 strides[LATENT_MAX_DIMS];

  latent_shape_get_strides (shape, strides);
  if (transpose)
    swap_last (&own, strides);
  return latent_layout_new_strided (type, &own, strides);
}

/* Whether a matrix product reads a layout as it is: elements lie side by side along a row or a
 * column. */
static gboolean
is_matrix (const LatentLayout *layout)
{
  const gint64 *dims = layout->shape.dims + layout->shape.n - 2;
  const gint64 *strides = layout->strides + layout->shape.n - 2;

  return (strides[1] == 1 && (strides[0] >= dims[1] || dims[0] == 1)) ||
         (strides[0] == 1 && (strides[1] >= dims[0] || dims[1] == 1));
}

/* An operand that is no constant: as it lies where that is a matrix of `type`, else row-major. */
static gboolean
read_matrix (LatentBuilder *builder, const LatentValue *value, LatentDataType type,
    const LatentShape *shape, gboolean transpose, LatentOperand *operand, GError **error)
{
  const LatentLayout *home = latent_builder_get_layout (builder, value);
  g_autoptr (LatentLayout) view = NULL;
  g_autoptr (LatentLayout) row_major = new_view (type, shape, transpose);

  if (home != NULL && home->type == type)
    view = latent_layout_reshape (home, shape);
  if (view == NULL || !is_matrix (view))
    return latent_builder_get_view (builder, value, row_major, NULL, operand, error);
  if (!latent_builder_get (builder, value, NULL, operand, error))
    return FALSE;
  latent_layout_unref (operand->layout);
  if (transpose) {
    LatentShape own = view->shape;
    gint64 strides[LATENT_MAX_DIMS];
    memcpy (strides, view->strides, sizeof strides);
    swap_last (&own, strides);
    operand->layout = latent_layout_new_strided (view->type, &own, strides);
  } else {
    operand->layout = g_steal_pointer (&view);
  }
  return TRUE;
}

static gboolean
describe (const Product *self, LatentConstMd weights, dnnl_primitive_attr_t attr,
    dnnl_primitive_desc_t *pd)
{
  g_autoptr (LatentLayout) dst = latent_layout_new (self->types.dst, &self->dst_shape);
  g_autoptr (LatentLayout) bias = NULL;
  LatentProductMds mds = {self->src_operand.layout->md, weights, NULL, dst->md, NULL};

  if (self->bias != NULL) {
    LatentShape shape = pad_shape (&self->bias->shape, self->dst_shape.n);
    bias = latent_layout_new (LATENT_DATA_TYPE_FLOAT32, &shape);
    mds.bias = bias->md;
  }
  return mds.src != NULL && mds.weights != NULL && mds.dst != NULL &&
         latent_pd_matmul (pd, &mds, attr) == dnnl_success &&
         latent_pd_is_worth_its_types (*pd, self->node, &self->types);
}

static gboolean
read_bias (const Product *self, LatentBuilder *builder, LatentStep *step,
    const_dnnl_primitive_desc_t pd, GError **error)
{
  if (self->bias == NULL)
    return TRUE;
  if (self->is_quantized)
    return latent_quantized_add_bias (&self->quantized, step, builder, pd, self->bias, error);
  return latent_primitive_step_read (
      step, builder, pd, DNNL_ARG_BIAS, dnnl_query_weights_md, 1, self->bias, error);
}

static gboolean
append (Product *self, LatentBuilder *builder, const_dnnl_primitive_desc_t pd,
    LatentOperand *weights, const LatentValue *residual, GError **error)
{
  g_autoptr (LatentStep) step = latent_primitive_step_new (self->node, pd, error);
  g_auto (dnnl_primitive_attr_t) attr = latent_attr_new ();
  dnnl_primitive_desc_t bare = NULL;

  if (step == NULL)
    return FALSE;
  latent_primitive_step_add (
      step, DNNL_ARG_SRC, latent_operand_copy (&self->src_operand), LATENT_ACCESS_READ);
  latent_primitive_step_add (
      step, DNNL_ARG_WEIGHTS, latent_operand_copy (weights), LATENT_ACCESS_READ);
  if (!read_bias (self, builder, step, pd, error) ||
      (self->is_quantized &&
          !latent_quantized_add_arguments (&self->quantized, step, builder, error)))
    return FALSE;
  if (!latent_primitive_step_write_fused (step, builder, pd, self->node, residual, error))
    return FALSE;
  if (describe (self, weights->layout->md, attr, &bare))
    latent_primitive_step_set_bare (step, bare);
  latent_builder_add_step (builder, g_steal_pointer (&step));
  return TRUE;
}

/* Constants in the layout that oneDNN likes best. */
static LatentEmit
emit_constant (Product *self, LatentBuilder *builder, dnnl_primitive_attr_t attr,
    const LatentValue *residual, GError **error)
{
  g_auto (LatentMd) any = latent_md_new (self->types.weights, &self->weights_view->shape, NULL);
  g_auto (dnnl_primitive_desc_t) pd = NULL;
  g_auto (LatentOperand) weights = {0};
  g_autoptr (LatentLayout) layout = NULL;

  if (any == NULL || !describe (self, any, attr, &pd))
    return LATENT_EMIT_FALLBACK;
  layout = latent_pd_get_layout (pd, dnnl_query_weights_md, 0);
  if (!latent_builder_get_view (
          builder, self->weights, self->weights_view, layout, &weights, error) ||
      !append (self, builder, pd, &weights, residual, error))
    return LATENT_EMIT_FAILED;
  return LATENT_EMIT_DONE;
}

static LatentEmit
emit_variable (Product *self, LatentBuilder *builder, LatentOperand *weights,
    dnnl_primitive_attr_t attr, const LatentValue *residual, GError **error)
{
  g_auto (dnnl_primitive_desc_t) pd = NULL;

  if (weights->layout->md == NULL || !describe (self, weights->layout->md, attr, &pd))
    return LATENT_EMIT_FALLBACK;
  return append (self, builder, pd, weights, residual, error) ? LATENT_EMIT_DONE
                                                              : LATENT_EMIT_FAILED;
}

/* Whether oneDNN adds it as a bias: one number for each column. */
static gboolean
is_bias (const LatentValue *bias, const LatentShape *dst)
{
  gint64 n = dst->dims[dst->n - 1];

  return bias->type == LATENT_DATA_TYPE_FLOAT32 && bias->shape.n >= 1 && bias->shape.n <= dst->n &&
         bias->shape.dims[bias->shape.n - 1] == n &&
         (gint64)latent_shape_product (&bias->shape, 0, bias->shape.n) == n;
}

/* The bias of a product that has none of its own: an Add fused first. */
static const LatentValue *
find_fused_bias (const LatentNode *node, const LatentShape *dst)
{
  const LatentNode *add = node->fused->len > 0 ? g_ptr_array_index (node->fused, 0) : NULL;
  const LatentValue *value = add != NULL ? latent_node_get_input (add, 1) : NULL;

  if (add == NULL || strcmp (add->op_type, "Add") != 0 || !is_bias (value, dst))
    return NULL;
  return value;
}

/* Sets views and shapes; FALSE where an array is empty. */
static gboolean
prepare (Product *self, LatentShape *a, LatentShape *b, gboolean transpose_src,
    gboolean transpose_weights)
{
  set_shapes (self, a, b, &self->dst_shape);
  self->weights_view = new_view (self->weights->type, b, transpose_weights);
  if (transpose_src)
    self->dst_shape.dims[a->n - 2] = a->dims[a->n - 1];
  self->dst_shape.dims[a->n - 1] = self->weights_view->shape.dims[b->n - 1];
  return latent_shape_product (a, 0, a->n) != 0 && latent_shape_product (b, 0, b->n) != 0;
}

/* The operands as they are told. */
typedef struct {
  LatentShape a, b;
  gboolean transpose_src, transpose_weights;
} Shapes;

static LatentEmit
emit_types (Product *self, LatentBuilder *builder, const Shapes *shapes, dnnl_primitive_attr_t attr,
    const LatentValue *residual, GError **error)
{
  g_auto (LatentOperand) weights = {0};

  if (!read_matrix (builder, self->src, self->types.src, &shapes->a, shapes->transpose_src,
          &self->src_operand, error))
    return LATENT_EMIT_FAILED;
  if (latent_value_is_constant (self->weights))
    return emit_constant (self, builder, attr, residual, error);
  if (!read_matrix (builder, self->weights, self->types.weights, &shapes->b,
          shapes->transpose_weights, &weights, error))
    return LATENT_EMIT_FAILED;
  return emit_variable (self, builder, &weights, attr, residual, error);
}

/* Post-operations from the nth on. */
static gboolean
fuse (Product *self, dnnl_primitive_attr_t attr, guint first, const LatentValue **residual)
{
  const guint columns = self->dst_shape.n - 1;

  self->is_quantized = latent_node_is_quantized (self->node);
  if (!self->is_quantized)
    return latent_attr_fuse (attr, self->node, first, residual);
  if (!latent_quantized_init (&self->quantized, self->node, first,
          1 << (self->weights_view->shape.n - 1), 1 << columns, NULL) ||
      !latent_quantized_set_attr (&self->quantized, attr))
    return FALSE;
  *residual = self->quantized.residual;
  return TRUE;
}

LatentEmit
latent_dnn_matmul (LatentBuilder *builder, const LatentNode *node, gboolean transpose_src,
    gboolean transpose_weights, const LatentValue *bias, GError **error)
{
  g_auto (dnnl_primitive_attr_t) attr = latent_attr_new ();
  g_auto (Product) self = {.node = node,
      .src = latent_node_get_input (node, 0),
      .weights = latent_node_get_input (node, 1),
      .bias = bias,
      .dst = latent_node_get_output (node, 0)};
  const LatentValue *residual = NULL;
  Shapes shapes = {.transpose_src = transpose_src, .transpose_weights = transpose_weights};
  LatentEmit result;
  guint first = 0;

  if ((self.src->type != LATENT_DATA_TYPE_FLOAT32 && !latent_node_is_quantized (node)) ||
      !prepare (&self, &shapes.a, &shapes.b, transpose_src, transpose_weights))
    return LATENT_EMIT_FALLBACK;
  if (bias == NULL && (self.bias = find_fused_bias (node, &self.dst_shape)) != NULL)
    first = 1;
  if ((self.bias != NULL && !is_bias (self.bias, &self.dst_shape)) ||
      !fuse (&self, attr, first, &residual))
    return LATENT_EMIT_FALLBACK;
  self.types = latent_product_get_types (node);
  result = emit_types (&self, builder, &shapes, attr, residual, error);
  if (result != LATENT_EMIT_FALLBACK || self.types.src != LATENT_DATA_TYPE_BFLOAT16)
    return result;
  latent_operand_clear (&self.src_operand);
  self.types = latent_product_floats;
  return emit_types (&self, builder, &shapes, attr, residual, error);
}
