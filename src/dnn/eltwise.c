/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/dnn/eltwise.h"

#include <string.h>

#include "src/dnn/emit.h"

typedef struct {
  const char *op_type;
  dnnl_alg_kind_t algorithm;
  const char *attribute; /* what alpha is; NULL: always the number here */
  float alpha;
  float beta;
  /* where that does not say it all; FALSE: oneDNN has not this case */
  gboolean (*find) (const LatentNode *node, LatentEltwise *eltwise);
} EltwiseRow;

/* A constant of one element that is no parameter. */
static gboolean
get_number (const LatentNode *node, guint input, float *number)
{
  const LatentValue *value = latent_node_get_input (node, input);

  if (value == NULL || value->data == NULL || value->is_parameter || value->data->n_elements != 1)
    return FALSE;
  *number = (float)latent_tensor_get_double (value->data, 0);
  return TRUE;
}

/* A bound of Clip: an attribute up to opset 10, then a constant input. */
static gboolean
find_bound (const LatentNode *node, const char *name, guint input, float fallback, float *bound)
{
  *bound = latent_node_get_float (node, name, fallback);
  return latent_node_get_input (node, input) == NULL || get_number (node, input, bound);
}

static gboolean
find_clip (const LatentNode *node, LatentEltwise *eltwise)
{
  return find_bound (node, "min", 1, -G_MAXFLOAT, &eltwise->alpha) &&
         find_bound (node, "max", 2, G_MAXFLOAT, &eltwise->beta) && eltwise->alpha <= eltwise->beta;
}

static gboolean
find_gelu (const LatentNode *node, LatentEltwise *eltwise)
{
  if (strcmp (latent_node_get_string (node, "approximate", "none"), "tanh") == 0)
    eltwise->algorithm = dnnl_eltwise_gelu_tanh;
  return TRUE;
}

/* Celu is Elu where its alpha, which scales the argument too, is 1. */
static gboolean
find_celu (const LatentNode *node, LatentEltwise *eltwise)
{
  return latent_node_get_float (node, "alpha", 1.0f) == 1.0f;
}

/* One slope for all. */
static gboolean
find_prelu (const LatentNode *node, LatentEltwise *eltwise)
{
  return get_number (node, 1, &eltwise->alpha);
}

/* Squares only: of other powers oneDNN's are less exact than they may be. */
static gboolean
find_power (const LatentNode *node, LatentEltwise *eltwise)
{
  const LatentValue *base = latent_node_get_input (node, 0);
  const LatentValue *exponent = latent_node_get_input (node, 1);
  float number = 0;

  return get_number (node, 1, &number) && number == 2.0f && exponent->shape.n <= base->shape.n;
}

/* A number that leaves the shape of what it meets as it is. */
static gboolean
get_operand (const LatentNode *node, float *number)
{
  return latent_node_get_int (node, "broadcast", 0) == 0 && get_number (node, 1, number) &&
         latent_node_get_input (node, 1)->shape.n <= latent_node_get_input (node, 0)->shape.n;
}

static gboolean
find_factor (const LatentNode *node, LatentEltwise *eltwise)
{
  return get_operand (node, &eltwise->alpha);
}

static gboolean
find_divisor (const LatentNode *node, LatentEltwise *eltwise)
{
  float number;

  if (!get_operand (node, &number) || number == 0)
    return FALSE;
  eltwise->alpha = 1 / number;
  return TRUE;
}

static gboolean
find_summand (const LatentNode *node, LatentEltwise *eltwise)
{
  return get_operand (node, &eltwise->beta);
}

#if DNNL_VERSION_MAJOR >= 3
static gboolean
find_hard_sigmoid (const LatentNode *node, LatentEltwise *eltwise)
{
  eltwise->beta = latent_node_get_float (node, "beta", 0.5f);
  return TRUE;
}
#endif

