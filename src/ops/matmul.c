/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/ops/product.h"

#include "src/dnn/emit.h"

/* The third input of Gemm: broadcast to m x n, from opset 7 always, before where `broadcast`. */
static gboolean
read_bias (const LatentNode *node, LatentGemmParams *params, GError **error)
{
  const LatentShape *shape = NULL;
  LatentShape full = {
      2, {1, 1}
  };
  LatentShape dst = {
      2, {params->m, params->n}
  };
  gboolean broadcast = node->opset >= 7 || latent_node_get_int (node, "broadcast", 0) != 0;
  g_autofree char *wanted = NULL;

  if (latent_node_get_input (node, 2) == NULL)
    return TRUE;
  if (!latent_op_check_same_type (node, 2, error))
    return FALSE;
  shape = latent_op_get_shape (node, 2);
  for (guint i = 0; i < MIN (shape->n, 2); i++)
    full.dims[1 - i] = shape->dims[shape->n - 1 - i];
  params->bias_row = full.dims[0] != 1 ? full.dims[1] : 0;
  params->bias_column = full.dims[1] != 1 ? 1 : 0;
  if (shape->n <= 2 && (full.dims[0] == params->m || (broadcast && full.dims[0] == 1)) &&
      (full.dims[1] == params->n || (broadcast && full.dims[1] == 1)))
    return TRUE;
  wanted = latent_shape_to_string (&dst);
  latent_op_set_shape_error (error, "C", wanted, shape);
  return FALSE;
}

gboolean
latent_gemm_get_params (const LatentNode *node, LatentGemmParams *params, GError **error)
{
  const LatentShape *a = latent_op_get_shape (node, 0);
  const LatentShape *b = latent_op_get_shape (node, 1);
  g_autofree char *wanted = NULL;

  *params = (LatentGemmParams){
      .transpose_a = latent_node_get_int (node, "transA", 0) != 0,
      .transpose_b = latent_node_get_int (node, "transB", 0) != 0,
      .alpha = latent_node_get_float (node, "alpha", 1),
      .beta = latent_node_get_float (node, "beta", 1),
  };
  if (!latent_op_check_same_type (node, 1, error) ||
      !latent_op_check_rank (node, 0, "A", 2, 2, error) ||
      !latent_op_check_rank (node, 1, "B", 2, 2, error))
    return FALSE;
  params->m = a->dims[params->transpose_a ? 1 : 0];
  params->k = a->dims[params->transpose_a ? 0 : 1];
  params->n = b->dims[params->transpose_b ? 0 : 1];
  if (b->dims[params->transpose_b ? 1 : 0] == params->k)
    return read_bias (node, params, error);
  wanted = g_strdup_printf ("%" G_GINT64_FORMAT " %s as transB = %d", params->k,
      params->transpose_b ? "columns" : "rows", params->transpose_b);
  latent_op_set_shape_error (error, "B", wanted, b);
  return FALSE;
}

static gboolean
infer_gemm (const LatentNode *node, GError **error)
{
  LatentGemmParams params;
  LatentShape dst = {2, {0}};

  if (!latent_gemm_get_params (node, &params, error))
    return FALSE;
  dst.dims[0] = params.m;
  dst.dims[1] = params.n;
  return latent_op_set_output (node, 0, latent_op_get_type (node, 0), &dst, error);
}

static guint64
count_gemm_macs (const LatentNode *node)
{
  LatentGemmParams params;

  if (!latent_gemm_get_params (node, &params, NULL))
    return 0;
  return latent_macs_multiply (latent_macs_multiply (params.m, params.n), params.k);
}

static void
finish_gemm (const LatentGemmParams *params, const float *bias, float *dst)
{
  for (gint64 i = 0; i < params->m; i++)
    for (gint64 j = 0; j < params->n; j++) {
      float *p = dst + i * params->n + j;
      *p *= params->alpha;
      if (bias != NULL)
        *p += params->beta * bias[i * params->bias_row + j * params->bias_column];
    }
}

static gboolean
eval_gemm (const LatentEval *eval, GError **error)
{
  LatentGemmParams params;
  LatentProduct product = {
      .batch = 1, .a = eval->src[0].data, .b = eval->src[1].data, .c = eval->dst[0].data};

  if (!latent_gemm_get_params (eval->node, &params, error))
    return FALSE;
  product.m = params.m;
  product.n = params.n;
  product.k = params.k;
  product.a_row = params.transpose_a ? 1 : params.k;
  product.a_column = params.transpose_a ? params.m : 1;
  product.b_row = params.transpose_b ? 1 : params.n;
  product.b_column = params.transpose_b ? params.k : 1;
  latent_product_run (&product, eval->threads);
  finish_gemm (&params, eval->n_src > 2 ? eval->src[2].data : NULL, product.c);
  return TRUE;
}

