/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/dnn/dnnl.h"

#if DNNL_VERSION_MAJOR >= 3

static dnnl_status_t
create_convolution (dnnl_primitive_desc_t *pd, const LatentProductMds *mds,
    const LatentDnnlWindow *window, dnnl_primitive_attr_t attr)
{
  return dnnl_convolution_forward_primitive_desc_create (pd, latent_engine_get (),
      dnnl_forward_training, dnnl_convolution_direct,
      mds->forward != NULL ? mds->forward : mds->src, mds->weights, mds->bias, mds->dst,
      window->strides, window->dilates, window->pads_begin, window->pads_end, attr);
}

dnnl_status_t
latent_pd_convolution_backward_data (dnnl_primitive_desc_t *pd, const LatentProductMds *mds,
    const LatentDnnlWindow *window, dnnl_primitive_attr_t attr)
{
  g_auto (dnnl_primitive_desc_t) forward = NULL;
  dnnl_status_t status = create_convolution (&forward, mds, window, attr);

  if (status != dnnl_success)
    return status;
  return dnnl_convolution_backward_data_primitive_desc_create (pd, latent_engine_get (),
      dnnl_convolution_direct, mds->src, mds->weights, mds->dst, window->strides, window->dilates,
      window->pads_begin, window->pads_end, forward, attr);
}

dnnl_status_t
latent_pd_convolution_backward_weights (dnnl_primitive_desc_t *pd, const LatentProductMds *mds,
    const LatentDnnlWindow *window, dnnl_primitive_attr_t attr)
{
  g_auto (dnnl_primitive_desc_t) forward = NULL;
  dnnl_status_t status = create_convolution (&forward, mds, window, attr);

  if (status != dnnl_success)
    return status;
  return dnnl_convolution_backward_weights_primitive_desc_create (pd, latent_engine_get (),
      dnnl_convolution_direct, mds->src, mds->weights, mds->bias, mds->dst, window->strides,
      window->dilates, window->pads_begin, window->pads_end, forward, attr);
}

dnnl_status_t
latent_pd_eltwise_backward (dnnl_primitive_desc_t *pd, dnnl_alg_kind_t algorithm,
    LatentConstMd data, float alpha, float beta, dnnl_primitive_attr_t attr)
{
  g_auto (dnnl_primitive_desc_t) forward = NULL;
  dnnl_status_t status = dnnl_eltwise_forward_primitive_desc_create (&forward, latent_engine_get (),
      dnnl_forward_training, algorithm, data, data, alpha, beta, attr);

  if (status != dnnl_success)
    return status;
  return dnnl_eltwise_backward_primitive_desc_create (
      pd, latent_engine_get (), algorithm, data, data, data, alpha, beta, forward, attr);
}

dnnl_status_t
latent_pd_pooling_backward (dnnl_primitive_desc_t *pd, dnnl_primitive_desc_t *forward,
    dnnl_alg_kind_t algorithm, LatentConstMd src, LatentConstMd dst, const LatentDnnlWindow *window,
    dnnl_primitive_attr_t attr)
{
  dnnl_status_t status = dnnl_pooling_forward_primitive_desc_create (forward, latent_engine_get (),
      dnnl_forward_training, algorithm, src, dst, window->strides, window->kernel, window->dilates,
      window->pads_begin, window->pads_end, attr);

  if (status != dnnl_success)
    return status;
  dst = dnnl_primitive_desc_query_md (*forward, dnnl_query_dst_md, 0);
  return dnnl_pooling_backward_primitive_desc_create (pd, latent_engine_get (), algorithm, src, dst,
      window->strides, window->kernel, window->dilates, window->pads_begin, window->pads_end,
      *forward, attr);
}

dnnl_status_t
latent_pd_softmax_backward (dnnl_primitive_desc_t *pd, gboolean log, LatentConstMd data, int axis,
    dnnl_primitive_attr_t attr)
{
  const dnnl_alg_kind_t algorithm = log ? dnnl_softmax_log : dnnl_softmax_accurate;
  g_auto (dnnl_primitive_desc_t) forward = NULL;
  dnnl_status_t status = dnnl_softmax_forward_primitive_desc_create (
      &forward, latent_engine_get (), dnnl_forward_training, algorithm, data, data, axis, attr);

  if (status != dnnl_success)
    return status;
  return dnnl_softmax_backward_primitive_desc_create (
      pd, latent_engine_get (), algorithm, data, data, data, axis, forward, attr);
}

dnnl_status_t
latent_pd_batch_normalization_backward (dnnl_primitive_desc_t *pd, LatentConstMd data,
    float epsilon, unsigned flags, dnnl_primitive_attr_t attr)
{
  g_auto (dnnl_primitive_desc_t) forward = NULL;
  dnnl_status_t status = dnnl_batch_normalization_forward_primitive_desc_create (
      &forward, latent_engine_get (), dnnl_forward_training, data, data, epsilon, flags, attr);

  if (status != dnnl_success)
    return status;
  return dnnl_batch_normalization_backward_primitive_desc_create (
      pd, latent_engine_get (), dnnl_backward, data, data, data, epsilon, flags, forward, attr);
}

dnnl_status_t
latent_pd_layer_statistics (dnnl_primitive_desc_t *pd, LatentConstMd data, LatentConstMd statistics,
    float epsilon, unsigned flags, dnnl_primitive_attr_t attr)
{
  return dnnl_layer_normalization_forward_primitive_desc_create (pd, latent_engine_get (),
      dnnl_forward_training, data, data, statistics, epsilon, flags, attr);
}

dnnl_status_t
latent_pd_layer_normalization_backward (dnnl_primitive_desc_t *pd, LatentConstMd data,
    LatentConstMd statistics, float epsilon, unsigned flags, dnnl_primitive_attr_t attr)
{
  g_auto (dnnl_primitive_desc_t) forward = NULL;
  dnnl_status_t status = latent_pd_layer_statistics (
      &forward, data, statistics, epsilon, flags, attr);

  if (status != dnnl_success)
    return status;
  return dnnl_layer_normalization_backward_primitive_desc_create (pd, latent_engine_get (),
      dnnl_backward, data, data, data, statistics, epsilon, flags, forward, attr);
}

dnnl_status_t
latent_pd_resampling_backward (dnnl_primitive_desc_t *pd, dnnl_alg_kind_t algorithm,
    LatentConstMd src, LatentConstMd dst, dnnl_primitive_attr_t attr)
{
  g_auto (dnnl_primitive_desc_t) forward = NULL;
  dnnl_status_t status = dnnl_resampling_forward_primitive_desc_create (
      &forward, latent_engine_get (), dnnl_forward_training, algorithm, NULL, src, dst, attr);

  if (status != dnnl_success)
    return status;
  return dnnl_resampling_backward_primitive_desc_create (
      pd, latent_engine_get (), algorithm, NULL, src, dst, forward, attr);
}

#endif