/* alpha and beta are given even where 2.6 ignores them: 3.x does not. */
static const EltwiseRow rows[] = {
    {"Relu",        dnnl_eltwise_relu,        NULL,    0,        0,    NULL             },
    {"LeakyRelu",   dnnl_eltwise_relu,        "alpha", 0.01f,    0,    NULL             },
    {"Elu",         dnnl_eltwise_elu,         "alpha", 1,        0,    NULL             },
    {"Celu",        dnnl_eltwise_elu,         NULL,    1,        0,    find_celu        },
    {"Sigmoid",     dnnl_eltwise_logistic,    NULL,    0,        0,    NULL             },
    {"Tanh",        dnnl_eltwise_tanh,        NULL,    0,        0,    NULL             },
    {"Softplus",    dnnl_eltwise_soft_relu,   NULL,    1,        0,    NULL             },
    {"Mish",        dnnl_eltwise_mish,        NULL,    0,        0,    NULL             },
    {"Gelu",        dnnl_eltwise_gelu_erf,    NULL,    0,        0,    find_gelu        },
    {"HardSwish",   dnnl_eltwise_hardswish,   NULL,    1.0f / 6, 0.5f, NULL             },
#if DNNL_VERSION_MAJOR >= 3
    {"HardSigmoid", dnnl_eltwise_hardsigmoid, "alpha", 0.2f,     0.5f, find_hard_sigmoid},
#endif
    {"PRelu",       dnnl_eltwise_relu,        NULL,    0,        0,    find_prelu       },
    {"Clip",        dnnl_eltwise_clip,        NULL,    0,        0,    find_clip        },
    {"Abs",         dnnl_eltwise_abs,         NULL,    0,        0,    NULL             },
    {"Neg",         dnnl_eltwise_linear,      NULL,    -1,       0,    NULL             },
    {"Exp",         dnnl_eltwise_exp,         NULL,    0,        0,    NULL             },
    {"Log",         dnnl_eltwise_log,         NULL,    0,        0,    NULL             },
    {"Sqrt",        dnnl_eltwise_sqrt,        NULL,    0,        0,    NULL             },
    {"Round",       dnnl_eltwise_round,       NULL,    0,        0,    NULL             },
    {"Pow",         dnnl_eltwise_square,      NULL,    0,        0,    find_power       },
    {"Mul",         dnnl_eltwise_linear,      NULL,    1,        0,    find_factor      },
    {"Div",         dnnl_eltwise_linear,      NULL,    1,        0,    find_divisor     },
    {"Add",         dnnl_eltwise_linear,      NULL,    1,        0,    find_summand     },
};

gboolean
latent_eltwise_find (const LatentNode *node, LatentEltwise *eltwise)
{
  if (*node->domain != '\0')
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    const EltwiseRow *row = &rows[i];
    if (strcmp (row->op_type, node->op_type) != 0)
      continue;
    *eltwise = (LatentEltwise){row->algorithm, row->alpha, row->beta};
    if (row->attribute != NULL)
      eltwise->alpha = latent_node_get_float (node, row->attribute, row->alpha);
    return row->find == NULL || row->find (node, eltwise);
  }
  return FALSE;
}

gboolean
latent_dnn_is_eltwise (const LatentNode *node)
{
  LatentEltwise eltwise;
  return latent_eltwise_find (node, &eltwise);
}

/* Adds a function to those that follow each other. FALSE where one of the kind with other numbers
 * is there: all functions of a kind have the numbers of the first in oneDNN 2.6, without a word. */
static gboolean
add_function (GArray *functions, const LatentEltwise *next)
{
  LatentEltwise *last = functions->len > 0
                            ? &g_array_index (functions, LatentEltwise, functions->len - 1)
                            : NULL;

  if (last != NULL && last->algorithm == dnnl_eltwise_linear &&
      next->algorithm == dnnl_eltwise_linear) {
    last->alpha *= next->alpha;
    last->beta = last->beta * next->alpha + next->beta;
  } else {
    g_array_append_vals (functions, next, 1);
  }
  last = &g_array_index (functions, LatentEltwise, functions->len - 1);
  for (guint i = 0; i + 1 < functions->len; i++) {
    const LatentEltwise *other = &g_array_index (functions, LatentEltwise, i);
    if (other->algorithm == last->algorithm &&
        (other->alpha != last->alpha || other->beta != last->beta))
      return FALSE;
  }
  return TRUE;
}

/* What is fused into a node from the nth on; a residual sum stands among the functions as
 * dnnl_alg_kind_undef. */
static gboolean
list_functions (
    GArray *functions, const LatentNode *node, guint first, const LatentValue **residual)
{
  for (guint i = first; i < node->fused->len; i++) {
    const LatentNode *fused = g_ptr_array_index (node->fused, i);
    LatentEltwise eltwise = {dnnl_alg_kind_undef, 0, 0};
    if (!latent_eltwise_find (fused, &eltwise)) {
      if (strcmp (fused->op_type, "Add") != 0 || *residual != NULL)
        return FALSE;
      eltwise = (LatentEltwise){dnnl_alg_kind_undef, 0, 0};
      *residual = latent_node_get_input (fused, 1);
      if (!latent_shape_equal (&(*residual)->shape, &latent_node_get_output (node, 0)->shape))
        return FALSE;
    }
    if (!add_function (functions, &eltwise))
      return FALSE;
  }
  return TRUE;
}