/* Strides of the batch dimensions of an operand in `shape`, which it is broadcast to. */
static void
set_batch_strides (const LatentShape *operand, const LatentShape *shape, gint64 size,
    gint64 strides[LATENT_MAX_DIMS])
{
  for (guint i = 0; i < operand->n; i++) { /* from the innermost outwards */
    gint64 dim = operand->dims[operand->n - 1 - i];
    strides[shape->n - 1 - i] = dim != 1 ? size : 0;
    size *= dim;
  }
}

gboolean
latent_matmul_get_product (
    const LatentNode *node, LatentProduct *product, LatentShape *dst, GError **error)
{
  LatentShape a = *latent_op_get_shape (node, 0);
  LatentShape b = *latent_op_get_shape (node, 1);
  gint64 b_rows = 0;

  *product = (LatentProduct){.m = 1, .n = 1, .a_column = 1, .b_column = 1};
  if (!latent_op_check_same_type (node, 1, error) ||
      !latent_op_check_rank (node, 0, "A", 1, LATENT_MAX_DIMS, error) ||
      !latent_op_check_rank (node, 1, "B", 1, LATENT_MAX_DIMS, error))
    return FALSE;
  product->k = product->a_row = a.dims[--a.n];
  if (a.n > 0)
    product->m = a.dims[--a.n];
  if (b.n > 1)
    product->n = product->b_row = b.dims[--b.n];
  else
    product->b_row = 1;
  b_rows = b.dims[--b.n];
  if (b_rows != (gint64)product->k || !latent_shape_broadcast (&a, &b, &product->batch_shape)) {
    g_autofree char *first = latent_shape_to_string (latent_op_get_shape (node, 0));
    g_autofree char *second = latent_shape_to_string (latent_op_get_shape (node, 1));
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "A of %s and B of %s do not multiply: B wants %zu rows, and a batch like A's", first,
        second, product->k);
    return FALSE;
  }
  *dst = product->batch_shape;
  if (latent_op_get_shape (node, 0)->n > 1)
    dst->dims[dst->n++] = product->m;
  if (latent_op_get_shape (node, 1)->n > 1)
    dst->dims[dst->n++] = product->n;
  if (!latent_shape_count (
          &product->batch_shape, LATENT_DATA_TYPE_UINT8, &product->batch, NULL, error))
    return FALSE;
  set_batch_strides (&a, &product->batch_shape, product->m * product->k, product->a_strides);
  set_batch_strides (&b, &product->batch_shape, product->k * product->n, product->b_strides);
  return TRUE;
}

static gboolean
infer_matmul (const LatentNode *node, GError **error)
{
  LatentProduct product;
  LatentShape dst;

  return latent_matmul_get_product (node, &product, &dst, error) &&
         latent_op_set_output (node, 0, latent_op_get_type (node, 0), &dst, error);
}

static guint64
count_matmul_macs (const LatentNode *node)
{
  const LatentShape *dst = &latent_node_get_output (node, 0)->shape;
  const LatentShape *a = latent_op_get_shape (node, 0);

  return latent_macs_multiply (latent_shape_product (dst, 0, dst->n), a->dims[a->n - 1]);
}

static gboolean
eval_matmul (const LatentEval *eval, GError **error)
{
  LatentProduct product;
  LatentShape dst;

  if (!latent_matmul_get_product (eval->node, &product, &dst, error))
    return FALSE;
  product.a = eval->src[0].data;
  product.b = eval->src[1].data;
  product.c = eval->dst[0].data;
  latent_product_run (&product, eval->threads);
  return TRUE;
}

static LatentEmit
emit_gemm (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  const LatentValue *bias = latent_node_get_input (node, 2);
  LatentGemmParams params;

  if (!latent_gemm_get_params (node, &params, error))
    return LATENT_EMIT_FAILED;
  if (params.alpha != 1 || (bias != NULL && params.beta != 1))
    return LATENT_EMIT_FALLBACK;
  return latent_dnn_matmul (builder, node, params.transpose_a, params.transpose_b, bias, error);
}

static LatentEmit
emit_matmul (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  return latent_dnn_matmul (builder, node, FALSE, FALSE, NULL, error);
}

/* clang-format off */
const LatentOp latent_ops_matmul[] = {
    {"Gemm", "", 1, LATENT_OPSET_MAX, 2, 3, 1, 1, LATENT_TYPES_F32,
     "alpha:f beta:f broadcast:i transA:i transB:i", infer_gemm, eval_gemm, NULL, emit_gemm,
     count_gemm_macs},
    {"MatMul", "", 1, LATENT_OPSET_MAX, 2, 2, 1, 1, LATENT_TYPES_F32, "", infer_matmul, eval_matmul,
     NULL, emit_matmul, count_matmul_macs},
    {0},
};
/* clang-format on */
