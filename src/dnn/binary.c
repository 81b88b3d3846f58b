/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/dnn/eltwise.h"
#include "src/dnn/emit.h"

typedef struct {
  const char *op_type;
  dnnl_alg_kind_t algorithm;
  gboolean commutes;
} BinaryRow;

static const BinaryRow rows[] = {
    {"Add", dnnl_binary_add, TRUE },
    {"Sum", dnnl_binary_add, TRUE },
    {"Mul", dnnl_binary_mul, TRUE },
    {"Max", dnnl_binary_max, TRUE },
    {"Min", dnnl_binary_min, TRUE },
    {"Sub", dnnl_binary_sub, FALSE},
    {"Div", dnnl_binary_div, FALSE},
};

static const BinaryRow *
find_row (const LatentNode *node)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (strcmp (rows[i].op_type, node->op_type) == 0)
      return &rows[i];
  return NULL;
}

/* Whether `src` broadcasts to `dst` by dimensions of size 1 in front or in place. */
static gboolean
broadcasts (const LatentShape *src, const LatentShape *dst)
{
  if (src->n > dst->n)
    return FALSE;
  for (guint i = 0; i < src->n; i++) {
    gint64 dim = src->dims[src->n - 1 - i];
    if (dim != 1 && dim != dst->dims[dst->n - 1 - i])
      return FALSE;
  }
  return TRUE;
}

/* The operand that is broadcast, with as many dimensions as the other. */
static gboolean
read_small (LatentBuilder *builder, const LatentValue *value, LatentDataType type, guint rank,
    LatentOperand *operand, GError **error)
{
  LatentShape shape = {.n = rank};
  g_autoptr (LatentLayout) layout = NULL;

  for (guint i = 0; i < rank; i++)
    shape.dims[i] = i + value->shape.n < rank ? 1 : value->shape.dims[i + value->shape.n - rank];
  layout = latent_layout_new (type, &shape);
  return latent_builder_get (builder, value, layout, operand, error);
}

static gboolean
read_operands (LatentBuilder *builder, const LatentValue *big, const LatentValue *small,
    LatentOperand *a, LatentOperand *b, GError **error)
{
  if (!latent_builder_get_compact_as (
          builder, big, latent_builder_get_type (builder, big), a, error))
    return FALSE;
  if (latent_shape_equal (&big->shape, &small->shape))
    return latent_builder_get (builder, small, a->layout, b, error);
  return read_small (builder, small, a->layout->type, big->shape.n, b, error);
}

/* Whether `first` is the better of two operands to have all of the result's elements, and to settle
 * its layout. */
static gboolean
is_big (const LatentValue *first, const LatentValue *second, const LatentShape *dst)
{
  if (!latent_shape_equal (&first->shape, dst))
    return FALSE;
  return first->data == NULL || !latent_shape_equal (&second->shape, dst);
}

static gboolean
append (LatentBuilder *builder, const LatentNode *node, const_dnnl_primitive_desc_t pd,
    const LatentOperand *a, const LatentOperand *b, GError **error)
{
  g_autoptr (LatentStep) step = latent_primitive_step_new (node, pd, error);

  if (step == NULL)
    return FALSE;
  step->in_place_src = (gint)latent_primitive_step_add (
      step, DNNL_ARG_SRC_0, latent_operand_copy (a), LATENT_ACCESS_READ);
  latent_primitive_step_add (step, DNNL_ARG_SRC_1, latent_operand_copy (b), LATENT_ACCESS_READ);
  if (!latent_primitive_step_write_fused (step, builder, pd, node, NULL, error))
    return FALSE;
  step->in_place_dst = (gint)step->operands->len - 1;
  latent_builder_add_step (builder, g_steal_pointer (&step));
  return TRUE;
}

/* oneDNN 2.6 has a reference primitive alone for channels in blocks and one number. */
static gboolean
is_slow (const_dnnl_primitive_desc_t pd, const LatentValue *small)
{
  return latent_shape_product (&small->shape, 0, small->shape.n) == 1 &&
         g_str_has_prefix (latent_pd_get_kernel (pd), "ref");
}

LatentEmit
latent_dnn_binary (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  g_auto (dnnl_primitive_attr_t) attr = latent_attr_new ();
  g_auto (dnnl_primitive_desc_t) pd = NULL;
  g_auto (LatentOperand) a = {0}, b = {0};
  const BinaryRow *row = find_row (node);
  const LatentValue *big = latent_node_get_input (node, 0),
                    *small = latent_node_get_input (node, 1);
  const LatentValue *dst = latent_node_get_output (node, 0), *residual = NULL;

  if (latent_value_is_integer (big) && latent_value_is_integer (small))
    return latent_dnn_quantized_add (builder, node, error);
  /* opset 6 has its own rule of broadcasting */
  if (row == NULL || node->inputs->len != 2 || latent_node_get_int (node, "broadcast", 0) != 0 ||
      dst->type != LATENT_DATA_TYPE_FLOAT32 || !latent_attr_fuse (attr, node, 0, &residual) ||
      residual != NULL)
    return LATENT_EMIT_FALLBACK;
  if (row->commutes && !is_big (big, small, &dst->shape)) {
    const LatentValue *swap = big;
    big = small;
    small = swap;
  }
  if (!latent_shape_equal (&big->shape, &dst->shape) || !broadcasts (&small->shape, &dst->shape))
    return LATENT_EMIT_FALLBACK;
  if (!read_operands (builder, big, small, &a, &b, error))
    return LATENT_EMIT_FAILED;
  if (a.layout->md == NULL || b.layout->md == NULL ||
      latent_pd_binary (&pd, row->algorithm, a.layout->md, b.layout->md, a.layout->md, attr) !=
          dnnl_success ||
      !latent_pd_is_worth_fusing (pd, node) || is_slow (pd, small))
    return LATENT_EMIT_FALLBACK;
  return append (builder, node, pd, &a, &b, error) ? LATENT_EMIT_DONE : LATENT_EMIT_FAILED;
}
