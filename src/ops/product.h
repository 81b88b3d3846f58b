/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/ops/private.h"

/* c (m x n) = a (m x k) * b (k x n), for `batch` pairs. Strides are in elements. */
typedef struct {
  gsize batch;
  gsize m;
  gsize n;
  gsize k;
  const float *a;
  const float *b;
  float *c; /* row-major, one result after the other */
  gsize a_row;
  gsize a_column;
  gsize b_row;
  gsize b_column;
  /* Where a pair begins: the sum over d of index[d] * stride[d], index running over batch_shape. */
  LatentShape batch_shape;
  gint64 a_strides[LATENT_MAX_DIMS];
  gint64 b_strides[LATENT_MAX_DIMS];
} LatentProduct;

void latent_product_run (const LatentProduct *self, guint threads);

/* The sum of a[i] * b[i]. */
float latent_dot (const float *a, const float *b, gsize n);

/* What a Gemm node says. */
typedef struct {
  gint64 m;
  gint64 n;
  gint64 k;
  gboolean transpose_a;
  gboolean transpose_b;
  float alpha;
  float beta;
  gint64 bias_row; /* strides of the third input, 0 where it is broadcast */
  gint64 bias_column;
} LatentGemmParams;

gboolean latent_gemm_get_params (const LatentNode *node, LatentGemmParams *params, GError **error);

/* What a MatMul node says: dst is batch_shape x m x n, a vector's dimension being left out. */
gboolean latent_matmul_get_product (
    const LatentNode *node, LatentProduct *product, LatentShape *dst, GError **error);
