/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/dnn/dnnl.h"

#if DNNL_VERSION_MAJOR < 3

LatentMd
latent_md_new (LatentDataType type, const LatentShape *shape, const gint64 *strides)
{
  g_autofree LatentMd md = g_new0 (dnnl_memory_desc_t, 1);
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
    status = dnnl_memory_desc_init_by_strides (md, (int)shape->n, dims, kind, steps);
  else
    status = dnnl_memory_desc_init_by_tag (md, (int)shape->n, dims, kind, dnnl_format_tag_any);
  return status == dnnl_success ? g_steal_pointer (&md) : NULL;
}

LatentMd
latent_md_copy (LatentConstMd md)
{
  return g_memdup2 (md, sizeof *md);
}

void
latent_md_free (LatentMd md)
{
  g_free (md);
}

LatentDataType
latent_md_get_type (LatentConstMd md)
{
  return latent_dnnl_find_type (md->data_type);
}

void
latent_md_get_shape (LatentConstMd md, LatentShape *shape)
{
  *shape = (LatentShape){.n = (guint)md->ndims};
  for (guint i = 0; i < shape->n; i++)
    shape->dims[i] = md->dims[i];
}

gboolean
latent_md_get_strides (LatentConstMd md, gint64 *strides)
{
  const dnnl_blocking_desc_t *blocking = &md->format_desc.blocking;

  if (md->format_kind != dnnl_blocked || blocking->inner_nblks != 0 || md->offset0 != 0)
    return FALSE;
  for (int i = 0; i < md->ndims; i++) {
    if (md->padded_dims[i] != md->dims[i])
      return FALSE;
    strides[i] = blocking->strides[i];
  }
  return TRUE;
}

gboolean
latent_reorder_is_right (LatentConstMd dst)
{
  return TRUE;
}

dnnl_status_t
latent_post_ops_append_eltwise (
    dnnl_post_ops_t ops, dnnl_alg_kind_t algorithm, float alpha, float beta)
{
  return dnnl_post_ops_append_eltwise (ops, 1.0f, algorithm, alpha, beta);
}

dnnl_status_t
latent_post_ops_append_sum (dnnl_post_ops_t ops)
{
  return dnnl_post_ops_append_sum (ops, 1.0f);
}

static dnnl_status_t
create (
    dnnl_primitive_desc_t *pd, dnnl_status_t status, gconstpointer op, dnnl_primitive_attr_t attr)
{
  if (status != dnnl_success)
    return status;
  return dnnl_primitive_desc_create (pd, op, attr, latent_engine_get (), NULL);
}

dnnl_status_t
latent_pd_convolution (dnnl_primitive_desc_t *pd, const LatentProductMds *mds,
    const LatentDnnlWindow *window, dnnl_primitive_attr_t attr)
{
  dnnl_convolution_desc_t op;
  return create (pd,
      dnnl_dilated_convolution_forward_desc_init (&op, dnnl_forward_inference,
          dnnl_convolution_direct, mds->src, mds->weights, mds->bias, mds->dst, window->strides,
          window->dilates, window->pads_begin, window->pads_end),
      &op, attr);
}

dnnl_status_t
latent_pd_deconvolution (dnnl_primitive_desc_t *pd, const LatentProductMds *mds,
    const LatentDnnlWindow *window, dnnl_primitive_attr_t attr)
{
  dnnl_deconvolution_desc_t op;
  return create (pd,
      dnnl_dilated_deconvolution_forward_desc_init (&op, dnnl_forward_inference,
          dnnl_deconvolution_direct, mds->src, mds->weights, mds->bias, mds->dst, window->strides,
          window->dilates, window->pads_begin, window->pads_end),
      &op, attr);
}

gboolean
latent_deconvolution_is_right (const char *kernel)
{
  return TRUE;
}

dnnl_status_t
latent_pd_inner_product (
    dnnl_primitive_desc_t *pd, const LatentProductMds *mds, dnnl_primitive_attr_t attr)
{
  dnnl_inner_product_desc_t op;
  return create (pd,
      dnnl_inner_product_forward_desc_init (
          &op, dnnl_forward_inference, mds->src, mds->weights, mds->bias, mds->dst),
      &op, attr);
}