gboolean
latent_attr_fuse (
    dnnl_primitive_attr_t attr, const LatentNode *node, guint first, const LatentValue **residual)
{
  g_autoptr (GArray) functions = g_array_new (FALSE, FALSE, sizeof (LatentEltwise));
  g_auto (dnnl_post_ops_t) ops = NULL;

  *residual = NULL;
  if (node->fused->len <= first)
    return TRUE;
  if (!list_functions (functions, node, first, residual) ||
      dnnl_post_ops_create (&ops) != dnnl_success)
    return FALSE;
  for (guint i = 0; i < functions->len; i++) {
    const LatentEltwise *next = &g_array_index (functions, LatentEltwise, i);
    dnnl_status_t status = next->algorithm == dnnl_alg_kind_undef
                               ? latent_post_ops_append_sum (ops)
                               : latent_post_ops_append_eltwise (
                                     ops, next->algorithm, next->alpha, next->beta);
    if (status != dnnl_success)
      return FALSE;
  }
  return dnnl_primitive_attr_set_post_ops (attr, ops) == dnnl_success;
}

static gboolean
uses_buffer (const LatentStep *step, guint buffer)
{
  for (guint i = 0; i < step->operands->len; i++)
    if (latent_step_get_operand (step, i)->buffer == buffer)
      return TRUE;
  return FALSE;
}

/* The residual's own memory where it dies here, else a copy. */
static gboolean
place_sum (LatentStep *self, LatentBuilder *builder, const LatentNode *node,
    const LatentValue *residual, LatentLayout *layout, LatentOperand *dst, GError **error)
{
  const LatentValue *value = latent_node_get_output (node, 0);
  g_auto (LatentOperand) src = {0};
  LatentStep *copy;

  if (!latent_builder_get (builder, residual, layout, &src, error))
    return FALSE;
  if (latent_builder_dies (builder, &src, node) && !uses_buffer (self, src.buffer)) {
    *dst = latent_operand_copy (&src);
    latent_builder_alias (builder, value, latent_operand_copy (&src));
    return TRUE;
  }
  *dst = latent_builder_define (builder, value, layout);
  copy = latent_reorder_step_new (
      NULL, latent_operand_copy (&src), latent_operand_copy (dst), error);
  if (copy == NULL)
    return FALSE;
  latent_builder_add_step (builder, copy);
  return TRUE;
}

gboolean
latent_primitive_step_write_fused (LatentStep *self, LatentBuilder *builder,
    const_dnnl_primitive_desc_t pd, const LatentNode *node, const LatentValue *residual,
    GError **error)
{
  g_autoptr (LatentLayout) layout = latent_pd_get_layout (pd, dnnl_query_dst_md, 0);
  LatentOperand dst;

  if (residual == NULL)
    dst = latent_builder_define (builder, latent_node_get_output (node, 0), layout);
  else if (!place_sum (self, builder, node, residual, layout, &dst, error))
    return FALSE;
  latent_primitive_step_add (self, DNNL_ARG_DST, dst,
      residual != NULL ? LATENT_ACCESS_READ | LATENT_ACCESS_WRITE : LATENT_ACCESS_WRITE);
  return TRUE;
}

LatentEmit
latent_dnn_eltwise (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  g_auto (dnnl_primitive_attr_t) attr = latent_attr_new ();
  g_auto (dnnl_primitive_desc_t) pd = NULL;
  g_auto (LatentOperand) src = {0};
  g_autoptr (LatentStep) step = NULL;
  const LatentValue *value = latent_node_get_input (node, 0), *residual = NULL;
  LatentEltwise eltwise;

  if (!latent_eltwise_find (node, &eltwise) || !latent_attr_fuse (attr, node, 0, &residual))
    return LATENT_EMIT_FALLBACK;
  if (value->type != LATENT_DATA_TYPE_FLOAT32)
    return LATENT_EMIT_FALLBACK;
  if (!latent_builder_get_compact_as (
          builder, value, latent_builder_get_type (builder, value), &src, error))
    return LATENT_EMIT_FAILED;
  if (!latent_layout_is_float (src.layout) ||
      latent_pd_eltwise (&pd, eltwise.algorithm, src.layout->md, eltwise.alpha, eltwise.beta,
          attr) != dnnl_success)
    return LATENT_EMIT_FALLBACK;
  step = latent_primitive_step_new (node, pd, error);
  if (step == NULL)
    return LATENT_EMIT_FAILED;
  step->in_place_src = (gint)latent_primitive_step_add (
      step, DNNL_ARG_SRC, latent_operand_copy (&src), LATENT_ACCESS_READ);
  if (!latent_primitive_step_write_fused (step, builder, pd, node, residual, error))
    return LATENT_EMIT_FAILED;
  step->in_place_dst = (gint)step->operands->len - 1;
  latent_builder_add_step (builder, g_steal_pointer (&step));
  return LATENT_EMIT_DONE;
}
