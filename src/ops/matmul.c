/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/ops/product.h"

#include "src/dnn/emit.h"
#include "src/ops/gradient.h"

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

/* a' b', each transposed or not. NULL a or b gives NULL. */
static LatentValue *
multiply (LatentGradient *self, LatentValue *a, gboolean transpose_a, LatentValue *b,
    gboolean transpose_b, GError **error)
{
  LatentNode *node = latent_gradient_node (self, "Gemm", NULL);

  latent_node_add_input (node, a);
  latent_node_add_input (node, b);
  latent_node_set_int (node, "transA", transpose_a);
  latent_node_set_int (node, "transB", transpose_b);
  return latent_gradient_finish (self, node, 1, error);
}

/* Y = alpha A' B' + beta C: A' gets alpha dY B'^T, B' gets alpha A'^T dY, C gets beta dY. */
static gboolean
derive_gemm (LatentGradient *self, const LatentNode *node, GError **error)
{
  LatentValue *a = latent_node_get_input (node, 0), *b = latent_node_get_input (node, 1);
  LatentValue *c = latent_node_get_input (node, 2);
  LatentValue *dy = latent_gradient_get (self, latent_node_get_output (node, 0));
  LatentValue *scaled, *derivative;
  LatentGemmParams params;

  if (!latent_gemm_get_params (node, &params, error))
    return FALSE;
  scaled = latent_gradient_scale (self, dy, params.alpha, error);
  if (scaled == NULL)
    return FALSE;
  if (latent_gradient_wants (self, a)) {
    derivative = params.transpose_a ? multiply (self, b, params.transpose_b, scaled, TRUE, error)
                                    : multiply (self, scaled, FALSE, b, !params.transpose_b, error);
    if (!latent_gradient_add_unbroadcast (self, a, derivative, NULL, error))
      return FALSE;
  }
  if (latent_gradient_wants (self, b)) {
    derivative = params.transpose_b ? multiply (self, scaled, TRUE, a, params.transpose_a, error)
                                    : multiply (self, a, !params.transpose_a, scaled, FALSE, error);
    if (!latent_gradient_add_unbroadcast (self, b, derivative, NULL, error))
      return FALSE;
  }
  return !latent_gradient_wants (self, c) ||
         latent_gradient_add_unbroadcast (
             self, c, latent_gradient_scale (self, dy, params.beta, error), NULL, error);
}

/* The last two dimensions swapped; no step of its own: a product reads the view. */
static LatentValue *
transpose_last (LatentGradient *self, LatentValue *value, GError **error)
{
  LatentNode *node = latent_gradient_node (self, "Transpose", NULL);
  gint64 perm[LATENT_MAX_DIMS];
  guint n = value->shape.n;

  for (guint i = 0; i < n; i++)
    perm[i] = i + 2 < n ? i : 2 * n - 3 - i;
  latent_node_add_input (node, value);
  latent_node_set_ints (node, "perm", perm, n);
  return latent_gradient_finish (self, node, 1, error);
}

/* A product of which one operand stands transposed. NULL a or b gives NULL. */
static LatentValue *
multiply_batch (LatentGradient *self, LatentValue *a, LatentValue *b, GError **error)
{
  return a != NULL && b != NULL ? latent_gradient_apply (self, "MatMul", a, b, error) : NULL;
}

/* Stacks of matrices: a, b and dy have two dimensions or more. */
static gboolean
derive_stacks (LatentGradient *self, const LatentNode *node, LatentValue *a, LatentValue *b,
    LatentValue *dy, GError **error)
{
  LatentValue *values[] = {latent_node_get_input (node, 0), latent_node_get_input (node, 1)};

  for (guint i = 0; i < 2; i++) {
    LatentShape shape = i == 0 ? a->shape : b->shape;
    LatentValue *derivative;
    if (!latent_gradient_wants (self, values[i]))
      continue;
    derivative = i == 0 ? multiply_batch (self, dy, transpose_last (self, b, error), error)
                        : multiply_batch (self, transpose_last (self, a, error), dy, error);
    if (!latent_gradient_add_unbroadcast (self, values[i], derivative, &shape, error))
      return FALSE;
  }
  return TRUE;
}

static LatentShape
make_matrix (gint64 rows, gint64 columns)
{
  return (LatentShape){
      2, {rows, columns}
  };
}

/* B is one matrix: all rows of A, of however many dimensions, are those of one matrix too. */
static gboolean
derive_rows (LatentGradient *self, const LatentNode *node, LatentValue *dy, GError **error)
{
  LatentValue *a = latent_node_get_input (node, 0), *b = latent_node_get_input (node, 1);
  gint64 k = b->shape.dims[0], n = b->shape.dims[1];
  gint64 rows = (gint64)latent_shape_product (&a->shape, 0, a->shape.n - 1);
  LatentShape a_shape = make_matrix (rows, k), dy_shape = make_matrix (rows, n);
  LatentValue *a_rows = latent_gradient_reshape (self, a, &a_shape, error);
  LatentValue *derivative;

  dy = latent_gradient_reshape (self, dy, &dy_shape, error);
  if (a_rows == NULL || dy == NULL)
    return FALSE;
  if (latent_gradient_wants (self, a)) {
    derivative = multiply (self, dy, FALSE, b, TRUE, error);
    if (!latent_gradient_add_unbroadcast (self, a, derivative, &a_shape, error))
      return FALSE;
  }
  return !latent_gradient_wants (self, b) ||
         latent_gradient_add_unbroadcast (
             self, b, multiply (self, a_rows, TRUE, dy, FALSE, error), NULL, error);
}

/* A vector is a matrix of one row on the left, of one column on the right. */
static gboolean
derive_matmul (LatentGradient *self, const LatentNode *node, GError **error)
{
  LatentValue *a = latent_node_get_input (node, 0), *b = latent_node_get_input (node, 1);
  LatentValue *dy = latent_gradient_get (self, latent_node_get_output (node, 0));
  LatentShape a_shape = a->shape, b_shape = b->shape, dy_shape;
  LatentProduct product;

  if (b->shape.n == 2)
    return derive_rows (self, node, dy, error);
  if (!latent_matmul_get_product (node, &product, &dy_shape, error))
    return FALSE;
  if (a_shape.n == 1)
    a_shape = make_matrix (1, a->shape.dims[0]);
  if (b_shape.n == 1)
    b_shape = make_matrix (b->shape.dims[0], 1);
  dy_shape = product.batch_shape;
  dy_shape.dims[dy_shape.n++] = (gint64)product.m;
  dy_shape.dims[dy_shape.n++] = (gint64)product.n;
  a = latent_gradient_reshape (self, a, &a_shape, error);
  b = latent_gradient_reshape (self, b, &b_shape, error);
  dy = latent_gradient_reshape (self, dy, &dy_shape, error);
  return a != NULL && b != NULL && dy != NULL && derive_stacks (self, node, a, b, dy, error);
}

/* clang-format off */
const LatentOp latent_ops_matmul[] = {
    {"Gemm", "", 1, LATENT_OPSET_MAX, 2, 3, 1, 1, LATENT_TYPES_F32,
     "alpha:f beta:f broadcast:i transA:i transB:i", infer_gemm, eval_gemm, NULL, emit_gemm,
     count_gemm_macs, .gradient = derive_gemm},
    {"MatMul", "", 1, LATENT_OPSET_MAX, 2, 2, 1, 1, LATENT_TYPES_F32, "", infer_matmul, eval_matmul,
     NULL, emit_matmul, count_matmul_macs, .gradient = derive_matmul},
    {0},
};
/* clang-format on */
