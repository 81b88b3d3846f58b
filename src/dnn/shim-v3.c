/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/dnn/dnnl.h"

#if DNNL_VERSION_MAJOR >= 3

LatentMd
latent_md_new (LatentDataType type, const LatentShape *shape, const gint64 *strides)
{
  LatentMd md = NULL;
  const dnnl_data_type_t kind = latent_dnnl_get_type (type);
  dnnl_dims_t dims = {0}, steps = {0};
  dnnl_status_t status;

  if (!latent_md_is_possible (type, shape))
    return NULL;
  for (guint i = 0; i < shape->n; i++) {
    dims[i] = shape->dims[i];
    steps[i] = strides != NULL ? strides[i] : 0;
  }
  if (strides != NULL)
    status = dnnl_memory_desc_create_with_strides (&md, (int)shape->n, dims, kind, steps);
  else
    status = dnnl_memory_desc_create_with_tag (&md, (int)shape->n, dims, kind, dnnl_format_tag_any);
  return status == dnnl_success ? md : NULL;
}

LatentMd
latent_md_copy (LatentConstMd md)
{
  LatentMd copy = NULL;
  return dnnl_memory_desc_clone (&copy, md) == dnnl_success ? copy : NULL;
}

void
latent_md_free (LatentMd md)
{
  if (md != NULL)
    dnnl_memory_desc_destroy (md);
}

LatentDataType
latent_md_get_type (LatentConstMd md)
{
  dnnl_data_type_t type = dnnl_data_type_undef;

  dnnl_memory_desc_query (md, dnnl_query_data_type, &type);
  return latent_dnnl_find_type (type);
}

void
latent_md_get_shape (LatentConstMd md, LatentShape *shape)
{
  int n = 0;
  dnnl_dims_t *dims = NULL;

  *shape = (LatentShape){0};
  if (dnnl_memory_desc_query (md, dnnl_query_ndims_s32, &n) != dnnl_success ||
      dnnl_memory_desc_query (md, dnnl_query_dims, &dims) != dnnl_success)
    return;
  shape->n = (guint)n;
  for (int i = 0; i < n; i++)
    shape->dims[i] = (*dims)[i];
}

gboolean
latent_md_get_strides (LatentConstMd md, gint64 *strides)
{
  int n = 0, n_blocks = 0;
  dnnl_dim_t offset = 0;
  dnnl_format_kind_t kind = dnnl_format_kind_undef;
  dnnl_dims_t *dims = NULL, *padded = NULL, *steps = NULL;

  dnnl_memory_desc_query (md, dnnl_query_format_kind, &kind);
  if (kind != dnnl_blocked ||
      dnnl_memory_desc_query (md, dnnl_query_ndims_s32, &n) != dnnl_success ||
      dnnl_memory_desc_query (md, dnnl_query_inner_nblks_s32, &n_blocks) != dnnl_success ||
      dnnl_memory_desc_query (md, dnnl_query_dims, &dims) != dnnl_success ||
      dnnl_memory_desc_query (md, dnnl_query_padded_dims, &padded) != dnnl_success ||
      dnnl_memory_desc_query (md, dnnl_query_submemory_offset_s64, &offset) != dnnl_success ||
      dnnl_memory_desc_query (md, dnnl_query_strides, &steps) != dnnl_success || n_blocks != 0 ||
      offset != 0)
    return FALSE;
  for (int i = 0; i < n; i++) {
    if ((*padded)[i] != (*dims)[i])
      return FALSE;
    strides[i] = (*steps)[i];
  }
  return TRUE;
}

/* 3.7.2: values are wrong where a dimension is padded whose blocks are not the innermost (oihw of 3
 * outputs to ABcd16a16b), or are of more than 16 (48 inputs to Bcda64b). */
gboolean
latent_reorder_is_right (LatentConstMd dst)
{
  int n = 0, n_blocks = 0;
  dnnl_dims_t *dims = NULL, *padded = NULL, *blocks = NULL, *places = NULL;

  if (dnnl_memory_desc_query (dst, dnnl_query_ndims_s32, &n) != dnnl_success ||
      dnnl_memory_desc_query (dst, dnnl_query_inner_nblks_s32, &n_blocks) != dnnl_success ||
      dnnl_memory_desc_query (dst, dnnl_query_dims, &dims) != dnnl_success ||
      dnnl_memory_desc_query (dst, dnnl_query_padded_dims, &padded) != dnnl_success ||
      dnnl_memory_desc_query (dst, dnnl_query_inner_blks, &blocks) != dnnl_success ||
      dnnl_memory_desc_query (dst, dnnl_query_inner_idxs, &places) != dnnl_success || n_blocks == 0)
    return TRUE;
  for (int i = 0; i < n; i++)
    if ((*padded)[i] != (*dims)[i] &&
        (i != (*places)[n_blocks - 1] || (*blocks)[n_blocks - 1] > 16))
      return FALSE;
  return TRUE;
}

dnnl_status_t
latent_post_ops_append_eltwise (
    dnnl_post_ops_t ops, dnnl_alg_kind_t algorithm, float alpha, float beta)
{
  return dnnl_post_ops_append_eltwise (ops, algorithm, alpha, beta);
}

dnnl_status_t
latent_post_ops_append_sum (dnnl_post_ops_t ops)
{
  return dnnl_post_ops_append_sum (ops, 1.0f, 0, dnnl_data_type_undef);
}