dnnl_status_t
latent_pd_matmul (
    dnnl_primitive_desc_t *pd, const LatentProductMds *mds, dnnl_primitive_attr_t attr)
{
  dnnl_matmul_desc_t op;
  return create (
      pd, dnnl_matmul_desc_init (&op, mds->src, mds->weights, mds->bias, mds->dst), &op, attr);
}

dnnl_status_t
latent_pd_pooling (dnnl_primitive_desc_t *pd, dnnl_alg_kind_t algorithm, LatentConstMd src,
    LatentConstMd dst, const LatentDnnlWindow *window, dnnl_primitive_attr_t attr)
{
  dnnl_pooling_v2_desc_t op;
  return create (pd,
      dnnl_pooling_v2_forward_desc_init (&op, dnnl_forward_inference, algorithm, src, dst,
          window->strides, window->kernel, window->dilates, window->pads_begin, window->pads_end),
      &op, attr);
}

dnnl_status_t
latent_pd_eltwise (dnnl_primitive_desc_t *pd, dnnl_alg_kind_t algorithm, LatentConstMd data,
    float alpha, float beta, dnnl_primitive_attr_t attr)
{
  dnnl_eltwise_desc_t op;
  return create (pd,
      dnnl_eltwise_forward_desc_init (&op, dnnl_forward_inference, algorithm, data, alpha, beta),
      &op, attr);
}

dnnl_status_t
latent_pd_binary (dnnl_primitive_desc_t *pd, dnnl_alg_kind_t algorithm, LatentConstMd src0,
    LatentConstMd src1, LatentConstMd dst, dnnl_primitive_attr_t attr)
{
  dnnl_binary_desc_t op;
  return create (pd, dnnl_binary_desc_init (&op, algorithm, src0, src1, dst), &op, attr);
}

dnnl_status_t
latent_pd_softmax (dnnl_primitive_desc_t *pd, gboolean log, LatentConstMd data, int axis,
    dnnl_primitive_attr_t attr)
{
  dnnl_softmax_v2_desc_t op;
  return create (pd,
      dnnl_softmax_v2_forward_desc_init (&op, dnnl_forward_inference,
          log ? dnnl_softmax_log : dnnl_softmax_accurate, data, data, axis),
      &op, attr);
}

dnnl_status_t
latent_pd_batch_normalization (dnnl_primitive_desc_t *pd, LatentConstMd data, float epsilon,
    unsigned flags, dnnl_primitive_attr_t attr)
{
  dnnl_batch_normalization_desc_t op;
  return create (pd,
      dnnl_batch_normalization_forward_desc_init (
          &op, dnnl_forward_inference, data, epsilon, flags),
      &op, attr);
}

dnnl_status_t
latent_pd_layer_normalization (dnnl_primitive_desc_t *pd, LatentConstMd data, float epsilon,
    unsigned flags, dnnl_primitive_attr_t attr)
{
  dnnl_layer_normalization_desc_t op;
  return create (pd,
      dnnl_layer_normalization_forward_desc_init (
          &op, dnnl_forward_inference, data, NULL, epsilon, flags),
      &op, attr);
}

dnnl_status_t
latent_pd_reduction (dnnl_primitive_desc_t *pd, dnnl_alg_kind_t algorithm, LatentConstMd src,
    LatentConstMd dst, float p, dnnl_primitive_attr_t attr)
{
  dnnl_reduction_desc_t op;
  return create (pd, dnnl_reduction_desc_init (&op, algorithm, src, dst, p, 0.0f), &op, attr);
}

dnnl_status_t
latent_pd_resampling (dnnl_primitive_desc_t *pd, dnnl_alg_kind_t algorithm, const float *factors,
    LatentConstMd src, LatentConstMd dst, dnnl_primitive_attr_t attr)
{
  dnnl_resampling_desc_t op;
  return create (pd,
      dnnl_resampling_forward_desc_init (&op, dnnl_forward_inference, algorithm, factors, src, dst),
      &op, attr);
}

dnnl_status_t
latent_pd_prelu (dnnl_primitive_desc_t *pd, LatentConstMd data, LatentConstMd weights,
    dnnl_primitive_attr_t attr)
{
  dnnl_prelu_desc_t op;
  return create (
      pd, dnnl_prelu_forward_desc_init (&op, dnnl_forward_inference, data, weights), &op, attr);
}

#endif