dnnl_status_t
latent_pd_convolution (dnnl_primitive_desc_t *pd, const LatentProductMds *mds,
    const LatentDnnlWindow *window, dnnl_primitive_attr_t attr)
{
  return dnnl_convolution_forward_primitive_desc_create (pd, latent_engine_get (),
      dnnl_forward_inference, dnnl_convolution_direct, mds->src, mds->weights, mds->bias, mds->dst,
      window->strides, window->dilates, window->pads_begin, window->pads_end, attr);
}

dnnl_status_t
latent_pd_deconvolution (dnnl_primitive_desc_t *pd, const LatentProductMds *mds,
    const LatentDnnlWindow *window, dnnl_primitive_attr_t attr)
{
  return dnnl_deconvolution_forward_primitive_desc_create (pd, latent_engine_get (),
      dnnl_forward_inference, dnnl_deconvolution_direct, mds->src, mds->weights, mds->bias,
      mds->dst, window->strides, window->dilates, window->pads_begin, window->pads_end, attr);
}

/* 3.7.2: "conv:any+jit:avx512_core" and "conv:any+jit:avx2" give wrong numbers, with stride 1
 * nearly always; the other implementations were right in 5,000 cases. */
gboolean
latent_deconvolution_is_right (const char *kernel)
{
  return strstr (kernel, "+jit:") == NULL;
}

dnnl_status_t
latent_pd_inner_product (
    dnnl_primitive_desc_t *pd, const LatentProductMds *mds, dnnl_primitive_attr_t attr)
{
  return dnnl_inner_product_forward_primitive_desc_create (pd, latent_engine_get (),
      dnnl_forward_inference, mds->src, mds->weights, mds->bias, mds->dst, attr);
}

dnnl_status_t
latent_pd_matmul (
    dnnl_primitive_desc_t *pd, const LatentProductMds *mds, dnnl_primitive_attr_t attr)
{
  return dnnl_matmul_primitive_desc_create (
      pd, latent_engine_get (), mds->src, mds->weights, mds->bias, mds->dst, attr);
}

dnnl_status_t
latent_pd_pooling (dnnl_primitive_desc_t *pd, dnnl_alg_kind_t algorithm, LatentConstMd src,
    LatentConstMd dst, const LatentDnnlWindow *window, dnnl_primitive_attr_t attr)
{
  return dnnl_pooling_forward_primitive_desc_create (pd, latent_engine_get (),
      dnnl_forward_inference, algorithm, src, dst, window->strides, window->kernel, window->dilates,
      window->pads_begin, window->pads_end, attr);
}

dnnl_status_t
latent_pd_eltwise (dnnl_primitive_desc_t *pd, dnnl_alg_kind_t algorithm, LatentConstMd data,
    float alpha, float beta, dnnl_primitive_attr_t attr)
{
  return dnnl_eltwise_forward_primitive_desc_create (
      pd, latent_engine_get (), dnnl_forward_inference, algorithm, data, data, alpha, beta, attr);
}

dnnl_status_t
latent_pd_binary (dnnl_primitive_desc_t *pd, dnnl_alg_kind_t algorithm, LatentConstMd src0,
    LatentConstMd src1, LatentConstMd dst, dnnl_primitive_attr_t attr)
{
  return dnnl_binary_primitive_desc_create (
      pd, latent_engine_get (), algorithm, src0, src1, dst, attr);
}

dnnl_status_t
latent_pd_softmax (dnnl_primitive_desc_t *pd, gboolean log, LatentConstMd data, int axis,
    dnnl_primitive_attr_t attr)
{
  return dnnl_softmax_forward_primitive_desc_create (pd, latent_engine_get (),
      dnnl_forward_inference, log ? dnnl_softmax_log : dnnl_softmax_accurate, data, data, axis,
      attr);
}

dnnl_status_t
latent_pd_batch_normalization (dnnl_primitive_desc_t *pd, LatentConstMd data, float epsilon,
    unsigned flags, dnnl_primitive_attr_t attr)
{
  return dnnl_batch_normalization_forward_primitive_desc_create (
      pd, latent_engine_get (), dnnl_forward_inference, data, data, epsilon, flags, attr);
}

dnnl_status_t
latent_pd_layer_normalization (dnnl_primitive_desc_t *pd, LatentConstMd data, float epsilon,
    unsigned flags, dnnl_primitive_attr_t attr)
{
  return dnnl_layer_normalization_forward_primitive_desc_create (
      pd, latent_engine_get (), dnnl_forward_inference, data, data, NULL, epsilon, flags, attr);
}

dnnl_status_t
latent_pd_reduction (dnnl_primitive_desc_t *pd, dnnl_alg_kind_t algorithm, LatentConstMd src,
    LatentConstMd dst, float p, dnnl_primitive_attr_t attr)
{
  return dnnl_reduction_primitive_desc_create (
      pd, latent_engine_get (), algorithm, src, dst, p, 0.0f, attr);
}

dnnl_status_t
latent_pd_resampling (dnnl_primitive_desc_t *pd, dnnl_alg_kind_t algorithm, const float *factors,
    LatentConstMd src, LatentConstMd dst, dnnl_primitive_attr_t attr)
{
  return dnnl_resampling_forward_primitive_desc_create (
      pd, latent_engine_get (), dnnl_forward_inference, algorithm, factors, src, dst, attr);
}

dnnl_status_t
latent_pd_prelu (dnnl_primitive_desc_t *pd, LatentConstMd data, LatentConstMd weights,
    dnnl_primitive_attr_t attr)
{
  return dnnl_prelu_forward_primitive_desc_create (
      pd, latent_engine_get (), dnnl_forward_inference, data, weights, data, attr);
}

#endif
